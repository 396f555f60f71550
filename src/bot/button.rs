//! What a button under an answer carries. Nothing else of a search is kept for it, so that it works
//! after a restart, too: at most 64 bytes, and the message that the button is on.
//!
//! A letter for what it does (a capital letter: with the picture that ours replied to), in
//! hexadecimal the offset of the page and, in groups, a dot and who may press it, then `:` and the
//! words of the query: `m5.1f:red bus`. [`Act::Similar`] and [`Act::ForgetShown`] have the number of the
//! picture's message in place of the offset. The words are left out where they are too long; they stand in
//! the message that ours replied to. Anybody can send anything here: what cannot be read is no button.

/// Longest data that Telegram takes.
pub const MAX_BYTES: usize = 64;
/// No endpoint gives pages further down.
const MAX_OFFSET: usize = 1_000_000;

/// Telegram numbers messages with 31 bits.
const MAX_MESSAGE: usize = i32::MAX as usize;

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Searches for the example under the help.
    Try,
    /// Repeats a search that failed, in the message of the button.
    Retry,
    /// Shows the next page, in new messages.
    More,
    /// The same as [`Act::Retry`]; and from now on photos may go to a third party.
    Agree,
    /// Searches for pictures like the one in a message of ours.
    Similar,
    /// Saves the picture, and from now on others, where nothing was chosen before.
    Save,
    /// Searches for pictures like that one, and from now on like others, where nothing was chosen before.
    Find,
    /// Searches for pictures like that one.
    Like,
    /// Forgets the picture; without one, everything of who presses it.
    Forget,
    /// Forgets the picture that the button is below, or that ours replied to; of a picture in another
    /// message, asks first.
    ForgetShown,
    /// Forgets everything that was saved in the chat.
    ForgetChat,
    /// From now on pictures are saved.
    SaveAll,
    /// From now on pictures are searched by.
    FindAll,
}

const ALL: [Act; 13] = [
    Act::Try,
    Act::Retry,
    Act::More,
    Act::Agree,
    Act::Similar,
    Act::Save,
    Act::Find,
    Act::Like,
    Act::Forget,
    Act::ForgetShown,
    Act::ForgetChat,
    Act::SaveAll,
    Act::FindAll,
];

/// A button's data, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button<'a> {
    /// What it does.
    pub act: Act,
    /// Where its page begins; of [`Act::Similar`] and [`Act::ForgetShown`] the number of the message with
    /// the picture, 0 for the message of the button itself.
    pub offset: usize,
    /// Who may press it; none where that is not known.
    pub owner: Option<i64>,
    /// Whether it is about the picture in the message that ours replied to.
    pub by_picture: bool,
    /// The query; empty where it was too long, or where there is a picture alone.
    pub words: &'a str,
}

impl Act {
    fn letter(self) -> char {
        match self {
            Self::Try => 'a',
            Self::Retry => 'r',
            Self::More => 'm',
            Self::Agree => 'y',
            Self::Similar => 's',
            Self::Save => 'w',
            Self::Find => 'f',
            Self::Like => 'l',
            Self::Forget => 'd',
            Self::ForgetShown => 'z',
            Self::ForgetChat => 'c',
            Self::SaveAll => 'k',
            Self::FindAll => 'q',
        }
    }
}

impl<'a> Button<'a> {
    /// Reads what a button carries.
    #[must_use]
    pub fn read(data: &'a str) -> Option<Self> {
        let (head, words) = data.split_once(':')?;
        let mut letters = head.chars();
        let letter = letters.next()?;
        let by_picture = letter.is_ascii_uppercase();
        let act = ALL
            .into_iter()
            .find(|act| act.letter() == letter.to_ascii_lowercase())?;
        let numbers = letters.as_str();
        let (offset, owner) = match numbers.split_once('.') {
            Some((offset, owner)) => (offset, Some(i64::from_str_radix(owner, 16).ok()?)),
            None => (numbers, None),
        };
        let offset = match offset {
            "" => 0,
            digits => usize::from_str_radix(digits, 16).ok()?,
        };
        let most = match act {
            Act::Similar | Act::ForgetShown => MAX_MESSAGE,
            _ => MAX_OFFSET,
        };
        (offset <= most).then_some(Self {
            act,
            offset,
            owner,
            by_picture,
            words,
        })
    }

    /// What the button is to carry; nothing where the words beside a picture are too long, since they
    /// stand nowhere else.
    #[must_use]
    pub fn data(&self) -> Option<String> {
        let letter = self.act.letter();
        let letter = if self.by_picture {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        let mut head = letter.to_string();
        if self.offset > 0 {
            head += &format!("{:x}", self.offset);
        }
        if let Some(owner) = self.owner {
            let sign = if owner < 0 { "-" } else { "" };
            head += &format!(".{sign}{:x}", owner.unsigned_abs());
        }
        head.push(':');
        if head.len() + self.words.len() <= MAX_BYTES {
            head += self.words;
        } else if self.by_picture {
            return None;
        }
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let button = |act, offset, owner, words| Button {
            act,
            offset,
            owner,
            by_picture: false,
            words,
        };
        let table = [
            (button(Act::Try, 0, None, "bus"), "a:bus"),
            (button(Act::Retry, 0, None, "bus"), "r:bus"),
            (button(Act::More, 5, None, "a: b"), "m5:a: b"),
            (button(Act::More, 50, Some(31), "bus"), "m32.1f:bus"),
            (button(Act::Retry, 0, Some(-31), ""), "r.-1f:"),
        ];
        for (button, data) in table {
            assert_eq!(button.data().as_deref(), Some(data));
            assert_eq!(Button::read(data), Some(button));
        }
    }

    #[test]
    fn long_words_are_left_out_and_never_cut() {
        let words = "日".repeat(22);
        let button = Button {
            act: Act::More,
            offset: 10,
            owner: Some(i64::MIN),
            by_picture: false,
            words: &words,
        };
        let by_picture = Button {
            by_picture: true,
            ..button
        };
        assert_eq!(by_picture.data(), None, "its words stand nowhere else");
        let short = Button {
            words: "at night",
            ..by_picture
        };
        let data = short.data().expect("short words");
        assert_eq!(Button::read(&data), Some(short));
        let data = button.data().expect("without the words");
        assert!(data.len() <= MAX_BYTES);
        let back = Button::read(&data).expect("a button");
        assert_eq!((back.words, back.owner), ("", Some(i64::MIN)));
    }

    #[test]
    fn what_cannot_be_read_is_no_button() {
        let emoji = "😀".repeat(16);
        for forged in [
            "",
            ":",
            "m",
            "x:bus",
            "m5",
            "mzz:bus",
            "m-5:bus",
            "m5.:bus",
            "m5.g:bus",
            "m5.ffffffffffffffff:bus",
            "mfffffffff:bus",
            "m f:bus",
            "М:bus",
            &emoji,
        ] {
            assert_eq!(Button::read(forged), None, "{forged}");
        }
    }
}
