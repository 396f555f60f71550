//! `decode FILE TIMES [ENOUGH]`: decodes the picture in the file so often, and prints its last size.
//! With ENOUGH as many pixels as that are enough for its shorter side.

use std::path::Path;

use clip_bot::picture::decode_enough;

pub fn run(path: &Path, times: u32, enough: u32) {
    let bytes = std::fs::read(path).expect("a picture file");
    for _ in 1..times {
        decode_enough(&bytes, enough).expect("a picture");
    }
    let (picture, size) = decode_enough(&bytes, enough).expect("a picture");
    println!(
        "{} x {} of {} x {}",
        picture.width, picture.height, size.0, size.1
    );
}
