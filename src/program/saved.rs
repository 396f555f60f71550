//! What the commands of clip-search tell and do about saved pictures.

use std::path::Path;

use serde_json::{Value, json};

use crate::collection::saved::{Saved, Summary};
use crate::config::ClipConfig;
use crate::error::{Error, Result, one_line};
use crate::program::command_line::{CommandDefinition, print_lines};
use crate::quantity::counted;

pub(super) const COMPACT: CommandDefinition = CommandDefinition {
    name: "index compact",
    about: "clear what was forgotten of saved pictures from the disk, as serve does by itself each day",
    example: "clip-search index compact --saved /var/lib/clip-search/saved",
    words: &[],
    switches: &[],
};

/// What there is in the folder of saved pictures that `config` names, if there is one.
pub(super) fn summary(config: &ClipConfig) -> Result<Option<(&Path, Summary)>> {
    let Some(folder) = config.saved.as_deref() else {
        return Ok(None);
    };
    Ok(Saved::summary(folder)?.map(|summary| (folder, summary)))
}

pub(super) fn lines(folder: &Path, summary: &Summary) -> Vec<String> {
    let pictures = counted(summary.pictures, "picture", "pictures");
    let collections = counted(summary.collections, "collection", "collections");
    let kept = summary.kept_bytes.div_ceil(1 << 20);
    let place = one_line(&folder.to_string_lossy());
    let own = summary.bytes.div_ceil(1 << 20);
    let mut lines = vec![
        format!("saved     {pictures} in {collections}, in {place}"),
        format!(
            "          {own} MiB, and {kept} MiB of kept files, for {}",
            summary.encoder
        ),
    ];
    for (bot, count) in &summary.bots {
        let pictures = counted(*count, "picture", "pictures");
        lines.push(match bot.as_str() {
            "" => format!("file ids  {pictures}, of a bot that is not known"),
            bot => format!(
                "file ids  {pictures} of bot {bot}; another bot shows kept files or links in their place"
            ),
        });
    }
    if summary.pending > 0 {
        let pending = counted(summary.pending, "forgotten picture", "forgotten pictures");
        lines.push(format!("pending   {pending} not yet cleared from the log"));
    }
    lines
}

pub(super) fn json(summary: &Summary) -> Value {
    json!({
        "pictures": summary.pictures,
        "collections": summary.collections,
        "model": summary.encoder,
        "bytes": summary.bytes,
        "kept_bytes": summary.kept_bytes,
        "pending": summary.pending,
        "file_ids": summary.bots,
    })
}

pub(super) fn compact(config: &ClipConfig) -> Result<u8> {
    let folder = config.saved.as_deref().ok_or_else(|| {
        Error::config("CLIP_SEARCH_SAVED is not set: name the folder of the saved pictures")
    })?;
    let Some(saved) = Saved::open_as_it_is(folder)? else {
        print_lines(["nothing is saved there".to_owned()]);
        return Ok(0);
    };
    saved.compact()?;
    drop(saved);
    if let Some(summary) = Saved::summary(folder)? {
        print_lines(lines(folder, &summary));
    }
    Ok(0)
}
