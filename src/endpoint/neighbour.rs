//! Whose program is at the other end of a connection on this machine.
//!
//! A loopback address is open to every user of the machine, while the pictures behind it may be one
//! user's own. The kernel knows to whom the other end belongs, and tells it when it is asked for that one
//! socket (`diagnosis`), or, where that is not allowed, in the table of all of them, `/proc/net/tcp`
//! (`proc_pid_net(5)`), which takes milliseconds on a machine with much memory.

mod diagnosis;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

/// The other end of a connection; clones are the same one.
#[derive(Debug, Clone)]
pub struct Neighbour(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    theirs: SocketAddr,
    ours: SocketAddr,
    /// Found out when somebody asks.
    is_friend: OnceLock<bool>,
}

impl Neighbour {
    /// At the other end of a connection between these addresses.
    #[must_use]
    pub fn new(theirs: SocketAddr, ours: SocketAddr) -> Self {
        Self(Arc::new(Ends {
            theirs,
            ours,
            is_friend: OnceLock::new(),
        }))
    }

    /// Whether it is a program of the user who runs this one, or of root, who may read everything
    /// anyway. Not so if it is on another machine, or has gone already. Where the kernel tells
    /// nothing (it is not Linux), everybody on this machine counts as one.
    #[must_use]
    pub fn is_friend(&self) -> bool {
        *self.0.is_friend.get_or_init(|| {
            let (theirs, ours) = (canonical(self.0.theirs), canonical(self.0.ours));
            if !theirs.ip().is_loopback() && theirs.ip() != ours.ip() {
                return false;
            }
            let Ok(own) = fs::metadata("/proc/self/net/tcp") else {
                return true;
            };
            let me = fs::metadata("/proc/self").map_or_else(|_| own.uid(), |own| own.uid());
            owner(theirs, ours).is_some_and(|user| user == 0 || user == me)
        })
    }
}

/// `router`, for this program's own user and root alone, but for paths that `is_open` to everybody.
pub fn friends_only(router: Router, is_open: fn(&str) -> bool) -> Router {
    router.layer(from_fn(move |request, next| guard(request, next, is_open)))
}

async fn guard(request: Request, next: Next, is_open: fn(&str) -> bool) -> Response {
    let neighbour = request.extensions().get::<Neighbour>();
    if neighbour.is_none_or(Neighbour::is_friend) || is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let words = "this is for the user of this machine who started it\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The user of the socket at `theirs` that is connected with `ours`.
fn owner(theirs: SocketAddr, ours: SocketAddr) -> Option<u32> {
    diagnosis::user(theirs, ours).or_else(|| user_in_tables(theirs, ours))
}

fn user_in_tables(theirs: SocketAddr, ours: SocketAddr) -> Option<u32> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let mut tables = tables
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    tables.find_map(|table| table.lines().find_map(|line| user_in(line, theirs, ours)))
}

/// The user of a line, if it is about the socket between these addresses and a program has it open.
fn user_in(line: &str, theirs: SocketAddr, ours: SocketAddr) -> Option<u32> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let is_it = address(words.next()?)? == theirs && address(words.next()?)? == ours;
    let mut words = words.skip(4);
    let (user, mut words) = (words.next()?.parse().ok()?, words.skip(1));
    // A socket that no program has any more is listed as root's.
    (is_it && words.next()? != "0").then_some(user)
}

/// An address as the kernel writes it: each word of four bytes in the order of this machine, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let word = |at: usize| {
        let digits = host.get(8 * at..8 * at + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    let ip = if host.len() == 8 {
        IpAddr::from(Ipv4Addr::from(word(0)?))
    } else {
        let words: Option<Vec<_>> = (0..4).map(word).collect();
        let bytes: [u8; 16] = words?.concat().try_into().ok()?;
        Ipv6Addr::from(bytes).to_canonical()
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn the_user_of_a_socket_is_read_from_its_line() {
        let theirs = "127.0.0.1:40000".parse().expect("an address");
        let ours = "127.0.0.1:8080".parse().expect("an address");
        let line = |inode: &str| {
            let ends = ["0100007F:9C40", "0100007F:1F90"];
            let ends = if cfg!(target_endian = "little") {
                ends
            } else {
                ["7F000001:9C40", "7F000001:1F90"]
            };
            format!(
                "   3: {} {} 01 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0 20 4 30 10 -1",
                ends[0], ends[1]
            )
        };
        assert_eq!(user_in(&line("7312"), theirs, ours), Some(1000));
        assert_eq!(user_in(&line("7312"), ours, theirs), None);
        assert_eq!(
            user_in(&line("0"), theirs, ours),
            None,
            "nobody has it open"
        );
        assert_eq!(
            user_in("  sl  local_address rem_address   st", theirs, ours),
            None
        );
    }

    #[test]
    fn a_connection_of_our_own_is_a_friend_and_one_that_has_gone_is_not() {
        for listening in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(listening) else {
                continue; // without IPv6
            };
            let ours = listener.local_addr().expect("bound");
            let caller = TcpStream::connect(ours).expect("it listens");
            let (_accepted, theirs) = listener.accept().expect("it called");
            assert!(Neighbour::new(theirs, ours).is_friend());
            let me = fs::metadata("/proc/self").expect("Linux").uid();
            assert_eq!(user_in_tables(theirs, ours), Some(me));
            // Not every system lets one ask.
            assert_eq!(diagnosis::user(theirs, ours).unwrap_or(me), me);
            drop(caller);
            assert_eq!(diagnosis::user(theirs, ours), None);
            assert!(!Neighbour::new(theirs, ours).is_friend());
        }
        let elsewhere = "192.0.2.7:40000".parse().expect("an address");
        let ours = "127.0.0.1:8080".parse().expect("an address");
        assert!(!Neighbour::new(elsewhere, ours).is_friend());
    }
}
