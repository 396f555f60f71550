//! Encodes the texts of several queries together, where they come faster than they are encoded: the weights
//! of a model lie in main memory, and are read once for all of them.

use std::sync::Arc;

use clip::Encoder;

use crate::together::Together;

/// Most texts that are encoded together: more would gain little, and the first would wait long.
const MOST: usize = 16;

/// Encodes texts for many threads.
pub(super) struct Texts {
    together: Together<String, Vec<f32>>,
    encoder: Arc<dyn Encoder>,
}

impl Texts {
    pub fn new(encoder: Arc<dyn Encoder>) -> Self {
        Self {
            together: Together::new(MOST),
            encoder,
        }
    }

    /// The vector of `text`.
    pub fn encode(&self, text: &str) -> clip::Result<Vec<f32>> {
        let vector = self.together.ask(text.to_owned(), |texts| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            self.encoder.encode_texts(&texts).ok()
        });
        // A text that failed together with others has an error of its own, or none.
        vector.map_or_else(|| self.encoder.encode_text(text), Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use super::*;
    use crate::locked::locked;
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

    fn slow() -> (Arc<Texts>, Receiver<usize>, Sender<()>) {
        let ((begun, has_begun), (go, told)) = (channel(), channel());
        let encoder = Slow {
            begun: Mutex::new(begun),
            go: Mutex::new(told),
        };
        let texts = Texts {
            together: Together::new(MOST).on(1),
            encoder: Arc::new(encoder),
        };
        (Arc::new(texts), has_begun, go)
    }

    /// Waits until so many texts wait.
    fn until_waiting(texts: &Texts, count: usize) {
        while texts.together.waiting() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn texts_that_come_meanwhile_are_encoded_together() {
        let (texts, begun, go) = slow();
        let texts = &texts;
        thread::scope(|scope| {
            let first = scope.spawn(|| texts.encode("a"));
            assert_eq!(begun.recv(), Ok(1), "at once, and alone");
            let others: Vec<_> = (1..=20)
                .map(|length| scope.spawn(move || texts.encode(&"b".repeat(length))))
                .collect();
            until_waiting(texts, 20);
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
        assert!(texts.together.is_idle());
    }

    #[test]
    fn a_text_that_fails_or_panics_fails_alone() {
        for bad in ["bad", "panic"] {
            let (texts, begun, go) = slow();
            let texts = &texts;
            thread::scope(|scope| {
                let first = scope.spawn(|| texts.encode("a"));
                assert_eq!(begun.recv(), Ok(1));
                let good = scope.spawn(|| texts.encode("good"));
                let other = scope.spawn(move || texts.encode(bad));
                until_waiting(texts, 2);
                go.send(()).expect("at work");
                assert_eq!(begun.recv(), Ok(2));
                go.send(()).expect("at work");
                assert!(first.join().expect("sound").is_ok());
                assert_eq!(good.join().expect("sound").expect("good"), [4.0]);
                assert!(!matches!(other.join(), Ok(Ok(_))), "{bad}");
            });
            assert!(texts.together.is_idle());
        }
    }
}
