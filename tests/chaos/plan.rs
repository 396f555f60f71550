//! What people write, and what befalls the programs meanwhile.

use super::audit::Want;
use super::faults::Dice;

/// Things that the mock engine has drawings of.
const THINGS: [&str; 24] = [
    "bus", "dog", "cat", "pizza", "rose", "mountain", "sunset", "cherry", "door", "boat", "train",
    "moon", "tree", "apple", "horse", "fish", "bird", "clock", "guitar", "key", "book", "bread",
    "rain", "snow",
];
const LOOKS: [&str; 6] = ["red", "blue", "green", "black", "old", "small"];
/// One chat in so many is a group, of so many users.
const GROUPS: u64 = 10;
const MEMBERS: u64 = 3;

/// Something that befalls the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// The bot is killed (SIGKILL) and started at once.
    Kill,
    /// The bot stands still (SIGSTOP) for a second or two.
    Freeze,
    /// The bot is asked to end (SIGTERM), which it must do cleanly, and started again.
    Stop,
    /// `clip-search` is killed; connections are refused for a while.
    SearchKill,
    /// Connections to Telegram are refused for a while.
    Offline,
}

/// One message of a user.
#[derive(Debug, Clone)]
pub struct Line {
    pub user: i64,
    pub chat: i64,
    pub text: String,
    pub want: Want,
}

/// Writes for all users.
pub struct Users {
    dice: Dice,
    chats: u64,
    written: u64,
    last: String,
}

impl Users {
    pub fn new(seed: u64, chats: u64) -> Self {
        Self {
            dice: Dice::new(seed ^ 0x5553_4552),
            chats,
            written: 0,
            last: "red bus".to_owned(),
        }
    }

    /// Every group: its number and its users.
    pub fn groups(&self) -> Vec<(i64, Vec<i64>)> {
        let groups = (0..self.chats).filter(|chat| chat.is_multiple_of(GROUPS));
        groups
            .map(|chat| {
                (
                    group(chat),
                    (0..MEMBERS).map(|user| member(chat, user)).collect(),
                )
            })
            .collect()
    }

    /// The next message.
    pub fn write(&mut self) -> Line {
        self.written += 1;
        let index = self.dice.below(self.chats);
        let is_group = index.is_multiple_of(GROUPS);
        let (user, chat) = if is_group {
            (member(index, self.dice.below(MEMBERS)), group(index))
        } else {
            let user = private(index);
            (user, user)
        };
        if self.dice.percent(2) {
            let (text, want) = ("/help@clip_bot".to_owned(), Want::Help);
            return Line {
                user,
                chat,
                text,
                want,
            };
        }
        let words = match self.dice.below(100) {
            // A small share asks for the same as the one before.
            0..3 => self.last.clone(),
            // Nothing is found for these.
            3..5 => format!("xyzzy {}", self.written),
            _ => {
                let (look, thing) = (self.dice.one(&LOOKS), self.dice.one(&THINGS));
                format!("{look} {thing} {}", self.written)
            }
        };
        self.last.clone_from(&words);
        let command = if is_group || self.dice.percent(50) {
            "/query "
        } else {
            ""
        };
        let text = format!("{command}{words}");
        let want = Want::Pictures(words);
        Line {
            user,
            chat,
            text,
            want,
        }
    }
}

fn private(index: u64) -> i64 {
    10_000 + i64::try_from(index).expect("few chats")
}

fn group(index: u64) -> i64 {
    -private(index)
}

fn member(index: u64, user: u64) -> i64 {
    1_000_000 + private(index * MEMBERS + user)
}

/// Which blows fall once so many messages are answered, in order: `kills` kills of the bot spread
/// over `messages`, the others between them.
pub fn blows(seed: u64, messages: u64, kills: u64) -> Vec<(u64, Blow)> {
    let mut dice = Dice::new(seed ^ 0x424C_4F57);
    let step = messages / (kills + 1);
    let mut blows = Vec::new();
    for number in 1..=kills {
        let base = number * step;
        blows.push((base + dice.below(step.max(2) / 2), Blow::Kill));
        let other = match number % 4 {
            0 => Some(Blow::Stop),
            1 => Some(Blow::Freeze),
            2 => Some(Blow::SearchKill),
            _ => dice.percent(50).then_some(Blow::Offline),
        };
        let place = base + step / 2 + dice.below(step.max(2) / 2);
        blows.extend(other.map(|blow| (place, blow)));
    }
    blows.sort_by_key(|(place, _)| *place);
    blows
}
