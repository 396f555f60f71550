//! The engine that searches by meaning: an encoder turns the query into a vector, a store finds the
//! pictures with similar vectors.

mod images;
mod stripped;
mod thumbnails;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ::clip::Encoder;

use crate::collection::{Place, ScoredRecord, VectorStore};
use crate::error::{Error, Result};
use crate::http::percent_encode;
use crate::picture;
use crate::search::{Engine, Failure, Hit, Image, Page, Query, Reason, Subject};

use images::Images;

/// Results that can be paged through; a query beyond them gets an empty answer.
const MAX_RESULTS: usize = 10_000;
/// Longest side of a picture as it is served, in pixels: Telegram shows at most 2560, and accepts
/// files of at most 10 MB.
const MAX_SIDE: u32 = 2048;
/// The lowest possible cosine: no threshold.
pub const MIN_SCORE: f32 = -1.0;
/// Width of a thumbnail, in pixels.
const THUMBNAIL_WIDTH: u32 = 320;

/// Finds pictures by meaning.
pub struct ClipEngine {
    encoder: Arc<dyn Encoder>,
    store: Arc<dyn VectorStore>,
    /// Threshold for searches by text: results with a lower cosine are left out.
    min_score: f32,
    /// Address that a file's base name is appended to, with a slash at the end.
    public_base: Option<String>,
    images: Arc<Images>,
}

impl ClipEngine {
    /// An engine that searches `store`, whose vectors must come from `encoder`. Searches by text
    /// leave out results with a cosine below `min_score`. Hits link to `/images/{id}` of the
    /// endpoint, or, where `public_base` is given, to the file's base name below that address. Smaller
    /// pictures are kept in the folder `cache`, where that is given.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the store's vectors come from another encoder.
    pub fn new(
        encoder: Arc<dyn Encoder>,
        store: Arc<dyn VectorStore>,
        min_score: f32,
        public_base: Option<String>,
        cache: Option<PathBuf>,
    ) -> Result<Self> {
        let (ours, theirs) = (encoder.name(), store.encoder_name());
        if ours != theirs {
            return Err(Error::config(format!(
                "the index was made with the model {theirs}, and CLIP_SEARCH_MODEL is {ours}: set \
                 the model it was made with, or make it anew with `clip-search index add --rebuild`"
            )));
        }
        Ok(Self {
            images: Arc::new(Images::new(Arc::clone(&store), cache)),
            encoder,
            store,
            min_score,
            public_base,
        })
    }

    /// The vector to search with, and the lowest score a result may have.
    fn vector(&self, subject: &Subject, deadline: Instant) -> Result<(Vec<f32>, f32), Failure> {
        match subject {
            Subject::Text(text) => {
                let vector = self.encoder.encode_text(text).map_err(broken)?;
                Ok((vector, self.min_score))
            }
            Subject::Picture { bytes, .. } => {
                let _reserved = self.images.reserve(bytes, deadline)?;
                let picture = picture::decode(bytes)
                    .map_err(|error| Failure::new(Reason::UnsupportedMedia, error.chain()))?;
                let vector = self.encoder.encode_picture(&picture).map_err(broken)?;
                // Between pictures no threshold separates similar from different: the user judges.
                Ok((vector, MIN_SCORE))
            }
        }
    }

    fn hit(&self, found: ScoredRecord) -> Hit {
        let ScoredRecord { record, score } = found;
        let address = format!("/images/{}", record.id);
        let whole = (record.width, record.height);
        let (url, thumbnail_url, (width, height)) = match (&record.place, &self.public_base) {
            (Place::Url { url, .. }, _) => (url.clone(), None, whole),
            (Place::File { path, .. }, Some(base)) => {
                (base.clone() + &base_name(path), None, whole)
            }
            (Place::File { .. }, None) => {
                let shown = shown(record.width, record.height);
                let url = if shown == whole {
                    address.clone()
                } else {
                    format!("{address}?w={}", shown.0)
                };
                (url, Some(format!("{address}?w={THUMBNAIL_WIDTH}")), shown)
            }
        };
        Hit {
            url,
            thumbnail_url,
            width: Some(width),
            height: Some(height),
            caption: Some(record.caption).filter(|caption| !caption.is_empty()),
            score: Some((f64::from(score) * 1e4).round() / 1e4),
        }
    }
}

impl Engine for ClipEngine {
    fn name(&self) -> &'static str {
        "clip"
    }

    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure> {
        let end = query.offset.saturating_add(query.limit);
        if end > MAX_RESULTS {
            return Ok(Page::default());
        }
        let (vector, at_least) = self.vector(&query.subject, deadline)?;
        // One more than shown, to know whether there is a next page.
        let found = self.store.search(&vector, end + 1, at_least);
        let found = found.map_err(broken)?;
        let next_offset = (found.len() > end).then_some(end);
        let page = found.into_iter().take(end).skip(query.offset);
        Ok(Page {
            hits: page.map(|found| self.hit(found)).collect(),
            next_offset,
        })
    }

    fn own_servers(&self) -> Vec<String> {
        self.public_base.iter().cloned().collect()
    }

    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        self.encoder.check().map_err(broken)?;
        // A search meets what counting would not: a file that was cut, a model that is gone.
        let query = Query {
            subject: Subject::Text("ready".to_owned()),
            limit: 1,
            offset: 0,
        };
        self.search(&query, deadline).map(drop)
    }

    fn pictures(&self) -> Option<usize> {
        self.store.len().ok()
    }

    fn model(&self) -> Option<&str> {
        Some(self.encoder.name())
    }

    fn image(&self, id: &str, width: Option<u32>) -> Result<Option<Image>, Failure> {
        Ok(self.images.image(id, width))
    }
}

fn broken(error: impl Into<Error>) -> Failure {
    Failure::new(Reason::Internal, error.into().chain())
}

/// Width and height as they are served: no side longer than [`MAX_SIDE`].
fn shown(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= MAX_SIDE {
        return (width, height);
    }
    // At most `MAX_SIDE`, since no side is longer than the longest.
    let scaled = |side: u32| {
        let scaled = u64::from(side) * u64::from(MAX_SIDE) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(MAX_SIDE).max(1)
    };
    (scaled(width), scaled(height))
}

fn base_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    percent_encode(&name, b"")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::collection::{Details, Record};
    use crate::digest::sha256;
    use ::clip::Picture;

    /// Knows two directions: red and not red.
    struct Colours;

    impl Encoder for Colours {
        fn name(&self) -> &'static str {
            "colours"
        }

        fn dimensions(&self) -> usize {
            2
        }

        fn encode_text(&self, text: &str) -> ::clip::Result<Vec<f32>> {
            Ok(match text {
                "red" => vec![1.0, 0.0],
                _ => vec![0.0, 1.0],
            })
        }

        fn encode_pixels(&self, pictures: &[Vec<f32>]) -> ::clip::Result<Vec<Vec<f32>>> {
            Ok(pictures.to_vec())
        }

        fn pixels(&self, picture: &Picture) -> ::clip::Result<Vec<f32>> {
            let is_red = picture.rgb[0] > 128;
            self.encode_text(if is_red { "red" } else { "blue" })
        }
    }

    struct Shelf(&'static str, Vec<(Record, [f32; 2])>);

    impl VectorStore for Shelf {
        fn encoder_name(&self) -> &str {
            self.0
        }

        fn len(&self) -> Result<usize> {
            Ok(self.1.len())
        }

        fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>> {
            let score = |other: &[f32; 2]| vector[0] * other[0] + vector[1] * other[1];
            let found = self.1.iter().map(|(record, vector)| ScoredRecord {
                record: record.clone(),
                score: score(vector),
            });
            let mut found: Vec<ScoredRecord> =
                found.filter(|found| found.score >= at_least).collect();
            found.sort_by(|one, other| other.score.total_cmp(&one.score));
            found.truncate(want);
            Ok(found)
        }

        fn record(&self, id: &str) -> Result<Option<Record>> {
            let mut records = self.1.iter().map(|(record, _)| record);
            Ok(records.find(|record| record.id == id).cloned())
        }
    }

    fn record(id: &str, place: Place, width: u32, height: u32) -> Record {
        Record {
            id: id.to_owned(),
            place,
            caption: id.replace('-', " "),
            width,
            height,
            bytes: 1000,
            modified: None,
            digest: sha256(id.as_bytes()),
            details: Details::default(),
        }
    }

    /// The picture file that is served, with its media type.
    fn served(
        engine: &ClipEngine,
        id: &str,
        width: Option<u32>,
    ) -> Option<(&'static str, Vec<u8>)> {
        let image = engine.image(id, width).expect("no fault")?;
        let file = image.file(soon()).expect("no fault")?;
        Some((file.media_type, file.read().expect("it is there")))
    }

    fn file(path: &str) -> Place {
        Place::File {
            root: std::env::temp_dir(),
            path: PathBuf::from(path),
        }
    }

    fn address(url: &str) -> Place {
        Place::Url {
            list: PathBuf::from("list.tsv"),
            url: url.to_owned(),
        }
    }

    fn engine(shelf: Vec<(Record, [f32; 2])>, public_base: Option<&str>) -> ClipEngine {
        let store = Arc::new(Shelf("colours", shelf));
        let base = public_base.map(str::to_owned);
        ClipEngine::new(Arc::new(Colours), store, 0.5, base, None).expect("the same name")
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn search(engine: &ClipEngine, text: &str, limit: usize, offset: usize) -> Page {
        let query = Query::text(text, limit, offset).expect("a good query");
        engine.search(&query, soon()).expect("an answer")
    }

    fn solid(red: u8) -> Picture {
        Picture {
            width: 40,
            height: 20,
            rgb: [red, 0, 0].repeat(40 * 20),
        }
    }

    #[test]
    fn what_is_not_like_the_words_is_not_shown() {
        let shelf = vec![
            (record("red-bus", file("a b&c.jpg"), 640, 480), [1.0, 0.0]),
            (
                record("rose", address("https://h.example/rose.jpg"), 9000, 3000),
                [0.8, 0.6],
            ),
            (record("sea", file("sea.jpg"), 100, 100), [0.0, 1.0]),
        ];
        let found = search(&engine(shelf.clone(), None), "red", 5, 0);
        let urls: Vec<&str> = found.hits.iter().map(|hit| hit.url.as_str()).collect();
        assert_eq!(urls, ["/images/red-bus", "https://h.example/rose.jpg"]);
        assert_eq!(found.next_offset, None);
        let first = &found.hits[0];
        assert_eq!(
            first.thumbnail_url.as_deref(),
            Some("/images/red-bus?w=320")
        );
        assert_eq!(first.caption.as_deref(), Some("red bus"));
        assert_eq!(
            (first.width, first.height, first.score),
            (Some(640), Some(480), Some(1.0))
        );
        // Another's picture is as large as it is there.
        assert_eq!(
            (found.hits[1].width, found.hits[1].height),
            (Some(9000), Some(3000))
        );

        let published = engine(shelf, Some("https://h.example/dataset/"));
        let hit = &search(&published, "red", 1, 0).hits[0];
        assert_eq!(hit.url, "https://h.example/dataset/a%20b%26c.jpg");
        assert_eq!(hit.thumbnail_url, None);
    }

    #[test]
    fn pages_follow_one_another() {
        let vector = |n: u16| [1.0 - f32::from(n) / 100.0, 0.0];
        let shelf = (0..7_u16).map(|n| (record(&format!("p{n}"), file("x"), 9, 9), vector(n)));
        let engine = engine(shelf.collect(), None);
        let mut seen = Vec::new();
        let mut offset = Some(0);
        while let Some(next) = offset {
            let page = search(&engine, "red", 3, next);
            seen.extend(page.hits.into_iter().map(|hit| hit.url));
            offset = page.next_offset;
        }
        let expected: Vec<String> = (0..7).map(|n| format!("/images/p{n}")).collect();
        assert_eq!(seen, expected);
        assert_eq!(search(&engine, "red", 5, MAX_RESULTS), Page::default());
    }

    #[test]
    fn a_large_picture_is_offered_in_a_size_that_can_be_sent() {
        let shelf = vec![(record("wide", file("w.jpg"), 8192, 1024), [1.0, 0.0])];
        let hit = &search(&engine(shelf, None), "red", 1, 0).hits[0];
        assert_eq!(hit.url, "/images/wide?w=2048");
        assert_eq!((hit.width, hit.height), (Some(2048), Some(256)));
        assert_eq!(shown(3, 100_000), (1, 2048), "never nothing");
    }

    #[test]
    fn a_picture_finds_its_like_and_is_served_in_any_width() {
        let name = format!("clip-engine-{}.jpg", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let bytes = picture::encode_jpeg(&solid(255), 90).expect("encoded");
        std::fs::write(&path, &bytes).expect("room");
        let mut red = record("red", file(&name), 40, 20);
        red.bytes = bytes.len() as u64;
        red.digest = sha256(&bytes);
        let blue = record("blue", file("gone.jpg"), 40, 20);
        let engine = engine(vec![(red, [1.0, 0.0]), (blue, [0.0, 1.0])], None);
        let like = |bytes: &[u8]| Query {
            subject: Subject::Picture {
                media_type: "image/jpeg".to_owned(),
                bytes: bytes.to_vec(),
            },
            limit: 2,
            offset: 0,
        };
        let page = engine.search(&like(&bytes), soon()).expect("an answer");
        let urls: Vec<&str> = page.hits.iter().map(|hit| hit.url.as_str()).collect();
        assert_eq!(urls, ["/images/red", "/images/blue"]);
        let failure = engine
            .search(&like(b"no picture"), soon())
            .expect_err("not one");
        assert_eq!(failure.reason, Reason::UnsupportedMedia);

        // The second time its content is not compared again.
        let [whole, again] = [0; 2].map(|_| served(&engine, "red", None).expect("it is there"));
        assert_eq!((whole.0, &whole.1), ("image/jpeg", &bytes));
        assert_eq!(again, whole);
        let larger = served(&engine, "red", Some(100)).expect("it is there");
        assert_eq!(larger, whole, "nothing is made larger");
        let (kind, small) = served(&engine, "red", Some(16)).expect("it is there");
        let small = picture::decode(&small).expect("a picture");
        assert_eq!((kind, small.width, small.height), ("image/jpeg", 16, 8));
        for id in ["blue", "../red", "", &name] {
            assert_eq!(served(&engine, id, None), None, "{id}");
        }
        let mut other = bytes.clone();
        other[100] ^= 1;
        for content in [&other[..], b"root:x:0:0:"] {
            std::fs::write(&path, content).expect("room");
            for width in [None, Some(16)] {
                assert_eq!(served(&engine, "red", width), None, "another file");
            }
        }
        std::fs::remove_file(&path).expect("it is there");
    }

    /// Knows its pictures and cannot search them.
    struct Cut;

    impl VectorStore for Cut {
        fn encoder_name(&self) -> &'static str {
            "colours"
        }

        fn len(&self) -> Result<usize> {
            Ok(1)
        }

        fn search(&self, _: &[f32], _: usize, _: f32) -> Result<Vec<ScoredRecord>> {
            Err(Error::new(crate::error::Kind::Unusable, "it is cut"))
        }

        fn record(&self, _: &str) -> Result<Option<Record>> {
            Ok(None)
        }
    }

    /// Finding 14: it said that it was ready while each search failed.
    #[test]
    fn an_index_that_cannot_be_searched_is_not_ready() {
        let good = engine(Vec::new(), None);
        assert_eq!(good.ready(soon()), Ok(()));
        let cut = ClipEngine::new(Arc::new(Colours), Arc::new(Cut), 0.5, None, None);
        let failure = cut.expect("the same name").ready(soon());
        assert_eq!(failure.expect_err("cut").reason, Reason::Internal);
    }

    #[test]
    fn vectors_of_another_model_are_refused() {
        let store = Arc::new(Shelf("other", Vec::new()));
        let error = ClipEngine::new(Arc::new(Colours), store, 0.0, None, None)
            .err()
            .expect("refused");
        let text = error.chain();
        assert!(text.contains("other") && text.contains("colours"), "{text}");
        assert!(text.contains("index add --rebuild"), "{text}");
    }
}
