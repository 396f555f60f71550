//! `clip-search index …`.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::collection::add::{self, Options, Summary};
use crate::collection::index::Index;
use crate::collection::index::maintenance::{self, Info};
use crate::collection::qdrant;
use crate::config::ClipConfig;
use crate::engine::open_model;
use crate::error::{Error, Result, one_line};
use crate::program::bars::Shown;
use crate::program::command_line::print_lines;
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use clip::Encoder;
use clip::fast::{self, Agreement, FastEncoder};
use clip::model::Model;
use clip::weights::Precision;

const INTERRUPTED: &str = "stopped before the end: say it again to go on from here";
const USAGE: &str = "usage: clip-search index add [--fast] [--rebuild] [--even-if-empty] FOLDER|LIST…, \
                     clip-search index remove FOLDER|LIST|PICTURE|URL, \
                     clip-search index push [URL], or clip-search index info|verify";

/// Runs `words`, which follow `clip-search index`.
///
/// # Errors
/// Words that are not understood, and those of the commands.
pub fn run(words: &[String], config: &ClipConfig) -> Result<u8> {
    let folder = config.index.as_deref().ok_or_else(|| {
        Error::config("CLIP_SEARCH_INDEX is not set: name the folder of the index")
    })?;
    let (switches, words): (Vec<&str>, Vec<&str>) = words
        .iter()
        .map(String::as_str)
        .partition(|word| word.starts_with("--"));
    match &words[..] {
        ["add", places @ ..] => {
            let shutdown = Shutdown::default();
            shutdown.on_signals()?;
            let options = Options {
                rebuild: switches.contains(&"--rebuild"),
                even_if_empty: switches.contains(&"--even-if-empty"),
                ..Options::default()
            };
            let places: Vec<_> = places.iter().map(Into::into).collect();
            let model = open_model(config)?;
            let mut shown = Shown::default();
            let fast = if switches.contains(&"--fast") {
                fast(&model, &mut shown)
            } else {
                None
            };
            let encoder = match &fast {
                Some(fast) => fast as &dyn Encoder,
                None => &model,
            };
            let summary = add::add(folder, &places, encoder, options, &mut shown, &shutdown)?;
            print_lines(told(&summary));
            print_lines(fast.iter().filter_map(of_fast));
            Ok(0)
        }
        ["info"] if switches.is_empty() => {
            print_lines(described(&maintenance::info(folder)?));
            Ok(0)
        }
        ["remove", place] if switches.is_empty() => {
            let pictures = maintenance::remove(folder, place)?;
            print_lines([format!("{pictures} pictures removed from the index")]);
            Ok(0)
        }
        ["verify"] if switches.is_empty() => match maintenance::verify(folder)? {
            Ok(pictures) => {
                print_lines([format!("ok   {pictures} pictures")]);
                Ok(0)
            }
            Err(bad) => {
                print_lines(bad.iter().map(|error| format!("FAIL {}", error.chain())));
                Ok(1)
            }
        },
        ["push", url @ ..] if switches.is_empty() && url.len() < 2 => {
            push(folder, url.first().copied(), config)
        }
        _ => Err(Error::config(USAGE)),
    }
}

/// `model` with values of 8 bits; none where that would gain nothing.
fn fast<'a>(model: &'a Model, shown: &mut Shown) -> Option<FastEncoder<'a>> {
    let isa = model.isa();
    let problem = if model.description().precision != Precision::I8 {
        "the model has no 8-bit weights".to_owned()
    } else if !isa.multiplies_bytes() {
        format!("this processor has no AVX-512 VNNI (its best is {isa})")
    } else {
        return Some(FastEncoder::new(model, fast::MIN_COSINE));
    };
    shown.say(&format!("--fast gains nothing: {problem}"));
    None
}

/// What came of it, for the operator; none if no picture was encoded.
fn of_fast(fast: &FastEncoder<'_>) -> Option<String> {
    let Agreement {
        pictures,
        checked,
        cosine,
    } = fast.agreement();
    let refused = if fast.has_fallen_back() {
        format!(
            ", less than {}: all after these were made exactly, and --rebuild without --fast \
             would make the others so",
            fast::MIN_COSINE
        )
    } else {
        String::new()
    };
    (checked > 0).then(|| {
        format!(
            "fast: {checked} of {pictures} pictures were made both ways; their cosine is at least \
             {cosine:.4}{refused}"
        )
    })
}

fn push(folder: &Path, url: Option<&str>, config: &ClipConfig) -> Result<u8> {
    let url = url
        .or(config.qdrant.as_deref())
        .ok_or_else(|| Error::config("name the collection in Qdrant, or set CLIP_SEARCH_QDRANT"))?;
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let index = Index::open(folder)?;
    let mut shown = Shown::default();
    let key = config.qdrant_key.clone();
    let pushed = qdrant::push(&index, url, key, &shutdown, |line| shown.say(line))?;
    let (sent, unchanged, removed) = (pushed.sent, pushed.unchanged, pushed.removed);
    print_lines([format!(
        "{sent} sent, {unchanged} unchanged, {removed} removed"
    )]);
    if pushed.is_interrupted {
        print_lines([INTERRUPTED.to_owned()]);
    }
    Ok(0)
}

/// What came of it, in lines for the operator.
#[must_use]
pub fn told(summary: &Summary) -> Vec<String> {
    let Summary {
        added,
        known,
        unchanged,
        removed,
        failed,
        is_interrupted,
    } = summary;
    let mut lines = vec![format!(
        "{added} added, {known} moved, copied or touched, {unchanged} unchanged, {removed} removed, \
         {failed} not readable"
    )];
    if *is_interrupted {
        lines.push(INTERRUPTED.to_owned());
    }
    lines
}

fn described(info: &Info) -> Vec<String> {
    let mut lines = vec![
        format!("pictures  {}", info.pictures),
        format!("model     {}, {} dimensions", info.encoder, info.dimensions),
        format!(
            "on disk   {} MiB in {} segments",
            info.bytes >> 20,
            info.segments
        ),
        format!("removed   {} that are still on disk", info.dead),
        format!("changed   {}", time(info.updated)),
    ];
    for (root, pictures) in &info.roots {
        let kind = if root.is_list { "list" } else { "folder" };
        let path = one_line(&root.path.to_string_lossy());
        let visited = time(root.visited);
        lines.push(format!(
            "{kind:<9} {path}: {pictures} pictures, last seen {visited}"
        ));
    }
    lines
}

/// Seconds since 1970, as people write them.
fn time(seconds: u64) -> String {
    if seconds == 0 {
        return "never".to_owned();
    }
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    time.map_or_else(String::new, |time| {
        humantime::format_rfc3339_seconds(time).to_string()
    })
}
