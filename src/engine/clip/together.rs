//! Encodes the texts of several queries together, where they come faster than they are encoded: the weights
//! of a model lie in main memory, and are read once for all of them.
//!
//! Nobody waits for company. A text that finds a processor free is encoded at once, alone; those that come
//! meanwhile are encoded together as soon as it is free again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use clip::Encoder;

use crate::locked::{locked, unpoisoned};

/// Most texts that are encoded together: more would gain little, and the first would wait long.
const MOST: usize = 16;

/// Encodes texts for many threads.
pub(super) struct Together {
    encoder: Arc<dyn Encoder>,
    /// Threads that may encode at a time: the machine's processors.
    processors: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Texts that nobody encodes yet, with their numbers; in the order in which they came.
    waiting: Vec<(u64, String)>,
    next: u64,
    at_work: usize,
    /// Vectors that nobody fetched yet; none of a text that could not be encoded.
    done: Vec<(u64, Option<Vec<f32>>)>,
}

impl Together {
    pub fn new(encoder: Arc<dyn Encoder>) -> Self {
        let processors = thread::available_parallelism();
        Self {
            encoder,
            processors: processors.map_or(1, std::num::NonZero::get),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The vector of `text`.
    pub fn encode(&self, text: &str) -> clip::Result<Vec<f32>> {
        let mut state = locked(&self.state);
        let number = state.next;
        state.next += 1;
        state.waiting.push((number, text.to_owned()));
        loop {
            if let Some(place) = state.done.iter().position(|(done, _)| *done == number) {
                let (_, vector) = state.done.swap_remove(place);
                drop(state);
                // A text that failed together with others has an error of its own, or none.
                return vector.map_or_else(|| self.encoder.encode_text(text), Ok);
            }
            let is_waiting = state.waiting.iter().any(|(waiting, _)| *waiting == number);
            if is_waiting && state.at_work < self.processors {
                let count = state.waiting.len().min(MOST);
                let texts = state.waiting.drain(..count).collect();
                state.at_work += 1;
                drop(state);
                self.work(texts);
                state = locked(&self.state);
            } else {
                state = unpoisoned(self.changed.wait(state));
            }
        }
    }

    fn work(&self, waiting: Vec<(u64, String)>) {
        let texts: Vec<&str> = waiting.iter().map(|(_, text)| text.as_str()).collect();
        // A text that brings the encoder down must not do so to others: each is then encoded alone.
        let encode = AssertUnwindSafe(|| self.encoder.encode_texts(&texts));
        let vectors = match catch_unwind(encode) {
            Ok(Ok(vectors)) => vectors.into_iter().map(Some).collect(),
            Ok(Err(_)) | Err(_) => vec![None; texts.len()],
        };
        let numbers = waiting.iter().map(|(number, _)| *number);
        let mut state = locked(&self.state);
        state.done.extend(numbers.zip(vectors));
        state.at_work -= 1;
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use clip::{Error, ErrorKind, Picture};

    /// Encodes a text as its length, when it is told to, and says how many it encodes together.
    struct Slow {
        begun: Mutex<Sender<usize>>,
        go: Mutex<Receiver<()>>,
    }

    impl Encoder for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn dimensions(&self) -> usize {
            1
        }

        #[expect(clippy::cast_precision_loss, reason = "short texts")]
        fn encode_text(&self, text: &str) -> clip::Result<Vec<f32>> {
            match text {
                "panic" => panic!("as asked"),
                "bad" => Err(Error::new(ErrorKind::Input, "bad")),
                _ => Ok(vec![text.len() as f32]),
            }
        }

        fn encode_texts(&self, texts: &[&str]) -> clip::Result<Vec<Vec<f32>>> {
            locked(&self.begun).send(texts.len()).expect("a test");
            locked(&self.go).recv().expect("a test");
            let texts = texts.iter().map(|text| self.encode_text(text));
            texts.collect()
        }

        fn pixels(&self, _: &Picture) -> clip::Result<Vec<f32>> {
            Ok(Vec::new())
        }

        fn encode_pixels(&self, _: &[Vec<f32>]) -> clip::Result<Vec<Vec<f32>>> {
            Ok(Vec::new())
        }
    }

    fn slow() -> (Arc<Together>, Receiver<usize>, Sender<()>) {
        let ((begun, has_begun), (go, told)) = (channel(), channel());
        let encoder = Slow {
            begun: Mutex::new(begun),
            go: Mutex::new(told),
        };
        let together = Together {
            processors: 1,
            ..Together::new(Arc::new(encoder))
        };
        (Arc::new(together), has_begun, go)
    }

    /// Waits until so many texts wait.
    fn until_waiting(together: &Together, count: usize) {
        while locked(&together.state).waiting.len() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn texts_that_come_meanwhile_are_encoded_together() {
        let (together, begun, go) = slow();
        let together = &together;
        thread::scope(|scope| {
            let first = scope.spawn(|| together.encode("a"));
            assert_eq!(begun.recv(), Ok(1), "at once, and alone");
            let others: Vec<_> = (1..=20)
                .map(|length| scope.spawn(move || together.encode(&"b".repeat(length))))
                .collect();
            until_waiting(together, 20);
            for expected in [MOST, 4] {
                go.send(()).expect("at work");
                assert_eq!(begun.recv(), Ok(expected));
            }
            go.send(()).expect("at work");
            assert_eq!(first.join().expect("sound").expect("good"), [1.0]);
            for (other, length) in others.into_iter().zip(1_u8..) {
                let vector = other.join().expect("sound").expect("good");
                assert_eq!(vector, [f32::from(length)], "its own");
            }
        });
        assert!(locked(&together.state).done.is_empty());
    }

    #[test]
    fn a_text_that_fails_or_panics_fails_alone() {
        for bad in ["bad", "panic"] {
            let (together, begun, go) = slow();
            let together = &together;
            thread::scope(|scope| {
                let first = scope.spawn(|| together.encode("a"));
                assert_eq!(begun.recv(), Ok(1));
                let good = scope.spawn(|| together.encode("good"));
                let other = scope.spawn(move || together.encode(bad));
                until_waiting(together, 2);
                go.send(()).expect("at work");
                assert_eq!(begun.recv(), Ok(2));
                go.send(()).expect("at work");
                assert!(first.join().expect("sound").is_ok());
                assert_eq!(good.join().expect("sound").expect("good"), [4.0]);
                assert!(!matches!(other.join(), Ok(Ok(_))), "{bad}");
            });
            assert_eq!(locked(&together.state).at_work, 0);
        }
    }
}
