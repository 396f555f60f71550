//! What a program understands, as data, and the [`clap::Command`] that is built from it: parsing,
//! help, manual pages and completions all come from here.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, ArgAction, Command, ValueHint};

use crate::config::Variable;

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
    /// Its commands; the first one is the default.
    pub commands: &'static [CommandDefinition],
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct CommandDefinition {
    /// What is typed after the program's name: `check`, or `index add` for a subcommand of `index`,
    /// which is a command without an action of its own.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// A command line that works.
    pub example: &'static str,
    /// What follows the name.
    pub words: &'static [Word],
    /// Flags of this command only, without a value.
    pub switches: &'static [Switch],
}

impl CommandDefinition {
    /// The name without the command that it belongs to.
    fn last_name(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or(self.name)
    }

    /// The name and its words, such as `query TEXT…`.
    #[must_use]
    pub fn usage(&self) -> String {
        let words = self.words.iter().filter(|word| word.count != Count::Flag);
        let words = words.map(|word| match word.count {
            Count::One => format!(" {}", word.name),
            Count::Optional => format!(" [{}]", word.name),
            Count::Any | Count::Flag => format!(" [{}…]", word.name),
            Count::Many => format!(" {}…", word.name),
        });
        self.name.to_owned() + &words.collect::<String>()
    }

    fn to_clap(self) -> Command {
        let words = self.words.iter().copied().map(Word::to_clap);
        let switches = self.switches.iter().copied().map(Switch::to_clap);
        Command::new(self.last_name())
            .about(self.about)
            .args_override_self(true)
            .args(words)
            .args(switches)
            .after_long_help(format!("Example:\n  {}", self.example))
    }
}

/// A word that a command takes.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// As the help shows it: `TEXT`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// How often it may be given.
    pub count: Count,
    /// What a shell offers for it.
    pub hint: ValueHint,
}

/// How often a word may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Exactly once.
    One,
    /// Once or not at all.
    Optional,
    /// Any number of times.
    Any,
    /// At least once.
    Many,
    /// Not a word but the value of a flag of this name, any number of times.
    Flag,
}

impl Word {
    fn to_clap(self) -> Arg {
        let arg = Arg::new(self.name)
            .help(self.about)
            .value_name(self.name)
            .value_hint(self.hint)
            .required(matches!(self.count, Count::One | Count::Many));
        match self.count {
            Count::One | Count::Optional => arg.action(ArgAction::Set),
            Count::Flag => arg
                // Ids of chats are negative.
                .allow_negative_numbers(true)
                .long(self.name)
                .value_name("VALUE")
                .action(ArgAction::Append)
                .num_args(1),
            Count::Any | Count::Many => arg.action(ArgAction::Append).num_args(1..),
        }
    }
}

/// A flag without a value.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// Without the dashes: `fast`.
    pub name: &'static str,
    /// What it changes.
    pub about: &'static str,
}

impl Switch {
    fn to_clap(self) -> Arg {
        let arg = Arg::new(self.name).long(self.name).help(self.about);
        arg.action(ArgAction::SetTrue)
    }
}

/// Switch of `check`: looks at the settings only, without secrets and network, as while a system is
/// built.
pub const CONFIG_ONLY: Switch = Switch {
    name: "config-only",
    about: "check the settings only, without secrets and network",
};

/// Switch of the commands that scripts read.
pub const JSON: Switch = Switch {
    name: "json",
    about: "print JSON, for scripts",
};

impl Program {
    /// The command line for clap: commands, their words and switches, and a flag for each setting
    /// that is not a secret, before and after the command.
    #[must_use]
    pub fn to_clap(&self) -> Command {
        let settings = self.variables.iter().filter(|v| !v.is_secret());
        let mut root = Command::new(self.name)
            .about(self.about)
            .version(env!("CARGO_PKG_VERSION"))
            .propagate_version(true)
            .args_override_self(true)
            .args(settings.map(|variable| self.setting(variable)))
            .after_help(format!(
                "`{0} --help` lists the settings too; `{0} help COMMAND` explains one command.",
                self.name
            ))
            .after_long_help(self.epilogue());
        for command in self.subcommands_of("") {
            let mut built = command.to_clap();
            let subcommands: Vec<Command> = self
                .subcommands_of(command.name)
                .map(|subcommand| subcommand.to_clap())
                .collect();
            if !subcommands.is_empty() {
                built = built.subcommand_required(true).subcommands(subcommands);
            }
            root = root.subcommand(built);
        }
        root
    }

    /// The commands directly under `name`; those of the program under an empty name.
    pub(super) fn subcommands_of(
        &self,
        name: &str,
    ) -> impl Iterator<Item = &'static CommandDefinition> {
        self.commands.iter().filter(move |command| {
            let parent = command
                .name
                .rsplit_once(' ')
                .map_or("", |(parent, _)| parent);
            parent == name
        })
    }

    fn setting(&self, variable: &'static Variable) -> Arg {
        let mut help = variable.meaning.to_owned();
        if !variable.default.is_empty() {
            help += &format!(" [default: {}]", variable.default);
        }
        let name = self.flag_of(variable);
        let arg = Arg::new(variable.name)
            .long(name.trim_start_matches('-').to_owned())
            .help(format!("{help} [{}]", variable.name))
            .help_heading("Settings, as flags or environment variables (flags win)")
            .value_name("VALUE")
            .value_hint(hint(variable))
            .global(true)
            .hide_short_help(true)
            .hide_possible_values(true)
            .allow_hyphen_values(true);
        let arg = if variable.is_switch() {
            let arg = arg.num_args(0..=1).require_equals(true);
            arg.default_missing_value("yes")
        } else {
            arg
        };
        match choices(variable) {
            Some(words) => arg.value_parser(Offered(words)),
            None => arg,
        }
    }

    fn epilogue(&self) -> String {
        let mut text = String::new();
        let secrets: Vec<_> = self.variables.iter().filter(|v| v.is_secret()).collect();
        if !secrets.is_empty() {
            text += "Secrets, as environment variables only (better in files, see above):\n";
        }
        for secret in secrets {
            text += &format!("  {}\n          {}\n", secret.name, secret.meaning);
        }
        if !text.is_empty() {
            text += "\n";
        }
        text + "Exit codes: 0 clean stop, 1 failure worth a restart, 2 configuration, \
                3 token refused."
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
}

/// What a shell offers as the value of a setting.
fn hint(variable: &Variable) -> ValueHint {
    let ends_with = |end: &str| variable.name.ends_with(end);
    if ends_with("_FILE") || ends_with("_MODEL") {
        ValueHint::FilePath
    } else if ends_with("_DIR") || ends_with("_INDEX") || ends_with("_PICTURES") {
        ValueHint::DirPath
    } else {
        ValueHint::Other
    }
}

/// The words of a setting that takes one of a few: those in backquotes in its meaning.
fn choices(variable: &Variable) -> Option<Vec<&'static str>> {
    if hint(variable) != ValueHint::Other {
        return None;
    }
    let quoted = variable.meaning.split('`').skip(1).step_by(2);
    let words: Vec<&str> = quoted
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        .collect();
    (!words.is_empty()).then_some(words)
}

/// Offers words in completions and takes every value: [`crate::config`] checks them, wherever they
/// come from.
#[derive(Debug, Clone)]
struct Offered(Vec<&'static str>);

impl TypedValueParser for Offered {
    type Value = String;

    fn parse_ref(
        &self,
        _: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}
