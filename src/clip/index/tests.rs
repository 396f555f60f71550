use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::add::{Options, Progress, Summary, add};
use super::*;
use crate::clip::Encoder;
use crate::clip::picture::Picture;
use crate::shutdown::Shutdown;

/// Deletes itself at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("clip-index-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("pictures")).expect("room");
        Self(path)
    }

    fn pictures(&self) -> PathBuf {
        self.0.join("pictures")
    }

    fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// A picture of one colour at `name` below the pictures.
    fn paint(&self, name: &str, colour: [u8; 3]) -> PathBuf {
        let path = self.pictures().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("room");
        let picture = image::RgbImage::from_pixel(8, 6, image::Rgb(colour));
        picture
            .save_with_format(&path, image::ImageFormat::Png)
            .expect("room");
        path
    }

    fn add(&self) -> Result<Summary> {
        self.add_by(&Colours("colours"), Options::default())
    }

    fn add_by(&self, encoder: &dyn Encoder, options: Options) -> Result<Summary> {
        let places = [self.pictures()];
        let shutdown = Shutdown::default();
        add(
            &self.index(),
            &places,
            encoder,
            options,
            &mut Said::default(),
            &shutdown,
        )
    }

    fn open(&self) -> Index {
        Index::open(&self.index()).expect("a good index")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Its vectors are mean colours.
struct Colours(&'static str);

impl Colours {
    fn vector(colour: [u8; 3]) -> Vec<f32> {
        let vector: Vec<f32> = colour.iter().map(|x| f32::from(*x) + 1.0).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.into_iter().map(|x| x / length).collect()
    }
}

impl Encoder for Colours {
    fn name(&self) -> &str {
        self.0
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn encode_text(&self, _: &str) -> Result<Vec<f32>> {
        Ok(Self::vector([1, 1, 1]))
    }

    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>> {
        let [red, green, blue, ..] = picture.rgb[..] else {
            return Err(Error::new(Kind::System, "no pixel"));
        };
        Ok(Self::vector([red, green, blue]))
    }
}

#[derive(Default)]
struct Said(Vec<String>);

impl Progress for Said {
    fn begin(&mut self, _: u64) {}
    fn done(&mut self, _: u64) {}
    fn say(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
    fn end(&mut self) {}
}

const RED: [u8; 3] = [250, 5, 0];
const GREEN: [u8; 3] = [0, 250, 0];
const BLUE: [u8; 3] = [0, 0, 250];

fn captions(index: &Index, colour: [u8; 3]) -> Vec<String> {
    let found = index
        .search(&Colours::vector(colour), 10, -1.0)
        .expect("good");
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    found
        .into_iter()
        .map(|found| found.record.caption)
        .collect()
}

#[test]
fn pictures_are_found_by_what_they_show() {
    let folder = Folder::new();
    folder.paint("a_red-one.png", RED);
    folder.paint("deep/below/green.jpg", GREEN);
    folder.paint("blue.PNG", BLUE);
    fs::write(folder.pictures().join("notes.png"), "no picture").expect("room");
    folder.paint(".hidden/red.png", RED);
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.failed), (3, 0), "{summary:?}");
    let index = folder.open();
    assert_eq!(captions(&index, RED), ["a red one", "green", "blue"]);
    assert_eq!(captions(&index, BLUE)[0], "blue");
    let best = &index.search(&Colours::vector(GREEN), 1, 0.5).expect("good")[0];
    assert!(best.score > 0.999 && best.score < 1.001, "{}", best.score);
    assert_eq!((best.record.width, best.record.height), (8, 6));
    assert_eq!(
        index.record(&best.record.id).expect("good").as_ref(),
        Some(&best.record)
    );
    let bytes = index
        .picture(&best.record.id)
        .expect("good")
        .expect("there");
    assert_eq!(crate::digest::sha256(&bytes), best.record.digest);
    assert_eq!(
        best.record.place.file(),
        Some(canonical(&folder).join("deep/below/green.jpg"))
    );
    for id in [
        "",
        "x",
        "0123456789abcdef",
        "0123456789abcdef-00000001",
        "../etc/passwd",
        "é",
    ] {
        assert_eq!(index.record(id).expect("good"), None, "{id}");
    }
    assert!(index.search(&[1.0], 1, 0.0).is_err(), "of another length");
}

fn canonical(folder: &Folder) -> PathBuf {
    fs::canonicalize(folder.pictures()).expect("there")
}

#[test]
fn a_second_run_does_only_what_changed() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    let green = folder.paint("green.png", GREEN);
    folder.paint("blue.png", BLUE);
    folder.add().expect("good");
    let index = folder.open();
    let id_of = |name: &str| {
        let found = index.search(&Colours::vector(RED), 10, -1.0).expect("good");
        let one = found.into_iter().find(|found| found.record.caption == name);
        one.map(|found| found.record.id)
    };
    let id = id_of("red").expect("found");

    let summary = folder.add().expect("good");
    assert_eq!(
        summary,
        Summary {
            unchanged: 3,
            ..Summary::default()
        }
    );

    fs::rename(&red, folder.pictures().join("rouge.png")).expect("there");
    fs::remove_file(&green).expect("there");
    folder.paint("blue.png", [0, 100, 250]);
    folder.paint("yellow.png", [250, 250, 0]);
    let summary = folder.add().expect("good");
    let expected = Summary {
        added: 2,
        known: 1,
        removed: 1,
        ..Summary::default()
    };
    assert_eq!(summary, expected);
    // The same index, still open.
    assert_eq!(index.len().expect("good"), 3);
    assert_eq!(id_of("red"), None);
    assert_eq!(id_of("green"), None);
    assert_eq!(id_of("rouge"), Some(id), "a moved picture keeps its id");
}
