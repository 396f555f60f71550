//! What strangers and forgers send: a sentence or silence, never a search, a crash or a stall.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::endpoint::start;
use crate::support::raw::Raw;
use crate::support::stage::{Stage, failure, found};
use crate::support::telegram::{PNG, Telegram, group_message};

/// Users 7 and group -100 are served, nobody else.
fn private() -> Stage {
    let settings = [("CLIP_BOT_ALLOWED", "7,-100")];
    Stage::with(Telegram::start(), |_| found(2), &settings)
}

fn pressed(by: i64, chat: i64, data: &str) -> Value {
    let kind = if chat > 0 { "private" } else { "supergroup" };
    json!({"callback_query": {"id": format!("c{by}"), "chat_instance": "i", "data": data,
        "from": {"id": by, "is_bot": false, "first_name": "U", "language_code": "en"},
        "message": {"message_id": 900, "date": 1_790_000_000, "text": "2 pictures for “bus”",
            "chat": {"id": chat, "type": kind, "title": "G", "first_name": "U"}}}})
}

#[test]
fn strangers_and_forged_buttons_cause_no_search() {
    let stage = private();
    stage.telegram.write(8, "bus");
    stage.telegram.wait_for_text("This bot is private");
    stage.telegram.push(group_message(-200, "/query bus"));
    stage
        .telegram
        .push(group_message(-200, "/query@clip_bot bus"));
    let emoji = "😀".repeat(16);
    let random: String = (1..=64u8).map(|byte| char::from(byte % 32)).collect();
    let forged = [
        (8, 8, "a:bus"),
        (8, 8, "r:bus"),
        (9, -100, "m5.7:bus"),
        (9, -100, "r.7:bus"),
        (9, -100, "m5:bus"),
        (9, -200, "m5.9:bus"),
        (8, 8, "in:8"),
        (9, -100, "in:9"),
        (8, 8, "out:7"),
        (7, 7, emoji.as_str()),
        (7, 7, random.as_str()),
        (7, 7, ""),
        (7, 7, "m5."),
        (7, 7, "mffffffffffffffff:bus"),
        (7, 7, "Y:"),
        (7, 7, "R5.7:"),
    ];
    for (by, chat, data) in forged {
        stage.telegram.push(pressed(by, chat, data));
    }
    stage
        .telegram
        .wait_for_count("answerCallbackQuery", forged.len());
    assert_eq!(stage.endpoint.requests().len(), 0, "nothing was searched");
    stage.telegram.write(8, "bus");
    stage.telegram.wait_for_many("refusals", 2, |call| {
        call.text().contains("This bot is private")
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    assert_eq!(stage.endpoint.requests().len(), 1);
    let to_group = |call: &crate::support::telegram::Call| call.chat() == -200;
    assert!(!stage.telegram.calls().iter().any(to_group), "silence");
    stage.stop();
}

#[test]
fn a_picture_that_the_endpoint_does_not_take_is_one_sentence() {
    for (status, code, words) in [
        (415, "unsupported_media", "I cannot read that picture."),
        (413, "too_large", "That picture is too large for me"),
    ] {
        let stage = Stage::with_endpoint(move |_| failure(status, code, None));
        stage.telegram.api.add_user(7, "U", "en");
        let sent = stage.telegram.api.send_picture(7, 7, PNG.to_vec(), "");
        sent.expect("a picture");
        stage.telegram.wait_for_text(words);
        stage.stop();
    }
}

/// The file with its chunks' checksums, which say that nothing is wrong with it.
fn png(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], content: &[u8]| {
        let whole = [name, content].concat();
        let length = u32::try_from(content.len()).expect("small");
        file.extend(length.to_be_bytes());
        file.extend(&whole);
        file.extend(crc(&whole).to_be_bytes());
    };
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 2, 0, 0, 0]);
    chunk(b"IHDR", &head);
    chunk(b"IDAT", data);
    chunk(b"IEND", &[]);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |mut crc: u32, byte: &u8| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
        crc
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn bombs_and_broken_pictures_are_refused_at_once_and_the_endpoint_goes_on() {
    let (_program, address) = start(&[("CLIP_SEARCH_ENGINE", "clip")]);
    let post = |body: &[u8]| {
        let headers = format!(
            "content-type: image/png\r\ncontent-length: {}\r\n",
            body.len()
        );
        let mut connection = Raw::connect(address);
        connection
            .ask("POST", "/search", &headers)
            .send(body)
            .reply()
    };
    // A zlib stream of nothing but zeros begins so.
    let zeros = [&[0x78, 0x9c][..], &[0; 64]].concat();
    let jpeg = [
        &b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb\0\x43\0"[..],
        &[1; 900],
    ]
    .concat();
    for (what, body) in [
        ("a bomb", png(30_000, 30_000, &zeros)),
        ("a wider bomb", png(65_000, 30_000, &zeros)),
        ("half a PNG", PNG[..40].to_vec()),
        ("a broken JPEG", jpeg),
        ("a text", b"GIF89a but not really".to_vec()),
        ("nothing", Vec::new()),
    ] {
        let began = Instant::now();
        let reply = post(&body);
        assert!(
            (400..500).contains(&reply.status),
            "{what}: {}",
            reply.status
        );
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
    }
    let reply = Raw::connect(address)
        .ask("GET", "/search?query=dog", "")
        .reply();
    assert_eq!(reply.status, 200);
}
