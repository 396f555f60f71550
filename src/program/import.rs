//! `clip-search import telegram`: saves the pictures of an export that Telegram Desktop made. A running
//! `clip-search serve` is asked to; where none runs, the store is written here.

mod export;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use clip::Encoder;
use serde_json::Value;

use crate::collection::Original;
use crate::collection::saved::{Quota, Saved};
use crate::config::SearchConfig;
use crate::engine::clip::{ClipEngine, MIN_SCORE};
use crate::engine::open_model;
use crate::error::{Error, Kind, Result, one_line};
use crate::http::{Client, Request};
use crate::program::command_line::{
    CommandCall, CommandDefinition, Count, ValueHint, Word, print_lines,
};
use crate::search::{Engine, Failure, MAX_CAPTION_CHARS, MAX_PICTURE_BYTES, NewImage, Reason};
use export::Pictured;

pub(super) const IMPORT: CommandDefinition = CommandDefinition {
    name: "import",
    about: "save pictures from elsewhere",
    example: "clip-search import telegram --user 42 ~/Downloads/ChatExport",
    words: &[],
    switches: &[],
};

pub(super) const TELEGRAM: CommandDefinition = CommandDefinition {
    name: "import telegram",
    about: "save the pictures of an export of Telegram Desktop (result.json), for a user or a chat",
    example: "clip-search import telegram --user 42 ~/Downloads/ChatExport",
    words: &[
        Word {
            name: "FOLDER",
            about: "the folder with result.json and the pictures",
            count: Count::One,
            hint: ValueHint::DirPath,
        },
        USER,
        CHAT,
    ],
    switches: &[],
};

const USER: Word = Word {
    name: "user",
    about: "the Telegram id of the user who finds them",
    count: Count::Flag,
    hint: ValueHint::Other,
};
const CHAT: Word = Word {
    name: "chat",
    about: "the Telegram id of the chat whose members find them",
    count: Count::Flag,
    hint: ValueHint::Other,
};

/// Files of an export that are larger are not read.
const MAX_EXPORT_BYTES: u64 = 1 << 30;

/// Where pictures are saved.
enum Target {
    /// By a `clip-search serve`, at this address.
    Served(Client, String, String),
    Here(ClipEngine),
}

/// What became of the pictures of an export.
#[derive(Debug, Default)]
struct Counts {
    saved: usize,
    known: usize,
    missing: usize,
    unusable: usize,
}

/// Runs the command.
///
/// # Errors
/// The export cannot be read, the endpoint refuses, or the disk does.
pub(super) fn run(call: &CommandCall, config: &SearchConfig) -> Result<u8> {
    let folder = Path::new(call.words.first().map_or("", String::as_str));
    let collection = collection(call)?;
    let Some(json) = read(folder, "result.json", MAX_EXPORT_BYTES)? else {
        return Err(Error::config(format!(
            "there is no result.json in {}: export the chat from Telegram Desktop as machine-readable \
             JSON, with photos",
            folder.display()
        )));
    };
    let Some(pictured) = export::pictured(&json) else {
        let what = format!("{} is no export", folder.join("result.json").display());
        return Err(Error::new(Kind::Unusable, what));
    };
    drop(json);
    let target = Target::of(config)?;
    let mut counts = Counts::default();
    for pictured in pictured {
        let bytes = read(folder, &pictured.path, MAX_PICTURE_BYTES as u64)?;
        let Some(bytes) = bytes else {
            counts.missing += 1;
            continue;
        };
        let path = one_line(&pictured.path);
        match target.save(new_image(&collection, pictured, bytes), config) {
            Ok(true) => counts.saved += 1,
            Ok(false) => counts.known += 1,
            Err(failure) if is_about_picture(failure.reason) => {
                tracing::warn!("{path}: {failure}");
                counts.unusable += 1;
            }
            Err(failure) => return Err(Error::from(failure).context(&path)),
        }
    }
    print_lines([counts.line(&collection)]);
    Ok(0)
}

/// The name of the collection that the flags name.
fn collection(call: &CommandCall) -> Result<String> {
    let of = |word: Word, kind: &str| {
        let id = call.values_of(word).last();
        let is_number = |id: &&str| id.parse::<i64>().is_ok();
        let named = |id: &str| format!("{kind}:{id}");
        (id.is_some(), id.filter(is_number).map(named))
    };
    match (of(USER, "user"), of(CHAT, "chat")) {
        ((true, Some(name)), (false, _)) | ((false, _), (true, Some(name))) => Ok(name),
        _ => Err(Error::config(
            "say whose pictures these are: --user ID or --chat ID, a number that Telegram gave",
        )),
    }
}

/// The file at `path` below `folder`; none if it is not there, leads out of the folder, or is too large.
fn read(folder: &Path, path: &str, most: u64) -> Result<Option<Vec<u8>>> {
    let path = Path::new(path);
    if path.is_absolute() {
        return Ok(None);
    }
    let original = match Original::open(folder, path) {
        Ok(original) => original.filter(|original| original.bytes.size() <= most),
        // A note stands in place of the path of a file that was not exported.
        Err(_) => None,
    };
    let read = original.map(|original| original.read()).transpose();
    read.map_err(|cause| {
        let what = format!("cannot read {}", folder.join(path).display());
        Error::system(what, cause)
    })
}

fn new_image(collection: &str, pictured: Pictured, bytes: Vec<u8>) -> NewImage {
    NewImage {
        bytes,
        collection: collection.to_owned(),
        key: Some(pictured.key),
        caption: pictured.caption.chars().take(MAX_CAPTION_CHARS).collect(),
        taken: pictured.taken,
        file_id: String::new(),
        by: String::new(),
        link: pictured.link,
        // No bot has a name for it at Telegram: without its file it could not be shown.
        keep: true,
        once: true,
    }
}

/// Whether the next picture may do better.
fn is_about_picture(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::UnsupportedMedia | Reason::TooLarge | Reason::BadQuery
    )
}

impl Counts {
    fn line(&self, collection: &str) -> String {
        let mut line = format!("{} saved for {collection}", self.saved);
        for (count, what) in [
            (self.known, "here already"),
            (self.missing, "not in the export's folder"),
            (self.unusable, "not readable (named above)"),
        ] {
            if count > 0 {
                line += &format!(", {count} {what}");
            }
        }
        line
    }
}

impl Target {
    fn of(config: &SearchConfig) -> Result<Self> {
        let Some(folder) = config.clip.saved.as_deref() else {
            return Self::served(config);
        };
        let encoder = Arc::new(open_model(&config.clip)?);
        let quota = Quota {
            pictures: config.clip.quota.pictures,
            bytes: config.clip.quota.megabytes as u64 * 1_000_000,
        };
        match Saved::open(folder, encoder.name(), encoder.dimensions(), quota) {
            Ok(saved) => {
                let engine = ClipEngine::without_folders(encoder, Arc::new(saved), MIN_SCORE)?;
                Ok(Self::Here(engine))
            }
            Err(error) if error.kind() == &Kind::Busy => Self::served(config),
            Err(error) => Err(error),
        }
    }

    fn served(config: &SearchConfig) -> Result<Self> {
        let Some(token) = &config.token else {
            return Err(Error::config(
                "CLIP_SEARCH_TOKEN_FILE is not set: name the file with the token of the running \
                 clip-search, or CLIP_SEARCH_SAVED, the folder of its pictures, where none runs",
            ));
        };
        let address = config.public_url.clone();
        let address = address.unwrap_or_else(|| format!("http://{}", config.listen));
        let authorization = format!("Bearer {}", token.expose());
        Ok(Self::Served(Client::new(1), address, authorization))
    }

    /// Saves `picture`; returns whether it was not there before.
    fn save(&self, picture: NewImage, config: &SearchConfig) -> Result<bool, Failure> {
        let (client, address, authorization) = match self {
            Self::Here(engine) => {
                let deadline = Instant::now() + config.timeout;
                let saved = engine.save(&picture, deadline)?;
                return Ok(saved.is_new);
            }
            Self::Served(client, address, authorization) => (client, address, authorization),
        };
        let taken = picture.taken.map(|taken| taken.to_string());
        let request = Request::post(
            format!("{address}/pictures"),
            "application/octet-stream",
            picture.bytes,
        );
        let fields = [
            ("collection", Some(picture.collection)),
            ("key", picture.key),
            ("caption", Some(picture.caption)),
            ("taken", taken),
            ("link", Some(picture.link)),
            ("once", Some("yes".to_owned())),
            ("keep", picture.keep.then(|| "yes".to_owned())),
        ];
        let request = fields.into_iter().fold(request, |request, (name, value)| {
            match value.filter(|value| !value.is_empty()) {
                Some(value) => request.query(name, &value),
                None => request,
            }
        });
        let request = request
            .header("authorization", authorization.clone())
            .timeout(config.timeout);
        let answer = client
            .send(&request)
            .map_err(|error| Failure::new(Reason::Unreachable, error.chain()))?;
        match answer.head.status {
            201 => Ok(true),
            200 => Ok(false),
            status => {
                let body: Value = answer.json().unwrap_or_default();
                Err(Failure::from_json(&body, None).unwrap_or_else(|| {
                    let message = format!("the endpoint answered with status {status}");
                    Failure::new(Reason::Garbled, message)
                }))
            }
        }
    }
}
