//! Commands as people write them. Pure.

/// A command with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// Without slash, in lower case.
    pub name: String,
    /// What follows, without blanks around it.
    pub words: &'a str,
}

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<'a> {
    /// A command to us.
    Ours(Command<'a>),
    /// A command to another bot.
    Anothers,
    /// No command.
    Words,
}

/// Reads `text` as the bot named `username` (without `@`) does. Telegram ends a command's name at the first
/// character that cannot be part of one, so that `/query: bus` is one, too; keyboards for Chinese and
/// Japanese write the slash as `／`.
#[must_use]
pub fn said<'a>(text: &'a str, username: &str) -> Said<'a> {
    let Some(rest) = text.strip_prefix(['/', '／']) else {
        return Said::Words;
    };
    let (name, rest) = split_name(rest);
    let (bot, rest) = match rest.strip_prefix('@') {
        Some(rest) => split_name(rest),
        None => ("", rest),
    };
    if !bot.is_empty() && !bot.eq_ignore_ascii_case(username) {
        return Said::Anothers;
    }
    let words = rest.trim_start().trim_start_matches([':', '：', ',', '，']);
    Said::Ours(Command {
        name: name.to_ascii_lowercase(),
        words: words.trim(),
    })
}

fn split_name(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// `words` without what addresses the bot before them, in words: `@clip_bot bus`, `query: bus`.
#[must_use]
pub fn without_address<'a>(words: &'a str, username: &str) -> &'a str {
    let after = |start: &str| {
        let head = words.get(..start.len())?;
        let rest = words.get(start.len()..)?;
        head.eq_ignore_ascii_case(start).then_some(rest)
    };
    let named = after(&format!("@{username}"));
    let named = named.filter(|rest| rest.starts_with([' ', ',', ':', '\n']));
    let asked = after("query:").or(after("query："));
    let rest = named.or(asked).unwrap_or(words);
    rest.trim_start_matches([' ', ',', ':', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_people_write_them() {
        for (text, expected) in [
            ("/query red bus", Some(("query", "red bus"))),
            ("/QUERY@Clip_Bot  red\nbus ", Some(("query", "red\nbus"))),
            ("/query\nred bus", Some(("query", "red bus"))),
            ("/query: red bus", Some(("query", "red bus"))),
            ("／query　red bus", Some(("query", "red bus"))),
            ("/query -red bus", Some(("query", "-red bus"))),
            ("/query", Some(("query", ""))),
            ("/queryx red", Some(("queryx", "red"))),
            ("/запит bus", Some(("", "запит bus"))),
            ("/", Some(("", ""))),
            ("/query@other_bot bus", None),
            ("query bus", None),
            ("", None),
        ] {
            let ours = match said(text, "clip_bot") {
                Said::Ours(command) => Some(command),
                Said::Anothers | Said::Words => None,
            };
            let read = ours.as_ref().map(|one| (one.name.as_str(), one.words));
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(said("/query@other_bot x", "clip_bot"), Said::Anothers);
    }

    #[test]
    fn what_addresses_the_bot_in_words_is_no_part_of_the_query() {
        for (text, words) in [
            ("query: bus", "bus"),
            ("Query:bus", "bus"),
            ("@Clip_Bot bus", "bus"),
            ("@clip_bot, bus", "bus"),
            ("@clip_bots bus", "@clip_bots bus"),
            ("query bus", "query bus"),
            ("query：автобус", "автобус"),
            ("日本", "日本"),
        ] {
            assert_eq!(without_address(text, "clip_bot"), words, "{text}");
        }
    }
}
