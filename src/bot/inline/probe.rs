//! What the pictures at public addresses are: Telegram shows JPEGs of at most 5 MB in a list of results,
//! with their size. The first bytes of each are fetched once, and tell it.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::http::{self, Allowed, Head};
use crate::locked::locked;
use crate::media::picture_type;

/// Most that Telegram takes as the picture of an inline result, in bytes.
const MAX_SIZE: u64 = 5_000_000;
/// So many first bytes hold the size in pixels, behind what cameras write before it.
const START: u64 = 64 << 10;
/// Pictures that are looked at together, at different servers or the same.
const AT_ONCE: usize = 8;
/// Pictures that are remembered.
const MAX_KNOWN: usize = 4000;

/// What is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A JPEG of at most 5 MB; width and height in pixels, where its first bytes hold them.
    Fits(Option<(u32, u32)>),
    /// Something else, which Telegram would not show.
    Unfit,
}

/// Looks at pictures, and remembers what they are; the oldest are forgotten.
#[derive(Debug)]
pub struct Probes {
    client: http::Client,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_url: HashMap<String, Found>,
    order: VecDeque<String>,
}

impl Probes {
    /// Connects to `allowed` alone.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self {
            client: http::Client::for_downloads(allowed),
            known: Mutex::default(),
        }
    }

    /// What is at `url`, where that was seen.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Found> {
        locked(&self.known).by_url.get(url).copied()
    }

    /// `found` is at `url`.
    pub(super) fn remember(&self, url: &str, found: Found) {
        locked(&self.known).remember(url, found);
    }

    /// Looks at those of `urls` that are not known yet, until `until` at the latest.
    pub fn look(&self, urls: &[&str], until: Instant) {
        let new: Vec<&str> = urls
            .iter()
            .copied()
            .filter(|url| self.get(url).is_none())
            .collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..new.len().min(AT_ONCE) {
                // A thread that cannot be had leaves its work to the others.
                let _ = std::thread::Builder::new().spawn_scoped(scope, || {
                    while let Some(url) = new.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let left = until.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return;
                        }
                        if let Some(found) = self.ask(url, left) {
                            self.remember(url, found);
                        }
                    }
                });
            }
        });
    }

    /// What is at `url`; nothing where its server does not say within `time`.
    fn ask(&self, url: &str, time: Duration) -> Option<Found> {
        let range = format!("bytes=0-{}", START - 1);
        let request = http::Request::get(url)
            .header("range", range)
            .timeout(time)
            .limit(u64::MAX - 2);
        let answer = self.client.open(&request).ok()?;
        if [404, 410].contains(&answer.head.status) {
            return Some(Found::Unfit);
        }
        let length = length_of(&answer.head)?;
        let mut start = Vec::new();
        let read = answer.into_body().take(START).read_to_end(&mut start);
        // A part of the first bytes may be enough.
        if read.is_err() && start.is_empty() {
            return None;
        }
        Some(judge(length, &start))
    }
}

impl Known {
    fn remember(&mut self, url: &str, found: Found) {
        if self.by_url.insert(url.to_owned(), found).is_some() {
            return;
        }
        self.order.push_back(url.to_owned());
        if self.order.len() > MAX_KNOWN
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_url.remove(&oldest);
        }
    }
}

/// Bytes of the whole picture whose beginning or whole comes behind `head`, [`u64::MAX`] where it does
/// not say; nothing where no picture comes.
fn length_of(head: &Head) -> Option<u64> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let length = match head.status {
        200 => head.header("content-length").and_then(number),
        206 => head
            .header("content-range")
            .and_then(|range| number(range.rsplit('/').next()?)),
        _ => return None,
    };
    Some(length.unwrap_or(u64::MAX))
}

/// What a picture of `length` bytes is that begins with `start`.
fn judge(length: u64, start: &[u8]) -> Found {
    let is_whole = (start.len() as u64) < START;
    let is_small = length <= MAX_SIZE || (length == u64::MAX && is_whole);
    let is_jpeg = picture_type(start).is_some_and(|(_, ending)| ending == "jpg");
    if !is_small || !is_jpeg {
        return Found::Unfit;
    }
    let size = imagesize::blob_size(start).ok().and_then(|size| {
        let (width, height) = (
            u32::try_from(size.width).ok()?,
            u32::try_from(size.height).ok()?,
        );
        (width > 0 && height > 0).then_some((width, height))
    });
    Found::Fits(size)
}
