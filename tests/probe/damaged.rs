//! `damaged FILE CASES`: damages the file in so many ways, always the same ones, and reads each as a picture
//! with its details, or, where FILE is a JSON or XMP file, as what lies beside one. Prints how many were
//! pictures and how many were refused, and the most memory that the process had; a panic ends it.

use std::path::Path;

use clip::Picture;
use clip::description::Fit;
use clip::preprocess::preprocess;
use clip_bot::collection::add::details;
use clip_bot::picture::{decode, decode_enough};
use serde_json::{Value, json};

pub fn run(path: &Path, cases: u64) {
    let file = std::fs::read(path).expect("a file");
    let ending = path.extension().and_then(|ending| ending.to_str());
    let mut counts = match ending {
        Some("json" | "xmp") => read_beside(&file, path, cases),
        _ => decode_all(&file, cases),
    };
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    counts["kibibytes"] = peak.expect("in kilobytes").into();
    println!("{counts}");
}

/// Pixels of the shorter side for which a small picture is decoded smaller, too.
const FEW: u32 = 24;

/// Decodes each damaged `file`, whole and as small as a model may need it; what is decoded can be looked at
/// by one.
pub fn decode_all(file: &[u8], cases: u64) -> Value {
    let (mut read, mut refused) = (0, 0);
    for file in damaged(file, cases) {
        let found = details::read(&file, None);
        assert!(found.keywords.iter().all(|keyword| !keyword.is_empty()));
        if let Ok((Picture { width, height, rgb }, _)) = decode_enough(&file, FEW) {
            assert_eq!(rgb.len(), width as usize * height as usize * 3);
        }
        match decode(&file) {
            Ok(Picture { width, height, rgb }) => {
                assert_eq!(rgb.len(), width as usize * height as usize * 3);
                assert_ne!(rgb.len(), 0);
                let picture = Picture { width, height, rgb };
                assert_eq!(
                    preprocess(&picture, 8, Fit::Middle, [0.0; 3], [1.0; 3]).len(),
                    192
                );
                read += 1;
            }
            Err(error) => {
                assert!(!error.chain().is_empty());
                refused += 1;
            }
        }
    }
    json!({"read": read, "refused": refused})
}

/// Reads the details of a picture beside which each damaged `file` lies in turn, at `path`.
fn read_beside(file: &[u8], path: &Path, cases: u64) -> Value {
    let (mut read, mut refused) = (0, 0);
    for file in damaged(file, cases) {
        std::fs::write(path, file).expect("a folder of ours");
        let found = details::read(b"", Some(&path.with_extension("")));
        let is_empty = found == details::read(b"", None);
        *(if is_empty { &mut refused } else { &mut read }) += 1;
    }
    json!({"read": read, "refused": refused})
}

/// The file cut short, with changed bits, with numbers in its head, or with parts copied over others.
fn damaged(file: &[u8], cases: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).expect("64 bits") % below.max(1)
    };
    (0..cases).map(move |case| {
        let mut file = file.to_vec();
        match case % 4 {
            0 => file.truncate(random(file.len())),
            1 => {
                for _ in 0..=random(8) {
                    let at = random(file.len());
                    file[at] ^= 1 << random(8);
                }
            }
            2 => {
                // Where boxes and directories say how large everything is.
                let head = if case % 8 == 2 { 64 } else { 1024 };
                let at = random(file.len().min(head));
                file[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)];
            }
            _ => {
                let (from, to) = (random(file.len()), random(file.len()));
                let length = random(64).min(file.len() - from.max(to));
                file.copy_within(from..from + length, to);
            }
        }
        file
    })
}
