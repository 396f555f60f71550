//! Reads when, where and with what a picture was taken, and its keywords: from its EXIF and XMP, from
//! the file that Google Takeout writes beside it, or from an XMP file beside it. Nothing of it is
//! trusted; what cannot be read is left out.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use exif::{Exif, In, Reader, Tag, Value};
use serde_json::Value as Json;

use crate::collection::{Details, Position, Taken};
use crate::error::one_line;

/// Version of this code: when it reads more than before, it is counted up, and every file is read again.
pub(super) const VERSION: u32 = 2;
/// Largest file beside a picture that is read.
const MAX_SIDECAR: u64 = 1 << 20;
/// XMP lies in the first part of a file.
const XMP_WITHIN: usize = 1 << 20;
const MAX_KEYWORDS: usize = 64;
const MAX_KEYWORD_CHARS: usize = 300;

/// The details of the picture whose file has the content `bytes`, and lies at `path` if it is on this
/// machine.
#[must_use]
pub fn read(bytes: &[u8], path: Option<&Path>) -> Details {
    let mut details = Details::default();
    // A panic of the reader is a picture without details.
    let exif = std::panic::catch_unwind(|| exif(bytes)).ok().flatten();
    if let Some(exif) = exif {
        details.taken = taken(&exif);
        details.position = position(&exif);
        details.camera = camera(&exif);
        details.keywords.extend(text(&exif, Tag::ImageDescription));
    }
    let head = &bytes[..bytes.len().min(XMP_WITHIN)];
    let head = String::from_utf8_lossy(head);
    details.keywords.extend(subjects(&head));
    details.taken = details.taken.or_else(|| created(&head));
    if let Some(path) = path {
        if let Some(takeout) = takeout_beside(path) {
            add_takeout(&mut details, &takeout);
        }
        let beside = [with_ending(path, ".xmp"), path.with_extension("xmp")];
        let xmp = beside.iter().find_map(|path| small_text(path));
        let xmp = xmp.unwrap_or_default();
        details.keywords.extend(subjects(&xmp));
        details.taken = details.taken.or_else(|| created(&xmp));
    }
    clean(&mut details.keywords);
    details
}

fn exif(bytes: &[u8]) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let read = match jxl_exif(bytes) {
        Some(tiff) => reader.read_raw(tiff.to_vec()),
        None => reader.read_from_container(&mut Cursor::new(bytes)),
    };
    read.or_else(|error| error.distill_partial_result(|_| {}))
        .ok()
}

/// The EXIF of a JPEG XL file in a container: a box of its own, with an offset before it.
fn jxl_exif(bytes: &[u8]) -> Option<&[u8]> {
    if !bytes.starts_with(b"\0\0\0\x0cJXL ") {
        return None;
    }
    let mut rest = bytes;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, _) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if kind == b"Exif" {
            return rest.get(12..length);
        }
        rest = rest.get(length.max(8)..)?;
    }
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let field = exif.get_field(tag, In::PRIMARY)?;
    let Value::Ascii(texts) = &field.value else {
        return None;
    };
    let text = String::from_utf8_lossy(texts.first()?);
    let text = one_line(text.trim_matches(['\0', ' ']));
    (!text.is_empty()).then_some(text)
}

fn taken(exif: &Exif) -> Option<Taken> {
    let times = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    times.into_iter().find_map(|(time, offset)| {
        let mut taken = parse_time(&text(exif, time)?)?;
        taken.offset = text(exif, offset).and_then(|offset| parse_offset(&offset));
        Some(taken)
    })
}

/// A time as EXIF writes it, `2023:07:14 18:30:00`, or with other marks, a zone or parts of a second.
fn parse_time(text: &str) -> Option<Taken> {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let numbers = numbers.filter(|part| !part.is_empty());
    let numbers: Vec<u32> = numbers
        .map_while(|part| part.parse().ok())
        .take(6)
        .collect();
    let [year, month, day, time @ ..] = &numbers[..] else {
        return None;
    };
    // A clock that was never set says 0000 or 1970.
    let year = i32::try_from(*year).ok().filter(|year| *year > 1970)?;
    let time = match time {
        [hour, minute, second] => (*hour, *minute, *second),
        [hour, minute] => (*hour, *minute, 0),
        _ => (0, 0, 0),
    };
    Taken::at((year, *month, *day), time)
}

fn parse_offset(text: &str) -> Option<i16> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let minutes =
        hours.parse::<i16>().ok()?.checked_mul(60)? + minutes.parse::<i16>().ok()?.min(59);
    (0..1440).contains(&minutes).then_some(sign * minutes)
}

fn position(exif: &Exif) -> Option<Position> {
    let degrees = |tag: Tag, reference: Tag, negative: &str| {
        let field = exif.get_field(tag, In::PRIMARY)?;
        let Value::Rational(parts) = &field.value else {
            return None;
        };
        let scale = [1.0, 60.0, 3600.0];
        let parts = parts.iter().zip(scale);
        // Some cameras write 0/0, which is no number.
        let sum: f64 = parts.map(|(part, scale)| part.to_f64() / scale).sum();
        let is_negative =
            text(exif, reference).is_some_and(|text| text.eq_ignore_ascii_case(negative));
        Some(if is_negative { -sum } else { sum })
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?;
    known_position(latitude, longitude)
}

/// The position; none for 0, 0, which stands for an unknown one.
fn known_position(latitude: f64, longitude: f64) -> Option<Position> {
    let is_known = latitude.abs() > 1e-6 || longitude.abs() > 1e-6;
    Position::new(latitude, longitude).filter(|_| is_known)
}

fn camera(exif: &Exif) -> String {
    let maker = text(exif, Tag::Make).unwrap_or_default();
    let model = text(exif, Tag::Model).unwrap_or_default();
    let first = maker.split(' ').next().unwrap_or_default().to_lowercase();
    if model.to_lowercase().starts_with(&first) {
        return model;
    }
    format!("{maker} {model}").trim().to_owned()
}

/// The keywords in XMP: the items of `dc:subject`.
fn subjects(xmp: &str) -> Vec<String> {
    let Some((_, rest)) = xmp.split_once("<dc:subject>") else {
        return Vec::new();
    };
    let (subjects, _) = rest.split_once("</dc:subject>").unwrap_or_default();
    let items = subjects.split("<rdf:li").skip(1);
    let items = items.filter_map(|item| Some(item.split_once('>')?.1.split_once("</rdf:li>")?.0));
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    items
        .map(|item| {
            let replace =
                |text: String, (entity, letter): (&str, &str)| text.replace(entity, letter);
            entities.into_iter().fold(item.to_owned(), replace)
        })
        .collect()
}

/// When the picture was made, as an attribute or an element of XMP says it.
fn created(xmp: &str) -> Option<Taken> {
    const NAMES: [&str; 3] = [
        "exif:DateTimeOriginal",
        "photoshop:DateCreated",
        "xmp:CreateDate",
    ];
    NAMES.into_iter().find_map(|name| {
        let (_, rest) = xmp.split_once(name)?;
        let rest = rest.trim_start_matches(['=', '"', '\'', '>', ' ']);
        let end = rest.find(['"', '\'', '<']).unwrap_or(0);
        let text = &rest[..end];
        Taken::parse(text).or_else(|| parse_time(text))
    })
}

/// What Google Takeout wrote about the picture at `path`, if it did: `a.jpg.json` beside `a.jpg`, later
/// `a.jpg.supplemental-metadata.json`, whose long names are cut; and `a.jpg(1).json` beside `a(1).jpg`.
fn takeout_beside(path: &Path) -> Option<Json> {
    let name = path.file_name()?.to_str()?;
    let mut names = vec![name.to_owned()];
    let stem = path.file_stem()?.to_str()?;
    if let Some((first, number)) = stem.rsplit_once('(')
        && let (Some(number), Some(ending)) = (number.strip_suffix(')'), path.extension())
    {
        names.push(format!("{first}.{}({number})", ending.to_string_lossy()));
    }
    // An edited picture has that of the original.
    names.push(name.replace("-edited.", "."));
    let mut candidates = Vec::new();
    for name in names {
        candidates.push(format!("{name}.json"));
        let (name, number) = match name.find('(').filter(|_| name.ends_with(')')) {
            Some(at) => name.split_at(at),
            None => (name.as_str(), ""),
        };
        let whole = format!("{name}.supplemental-metadata");
        let cut: String = whole.chars().take(46).collect();
        candidates.push(format!("{whole}{number}.json"));
        candidates.push(format!("{cut}{number}.json"));
    }
    candidates.iter().find_map(|name| {
        let text = small_text(&path.with_file_name(name))?;
        let takeout: Json = serde_json::from_str(&text).ok()?;
        takeout.get("photoTakenTime").is_some().then_some(takeout)
    })
}

fn add_takeout(details: &mut Details, takeout: &Json) {
    let time = takeout["photoTakenTime"]["timestamp"].as_str();
    let seconds = time
        .and_then(|time| time.parse().ok())
        .filter(|time| *time != 0);
    details.taken = details.taken.or(seconds.map(|seconds| Taken {
        seconds,
        offset: Some(0),
    }));
    for data in ["geoDataExif", "geoData"] {
        let degrees = |name: &str| takeout[data][name].as_f64();
        if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) {
            details.position = details.position.or(known_position(latitude, longitude));
        }
    }
    let people = takeout["people"].as_array().into_iter().flatten();
    let people = people.filter_map(|person| person["name"].as_str());
    let description = takeout["description"].as_str();
    details
        .keywords
        .extend(people.chain(description).map(str::to_owned));
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn small_text(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let is_small = metadata.is_file() && metadata.len() <= MAX_SIDECAR;
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
}

/// Makes of each keyword one short line, and leaves out what says nothing or says it again.
fn clean(keywords: &mut Vec<String>) {
    let mut clean: Vec<String> = Vec::new();
    for keyword in keywords.drain(..) {
        let keyword: String = one_line(keyword.trim())
            .chars()
            .take(MAX_KEYWORD_CHARS)
            .collect();
        if !keyword.is_empty() && !clean.contains(&keyword) && clean.len() < MAX_KEYWORDS {
            clean.push(keyword);
        }
    }
    *keywords = clean;
}

#[cfg(test)]
mod tests;
