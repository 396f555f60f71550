//! What comparing costs in a large index, and whether it finds the best.
//!
//! `nice cargo bench --bench vectors -- INDEX [texts]` gives the index its codes, asks 200 made-up questions, or
//! texts of the built-in model, and prints processor time, pages read and resident memory; then compares some
//! answers with those of all numbers of all vectors. `benches/compare/clip_vectors.py INDEX "made up" SEGMENTS
//! ROWS` makes an index. `-- drawings FILE COUNT` writes vectors for one that texts can be asked of.
//!
//! `benches/vectors/in_little_memory [--made-up] COUNT` does all this, and then asks from a dropped page cache in a
//! control group of 700 MiB.

mod drawings;

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use clip::{Encoder, Picture};
use clip_bot::collection::add::{Options, add};
use clip_bot::collection::index::Index;
use clip_bot::collection::{NEAR_DUPLICATE, VectorStore};
use clip_bot::progress::Silent;
use clip_bot::shutdown::Shutdown;

const QUERIES: usize = 200;
/// Made-up questions whose answers are compared with exact ones, and texts.
const JUDGED: usize = 20;
const JUDGED_TEXTS: usize = 500;
/// The best of all vectors that are looked through for ten results.
const COMPARED: usize = 100;

fn main() {
    let words = std::env::args().skip(1);
    let words: Vec<String> = words.filter(|word| !word.starts_with("--")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [folder] => {
            let dimensions = dimensions(Path::new(folder));
            let mut chance = Chance(1);
            let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| chance.vector(dimensions)).collect();
            measure(Path::new(folder), &queries, JUDGED);
        }
        [folder, "texts"] => measure(Path::new(folder), &drawings::texts(), JUDGED_TEXTS),
        ["drawings", file, count] => {
            drawings::make(Path::new(file), count.parse().expect("a number"));
        }
        _ => println!("usage: cargo bench --bench vectors -- INDEX [texts] | drawings FILE COUNT"),
    }
}

fn dimensions(folder: &Path) -> usize {
    Index::open(folder).expect("an index").dimensions()
}

fn measure(folder: &Path, queries: &[Vec<f32>], judged: usize) {
    keep_codes(folder);
    let index = Index::open(folder).expect("an index");
    let dimensions = index.dimensions();
    let ask = |query: &Vec<f32>| index.search(query, 10, -1.0).expect("sound");
    let (start, pages) = (Instant::now(), pages_read());
    ask(&queries[0]);
    println!(
        "{} vectors of {dimensions}, the first query: {:.0} ms, {} pages read",
        index.len().expect("sound"),
        start.elapsed().as_secs_f64() * 1e3,
        pages_read() - pages
    );
    let mut least = f64::MAX;
    let pages = pages_read();
    for queries in queries.chunks(queries.len() / 5) {
        let before = cpu();
        for query in queries {
            ask(query);
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let each = (cpu() - before) / queries.len() as f64;
        least = least.min(each);
    }
    println!(
        "a query: {least:.2} ms of processor time, {} pages read, {} MiB resident",
        (pages_read() - pages) / queries.len(),
        resident()
    );
    judge(&index, &queries[..judged.min(queries.len())]);
}

/// Has the next writer make the codes, as `index add` does: of an empty folder.
fn keep_codes(folder: &Path) {
    let (start, before) = (Instant::now(), cpu());
    let name = Index::encoder_in(folder)
        .expect("readable")
        .expect("an index");
    let dimensions = dimensions(folder);
    let empty = folder.with_extension("empty");
    std::fs::create_dir_all(&empty).expect("room");
    let encoder = Named { name, dimensions };
    let (options, stop) = (Options::default(), Shutdown::default());
    let places = std::slice::from_ref(&empty);
    let done = add(folder, places, &encoder, options, &mut Silent, &stop);
    let done = done.map_or_else(|error| error.to_string(), |_| "added".to_owned());
    println!(
        "index add: {done}, {:.1} s, {:.1} s of processor time",
        start.elapsed().as_secs_f64(),
        (cpu() - before) / 1e3
    );
}

/// A vector that was compared with a query by all its numbers.
struct Compared {
    score: f32,
    id: String,
    vector: Vec<f32>,
}

/// Compares answers with the ten best of all vectors, of which near-duplicates count once.
fn judge(index: &Index, queries: &[Vec<f32>]) {
    let mut best: Vec<Vec<Compared>> = queries.iter().map(|_| Vec::new()).collect();
    let taken = index.each(|record, vector| {
        for (query, best) in queries.iter().zip(&mut best) {
            let score = dot(query, vector);
            if best.len() == COMPARED && score <= best[COMPARED - 1].score {
                continue;
            }
            let place = best.partition_point(|better| better.score >= score);
            let (id, vector) = (record.id.clone(), vector.to_vec());
            best.insert(place, Compared { score, id, vector });
            best.truncate(COMPARED);
        }
        Ok(true)
    });
    taken.expect("sound");
    let (mut right, mut all) = (0, 0);
    for (query, best) in queries.iter().zip(&best) {
        let found = index.search(query, 10, -1.0).expect("sound");
        let found: HashSet<_> = found.iter().map(|found| &found.record.id).collect();
        let mut shown: Vec<&Compared> = Vec::new();
        for next in best {
            let is_new = |shown: &&Compared| dot(&shown.vector, &next.vector) < NEAR_DUPLICATE;
            if shown.len() < 10 && shown.iter().all(is_new) {
                shown.push(next);
            }
        }
        right += shown.iter().filter(|best| found.contains(&best.id)).count();
        all += shown.len();
    }
    println!("{right} of {all} of the best are found");
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// What this process has used of processors, in milliseconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split(' ').skip(12).take(2).map(str::parse::<f64>);
    // A tick is 10 ms.
    ticks.map(|ticks| ticks.expect("a number") * 10.0).sum()
}

fn pages_read() -> usize {
    let io = std::fs::read_to_string("/proc/self/io").expect("Linux");
    let bytes = io
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    let bytes: usize = bytes.expect("a line").parse().expect("a number");
    bytes / 4096
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: usize = statm
        .split(' ')
        .nth(1)
        .expect("two")
        .parse()
        .expect("a number");
    pages / 256
}

struct Chance(u64);

impl Chance {
    /// A number from 0 up to `most`.
    #[expect(clippy::cast_precision_loss, reason = "any number will do")]
    fn up_to(&mut self, most: f32) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u32 << 24) as f32 * most
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        let vector: Vec<f32> = (0..dimensions).map(|_| self.up_to(2.0) - 1.0).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.into_iter().map(|x| x / length).collect()
    }
}

/// Encodes nothing, under the name of the index's encoder.
struct Named {
    name: String,
    dimensions: usize,
}

impl Encoder for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn encode_text(&self, _: &str) -> clip::Result<Vec<f32>> {
        Ok(Vec::new())
    }

    fn encode_pixels(&self, _: &[Vec<f32>]) -> clip::Result<Vec<Vec<f32>>> {
        Ok(Vec::new())
    }

    fn pixels(&self, _: &Picture) -> clip::Result<Vec<f32>> {
        Ok(Vec::new())
    }
}
