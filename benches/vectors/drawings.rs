//! Vectors that a contrastive model made: of the built-in model, and of pictures put together of the built-in
//! drawings. Each has a drawing of some size on some ground, turned; every other one a second drawing.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in small pictures"
)]

use std::io::Write;
use std::path::Path;

use clip::{Encoder, Picture};
use clip_bot::engine::{drawings, sample};
use clip_bot::picture::decode;
use clip_bot::search::Language;

use crate::Chance;

/// Width and height of a picture.
const SIDE: u32 = 128;
/// Width and height of the second drawing.
const SECOND: f32 = 48.0;
/// Pictures that are encoded at a time.
const TOGETHER: usize = 16;
const TEXTS: usize = 1500;

/// Writes the vectors of `count` pictures to `file`, as 32-bit floats.
pub fn make(file: &Path, count: usize) {
    let model = sample::model().expect("built in");
    let all = drawings::all().iter();
    let all: Vec<Picture> = all
        .map(|drawing| decode(drawing.file).expect("built in"))
        .collect();
    let mut to = std::io::BufWriter::new(std::fs::File::create(file).expect("room"));
    let mut chance = Chance(5);
    for start in (0..count).step_by(TOGETHER) {
        let pictures = start..count.min(start + TOGETHER);
        let pictures = pictures.map(|number| some(number, &all, &mut chance));
        let pixels: Vec<Vec<f32>> = pictures
            .map(|picture| model.pixels(&picture).expect("sound"))
            .collect();
        for vector in model.encode_pixels(&pixels).expect("sound") {
            for x in vector {
                to.write_all(&x.to_le_bytes()).expect("room");
            }
        }
    }
    to.flush().expect("room");
}

/// Vectors of texts: names, names with another, two keywords.
pub fn texts() -> Vec<Vec<f32>> {
    let model = sample::model().expect("built in");
    let first = |words: &'static str, separator| words.split(separator).next().unwrap_or_default();
    let all = drawings::all().iter();
    let words = all.map(|drawing| &drawing.words[Language::En as usize]);
    let mut texts: Vec<String> = Vec::new();
    for (number, words) in words.enumerate() {
        let name = first(words.names, '|');
        texts.push(name.to_owned());
        if number % 3 == 0 {
            texts.push(format!("a {name} and a dog"));
            let keywords: Vec<&str> = words.keywords.split(['|', ' ']).take(2).collect();
            texts.push(keywords.join(" "));
        }
    }
    texts.truncate(TEXTS);
    let encoded = texts
        .iter()
        .map(|text| model.encode_text(text).expect("sound"));
    encoded.collect()
}

fn some(number: usize, all: &[Picture], chance: &mut Chance) -> Picture {
    let usual = [214, 224, 236];
    let ground = if number.is_multiple_of(3) {
        usual
    } else {
        [0; 3].map(|_: u8| chance.up_to(256.0) as u8)
    };
    let mut rgb = ground.repeat((SIDE * SIDE) as usize);
    let length = SIDE as f32 * (0.35 + chance.up_to(0.65));
    let turn = (chance.up_to(70.0) - 35.0).to_radians();
    let drawing = &all[chance.up_to(all.len() as f32) as usize];
    put(&mut rgb, drawing, length, turn, chance);
    if number % 2 == 1 {
        let other = &all[chance.up_to(all.len() as f32) as usize];
        put(&mut rgb, other, SECOND, 0.0, chance);
    }
    Picture {
        width: SIDE,
        height: SIDE,
        rgb,
    }
}

/// Puts `drawing` somewhere into a picture, `length` pixels wide and high and turned by `turn`, in radians.
fn put(rgb: &mut [u8], drawing: &Picture, length: f32, turn: f32, chance: &mut Chance) {
    let middle = [0, 1].map(|_| length / 2.0 + chance.up_to(SIDE as f32 - length));
    let (sin, cos) = turn.sin_cos();
    let share = [
        drawing.width as f32 / length,
        drawing.height as f32 / length,
    ];
    for (place, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let (x, y) = (place as u32 % SIDE, place as u32 / SIDE);
        let (x, y) = (x as f32 + 0.5 - middle[0], y as f32 + 0.5 - middle[1]);
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let (x, y) = ((x + length / 2.0) * share[0], (y + length / 2.0) * share[1]);
        let is_in = x >= 0.0 && y >= 0.0 && x < drawing.width as f32 && y < drawing.height as f32;
        if is_in {
            let from = (y as u32 * drawing.width + x as u32) as usize * 3;
            pixel.copy_from_slice(&drawing.rgb[from..from + 3]);
        }
    }
}
