//! Searches, each done once: who asks what is being asked already waits for that answer, and who
//! asks what was answered a moment ago gets the same.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::locked::{locked, unpoisoned};
use crate::search::{Failure, Page, Reason};

/// How long an answer is given again to others who ask the same.
const MAX_AGE: Duration = Duration::from_mins(5);
const MAX_ANSWERS: usize = 500;
/// Size of all remembered answers together, roughly.
const MAX_BYTES: usize = 1 << 20;

/// What is being asked and what was answered, by the words of the query.
#[derive(Debug, Default)]
pub struct Searches {
    state: Mutex<SearchesState>,
}

#[derive(Debug, Default)]
struct SearchesState {
    running: HashMap<String, Arc<RunningSearch>>,
    answers: Answers,
}

/// A search that somebody is doing.
#[derive(Debug, Default)]
struct RunningSearch {
    result: Mutex<Option<Result<Page, Failure>>>,
    ready: Condvar,
}

impl Searches {
    /// The answer to the query `text`: by `search`, or the one that somebody else waits for or got a
    /// moment ago.
    ///
    /// # Errors
    /// Those of `search`; a failure is shared by those who wait, but not remembered.
    pub fn once(
        &self,
        text: &str,
        search: impl FnOnce() -> Result<Page, Failure>,
    ) -> Result<Page, Failure> {
        let mut state = self.lock();
        if let Some(page) = state.answers.get(text, Instant::now()) {
            tracing::debug!("answered from memory: the same was asked a moment ago");
            return Ok(page);
        }
        if let Some(running) = state.running.get(text).map(Arc::clone) {
            drop(state);
            tracing::debug!("waiting for the answer to the same query");
            return running.wait();
        }
        let running = Arc::new(RunningSearch::default());
        state.running.insert(text.to_owned(), Arc::clone(&running));
        drop(state);
        // Those who wait must hear of a fault, too.
        let mut leader = Leader {
            searches: self,
            text,
            running,
            result: Err(Failure::new(
                Reason::Internal,
                "the search ended by a fault",
            )),
        };
        leader.result = search();
        leader.result.clone()
    }

    fn lock(&self) -> MutexGuard<'_, SearchesState> {
        locked(&self.state)
    }
}

/// Does a search for everybody who wants the same; tells them when dropped.
struct Leader<'a> {
    searches: &'a Searches,
    text: &'a str,
    running: Arc<RunningSearch>,
    result: Result<Page, Failure>,
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let mut state = self.searches.lock();
        state.running.remove(self.text);
        if let Ok(page) = &self.result {
            state.answers.insert(self.text, page, Instant::now());
        }
        drop(state);
        let mut result = locked(&self.running.result);
        *result = Some(self.result.clone());
        self.running.ready.notify_all();
    }
}

impl RunningSearch {
    fn wait(&self) -> Result<Page, Failure> {
        let mut result = locked(&self.result);
        loop {
            if let Some(result) = &*result {
                return result.clone();
            }
            result = unpoisoned(self.ready.wait(result));
        }
    }
}

/// Answers of the last minutes, oldest first.
#[derive(Debug, Default)]
struct Answers {
    by_text: HashMap<String, Page>,
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

impl Answers {
    fn get(&mut self, text: &str, now: Instant) -> Option<Page> {
        self.forget(|at, _| now.saturating_duration_since(at) >= MAX_AGE);
        self.by_text.get(text).cloned()
    }

    fn insert(&mut self, text: &str, page: &Page, now: Instant) {
        let size = size(text, page);
        if size > MAX_BYTES / 4 {
            return;
        }
        self.bytes += size;
        self.by_text.insert(text.to_owned(), page.clone());
        self.order.push_back((now, text.to_owned()));
        self.forget(|_, answers| answers.order.len() > MAX_ANSWERS || answers.bytes > MAX_BYTES);
    }

    /// Forgets the oldest answers while `is_too_much` says so, given the oldest one's time.
    fn forget(&mut self, is_too_much: impl Fn(Instant, &Self) -> bool) {
        while let Some((at, _)) = self.order.front()
            && is_too_much(*at, self)
        {
            if let Some((_, text)) = self.order.pop_front()
                && let Some(page) = self.by_text.remove(&text)
            {
                self.bytes -= size(&text, &page);
            }
        }
    }
}

fn size(text: &str, page: &Page) -> usize {
    let hits = page.hits.iter().map(|hit| {
        let texts = [&hit.thumbnail_url, &hit.caption];
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of_val(hit) + hit.url.len() + texts.into_iter().map(length).sum::<usize>()
    });
    2 * text.len() + hits.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Hit;
    use std::sync::mpsc::channel;

    fn page(url: &str) -> Page {
        Page {
            hits: vec![Hit::at(url)],
            next_offset: None,
            ..Page::default()
        }
    }

    #[test]
    fn those_who_ask_the_same_share_one_search() {
        let searches = Searches::default();
        let (began, beginning) = channel();
        let (go, gone) = channel::<()>();
        std::thread::scope(|scope| {
            let searches = &searches;
            let first = scope.spawn(move || {
                searches.once("bus", || {
                    began.send(()).expect("the test listens");
                    gone.recv().expect("the test lets go");
                    Ok(page("u"))
                })
            });
            beginning.recv().expect("the first one began");
            let second = scope.spawn(|| searches.once("bus", || panic!("asked twice")));
            let other = searches.once("cat", || Ok(page("c")));
            assert_eq!(other.expect("not held up"), page("c"));
            go.send(()).expect("the first one waits");
            for asked in [first, second] {
                assert_eq!(asked.join().expect("no panic").expect("found"), page("u"));
            }
        });
        let again = searches.once("bus", || panic!("answered a moment ago"));
        assert_eq!(again.expect("remembered"), page("u"));
    }

    #[test]
    fn failures_are_not_remembered() {
        let searches = Searches::default();
        let failed = searches.once("bus", || Err(Failure::new(Reason::SpaceBusy, "full")));
        assert_eq!(failed.expect_err("failed").reason, Reason::SpaceBusy);
        assert_eq!(
            searches.once("bus", || Ok(page("u"))).expect("asked anew"),
            page("u")
        );
    }

    #[test]
    fn a_fault_in_one_search_ends_it_for_all_who_wait() {
        let searches = Searches::default();
        let (began, beginning) = channel();
        let (go, gone) = channel::<()>();
        std::thread::scope(|scope| {
            let searches = &searches;
            let first = scope.spawn(move || {
                searches.once("bus", || {
                    began.send(()).expect("the test listens");
                    let _ = gone.recv();
                    panic!("a fault, meant for this test")
                })
            });
            beginning.recv().expect("the first one began");
            let waits = searches.lock().running.get("bus").map(Arc::clone);
            let second = scope.spawn(move || waits.expect("running").wait());
            drop(go);
            assert!(first.join().is_err());
            let failure = second.join().expect("no panic").expect_err("told");
            assert_eq!(failure.reason, Reason::Internal);
        });
    }

    #[test]
    fn answers_are_forgotten_by_age_number_and_size() {
        let mut answers = Answers::default();
        let start = Instant::now();
        answers.insert("old", &page("o"), start);
        answers.insert("new", &page("n"), start + Duration::from_secs(1));
        assert_eq!(answers.get("old", start + MAX_AGE), None);
        assert_eq!(answers.get("new", start + MAX_AGE), Some(page("n")));
        for number in 0..MAX_ANSWERS {
            answers.insert(&number.to_string(), &page("u"), start + MAX_AGE);
        }
        assert_eq!(answers.get("new", start + MAX_AGE), None);
        assert_eq!(
            (answers.by_text.len(), answers.order.len()),
            (MAX_ANSWERS, MAX_ANSWERS)
        );
        for large in ["a", "b", "c", "d", "e"] {
            answers.insert(large, &page(&large.repeat(MAX_BYTES / 5)), start + MAX_AGE);
        }
        let kept = (answers.get("a", start), answers.by_text.len());
        assert_eq!((kept, answers.bytes <= MAX_BYTES), ((None, 4), true));
        answers.insert(
            "too large",
            &page(&"x".repeat(MAX_BYTES / 4)),
            start + MAX_AGE,
        );
        assert_eq!(
            answers.by_text.len(),
            4,
            "one answer must not cost the others"
        );
    }
}
