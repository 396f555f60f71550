//! Reads, decodes, scales and writes picture files.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Mutex;

use clip::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, RgbImage};

use crate::error::{Error, Kind, Result};
use crate::locked::locked;
use crate::media::picture_type;

/// Largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Most bytes of decoded pixels: those of 50 megapixels in 8-bit colour, or of 40 with
/// transparency. The decoder of a progressive JPEG takes up to twice as much besides, for a moment.
const MAX_DECODED_BYTES: u64 = 160 << 20;

/// Most pixels of a picture that is kept at its full size: enough for display and for CLIP, and
/// little enough for several pictures at a time.
const MAX_FULL_PIXELS: u64 = 16_000_000;

/// Longest side of a picture, in pixels. JPEG and GIF cannot express more.
const MAX_SIDE: u32 = 65_535;

/// Held while a picture of more than [`MAX_FULL_PIXELS`] is decoded, so that only one is in memory.
static ONE_LARGE: Mutex<()> = Mutex::new(());

/// The content of the picture file at `path`; none if it is not a picture, too large, or not a
/// regular file.
///
/// # Errors
/// The system cannot open or read it.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // Enough to recognise any of the formats.
    file.by_ref().take(64).read_to_end(&mut bytes)?;
    if picture_type(&bytes).is_none() || metadata.len() > MAX_FILE_BYTES {
        return Ok(None);
    }
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Decodes the file `bytes`: JPEG, PNG, WebP, or the first picture of a GIF.
///
/// The picture is rotated as its EXIF data says. Transparency is dropped, as CLIP's reference
/// implementation does. A picture of more than 16 megapixels is halved in width and height.
///
/// # Errors
/// The file is damaged or of an unknown format ([`Kind::Unusable`]), or too large
/// ([`Kind::TooLarge`]).
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    let damaged = |cause| Error::new(Kind::Unusable, "the picture is damaged").because(cause);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|cause| damaged(cause.into()))?;
    if !reader
        .format()
        .is_some_and(|format| format.reading_enabled())
    {
        let problem = "this is not a JPEG, PNG, WebP or GIF picture";
        return Err(Error::new(Kind::Unusable, problem));
    }
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    // For what decoders allocate besides the pixels; the limit that matters is checked below.
    limits.max_alloc = Some(2 * MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;

    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let color = decoder.color_type();
    let needed = decoder.total_bytes().max(pixels.saturating_mul(3));
    if needed > MAX_DECODED_BYTES {
        let problem = format!(
            "the picture has {width} x {height} pixels, which take {} MiB in memory, more than the \
             {} MiB allowed: make it smaller",
            needed >> 20,
            MAX_DECODED_BYTES >> 20
        );
        return Err(Error::new(Kind::TooLarge, problem));
    }
    let turn = decoder.orientation().map_err(damaged)?;
    let large = pixels > MAX_FULL_PIXELS;
    let _one_at_a_time = large.then(|| locked(&ONE_LARGE));
    let mut raw = vec![0; decoder.total_bytes().try_into().unwrap_or(usize::MAX)];
    decoder.read_image(&mut raw).map_err(damaged)?;
    let Some(rgb) = into_rgb(raw, color) else {
        let problem = format!("the picture has colours of an unknown kind: {color:?}");
        return Err(Error::new(Kind::Unusable, problem));
    };
    let mut picture = Picture { width, height, rgb };
    if picture.rgb.is_empty() {
        return Err(Error::new(Kind::Unusable, "the picture has no pixels"));
    }
    if large {
        halve(&mut picture);
    }
    Ok(turned(picture, turn))
}

/// Averages squares of four pixels, in place. A last odd row or column is dropped.
fn halve(picture: &mut Picture) {
    let (width, height) = (picture.width as usize / 2, picture.height as usize / 2);
    let row = picture.width as usize * 3;
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let first = 2 * y * row + 6 * x + channel;
                let four = [first, first + 3, first + row, first + row + 3];
                let sum: u16 = four.iter().map(|at| u16::from(picture.rgb[*at])).sum();
                // This index lies before all that are read later. The mean is at most 255.
                picture.rgb[(y * width + x) * 3 + channel] = ((sum + 2) / 4).to_le_bytes()[0];
            }
        }
    }
    picture.rgb.truncate(height * width * 3);
    picture.rgb.shrink_to_fit();
    picture.width /= 2;
    picture.height /= 2;
}

fn turned(picture: Picture, turn: Orientation) -> Picture {
    if turn == Orientation::NoTransforms {
        return picture;
    }
    // Only a decoded picture is turned, and that has the pixels of its size.
    let image = RgbImage::from_raw(picture.width, picture.height, picture.rgb).expect("its pixels");
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(turn);
    let rgb = image.into_rgb8();
    Picture {
        width: rgb.width(),
        height: rgb.height(),
        rgb: rgb.into_raw(),
    }
}

/// Encodes `picture` as a JPEG file; `quality` is 1 to 100.
///
/// # Errors
/// JPEG cannot express its size.
pub fn encode_jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(
            &picture.rgb,
            picture.width,
            picture.height,
            ExtendedColorType::Rgb8,
        )
        .map_err(|cause| {
            Error::new(Kind::Unusable, "the picture cannot be encoded as JPEG").because(cause)
        })?;
    Ok(file)
}

/// Converts the pixels in `raw` from `color` to RGB, in the same memory; none if `color` is
/// unknown. Of 16 bits the upper 8 are kept, as Pillow does.
fn into_rgb(mut raw: Vec<u8>, color: ColorType) -> Option<Vec<u8>> {
    let high =
        |pixel: &[u8], at: usize| (u16::from_ne_bytes([pixel[at], pixel[at + 1]]) >> 8) as u8;
    let rgb = |pixel: &[u8]| match color {
        ColorType::L8 | ColorType::La8 => [pixel[0]; 3],
        ColorType::L16 | ColorType::La16 => [high(pixel, 0); 3],
        ColorType::Rgb16 | ColorType::Rgba16 => [0, 2, 4].map(|at| high(pixel, at)),
        _ => [pixel[0], pixel[1], pixel[2]],
    };
    let step = match color {
        ColorType::Rgb8 => return Some(raw),
        ColorType::L8 => 1,
        ColorType::La8 | ColorType::L16 => 2,
        ColorType::Rgba8 | ColorType::La16 => 4,
        ColorType::Rgb16 => 6,
        ColorType::Rgba16 => 8,
        _ => return None,
    };
    let pixels = raw.len() / step;
    let convert = |raw: &mut [u8], index: usize| {
        let pixel = rgb(&raw[index * step..][..step]);
        raw[index * 3..][..3].copy_from_slice(&pixel);
    };
    // Pixels that become longer are converted from the last to the first, and ones that become
    // shorter from the first to the last, so that none is overwritten before it is read.
    if step < 3 {
        raw.resize(pixels * 3, 0);
        (0..pixels).rev().for_each(|index| convert(&mut raw, index));
    } else {
        (0..pixels).for_each(|index| convert(&mut raw, index));
        raw.truncate(pixels * 3);
        raw.shrink_to_fit();
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;

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

    #[test]
    fn every_kind_of_pixel_becomes_rgb() {
        let rgb = colours().to_rgb8().into_raw();
        let grey: Vec<u8> = colours().to_luma8().iter().flat_map(|l| [*l; 3]).collect();
        let image = colours();
        let table = [
            (DynamicImage::from(image.to_rgb8()), &rgb),
            (DynamicImage::from(image.to_rgba8()), &rgb),
            (DynamicImage::from(image.to_rgb16()), &rgb),
            (DynamicImage::from(image.to_rgba16()), &rgb),
            (DynamicImage::from(image.to_luma8()), &grey),
            (DynamicImage::from(image.to_luma_alpha8()), &grey),
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
                &grey,
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
        let rgb = colours().to_rgb8().into_raw();
        let webp = decode(&file(&colours(), ImageFormat::WebP)).expect("a WebP");
        assert!(webp.rgb == rgb);
        let gif = file(&DynamicImage::from(colours().to_rgb8()), ImageFormat::Gif);
        assert_eq!(decode(&gif).expect("a GIF").height, 17);
        let jpeg = encode_jpeg(&webp, 90).expect("a JPEG");
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
        for file in [&b""[..], b"<html>", b"II*\0", b"%PDF-1.7"] {
            let error = decode(file).expect_err("no picture");
            assert!(error.to_string().contains("WebP"), "{error}");
            assert_eq!(*error.kind(), Kind::Unusable);
        }
    }
}
