//! What inline mode learns about public pictures before it shows them.

use std::time::{Duration, Instant};

use clip_bot::bot::inline::probe::{Found, Probes};
use clip_bot::http::{Allowed, Place};

use crate::support::server::{Reply, Request, Server};
use crate::support::telegram::PNG;

/// The beginning of a JPEG of 640 × 480 behind so many `bytes` of what cameras write first.
fn jpeg(bytes: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1];
    file.extend((bytes + 2).to_be_bytes());
    file.resize(file.len() + usize::from(bytes), 0);
    file.extend([0xff, 0xc0, 0, 17, 8]);
    file.extend(480_u16.to_be_bytes());
    file.extend(640_u16.to_be_bytes());
    file.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    file
}

fn part(bytes: Vec<u8>, of: &str) -> Reply {
    let range = format!("bytes 0-{}/{of}", bytes.len() - 1);
    Reply::bytes(206, "image/jpeg", bytes).with("content-range", &range)
}

fn pictures(request: &Request) -> Reply {
    assert_eq!(request.header("range"), Some("bytes=0-65535"));
    match request.path() {
        "/plain" => Reply::bytes(200, "application/octet-stream", jpeg(100)),
        "/late-size" => part(jpeg(60_000), "900000"),
        "/no-size" => part(jpeg(60_000)[..1000].to_vec(), "900000"),
        "/large" => part(jpeg(100), "5000001"),
        "/largest" => part(jpeg(100), "5000000"),
        "/unknown-length" => part(jpeg(100), "*"),
        "/whole.jpg" => Reply::bytes(200, "image/jpeg", PNG.to_vec()),
        "/gone" => Reply::html(404, "no"),
        "/silent" => Reply::Stall,
        _ => Reply::html(503, "later"),
    }
}

/// Probes that may connect to `server`.
fn probes(server: &Server) -> Probes {
    let own = Place::of(&server.url(""));
    assert!(own.is_some(), "an address");
    Probes::new(Allowed::PublicOr(own))
}

#[test]
fn the_first_bytes_of_a_picture_tell_what_telegram_would_do_with_it() {
    let server = Server::start(pictures);
    let probes = probes(&server);
    let fits = Some(Found::Fits(Some((640, 480))));
    let table = [
        ("/plain", fits),
        ("/late-size", fits),
        ("/largest", fits),
        ("/unknown-length", fits),
        ("/no-size", Some(Found::Fits(None))),
        ("/large", Some(Found::Unfit)),
        ("/whole.jpg", Some(Found::Unfit)),
        ("/gone", Some(Found::Unfit)),
        ("/busy", None),
    ];
    let urls: Vec<String> = table.iter().map(|(path, _)| server.url(path)).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let until = || Instant::now() + Duration::from_mins(1);
    probes.look(&urls, until());
    for ((path, expected), url) in table.iter().zip(&urls) {
        assert_eq!(probes.get(url), *expected, "{path}");
    }
    assert_eq!(server.requests().len(), table.len());
    probes.look(&urls, until());
    let again = server.requests().len() - table.len();
    assert_eq!(again, 1, "only what could not be seen is asked again");
}

#[test]
fn a_silent_server_costs_no_more_than_the_time_there_is() {
    let server = Server::start(pictures);
    let probes = probes(&server);
    let (silent, plain) = (server.url("/silent"), server.url("/plain"));
    let began = Instant::now();
    probes.look(&[&silent, &plain], began + Duration::from_secs(2));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(probes.get(&silent), None);
    assert_eq!(probes.get(&plain), Some(Found::Fits(Some((640, 480)))));
}

/// A hit is no way into the machine's own network.
#[test]
fn no_private_address_is_looked_at() {
    let server = Server::start(pictures);
    let probes = Probes::new(Allowed::PublicOr(None));
    let url = server.url("/plain");
    probes.look(&[&url], Instant::now() + Duration::from_secs(10));
    assert_eq!((probes.get(&url), server.connections()), (None, 0));
}
