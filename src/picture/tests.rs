use image::ImageFormat;

use super::pixels::halve;
use super::*;

mod formats;

/// A picture that differs everywhere, in a file of `format`.
fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).expect("room in memory");
    file.into_inner()
}

fn colours() -> DynamicImage {
    let byte = |number: u32| number.to_le_bytes()[0];
    let pixel = |x, y| image::Rgba([byte(x * 9), byte(y * 11), byte(x * y), byte(x + y)]);
    DynamicImage::ImageRgba8(image::RgbaImage::from_fn(23, 17, pixel))
}

/// `image` before a white ground.
fn on_white(image: &DynamicImage) -> Vec<u8> {
    let pixel = |pixel: &image::Rgba<u8>| {
        let [red, green, blue, alpha] = pixel.0;
        [red, green, blue].map(|colour| {
            let [colour, alpha] = [u32::from(colour), u32::from(alpha)];
            let mixed = (colour * alpha + 255 * (255 - alpha) + 127) / 255;
            mixed.to_le_bytes()[0]
        })
    };
    image.to_rgba8().pixels().flat_map(pixel).collect()
}

#[test]
fn every_kind_of_pixel_becomes_rgb() {
    let image = colours();
    let rgb = image.to_rgb8().into_raw();
    let grey: Vec<u8> = image.to_luma8().iter().flat_map(|l| [*l; 3]).collect();
    let white = on_white(&image);
    let white_grey = on_white(&DynamicImage::from(image.to_luma_alpha8()));
    let table = [
        (DynamicImage::from(image.to_rgb8()), &rgb),
        (DynamicImage::from(image.to_rgba8()), &white),
        (DynamicImage::from(image.to_rgb16()), &rgb),
        (DynamicImage::from(image.to_rgba16()), &white),
        (DynamicImage::from(image.to_luma8()), &grey),
        (DynamicImage::from(image.to_luma_alpha8()), &white_grey),
        (
            DynamicImage::ImageLuma8(image.to_luma8())
                .to_luma16()
                .into(),
            &grey,
        ),
        (
            DynamicImage::ImageLumaA8(image.to_luma_alpha8())
                .to_luma_alpha16()
                .into(),
            &white_grey,
        ),
    ];
    for (image, pixels) in table {
        let picture = decode(&file(&image, ImageFormat::Png)).expect("a PNG");
        assert_eq!((picture.width, picture.height), (23, 17));
        assert!(picture.rgb == *pixels, "{:?}", image.color());
    }
}

#[test]
fn each_format_is_read() {
    let rgb = on_white(&colours());
    let webp = decode(&file(&colours(), ImageFormat::WebP)).expect("a WebP");
    assert!(webp.rgb == rgb);
    let gif = file(&DynamicImage::from(colours().to_rgb8()), ImageFormat::Gif);
    assert_eq!(decode(&gif).expect("a GIF").height, 17);
    let jpeg = encode_jpeg(&webp, 90, None).expect("a JPEG");
    let error = |a: &u8, b: &u8| u32::from(a.abs_diff(*b));
    let seen = decode(&jpeg).expect("a JPEG").rgb;
    let off: u32 = seen.iter().zip(&rgb).map(|(a, b)| error(a, b)).sum();
    assert!(off < 30 * 23 * 17 * 3, "{off}");
}

/// Sets the orientation that a camera would write into a JPEG.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

#[test]
fn pictures_are_turned_as_the_camera_says() {
    // Dark, with a bright upper left corner.
    let corner = |x, y| image::Rgb([if x < 16 && y < 16 { 250 } else { 5 }; 3]);
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(64, 32, corner));
    let jpeg = file(&image, ImageFormat::Jpeg);
    let table = [
        (1, 64, [0, 0]),
        (2, 64, [1, 0]),
        (3, 64, [1, 1]),
        (4, 64, [0, 1]),
    ];
    let turned = [
        (5, 32, [0, 0]),
        (6, 32, [1, 0]),
        (7, 32, [1, 1]),
        (8, 32, [0, 1]),
    ];
    for (orientation, width, bright) in table.into_iter().chain(turned) {
        let picture = decode(&with_orientation(&jpeg, orientation)).expect("a JPEG");
        assert_eq!(picture.width, width, "{orientation}");
        let (w, h) = (picture.width as usize, picture.height as usize);
        for [right, low] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let at = (low * (h - 1)) * w + right * (w - 1);
            let is_bright = picture.rgb[3 * at] > 128;
            assert_eq!(is_bright, [right, low] == bright, "{orientation}");
        }
    }
}

#[test]
fn pictures_too_large_for_memory_are_refused_by_their_head() {
    // A PNG of 60,000 x 60,000 pixels, of which only the head is there.
    let mut png = file(&colours(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = decode(&png).expect_err("4 GiB");
    assert!(
        error.to_string().contains("60000 x 60000"),
        "{}",
        error.chain()
    );
    assert_eq!(*error.kind(), Kind::TooLarge);
    assert_eq!(cost(&png), 0, "nothing is decoded");
}

/// A PNG file with a chunk of the kind `name` before its pixels.
fn with_chunk(png: &[u8], name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut named = name.to_vec();
    named.extend(data);
    let length = u32::try_from(data.len()).expect("a chunk").to_be_bytes();
    let crc = crc32fast::hash(&named).to_be_bytes();
    [&png[..33], &length, &named, &crc, &png[33..]].concat()
}

/// A PNG file of one pixel with 8 MiB of zeros as its colour profile and as a text.
fn inflating_png() -> Vec<u8> {
    let zeros = vec![0; 8 << 20];
    let text = String::from_utf8(zeros.clone()).expect("ASCII");
    let mut info = png::Info::with_size(1, 1);
    info.icc_profile = Some(zeros.into());
    let mut file = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut file, info).expect("one pixel");
    let added = encoder.add_ztxt_chunk("Comment".to_owned(), text);
    added.expect("a text");
    let mut writer = encoder.write_header().expect("room in memory");
    writer.write_image_data(&[7]).expect("room in memory");
    drop(writer);
    file
}

#[test]
fn metadata_that_inflates_is_not_inflated() {
    let bomb = inflating_png();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(cost(&bomb) < 8 << 20, "{}", cost(&bomb));
    assert_eq!(decode(&bomb).expect("a pixel").rgb, [7; 3]);
    let png = file(&colours(), ImageFormat::Png);
    let exif = with_chunk(&png, *b"eXIf", &vec![0; 8 << 20]);
    let error = decode(&exif).expect_err("8 MiB of EXIF");
    assert_eq!(*error.kind(), Kind::Unusable);
}

#[test]
fn what_a_picture_costs_is_told_by_its_head() {
    let grey = DynamicImage::new_luma8(3000, 1000);
    let rgb = DynamicImage::new_rgb8(3000, 1000);
    let rgba = DynamicImage::new_rgba8(3000, 1000);
    // Besides 4 MiB.
    let each = |image: &DynamicImage, format| (cost(&file(image, format)) - (4 << 20)) / 3_000_000;
    // Six for what is kept and turned; lossless WebP takes more to decode.
    assert_eq!(each(&grey, ImageFormat::Png), 6);
    assert_eq!(each(&rgb, ImageFormat::Jpeg), 6);
    assert_eq!(each(&rgba, ImageFormat::WebP), 6);
    assert_eq!(each(&rgb, ImageFormat::WebP), 8);
    assert_eq!(each(&rgba, ImageFormat::Gif), 8);
    for nothing in [
        &b""[..],
        b"<html>",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF0000WEBPVP8X",
    ] {
        assert_eq!(cost(nothing), 0);
        decode(nothing).expect_err("nothing");
    }
}

#[test]
fn rows_are_made_smaller_as_they_come() {
    let rgb = colours().to_rgb8();
    let mut whole = Picture {
        width: 23,
        height: 17,
        rgb: rgb.clone().into_raw(),
    };
    let plain = pixels::to_rgb(image::ColorType::Rgb8).expect("colours");
    for halvings in 0..2 {
        let mut shrinking = pixels::Shrinking::new(23, 17, halvings);
        for row in rgb.as_raw().chunks_exact(23 * 3) {
            shrinking.push(row, 3, plain);
        }
        assert_eq!(shrinking.finish(), whole, "{halvings}");
        halve(&mut whole);
    }
    // A PNG of 144 megapixels, of which the head is there, costs 9 of them and a few rows.
    let mut png = file(&colours(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x2e, 0xe0, 0, 0, 0x2e, 0xe0]);
    assert!(cost(&png) < 60 << 20, "{}", cost(&png));
    png[28] = 1;
    assert_eq!(cost(&png), 0, "interlaced, it is too large");
}

#[test]
fn large_pictures_are_halved() {
    let mut picture = Picture {
        width: 5,
        height: 2,
        rgb: (0..30).collect(),
    };
    halve(&mut picture);
    assert_eq!((picture.width, picture.height), (2, 1));
    assert_eq!(picture.rgb, [9, 10, 11, 15, 16, 17]);
    let black = DynamicImage::new_rgb8(5001, 3301);
    let picture = decode(&file(&black, ImageFormat::Png)).expect("16.5 megapixels");
    assert_eq!((picture.width, picture.height), (2500, 1650));
    assert_eq!(picture.rgb.len(), 2500 * 1650 * 3);
}

#[test]
fn thumbnails_keep_the_shape() {
    let picture = decode(&file(&colours(), ImageFormat::Png)).expect("a PNG");
    assert_eq!(picture.clone().fit(23), picture);
    let small = picture.clone().fit(10);
    assert_eq!((small.width, small.height), (10, 7));
    assert_eq!(small.rgb.len(), 210);
    let flat = DynamicImage::new_rgb8(1000, 1);
    let flat = decode(&file(&flat, ImageFormat::Png)).expect("a line");
    assert_eq!(flat.fit(0).rgb, [0; 3]);
}

/// `file` cut somewhere, or with some of its bits turned.
fn damaged(file: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    if random(4) == 0 {
        return file[..random(file.len())].to_vec();
    }
    let mut file = file.to_vec();
    for _ in 0..=random(8) {
        // Heads are where sizes and tables are.
        let within = [64, file.len()][random(2)];
        let at = random(within);
        file[at] ^= 1 << random(8);
    }
    file
}

#[test]
fn damaged_pictures_are_refused_or_read_and_nothing_else() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let rgb = DynamicImage::from(colours().to_rgb8());
    let files = [
        file(&rgb, ImageFormat::Jpeg),
        file(&colours(), ImageFormat::Png),
        file(&colours(), ImageFormat::WebP),
        file(&rgb, ImageFormat::Gif),
        with_orientation(&file(&rgb, ImageFormat::Jpeg), 6),
    ];
    let [mut read, mut refused] = [0, 0];
    for file in &files {
        for _ in 0..300 {
            match decode(&damaged(file, &mut random)) {
                Ok(picture) => {
                    let pixels = picture.width as usize * picture.height as usize;
                    assert_eq!(picture.rgb.len(), 3 * pixels);
                    read += 1;
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(
        read > 100 && refused > 100,
        "{read} read, {refused} refused"
    );
}

#[test]
fn what_is_no_picture_is_said_to_be_none() {
    for file in [&b""[..], b"<html>", b"BM it is", b"%PDF-1.7"] {
        let error = decode(file).expect_err("no picture");
        assert!(error.to_string().contains("WebP"), "{error}");
        assert_eq!(*error.kind(), Kind::Unusable);
    }
}
