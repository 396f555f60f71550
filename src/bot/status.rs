//! What the bot does and what troubles it, in one line for `systemctl status`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::history::History;
use crate::locked::locked;
use crate::metrics::Histogram;
use crate::quantity;

/// How many of the last answers the 95th percentile is taken of.
const MAX_RECENT: usize = 256;

/// What the parts of the bot report about themselves.
#[derive(Debug)]
pub struct Status {
    started: Instant,
    state: Mutex<StatusState>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            state: Mutex::default(),
        }
    }
}

#[derive(Debug, Default)]
struct StatusState {
    telegram: Telegram,
    /// Who is served.
    serves: String,
    polled: Option<SystemTime>,
    answered: u64,
    given_up: u64,
    /// How often a search failed, by the code of its failure.
    failures: BTreeMap<&'static str, u64>,
    times: Histogram,
    /// How long the last answers took, oldest first.
    recent: VecDeque<Duration>,
    asleep_since: Option<SystemTime>,
    history: History,
}

#[derive(Debug, Default)]
enum Telegram {
    #[default]
    Starting,
    Polling,
    Trouble(String),
    Stopping,
}

/// What the bot did since its start.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Queries with an answer, if only an apology.
    pub answered: u64,
    /// Queries without any answer.
    pub given_up: u64,
    /// How often the endpoint did not answer, by the code of the failure.
    pub failures: BTreeMap<&'static str, u64>,
    /// From the message to its answer.
    pub times: Histogram,
    /// When Telegram answered last.
    pub polled: Option<SystemTime>,
    /// The endpoint is waking up.
    pub is_asleep: bool,
}

/// What the owner is told about the bot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How long the bot has run.
    pub since_start: Duration,
    /// Searches that ended in the last hour.
    pub last_hour: u64,
    /// The same since midnight UTC.
    pub today: u64,
    /// Those that failed today, by the code of the failure.
    pub failures: BTreeMap<&'static str, u64>,
    /// Within which time half of the last answers came.
    pub half: Option<Duration>,
    /// Within which time 95 of 100 of them came.
    pub most: Option<Duration>,
}

/// Numbers that other parts of the bot count.
#[derive(Debug, Default)]
pub struct Counts {
    /// Jobs at work.
    pub working: usize,
    /// Jobs that wait for their turn, or for a chat to be open again.
    pub waiting: usize,
    /// Searches that wait for the endpoint to wake up.
    pub asleep: usize,
    /// What is wrong with the disk.
    pub disk: Option<String>,
}

impl Status {
    /// Telegram answered.
    pub fn polling(&self, now: SystemTime) {
        let mut state = self.lock();
        state.polled = Some(now);
        if !matches!(state.telegram, Telegram::Stopping) {
            state.telegram = Telegram::Polling;
        }
    }

    /// Telegram did not answer, and why.
    pub fn no_updates(&self, why: String) {
        self.lock().telegram = Telegram::Trouble(why);
    }

    /// Who is served, without names or ids: every user of the machine may read the line.
    pub fn serves(&self, words: String) {
        self.lock().serves = words;
    }

    /// The bot is stopping.
    pub fn stopping(&self) {
        self.lock().telegram = Telegram::Stopping;
    }

    /// Whether the bot is stopping.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        matches!(self.lock().telegram, Telegram::Stopping)
    }

    /// A search was answered, this long after it was asked for.
    pub fn answered(&self, took: Duration) {
        let mut state = self.lock();
        state.answered += 1;
        state.history.ended(since_1970());
        state.times.add(took);
        if state.recent.len() == MAX_RECENT {
            state.recent.pop_front();
        }
        state.recent.push_back(took);
    }

    /// The endpoint did not answer a search, for a reason with this code.
    pub fn search_failed(&self, code: &'static str) {
        let mut state = self.lock();
        *state.failures.entry(code).or_default() += 1;
        state.history.failed(code, since_1970());
    }

    /// A query stays without any answer.
    pub fn gave_up(&self) {
        let mut state = self.lock();
        state.given_up += 1;
        state.history.ended(since_1970());
    }

    /// What the owner is told about the bot.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let state = self.lock();
        let now = since_1970();
        let (today, failures) = state.history.today(now);
        let part = |percent| (!state.recent.is_empty()).then(|| percentile(&state.recent, percent));
        Summary {
            since_start: self.started.elapsed(),
            last_hour: state.history.last_hour(now),
            today,
            failures,
            half: part(50),
            most: part(95),
        }
    }

    /// What the bot did.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let state = self.lock();
        Figures {
            answered: state.answered,
            given_up: state.given_up,
            failures: state.failures.clone(),
            times: state.times.clone(),
            polled: state.polled,
            is_asleep: state.asleep_since.is_some(),
        }
    }

    /// The endpoint was found asleep; returns whether it was not known to be.
    pub fn asleep(&self, now: SystemTime) -> bool {
        let mut state = self.lock();
        let news = state.asleep_since.is_none();
        state.asleep_since.get_or_insert(now);
        news
    }

    /// The endpoint answers, or nobody waits for it any more.
    pub fn awake(&self) {
        self.lock().asleep_since = None;
    }

    /// The status line.
    #[must_use]
    pub fn line(&self, counts: &Counts) -> String {
        let state = self.lock();
        let mut parts = vec![match &state.telegram {
            Telegram::Starting => "starting".to_owned(),
            Telegram::Polling => "polling".to_owned(),
            Telegram::Trouble(why) => format!("no updates: {why}"),
            Telegram::Stopping => "stopping".to_owned(),
        }];
        if counts.working > 0 {
            parts.push(format!("{} searching", counts.working));
        }
        if counts.waiting > 0 {
            parts.push(format!("{} waiting", counts.waiting));
        }
        if state.answered > 0 {
            let p95 = quantity::took(percentile(&state.recent, 95));
            parts.push(format!("{} answered, p95 {p95}", state.answered));
        }
        if let Some(since) = state.asleep_since {
            let since = clock_time(since);
            let asleep = counts.asleep;
            parts.push(format!(
                "endpoint asleep since {since}, {asleep} wait for it"
            ));
        }
        if !state.serves.is_empty() {
            parts.push(state.serves.clone());
        }
        parts.extend(counts.disk.clone());
        parts.join("; ")
    }

    fn lock(&self) -> MutexGuard<'_, StatusState> {
        locked(&self.state)
    }
}

fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

fn percentile(recent: &VecDeque<Duration>, percent: usize) -> Duration {
    let mut sorted: Vec<Duration> = recent.iter().copied().collect();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// Such as `10:02 UTC`.
fn clock_time(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    let clock = text.split_once('T').map_or("", |(_, clock)| clock);
    format!("{} UTC", clock.get(..5).unwrap_or(clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_there_is_to_say() {
        let status = Status::default();
        assert_eq!(status.line(&Counts::default()), "starting");
        status.polling(SystemTime::now());
        assert_eq!(status.line(&Counts::default()), "polling");
        for millis in (100..=2000).step_by(100) {
            status.answered(Duration::from_millis(millis));
        }
        let ten_past_two = SystemTime::UNIX_EPOCH + Duration::from_mins(2 * 60 + 10);
        assert!(status.asleep(ten_past_two));
        assert!(!status.asleep(SystemTime::now()), "no news");
        let counts = Counts {
            working: 3,
            waiting: 12,
            asleep: 2,
            disk: Some("inbox.redb cannot be written".into()),
        };
        assert_eq!(
            status.line(&counts),
            "polling; 3 searching; 12 waiting; 20 answered, p95 1.9 s; \
             endpoint asleep since 02:10 UTC, 2 wait for it; inbox.redb cannot be written"
        );
        status.awake();
        status.no_updates("getUpdates failed".into());
        let line = status.line(&Counts::default());
        assert_eq!(
            line,
            "no updates: getUpdates failed; 20 answered, p95 1.9 s"
        );
    }

    #[test]
    fn a_stop_is_the_last_word() {
        let status = Status::default();
        status.stopping();
        status.polling(SystemTime::now());
        assert!(status.is_stopping());
        assert_eq!(status.line(&Counts::default()), "stopping");
    }

    #[test]
    fn only_the_last_answers_count_for_the_percentile() {
        let status = Status::default();
        status.answered(Duration::from_secs(1000));
        for _ in 0..MAX_RECENT {
            status.answered(Duration::from_secs(1));
        }
        let line = status.line(&Counts::default());
        assert_eq!(
            line,
            format!("starting; {} answered, p95 1.0 s", MAX_RECENT + 1)
        );
    }
}
