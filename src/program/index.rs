//! `clip-search index …`.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::collection::add::{self, Options, Summary};
use crate::collection::index::Index;
use crate::collection::index::maintenance::{self, Info};
use crate::collection::index::removal;
use crate::collection::qdrant::{Push, Removal};
use crate::config::ClipConfig;
use crate::engine::open_model;
use crate::error::{Error, Result, one_line};
use crate::program::bars::TerminalProgress;
use crate::program::command_line::{
    CommandCall, CommandDefinition, Count, JSON, Switch, ValueHint, Word, print_lines,
};
use crate::program::{choice, saved};
use crate::progress::Progress;
use crate::quantity::counted;
use crate::shutdown::Shutdown;
use clip::Encoder;
use clip::description::Precision;
use clip::fast::{Agreement, FastEncoder, Tolerance};
use clip::kernel::Quantisation;
use clip::model::Model;

const INTERRUPTED: &str = "interrupted: run the same command again to continue";

pub(super) const INDEX: CommandDefinition = CommandDefinition {
    name: "index",
    about: "keep the index of your own pictures",
    example: "clip-search index add --index /srv/index /srv/pictures",
    words: &[],
    switches: &[],
};

pub(super) const ADD: CommandDefinition = CommandDefinition {
    name: "index add",
    about: "index the pictures of folders and lists, and what changed in them",
    example: "clip-search index add --index /srv/index /srv/pictures",
    words: &[
        Word {
            name: "PLACE",
            about: "a folder, or a file that lists addresses; none: every place added before",
            count: Count::Any,
            hint: ValueHint::AnyPath,
        },
        EXCLUDE,
    ],
    switches: &[
        FAST,
        EXACT,
        REBUILD,
        FOLLOW,
        PRUNE,
        EVEN_IF_EMPTY,
        LIST_SKIPPED,
    ],
};

pub(super) const INFO: CommandDefinition = CommandDefinition {
    name: "index info",
    about: "print what the index holds",
    example: "clip-search index info --index /srv/index --json",
    words: &[],
    switches: &[JSON],
};

pub(super) const PUSH: CommandDefinition = CommandDefinition {
    name: "index push",
    about: "copy the index to a collection in Qdrant",
    example: "clip-search index push --index /srv/index http://127.0.0.1:6333/collections/pictures",
    words: &[Word {
        name: "URL",
        about: "the collection; empty: that of CLIP_SEARCH_QDRANT",
        count: Count::Optional,
        hint: ValueHint::Url,
    }],
    switches: &[YES],
};

pub(super) const REMOVE: CommandDefinition = CommandDefinition {
    name: "index remove",
    about: "remove pictures from the index",
    example: "clip-search index remove --index /srv/index /srv/pictures/old",
    words: &[Word {
        name: "PLACE",
        about: "a folder, a list, a picture, an address, or a pattern",
        count: Count::One,
        hint: ValueHint::AnyPath,
    }],
    switches: &[],
};

pub(super) const VERIFY: CommandDefinition = CommandDefinition {
    name: "index verify",
    about: "read the whole index and report what is damaged",
    example: "clip-search index verify --index /srv/index",
    words: &[],
    switches: &[],
};

const EXCLUDE: Word = Word {
    name: "exclude",
    about: "leave out what this pattern of gitignore matches, from now on",
    count: Count::Flag,
    hint: ValueHint::Other,
};

const FOLLOW: Switch = Switch {
    name: "follow",
    about: "follow links to files, from now on",
};

const FAST: Switch = Switch {
    name: "fast",
    about: "stay with quick integers as long as vectors come roughly near exact ones",
};
const EXACT: Switch = Switch {
    name: "exact",
    about: "encode every picture exactly, even where quick integers come near",
};
const REBUILD: Switch = Switch {
    name: "rebuild",
    about: "encode every picture again",
};
const PRUNE: Switch = Switch {
    name: "prune",
    about: "remove pictures, too, whose folder or disk is not there",
};
/// The name that it had before; it does the same.
const EVEN_IF_EMPTY: Switch = Switch {
    name: "even-if-empty",
    about: "the same as --prune",
};

const YES: Switch = Switch {
    name: "yes",
    about: "remove without asking what is in the collection and not in the index",
};

const LIST_SKIPPED: Switch = Switch {
    name: "list-skipped",
    about: "name every file that is not read, not only the first ones of each kind",
};

/// Runs one of the commands above.
///
/// # Errors
/// The index is not named, or what the command reports.
pub(super) fn run(call: &CommandCall, config: &ClipConfig) -> Result<u8> {
    if call.command == "index compact" {
        return saved::compact(config);
    }
    let own = saved::summary(config)?;
    let Some(folder) = config.index.as_deref() else {
        // Who has no folders may have saved pictures.
        let Some((folder, own)) = own.filter(|_| call.command == "index info") else {
            let what = "CLIP_SEARCH_INDEX is not set: name the folder of the index";
            return Err(Error::config(what));
        };
        if call.has(JSON) {
            print_lines([json!({ "saved": saved::json(&own) }).to_string()]);
        } else {
            print_lines(saved::lines(folder, &own));
        }
        return Ok(0);
    };
    let word = call.words.first().map(String::as_str);
    match call.command {
        "index add" => add(folder, call, config),
        "index push" => push(folder, call, config),
        "index remove" => {
            let pictures = removal::remove(folder, word.unwrap_or_default())?;
            let pictures = counted(pictures, "picture", "pictures");
            print_lines([format!("{pictures} removed from the index")]);
            Ok(0)
        }
        "index verify" => verify(folder),
        _ => {
            let info = maintenance::info(folder)?;
            if call.has(JSON) {
                let mut json = info_json(&info);
                if let Some((_, own)) = &own {
                    json["saved"] = saved::json(own);
                }
                print_lines([json.to_string()]);
            } else {
                let own = own.map(|(folder, own)| saved::lines(folder, &own));
                print_lines(info_lines(&info).into_iter().chain(own.unwrap_or_default()));
            }
            Ok(0)
        }
    }
}

fn add(folder: &Path, call: &CommandCall, config: &ClipConfig) -> Result<u8> {
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let mut options = Options {
        rebuild: call.has(REBUILD),
        prune: call.has(PRUNE) || call.has(EVEN_IF_EMPTY),
        exclude: call.values_of(EXCLUDE).map(str::to_owned).collect(),
        follow: call.has(FOLLOW),
        names_all: call.has(LIST_SKIPPED),
        ..Options::default()
    };
    let places: Vec<_> = call.words.iter().map(Into::into).collect();
    let mut config = config.clone();
    config.index = Some(folder.to_owned());
    choice::at_hand(&mut config, &mut TerminalProgress::bytes())?;
    let mut progress = TerminalProgress::default();
    choice::warn(&config, |line| progress.say(line));
    let model = open_model(&config)?;
    if choice::outgrows(folder, &config, &model)? {
        options.rebuild = true;
        progress.say("every picture is encoded again: the index was made with the built-in model");
    }
    let fast = fast(&model, call, &mut progress)?;
    let encoder = match &fast {
        Some(fast) => fast as &dyn Encoder,
        None => &model,
    };
    let summary = add::add(folder, &places, encoder, options, &mut progress, &shutdown)?;
    print_lines(summary_lines(&summary));
    print_lines(fast.iter().filter_map(fast_line));
    Ok(u8::from(summary.has_read_nothing()))
}

fn verify(folder: &Path) -> Result<u8> {
    match maintenance::verify(folder)? {
        Ok(pictures) => {
            print_lines([format!("ok   {}", counted(pictures, "picture", "pictures"))]);
            Ok(0)
        }
        Err(bad) => {
            print_lines(bad.iter().map(|error| format!("FAIL {}", error.chain())));
            Ok(1)
        }
    }
}

/// `model`, computing with integers of few bits; none where that is not wanted or would not be faster.
fn fast<'a>(
    model: &'a Model,
    call: &CommandCall,
    progress: &mut TerminalProgress,
) -> Result<Option<FastEncoder<'a>>> {
    let (is_fast, is_exact) = (call.has(FAST), call.has(EXACT));
    if is_fast && is_exact {
        return Err(Error::config("--fast and --exact exclude each other"));
    }
    let isa = model.isa();
    let problem = if model.description().precision != Precision::I8 {
        "the model has no 8-bit weights".to_owned()
    } else if isa.quickest() == Quantisation::Int16 {
        format!("this processor has neither AVX2 nor AVX-512 VNNI (its best is {isa})")
    } else if is_exact {
        return Ok(None);
    } else {
        let tolerance = if is_fast {
            Tolerance::Rough
        } else {
            Tolerance::Near
        };
        return Ok(Some(FastEncoder::new(model, tolerance)));
    };
    if is_fast {
        progress.say(&format!("--fast gains nothing: {problem}"));
    }
    Ok(None)
}

/// How near the fast vectors came to the exact ones, where they were roughly near as asked, or some are left that
/// were not near enough.
fn fast_line(fast: &FastEncoder<'_>) -> Option<String> {
    let Agreement {
        pictures,
        checked,
        cosine,
    } = fast.agreement();
    let is_told = fast.tolerance() == Tolerance::Rough;
    let told = format!("{checked} of {pictures} pictures were made both ways");
    if fast.has_fallen_back() {
        let least = fast.tolerance().min_cosine();
        let refused = format!(
            "quick integers: {told}; a cosine was {cosine:.4}, less than {least}: all after these were made exactly"
        );
        let others = ", and --rebuild --exact would make the others so";
        return match pictures - checked {
            0 => is_told.then_some(refused),
            _ => Some(refused + others),
        };
    }
    (is_told && checked > 0)
        .then(|| format!("quick integers: {told}; their cosine is at least {cosine:.4}"))
}

fn push(folder: &Path, call: &CommandCall, config: &ClipConfig) -> Result<u8> {
    let url = call.words.first().or(config.qdrant.as_ref());
    let url = url
        .ok_or_else(|| Error::config("name the collection in Qdrant, or set CLIP_SEARCH_QDRANT"))?;
    let index = Index::open(folder)?;
    let push = Push::prepare(&index, url, config.qdrant_key.clone())?;
    if !call.has(YES) && !agrees_to(push.removal())? {
        print_lines(["nothing was changed".to_owned()]);
        return Ok(1);
    }
    // Only now: until then ^C ends the program, also while it waits for an answer.
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let mut progress = TerminalProgress::default();
    let pushed = push.run(&shutdown, |line| progress.say(line))?;
    let (sent, unchanged, removed) = (pushed.sent, pushed.unchanged, pushed.removed);
    print_lines([format!(
        "{sent} sent, {unchanged} unchanged, {removed} removed"
    )]);
    if pushed.is_interrupted {
        print_lines([INTERRUPTED.to_owned()]);
    }
    Ok(0)
}

/// Whether whoever sits at the terminal agrees to `removal`; asked only if there is something to remove.
fn agrees_to(removal: &Removal) -> Result<bool> {
    if removal.pictures == 0 {
        return Ok(true);
    }
    let mut question = removal_lines(removal).join("\n");
    if !std::io::stdin().is_terminal() {
        let _ = writeln!(std::io::stderr(), "{question}");
        return Err(Error::config(
            "nothing was changed: repeat the command with --yes to remove these pictures from the \
             collection, too",
        ));
    }
    question.push_str("\nremove them? [y/N] ");
    let mut answer = String::new();
    let _ = write!(std::io::stderr(), "{question}");
    let read = std::io::stdin().read_line(&mut answer);
    read.map_err(|cause| Error::system("failed to read the answer", cause))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn removal_lines(removal: &Removal) -> Vec<String> {
    let Removal {
        pictures,
        of,
        examples,
    } = removal;
    let mut lines = vec![format!(
        "{pictures} of the {of} pictures in the collection are not in this index, and would be removed from \
         the collection:"
    )];
    lines.extend(
        examples
            .iter()
            .map(|place| format!("  {}", one_line(place))),
    );
    if *pictures > examples.len() {
        lines.push(format!("  and {} more", pictures - examples.len()));
    }
    lines
}

/// What `index add` did, in lines for the operator.
#[must_use]
pub fn summary_lines(summary: &Summary) -> Vec<String> {
    let Summary {
        added,
        known,
        unchanged,
        removed,
        away,
        failed,
        left_out,
        is_interrupted,
    } = summary;
    let unreadable = (*failed > 0).then(|| format!("{failed} not readable"));
    let kinds = left_out
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"));
    let not_read: Vec<String> = kinds.chain(unreadable).collect();
    let not_read = if not_read.is_empty() {
        String::new()
    } else {
        // What somebody excluded is no news.
        let is_news = *failed > 0 || left_out.keys().any(|kind| *kind != add::EXCLUDED);
        let how = if is_news {
            "names above; --list-skipped names all"
        } else {
            "--list-skipped names them"
        };
        format!("; not read: {} ({how})", not_read.join(", "))
    };
    let away = match away {
        0 => String::new(),
        away => format!("; not there, kept and hidden: {away}"),
    };
    let counts = [
        (*added, "added"),
        (*known, "moved, copied or touched"),
        (*unchanged, "unchanged"),
        (*removed, "removed"),
    ];
    // That nothing was made anew is worth saying; other zeros are not.
    let is_told = |(count, what): &&(usize, &str)| *count > 0 || *what == "added";
    let is_any = counts.iter().any(|(count, _)| *count > 0);
    let counts = counts.iter().filter(|count| is_any && is_told(count));
    let done: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let done = if done.is_empty() {
        "no pictures".to_owned()
    } else {
        done.join(", ")
    };
    let mut lines = vec![done + &away + &not_read];
    if *is_interrupted {
        lines.push(INTERRUPTED.to_owned());
    }
    lines
}

fn info_json(info: &Info) -> Value {
    let roots = info.roots.iter().map(|(root, pictures)| {
        json!({
            "kind": if root.is_list { "list" } else { "folder" },
            "path": root.path.to_string_lossy(),
            "pictures": pictures,
            "visited": (root.visited > 0).then(|| time(root.visited)),
        })
    });
    json!({
        "pictures": info.pictures,
        "model": info.encoder,
        "dimensions": info.dimensions,
        "bytes": info.bytes,
        "segments": info.segments,
        "removed": info.dead,
        "changed": (info.updated > 0).then(|| time(info.updated)),
        "roots": roots.collect::<Value>(),
    })
}

fn info_lines(info: &Info) -> Vec<String> {
    let segments = counted(info.segments, "segment", "segments");
    let mut lines = vec![
        format!("pictures  {}", info.pictures),
        format!("model     {}, {} dimensions", info.encoder, info.dimensions),
        format!("on disk   {} in {segments}", size(info.bytes)),
    ];
    if info.dead > 0 {
        let dead = counted(info.dead, "removed picture", "removed pictures");
        lines.push(format!("removed   {dead} not yet cleared from the disk"));
    }
    if info.updated > 0 {
        lines.push(format!("changed   {}", time(info.updated)));
    }
    for (root, pictures) in &info.roots {
        let kind = if root.is_list { "list" } else { "folder" };
        let path = one_line(&root.path.to_string_lossy());
        let visited = match root.visited {
            0 => "not yet read to its end".to_owned(),
            visited => format!("last read {}", time(visited)),
        };
        let pictures = counted(*pictures, "picture", "pictures");
        lines.push(format!("{kind:<9} {path}: {pictures}, {visited}"));
    }
    lines
}

/// A size on disk.
fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes.div_ceil(1024)),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

/// Seconds since 1970 as RFC 3339.
fn time(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    time.map_or_else(String::new, |time| {
        humantime::format_rfc3339_seconds(time).to_string()
    })
}
