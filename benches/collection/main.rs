//! What a large collection costs: indexing it again, and searching it by words and with filters.
//!
//! `nice cargo bench --bench collection [-- COUNT]` makes COUNT small pictures (100,000), each with a
//! name as a phone gives it, and an index of them with made-up vectors of 512 components; then prints
//! each time, in milliseconds, as the least of several.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clip::{Encoder, Picture};
use clip_bot::collection::add::{Options, Summary, add};
use clip_bot::collection::index::{Index, maintenance};
use clip_bot::collection::{Search, VectorStore};
use clip_bot::progress::Silent;
use clip_bot::search::Filter;
use clip_bot::shutdown::Shutdown;

const COUNT: u32 = 100_000;
const DIMENSIONS: usize = 512;
const PLACES: [&str; 8] = [
    "Rome",
    "Beach",
    "Birthday",
    "Camera",
    "Garden",
    "Lisbon",
    "Hochzeit",
    "Screenshots",
];

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let count = count.unwrap_or(COUNT);
    let folder = std::env::temp_dir().join(format!("bench-collection-{}", std::process::id()));
    let pictures = folder.join("pictures");
    paint(&pictures, count);
    let index = folder.join("index");
    let run = || {
        let (start, cpu) = (Instant::now(), cpu());
        let places = std::slice::from_ref(&pictures);
        let stop = Shutdown::default();
        let summary = add(
            &index,
            places,
            &MadeUp,
            Options::default(),
            &mut Silent,
            &stop,
        );
        let summary = summary.expect("room");
        let (wall, cpu) = (start.elapsed().as_secs_f64() * 1e3, self::cpu() - cpu);
        (summary, format!("{wall:.0} ms ({cpu:.0} ms of processors)"))
    };
    let (Summary { added, .. }, first) = run();
    let (again, second) = run();
    assert_eq!((added, again.unchanged), (count as usize, count as usize));
    println!("{count} files, first run: {first}, second run: {second}");
    let info = maintenance::info(&index).expect("sound");
    println!(
        "index: {} segments, {} bytes a picture",
        info.segments,
        info.bytes / u64::from(count)
    );
    searches(&index);
    std::fs::remove_dir_all(&folder).expect("ours");
}

/// What this process has used of processors, in milliseconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split(' ').skip(12).take(2).map(str::parse::<f64>);
    // A tick is 10 ms.
    ticks.map(|ticks| ticks.expect("a number") * 10.0).sum()
}

fn searches(folder: &Path) {
    let start = Instant::now();
    let index = Index::open(folder).expect("sound");
    let vector = vector_of(7);
    let filter = |pairs: &[(&str, &str)]| {
        let value = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| *name == wanted);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        };
        Filter::from_parameters(value).expect("a good filter")
    };
    let time = |words: &str, filter: &Filter| {
        let search = Search {
            vector: &vector,
            words,
            filter,
            language: None,
            accepts: &|_| true,
            limit: 6,
            threshold: -1.0,
        };
        let times = (0..30).map(|_| {
            let start = Instant::now();
            let found = index.find(&search).expect("sound");
            assert!(!found.is_empty());
            start.elapsed().as_secs_f64() * 1e3
        });
        times.fold(f64::MAX, f64::min)
    };
    let none = filter(&[]);
    let all = time("", &none);
    println!(
        "opened and searched first in {:.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    println!("vectors alone: {all:.2} ms");
    for words in ["zebra", "IMG_00012345", "Rome 2019", "rome", "img"] {
        println!("{words}: {:+.2} ms", time(words, &none) - all);
    }
    for pairs in [
        &[("after", "2019"), ("before", "2020")][..],
        &[("after", "2010")],
        &[("folder", "Rome")],
        &[("folder", "2019/Rome"), ("after", "2019-05")],
    ] {
        println!("{pairs:?}: {:+.2} ms", time("", &filter(pairs)) - all);
    }
}

/// Makes `count` pictures, unlike each other in content.
fn paint(folder: &Path, count: u32) {
    for number in 0..count {
        let path = folder.join(name(number));
        if number % 100 == 0 {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("room");
        }
        let [a, b, c, _] = number.to_le_bytes();
        let picture = image::RgbImage::from_pixel(1, 1, image::Rgb([a, b, c]));
        picture.save(path).expect("room");
    }
}

/// As a phone names it: a hundred in each folder.
fn name(number: u32) -> PathBuf {
    let folder = number / 100;
    let (year, place) = (2010 + folder % 15, PLACES[folder as usize % PLACES.len()]);
    let (month, day) = (number / 7 % 12 + 1, number % 28 + 1);
    format!("{year}/{place} {folder}/IMG_{year}{month:02}{day:02}_{number:08}.png").into()
}

/// Vectors that stand in all directions, as those of unlike pictures do.
fn vector_of(seed: u32) -> Vec<f32> {
    let mut state = u64::from(seed) * 2 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        #[expect(clippy::cast_precision_loss, reason = "any number will do")]
        let number = (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
        number
    };
    for _ in 0..8 {
        next();
    }
    let vector: Vec<f32> = (0..DIMENSIONS).map(|_| next()).collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}

struct MadeUp;

impl Encoder for MadeUp {
    fn name(&self) -> &'static str {
        "made up"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn encode_text(&self, _: &str) -> clip::Result<Vec<f32>> {
        Ok(vector_of(0))
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> clip::Result<Vec<Vec<f32>>> {
        Ok(pictures.to_vec())
    }

    fn pixels(&self, picture: &Picture) -> clip::Result<Vec<f32>> {
        let bytes = [picture.rgb[0], picture.rgb[1], picture.rgb[2], 0];
        Ok(vector_of(u32::from_le_bytes(bytes)))
    }
}
