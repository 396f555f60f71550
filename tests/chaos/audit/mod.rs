//! The judge: what was asked and what Telegram accepted for it, in order, and which rules that
//! breaks. Pure, so that each rule can be shown to fail.

mod meaning;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use meaning::Meaning;

/// What a user wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Pictures for these words.
    Pictures(String),
    /// More of the same, by the button under the answer.
    Again(String),
    /// Pictures like the one in the message, by the button under the answer.
    Similar,
    Help,
}

/// One update that must be answered.
#[derive(Debug, Clone)]
pub struct Ask {
    pub update: i64,
    pub chat: i64,
    /// The user's message; for a button, the one that it was the answer to.
    pub message: i64,
    pub want: Want,
    /// It was open while the disk was full, where answering twice is allowed.
    pub disk_full: bool,
}

/// One thing that the bot said and Telegram accepted.
#[derive(Debug, Clone)]
pub struct Said {
    pub chat: i64,
    /// Number of the bot's message.
    pub message: i64,
    pub reply_to: Option<i64>,
    pub what: What,
}

/// What a message shows.
#[derive(Debug, Clone)]
pub enum What {
    Text(String),
    /// A picture or file; those of one album have the same name.
    Picture(String),
}

/// What was said below one message of a user.
#[derive(Debug, Default)]
struct Answers {
    asks: Vec<usize>,
    acknowledgements: BTreeSet<i64>,
    albums: BTreeSet<String>,
    links: BTreeSet<i64>,
    /// Messages that ended as the last word of an answer.
    found: BTreeSet<i64>,
    failed: BTreeSet<i64>,
    help: BTreeSet<i64>,
    /// Place in the record of the first picture, link or last word.
    first: Option<usize>,
}

/// Everything that was asked and said.
#[derive(Debug, Default)]
pub struct Ledger {
    asks: Vec<Ask>,
    said: Vec<Said>,
    answers: HashMap<(i64, i64), Answers>,
    foreign: Vec<String>,
    /// How many asks have no answer.
    open: usize,
    /// Events that could not be recorded: the audit means nothing then.
    pub missed: u64,
}

/// What the record shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Asks without an answer.
    pub lost: Vec<String>,
    /// Answers to what nobody asked.
    pub foreign: Vec<String>,
    /// Answers before the answer to an earlier message of the chat.
    pub disorder: Vec<String>,
    /// What came twice, by kind.
    pub twice: BTreeMap<&'static str, usize>,
    /// The same, of what was open while the disk was full.
    pub twice_disk_full: usize,
    /// Answers with pictures or their links, and honest failures.
    pub found: usize,
    pub failed: usize,
}

impl Findings {
    /// How much came twice, a full disk aside.
    pub fn twice(&self) -> usize {
        self.twice.values().sum()
    }
}

impl Ledger {
    pub fn ask(&mut self, ask: Ask) {
        let answers = self.answers.entry((ask.chat, ask.message)).or_default();
        let missing = answers.missing();
        answers.asks.push(self.asks.len());
        self.open += answers.missing() - missing;
        self.asks.push(ask);
    }

    pub fn say(&mut self, said: Said) {
        let place = self.said.len();
        let key = said.reply_to.map(|asked| (said.chat, asked));
        let answers = key.and_then(|key| self.answers.get_mut(&key));
        let Some(answers) = answers else {
            self.foreign.push(format!("{said:?}"));
            self.said.push(said);
            return;
        };
        let missing = answers.missing();
        let meaning = match &said.what {
            What::Text(text) => Meaning::of(text, &self.asks[answers.asks[0]].want),
            What::Picture(album) => {
                answers.albums.insert(album.clone());
                Meaning::Links
            }
        };
        let set = match (&said.what, meaning) {
            (_, Meaning::Foreign) => {
                self.foreign.push(format!("{said:?}"));
                None
            }
            (What::Picture(_), _) | (_, Meaning::Waking) => None,
            (_, Meaning::Acknowledgement) => Some(&mut answers.acknowledgements),
            (_, Meaning::Found) => Some(&mut answers.found),
            (_, Meaning::Failed) => Some(&mut answers.failed),
            (_, Meaning::Help) => Some(&mut answers.help),
            (_, Meaning::Links) => Some(&mut answers.links),
        };
        if let Some(set) = set {
            set.insert(said.message);
        }
        self.open -= missing - answers.missing();
        let is_answer = !matches!(
            meaning,
            Meaning::Acknowledgement | Meaning::Waking | Meaning::Foreign
        );
        if is_answer {
            answers.first.get_or_insert(place);
        }
        self.said.push(said);
    }

    /// How much was said so far.
    pub fn moves(&self) -> usize {
        self.said.len()
    }

    /// How many asks have no answer.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Allows answering twice to everything that is open now.
    pub fn disk_is_full(&mut self) {
        for answers in self
            .answers
            .values()
            .filter(|answers| answers.missing() > 0)
        {
            for ask in &answers.asks {
                self.asks[*ask].disk_full = true;
            }
        }
    }

    /// A summary among the last things said: chat, its message, the question and its words.
    pub fn latest_summary(&self) -> Option<(i64, i64, i64, String)> {
        self.said.iter().rev().take(50).find_map(|said| {
            let asked = said.reply_to?;
            let answers = self.answers.get(&(said.chat, asked))?;
            let Want::Pictures(words) = &self.asks[*answers.asks.first()?].want else {
                return None;
            };
            let fits = answers.asks.len() == 1 && answers.found.contains(&said.message);
            fits.then(|| (said.chat, said.message, asked, words.clone()))
        })
    }

    /// Judges the whole record.
    pub fn audit(&self) -> Findings {
        let mut findings = Findings {
            foreign: self.foreign.clone(),
            ..Findings::default()
        };
        let mut all: Vec<(&(i64, i64), &Answers)> = self.answers.iter().collect();
        all.sort_by_key(|(_, answers)| answers.asks.first());
        for ((chat, message), answers) in &all {
            let asks: Vec<&Ask> = answers.asks.iter().map(|ask| &self.asks[*ask]).collect();
            let updates: Vec<i64> = asks.iter().map(|ask| ask.update).collect();
            let name = format!("chat {chat}, message {message}, updates {updates:?}");
            if answers.missing() > 0 {
                let had = answers.describe();
                findings
                    .lost
                    .push(format!("{name}: {:?}, got {had}", asks[0].want));
            } else if !answers.found.is_empty() && answers.is_without_pictures() {
                findings
                    .lost
                    .push(format!("{name}: a summary, but no pictures"));
            }
            findings.found += answers.found.len().min(asks.len());
            findings.failed += answers.failed.len().min(asks.len());
            let disk_full = asks.iter().any(|ask| ask.disk_full);
            for (kind, count) in answers.counts() {
                let twice = count.saturating_sub(asks.len());
                if disk_full {
                    findings.twice_disk_full += twice;
                } else if twice > 0 {
                    *findings.twice.entry(kind).or_default() += twice;
                }
            }
        }
        findings.disorder = self.disorder(&all);
        findings
    }

    fn disorder(&self, all: &[(&(i64, i64), &Answers)]) -> Vec<String> {
        let mut latest: HashMap<i64, (usize, i64)> = HashMap::new();
        let mut disorder = Vec::new();
        for ((chat, message), answers) in all {
            let Some(first) = answers.first else { continue };
            let (place, before) = *latest.get(chat).unwrap_or(&(0, 0));
            if first < place {
                let update = self.asks[answers.asks[0]].update;
                disorder.push(format!(
                    "chat {chat}: message {message} (update {update}) was answered before {before}"
                ));
            } else {
                latest.insert(*chat, (first, *message));
            }
        }
        disorder
    }
}

impl Answers {
    /// How many of its asks had no last word.
    fn missing(&self) -> usize {
        let ends = self.found.union(&self.failed).count() + self.help.len();
        self.asks.len().saturating_sub(ends)
    }

    fn is_without_pictures(&self) -> bool {
        self.albums.is_empty() && self.links.is_empty()
    }

    fn counts(&self) -> [(&'static str, usize); 5] {
        [
            ("acknowledgements", self.acknowledgements.len()),
            ("albums", self.albums.len()),
            ("links", self.links.len()),
            ("last words", self.found.union(&self.failed).count()),
            ("help", self.help.len()),
        ]
    }

    fn describe(&self) -> String {
        let counts = self.counts().map(|(kind, count)| format!("{count} {kind}"));
        counts.join(", ")
    }
}
