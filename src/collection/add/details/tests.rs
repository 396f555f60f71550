//! Details of pictures that are made here, with EXIF as a camera writes it.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, Rational};

use super::*;

fn field(tag: Tag, value: Value) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    }
}

fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

/// Degrees, minutes and seconds over these denominators.
fn degrees(parts: [u32; 3], denominator: u32) -> Value {
    let parts = parts.map(|num| Rational {
        num,
        denom: denominator,
    });
    Value::Rational(parts.to_vec())
}

/// A JPEG without pixels that has these fields.
fn jpeg(fields: &[Field]) -> Vec<u8> {
    let mut writer = Writer::new();
    for field in fields {
        writer.push_field(field);
    }
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, false).expect("room");
    let exif = [b"Exif\0\0", &tiff.into_inner()[..]].concat();
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [b"\xff\xd8\xff\xe1", &length[..], &exif, b"\xff\xd9"].concat()
}

#[test]
fn time_place_and_camera_are_read_from_exif() {
    let rome = [
        field(Tag::DateTimeOriginal, ascii("2023:07:14 18:30:05")),
        field(Tag::OffsetTimeOriginal, ascii("+02:00")),
        field(Tag::DateTime, ascii("2024:01:01 00:00:00")),
        field(Tag::GPSLatitude, degrees([41, 53, 24], 1)),
        field(Tag::GPSLatitudeRef, ascii("N")),
        field(Tag::GPSLongitude, degrees([12, 29, 32], 1)),
        field(Tag::GPSLongitudeRef, ascii("W")),
        field(Tag::Make, ascii("NIKON CORPORATION")),
        field(Tag::Model, ascii("NIKON D70")),
        field(Tag::ImageDescription, ascii("  our\ntrip ")),
    ];
    let details = read(&jpeg(&rome), None);
    let taken = details.taken.expect("a time");
    assert_eq!(taken.to_string(), "2023-07-14T18:30:05+02:00");
    let position = details.position.expect("a position");
    assert!((position.latitude() - 41.89).abs() < 1e-6, "{position:?}");
    assert!(
        (position.longitude() + 12.492_222).abs() < 1e-6,
        "{position:?}"
    );
    assert_eq!(
        (details.camera.as_str(), &details.keywords[..]),
        ("NIKON D70", &["our trip".to_owned()][..])
    );
}

#[test]
fn what_cannot_be_right_is_left_out() {
    let wrong = [
        field(Tag::DateTimeOriginal, ascii("0000:00:00 00:00:00")),
        field(Tag::GPSLatitude, degrees([0, 0, 0], 0)),
        field(Tag::GPSLongitude, degrees([0, 0, 0], 0)),
    ];
    let mut whole = jpeg(&wrong);
    assert_eq!(read(&whole, None), Details::default());
    for at in 0..whole.len() {
        whole[at] ^= 0x55;
        // Whatever it is, it ends.
        let _ = read(&whole, None);
        let _ = read(&whole[..at], None);
        whole[at] ^= 0x55;
    }
    for (text, expected) in [
        ("2023:07:14 18:30:05", Some("2023-07-14T18:30:05Z")),
        ("2023-07-14T18:30:05", Some("2023-07-14T18:30:05Z")),
        ("2023:07:14", Some("2023-07-14T00:00:00Z")),
        ("2023:07:14 18:30:05.123", Some("2023-07-14T18:30:05Z")),
        ("2023:07:14 18:30:05+02:00", Some("2023-07-14T18:30:05Z")),
        ("2023.07.14 18.30", Some("2023-07-14T18:30:00Z")),
        ("2023:13:14 18:30:05", None),
        ("    :  :     :  :  ", None),
    ] {
        let taken = parse_time(text).map(|taken| taken.to_string());
        assert_eq!(taken.as_deref(), expected, "{text}");
    }
    assert_eq!(
        ["+05:30", "-08:00", "Z", "+99:00"].map(parse_offset),
        [Some(330), Some(-480), None, None]
    );
}

#[test]
fn keywords_are_read_from_xmp() {
    let xmp = "<x><dc:subject><rdf:Bag><rdf:li>Anna &amp; Ben</rdf:li><rdf:li xml:lang='x'>sea\n</rdf:li>\
               <rdf:li>sea</rdf:li></rdf:Bag></dc:subject></x>";
    assert_eq!(read(xmp.as_bytes(), None).keywords, ["Anna & Ben", "sea"]);
}

#[test]
fn a_time_is_read_from_xmp_where_there_is_no_exif() {
    for (xmp, expected) in [
        (
            "<a exif:DateTimeOriginal='2023-07-14T18:30:05.12+02:00'/>",
            "2023-07-14T18:30:05+02:00",
        ),
        (
            "<photoshop:DateCreated>2019-05-04</photoshop:DateCreated>",
            "2019-05-04T00:00:00Z",
        ),
        (
            "<a xmp:CreateDate=\"2021-01-02T03:04\"/>",
            "2021-01-02T03:04:00Z",
        ),
    ] {
        let taken = read(xmp.as_bytes(), None).taken;
        assert_eq!(
            taken.map(|taken| taken.to_string()).as_deref(),
            Some(expected)
        );
    }
    assert_eq!(read(b"<xmp:CreateDate/>", None), Details::default());
}

#[test]
fn what_google_takeout_wrote_beside_a_picture_is_read() {
    let folder = std::env::temp_dir().join(format!("takeout-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("room");
    let json = r#"{"title": "a.jpg", "description": "at the sea", "photoTakenTime": {"timestamp": "1561939200"},
                   "geoData": {"latitude": 41.89, "longitude": 12.49}, "people": [{"name": "Anna"}]}"#;
    let long = "a-very-long-name-of-a-picture-on-a-phone.jpg";
    for (picture, beside) in [
        ("a.jpg", "a.jpg.json"),
        ("b.jpg", "b.jpg.supplemental-metadata.json"),
        (long, "a-very-long-name-of-a-picture-on-a-phone.jpg.s.json"),
        ("c(1).jpg", "c.jpg(1).json"),
        ("d(2).jpg", "d.jpg.supplemental-metadata(2).json"),
        ("e-edited.jpg", "e.jpg.json"),
    ] {
        fs::write(folder.join(beside), json).expect("room");
        let details = read(b"", Some(&folder.join(picture)));
        let taken = details.taken.map(|taken| taken.to_string());
        assert_eq!(taken.as_deref(), Some("2019-07-01T00:00:00Z"), "{picture}");
        assert!(details.position.is_some(), "{picture}");
        assert_eq!(details.keywords, ["Anna", "at the sea"]);
    }
    fs::write(folder.join("f.jpg.json"), r#"{"width": 5}"#).expect("room");
    assert_eq!(read(b"", Some(&folder.join("f.jpg"))), Details::default());
    fs::remove_dir_all(&folder).expect("ours");
}
