//! `GET /metrics`: what an operator's monitoring scrapes, behind the token.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::answer::FailureResponse;
use super::{Endpoint, SharedEndpoint};
use crate::metrics::{Exposition, Format, OPEN_METRICS};
use crate::search::{Failure, Reason};

/// Without a token configured there are no metrics: how much is searched is nobody else's business.
pub(super) async fn metrics(
    State(endpoint): SharedEndpoint,
    headers: HeaderMap,
) -> Result<Response, FailureResponse> {
    if endpoint.operators_token.is_none() {
        let message = "there are metrics only where CLIP_SEARCH_TOKEN is set, for whoever sends it";
        return Err(Failure::new(Reason::NotFound, message).into());
    }
    Endpoint::checked(&headers, endpoint.operators_token.as_ref())?;
    let mut exposition = Exposition::new(Format::OpenMetrics);
    let about = [
        ("engine", endpoint.engine.name()),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    exposition.info("clip_search", "The program and its engine.", &about);
    if let Some(pictures) = endpoint.engine.pictures() {
        let help = "Pictures that are searched.";
        exposition.gauge("clip_search_pictures", help, pictures);
    }
    endpoint.monitor.expose(&mut exposition);
    let mut response = Response::new(Body::from(exposition.finish()));
    let kind = HeaderValue::from_static(OPEN_METRICS);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
