//! The endpoint as a function on AWS Lambda, behind an HTTP API of API Gateway.
//!
//! Lambda starts the program once and hands it one request after the other, so the engine keeps
//! what it knows (the description of a Space) from one to the next. `lambda_http` takes the query
//! from `rawQueryString`, the only field of an event that holds it unharmed.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::header::CONNECTION;
use axum::response::Response;
use lambda_http::{Request, RequestExt, Service, service_fn};
use tokio::runtime::LocalOptions;

use super::TimeLeft;
use crate::config::Environment;
use crate::error::{Error, Kind, Result};

/// Set by Lambda alone: where functions fetch their requests.
pub(super) const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// Lambda sets these too; its runtime would panic without them.
const GIVEN: [&str; 3] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];
/// Time before Lambda's deadline by which the answer must be on its way.
const MARGIN: Duration = Duration::from_secs(2);

/// Whether this process runs as a Lambda function.
pub(crate) fn is_at_hand(environment: &Environment) -> bool {
    environment.get(RUNTIME_API).is_some()
}

/// Answers the requests that Lambda passes on, until Lambda ends the process.
///
/// # Errors
/// [`Kind::Config`] in an environment that is not Lambda's, [`Kind::System`] without a runtime,
/// [`Kind::Lost`] when Lambda stops answering.
pub(crate) fn serve(router: Router, environment: &Environment) -> Result<u8> {
    if let Some(missing) = GIVEN.iter().find(|name| environment.get(name).is_none()) {
        return Err(Error::config(format!(
            "{RUNTIME_API} is set and {missing} is not: this is not AWS Lambda; unset {RUNTIME_API}"
        )));
    }
    let failed = |cause| Error::system("failed to start the function", cause);
    // Not `build`: it would link tokio's threads too, and libm for them, which costs 0.3 MiB.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default())
        .map_err(failed)?;
    let function = service_fn(move |request| answer(router.clone(), request));
    match runtime.block_on(lambda_http::run(function)) {
        Ok(()) => Ok(0),
        Err(cause) => {
            let message = format!("lost AWS Lambda at {RUNTIME_API}: {cause}");
            Err(Error::new(Kind::Lost, message))
        }
    }
}

async fn answer(mut router: Router, mut request: Request) -> Result<Response, Infallible> {
    let deadline = request
        .lambda_context_ref()
        .map_or(UNIX_EPOCH, lambda_http::Context::deadline);
    if let Some(time) = time_left(deadline, SystemTime::now()) {
        request.extensions_mut().insert(TimeLeft(time));
    }
    let mut response = router.call(request).await?;
    // The connection is API Gateway's.
    response.headers_mut().remove(CONNECTION);
    Ok(response)
}

/// The time for an answer that Lambda waits for until `deadline`. A deadline in the past means that
/// there is none: emulators make one up.
#[must_use]
pub fn time_left(deadline: SystemTime, now: SystemTime) -> Option<Duration> {
    let left = deadline.duration_since(now).ok()?;
    Some(left.saturating_sub(MARGIN))
}
