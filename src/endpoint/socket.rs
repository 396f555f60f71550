//! The socket on which the endpoint listens: one that systemd passes on, or its own.

use std::net::{SocketAddr, TcpListener};

use crate::error::{Error, Result};

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub listener: TcpListener,
    /// Address and port really bound.
    pub address: SocketAddr,
    /// Whether systemd holds it too, and starts the program again when somebody connects.
    pub activates: bool,
}

/// The socket that systemd passed to this process (`$LISTEN_FDS`), else one bound to `wanted`. To
/// be called once, since it takes systemd's socket.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a socket unit that does not fit,
/// [`crate::error::Kind::System`] when the system refuses to bind.
pub(crate) fn open(wanted: SocketAddr) -> Result<Socket> {
    if let Some((listener, address)) = handed_over()? {
        return Ok(Socket {
            listener,
            address,
            activates: true,
        });
    }
    let failed = |cause| Error::system(format!("failed to listen on {wanted}"), cause);
    let listener = TcpListener::bind(wanted).map_err(failed)?;
    // With port 0 the system chooses one.
    let address = listener.local_addr().map_err(failed)?;
    Ok(Socket {
        listener,
        address,
        activates: false,
    })
}

fn handed_over() -> Result<Option<(TcpListener, SocketAddr)>> {
    let wrong = |what: &str| {
        Error::config(format!(
            "{what}; the socket unit must have one ListenStream= with a TCP port"
        ))
    };
    let given = sd_listen_fds::get()
        .map_err(|cause| wrong("failed to take systemd's socket").because(cause))?;
    let count = given.len();
    let mut given = given.into_iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some((_, socket)), None) => {
            let listener = TcpListener::from(socket);
            // Any other kind of socket, or of file, has no such address.
            let address = listener
                .local_addr()
                .map_err(|cause| wrong("systemd handed over no TCP socket").because(cause))?;
            Ok(Some((listener, address)))
        }
        _ => Err(wrong(&format!("systemd handed over {count} sockets"))),
    }
}
