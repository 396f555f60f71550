//! `clip-search model …`: fetches and makes models, and looks at them.

use std::path::Path;

use crate::config::{ClipConfig, Threshold};
use crate::engine::calibration::Calibration;
use crate::error::{Error, Kind, Result};
use crate::models::{KNOWN_MODELS, KnownModel, RECALL_SOURCE, known_model};
use crate::program::bars::TerminalProgress;
use crate::program::choice;
use crate::program::command_line::{
    CommandCall, CommandDefinition, Count, ValueHint, Word, print_lines,
};
use crate::progress::Progress;
use clip::Encoder;
use clip::convert::convert;
use clip::description::{Precision, TowerShape};
use clip::kernel::Activation;
use clip::model::Model;

pub(super) const MODEL: CommandDefinition = CommandDefinition {
    name: "model",
    about: "list, fetch, convert or inspect models of our own engine",
    example: "clip-search model fetch laion-vit-b-32",
    words: &[],
    switches: &[],
};

pub(super) const LIST: CommandDefinition = CommandDefinition {
    name: "model list",
    about: "list the models that can be fetched",
    example: "clip-search model list",
    words: &[],
    switches: &[],
};

pub(super) const FETCH: CommandDefinition = CommandDefinition {
    name: "model fetch",
    about: "fetch a model from the hub and convert it",
    example: "clip-search model fetch laion-vit-b-32 /srv/models",
    words: &[
        Word {
            name: "NAME",
            about: "one of `model list`",
            count: Count::One,
            hint: ValueHint::Other,
        },
        Word {
            name: "FOLDER",
            about: "where to put it; empty: the current folder",
            count: Count::Optional,
            hint: ValueHint::DirPath,
        },
    ],
    switches: &[],
};

pub(super) const CONVERT: CommandDefinition = CommandDefinition {
    name: "model convert",
    about: "make a model file from a checkpoint",
    example: "clip-search model convert /srv/checkpoint /srv/models/own.clip f16",
    words: &[
        Word {
            name: "CHECKPOINT",
            about: "model.safetensors, or the folder that holds it",
            count: Count::One,
            hint: ValueHint::AnyPath,
        },
        Word {
            name: "FILE",
            about: "the model file to write",
            count: Count::One,
            hint: ValueHint::FilePath,
        },
        Word {
            name: "PRECISION",
            about: "of the weights: i8 (default), f16 or f32",
            count: Count::Optional,
            hint: ValueHint::Other,
        },
    ],
    switches: &[],
};

pub(super) const INFO: CommandDefinition = CommandDefinition {
    name: "model info",
    about: "print what a model file holds and whether it is intact",
    example: "clip-search model info /srv/models/own.clip",
    words: &[Word {
        name: "FILE",
        about: "the model file; empty: that of CLIP_SEARCH_MODEL",
        count: Count::Optional,
        hint: ValueHint::FilePath,
    }],
    switches: &[],
};

/// Runs one of the commands above.
///
/// # Errors
/// An unknown model, or what the command reports about files and the hub.
pub(super) fn run(call: &CommandCall, config: &ClipConfig) -> Result<u8> {
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    match (call.command, &words[..]) {
        ("model fetch", [name]) => fetch(known_model(name)?, ".".as_ref(), config),
        ("model fetch", [name, folder, ..]) => fetch(known_model(name)?, folder.as_ref(), config),
        ("model info", [file, ..]) => info(file.as_ref()),
        ("model info", []) => {
            let mut config = config.clone();
            choice::find(&mut config)?;
            let file = config.model.ok_or_else(|| {
                Error::config(
                    "no model is set: name its file in CLIP_SEARCH_MODEL or behind `model info`",
                )
            })?;
            info(&file)
        }
        ("model convert", [from, to, rest @ ..]) => {
            let precision = match rest {
                [] | ["i8"] => Precision::I8,
                ["f16"] => Precision::F16,
                ["f32"] => Precision::F32,
                _ => {
                    let usage = CONVERT.usage();
                    return Err(Error::config(format!(
                        "usage: clip-search {usage}; PRECISION is i8, f16 or f32"
                    )));
                }
            };
            make(from.as_ref(), to.as_ref(), precision)
        }
        _ => {
            print_lines(KNOWN_MODELS.iter().flat_map(listed));
            print_lines([format!("recall: {RECALL_SOURCE}")]);
            Ok(0)
        }
    }
}

fn listed(known: &KnownModel) -> [String; 3] {
    let [first, second, third] = known.lines();
    [
        format!("{:<15}  {first}", known.name),
        format!("{:<15}  {second}", ""),
        format!("{:<15}  {third}", ""),
    ]
}

fn fetch(known: &KnownModel, folder: &Path, config: &ClipConfig) -> Result<u8> {
    let (checkpoint, file) = (known.checkpoint(folder), known.model(folder));
    let mut progress = TerminalProgress::bytes();
    let digests = known
        .fetch(&config.hub, folder, &mut progress)
        .inspect_err(|error| {
            if *error.kind() != Kind::System {
                by_hand(known, folder, config, &mut progress);
            }
        })?;
    print_lines(
        digests
            .iter()
            .map(|(file, digest)| format!("sha256   {digest}  {file}")),
    );
    if known.pinned.is_none() {
        print_lines([format!(
            "note: nobody else published this sha256, which is checked by the hub's own word alone: {}/{}/blob/{}/{}",
            config.hub,
            known.repository,
            known.revision,
            known.weights()
        )]);
    }
    make(&checkpoint, &file, Precision::I8)?;
    let failed = |cause| Error::system("this folder has no path", cause);
    let file = std::path::absolute(file).map_err(failed)?;
    print_lines([format!("use it by CLIP_SEARCH_MODEL={}", file.display())]);
    Ok(0)
}

/// Explains how to get the model without a connection from this machine to the hub.
fn by_hand(
    known: &KnownModel,
    folder: &Path,
    config: &ClipConfig,
    progress: &mut TerminalProgress,
) {
    let (checkpoint, file) = (known.checkpoint(folder), known.model(folder));
    let (checkpoint, file) = (checkpoint.display(), file.display());
    progress.say(&format!(
        "run the same command again to continue, or bring these files into {checkpoint} another way:"
    ));
    for url in known.urls(&config.hub) {
        progress.say(&format!("  {url}"));
    }
    progress.say(&format!(
        "and then: clip-search model convert {checkpoint} {file}"
    ));
}

fn make(from: &Path, to: &Path, precision: Precision) -> Result<u8> {
    let (model, notes) = convert(from, to, precision)?;
    #[cfg(feature = "drawings")]
    choice::calibrate(to)?;
    print_lines(notes.iter().map(|note| format!("note: {note}")));
    print_lines(lines(&model));
    Ok(0)
}

fn info(file: &Path) -> Result<u8> {
    let model = Model::open(file)?;
    print_lines(lines(&model));
    print_lines(Calibration::load(file)?.map(|found| {
        let levels = [Threshold::Strict, Threshold::Normal, Threshold::Loose];
        let [strict, normal, loose] = levels.map(|level| found.cosine(level));
        format!("least    strict {strict:.3}, normal {normal:.3}, loose {loose:.3}")
    }));
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(known) = KNOWN_MODELS.iter().find(|known| known.name == name) {
        print_lines(known.lines().map(|line| format!("{:<8} {line}", "known")));
        print_lines([format!("{:<8} recall: {RECALL_SOURCE}", "")]);
    }
    // Only here is the whole file read.
    let (line, code) = if model.is_intact()? {
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
        Activation::GeluTanh => "gelu_tanh",
        Activation::QuickGelu => "quick_gelu",
    };
    format!(
        "{} layers of {} ({} heads, {} inside, {activation})",
        tower.layers, tower.hidden, tower.heads, tower.inner
    )
}
