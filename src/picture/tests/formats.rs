//! Files of every format: of one picture, which a test in `tests/it` indexes, too.

use super::*;

/// The file `name`, all of which show the same picture.
fn recorded(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recorded/pictures/");
    std::fs::read(format!("{folder}{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Mean colours of 12 × 8 parts of `picture`, in rows.
fn parts(picture: &Picture) -> Vec<[f64; 3]> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let part = |column: usize, row: usize| {
        let mut sums = [0.0; 3];
        let mut count = 0.0;
        for y in row * height / 8..(row + 1) * height / 8 {
            for x in column * width / 12..(column + 1) * width / 12 {
                let pixel = &picture.rgb[(y * width + x) * 3..][..3];
                for (sum, colour) in sums.iter_mut().zip(pixel) {
                    *sum += f64::from(*colour);
                }
                count += 1.0;
            }
        }
        sums.map(|sum| sum / count)
    };
    let rows = (0..8).flat_map(|row| (0..12).map(move |column| (column, row)));
    rows.map(|(column, row)| part(column, row)).collect()
}

/// Mean difference of parts of two pictures, of 255.
fn difference(one: &Picture, other: &Picture) -> f64 {
    let (one, other) = (parts(one), parts(other));
    let pairs = one.concat().into_iter().zip(other.concat());
    let off: f64 = pairs.map(|(one, other)| (one - other).abs()).sum();
    off / f64::from(12 * 8 * 3)
}

#[test]
fn each_format_shows_the_same_picture() {
    let plain = decode(&recorded("jpeg-plain.jpg")).expect("a JPEG");
    let alike = [
        "bmp-24.bmp",
        "bmp-32.bmp",
        "bmp-8.bmp",
        "gif.gif",
        "jpeg-cmyk-adobe.jpg",
        "jpeg-progressive.jpg",
        "jpeg-rgb.jpg",
        "jpeg-scan-each.jpg",
        "jpeg-motion.jpg",
        "jpeg-ultrahdr.jpg",
        "jxl-from-jpeg.jxl",
        "jxl-lossy.jxl",
        "png-palette.png",
        "tiff-16bit.tif",
        "tiff-cmyk.tif",
        "tiff-deflate.tif",
        "tiff-float.tif",
        "tiff-jpeg.tif",
        "tiff-lzw.tif",
        "tiff-packbits.tif",
        "tiff-plain.tif",
        "webp.webp",
        "webp-animated.webp",
    ];
    for name in alike {
        let picture = decode(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let off = difference(&plain, &picture);
        assert!(off < 5.0, "{name}: {off}");
    }
}

#[test]
fn what_a_camera_turned_stands_upright() {
    let plain = decode(&recorded("jpeg-plain.jpg")).expect("a JPEG");
    let names = [
        "jpeg-exif6.jpg",
        "jxl-p3-exif6.jxl",
        "raw.arw",
        "raw.cr2",
        "raw.cr3",
        "raw.dng",
        "raw.nef",
        "raw.orf",
        "raw.raf",
        "raw.rw2",
        "tiff-orient6.tif",
    ];
    for name in names {
        let picture = decode(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(picture.height > picture.width, "{name}");
        let off = difference(&plain, &turned(picture, Orientation::Rotate270));
        assert!(off < 5.0, "{name}: {off}");
    }
}

#[cfg(feature = "heic")]
#[test]
fn photos_of_phones_are_read() {
    let plain = decode(&recorded("jpeg-plain.jpg")).expect("a JPEG");
    let table = [
        ("heic-420.heic", Orientation::NoTransforms),
        ("heic-444.heic", Orientation::NoTransforms),
        ("heic-10bit-422.heic", Orientation::NoTransforms),
        ("heic-thumbnail-limited.heic", Orientation::NoTransforms),
        ("heic-p3-exif6.heic", Orientation::Rotate270),
        ("heic-grid64-turned.heic", Orientation::Rotate90FlipH),
    ];
    for (name, turn) in table {
        let picture = decode(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let off = difference(&plain, &turned(picture, turn));
        assert!(off < 5.0, "{name}: {off}");
    }
    let clear = decode(&recorded("heic-alpha.heic")).expect("a HEIC");
    let same = decode(&recorded("jxl-alpha.jxl")).expect("a JPEG XL");
    assert!(difference(&clear, &same) < 5.0, "white where it is clear");
    let grey = decode(&recorded("heic-grey.heic")).expect("a HEIC");
    let same = decode(&recorded("jpeg-grey.jpg")).expect("a JPEG");
    assert!(difference(&grey, &same) < 5.0);
    let bomb = decode(&recorded("heic-bomb.heic")).expect_err("four tiles of 16 megapixels");
    assert_eq!(*bomb.kind(), Kind::TooLarge);
    let cut = decode(&recorded("heic-truncated.heic")).expect_err("a part");
    assert_eq!(*cut.kind(), Kind::Unusable);
}

#[test]
fn what_is_not_read_is_named() {
    let table = [
        ("jpeg-12bit.jpg", "12-bit JPEG"),
        ("raw-without-preview.dng", "RAW without a preview"),
        ("tiff-big.tif", "BigTIFF"),
        ("tiff-palette.tif", "rare kinds of TIFF and BMP"),
        ("tiff-zstd.tif", "rare kinds of TIFF and BMP"),
    ];
    for (name, variant) in table {
        let error = decode(&recorded(name)).expect_err(name);
        assert_eq!(*error.kind(), Kind::Unsupported(variant), "{name}");
    }
}

#[test]
fn a_lost_restart_is_no_picture() {
    // With a restart after each of a row of blocks.
    let file = recorded("jpeg-restarts.jpg");
    decode(&file).expect("whole");
    let marker = |pair: &[u8]| pair[0] == 0xff && (0xd0..=0xd7).contains(&pair[1]);
    let places: Vec<usize> = (0..file.len() - 1)
        .filter(|at| marker(&file[*at..]))
        .collect();
    assert!(places.len() > 3, "{places:?}");
    for place in places {
        let cut = [&file[..place], &file[place + 2..]].concat();
        let error = decode(&cut).expect_err("a part is lost");
        assert_eq!(*error.kind(), Kind::Unusable);
    }
    decode(&file[..file.len() / 2]).expect("what is there");
}

#[test]
fn a_jpeg_is_made_smaller_as_it_is_decoded() {
    let photo = recorded("jpeg-plain.jpg");
    let whole = decode(&photo).expect("a JPEG");
    for (enough, width) in [(161, 240), (80, 120), (40, 60), (1, 30)] {
        let (picture, size) = decode_enough(&photo, enough).expect("a JPEG");
        assert_eq!(picture.width, width, "{enough}");
        assert_eq!(size, (240, 160));
        // Parts of 30 pixels in width begin elsewhere.
        let most = if width < 60 { 20.0 } else { 3.0 };
        let off = difference(&whole, &picture);
        assert!(off < most, "{enough}: {off}");
    }
    let (turned, size) = decode_enough(&recorded("jpeg-exif6.jpg"), 80).expect("a JPEG");
    assert_eq!((turned.width, turned.height), (80, 120));
    assert_eq!(size, (160, 240));
}

#[test]
#[cfg(feature = "heic")]
fn a_heic_is_made_smaller_as_it_is_decoded() {
    let names = [
        "heic-420",
        "heic-10bit-422",
        "heic-444",
        "heic-grey",
        "heic-alpha",
    ];
    for name in names
        .into_iter()
        .chain(["heic-grid64-turned", "heic-p3-exif6"])
    {
        let file = recorded(&format!("{name}.heic"));
        let whole = decode(&file).expect("a HEIC");
        let size = (whole.width, whole.height);
        let (picture, of) = decode_enough(&file, size.0.min(size.1) / 4).expect("a HEIC");
        assert_eq!(of, size, "{name}");
        assert_eq!(
            (picture.width, picture.height),
            (size.0 / 4, size.1 / 4),
            "{name}"
        );
        let off = difference(&whole, &picture);
        assert!(off < 3.0, "{name}: {off}");
        let (same, _) = decode_enough(&file, size.0.min(size.1)).expect("a HEIC");
        assert!(same.rgb == whole.rgb, "{name}");
    }
}

#[test]
fn a_panorama_is_never_whole_in_memory() {
    let black = RgbImage::new(20_000, 2_000);
    let jpeg = file(&DynamicImage::ImageRgb8(black), ImageFormat::Jpeg);
    assert!(cost(&jpeg) < 80 << 20, "{}", cost(&jpeg));
    let picture = decode(&jpeg).expect("40 megapixels");
    assert_eq!((picture.width, picture.height), (10_000, 1_000));
}

#[test]
fn profiles_stay() {
    for name in ["jpeg-p3.jpg", "png-p3.png", "jxl-p3-exif6.jxl"] {
        let found = profile(&recorded(name)).unwrap_or_else(|| panic!("{name}"));
        let picture = decode(&recorded(name)).expect("a picture");
        let jpeg = encode_jpeg(&picture, 90, Some(found.clone())).expect("a JPEG");
        assert!(profile(&jpeg) == Some(found), "{name}");
    }
    #[cfg(feature = "heic")]
    assert!(profile(&recorded("heic-p3-exif6.heic")).is_some());
    assert!(profile(&recorded("jpeg-plain.jpg")).is_none());
    assert!(profile(&inflating_png()).is_none(), "8 MiB of zeros");
}
