//! `clip-search model …`: makes models and looks at them.

use std::path::Path;

use crate::cli::print_lines;
use crate::clip::Encoder;
use crate::clip::convert::convert;
use crate::clip::kernel::Activation;
use crate::clip::model::Model;
use crate::clip::weights::{Precision, Tower};
use crate::config::ClipConfig;
use crate::error::{Error, Result};

/// The words that follow `model`, for the help.
pub const USAGE: &str = "model info [FILE] | convert CHECKPOINT FILE [i8|f16|f32]";

/// Runs what `words` say and returns the exit code.
///
/// # Errors
/// Words that make no sense, or what the file is refused for.
pub fn run(words: &[String], config: &ClipConfig) -> Result<u8> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["info"] => match &config.model {
            Some(file) => info(file),
            None => Err(Error::config(
                "no model is set: name its file in CLIP_SEARCH_MODEL or behind `model info`",
            )),
        },
        ["info", file] => info(file.as_ref()),
        ["convert", from, to] => make(from, to, Precision::I8),
        ["convert", from, to, "i8"] => make(from, to, Precision::I8),
        ["convert", from, to, "f16"] => make(from, to, Precision::F16),
        ["convert", from, to, "f32"] => make(from, to, Precision::F32),
        _ => Err(Error::config(format!("usage: clip-search {USAGE}"))),
    }
}

fn make(from: &str, to: &str, precision: Precision) -> Result<u8> {
    let (model, notes) = convert(from.as_ref(), to.as_ref(), precision)?;
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

fn shape(tower: &Tower) -> String {
    let activation = match tower.activation {
        Activation::Gelu => "gelu",
        Activation::QuickGelu => "quick_gelu",
    };
    format!(
        "{} layers of {} ({} heads, {} inside, {activation})",
        tower.layers, tower.hidden, tower.heads, tower.inner
    )
}
