//! The endpoint under test: the real `clip-search`, or the library over a scripted engine.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clip_bot::config::{EngineConfig, SearchConfig};
use clip_bot::endpoint::{Monitor, http, router};
use clip_bot::search::{Engine, Failure, Hit, Image, Page, Query};
use clip_bot::shutdown::Shutdown;

use super::PATIENCE;
use super::process::Program;
use super::raw::Raw;

/// The program file.
pub const CLIP_SEARCH: &str = env!("CARGO_BIN_EXE_clip-search");

/// Starts `clip-search serve` on a free port, with `variables` besides; where they name no engine,
/// with the one whose answers everybody can foresee.
pub fn start(variables: &[(&str, &str)]) -> (Program, SocketAddr) {
    let mut all = vec![("CLIP_SEARCH_LISTEN", "127.0.0.1:0")];
    let names_one =
        |(name, _): &&(&str, &str)| ["CLIP_SEARCH_ENGINE", "CLIP_SEARCH_SPACE"].contains(name);
    if variables.iter().find(names_one).is_none() {
        all.push(("CLIP_SEARCH_ENGINE", "mock"));
    }
    all.extend(variables);
    let program = Program::start(CLIP_SEARCH, &["serve"], &all);
    let address = listening(&program);
    (program, address)
}

/// Where `program` says that it listens.
pub fn listening(program: &Program) -> SocketAddr {
    let line = program.wait_for_line("listening on http://");
    let address = line.split("http://").nth(1).expect("an address");
    let address = address.split([',', ' ']).next().unwrap_or_default();
    address.parse().expect("host and port")
}

type Search = dyn Fn(&Query, Instant) -> Result<Page, Failure> + Send + Sync;

/// An engine whose answers are the test's; each of its pictures has [`PICTURE`] bytes.
pub struct Scripted(Box<Search>);

/// More than the system keeps of an answer that nobody reads.
pub const PICTURE: usize = 8 << 20;

impl Scripted {
    pub fn new(
        search: impl Fn(&Query, Instant) -> Result<Page, Failure> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self(Box::new(search)))
    }

    /// Says when a search began, and answers only when it is let go.
    pub fn held() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let (began, beginnings) = channel();
        let (go, gone) = channel();
        let gone = Mutex::new(gone);
        let engine = Self::new(move |_, _| {
            let _ = began.send(());
            let gone = gone.lock().expect("no panic while held");
            let _ = gone.recv_timeout(PATIENCE);
            Ok(one_hit())
        });
        (engine, beginnings, go)
    }
}

impl Engine for Scripted {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure> {
        (self.0)(query, deadline)
    }

    /// What a search for `ready` would meet.
    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        let query = Query::text("ready", 1, 0).expect("a good query");
        (self.0)(&query, deadline).map(drop)
    }

    fn image(&self, id: &str, _width: Option<u32>) -> Result<Option<Image>, Failure> {
        let bytes = Arc::new(vec![0; PICTURE]);
        Ok(Some(Image::jpeg(id.to_owned(), id.to_owned(), bytes)))
    }
}

pub fn one_hit() -> Page {
    Page {
        hits: vec![Hit::at("https://elsewhere.example/1.jpg")],
        next_offset: None,
        ..Page::default()
    }
}

/// The settings that tests vary; everything else is as `clip-search` has it.
pub fn config() -> SearchConfig {
    SearchConfig {
        open: false,
        clip: clip_bot::config::ClipConfig::default(),
        engine: EngineConfig::Mock,
        idle: None,
        listen: "127.0.0.1:0".parse().expect("an address"),
        page: Some(false),
        origins: clip_bot::config::Origins::default(),
        public_url: None,
        token: None,
        timeout: PATIENCE,
        workers: 8,
        log: tracing::level_filters::LevelFilter::OFF,
        warnings: Vec::new(),
    }
}

/// A server of the library in this process; dropping it stops it.
pub struct Running {
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    pub activity: Monitor,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub fn new(engine: Arc<dyn Engine>, mut config: SearchConfig, limits: http::Limits) -> Self {
        let listener = TcpListener::bind(config.listen).expect("a free port");
        config.listen = listener.local_addr().expect("bound");
        let shutdown = Shutdown::default();
        let inside = shutdown.clone();
        let activity = Monitor::default();
        let pulse = activity.pulse().clone();
        let router = router(engine, &config, &activity);
        let thread = std::thread::spawn(move || {
            http::serve(listener, router, &inside, limits, &pulse).expect("a server");
        });
        Self {
            address: config.listen,
            shutdown,
            activity,
            thread: Some(thread),
        }
    }

    pub fn connect(&self) -> Raw {
        Raw::connect(self.address)
    }

    /// Waits until the server has ended, and returns how long that took.
    pub fn wait(mut self) -> Duration {
        let start = Instant::now();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not panic");
        }
        start.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.raise();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
