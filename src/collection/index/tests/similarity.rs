//! Which vectors a search finds, and how fast.

use std::collections::HashSet;
use std::time::Instant;

use super::super::record::StoredRecord;
use super::super::rows::RowBatch;
use super::super::segment::halves;
use super::super::writer::Writer;
use super::*;
use crate::collection::Details;
use crate::digest::sha256;

/// Vectors like those of CLIP: all in one direction, then in clusters, then noise.
pub(super) struct Vectors {
    mean: Vec<f32>,
    centres: Vec<Vec<f32>>,
    state: u64,
}

impl Vectors {
    pub(super) fn new(dimensions: usize, clusters: usize) -> Self {
        let mut vectors = Self {
            mean: Vec::new(),
            centres: Vec::new(),
            state: 42,
        };
        vectors.mean = (0..dimensions).map(|_| vectors.gauss()).collect();
        let centre = |_| (0..dimensions).map(|_| vectors.gauss() * 0.7).collect();
        vectors.centres = (0..clusters).map(centre).collect();
        vectors
    }

    pub(super) fn bits(&mut self) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 40) as u32
    }

    #[expect(clippy::cast_precision_loss, reason = "24 bits")]
    pub(super) fn gauss(&mut self) -> f32 {
        let sum: f32 = (0..4).map(|_| self.bits() as f32 / 16_777_216.0).sum();
        (sum - 2.0) * 1.732
    }

    pub(super) fn vector(&mut self) -> Vec<f32> {
        let centre = self.bits() as usize % self.centres.len();
        let noise: Vec<f32> = (0..self.mean.len()).map(|_| self.gauss() * 0.5).collect();
        let parts = self.mean.iter().zip(&self.centres[centre]).zip(noise);
        let vector: Vec<f32> = parts.map(|((a, b), c)| a + b + c).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.into_iter().map(|x| x / length).collect()
    }
}

/// An index of made-up vectors, with a segment for each part.
pub(super) fn index_of(
    folder: &Folder,
    dimensions: usize,
    parts: impl IntoIterator<Item = Vec<Vec<f32>>>,
) -> Index {
    let mut writer = Writer::open(&folder.index()).expect("free");
    "made up".clone_into(&mut writer.manifest.encoder);
    writer.manifest.dimensions = dimensions;
    writer.manifest.roots = vec![Root {
        path: folder.pictures(),
        is_list: false,
        visited: 0,
        is_gone: false,
    }];
    let mut number = 0usize;
    for part in parts {
        let mut batch = RowBatch::default();
        for vector in part {
            let stored = StoredRecord {
                root: 0,
                copy: 0,
                path: number.to_string().into(),
                caption: number.to_string(),
                width: 1,
                height: 1,
                bytes: 1,
                modified: None,
                digest: sha256(&number.to_le_bytes()),
                details: Details::default(),
                details_version: 0,
            };
            batch.push(halves(&vector), &stored);
            number += 1;
        }
        writer.commit(&batch, &HashSet::new()).expect("room");
    }
    drop(writer);
    folder.open()
}

fn numbers(found: &[ScoredRecord]) -> Vec<usize> {
    let captions = found.iter().map(|found| &found.record.caption);
    captions
        .map(|caption| caption.parse().expect("a number"))
        .collect()
}

#[test]
fn bytes_and_halves_find_what_floats_find() {
    let dimensions = 128;
    let mut vectors = Vectors::new(dimensions, 40);
    // Segments of different sizes have scales of their own.
    let parts: Vec<Vec<Vec<f32>>> = [300, 200, 1, 700]
        .iter()
        .map(|rows| (0..*rows).map(|_| vectors.vector()).collect())
        .collect();
    let folder = Folder::new();
    let index = index_of(&folder, dimensions, parts.clone());
    let all: Vec<&Vec<f32>> = parts.iter().flatten().collect();
    let mut right = 0;
    for _ in 0..40 {
        let query = vectors.vector();
        let score = |vector: &[f32]| vector.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
        let scores: Vec<f32> = all.iter().map(|vector| score(vector)).collect();
        let mut exact: Vec<usize> = (0..all.len()).collect();
        exact.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let found = index.search(&query, 10, -1.0).expect("good");
        assert_eq!(found.len(), 10);
        assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        for (found, number) in found.iter().zip(numbers(&found)) {
            assert!((found.score - scores[number]).abs() < 2e-3);
        }
        let found = numbers(&found);
        right += found
            .iter()
            .filter(|number| exact[..10].contains(number))
            .count();
    }
    assert!(right >= 396, "{right} of 400");
}

#[test]
fn pages_go_on_where_the_last_one_ended_and_a_threshold_ends_them() {
    let mut vectors = Vectors::new(64, 8);
    let parts = [(0..900).map(|_| vectors.vector()).collect::<Vec<_>>()];
    let folder = Folder::new();
    let index = index_of(&folder, 64, parts);
    let query = vectors.vector();
    let all = index.search(&query, 10_000, -1.0).expect("good");
    assert!(all.len() > 500, "{}", all.len());
    for want in [0, 1, 5, 50, 99, 300] {
        let some = index.search(&query, want, -1.0).expect("good");
        assert_eq!(numbers(&some), numbers(&all)[..want]);
    }
    let threshold = all[20].score;
    let some = index.search(&query, 50, threshold).expect("good");
    assert!((21..=50).contains(&some.len()));
    assert!(some.iter().all(|found| found.score >= threshold));
}

#[test]
fn many_copies_do_not_hide_the_rest() {
    let mut vectors = Vectors::new(64, 3);
    let (copied, other) = (vectors.vector(), vectors.vector());
    let mut rows = vec![copied.clone(); 1000];
    rows.push(other);
    let folder = Folder::new();
    let index = index_of(&folder, 64, [rows]);
    assert_eq!(
        numbers(&index.search(&copied, 5, -1.0).expect("good")),
        [0, 1000]
    );
}

/// How time grows with the number of rows. `CLIP_INDEX_ROWS=1000000 cargo test --release --lib
/// collection::index::tests::similarity::scale -- --nocapture` measures a large index.
#[test]
fn scale() {
    let rows = std::env::var("CLIP_INDEX_ROWS").map_or(500, |n| n.parse().expect("a number"));
    let dimensions = 512;
    let mut vectors = Vectors::new(dimensions, 100);
    let pool: Vec<Vec<f32>> = (0..rows.min(20_000)).map(|_| vectors.vector()).collect();
    let folder = Folder::new();
    // Turned by one more component in each part, so that they are not copies of each other.
    let parts = (0..rows)
        .step_by(pool.len())
        .enumerate()
        .map(|(part, first)| {
            let part_of = pool[..pool.len().min(rows - first)].iter();
            let turned = part_of.map(|vector| {
                let mut vector = vector.clone();
                vector.rotate_left(part % dimensions);
                vector
            });
            turned.collect()
        });
    let index = index_of(&folder, dimensions, parts);
    let mut times = Vec::new();
    for _ in 0..30 {
        let query = vectors.vector();
        let begun = Instant::now();
        let found = index.search(&query, 10, -1.0).expect("good");
        times.push(begun.elapsed());
        assert!(!found.is_empty());
    }
    times.sort();
    let info = maintenance::info(&folder.index()).expect("good");
    println!(
        "{} rows, {} MiB: median {:?}, best {:?}",
        info.pictures,
        info.bytes >> 20,
        times[times.len() / 2],
        times[0]
    );
}
