//! The requests that a Gradio server understands, from 3.x to 6.
//!
//! | Gradio | protocol | a call |
//! |---|---|---|
//! | 3.x | absent or `ws` | `POST /run/{api}` |
//! | 4.0 to 4.11 | `sse` | the same, which Spaces refuse |
//! | 4.12 and later | `sse_v1` and later | `POST {prefix}/queue/join`, `GET {prefix}/queue/data` |

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::description::{self, Protocol, SpaceDescription};
use super::locations::{Locations, is_picture_type};
use super::pruned::Pruned;
use super::refusal::{self, Cure, SpaceFailure};
use super::{events, login, time_left};
use crate::http::{Answer, Client, Request, Response, percent_encode};
use crate::media;
use crate::search::{Failure, ImageFile, Reason};
use crate::secret::Secret;

/// Largest description, in bytes.
const MAX_CONFIG_BYTES: u64 = 32 << 20;
/// As much of a file as tells whether it is a picture, in bytes.
const HEAD_BYTES: u64 = 512;
/// Largest result, in bytes.
const MAX_RESULT_BYTES: u64 = 16 << 20;

/// What the names of the function's parameters are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Nothing.
    Unused,
    /// To tell inputs apart, where there are several.
    Helpful,
    /// The template is by name.
    Needed,
}

/// What several calls have in common: the server keeps a state for them.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    /// Another call may follow.
    goes_on: bool,
}

impl Session {
    /// A new one, of one call or of several.
    pub fn new(goes_on: bool) -> Self {
        Self {
            name: random_name(),
            goes_on,
        }
    }
}

/// A Gradio server at an address, which may have a path.
#[derive(Debug, Clone)]
pub(super) struct GradioServer {
    client: Client,
    base: String,
    token: Option<Secret>,
    login: Option<Secret>,
}

impl GradioServer {
    pub fn new(client: Client, base: String, token: Option<Secret>, login: Option<Secret>) -> Self {
        Self {
            client,
            base,
            token,
            login,
        }
    }

    /// Host and port, for messages.
    pub fn host(&self) -> &str {
        refusal::host_of(&self.base).unwrap_or("the Space")
    }

    /// The addresses of its files and pages. Servers tell those of their files, too, which are
    /// wrong behind proxies and in 4.x.
    pub fn locations(&self, description: &SpaceDescription, public: Option<&str>) -> Locations {
        Locations::new(&self.base, &description.prefix, public)
    }

    /// The picture at `url` on this server; none where there is none.
    pub fn picture(
        &self,
        url: &str,
        description: &SpaceDescription,
        deadline: Instant,
    ) -> Result<Option<ImageFile>, Failure> {
        let request = with_cookies(Request::get(url).limit(MAX_RESULT_BYTES), description);
        let answer = self.send("picture", request, deadline);
        let answer = answer.map_err(|failed| failed.failure)?;
        if answer.head.status != 200 {
            return Ok(None);
        }
        let broken = |error| refusal::broken(&error, self.host(), Instant::now() >= deadline);
        let response = answer.read().map_err(|error| broken(error).failure)?;
        let found = media::picture_type(&response.body);
        Ok(found.map(|(media_type, _)| ImageFile {
            media_type,
            bytes: Arc::new(response.body),
        }))
    }

    /// Whether the file at `url` on this server begins as a picture does; not, where it cannot be
    /// read.
    pub fn is_picture(&self, url: &str, description: &SpaceDescription, deadline: Instant) -> bool {
        if !url.starts_with(&self.base) {
            return true;
        }
        let request = Request::get(url).header("range", format!("bytes=0-{}", HEAD_BYTES - 1));
        let request = with_cookies(request.limit(MAX_RESULT_BYTES), description);
        let Ok(answer) = self.send("file", request, deadline) else {
            return false;
        };
        // Plain text is what Gradio calls every file whose name tells it nothing.
        let told = answer.head.header("content-type");
        let told = told.filter(|told| !told.starts_with("text/plain"));
        if let Some(told) = told.and_then(is_picture_type) {
            return told && answer.head.status < 300;
        }
        begins_as_a_picture(answer.into_body().take(HEAD_BYTES))
    }

    /// Reads `/config`, and the parameters' names from `/info`.
    pub fn describe(
        &self,
        api: Option<&str>,
        names: Names,
        deadline: Instant,
    ) -> Result<SpaceDescription, SpaceFailure> {
        let config = || Request::get(format!("{}/config", self.base)).limit(MAX_CONFIG_BYTES);
        let (answer, session) = match (self.open("config", config(), deadline), &self.login) {
            (Err(failed), Some(login)) if failed.cure == Cure::LogIn => {
                let session = self.log_in(login, deadline)?;
                let request = config().header("cookie", session.as_str());
                (self.open("config", request, deadline)?, Some(session))
            }
            (answer, _) => (answer?, None),
        };
        let cookies: Vec<String> = answer
            .head
            .header_values("set-cookie")
            .filter_map(|cookie| cookie.split(';').next())
            .map(str::to_owned)
            .chain(session)
            .collect();
        let mut description =
            SpaceDescription::read(&self.pruned(answer, description::READ, deadline)?, api)?;
        description.keep_cookies(&cookies.join("; "));
        let wanted = match names {
            Names::Unused => false,
            Names::Needed => true,
            Names::Helpful => description.visible().nth(1).is_some(),
        };
        if wanted && description.protocol != Protocol::Run && description.api.is_some() {
            match self.names(&description, deadline) {
                Ok(info) => description.learn_names(&info),
                Err(failed) if names == Names::Needed => return Err(failed),
                // Some apps fail to describe themselves, and work none the less.
                Err(failed) => {
                    tracing::debug!("the Space does not name its parameters: {}", failed.failure);
                }
            }
        }
        Ok(description)
    }

    /// The cookies of a session of the app's own.
    fn log_in(&self, login: &Secret, deadline: Instant) -> Result<String, SpaceFailure> {
        let answer = self.send("login", login::request(&self.base, login), deadline)?;
        let answer = answer
            .read()
            .map_err(|error| refusal::broken(&error, self.host(), Instant::now() >= deadline))?;
        login::cookies(&answer).ok_or_else(|| {
            let message = format!(
                "the app at {} does not accept the login in CLIP_SEARCH_SPACE_LOGIN_FILE",
                self.host()
            );
            Failure::new(Reason::SpaceAuth, message).into()
        })
    }

    /// The names of the function's parameters, as `/info` has them.
    fn names(
        &self,
        description: &SpaceDescription,
        deadline: Instant,
    ) -> Result<Value, SpaceFailure> {
        let request = Request::get(format!("{}{}/info", self.base, description.prefix))
            .limit(MAX_CONFIG_BYTES);
        let answer = self.open("info", with_cookies(request, description), deadline)?;
        let function = description.title();
        let keys = ["named_endpoints", &function, "parameters", "parameter_name"];
        self.pruned(answer, &keys, deadline)
    }

    /// Uploads a picture where the protocol needs that; returns its value for the arguments.
    pub fn upload(
        &self,
        description: &SpaceDescription,
        media_type: &str,
        bytes: &[u8],
        deadline: Instant,
    ) -> Result<Value, SpaceFailure> {
        if description.protocol == Protocol::Run {
            return Ok(format!("data:{media_type};base64,{}", STANDARD.encode(bytes)).into());
        }
        let name = format!("query.{}", media_type.trim_start_matches("image/"));
        let boundary = random_name();
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             content-type: {media_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), bytes, tail.as_bytes()].concat();
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = Request::post(
            format!("{}{}/upload", self.base, description.prefix),
            &kind,
            body,
        );
        let answer = self.open("upload", with_cookies(request, description), deadline)?;
        let paths = self.json(answer, deadline)?;
        let Some(path) = paths[0].as_str() else {
            return Err(refusal::mismatch(
                "the Space took the picture, but does not say where it is",
            )
            .into());
        };
        let meta = json!({ "_type": "gradio.FileData" });
        Ok(json!({ "path": path, "orig_name": name, "mime_type": media_type, "meta": meta }))
    }

    /// Calls the function with `data` in a session, which remembers what its functions keep there,
    /// and returns its outputs.
    pub fn run(
        &self,
        description: &SpaceDescription,
        session: &Session,
        data: Vec<Value>,
        deadline: Instant,
    ) -> Result<Vec<Value>, SpaceFailure> {
        match description.protocol {
            Protocol::Run => self.run_directly(description, &session.name, data, deadline),
            Protocol::RunIfOpen => self
                .run_directly(description, &session.name, data, deadline)
                .map_err(|failed| {
                    let refused = failed.failure.reason == Reason::SpaceMismatch;
                    let failure = if refused {
                        too_old(description)
                    } else {
                        failed.failure
                    };
                    SpaceFailure { failure, ..failed }
                }),
            Protocol::Queue => self.run_queued(description, session, data, deadline),
        }
    }

    fn run_directly(
        &self,
        description: &SpaceDescription,
        session: &str,
        data: Vec<Value>,
        deadline: Instant,
    ) -> Result<Vec<Value>, SpaceFailure> {
        // Gradio 3 goes by the number where one is given; 4 wants the name, too.
        let api = percent_encode(description.api.as_deref().unwrap_or("predict"), b"");
        let url = format!("{}{}/run/{api}", self.base, description.prefix);
        let call = json!({ "data": data, "fn_index": description.index, "session_hash": session });
        let given = time_left(deadline)?;
        let (mut until, last) = (deadline, Instant::now() + given * events::PATIENCE);
        let mut outputs = None;
        loop {
            let request = Request::post_json(&url, &call).limit(MAX_RESULT_BYTES);
            let answer = self.open("run", with_cookies(request, description), until)?;
            let Value::Object(mut result) = self.json(answer, until)? else {
                return Err(refusal::mismatch("the Space's result is no object").into());
            };
            let Some(Value::Array(found)) = result.remove("data") else {
                return Err(refusal::mismatch("the Space's result holds no data").into());
            };
            // A generator gives one value a call, and at its end none: the last one counts.
            if result.get("is_generating") != Some(&Value::Bool(true)) {
                return Ok(outputs.unwrap_or(found));
            }
            outputs = Some(found);
            until = (Instant::now() + given).min(last);
        }
    }

    fn run_queued(
        &self,
        description: &SpaceDescription,
        session: &Session,
        data: Vec<Value>,
        deadline: Instant,
    ) -> Result<Vec<Value>, SpaceFailure> {
        let queue = format!("{}{}/queue", self.base, description.prefix);
        let Session {
            name: session,
            goes_on,
        } = session;
        let call = json!({ "data": data, "fn_index": description.index, "session_hash": session });
        let request = Request::post_json(format!("{queue}/join"), &call).limit(MAX_RESULT_BYTES);
        let joined = self.open("queue/join", with_cookies(request, description), deadline)?;
        // Read to its end, so that the stream can use the same connection.
        self.json(joined, deadline)?;
        let request =
            Request::get(format!("{queue}/data?session_hash={session}")).limit(MAX_RESULT_BYTES);
        // Its reader watches the deadline, which progress puts off.
        let left = time_left(deadline)?;
        let last = Instant::now() + left * events::PATIENCE;
        let stream = self.open("queue/data", with_cookies(request, description), last)?;
        let started = Instant::now();
        let outputs = if *goes_on {
            events::result_and_end(stream.into_body(), self.host(), deadline)
        } else {
            events::result(stream.into_body(), self.host(), deadline)
        };
        let millis = started.elapsed().as_millis();
        tracing::debug!(clip_millis = millis, "Space, result: read in {millis} ms");
        outputs
    }

    /// Sends `request`; any answer but status 200 with JSON or a stream is a failure.
    fn open(
        &self,
        step: &'static str,
        request: Request,
        deadline: Instant,
    ) -> Result<Answer, SpaceFailure> {
        let answer = self.send(step, request, deadline)?;
        if answer.head.status == 200 && !answer.head.is_html() {
            return Ok(answer);
        }
        let response = answer
            .read()
            .map_err(|error| refusal::broken(&error, self.host(), Instant::now() >= deadline))?;
        Err(refusal::refused(
            &response,
            self.host(),
            self.token.is_some(),
        ))
    }

    fn send(
        &self,
        step: &'static str,
        request: Request,
        deadline: Instant,
    ) -> Result<Answer, SpaceFailure> {
        let started = Instant::now();
        let request = request.timeout(time_left(deadline)?);
        let request = match &self.token {
            // The Space's proxy takes this one off, so that the app never sees it.
            Some(token) => {
                request.header("x-hf-authorization", format!("Bearer {}", token.expose()))
            }
            None => request,
        };
        let broken = |error| refusal::broken(&error, self.host(), Instant::now() >= deadline);
        let answer = self.client.open(&request).map_err(broken)?;
        let (status, millis) = (answer.head.status, started.elapsed().as_millis());
        tracing::debug!(
            status,
            millis,
            "Space, {step}: status {status} in {millis} ms"
        );
        Ok(answer)
    }

    fn json(&self, answer: Answer, deadline: Instant) -> Result<Value, SpaceFailure> {
        self.parsed(answer, deadline, Response::json)
    }

    /// The body, which may be large, with nothing but `keys` in it.
    fn pruned(
        &self,
        answer: Answer,
        keys: &[&str],
        deadline: Instant,
    ) -> Result<Value, SpaceFailure> {
        self.parsed(answer, deadline, |body| body.json_by(Pruned(keys)))
    }

    fn parsed(
        &self,
        answer: Answer,
        deadline: Instant,
        parse: impl FnOnce(&Response) -> crate::error::Result<Value>,
    ) -> Result<Value, SpaceFailure> {
        let whole = answer.read().and_then(|response| parse(&response));
        whole.map_err(|error| refusal::broken(&error, self.host(), Instant::now() >= deadline))
    }
}

fn with_cookies(request: Request, description: &SpaceDescription) -> Request {
    if description.cookies.is_empty() {
        request
    } else {
        request.header("cookie", description.cookies.as_str())
    }
}

fn too_old(description: &SpaceDescription) -> Failure {
    let message = format!(
        "the Space runs Gradio {}, which takes no calls over HTTP; its owner can set sdk_version to 4.12 or later",
        description.version
    );
    refusal::mismatch(message)
}

/// Sixteen random hex digits, to be different from everybody else's.
fn random_name() -> String {
    format!("{:016x}", RandomState::new().hash_one(()))
}

/// Whether what comes is a picture, as soon as that can be told: Gradio 4 promises a byte more than a
/// small file has, and does not end the answer.
fn begins_as_a_picture(mut body: impl Read) -> bool {
    let (mut head, mut portion) = (Vec::new(), [0; 64]);
    loop {
        match body.read(&mut portion) {
            Ok(0) | Err(_) => return false,
            Ok(count) => head.extend(&portion[..count]),
        }
        if media::picture_type(&head).is_some() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// Gives its bytes one by one, and then breaks.
    struct Broken(&'static [u8]);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let (first, rest) = self.0.split_first().ok_or(ErrorKind::TimedOut)?;
            (buffer[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    #[test]
    fn a_picture_is_told_before_its_answer_ends() {
        assert!(begins_as_a_picture(Broken(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
        )));
        assert!(!begins_as_a_picture(Broken(
            b"some words that are no picture at all"
        )));
    }
}
