//! Logs into an app that asks for a login of its own (`launch(auth=…)`).

use crate::http::{Request, Response, percent_encode};
use crate::secret::Secret;

/// The request that logs in at the app at `base`; `login` is `user:password`.
pub(super) fn request(base: &str, login: &Secret) -> Request {
    let (user, password) = login
        .expose()
        .split_once(':')
        .unwrap_or((login.expose(), ""));
    let form = format!(
        "username={}&password={}",
        percent_encode(user, b""),
        percent_encode(password, b"")
    );
    let kind = "application/x-www-form-urlencoded";
    Request::post(format!("{base}/login"), kind, form.into_bytes())
}

/// The session's cookies in the answer; none where the login was wrong.
pub(super) fn cookies(answer: &Response) -> Option<String> {
    let cookies: Vec<&str> = answer
        .head
        .header_values("set-cookie")
        .filter_map(|cookie| cookie.split(';').next())
        .filter(|cookie| cookie.starts_with("access-token"))
        .collect();
    (answer.head.status == 200 && !cookies.is_empty()).then(|| cookies.join("; "))
}
