//! Files with everything in them that is not to be handed out.

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};

use super::*;
use crate::picture;

/// Stands wherever a position or a serial number could.
const SECRET: &[u8] = b"47.3769N 8.5417E serial 0123456789";

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = io::Cursor::new(Vec::new());
    image.write_to(&mut file, format).expect("room in memory");
    file.into_inner()
}

fn colours() -> DynamicImage {
    let byte = |number: u32| number.to_le_bytes()[0];
    let pixel = |x, y| image::Rgba([byte(x * 5), byte(y * 7), byte(x * y), 255]);
    DynamicImage::ImageRgba8(RgbaImage::from_fn(40, 24, pixel))
}

fn rgb() -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from(colours().to_rgb8()))
}

/// Data of a camera, with an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    [&exif::told(orientation), SECRET].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a short segment");
    [&[0xff, marker], &length.to_be_bytes()[..], content].concat()
}

fn jpeg(orientation: u8) -> Vec<u8> {
    let plain = file(&rgb(), ImageFormat::Jpeg);
    let segments = [
        segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat()),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
        segment(
            0xe2,
            &[b"ICC_PROFILE\0\x01\x01", &b"colours as they are"[..]].concat(),
        ),
        segment(0xe2, &[b"MPF\0", SECRET].concat()),
        segment(0xed, &[b"Photoshop 3.0\0", SECRET].concat()),
        segment(0xfe, SECRET),
    ];
    let second = [&plain[..2], &segments[0], &plain[2..], SECRET].concat();
    [&plain[..2], &segments.concat(), &plain[2..], &second].concat()
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a short chunk");
    let body = [&name, content].concat();
    let checksum = crc32fast::hash(&body);
    [&length.to_be_bytes()[..], &body, &checksum.to_be_bytes()].concat()
}

fn png(orientation: u8) -> Vec<u8> {
    let plain = file(&colours(), ImageFormat::Png);
    let chunks = [
        chunk(*b"gAMA", &45_455_u32.to_be_bytes()),
        chunk(*b"eXIf", &exif(orientation)),
        chunk(*b"tEXt", &[b"Comment\0", SECRET].concat()),
        chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()),
        chunk(*b"prVt", SECRET),
    ];
    // Behind the first chunk.
    [&plain[..33], &chunks.concat(), &plain[33..], SECRET].concat()
}

fn webp(orientation: u8) -> Vec<u8> {
    let riff = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).expect("a short chunk");
        let pad = vec![0; content.len() % 2];
        [name, &length.to_le_bytes()[..], content, &pad].concat()
    };
    let plain = file(&colours(), ImageFormat::WebP);
    let (width, height) = (40_u32 - 1, 24_u32 - 1);
    let mut features = vec![HAS_ALL, 0, 0, 0];
    features.extend(&width.to_le_bytes()[..3]);
    features.extend(&height.to_le_bytes()[..3]);
    let chunks = [
        riff(b"VP8X", &features),
        riff(b"ICCP", b"colours as they are"),
        plain[12..].to_vec(),
        riff(b"EXIF", &exif(orientation)),
        riff(b"XMP ", SECRET),
    ]
    .concat();
    let size = u32::try_from(chunks.len() + 4).expect("short");
    [b"RIFF", &size.to_le_bytes()[..], b"WEBP", &chunks, SECRET].concat()
}

/// A profile, transparency, EXIF and XMP.
const HAS_ALL: u8 = 0x20 | 0x10 | 0x08 | 0x04;

fn gif() -> Vec<u8> {
    let plain = file(&rgb(), ImageFormat::Gif);
    let block = |mark: &[u8]| [mark, &[34], SECRET, &[0]].concat();
    let head = 13 + usize::try_from(gif_colours(plain[10])).expect("768 at most");
    let blocks = [
        block(&[0x21, 0xfe]),
        [&[0x21, 0xff, 11], &b"XMP DataXMP"[..], &[34], SECRET, &[0]].concat(),
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0".to_vec(),
    ];
    [&plain[..head], &blocks.concat(), &plain[head..], SECRET].concat()
}

fn gif_colours(flags: u8) -> u64 {
    super::gif::colours(flags)
}

fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    let source: Arc<dyn ReadAt> = Arc::new(file.to_vec());
    let layout = Layout::of(source.as_ref()).expect("in memory")?;
    let file = Arc::new(layout).file(&source);
    let whole = file.read().expect("in memory");
    // The same in portions of any size.
    let mut portions = Vec::new();
    let mut portion = [0; 7];
    loop {
        match file.bytes.read_at(portions.len() as u64, &mut portion) {
            Ok(0) => break,
            Ok(count) => portions.extend_from_slice(&portion[..count]),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(portions == whole);
    Some(whole)
}

fn has(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn pictures_are_handed_out_without_what_is_written_about_them() {
    let files = [
        ("jpeg", jpeg(6)),
        ("png", png(6)),
        ("webp", webp(6)),
        ("gif", gif()),
    ];
    for (name, file) in files {
        assert!(has(&file, SECRET), "{name}");
        let stripped = stripped(&file).expect(name);
        assert!(!has(&stripped, SECRET), "{name}");
        let (before, after) = (picture::decode(&file), picture::decode(&stripped));
        let (before, after) = (before.expect(name), after.expect(name));
        assert!(before == after, "{name}: the same picture, the same way up");
        for kept in [&b"ICC_PROFILE"[..], b"gAMA", b"ICCP", b"NETSCAPE2.0"] {
            assert_eq!(has(&stripped, kept), has(&file, kept), "{name}");
        }
    }
}

#[test]
fn the_way_up_stays_and_is_not_told_where_it_is_the_usual_one() {
    for orientation in 1..=8 {
        for file in [jpeg(orientation), png(orientation), webp(orientation)] {
            let stripped = stripped(&file).expect("a picture");
            let told = exif::told(orientation);
            assert_eq!(has(&stripped, &told), orientation > 1, "{orientation}");
            let size = |file: &[u8]| picture::decode(file).map(|picture| picture.width);
            assert_eq!(size(&stripped).expect("good"), size(&file).expect("good"));
        }
    }
}

#[test]
fn a_cut_file_gives_what_there_is_and_never_more() {
    for file in [jpeg(6), png(6), webp(6), gif()] {
        for length in 0..file.len() {
            let Some(stripped) = stripped(&file[..length]) else {
                continue;
            };
            assert!(stripped.len() <= length + 64, "{length}");
            assert!(!has(&stripped, &SECRET[..12]), "{length}");
        }
    }
}

#[test]
fn a_damaged_file_is_read_or_not_understood_and_nothing_else() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let mut read = 0;
    for file in [jpeg(6), png(6), webp(6), gif()] {
        for _ in 0..300 {
            let mut file = file.clone();
            for _ in 0..=random(6) {
                let at = random(file.len());
                file[at] ^= 1 << random(8);
            }
            read += usize::from(stripped(&file).is_some());
        }
    }
    assert!(read > 100, "{read}");
}
