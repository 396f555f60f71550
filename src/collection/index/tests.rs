use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::collection::Place;
use crate::collection::add::{Options, Summary, add};
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use clip::Encoder;
use clip::Picture;

mod damage;
mod disk;
mod likeness;

/// Deletes itself at the end.
#[derive(Debug)]
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
        let mut said = Said::default();
        self.add_all(&[self.pictures()], encoder, options, &mut said)
    }

    fn add_all(
        &self,
        places: &[PathBuf],
        encoder: &dyn Encoder,
        options: Options,
        said: &mut Said,
    ) -> Result<Summary> {
        let shutdown = Shutdown::default();
        add(&self.index(), places, encoder, options, said, &shutdown)
    }

    /// Pictures of all shades, so many of them; those that are there stay as they are.
    fn paint_many(&self, count: u8) {
        for number in 0..count {
            if self.pictures().join(format!("{number:03}.png")).exists() {
                continue;
            }
            let colour = [number, 255 - number, number / 2];
            self.paint(&format!("{number:03}.png"), colour);
        }
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

    fn encode_text(&self, _: &str) -> clip::Result<Vec<f32>> {
        Ok(Self::vector([1, 1, 1]))
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> clip::Result<Vec<Vec<f32>>> {
        Ok(pictures.to_vec())
    }

    fn pixels(&self, picture: &Picture) -> clip::Result<Vec<f32>> {
        let [red, green, blue, ..] = picture.rgb[..] else {
            return Err(clip::Error::new(clip::ErrorKind::Input, "no pixel"));
        };
        Ok(Self::vector([red, green, blue]))
    }
}

#[derive(Debug, Default)]
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
    let bytes = index.file(&best.record).expect("good").expect("there");
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

#[test]
fn the_same_picture_is_shown_once() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    fs::copy(&red, folder.pictures().join("copy.png")).expect("room");
    folder.paint("nearly.png", [251, 6, 1]);
    folder.paint("green.png", GREEN);
    folder.add().expect("good");
    let index = folder.open();
    assert_eq!(index.len().expect("good"), 4);
    let found = captions(&index, RED);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], "green");
    // All have ids of their own, and keep them.
    let records = || {
        let (snapshot, _) = load(&folder.index(), None).expect("good");
        let rows = snapshot.live().map(|row| {
            let stored = snapshot.stored(row).expect("good").expect("there");
            (stored.id(), stored.path)
        });
        rows.collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = records();
    assert_eq!(before.len(), 4, "{before:?}");
    folder
        .add_by(
            &Colours("colours"),
            Options {
                rebuild: true,
                ..Options::default()
            },
        )
        .expect("good");
    let after = records();
    assert_eq!(before.len(), after.len());
    let contents = |ids: &std::collections::BTreeMap<String, PathBuf>| {
        let mut contents: Vec<String> = ids.keys().map(|id| id[..16].to_owned()).collect();
        contents.sort();
        contents
    };
    assert_eq!(contents(&before), contents(&after));
}

#[test]
fn a_root_that_is_suddenly_empty_is_not_believed() {
    let folder = Folder::new();
    folder.paint_many(3);
    folder.add().expect("good");
    for number in 0..3 {
        fs::remove_file(folder.pictures().join(format!("{number:03}.png"))).expect("there");
    }
    let refusal = folder.add().expect_err("not believed").to_string();
    assert!(refusal.contains("no picture is left") && refusal.contains("--even-if-empty"));
    assert_eq!(folder.open().len().expect("good"), 3);
    let options = Options {
        even_if_empty: true,
        ..Options::default()
    };
    let summary = folder.add_by(&Colours("colours"), options).expect("good");
    assert_eq!(summary.removed, 3);
    assert_eq!(folder.open().len().expect("good"), 0);
    assert!(captions(&folder.open(), RED).is_empty());
}

#[test]
fn another_model_is_refused_until_the_index_is_made_anew() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    folder.add().expect("good");
    let index = folder.open();
    let refusal = folder
        .add_by(&Colours("others"), Options::default())
        .expect_err("another model");
    assert!(
        refusal.to_string().contains("was made with colours"),
        "{refusal}"
    );
    let options = Options {
        rebuild: true,
        ..Options::default()
    };
    let summary = folder.add_by(&Colours("others"), options).expect("good");
    assert_eq!(summary.added, 1);
    assert_eq!(folder.open().encoder_name(), "others");
    assert_eq!(index.encoder_name(), "colours", "for who has it open");
    assert_eq!(captions(&index, RED), ["red"], "though its file is deleted");
}

#[test]
fn names_may_be_anything_and_links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let odd = std::ffi::OsStr::from_bytes(b"new\nline \xff.png");
    let red = folder.paint("red.png", RED);
    fs::rename(&red, folder.pictures().join(odd)).expect("room");
    std::os::unix::fs::symlink(folder.pictures(), folder.pictures().join("loop")).expect("room");
    fs::write(
        folder.pictures().join("cut.png"),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    )
    .expect("room");
    let mut said = Said::default();
    let places = [folder.pictures()];
    let summary = folder.add_all(&places, &Colours("colours"), Options::default(), &mut said);
    let summary = summary.expect("good");
    assert_eq!((summary.added, summary.failed), (1, 1), "{summary:?}");
    assert!(said.0[0].contains("cut.png"), "{said:?}");
    let found = folder
        .open()
        .search(&Colours::vector(RED), 1, 0.0)
        .expect("good");
    assert_eq!(found[0].record.caption, "new line \u{fffd}");
    let Place::File { path, .. } = &found[0].record.place else {
        panic!("a file");
    };
    assert_eq!(path.as_os_str(), odd);
    assert!(
        folder
            .open()
            .file(&found[0].record)
            .expect("good")
            .is_some()
    );
}

#[test]
fn roots_do_not_lie_in_each_other_and_can_be_removed() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let below = folder.paint("deep/green.png", GREEN);
    folder.add().expect("good");
    let inside = [folder.pictures().join("deep")];
    let mut said = Said::default();
    let refusal = folder.add_all(&inside, &Colours("colours"), Options::default(), &mut said);
    assert!(
        refusal
            .expect_err("inside")
            .to_string()
            .contains("lie in each other")
    );
    let nowhere = [folder.0.join("nowhere")];
    let refusal = folder.add_all(&nowhere, &Colours("colours"), Options::default(), &mut said);
    assert!(
        refusal
            .expect_err("nothing there")
            .to_string()
            .contains("nowhere")
    );

    let index = folder.open();
    let remove = |place: &Path| upkeep::remove(&folder.index(), place.to_str().expect("text"));
    assert!(remove(&folder.0.join("nowhere")).is_err());
    assert_eq!(remove(&below).expect("good"), 1);
    assert_eq!(captions(&index, GREEN), ["red"]);
    assert_eq!(remove(&folder.pictures()).expect("good"), 1);
    assert_eq!(index.len().expect("good"), 0);
    let info = upkeep::info(&folder.index()).expect("good");
    assert_eq!((info.pictures, info.dead, info.segments), (0, 0, 0));
    assert!(info.roots.is_empty(), "{info:?}");
    folder.add().expect("good");
    assert_eq!(index.len().expect("good"), 2);
    let info = upkeep::info(&folder.index()).expect("good");
    assert_eq!(info.roots.len(), 1);
    assert_eq!(info.roots[0].1, 2);
}

#[test]
fn there_is_one_writer_at_a_time() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let writer = writer::Writer::open(&folder.index()).expect("free");
    let refusal = folder.add().expect_err("locked").to_string();
    let us = format!("(process {})", std::process::id());
    assert!(refusal.contains(&us), "{refusal}");
    drop(writer);
    folder.add().expect("free again");
}

#[test]
fn an_interrupted_run_keeps_what_it_did_and_removes_nothing() {
    let folder = Folder::new();
    folder.paint_many(40);
    folder.add().expect("good");
    fs::remove_file(folder.pictures().join("007.png")).expect("there");
    folder.paint("new.png", RED);
    let shutdown = Shutdown::default();
    shutdown.raise();
    let places = [folder.pictures()];
    let encoder = Colours("colours");
    let options = Options::default();
    let mut said = Said::default();
    let summary = add(
        &folder.index(),
        &places,
        &encoder,
        options,
        &mut said,
        &shutdown,
    );
    let summary = summary.expect("good");
    assert!(
        summary.is_interrupted && summary.removed == 0,
        "{summary:?}"
    );
    assert_eq!(folder.open().len().expect("good"), 40);
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.removed), (1, 1), "{summary:?}");
}

/// Small commits, so that segments are joined within the run and after it.
#[test]
fn many_small_commits_become_few_segments() {
    let folder = Folder::new();
    folder.paint_many(100);
    let options = Options {
        commit_pictures: 1,
        ..Options::default()
    };
    let index = {
        folder.add_by(&Colours("colours"), options).expect("good");
        folder.open()
    };
    assert_eq!(index.len().expect("good"), 100);
    let segments = || fs::read_dir(folder.index()).expect("there").count() - 2;
    assert!((2..16).contains(&segments()), "{}", segments());
    let before = index
        .search(&Colours::vector(RED), 100, -1.0)
        .expect("good");
    // A third of the rows die, so those that stay are written anew.
    for number in 0..34 {
        fs::remove_file(folder.pictures().join(format!("{number:03}.png"))).expect("there");
    }
    let summary = folder.add().expect("good");
    assert_eq!((summary.unchanged, summary.removed), (66, 34));
    let info = upkeep::info(&folder.index()).expect("good");
    assert!(info.dead * 4 <= info.pictures + info.dead, "{info:?}");
    let after = index
        .search(&Colours::vector(RED), 100, -1.0)
        .expect("good");
    assert!(after.len() <= before.len() && !after.is_empty());
    for found in after {
        assert!(found.record.caption.parse::<u8>().expect("a number") >= 34);
    }
    assert_eq!(
        upkeep::verify(&folder.index())
            .expect("good")
            .expect("whole"),
        66
    );
}

#[test]
fn a_changed_file_is_looked_at_again_and_one_that_is_no_picture_any_more_goes() {
    let folder = Folder::new();
    let path = folder.paint("it.png", RED);
    folder.paint("other.png", BLUE);
    folder.add().expect("good");
    let index = folder.open();
    let before = index.search(&Colours::vector(RED), 1, 0.9).expect("good");
    // Touched only.
    let file = File::options().write(true).open(&path).expect("there");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .expect("ours");
    let summary = folder.add().expect("good");
    assert_eq!((summary.known, summary.unchanged), (1, 1), "{summary:?}");
    let after = index.search(&Colours::vector(RED), 1, 0.9).expect("good");
    assert_eq!(before[0].record.id, after[0].record.id);
    fs::write(&path, "words").expect("room");
    let summary = folder.add().expect("good");
    assert_eq!(summary.removed, 1, "{summary:?}");
    assert!(
        index
            .search(&Colours::vector(RED), 1, 0.9)
            .expect("good")
            .is_empty()
    );
    assert_eq!(index.record(&after[0].record.id).expect("good"), None);
}

/// A server of one picture.
fn picture_server(file: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let mut first = String::new();
            let _ = reader.read_line(&mut first);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            count.fetch_add(1, Ordering::SeqCst);
            let (status, body) = match first.split(' ').nth(1) {
                Some("/red.png") => ("200 OK", &file[..]),
                Some("/page") => ("200 OK", &b"<html>"[..]),
                _ => ("404 Not Found", &b""[..]),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = (&stream).write_all(head.as_bytes());
            let _ = (&stream).write_all(body);
        }
    });
    (address, asked)
}

#[test]
fn pictures_of_a_list_are_fetched_once() {
    let folder = Folder::new();
    let file = fs::read(folder.paint("red.png", RED)).expect("there");
    let (server, asked) = picture_server(file);
    let list = folder.0.join("list.tsv");
    let lines = format!(
        "# of ours\n{server}/red.png\tA red one\n\n{server}/red.png\tagain\n\
         {server}/page\tno picture\n{server}/gone.png\nftp://x/y.png\tbad\n"
    );
    fs::write(&list, &lines).expect("room");
    let places = [list.clone()];
    let encoder = Colours("colours");
    let mut said = Said::default();
    let strict = Options::default();
    let summary = folder
        .add_all(&places, &encoder, strict, &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.failed), (0, 4), "{said:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "not a public address");

    let options = Options {
        allowed: |_| true,
        ..strict
    };
    let mut said = Said::default();
    let summary = folder
        .add_all(&places, &encoder, options, &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.failed), (1, 3), "{said:?}");
    let index = folder.open();
    let found = index.search(&Colours::vector(RED), 5, 0.0).expect("good");
    assert_eq!(found.len(), 1);
    let url = format!("{server}/red.png");
    assert_eq!(found[0].record.caption, "A red one");
    assert_eq!(
        found[0].record.place,
        Place::Url {
            list: fs::canonicalize(&list).expect("there"),
            url: url.clone()
        }
    );
    let before = asked.load(Ordering::SeqCst);
    fs::write(&list, format!("{url}\tAnother caption\n")).expect("room");
    let summary = folder
        .add_all(&places, &encoder, options, &mut said)
        .expect("good");
    assert_eq!((summary.added, summary.known), (0, 1), "{summary:?}");
    assert_eq!(asked.load(Ordering::SeqCst), before, "not fetched again");
    let again = index.search(&Colours::vector(RED), 5, 0.0).expect("good");
    assert_eq!(again[0].record.caption, "Another caption");
    assert_eq!(again[0].record.id, found[0].record.id);
    assert_eq!(upkeep::remove(&folder.index(), &url).expect("good"), 1);
    assert_eq!(index.len().expect("good"), 0);
}

/// The file that is read is never the one that is being written.
#[test]
fn an_index_is_searched_while_it_grows() {
    let folder = Folder::new();
    folder.paint_many(5);
    folder.add().expect("good");
    folder.paint_many(120);
    let index = folder.open();
    let options = Options {
        commit_pictures: 2,
        ..Options::default()
    };
    std::thread::scope(|scope| {
        let growing = scope.spawn(|| folder.add_by(&Colours("colours"), options));
        let mut most = 0;
        while !growing.is_finished() {
            let found = index.search(&Colours::vector(GREEN), 3, 0.0).expect("good");
            assert!(!found.is_empty());
            let length = index.len().expect("good");
            assert!(length >= most, "{length} after {most}");
            most = length;
        }
        growing.join().expect("no panic").expect("good");
    });
    assert_eq!(index.len().expect("good"), 120);
}
