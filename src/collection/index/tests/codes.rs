//! Codes lose none of the best pictures, and are made where they are missing.

use std::sync::Arc;

use super::super::nearest::{Candidate, Sought};
use super::super::passes::{Asked, Pass};
use super::super::segment::{floats, halves, stride};
use super::similarity::{Vectors, index_of};
use super::*;
use crate::collection::Search;
use crate::engine::{drawings, sample};
use crate::search::{Filter, Language};
use clip::Encoder;
use clip::kernel::Isa;
use clip::kernel::codes::{KEPT, width};
use clip::kernel::scan::ScanQuery;

fn search<'a>(vector: &'a [f32], filter: &'a Filter) -> Search<'a> {
    Search {
        vector,
        words: "",
        language: None,
        filter,
        accepts: &|_| true,
        limit: 10,
        threshold: -1.0,
    }
}

/// The numbers of the ten best rows, of a segment each as long as `part`, and how many rows were read.
fn ten_best(index: &Index, vector: &[f32], part: usize) -> (Vec<usize>, usize) {
    let filter = Filter::default();
    let search = search(vector, &filter);
    let snapshot = index.current();
    let near = snapshot
        .guarded(|| snapshot.ranked(&Sought::new(&search), 10, 10))
        .expect("sound");
    let ten = near.rows.iter().take(10);
    let numbers = ten.map(|row| row.segment * part + row.row).collect();
    (numbers, near.rows.len())
}

fn unit(vector: impl Iterator<Item = f32>) -> Vec<f32> {
    let vector: Vec<f32> = vector.collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}

/// The ten best of `rows` by all their numbers.
fn exact(rows: &[Vec<f32>], query: &[f32]) -> Vec<usize> {
    let rows: Vec<Vec<u8>> = rows.iter().map(|row| halves(row)).collect();
    best_of(&rows, query)
}

/// The same, of rows of 16-bit floats.
fn best_of(rows: &[Vec<u8>], query: &[f32]) -> Vec<usize> {
    let query = ScanQuery::new(query, stride(query.len()));
    let scores: Vec<f32> = rows
        .iter()
        .map(|row| Isa::detect().dot_f16(row, &query))
        .collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.select_nth_unstable_by(10, |a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(10);
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order
}

/// Vectors of the built-in drawings, two mixed in each, with a little of chance.
fn pictures(count: usize) -> Vec<Vec<f32>> {
    let dimensions = sample::model().expect("built in").dimensions();
    let drawings: Vec<Vec<f32>> = sample::vectors(dimensions).collect();
    let mut chance = Vectors::new(1, 1);
    let mut pick = |count: usize| chance.bits() as usize % count;
    let picked: Vec<[usize; 3]> = (0..count)
        .map(|_| [pick(drawings.len()), pick(drawings.len()), pick(64)])
        .collect();
    let mut mixed = |[one, other, share]: [usize; 3]| {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let share = share as f32 / 80.0;
        let both = drawings[one].iter().zip(&drawings[other]);
        let parts = both.map(|(a, b)| a + share * b + 0.02 * chance.gauss());
        let vector = unit(parts);
        floats(&halves(&vector)).take(vector.len()).collect()
    };
    picked.into_iter().map(&mut mixed).collect()
}

#[test]
fn texts_find_the_ten_best_pictures_by_codes() {
    const PART: usize = 6000;
    let rows = pictures(2 * PART);
    let folder = Folder::new();
    let parts = rows.chunks(PART).map(<[Vec<f32>]>::to_vec);
    let index = index_of(&folder, rows[0].len(), parts);
    let stored: Vec<Vec<u8>> = rows.iter().map(|row| halves(row)).collect();
    let model = sample::model().expect("built in");
    let (mut right, mut asked, mut read) = (0, 0, 0);
    for drawing in drawings::all().iter().step_by(9) {
        for language in [Language::En, Language::Es] {
            let text = model.encode_text(drawing.name(language)).expect("a text");
            let (found, rows_read) = ten_best(&index, &text, PART);
            let best = best_of(&stored, &text);
            right += best.iter().filter(|row| found.contains(row)).count();
            asked += best.len();
            read += rows_read;
        }
    }
    let recall = f64::from(u32::try_from(right).expect("few"))
        / f64::from(u32::try_from(asked).expect("few"));
    assert!(recall >= 0.999, "{recall}");
    // By fine codes: by codes alone 44 would be read.
    let each = read / (asked / 10);
    assert!(each < 20, "{each} rows were read for a text");
    let codes = fs::read_dir(folder.index()).expect("there");
    let codes = codes.filter(|file| {
        let path = file.as_ref().expect("there").path();
        path.extension().is_some_and(|ending| ending == "codes")
    });
    assert_eq!(codes.count(), 2);
}

#[test]
fn queries_that_share_a_pass_find_what_each_finds_alone() {
    let folder = Folder::new();
    let rows = pictures(5000);
    // The second segment is too small for codes.
    let parts = [rows[..4500].to_vec(), rows[4500..].to_vec()];
    let index = index_of(&folder, rows[0].len(), parts);
    let snapshot = index.current();
    let passes = [(0, true), (1, true), (2, false), (3, true)].map(|(row, by_codes)| Pass {
        asked: Arc::new(Asked::new(&rows[row])),
        allowed: None,
        keep: 20,
        by_codes,
    });
    let found = |passes: &[Pass]| -> Vec<Vec<Candidate>> {
        let sifted = snapshot.guarded(|| Ok(snapshot.sift(passes)));
        let sifted = sifted.expect("sound").into_iter();
        let sorted = sifted.map(|mut sifted| {
            sifted.rows.sort_by(|a, b| b.cmp(a));
            sifted.rows
        });
        sorted.collect()
    };
    let together = found(&passes);
    for (number, (pass, together)) in passes.iter().zip(&together).enumerate() {
        assert_eq!(
            found(std::slice::from_ref(pass)),
            std::slice::from_ref(together)
        );
        assert_eq!((together.len(), together[0].row), (20, number));
    }
}

#[test]
fn pictures_that_codes_do_not_tell_apart_are_compared_by_their_bytes() {
    let mut chance = Vectors::new(64, 1);
    let middle = chance.vector();
    let mut near = || unit(middle.iter().map(|x| x + 0.02 * chance.gauss()));
    let rows: Vec<Vec<f32>> = (0..9000).map(|_| near()).collect();
    let query = near();
    let folder = Folder::new();
    let index = index_of(&folder, 64, [rows.clone()]);
    let (found, _) = ten_best(&index, &query, rows.len());
    let best = exact(&rows, &query);
    let right = best.iter().filter(|row| found.contains(row)).count();
    assert!(right >= 9, "{right}");
}

#[test]
fn damaged_fine_codes_hide_no_other_picture() {
    let rows = pictures(5000);
    let folder = Folder::new();
    index_of(&folder, rows[0].len(), [rows.clone()]);
    let file = folder.index().join("00000000.codes");
    let sound = fs::read(&file).expect("made");
    let width = width(rows[0].len());
    let model = sample::model().expect("built in");
    let drawings = drawings::all().iter().step_by(90);
    for (drawing, factor) in drawings.zip([f32::NAN, f32::INFINITY, 1e30, 1e30, 1e30]) {
        let name = drawing.name(Language::En);
        let text = model.encode_text(name).expect("a text");
        let best = exact(&rows, &text);
        let mut spoilt = sound.clone();
        for row in (0..rows.len()).filter(|row| !best.contains(row)) {
            let kept = sound.len() - (rows.len() - row) * (width + KEPT) + width;
            spoilt[kept..kept + 4].copy_from_slice(&factor.to_le_bytes());
        }
        fs::write(&file, &spoilt).expect("room");
        let (found, _) = ten_best(&folder.open(), &text, rows.len());
        assert_eq!(found, best, "{name}, {factor}");
    }
}

#[test]
fn the_next_writer_makes_codes_that_are_missing_or_damaged() {
    let rows = pictures(5000);
    let folder = Folder::new();
    let index = index_of(&folder, rows[0].len(), [rows.clone()]);
    let file = folder.index().join("00000000.codes");
    let sound = fs::read(&file).expect("made");
    let query = &rows[17];
    let best = exact(&rows, query);
    assert_eq!(ten_best(&index, query, rows.len()).0, best);

    let mut spoilt = sound.clone();
    *spoilt.last_mut().expect("long") ^= 1;
    fs::write(&file, &spoilt).expect("room");
    let errors = maintenance::verify(&folder.index()).expect("a manifest");
    let errors = errors.expect_err("spoilt");
    assert!(
        errors[0].to_string().contains("00000000.codes"),
        "{errors:?}"
    );
    spoilt[9] ^= 1;
    for content in [None, Some(&spoilt[..]), Some(&sound[..sound.len() - 1])] {
        fs::remove_file(&file).expect("there");
        if let Some(content) = content {
            fs::write(&file, content).expect("room");
        }
        let index = folder.open();
        assert_eq!(ten_best(&index, query, rows.len()).0, best);
        folder.add().expect_err("made by another encoder");
        assert_eq!(fs::read(&file).expect("made anew"), sound);
    }
}
