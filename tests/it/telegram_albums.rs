//! Pictures that Telegram, their own servers or the chat refuse: each arrives in the best form that
//! works.

use serde_json::json;

use crate::support::server::{Reply, Server};
use crate::support::stage::{Stage, pictures};
use crate::support::telegram::{PNG, error, group_message};

fn sent_as(stage: &Stage, chat: i64) -> Vec<String> {
    let sent = stage
        .telegram
        .calls()
        .into_iter()
        .filter(|call| call.chat() == chat);
    let media = sent.filter(|call| !call.media().is_empty());
    media
        .map(|call| format!("{} {}", call.method, call.media().join(" ")))
        .collect()
}

#[test]
fn one_bad_link_in_an_album_costs_only_itself() {
    let stage = Stage::start(3);
    stage.telegram.cannot_fetch(&pictures(1), true);
    stage.telegram.write(7, "bus");
    // No such host: the picture cannot be uploaded either, and is sent as a link.
    stage
        .telegram
        .wait_for_text("2 pictures and 1 link for “bus”");
    let [bad, good, best] = &pictures(3)[..] else {
        panic!("three")
    };
    let albums = [
        format!("sendMediaGroup {bad} {good} {best}"),
        format!("sendMediaGroup {good} {best}"),
    ];
    assert_eq!(sent_as(&stage, 7), albums);
    let links = stage
        .telegram
        .wait_for_text("could not be sent as pictures");
    assert!(links.text().contains(bad.as_str()) && !links.text().contains(good.as_str()));
    stage.stop();
}

#[test]
fn bad_links_are_found_when_telegram_names_none() {
    let stage = Stage::start(3);
    stage.telegram.cannot_fetch(&pictures(1), false);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("for “bus” ·");
    // All went down to upload together; no host, so all are links. Nobody got nothing.
    let links = stage
        .telegram
        .wait_for_text("could not be sent as pictures");
    assert!(
        pictures(3)
            .iter()
            .all(|url| links.text().contains(url.as_str()))
    );
    stage.stop();
}

#[test]
fn three_bad_links_leave_the_others_an_album() {
    let stage = Stage::start(5);
    let [bad, good, worse, fine, awful] = &pictures(5)[..] else {
        panic!("five")
    };
    stage
        .telegram
        .cannot_fetch(&[bad.clone(), worse.clone(), awful.clone()], true);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("for “bus” ·");
    let links = stage
        .telegram
        .wait_for_text("could not be sent as pictures");
    assert!(
        [bad, worse, awful]
            .iter()
            .all(|url| links.text().contains(url.as_str()))
    );
    let albums = sent_as(&stage, 7);
    assert_eq!(
        albums[0],
        format!("sendMediaGroup {bad} {good} {worse} {fine} {awful}")
    );
    assert_eq!(
        albums[1],
        format!("sendMediaGroup {good} {worse} {fine} {awful}"),
        "without the named one"
    );
    assert_eq!(albums[2], format!("sendMediaGroup {good} {fine} {awful}"));
    stage.stop();
}

#[test]
fn when_all_links_are_bad_all_come_as_links() {
    let stage = Stage::start(5);
    stage.telegram.cannot_fetch(&pictures(5), true);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("5 links for “bus”");
    assert!(
        stage.telegram.calls_of("sendMediaGroup").len() <= 3,
        "{:?}",
        sent_as(&stage, 7)
    );
    stage.stop();
}

/// An endpoint on loopback that serves its pictures itself, as `clip-search` does.
fn with_local_pictures(paths: &'static [&'static str]) -> Stage {
    with_pictures_at(move |own| paths.iter().map(|path| format!("{own}{path}")).collect())
}

/// An endpoint on loopback that finds pictures at the addresses that `urls` makes of its own.
fn with_pictures_at(urls: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> Stage {
    Stage::with_endpoint(move |request| match request.path() {
        "/search" => {
            let own = format!("http://{}", request.header("host").unwrap_or_default());
            Reply::json(200, &json!(urls(&own)))
        }
        "/junk.png" => Reply::html(200, "<html>not a picture</html>"),
        "/huge.png" => Reply::bytes(200, "image/png", vec![0; 10_000_001]),
        "/away.png" => moved("/good-1.png"),
        "/loop.png" => moved("/loop.png"),
        "/metadata.png" => moved("http://169.254.169.254/latest"),
        "/none.png" => Reply::html(404, "nothing here"),
        path => match path.strip_prefix("/to/") {
            Some(elsewhere) => moved(&format!("http://{elsewhere}")),
            None => Reply::bytes(200, "image/png", PNG.to_vec()),
        },
    })
}

fn moved(location: &str) -> Reply {
    Reply::bytes(302, "text/plain", vec![]).with("location", location)
}

#[test]
fn pictures_on_the_local_network_are_uploaded_at_once() {
    let stage = with_local_pictures(&["/good-1.png", "/good-2.png"]);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let album = &stage.telegram.calls_of("sendMediaGroup")[0];
    assert_eq!(album.media(), ["attach://picture0", "attach://picture1"]);
    assert_eq!(
        album.files,
        [
            ("picture0".into(), PNG.to_vec()),
            ("picture1".into(), PNG.to_vec())
        ]
    );
    stage.telegram.write(8, "bus");
    let again = stage.telegram.wait_for("second album", |c| {
        c.method == "sendMediaGroup" && c.chat() == 8
    });
    assert_eq!(again.media(), stage.telegram.pictures_in(7), "by file_id");
    stage.stop();
}

/// A link to a private address helps nobody in the chat, and tells what the network looks like.
#[test]
fn what_is_no_picture_at_a_private_address_is_left_out() {
    let stage = with_local_pictures(&[
        "/junk.png",
        "/good-1.png",
        "/huge.png",
        "/away.png",
        "/loop.png",
        "/none.png",
    ]);
    // Six hits are asked for as five.
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    assert_no_private_address(&stage);
    let output = stage.stop();
    for line in [
        "/junk.png is left out, since its address is private: what came is not a JPEG",
        "larger than 10000000 bytes",
    ] {
        assert!(output.contains(line), "{output}");
    }
}

#[test]
fn a_chat_is_told_when_none_of_its_pictures_can_be_had() {
    let stage = with_local_pictures(&["/junk.png", "/none.png"]);
    stage.telegram.write(7, "bus");
    let said = "The pictures for “bus” could not be sent.";
    stage.telegram.wait_for_text(said);
    assert_no_private_address(&stage);
    stage.stop();
}

/// Attack 4: with a private endpoint, each private address that an answer named was fetched.
#[test]
fn private_addresses_beside_the_endpoint_are_never_asked() {
    let secret = Server::start(|_| Reply::bytes(200, "image/png", PNG.to_vec()));
    let at = secret.address();
    let port = at.port();
    let forms = move |own: &str| {
        vec![
            format!("http://{at}/snapshot.jpg"),
            format!("{own}/to/{at}/snapshot.jpg"),
            format!("http://localhost:{port}/snapshot.jpg"),
            format!("http://user@2130706433:{port}/snapshot.jpg"),
            format!("{own}/good-1.png"),
        ]
    };
    let stage = with_pictures_at(forms);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("1 picture for “bus”");
    assert_eq!(secret.connections(), 0);
    assert_no_private_address(&stage);
    let output = stage.stop();
    assert!(
        output.contains("this program does not connect to that address"),
        "{output}"
    );
}

#[test]
fn metadata_addresses_are_never_asked() {
    let stage = with_local_pictures(&["/metadata.png", "/none.png", "/good-1.png"]);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("1 picture for “bus”");
    let output = stage.stop();
    assert!(
        output.contains("this program does not connect to that address"),
        "{output}"
    );
}

#[test]
fn a_caption_comes_without_a_private_address() {
    let stage = Stage::with_endpoint(|_| {
        let caption = "from http://192.168.1.7:7860/gradio_api/file=/tmp/a.png and more";
        let hit = json!({ "url": "https://pictures.example/1.png", "caption": caption });
        Reply::json(200, &json!({ "results": [hit] }))
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("1 picture for “bus”");
    let sent = stage.telegram.calls_of("sendPhoto")[0].clone();
    assert!(
        sent.parameters.to_string().contains("from … and more"),
        "{}",
        sent.parameters.to_string()
    );
    assert_no_private_address(&stage);
    stage.stop();
}

#[test]
fn what_an_endpoint_marks_as_sensitive_comes_covered() {
    let stage = Stage::with_endpoint(|request| {
        let hit = |name: &str, sensitive: bool| json!({ "url": format!("https://pictures.example/{name}.png"), "sensitive": sensitive });
        let all = [hit("1", false), hit("2", true)];
        let is_one = request.target.contains("query=one");
        Reply::json(200, &json!({ "results": all[usize::from(is_one)..] }))
    });
    stage.telegram.write(7, "two");
    stage.telegram.wait_for_text("2 pictures for “two”");
    stage.telegram.write(7, "one");
    stage.telegram.wait_for_text("1 picture for “one”");
    let album = stage.telegram.calls_of("sendMediaGroup")[0].clone();
    let covered = |media: &serde_json::Value| media.get("has_spoiler").cloned();
    let media = album.parameters["media"].as_array().expect("an album");
    assert_eq!(
        (covered(&media[0]), covered(&media[1])),
        (None, Some(true.into()))
    );
    let photo = stage.telegram.calls_of("sendPhoto")[0].clone();
    assert_eq!(photo.parameters["has_spoiler"], true);
    stage.stop();
}

/// Nothing that was sent to Telegram names a machine of the private network.
fn assert_no_private_address(stage: &Stage) {
    for call in stage.telegram.calls() {
        let sent = call.parameters.to_string();
        for private in ["127.0.0.1", "localhost", "192.168.", "2130706433"] {
            assert!(!sent.contains(private), "{}: {sent}", call.method);
        }
    }
}

#[test]
fn an_upload_that_telegram_refuses_climbs_down_to_a_document() {
    let stage = with_local_pictures(&["/good-1.png", "/good-2.png"]);
    stage.telegram.fail(
        "sendMediaGroup",
        9,
        error(400, "Bad Request: group send failed"),
    );
    stage.telegram.fail_when(|call| {
        let first = call.media() == ["attach://picture0"];
        (call.method == "sendPhoto" && first)
            .then(|| error(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"))
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let expected = [
        "sendMediaGroup attach://picture0 attach://picture1",
        "sendPhoto attach://picture0",
        "sendDocument attach://picture0",
        "sendPhoto attach://picture1",
    ];
    assert_eq!(sent_as(&stage, 7), expected);
    stage.stop();
}

#[test]
fn a_group_without_pictures_gets_links() {
    let stage = Stage::start(3);
    stage.telegram.fail_when(|call| {
        let words = "Bad Request: not enough rights to send photos to the chat";
        (call.method == "sendMediaGroup").then(|| error(400, words))
    });
    stage.telegram.push(group_message(-5, "/query bus"));
    stage.telegram.wait_for_text("3 links for “bus”");
    assert_eq!(stage.telegram.calls_of("sendMediaGroup").len(), 1);
    stage.stop();
}
