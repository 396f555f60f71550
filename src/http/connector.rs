//! Connects to the first address of a host that answers.
//!
//! A host often has several addresses of which one leads nowhere, mostly that of IPv6, and its
//! packets vanish without a word. So an address gets [`HEAD_START`], then the others are tried
//! beside it (as in RFC 8305, "Happy Eyeballs"). Who answered is remembered and asked first the
//! next time.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{ConnectionDetails, Connector, Either, LazyBuffers, Transport};

use super::connection::Connection;
use crate::locked::locked;

/// How long an address is alone in being tried.
const HEAD_START: Duration = Duration::from_millis(250);
/// Hosts of which the answering address is remembered; programs of ours speak to a few.
const MAX_KNOWN: usize = 64;
/// Stack of the threads that connect, in bytes; they make one system call.
const STACK: usize = 64 << 10;
/// Longest time for a connection where the request has none of its own.
const LONGEST: Duration = Duration::from_mins(1);

/// Opens TCP connections, in place of ureq's own connector.
#[derive(Debug, Default)]
pub(super) struct QuickConnector {
    /// Host and port, and the address that answered last.
    known: Mutex<HashMap<String, IpAddr>>,
}

impl<In: Transport> Connector<In> for QuickConnector {
    type Out = Either<In, Connection>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(proxied) = chained {
            return Ok(Some(Either::A(proxied)));
        }
        let host = details.uri.authority().map(ToString::to_string);
        let host = host.unwrap_or_default();
        let addresses = self.ordered(&details.addrs, &host);
        let time = (*details.timeout.after).min(LONGEST);
        let stream = first_to_answer(&addresses, time, TcpStream::connect_timeout);
        let stream = stream.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                ureq::Error::Timeout(ureq::Timeout::Connect)
            }
            _ => ureq::Error::Io(error),
        })?;
        stream.set_nodelay(details.config.no_delay())?;
        self.remember(host, stream.peer_addr()?.ip());
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        let connection = Connection::new(stream, buffers);
        (details.register_shutdown)(connection.handle())?;
        Ok(Some(Either::B(connection)))
    }
}

impl QuickConnector {
    /// `addresses` with the one that answered last in front, then those of its kind (IPv4 or IPv6).
    fn ordered(&self, addresses: &[SocketAddr], host: &str) -> Vec<SocketAddr> {
        let mut ordered = addresses.to_vec();
        if let Some(last) = locked(&self.known).get(host) {
            ordered.sort_by_key(|address| {
                (address.ip() != *last, address.is_ipv4() != last.is_ipv4())
            });
        }
        ordered
    }

    fn remember(&self, host: String, address: IpAddr) {
        let mut known = locked(&self.known);
        if known.len() >= MAX_KNOWN && !known.contains_key(&host) {
            known.clear();
        }
        known.insert(host, address);
    }
}

/// A connection to the first of `addresses` that answers within `time`. `connect` connects to one
/// address within a time.
///
/// # Errors
/// Of the address that failed last, or [`io::ErrorKind::TimedOut`].
fn first_to_answer<S: Send + 'static>(
    addresses: &[SocketAddr],
    time: Duration,
    connect: fn(&SocketAddr, Duration) -> io::Result<S>,
) -> io::Result<S> {
    let start = Instant::now();
    let Some((first, others)) = addresses.split_first() else {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    };
    if others.is_empty() {
        return connect(first, time);
    }
    // Mostly the first answers at once, and no thread is needed.
    let mut failed = match connect(first, HEAD_START.min(time)) {
        Ok(stream) => return Ok(stream),
        Err(error) => error,
    };
    let mut waiting: Vec<SocketAddr> = others.iter().rev().copied().collect();
    if is_slow(&failed) {
        // It may only be far away: it goes on beside the second.
        waiting.insert(waiting.len() - 1, *first);
    }
    let (sender, answers) = mpsc::channel();
    let mut running = 0;
    loop {
        let left = time.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if let Some(next) = waiting.pop() {
            match beside(next, left, connect, sender.clone()) {
                Ok(()) => running += 1,
                // No thread to be had: one after the other, then.
                Err(_) => match connect(&next, HEAD_START.max(left / 2).min(left)) {
                    Ok(stream) => return Ok(stream),
                    Err(error) => failed = error,
                },
            }
        }
        let wait = if waiting.is_empty() {
            left
        } else {
            HEAD_START.min(left)
        };
        if running == 0 {
            if waiting.is_empty() {
                return Err(failed);
            }
            continue;
        }
        match answers.recv_timeout(wait) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                running -= 1;
                failed = error;
                if running == 0 && waiting.is_empty() {
                    return Err(failed);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

fn is_slow(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}

/// Connects on a thread of its own; a connection that comes too late is closed.
fn beside<S: Send + 'static>(
    address: SocketAddr,
    time: Duration,
    connect: fn(&SocketAddr, Duration) -> io::Result<S>,
    answers: Sender<io::Result<S>>,
) -> io::Result<()> {
    let builder = std::thread::Builder::new()
        .name("connect".to_owned())
        .stack_size(STACK);
    builder
        .spawn(move || drop(answers.send(connect(&address, time))))
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    /// Port 1 answers at once, 2 never, 3 refuses, 4 answers after twice the head start.
    fn connect(address: &SocketAddr, time: Duration) -> io::Result<u16> {
        let slow = HEAD_START * 2;
        match address.port() {
            1 => Ok(1),
            3 => Err(io::ErrorKind::ConnectionRefused.into()),
            4 if time > slow => {
                std::thread::sleep(slow);
                Ok(4)
            }
            _ => {
                std::thread::sleep(time);
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    #[test]
    fn the_first_address_that_answers_is_taken() {
        type Expected = Result<u16, io::ErrorKind>;
        let table: [(&[u16], Expected, u64, u64); 9] = [
            (&[1, 2], Ok(1), 0, 200),
            (&[2, 1], Ok(1), 250, 900),
            (&[3, 1], Ok(1), 0, 200),
            (&[2, 3, 1], Ok(1), 250, 900),
            (&[2, 2, 2, 1], Ok(1), 250, 2000),
            (&[4, 2], Ok(4), 500, 1500),
            (&[4], Ok(4), 500, 1500),
            (&[3, 3], Err(io::ErrorKind::ConnectionRefused), 0, 200),
            (&[], Err(io::ErrorKind::AddrNotAvailable), 0, 200),
        ];
        for (ports, expected, least, most) in table {
            let to = |port: &u16| SocketAddr::from(([127, 0, 0, 1], *port));
            let addresses: Vec<SocketAddr> = ports.iter().map(to).collect();
            let start = Instant::now();
            let found = first_to_answer(&addresses, LONG, connect);
            let took = start.elapsed();
            assert_eq!(found.map_err(|error| error.kind()), expected, "{ports:?}");
            let (least, most) = (
                Duration::from_millis(least),
                Duration::from_millis(most * 5),
            );
            assert!(least <= took && took <= most, "{ports:?}: {took:?}");
        }
        let nowhere = [SocketAddr::from(([127, 0, 0, 1], 2)); 3];
        let found = first_to_answer(&nowhere, HEAD_START * 3, connect);
        assert_eq!(found.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
    }

    #[test]
    fn who_answered_is_asked_first_and_then_its_kind() {
        let connector = QuickConnector::default();
        let all: Vec<SocketAddr> = [
            "[2001:db8::1]:443",
            "192.0.2.1:443",
            "[2001:db8::2]:443",
            "192.0.2.2:443",
        ]
        .map(|text| text.parse().expect("an address"))
        .to_vec();
        assert_eq!(connector.ordered(&all, "h:443"), all);
        connector.remember("h:443".to_owned(), all[3].ip());
        let expected = [all[3], all[1], all[0], all[2]];
        assert_eq!(connector.ordered(&all, "h:443"), expected);
        assert_eq!(connector.ordered(&all, "other:443"), all);
        for number in 0..=MAX_KNOWN {
            connector.remember(number.to_string(), all[0].ip());
        }
        assert!(locked(&connector.known).len() <= MAX_KNOWN);
    }
}
