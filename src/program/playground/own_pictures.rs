//! `playground --pictures`: the user's own pictures, indexed while they are searched already.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{OWNERSHIP, Thread, say, spawn};
use crate::collection::add::{Options, Summary, add};
use crate::config::{ClipConfig, EngineConfig, PlaygroundConfig};
use crate::digest::sha256;
use crate::engine;
use crate::error::{Error, Result};
use crate::program::bars::TerminalProgress;
use crate::program::choice;
use crate::program::command_line::print_lines;
use crate::program::index::summary_lines;
use crate::progress::Progress;
use crate::quantity::counted;
use crate::search::Remark;
use crate::shutdown::Shutdown;
use clip::Encoder;

/// How often the note on the page changes.
const PAUSE: Duration = Duration::from_millis(500);

/// Indexing, in a thread of its own.
pub(super) struct Indexing {
    thread: Thread,
}

impl Indexing {
    /// Returns when it has ended.
    pub fn wait(self) {
        self.thread.join();
    }
}

/// Has `config` search `pictures`, and brings their index up to date, which the next run finds again;
/// `note` says how far it is.
///
/// # Errors
/// The folder or the model cannot be used.
pub(super) fn index(
    pictures: &Path,
    config: &mut PlaygroundConfig,
    note: &watch::Sender<String>,
    shutdown: &Shutdown,
) -> Result<Indexing> {
    let unreadable = |cause| Error::system(format!("failed to open {}", pictures.display()), cause);
    // Two folders may be called `pics`; what is in one is nothing to the other.
    let real = pictures.canonicalize().map_err(unreadable)?;
    let clip = &mut config.search.clip;
    if clip.model.is_none() {
        clip.model = clip.models.as_deref().and_then(choice::chosen);
    }
    choice::warn(clip, say);
    let mut named = clip.clone();
    choice::find(clip)?;
    let name = model_name(clip)?;
    let of = [real.as_os_str().as_bytes(), name.as_bytes()].join(&b'\n');
    private(&config.cache)?;
    let folder = config.cache.join(format!("playground-{}", sha256(&of)));
    config.search.engine = EngineConfig::Clip;
    clip.index = Some(folder.clone());
    let about = about(&real, clip, &name);
    let mut progress = Noted::new(about.clone(), note.clone(), Unit::Bytes);
    progress.tell("");
    let (shutdown, note) = (shutdown.clone(), note.clone());
    let body = move || {
        let added = choice::at_hand(&mut named, &mut progress).and_then(|()| {
            let model = engine::open_model(&named)?;
            progress = Noted::new(about, note, Unit::Files);
            let options = Options::default();
            add(&folder, &[real], &model, options, &mut progress, &shutdown)
        });
        match &added {
            Ok(summary) => {
                print_lines(summary_lines(summary));
                progress.tell(&ended(summary));
            }
            Err(error) => progress.tell(&format!("Indexing ended: {}.", error.chain())),
        }
        added.map(drop)
    };
    let thread = spawn("indexing", body)?;
    Ok(Indexing { thread })
}

/// The name of the model: of one that may still have to be fetched, that in the catalogue.
pub(super) fn model_name(config: &ClipConfig) -> Result<String> {
    let kept = config.model.as_deref();
    let kept = kept.filter(|model| model.parent() == config.models.as_deref());
    match kept.and_then(Path::file_stem) {
        Some(name) => Ok(name.to_string_lossy().into_owned()),
        None => Ok(engine::open_model(config)?.name().to_owned()),
    }
}

/// Which pictures, found by which model.
fn about(folder: &Path, config: &ClipConfig, model: &str) -> String {
    let folder = folder.display();
    match &config.model {
        Some(_) => format!("Pictures in {folder}, found by the model {model} on this machine."),
        None => format!(
            "Pictures in {folder}, searched by the small built-in model on this machine. {}",
            Remark::DrawingsOnly.message()
        ),
    }
}

fn ended(summary: &Summary) -> String {
    let pictures = summary.added + summary.known + summary.unchanged;
    let pictures = counted(pictures, "picture", "pictures");
    let so_far = if summary.is_interrupted {
        " so far"
    } else {
        ""
    };
    format!("{pictures}{so_far}.")
}

/// What is counted while the model is fetched, and while pictures are indexed.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Files,
}

/// Shows progress on the terminal and in the note on the page.
struct Noted {
    inner: TerminalProgress,
    unit: Unit,
    about: String,
    note: watch::Sender<String>,
    /// Done, and all.
    counts: (u64, u64),
    changed: Instant,
}

impl Noted {
    fn new(about: String, note: watch::Sender<String>, unit: Unit) -> Self {
        let inner = match unit {
            Unit::Bytes => TerminalProgress::bytes(),
            Unit::Files => TerminalProgress::default(),
        };
        Self {
            inner,
            unit,
            about,
            note,
            counts: (0, 0),
            changed: Instant::now(),
        }
    }

    fn tell(&self, state: &str) {
        let sentences = [&self.about, state, OWNERSHIP];
        let sentences = sentences
            .into_iter()
            .filter(|sentence| !sentence.is_empty());
        let note = sentences.collect::<Vec<_>>().join(" ");
        self.note.send_replace(note);
    }
}

impl Progress for Noted {
    fn begin(&mut self, total: u64) {
        self.counts = (0, total);
        self.inner.begin(total);
    }

    fn done(&mut self, more: u64) {
        self.counts.0 += more;
        self.inner.done(more);
        if self.changed.elapsed() < PAUSE {
            return;
        }
        self.changed = Instant::now();
        let (done, all) = self.counts;
        self.tell(&match self.unit {
            Unit::Bytes => format!(
                "Fetching the model: {} of {} MB; searches wait for it.",
                done / 1_000_000,
                all / 1_000_000
            ),
            Unit::Files => {
                format!("Indexing: {done} of {all} files; what is there is found already.")
            }
        });
    }

    fn say(&mut self, line: &str) {
        self.inner.say(line);
    }

    fn end(&mut self) {
        self.inner.end();
    }
}

/// Makes `folder` where it is missing, for this user alone.
fn private(folder: &Path) -> Result<()> {
    let failed = |cause| {
        Error::system(
            format!("failed to make {} private", folder.display()),
            cause,
        )
    };
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed)
}
