//! Bytes over TCP, for ureq.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, ShutdownHandle, Transport};

/// A TCP connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// Shared with whoever interrupts requests at the end of the program.
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    /// What the system was told last.
    write_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
}

impl Connection {
    /// `stream` has no time-outs yet.
    pub fn new(stream: TcpStream, buffers: LazyBuffers) -> Self {
        Self {
            stream: Arc::new(stream),
            buffers,
            write_timeout: None,
            read_timeout: None,
        }
    }

    /// Shuts this connection down while it is in use.
    pub fn handle(&self) -> Weak<dyn ShutdownHandle> {
        let weak: Weak<TcpStream> = Arc::downgrade(&self.stream);
        weak
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let timeout = timeout.for_write();
        let time = time(timeout)?;
        if time != self.write_timeout {
            self.stream.set_write_timeout(time)?;
            self.write_timeout = time;
        }
        let output = &self.buffers.output()[..amount];
        let written = (&*self.stream).write_all(output);
        written.map_err(|error| translated(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let timeout = timeout.for_read();
        let time = time(timeout)?;
        if time != self.read_timeout {
            self.stream.set_read_timeout(time)?;
            self.read_timeout = time;
        }
        let input = self.buffers.input_append_buf();
        let amount = loop {
            match (&*self.stream).read(input) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| translated(error, timeout))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Whether the other side has neither closed the connection nor sent what nobody asked for.
    fn is_open(&mut self) -> bool {
        let probe = || {
            self.stream.set_nonblocking(true)?;
            let read = (&*self.stream).read(&mut [0]);
            self.stream.set_nonblocking(false)?;
            read
        };
        matches!(probe(), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// The time that is left; `None` without end.
fn time(timeout: NextTimeout) -> Result<Option<Duration>, ureq::Error> {
    if timeout.after.is_zero() {
        return Err(ureq::Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|time| *time))
}

fn translated(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ureq::Error::Timeout(timeout.reason),
        _ => ureq::Error::Io(error),
    }
}
