//! A part of the playground on port 0, and a connection that asks it.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use clip_bot::endpoint::http::{Limits, serve};
use clip_bot::playground::bot_api::BotApi;
use clip_bot::shutdown::Shutdown;
use clip_bot::systemd::Pulse;
use serde_json::Value;

use super::raw::{Raw, Reply};

/// Routes that are served until this is dropped.
pub struct Served {
    pub address: SocketAddr,
    api: BotApi,
    shutdown: Shutdown,
}

impl Served {
    /// Serves `router`, behind which `api` is.
    pub fn start(api: &BotApi, router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shutdown = Shutdown::default();
        let flag = shutdown.clone();
        let limits = Limits {
            stop: Duration::ZERO,
            ..Limits::default()
        };
        std::thread::spawn(move || {
            serve(listener, router, &flag, limits, &Pulse::default()).expect("it serves");
        });
        Self {
            address,
            api: api.clone(),
            shutdown,
        }
    }

    /// Sends a body on a new connection and reads the answer.
    pub fn post(&self, target: &str, headers: &str, body: &[u8]) -> Reply {
        let mut connection = Raw::connect(self.address);
        let head = format!(
            "POST {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        connection.send(head).send(body).reply()
    }

    /// Sends JSON and reads JSON.
    pub fn post_json(&self, target: &str, body: &Value) -> (u16, Value) {
        let headers = "content-type: application/json\r\n";
        let reply = self.post(target, headers, body.to_string().as_bytes());
        (reply.status, reply.json())
    }

    /// Gets a whole answer.
    pub fn get(&self, target: &str, headers: &str) -> Reply {
        let head = format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
        Raw::connect(self.address).send(head).reply()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.api.close();
        self.shutdown.raise();
    }
}
