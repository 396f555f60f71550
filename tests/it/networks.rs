//! Networks as they are: where only a proxy leads to Telegram.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::server::Server;
use crate::support::stage::{found, start_bot};
use crate::support::telegram::Telegram;

/// A SOCKS5 proxy that leads to `target`, whatever name it is asked for; and the names.
fn socks5(target: String) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let names = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&names);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (asked, target) = (Arc::clone(&asked), target.clone());
            thread::spawn(move || lead(client, &target, &asked));
        }
    });
    (address, names)
}

/// Speaks RFC 1928 without authentication, then copies both ways.
fn lead(mut client: TcpStream, target: &str, asked: &Mutex<Vec<String>>) -> Option<()> {
    let read = |client: &mut TcpStream, count: usize| {
        let mut bytes = vec![0; count];
        client.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let methods = read(&mut client, 2)?[1];
    read(&mut client, methods.into())?;
    client.write_all(&[5, 0]).ok()?;
    let name = if read(&mut client, 4)?[3] == 1 {
        format!("{:?}", read(&mut client, 4)?)
    } else {
        let length = read(&mut client, 1)?[0];
        String::from_utf8(read(&mut client, length.into())?).ok()?
    };
    read(&mut client, 2)?;
    asked.lock().expect("no panic while held").push(name);
    let mut server = TcpStream::connect(target).ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let (mut back, mut from) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || std::io::copy(&mut from, &mut back));
    std::io::copy(&mut client, &mut server).ok().map(drop)
}

/// Telegram's address means nothing here; only the proxy knows the way. The endpoint is on this machine, and
/// asked directly, although `NO_PROXY` does not name it.
#[test]
fn a_socks5_proxy_leads_to_telegram_and_the_endpoint_is_asked_directly() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(2)));
    let target = telegram.url();
    let (proxy, names) = socks5(target.strip_prefix("http://").expect("plain").to_owned());
    let proxy = format!("socks5h://{proxy}");
    let settings = [("all_proxy", proxy.as_str()), ("NO_PROXY", "10.0.0.0/8")];
    let bot = start_bot("http://api.case:80", &endpoint.url(""), &settings);
    telegram.write(7, "bus");
    telegram.wait_for_text("2 pictures for “bus”");
    assert_eq!(endpoint.requests().len(), 1);
    let names = names.lock().expect("no panic while held").clone();
    assert!(
        !names.is_empty() && names.iter().all(|name| name == "api.case"),
        "{names:?}"
    );
    bot.stop();
}
