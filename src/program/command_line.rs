//! Command lines: `program [command] [--setting value] [words]`. Each setting that is not a
//! secret is a flag too, named like its variable without the prefix.

mod definition;
mod refusal;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;

pub use clap::ValueHint;
pub use definition::{CONFIG_ONLY, CommandDefinition, Count, JSON, Program, Switch, Word};

use crate::config::Environment;
use crate::error::{Error, Result, one_line};
use crate::http;
use crate::search::Remark;

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print this and end with code 0.
    Print(String),
    /// Run a command.
    Run {
        /// What to run.
        call: CommandCall,
        /// Variable names and values from flags, to be laid over the environment.
        settings: BTreeMap<String, String>,
    },
}

/// A command, as it was called.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandCall {
    /// Name of one of the program's commands.
    pub command: &'static str,
    /// The words that follow it.
    pub words: Vec<String>,
    /// Names and values of the flags of this command that have one.
    pub values: Vec<(&'static str, String)>,
    /// Names of the switches that were given.
    pub switches: Vec<&'static str>,
}

impl CommandCall {
    /// The values that were given for the flag `word`.
    pub fn values_of(&self, word: Word) -> impl Iterator<Item = &str> {
        let values = self.values.iter();
        let own = values.filter(move |(name, _)| *name == word.name);
        own.map(|(_, value)| value.as_str())
    }

    /// Whether `switch` was given.
    #[must_use]
    pub fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch.name)
    }
}

/// The body of every `main`: understands `arguments` (without the program's own name), lays their
/// settings over `variables`, and hands the call over to `run`, which returns the exit code. An
/// error becomes one line on standard error.
pub fn start(
    program: &Program,
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    run: fn(&CommandCall, &Environment) -> Result<u8>,
) -> ExitCode {
    let code = invocation(program, arguments, variables).and_then(|invocation| match invocation {
        (Invocation::Print(text), _) => {
            print(&text);
            Ok(0)
        }
        (Invocation::Run { call, .. }, environment) => {
            http::set_no_proxy(|name| environment.get(name));
            run(&call, &environment)
        }
    });
    let code = code.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "{}: {}", program.name, error.chain());
        error.exit_code()
    });
    ExitCode::from(code)
}

/// Prints one line for each of `lines` on standard output.
pub fn print_lines(lines: impl IntoIterator<Item = String>) {
    let lines: Vec<String> = lines.into_iter().map(|line| line + "\n").collect();
    print(&lines.concat());
}

/// Says on standard error that there is no picture for `text`, and `remark`.
pub(super) fn say_nothing_found(text: &str, remark: Option<Remark>) {
    let mut line = format!("nothing found for “{}”", one_line(text));
    if let Some(remark) = remark {
        line = format!("{line}. {}", remark.message());
    }
    // Whoever reads may stop reading.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn print(text: &str) {
    // Whoever reads may stop reading.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn invocation(
    program: &Program,
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(Invocation, Environment)> {
    let not_text = |what: &str| Error::config(format!("{what} is not UTF-8 text"));
    let mut words: Vec<String> = Vec::new();
    for argument in arguments {
        let word = argument.into_string().map_err(|bytes| {
            let start = bytes.to_string_lossy();
            let flag = start.split_once('=').map(|(flag, _)| flag);
            let flag = flag.or(words.last().map(String::as_str));
            let is_flag = |flag: &&str| {
                program
                    .variables
                    .iter()
                    .any(|v| program.flag_of(v) == *flag)
            };
            not_text(&match flag.filter(is_flag) {
                Some(flag) => format!("the value of {flag}"),
                None => format!("argument {}", words.len() + 1),
            })
        })?;
        words.push(word);
    }
    let mut environment = Environment {
        variables: BTreeMap::new(),
        read: read_text,
        is_open: |path| std::fs::metadata(path).is_ok_and(|file| file.mode() & 0o004 != 0),
    };
    for (name, value) in variables {
        // Only ours have to be text.
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => drop(environment.variables.insert(name, value)),
            (Ok(name), Err(_)) if name.starts_with(program.prefix) => return Err(not_text(&name)),
            _ => {}
        }
    }
    let invocation = program.parse(words)?;
    if let Invocation::Run { settings, .. } = &invocation {
        environment.variables.extend(settings.clone());
    }
    Ok((invocation, environment))
}

/// Reads a text file; also one in UTF-16 with its mark, as Windows writes them.
fn read_text(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    let (pairs, unit): (_, fn([u8; 2]) -> u16) = match &bytes[..] {
        [0xff, 0xfe, pairs @ ..] => (pairs, u16::from_le_bytes),
        [0xfe, 0xff, pairs @ ..] => (pairs, u16::from_be_bytes),
        _ => {
            return String::from_utf8(bytes)
                .map_err(|_| std::io::Error::other("it is not UTF-8 text"));
        }
    };
    let (pairs, _) = pairs.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| std::io::Error::other("it is not UTF-16 text"))
}

impl Program {
    /// Understands `arguments` (without the program's own name).
    ///
    /// # Errors
    /// An unknown command or flag, a flag without value, a secret as a flag.
    pub fn parse(&self, arguments: impl IntoIterator<Item = String>) -> Result<Invocation> {
        let arguments: Vec<String> = arguments.into_iter().collect();
        let words = std::iter::once(self.name).chain(arguments.iter().map(String::as_str));
        let matches = match self.to_clap().try_get_matches_from(words) {
            Ok(matches) => matches,
            Err(refused) => {
                return match refused.kind() {
                    ErrorKind::DisplayHelp => Ok(Invocation::Print(refused.render().to_string())),
                    ErrorKind::DisplayVersion => Ok(Invocation::Print(format!(
                        "{} {}\n",
                        self.name,
                        env!("CARGO_PKG_VERSION")
                    ))),
                    _ => Err(self.refusal(&refused, &arguments)),
                };
            }
        };
        let mut path = Vec::new();
        let mut innermost = &matches;
        while let Some((name, inner)) = innermost.subcommand() {
            path.push(name);
            innermost = inner;
        }
        let command = self.command(&path.join(" ")).or(self.commands.first());
        let command = command.ok_or_else(|| Error::config("there is no command"))?;
        let settings = self.variables.iter().filter(|v| !v.is_secret());
        let settings = settings.filter_map(|variable| {
            let value = innermost.get_one::<String>(variable.name)?;
            Some((variable.name.to_owned(), value.clone()))
        });
        // Without a command there are no words.
        let (words, switches) = if path.is_empty() {
            (&[][..], &[][..])
        } else {
            (command.words, command.switches)
        };
        let (flags, words): (Vec<&Word>, Vec<&Word>) =
            words.iter().partition(|word| word.count == Count::Flag);
        let words = words
            .iter()
            .filter_map(|word| innermost.get_many::<String>(word.name));
        let values = flags.iter().flat_map(|flag| {
            let values = innermost.get_many::<String>(flag.name).unwrap_or_default();
            values.map(|value| (flag.name, value.clone()))
        });
        let switches = switches.iter().map(|switch| switch.name);
        Ok(Invocation::Run {
            call: CommandCall {
                command: command.name,
                words: words.flatten().cloned().collect(),
                values: values.collect(),
                switches: switches.filter(|name| innermost.get_flag(name)).collect(),
            },
            settings: settings.collect(),
        })
    }
}

#[cfg(test)]
mod tests;
