//! `GET /api/events`: first the whole state, then everything that happens, as server-sent events.
//! The kind of an event is its `event:`, its content the `data:`.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::PageState;

/// How many events may wait for a slow page.
const BUFFER: usize = 64;
/// How often a silent stream sends a comment, so that a closed connection is noticed.
const PING: Duration = Duration::from_secs(15);

/// The stream of one page.
pub(super) async fn stream(State(page): State<PageState>) -> Response {
    let (sender, receiver) = mpsc::channel(BUFFER);
    tokio::spawn(async move {
        // Either the page went away, or it fell behind; then it connects again for a new state.
        let _ = feed(&page, &sender).await;
    });
    let body = Body::new(ChannelBody(receiver));
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// Sends events until the page has gone away or has fallen too far behind, then returns `None`.
async fn feed(page: &PageState, sender: &mpsc::Sender<Bytes>) -> Option<()> {
    // Watched before the state is taken, so that nothing between both is lost.
    let mut events = page.api.subscribe();
    let mut traffic = page.traffic.subscribe();
    let mut faults = page.faults.watch();
    let mut note = page.about.note.subscribe();
    send(sender, "state", &page.state()).await?;
    loop {
        let (name, data) = tokio::select! {
            event = events.recv() => match event {
                Ok(event) => (event.name, event.data),
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            },
            row = traffic.recv() => match row {
                Ok(row) => ("traffic", row),
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            },
            changed = faults.changed() => {
                changed.ok()?;
                ("faults", page.faults.to_json().into())
            }
            changed = note.changed() => {
                changed.ok()?;
                ("about", page.about().into())
            }
            () = page.api.closed() => return None,
            () = sender.closed() => return None,
            () = tokio::time::sleep(PING) => {
                sender.send(Bytes::from_static(b": still here\n\n")).await.ok()?;
                continue;
            }
        };
        send(sender, name, &data).await?;
    }
}

async fn send(sender: &mpsc::Sender<Bytes>, name: &str, data: &Value) -> Option<()> {
    // JSON has no line breaks in it.
    let event = format!("event: {name}\ndata: {data}\n\n");
    sender.send(event.into()).await.ok()
}

impl PageState {
    /// What the page shows about the system behind it.
    fn about(&self) -> Value {
        json!({
            "engine": self.about.engine,
            "endpoint": self.about.endpoint,
            "note": *self.about.note.borrow(),
            "token": self.about.token,
        })
    }

    /// The whole state, for a page that was just opened.
    fn state(&self) -> Value {
        let mut state = self.api.snapshot();
        state["about"] = self.about();
        state["faults"] = self.faults.to_json();
        state["traffic"] = json!(
            self.traffic
                .recent()
                .iter()
                .map(|row| (**row).clone())
                .collect::<Vec<_>>()
        );
        state
    }
}

/// A body fed through a channel.
struct ChannelBody(mpsc::Receiver<Bytes>);

impl HttpBody for ChannelBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
