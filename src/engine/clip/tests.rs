//! The engine with a shelf of pictures in memory.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::collection::{Details, Original};
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
        let mut found: Vec<ScoredRecord> = found.filter(|found| found.score >= at_least).collect();
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        found.truncate(want);
        Ok(found)
    }

    fn original(&self, record: &Record) -> Result<Option<Original>> {
        let Place::File { root, path } = &record.place else {
            return Ok(None);
        };
        if path.starts_with("shelf") {
            return Ok(Some(Original::built_in(b"on the shelf")));
        }
        Ok(Original::open(root, path).unwrap_or_default())
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
fn served(engine: &ClipEngine, id: &str, width: Option<u32>) -> Option<(&'static str, Vec<u8>)> {
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
        (
            record("red-bus", file("shelf/a b&c.jpg"), 640, 480),
            [1.0, 0.0],
        ),
        (
            record("rose", address("https://h.example/rose.jpg"), 9000, 3000),
            [0.8, 0.6],
        ),
        (record("sea", file("shelf/sea.jpg"), 100, 100), [0.0, 1.0]),
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
    assert_eq!(hit.url, "https://h.example/dataset/shelf/a%20b%26c.jpg");
    assert_eq!(hit.thumbnail_url, None);
}

#[test]
fn pages_follow_one_another() {
    let vector = |n: u16| [1.0 - f32::from(n) / 100.0, 0.0];
    let shelf = (0..7_u16).map(|n| (record(&format!("p{n}"), file("shelf/x"), 9, 9), vector(n)));
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
    let shelf = vec![(record("wide", file("shelf/w.jpg"), 8192, 1024), [1.0, 0.0])];
    let hit = &search(&engine(shelf, None), "red", 1, 0).hits[0];
    assert_eq!(hit.url, "/images/wide?w=2048");
    assert_eq!((hit.width, hit.height), (Some(2048), Some(256)));
    assert_eq!(shown(3, 100_000), (1, 2048), "never nothing");
}

#[test]
fn a_picture_finds_its_like_and_is_served_in_any_width() {
    let name = format!("clip-engine-{}.jpg", std::process::id());
    let path = std::env::temp_dir().join(&name);
    let bytes = picture::encode_jpeg(&solid(255), 90, None).expect("encoded");
    std::fs::write(&path, &bytes).expect("room");
    let mut red = record("red", file(&name), 40, 20);
    red.bytes = bytes.len() as u64;
    red.digest = sha256(&bytes);
    let blue = record("blue", file("shelf/blue.jpg"), 40, 20);
    let gone = record("gone", file("gone.jpg"), 40, 20);
    let unmounted = format!("clip-engine-disk-{}", std::process::id());
    std::fs::create_dir_all(std::env::temp_dir().join(&unmounted)).expect("room");
    let away = record("away", file(&format!("{unmounted}/deep/away.jpg")), 40, 20);
    let deleted = record("deleted", file("no such folder/away.jpg"), 40, 20);
    let shelf = vec![
        (gone, [1.0, 0.0]),
        (red, [1.0, 0.0]),
        (away, [0.9, 0.0]),
        (deleted, [0.9, 0.0]),
        (blue, [0.0, 1.0]),
    ];
    let engine = engine(shelf, None);
    let like = |bytes: &[u8]| Query {
        subject: Subject::Picture {
            media_type: "image/jpeg".to_owned(),
            bytes: bytes.to_vec(),
            words: String::new(),
        },
        limit: 3,
        offset: 0,
        filter: Filter::default(),
        language: None,
    };
    let page = engine.search(&like(&bytes), soon()).expect("an answer");
    let urls: Vec<&str> = page.hits.iter().map(|hit| hit.url.as_str()).collect();
    assert_eq!(urls, ["/images/red", "/images/blue"], "what can be opened");
    assert_eq!(page.away, 1, "deleted files and folders are not away");
    std::fs::remove_dir(std::env::temp_dir().join(unmounted)).expect("ours");
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
