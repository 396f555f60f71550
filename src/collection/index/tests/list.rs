//! Lists of addresses.

use super::*;

/// A server of one picture.
fn picture_server(file: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let mut first = String::new();
            let _ = reader.read_line(&mut first);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            count.fetch_add(1, Ordering::SeqCst);
            let (status, body) = match first.split(' ').nth(1) {
                Some("/red.png") => ("200 OK", &file[..]),
                Some("/page") => ("200 OK", &b"<html>"[..]),
                _ => ("404 Not ScoredRecord", &b""[..]),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = (&stream).write_all(head.as_bytes());
            let _ = (&stream).write_all(body);
        }
    });
    (address, asked)
}

#[test]
fn pictures_of_a_list_are_fetched_once() {
    let folder = Folder::new();
    let file = fs::read(folder.paint("red.png", RED)).expect("there");
    let (server, asked) = picture_server(file);
    let list = folder.0.join("list.tsv");
    let lines = format!(
        "# of ours\n{server}/red.png\tA red one\n\n{server}/red.png\tagain\n\
         {server}/page\tno picture\n{server}/gone.png\nftp://x/y.png\tbad\n"
    );
    fs::write(&list, &lines).expect("room");
    let places = [list.clone()];
    let encoder = Colours("colours");
    let mut said = Said::default();
    let strict = Options::default();
    let summary = folder
        .add_all(&places, &encoder, strict.clone(), &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.failed), (0, 4), "{said:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "not a public address");

    let options = Options {
        allowed: |_| true,
        ..strict
    };
    let mut said = Said::default();
    let summary = folder
        .add_all(&places, &encoder, options.clone(), &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.failed), (1, 3), "{said:?}");
    let index = folder.open();
    let found = index.search(&Colours::vector(RED), 5, 0.0).expect("good");
    assert_eq!(found.len(), 1);
    let url = format!("{server}/red.png");
    assert_eq!(found[0].record.caption, "A red one");
    assert_eq!(
        found[0].record.place,
        Place::Url {
            list: fs::canonicalize(&list).expect("there"),
            url: url.clone()
        }
    );
    let before = asked.load(Ordering::SeqCst);
    fs::write(&list, format!("{url}\tAnother caption\n")).expect("room");
    let summary = folder
        .add_all(&places, &encoder, options.clone(), &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.known), (0, 1), "{summary:?}");
    assert_eq!(asked.load(Ordering::SeqCst), before, "not fetched again");
    let again = index.search(&Colours::vector(RED), 5, 0.0).expect("good");
    assert_eq!(again[0].record.caption, "Another caption");
    assert_eq!(again[0].record.id, found[0].record.id);
    assert_eq!(removal::remove(&folder.index(), &url).expect("good"), 1);
    assert_eq!(index.len().expect("good"), 0);
}
