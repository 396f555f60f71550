//! Which pages of other servers may read the answers (CORS), and what a path takes (`OPTIONS`).

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW,
    ORIGIN, VARY,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::SharedEndpoint;

/// A browser asks for this before a public page may ask a server of a private network.
const REQUEST_PRIVATE: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Answers `OPTIONS` for every path, and tells browsers which pages may read the answer.
pub(super) async fn answer(
    State(endpoint): SharedEndpoint,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let origin = headers.get(ORIGIN).cloned();
    let asks_first = headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let asks_private = headers.contains_key(REQUEST_PRIVATE);
    let is_options = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let mut methods = HeaderValue::from_static("GET,HEAD,OPTIONS");
    if is_options && refused {
        let taken = response.headers().get(ALLOW);
        let taken = taken
            .and_then(|value| value.to_str().ok())
            .unwrap_or("GET,HEAD");
        if let Ok(all) = HeaderValue::from_str(&format!("{taken},OPTIONS")) {
            methods = all;
        }
        response = (StatusCode::NO_CONTENT, [(ALLOW, methods.clone())]).into_response();
    }
    if endpoint.origins.is_empty() {
        return response;
    }
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin.filter(|origin| endpoint.origins.include(origin.as_bytes())) else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let readable = "Retry-After,ETag,Content-Disposition";
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(readable),
    );
    if is_options && asks_first {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        let sendable = "Authorization,Content-Type,If-None-Match,Range";
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(sendable),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if asks_private {
            headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
        }
    }
    response
}
