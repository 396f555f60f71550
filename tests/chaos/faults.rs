//! What goes wrong, and when: decided by the seed, the side and the number of the call there.

use std::time::Duration;

/// Numbers by splitmix64: the same ones for the same seed, on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 up to `end`, which is not reached.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// True `percent` times of a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `all`.
    pub fn one<T: Copy>(&mut self, all: &[T]) -> T {
        let index = self.below(all.len() as u64);
        all[usize::try_from(index).expect("below the length of a slice")]
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Telegram,
    Search,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is closed without an answer.
    Close,
    /// The connection is reset.
    Reset,
    /// The answer ends in the middle.
    Cut,
    /// No answer for a while, then the connection is closed.
    Stall(Duration),
    /// A proxy's page, with this status.
    Html(u16),
    /// An error in the words of the side.
    Error(u16),
    /// "Too many requests", and how many seconds to wait.
    Flood(u64),
    /// The search is asleep, and how many seconds to wait.
    Asleep(u64),
    /// Bytes that mean nothing, with status 200.
    Garbage,
    /// JSON with status 200 that is not what was promised.
    Wrong,
    /// All is well, but late.
    Slow(Duration),
}

/// The fate of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    /// The request never reaches the other side ([`Trouble::Slow`]: it does so late).
    Before(Trouble),
    /// The other side has done what was asked, and its answer is lost or spoilt.
    After(Trouble),
}

/// The fate of call number `number` at `side`.
pub fn decide(seed: u64, side: Side, number: u64) -> Fault {
    use Fault::{After, Before};
    use Trouble::{Asleep, Close, Cut, Error, Flood, Garbage, Html, Reset, Slow, Stall, Wrong};
    let mut dice = Dice::new(seed ^ (number << 1 | u64::from(side == Side::Search)) << 20);
    let mut roll = dice.below(1000);
    let seconds = 1 + dice.below(2);
    // Longer than the bot waits for a search, now and then.
    let longest = if dice.percent(10) { 6000 } else { 1200 };
    let stall = Stall(dice.millis(200, longest));
    let slow = Slow(dice.millis(50, 800));
    let telegram = [
        (12, Before(Close)),
        (8, Before(Reset)),
        (4, Before(Cut)),
        (4, Before(stall)),
        (2, Before(Garbage)),
        (8, Before(Html(502))),
        (6, Before(Error(500))),
        (4, Before(Error(503))),
        (10, Before(Flood(seconds))),
        (25, Before(slow)),
        (8, After(Close)),
        (6, After(Cut)),
        (3, After(stall)),
        (3, After(Html(502))),
        (2, After(Wrong)),
    ];
    let search = [
        (12, Before(Close)),
        (8, Before(Reset)),
        (4, Before(Cut)),
        (6, Before(stall)),
        (3, Before(Garbage)),
        (3, Before(Wrong)),
        (8, Before(Html(502))),
        (6, Before(Error(500))),
        (4, Before(Error(503))),
        (8, Before(Flood(seconds))),
        (3, Before(Asleep(seconds))),
        (25, Before(slow)),
        (8, After(Close)),
        (6, After(Cut)),
        (3, After(stall)),
    ];
    let table: &[(u64, Fault)] = match side {
        Side::Telegram => &telegram,
        Side::Search => &search,
    };
    for (share, fault) in table {
        if roll < *share {
            return *fault;
        }
        roll -= share;
    }
    Fault::Nothing
}

impl Trouble {
    /// What it is called in the table.
    pub fn name(self) -> String {
        match self {
            Self::Close => "closed".to_owned(),
            Self::Reset => "reset".to_owned(),
            Self::Cut => "cut".to_owned(),
            Self::Stall(_) => "stalled".to_owned(),
            Self::Html(status) => format!("HTML {status}"),
            Self::Error(status) => status.to_string(),
            Self::Flood(_) => "429".to_owned(),
            Self::Asleep(_) => "asleep".to_owned(),
            Self::Garbage => "garbage".to_owned(),
            Self::Wrong => "wrong JSON".to_owned(),
            Self::Slow(_) => "slow".to_owned(),
        }
    }

    /// The whole answer in place of the real one; `None` where there is none.
    pub fn answer(self, side: Side) -> Option<Vec<u8>> {
        let json = "application/json";
        let telegram = side == Side::Telegram;
        Some(match self {
            Self::Close | Self::Reset | Self::Cut | Self::Stall(_) | Self::Slow(_) => return None,
            Self::Html(status) => {
                response(status, "text/html", "", "<html><h1>Bad Gateway</h1></html>")
            }
            Self::Error(status) if telegram => {
                let words = "Internal Server Error: restart";
                let body =
                    format!(r#"{{"ok":false,"error_code":{status},"description":"{words}"}}"#);
                response(status, json, "", &body)
            }
            Self::Error(status) => response(status, json, "", &failure("internal")),
            Self::Flood(seconds) if telegram => {
                let words = format!("Too Many Requests: retry after {seconds}");
                let body = format!(
                    r#"{{"ok":false,"error_code":429,"description":"{words}","parameters":{{"retry_after":{seconds}}}}}"#
                );
                response(429, json, "", &body)
            }
            Self::Flood(seconds) => response(429, json, &retry(seconds), &failure("rate_limited")),
            Self::Asleep(seconds) => response(503, json, &retry(seconds), &failure("space_asleep")),
            Self::Garbage => response(
                200,
                "application/octet-stream",
                "",
                "\u{1}\u{2}]]}{\0\u{7f}",
            ),
            Self::Wrong if telegram => response(200, json, "", r#"{"ok":true,"result":{}}"#),
            Self::Wrong => response(200, json, "", r#"{"results":5}"#),
        })
    }
}

fn retry(seconds: u64) -> String {
    format!("retry-after: {seconds}\r\n")
}

fn failure(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"played by the harness"}}}}"#)
}

fn response(status: u16, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Played\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}
