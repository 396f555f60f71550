//! The host name by which a request came.
//!
//! An endpoint on loopback is open to every page in a browser on that machine, if the page's own
//! name can be made to lead there (DNS rebinding). The browser then sends the page's name as `Host`,
//! so only known names are answered.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::answer::FailureResponse;
use crate::config::SearchConfig;
use crate::http::Place;
use crate::search::{Failure, Reason};

/// The names that an endpoint answers to.
#[derive(Debug)]
struct Names {
    listen: SocketAddr,
    public: Option<Place>,
}

/// `router`, answering with status 421 to a host that is neither loopback, nor where `config`
/// listens, nor its public address. Not for Lambda, whose callers come through API Gateway.
pub fn guarded(router: Router, config: &SearchConfig) -> Router {
    let names = Names {
        listen: config.listen,
        public: config.public_url.as_deref().and_then(Place::of),
    };
    router.layer(from_fn_with_state(Arc::new(names), check))
}

async fn check(State(names): State<Arc<Names>>, request: Request, next: Next) -> Response {
    let headers = request.headers().get_all(HOST).iter();
    let hosts = headers.map(|value| value.to_str().unwrap_or_default());
    let target = request.uri().authority().map(Authority::as_str);
    if hosts.chain(target).all(|host| names.include(host)) {
        return next.run(request).await;
    }
    let message = "this endpoint is not known by the host name in the request; if callers use that \
                   name, set CLIP_SEARCH_PUBLIC_URL to the address by which they reach it";
    tracing::info!("request: {message}");
    FailureResponse::from(Failure::new(Reason::Misdirected, message)).into_response()
}

impl Names {
    /// `host` may have a port, which a browser's page cannot lie about.
    fn include(&self, host: &str) -> bool {
        // A user's name before the host would be read in two ways.
        let Some(place) = Place::of(&format!("http://{host}")).filter(|_| !host.contains('@'))
        else {
            return false;
        };
        let listen = self.listen.ip();
        place.is_loopback()
            || place.has_address(listen)
            // All addresses of this machine, none of which can be made to lead elsewhere.
            || listen.is_unspecified() && place.is_address()
            || self.public.as_ref().is_some_and(|public| public.has_host_of(&place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listen: &str, public: Option<&str>) -> Names {
        Names {
            listen: listen.parse().expect("an address"),
            public: public.and_then(Place::of),
        }
    }

    #[test]
    fn only_known_names_are_answered() {
        let local = names("127.0.0.1:8080", None);
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:9",
            "[::1]:8080",
            "127.0.0.2",
        ] {
            assert!(local.include(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost:8080@evil.example",
            "evil.example#localhost",
            "evil.example@localhost",
            "192.168.1.2",
            "a b",
        ] {
            assert!(!local.include(host), "{host}");
        }
        let behind_proxy = names("127.0.0.1:8080", Some("https://Photos.example/clip"));
        for host in ["photos.example", "photos.example:8443", "photos.example."] {
            assert!(behind_proxy.include(host), "{host}");
        }
        assert!(!behind_proxy.include("x.photos.example"));
        let open = names("0.0.0.0:8080", None);
        for host in ["192.168.1.2:8080", "[fd00::1]:8080", "localhost"] {
            assert!(open.include(host), "{host}");
        }
        assert!(!open.include("nas.lan"));
        assert!(names("192.168.1.2:80", None).include("192.168.1.2"));
        assert!(!names("192.168.1.2:80", None).include("192.168.1.3"));
    }
}
