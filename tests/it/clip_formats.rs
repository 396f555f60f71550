//! Files of every format: each is indexed, or counted by its kind.

use std::path::Path;

use crate::clip_index::{staged, start};

#[test]
fn every_file_is_indexed_or_counted_by_its_kind() {
    let folder = staged(0);
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recorded/pictures");
    let pictures = pictures.to_str().expect("a plain path");
    let ended = start(&folder, &["add", pictures]).wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    let mut lines = ended.output.lines();
    let sum = lines.find_map(|line| line.split_once(" added; not read: "));
    let (added, left_out) = sum.expect("a sum");
    let left_out = left_out.split(" (").next().unwrap_or_default();
    let expected = "1 12-bit JPEG, 1 AVIF, 1 BigTIFF, 1 ICO, 1 JPEG 2000, 1 MOV, 1 MP4, \
        1 RAW without a preview, 1 SVG, 1 damaged, 3 other files, \
        4 rare kinds of TIFF and BMP, 1 too large";
    assert_eq!(left_out, expected);
    let files = std::fs::read_dir(pictures).expect("there").count();
    let counted: usize = left_out
        .split(", ")
        .filter_map(|part| part.split(' ').next()?.parse::<usize>().ok())
        .sum();
    assert_eq!(added.parse::<usize>().expect("a number") + counted, files);
}
