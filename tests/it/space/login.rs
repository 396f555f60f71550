//! Apps that ask for a login of their own.

use clip_bot::search::Content;

use super::*;
use crate::support::server::Reply;

/// A Gradio 6 with `launch(auth=("user", "pa ss"))`.
fn guarded() -> Server {
    gradio("6.31", |request| {
        let session = "access-token-unsecure-x=7";
        if request.path() == "/login" {
            let right = request.body == b"username=user&password=pa%20ss";
            let reply = Reply::json(if right { 200 } else { 400 }, &json!({ "success": right }));
            return Some(if right {
                reply.with("set-cookie", session)
            } else {
                reply
            });
        }
        let cookies = request.header("cookie").unwrap_or("");
        let refused = json!({ "detail": { "error": "Not authenticated", "auth_message": null } });
        if !cookies.contains(session) {
            return Some(Reply::json(401, &refused));
        }
        let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
        let is_file = request.path().contains("/file=");
        is_file.then(|| Reply::bytes(200, "image/png", picture))
    })
}

#[test]
fn an_app_with_a_login_of_its_own_is_logged_into() {
    let server = guarded();
    let with = |login: Option<&str>| SpaceConfig {
        login: login.map(Secret::new),
        ..config(&server.url(""), "gallery")
    };
    let space = space(&with(Some("user:pa ss")));
    let page = space
        .search(&words(2, 0), Instant::now() + LONG)
        .expect("found");
    // Whoever reads the pictures has no session there.
    let id = page.hits[0]
        .url
        .strip_prefix("/images/")
        .expect("our own address");
    let Some(Content::Later(work)) = space
        .image(id, None)
        .expect("no failure")
        .map(|image| image.content)
    else {
        panic!("{id} is not kept")
    };
    let file = work(Instant::now() + LONG)
        .expect("read")
        .expect("a picture");
    assert_eq!(file.media_type, "image/png");
    let table = [
        (None, "set CLIP_SEARCH_SPACE_LOGIN_FILE"),
        (Some("user:wrong"), "does not accept the login"),
    ];
    for (login, words) in table {
        let failure = ask(&with(login)).expect_err(words);
        assert!(
            failure.reason == Reason::SpaceAuth && failure.message.contains(words),
            "{failure}"
        );
        assert!(!failure.message.contains("wrong"), "{failure}");
    }
}
