//! `clip-search index …`.

use crate::cli::print_lines;
use crate::clip::Encoder;
use crate::clip::index::add::{self, Options, Summary};
use crate::config::ClipConfig;
use crate::error::{Error, Result};
use crate::shutdown::Shutdown;

mod progress;

use progress::Shown;

const USAGE: &str = "usage: clip-search index add [--rebuild] [--even-if-empty] FOLDER…";

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
            let encoder = encoder(config)?;
            let mut shown = Shown::default();
            let summary = add::add(folder, &places, &*encoder, options, &mut shown, &shutdown)?;
            print_lines(told(&summary));
            Ok(0)
        }
        _ => Err(Error::config(USAGE)),
    }
}

/// The model that makes the vectors.
fn encoder(_: &ClipConfig) -> Result<Box<dyn Encoder>> {
    Err(Error::config("this clip-search was built without a model"))
}

fn told(summary: &Summary) -> Vec<String> {
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
        lines.push("stopped before the end: say it again to go on from here".to_owned());
    }
    lines
}
