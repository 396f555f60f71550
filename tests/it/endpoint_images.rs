//! Pictures at `/images/{id}`: known ones, parts of them, their names, and smaller ones on disk.

use std::path::Path;

use clip_bot::engine::drawings;

use crate::support::endpoint::start;
use crate::support::raw::{Raw, Reply};

const BUS: &str = "/images/bus.jpg";

fn get(connection: &mut Raw, headers: &str) -> Reply {
    connection.ask("GET", BUS, headers).reply()
}

#[test]
fn a_picture_that_is_known_is_not_sent_again() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    let whole = get(&mut connection, "");
    let tag = whole.header("etag").expect("a tag").to_owned();
    assert_eq!(whole.header("cache-control"), Some("public, max-age=86400"));
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let reply = connection
            .ask("GET", BUS, &format!("if-none-match: {known}\r\n"))
            .reply_to_head();
        assert_eq!(reply.status, 304, "{known}");
        assert_eq!(reply.header("etag"), Some(tag.as_str()));
    }
    let reply = get(&mut connection, "if-none-match: \"another\"\r\n");
    assert_eq!((reply.status, &reply.body), (200, &whole.body));
    let other = connection.ask("GET", "/images/pizza.jpg", "").reply();
    assert_ne!(other.header("etag"), Some(tag.as_str()));
}

#[test]
fn a_part_of_a_picture_is_sent_and_the_whole_one_has_a_name() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    let file = drawings::find("bus").expect("it is built in").file;
    let whole = get(&mut connection, "");
    assert_eq!((whole.status, &whole.body[..]), (200, file));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let name = whole.header("content-disposition");
    assert_eq!(name, Some("inline; filename=\"bus.jpg\""));
    let size = file.len();
    let last = size - 1;
    for (range, start, end) in [
        ("bytes=0-99".to_owned(), 0, 99),
        ("bytes=100-".to_owned(), 100, last),
        ("bytes=-10".to_owned(), size - 10, last),
        (format!("bytes=5-{}", size * 2), 5, last),
    ] {
        let reply = get(&mut connection, &format!("range: {range}\r\n"));
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.body, &file[start..=end], "{range}");
        let told = format!("bytes {start}-{end}/{size}");
        assert_eq!(reply.header("content-range"), Some(told.as_str()));
    }
    let beyond = connection
        .ask("GET", BUS, &format!("range: bytes={size}-\r\n"))
        .reply();
    assert_eq!(beyond.status, 416);
    let told = format!("bytes */{size}");
    assert_eq!(beyond.header("content-range"), Some(told.as_str()));
    let other = get(&mut connection, "range: bytes=0-1\r\nif-range: \"x\"\r\n");
    assert_eq!((other.status, other.body.len()), (200, size));
    let head = connection.ask("HEAD", BUS, "range: bytes=0-1\r\n");
    let head = head.reply_to_head();
    let length = size.to_string();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some(length.as_str()))
    );
}

#[test]
fn smaller_pictures_are_kept_on_disk() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept-thumbnails");
    let _ = std::fs::remove_dir_all(&folder);
    let (_program, address) = start(&[
        ("CLIP_SEARCH_ENGINE", "clip"),
        ("CLIP_SEARCH_CACHE", folder.to_str().expect("plain")),
    ]);
    let mut connection = Raw::connect(address);
    let mut small = || connection.ask("GET", "/images/bus?w=64", "").reply();
    let made = small();
    assert_eq!(
        (made.status, made.header("content-type")),
        (200, Some("image/jpeg"))
    );
    let files = std::fs::read_dir(&folder).expect("it was made");
    let files: Vec<_> = files.map(|file| file.expect("ours").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(std::fs::read(&files[0]).expect("there"), made.body);
    // What is in the folder is what is sent.
    let other = drawings::find("pizza").expect("it is built in").file;
    std::fs::write(&files[0], other).expect("ours");
    assert_eq!(small().body, other);
    std::fs::write(&files[0], "cut").expect("ours");
    assert_eq!(small().body, made.body);
}
