//! Recognises the format of a picture by its content; the name of the file does not matter.

use std::path::Path;

use imagesize::ImageType;

/// The media type and the usual file name extension of a JPEG, PNG, WebP or GIF file; none for
/// anything else. The first 64 bytes of the file are enough.
#[must_use]
pub fn picture_type(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match imagesize::image_type(bytes).ok()? {
        ImageType::Jpeg => Some(("image/jpeg", "jpg")),
        ImageType::Png => Some(("image/png", "png")),
        ImageType::Webp => Some(("image/webp", "webp")),
        ImageType::Gif => Some(("image/gif", "gif")),
        _ => None,
    }
}

/// What people call the format of a file that is no picture of [`picture_type`], by its first 64 bytes
/// and, where these do not tell enough, by the ending of its name: `HEIC`, `MOV` and the like for what
/// holds pictures; none for all else.
#[must_use]
pub fn other_format(bytes: &[u8], name: &Path) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 15] = [
        (b"\xff\x0a", "JXL"),
        (b"\0\0\0\x0cJXL ", "JXL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"FUJIFILMCCD-RAW", "RAW"),
        (b"IIU\0", "RAW"),
        (b"IIRO", "RAW"),
        (b"IIRS", "RAW"),
        (b"MMOR", "RAW"),
        (b"BM", "BMP"),
        (b"8BPS", "PSD"),
        (b"\0\0\x01\0", "ICO"),
        (b"<svg", "SVG"),
        (b"\x1a\x45\xdf\xa3", "MKV or WebM"),
        (b"gimp xcf", "XCF"),
    ];
    let ending = name.extension().unwrap_or_default().to_string_lossy();
    let ending = ending.to_ascii_lowercase();
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(boxed_format(bytes));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"AVI ") {
        return Some("AVI");
    }
    if let Some((_, format)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(format);
    }
    let is_tiff = bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    let is_large_tiff = bytes.starts_with(b"II+\0") || bytes.starts_with(b"MM\0+");
    match ending.as_str() {
        "dng" | "cr2" | "nef" | "nrw" | "arw" | "srf" | "sr2" | "pef" | "srw" | "3fr" | "iiq"
        | "erf" | "raf" | "rw2" | "orf" | "cr3" | "crw" | "x3f" | "rwl" | "mrw" => Some("RAW"),
        _ if is_tiff || is_large_tiff => Some("TIFF"),
        "svg" | "svgz" => Some("SVG"),
        "tga" => Some("TGA"),
        "mov" | "qt" => Some("MOV"),
        "mp4" | "m4v" | "3gp" => Some("MP4"),
        "mpg" | "mpeg" | "mts" | "m2ts" | "wmv" | "flv" | "vob" => Some("video"),
        "heic" | "heif" => Some("HEIC"),
        "avif" => Some("AVIF"),
        "jxl" => Some("JXL"),
        "jpg" | "jpeg" | "png" | "webp" | "gif" | "bmp" | "tif" | "tiff" => Some("damaged"),
        _ => None,
    }
}

/// The format of a file of ISO's base media, by the brand in its first box.
fn boxed_format(bytes: &[u8]) -> &'static str {
    match bytes.get(8..12).unwrap_or_default() {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => "HEIC",
        b"avif" | b"avis" => "AVIF",
        // Which of the two is told by the other brands.
        b"mif1" | b"msf1" | b"mif2" => {
            let is_avif = bytes[12..]
                .chunks_exact(4)
                .any(|brand| brand.starts_with(b"avi"));
            if is_avif { "AVIF" } else { "HEIC" }
        }
        b"crx " => "RAW",
        b"qt  " => "MOV",
        b"jxl " => "JXL",
        b"jp2 " => "JPEG 2000",
        _ => "MP4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_not_read_have_names() {
        let table: [(&[u8], &str, Option<&str>); 14] = [
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a.jpg", Some("HEIC")),
            (
                b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif",
                "a.avif",
                Some("AVIF"),
            ),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a", Some("HEIC")),
            (b"\0\0\0\x14ftypqt  ", "a.mov", Some("MOV")),
            (b"\0\0\0\x18ftypcrx ", "a.cr3", Some("RAW")),
            (b"\xff\x0a\xfa", "a", Some("JXL")),
            (b"II*\0", "scan.TIF", Some("TIFF")),
            (b"II*\0", "photo.DNG", Some("RAW")),
            (b"BM6\x1c", "old.bmp", Some("BMP")),
            (b"<?xml ", "drawing.svg", Some("SVG")),
            (b"<html>", "saved.jpg", Some("damaged")),
            (b"", "empty.png", Some("damaged")),
            (b"hello", "notes.txt", None),
            (b"%PDF-1.7", "letter.pdf", None),
        ];
        for (bytes, name, format) in table {
            assert_eq!(other_format(bytes, Path::new(name)), format, "{name}");
        }
    }
}
