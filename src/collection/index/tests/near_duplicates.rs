//! Which of several sizes of a picture is found.

use std::fs;

use super::*;

impl Folder {
    fn paint_sized(&self, name: &str, colour: [u8; 3], width: u32, height: u32) -> PathBuf {
        let path = self.pictures().join(name);
        let picture = image::RgbImage::from_pixel(width, height, image::Rgb(colour));
        picture.save(&path).expect("room");
        path
    }
}

#[test]
fn the_largest_of_several_sizes_is_shown() {
    let folder = Folder::new();
    // The smaller ones are the better hits for red.
    folder.paint_sized("thumbnail.png", [252, 4, 4], 30, 20);
    folder.paint_sized("middle.png", [252, 8, 4], 301, 200);
    let original = folder.paint_sized("original.png", [252, 16, 8], 600, 400);
    folder.paint_sized("other.png", BLUE, 6, 4);
    folder.add().expect("good");
    let index = folder.open();
    assert_eq!(captions(&index, [252, 0, 0]), ["original", "other"]);
    let found = index.search(&Colours::vector([252, 0, 0]), 1, -1.0);
    let found = found.expect("good");
    assert_eq!(found[0].record.caption, "original");
    assert!(
        found[0].score > 0.9995,
        "that of the best: {}",
        found[0].score
    );

    let record = index.record(&found[0].record.id).expect("good");
    assert_eq!(record, Some(found[0].record.clone()));
    fs::remove_file(original).expect("it is there");
    folder.add().expect("good");
    assert_eq!(captions(&folder.open(), [252, 0, 0]), ["middle", "other"]);
}

#[test]
fn one_that_cannot_be_shown_is_not_the_largest() {
    let folder = Folder::new();
    folder.paint_sized("small.png", RED, 30, 20);
    folder.paint_sized("large.png", [250, 9, 0], 60, 40);
    folder.add().expect("good");
    let vector = Colours::vector(RED);
    let accepts = |record: &Record| record.caption != "large";
    let found = folder.open().search_among(&accepts, &vector, 5, -1.0);
    let found = found.expect("good").into_iter();
    let found: Vec<String> = found.map(|found| found.record.caption).collect();
    assert_eq!(found, ["small"]);
}

/// A model sees the middle of either.
#[test]
fn pictures_of_another_shape_are_other_pictures() {
    let folder = Folder::new();
    folder.paint_sized("panorama.png", RED, 90, 20);
    folder.paint_sized("photo.png", RED, 30, 20);
    folder.paint_sized("upright.png", RED, 20, 30);
    folder.add().expect("good");
    let mut found = captions(&folder.open(), RED);
    found.sort();
    assert_eq!(found, ["panorama", "photo", "upright"]);
}

/// A page is what follows the ones before it.
#[test]
fn a_longer_answer_changes_none_of_the_first_pictures() {
    let folder = Folder::new();
    for number in 0..200u8 {
        let side = 10 + u32::from(number.wrapping_mul(77) % 50);
        let colour = [200, number, number.wrapping_mul(31)];
        folder.paint_sized(&format!("{number}.png"), colour, side, side);
    }
    folder.add().expect("good");
    let index = folder.open();
    let vector = Colours::vector(GREEN);
    let captions = |limit| {
        let found = index.search(&vector, limit, -1.0).expect("good");
        let captions = found.into_iter().map(|found| found.record.caption);
        captions.collect::<Vec<String>>()
    };
    let all = captions(200);
    assert!((10..150).contains(&all.len()), "{}", all.len());
    for limit in 0..all.len() {
        assert_eq!(captions(limit), all[..limit]);
    }
}
