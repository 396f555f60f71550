//! What is said about a command line that is not understood: one line that names the remedy and
//! shows nothing that may be secret.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::definition::{CommandDefinition, Program};
use crate::config::{self, Variable};
use crate::error::Error;

impl Program {
    /// What clap refused, in our words.
    pub(super) fn refusal(&self, refused: &clap::Error, arguments: &[String]) -> Error {
        let place = self.place(arguments);
        let text = |kind| match refused.get(kind) {
            Some(ContextValue::String(text)) => text.as_str(),
            Some(ContextValue::Strings(texts)) => texts.first().map_or("", String::as_str),
            _ => "",
        };
        let argument = text(ContextKind::InvalidArg);
        match refused.kind() {
            ErrorKind::InvalidSubcommand => {
                self.unknown_command(text(ContextKind::InvalidSubcommand), &place)
            }
            ErrorKind::MissingSubcommand => self.usage(&place),
            ErrorKind::UnknownArgument if argument.starts_with('-') => {
                self.unknown_flag(argument, arguments, &place)
            }
            ErrorKind::UnknownArgument => self.usage(&place),
            ErrorKind::MissingRequiredArgument => self.usage(&place),
            _ if argument.starts_with("--") => {
                let flag = argument.split([' ', '=']).next().unwrap_or_default();
                let problem = if self.variables.iter().any(|v| self.flag_of(v) == flag) {
                    "needs a value"
                } else {
                    "takes no value"
                };
                Error::config(format!("{flag} {problem}; see {} --help", self.name))
            }
            _ => self.usage(&place),
        }
    }

    /// The command that `arguments` name, as far as they are commands: empty, `index` or `index add`.
    fn place(&self, arguments: &[String]) -> String {
        let mut place = String::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument.starts_with('-') {
                let is_setting = |variable: &Variable| self.flag_of(variable) == *argument;
                if self.variables.iter().any(is_setting) {
                    arguments.next();
                }
                continue;
            }
            let longer = format!("{place} {argument}").trim_start().to_owned();
            match self.command(&longer) {
                Some(_) => place = longer,
                None => break,
            }
        }
        place
    }

    pub(super) fn command(&self, name: &str) -> Option<&'static CommandDefinition> {
        self.commands.iter().find(|command| command.name == name)
    }

    /// The program and the command at `place`, as they are typed.
    fn called(&self, place: &str) -> String {
        format!("{} {place}", self.name).trim_end().to_owned()
    }

    fn usage(&self, place: &str) -> Error {
        let called = self.called(place);
        let names: Vec<&str> = self
            .subcommands_of(place)
            .map(|command| command.name.rsplit(' ').next().unwrap_or_default())
            .collect();
        let text = match self.command(place) {
            _ if !names.is_empty() => format!("usage: {called} {}", names.join("|")),
            Some(command) if command.words.is_empty() => format!("{place} takes no words"),
            Some(command) => format!("usage: {} {}", self.name, command.usage()),
            None => "the command line is not understood".to_owned(),
        };
        Error::config(format!("{text}; see {called} --help"))
    }

    fn unknown_command(&self, word: &str, place: &str) -> Error {
        let names: Vec<&str> = self
            .subcommands_of(place)
            .map(|command| command.name.rsplit(' ').next().unwrap_or_default())
            .collect();
        let nearest = config::nearest(word, names.into_iter()).unwrap_or("--help");
        let of = match place {
            "" => String::new(),
            place => format!(" of {place}"),
        };
        let word = config::printable(word);
        Error::config(format!(
            "{word} is not a command{of}; did you mean {nearest}? See {} --help",
            self.called(place)
        ))
    }

    fn unknown_flag(&self, flag: &str, arguments: &[String], place: &str) -> Error {
        // clap names one letter of `-tVALUE`, but all of it may be secret.
        let whole = arguments.iter().find(|argument| argument.starts_with(flag));
        let flag = whole.map_or(flag, String::as_str);
        let flag = flag.split_once('=').map_or(flag, |(flag, _)| flag);
        let called = self.called(place);
        let is_flag = |variable: &&Variable| self.flag_of(variable) == flag;
        if self.variables.iter().any(|variable| is_flag(&variable)) {
            // All others are flags.
            return Error::config(format!(
                "{flag}: a command line is seen by every user of the machine; use {flag}-file"
            ));
        }
        let shown = config::printable(flag);
        if !flag.starts_with("--") {
            return Error::config(format!("{shown} is not known; see {called} --help"));
        }
        let has_it = |command: &&CommandDefinition| {
            let mut switches = command.switches.iter();
            switches.any(|switch| flag.strip_prefix("--") == Some(switch.name))
        };
        if let Some(other) = self.commands.iter().find(has_it) {
            let (name, other) = (self.name, other.name);
            return Error::config(format!(
                "{flag} is a flag of {name} {other}; write it behind these words"
            ));
        }
        let settings = self.variables.iter().filter(|v| !v.is_secret());
        let mut flags: Vec<String> = settings.map(|v| self.flag_of(v)).collect();
        let switches = self.command(place).map_or(&[][..], |found| found.switches);
        flags.extend(switches.iter().map(|switch| format!("--{}", switch.name)));
        let nearest = config::nearest(flag, flags.iter().map(String::as_str));
        let nearest = nearest.unwrap_or("--help");
        Error::config(format!("{shown} is not known; did you mean {nearest}?"))
    }
}
