//! Command lines: `program [command] [--setting value] [words]`. Each setting that is not a
//! secret is a flag too, named like its variable without the prefix.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::io::Write as _;
use std::process::ExitCode;

use crate::config::{self, Environment, Variable};
use crate::error::{Error, Result};

/// What a program understands.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// File name of the binary.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Prefix of its variables.
    pub prefix: &'static str,
    /// Its settings.
    pub variables: &'static [Variable],
    /// Commands as (words shown in the help, what they do); the first is the default. A word that
    /// begins with `--` is a switch, which the command finds among its words.
    pub commands: &'static [(&'static str, &'static str)],
}

/// Switch of `check`: looks at the settings only, without secrets and network, as while a system is
/// built.
pub const CONFIG_ONLY: &str = "--config-only";

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Print this and end with code 0.
    Print(String),
    /// Run `command` with `words`, with `settings` laid over the environment.
    Run {
        /// First word of one of the program's commands.
        command: &'static str,
        /// What follows the command.
        words: Vec<String>,
        /// Variable names and values from flags.
        settings: BTreeMap<String, String>,
    },
}

/// The body of every `main`: understands `arguments` (without the program's own name), lays their
/// settings over `variables`, and hands command and words over to `run`, which returns the exit
/// code. An error becomes one line on standard error.
pub fn start(
    program: &Program,
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    run: fn(&str, &[String], &Environment) -> Result<u8>,
) -> ExitCode {
    let code = invocation(program, arguments, variables).and_then(|invocation| match invocation {
        (Invocation::Print(text), _) => {
            print(&text);
            Ok(0)
        }
        (Invocation::Run { command, words, .. }, environment) => run(command, &words, &environment),
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
    let mut words = Vec::new();
    for argument in arguments {
        words.push(
            argument
                .into_string()
                .map_err(|_| not_text("an argument"))?,
        );
    }
    let mut environment = Environment {
        variables: BTreeMap::new(),
        read: |path| std::fs::read_to_string(path),
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

impl Program {
    /// Understands `arguments` (without the program's own name).
    ///
    /// # Errors
    /// An unknown command or flag, a flag without value, a secret as a flag.
    pub fn parse(&self, arguments: impl IntoIterator<Item = String>) -> Result<Invocation> {
        let mut arguments = arguments.into_iter();
        let mut settings = BTreeMap::new();
        let mut command = None;
        let mut words = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-h" | "--help" => return Ok(Invocation::Print(self.help())),
                "-V" | "--version" => {
                    let version = env!("CARGO_PKG_VERSION");
                    return Ok(Invocation::Print(format!("{} {version}\n", self.name)));
                }
                "--" => words.extend(arguments.by_ref()),
                switch if self.has_switch(command, switch) => words.push(argument),
                flag if flag.starts_with("--") => {
                    let (flag, value) = match flag.split_once('=') {
                        Some((flag, value)) => (flag, Some(value.to_owned())),
                        None => (flag, None),
                    };
                    let variable = self.variable_of(flag)?;
                    let value = value.or_else(|| arguments.next()).ok_or_else(|| {
                        Error::config(format!("{flag} needs a value; see {} --help", self.name))
                    })?;
                    settings.insert(variable.name.to_owned(), value);
                }
                flag if flag.starts_with('-') && flag.len() > 1 => {
                    return Err(Error::config(format!(
                        "{} is not known; see {} --help",
                        config::printable(flag),
                        self.name
                    )));
                }
                word if command.is_none() => command = Some(self.command_of(word)?),
                _ => words.push(argument),
            }
        }
        let command = command.unwrap_or_else(|| self.command_names().next().unwrap_or_default());
        Ok(Invocation::Run {
            command,
            words,
            settings,
        })
    }

    fn command_names(&self) -> impl Iterator<Item = &'static str> {
        self.commands
            .iter()
            .filter_map(|(usage, _)| usage.split(' ').next())
    }

    fn has_switch(&self, command: Option<&str>, word: &str) -> bool {
        self.commands.iter().any(|(usage, _)| {
            let mut words = usage.split([' ', '[', ']']);
            words.next() == command && words.any(|known| known == word)
        })
    }

    fn command_of(&self, word: &str) -> Result<&'static str> {
        self.command_names()
            .find(|name| *name == word)
            .ok_or_else(|| {
                let nearest = config::nearest(word, self.command_names()).unwrap_or_default();
                let word = config::printable(word);
                Error::config(format!(
                    "{word} is not a command; did you mean {nearest}? See {} --help",
                    self.name
                ))
            })
    }

    fn variable_of(&self, flag: &str) -> Result<&'static Variable> {
        let found = self
            .variables
            .iter()
            .find(|variable| self.flag_of(variable) == flag);
        match found {
            Some(variable) if variable.is_secret() => Err(Error::config(format!(
                "{flag}: a command line is seen by every user of the machine; use {flag}-file"
            ))),
            Some(variable) => Ok(variable),
            None => {
                let flags: Vec<String> = self.variables.iter().map(|v| self.flag_of(v)).collect();
                let nearest =
                    config::nearest(flag, flags.iter().map(String::as_str)).unwrap_or("--help");
                let flag = config::printable(flag);
                Err(Error::config(format!(
                    "{flag} is not known; did you mean {nearest}?"
                )))
            }
        }
    }

    /// `--results` for `CLIP_BOT_RESULTS`.
    #[must_use]
    pub fn flag_of(&self, variable: &Variable) -> String {
        let name = variable
            .name
            .strip_prefix(self.prefix)
            .unwrap_or(variable.name);
        format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
    }

    /// The text of `--help`.
    #[must_use]
    pub fn help(&self) -> String {
        let mut help = format!("{}: {}\n\nCommands:\n", self.name, self.about);
        // Writing to a String cannot fail.
        for (usage, meaning) in self.commands {
            let _ = writeln!(help, "  {} {usage:<22} {meaning}", self.name);
        }
        let _ = writeln!(help, "  {} --help | --version", self.name);
        help.push_str("\nSettings, as environment variables or flags (flags win):\n");
        for variable in self.variables {
            let flag = if variable.is_secret() {
                String::new()
            } else {
                self.flag_of(variable)
            };
            let _ = writeln!(help, "  {:<26} {flag}", variable.name);
            let _ = write!(help, "      {}", variable.meaning);
            let _ = match variable.default {
                "" => writeln!(help),
                default => writeln!(help, " [default: {default}]"),
            };
        }
        help.push_str(
            "\nExit codes: 0 clean stop, 1 failure worth a restart, 2 configuration, 3 token refused.\n",
        );
        help
    }
}

#[cfg(test)]
mod tests;
