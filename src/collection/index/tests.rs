//! An index of small pictures, as the tests below make and use it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::collection::Place;
use crate::collection::add::{Options, Summary, add};
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use clip::Encoder;
use clip::Picture;

mod catalogs;
mod changes;
mod codes;
mod commits;
mod damage;
mod disk;
mod filters;
mod gone;
mod left_out;
mod list;
mod near_duplicates;
mod roots;
mod search;
mod similarity;
mod words;

/// A folder for pictures and their index, which is deleted at the end of a test.
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

    /// `count` pictures of different colours; those that exist already are left as they are.
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

/// An encoder whose vectors are the colour of the first pixel.
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

/// Keeps the lines that were shown to the operator.
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

/// The captions of the pictures that are found by `colour`, best first.
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
