//! `clip-search model …`: fetches and makes models, and looks at them.

use std::path::Path;

use crate::config::ClipConfig;
use crate::error::{Error, Kind, Result};
use crate::models::{KNOWN_MODELS, KnownModel, known_model};
use crate::program::bars::Shown;
use crate::program::command_line::print_lines;
use crate::progress::Progress;
use clip::Encoder;
use clip::convert::convert;
use clip::kernel::Activation;
use clip::model::Model;
use clip::weights::{Precision, TowerShape};

/// The words that follow `model`, for the help.
pub const USAGE: &str =
    "model list | fetch NAME [FOLDER] | info [FILE] | convert CHECKPOINT FILE [i8|f16|f32]";

/// Runs what `words` say and returns the exit code.
///
/// # Errors
/// Words that make no sense, or what the file is refused for.
pub fn run(words: &[String], config: &ClipConfig) -> Result<u8> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => {
            print_lines(KNOWN_MODELS.iter().map(listed));
            Ok(0)
        }
        ["fetch", name] => fetch(known_model(name)?, ".".as_ref(), config),
        ["fetch", name, folder] => fetch(known_model(name)?, folder.as_ref(), config),
        ["info"] => match &config.model {
            Some(file) => info(file),
            None => Err(Error::config(
                "no model is set: name its file in CLIP_SEARCH_MODEL or behind `model info`",
            )),
        },
        ["info", file] => info(file.as_ref()),
        ["convert", from, to] => make(from.as_ref(), to.as_ref(), Precision::I8),
        ["convert", from, to, "i8"] => make(from.as_ref(), to.as_ref(), Precision::I8),
        ["convert", from, to, "f16"] => make(from.as_ref(), to.as_ref(), Precision::F16),
        ["convert", from, to, "f32"] => make(from.as_ref(), to.as_ref(), Precision::F32),
        _ => Err(Error::config(format!("usage: clip-search {USAGE}"))),
    }
}

fn listed(known: &KnownModel) -> String {
    let KnownModel {
        name,
        megabytes,
        licence,
        about,
        repository,
        ..
    } = known;
    format!("{name:<15}  {megabytes:>4} MB  {licence}  {about} ({repository})")
}

fn fetch(known: &KnownModel, folder: &Path, config: &ClipConfig) -> Result<u8> {
    let (checkpoint, file) = (known.checkpoint(folder), known.model(folder));
    let mut shown = Shown::bytes();
    let digests = known
        .fetch(&config.hub, folder, &mut shown)
        .inspect_err(|error| {
            if !matches!(error.kind(), Kind::System | Kind::Busy) {
                by_hand(known, folder, config, &mut shown);
            }
        })?;
    print_lines(
        digests
            .iter()
            .map(|(file, digest)| format!("sha256   {digest}  {file}")),
    );
    if known.pinned.is_none() {
        print_lines([format!(
            "note: nobody said before which sha256 is right; the hub's is on {}/{}/blob/{}/model.safetensors",
            config.hub, known.repository, known.revision
        )]);
    }
    make(&checkpoint, &file, Precision::I8)?;
    let failed = |cause| Error::system("this folder has no path", cause);
    let file = std::path::absolute(file).map_err(failed)?;
    print_lines([format!("use it by CLIP_SEARCH_MODEL={}", file.display())]);
    Ok(0)
}

/// Says how to do without the hub, or without this machine's way to it.
fn by_hand(known: &KnownModel, folder: &Path, config: &ClipConfig, shown: &mut Shown) {
    let (checkpoint, file) = (known.checkpoint(folder), known.model(folder));
    let (checkpoint, file) = (checkpoint.display(), file.display());
    shown.say(&format!(
        "say it again to go on from here, or bring these files into {checkpoint} by another way:"
    ));
    for url in known.urls(&config.hub) {
        shown.say(&format!("  {url}"));
    }
    shown.say(&format!(
        "and then: clip-search model convert {checkpoint} {file}"
    ));
}

fn make(from: &Path, to: &Path, precision: Precision) -> Result<u8> {
    let (model, notes) = convert(from, to, precision)?;
    print_lines(notes.iter().map(|note| format!("note: {note}")));
    print_lines(lines(&model));
    Ok(0)
}

fn info(file: &Path) -> Result<u8> {
    let model = Model::open(file)?;
    print_lines(lines(&model));
    // Only here is the whole file read.
    let (line, code) = if model.is_intact() {
        ("ok       every byte is as it was converted", 0)
    } else {
        ("DAMAGED  convert or fetch it again", 1)
    };
    print_lines([line.to_owned()]);
    Ok(code)
}

fn lines(model: &Model) -> Vec<String> {
    let about = model.description();
    let (text, vision) = (&about.text, &about.vision);
    let precision = match about.precision {
        Precision::F32 => "32-bit floats",
        Precision::F16 => "16-bit floats",
        Precision::I8 => "8-bit integers with a scale for each row",
    };
    let licence = about.licence.as_deref().unwrap_or("not said");
    vec![
        format!("name     {}", model.name()),
        format!("licence  {licence}"),
        format!("size     {} bytes, {precision}", model.size()),
        format!("vectors  {} components", about.dimensions),
        format!(
            "text     {}; {} tokens, up to {} in a text",
            shape(&text.tower),
            text.vocabulary,
            text.context
        ),
        format!(
            "picture  {}; {side} × {side} pixels in patches of {}",
            shape(&vision.tower),
            vision.patch,
            side = vision.side
        ),
        format!("runs on  {}", model.isa()),
    ]
}

fn shape(tower: &TowerShape) -> String {
    let activation = match tower.activation {
        Activation::Gelu => "gelu",
        Activation::QuickGelu => "quick_gelu",
    };
    format!(
        "{} layers of {} ({} heads, {} inside, {activation})",
        tower.layers, tower.hidden, tower.heads, tower.inner
    )
}
