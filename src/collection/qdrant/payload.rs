//! Records as points of Qdrant, and back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::collection::{Details, Place, Position, Record, ScoredRecord, Taken};
use crate::digest::{Digest, sha256};

/// A UUID (version 8: of custom making) that is always the same for `id`.
pub(super) fn uuid(id: &str) -> String {
    let digest = sha256(id.as_bytes()).to_string();
    let (a, b, c, d) = (
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
    );
    format!("{a}-{b}-8{c}-8{d}-{}", &digest[20..32])
}

/// A record as a point's payload, and a mark that changes whenever the payload does.
pub(super) fn payload_of(record: &Record, encoder: &str) -> (String, Value) {
    let mut payload = json!({
        "encoder": encoder,
        "id": record.id,
        "caption": record.caption,
        "width": record.width,
        "height": record.height,
        "bytes": record.bytes,
        "digest": record.digest.to_string(),
    });
    let since = record
        .modified
        .map(|time| time.duration_since(SystemTime::UNIX_EPOCH));
    if let Some(Ok(since)) = since {
        payload["modified"] = json!([since.as_secs(), since.subsec_nanos()]);
    }
    put_details(&mut payload, &record.details);
    match &record.place {
        Place::File { root, path } => {
            payload["root"] = path_as_json(root);
            payload["path"] = path_as_json(path);
        }
        Place::Url { list, url } => {
            payload["list"] = path_as_json(list);
            payload["url"] = json!(url);
        }
    }
    let mark = sha256(payload.to_string().as_bytes()).to_string();
    let mark = mark[..16].to_owned();
    payload["mark"] = json!(mark);
    (mark, payload)
}

pub(super) fn scored_record_of(point: &Value) -> Option<ScoredRecord> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Qdrant computes scores as f32"
    )]
    let score = point["score"].as_f64()? as f32;
    let record = record_of(&point["payload"])?;
    Some(ScoredRecord { record, score })
}

pub(super) fn record_of(payload: &Value) -> Option<Record> {
    let payload: &Map<String, Value> = payload.as_object()?;
    let text = |name: &str| Some(payload.get(name)?.as_str()?.to_owned());
    let number = |name: &str| payload.get(name)?.as_u64();
    let small = |name: &str| u32::try_from(number(name)?).ok();
    let path = |name: &str| path_of(payload.get(name)?);
    let place = match payload.get("url") {
        Some(_) => Place::Url {
            list: path("list")?,
            url: text("url")?,
        },
        None => Place::File {
            root: path("root")?,
            path: path("path")?,
        },
    };
    let modified = payload.get("modified").and_then(|modified| {
        let nanos = u32::try_from(modified[1].as_u64()?).ok()?;
        let since = Duration::from_secs(modified[0].as_u64()?);
        let since = since.checked_add(Duration::from_nanos(nanos.into()))?;
        SystemTime::UNIX_EPOCH.checked_add(since)
    });
    Some(Record {
        id: text("id")?,
        place,
        caption: text("caption")?,
        width: small("width")?,
        height: small("height")?,
        bytes: number("bytes")?,
        modified,
        digest: digest_of(&text("digest")?)?,
        details: details_of(payload),
    })
}

/// Adds what is known; a picture without details has the payload that older versions wrote.
fn put_details(payload: &mut Value, details: &Details) {
    if let Some(taken) = details.taken {
        payload["taken"] = json!([taken.seconds, taken.offset]);
    }
    if let Some(position) = details.position {
        payload["position"] = json!({"lat": position.latitude(), "lon": position.longitude()});
    }
    if !details.camera.is_empty() {
        payload["camera"] = json!(details.camera);
    }
    if !details.keywords.is_empty() {
        payload["keywords"] = json!(details.keywords);
    }
}

fn details_of(payload: &Map<String, Value>) -> Details {
    let taken = payload.get("taken").and_then(|taken| {
        let offset = taken[1].as_i64();
        Some(Taken {
            seconds: taken[0].as_i64()?,
            offset: offset.and_then(|offset| i16::try_from(offset).ok()),
        })
    });
    let position = payload
        .get("position")
        .and_then(|at| Position::new(at["lat"].as_f64()?, at["lon"].as_f64()?));
    let camera = payload.get("camera").and_then(Value::as_str);
    let keywords = payload.get("keywords").and_then(Value::as_array);
    let keywords = keywords.into_iter().flatten().filter_map(Value::as_str);
    Details {
        taken,
        position,
        camera: camera.unwrap_or_default().to_owned(),
        keywords: keywords.map(str::to_owned).collect(),
    }
}

/// As text if it is UTF-8, else as an array of bytes.
fn path_as_json(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => json!(text),
        None => json!(path.as_os_str().as_bytes()),
    }
}

fn path_of(value: &Value) -> Option<PathBuf> {
    if let Some(text) = value.as_str() {
        return Some(text.into());
    }
    let bytes = value.as_array()?.iter();
    let bytes = bytes.map(|byte| u8::try_from(byte.as_u64()?).ok());
    Some(OsString::from_vec(bytes.collect::<Option<_>>()?).into())
}

fn digest_of(text: &str) -> Option<Digest> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn details() -> Details {
        Details {
            taken: Taken::at((1969, 5, 4), (1, 2, 3)),
            position: Position::new(-41.890_251, 12.492_373),
            camera: "a camera".to_owned(),
            keywords: vec!["beach".to_owned(), String::new()],
        }
    }

    #[test]
    fn a_payload_is_the_record_again() {
        let files = [&b"plain.png"[..], b"new\nline.png", b"\xff.png"];
        let files = files.map(|name| Place::File {
            root: "/pictures".into(),
            path: OsString::from_vec(name.to_vec()).into(),
        });
        let url = Place::Url {
            list: "/list.tsv".into(),
            url: "https://example.org/a.png".to_owned(),
        };
        let mut marks = HashSet::new();
        for (number, place) in (0..).zip(files.into_iter().chain([url])) {
            let record = Record {
                id: format!("0123456789abcdef-0000000{number}"),
                place,
                caption: "a “caption”".to_owned(),
                width: 3,
                height: u32::MAX,
                bytes: u64::MAX,
                modified: (number > 0).then(|| SystemTime::UNIX_EPOCH + Duration::new(7, number)),
                digest: sha256(b"it"),
                details: if number == 1 {
                    Details::default()
                } else {
                    details()
                },
            };
            let (mark, payload) = payload_of(&record, "a model");
            assert!(marks.insert(mark.clone()));
            assert_eq!(payload["mark"], mark);
            let sent: Value = serde_json::from_str(&payload.to_string()).expect("JSON");
            assert_eq!(record_of(&sent), Some(record));
            for name in ["id", "digest", "width", "caption", "bytes"] {
                let mut cut = sent.clone();
                cut[name] = Value::Null;
                assert_eq!(record_of(&cut), None, "{name}");
            }
        }
        assert_eq!(record_of(&Value::Null), None);
    }

    #[test]
    fn ids_become_uuids() {
        let ids = ["0123456789abcdef", "0123456789abcdef-00000001", ""];
        let uuids: HashSet<String> = ids.iter().map(|id| uuid(id)).collect();
        assert_eq!(uuids.len(), ids.len());
        for uuid in uuids {
            let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        }
    }
}
