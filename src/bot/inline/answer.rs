//! From hits to an answer to an inline query. Pure.

use serde_json::Value;

use super::InlineAsk;
use crate::bot::album::{FileIds, caption_of};
use crate::bot::pictures;
use crate::search::{Hit, MAX_QUERY_CHARS, Page};
use crate::telegram::request::{Call, InlinePhoto, answer_inline_query, inline_results_button};

/// Pictures on a page.
pub const PAGE: usize = 20;
/// No endpoint gives pages further down.
const MAX_OFFSET: usize = 1_000_000;
/// How long Telegram may give the same answer again where everybody may see it.
const PUBLIC_CACHE: u64 = 300;
/// Size of a picture whose own is not known, in pixels: apps show nothing at first without one.
const USUAL_SIZE: (u32, u32) = (800, 600);

/// Reads the `next_offset` of an answer; nothing where it is none of ours.
#[must_use]
pub fn read_offset(text: &str) -> Option<usize> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let offset = text.parse().ok().filter(|_| is_number)?;
    (offset <= MAX_OFFSET).then_some(offset)
}

/// In what form `hit` can be shown: as a picture that Telegram has, else by an address that Telegram
/// can fetch.
#[must_use]
pub fn photo_of(hit: &Hit, known: &FileIds) -> Option<InlinePhoto> {
    if let Some(file_id) = hit.file_id.clone().or_else(|| known.get(&hit.url)) {
        return Some(InlinePhoto::Cached { file_id });
    }
    let is_public = |url: &str| url.starts_with("https://") && !pictures::is_local(url);
    if !is_public(&hit.url) || !may_be_jpeg(&hit.url) {
        return None;
    }
    let thumbnail = hit.thumbnail_url.as_deref().filter(|url| is_public(url));
    let (width, height) = match (hit.width, hit.height) {
        (Some(width), Some(height)) if width > 0 && height > 0 => (width, height),
        _ => USUAL_SIZE,
    };
    Some(InlinePhoto::Remote {
        url: hit.url.clone(),
        thumbnail: thumbnail.unwrap_or(&hit.url).to_owned(),
        width,
        height,
    })
}

/// Whether the name of the picture at `url` does not say that it is something else than a JPEG.
fn may_be_jpeg(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let others = [
        ".png", ".webp", ".gif", ".svg", ".bmp", ".avif", ".heic", ".tif", ".tiff",
    ];
    !others.iter().any(|end| name.ends_with(end))
}

/// The answer to `ask`: these pictures, and the offset of the next page.
#[must_use]
pub fn answer(
    ask: &InlineAsk,
    photos: Vec<(InlinePhoto, Option<String>)>,
    next: Option<usize>,
) -> Call {
    let is_remote = |(photo, _): &(InlinePhoto, _)| matches!(photo, InlinePhoto::Remote { .. });
    let is_public = ask.is_public && !photos.is_empty() && photos.iter().all(is_remote);
    let cache = if is_public { PUBLIC_CACHE } else { 0 };
    let is_empty = photos.is_empty() && ask.offset == 0;
    let next = next.filter(|next| *next <= MAX_OFFSET && *next > ask.offset);
    let next = next.map_or_else(String::new, |next| next.to_string());
    let call = answer_inline_query(&ask.id, photos, &next, cache);
    if is_empty {
        return call.with(
            "button",
            inline_results_button(ask.texts.inline_button, "inline"),
        );
    }
    call
}

/// `page` without the `file_id`s that the answer `call` gave, which Telegram does not take any more.
#[must_use]
pub fn without_cached(call: &Call, mut page: Page, known: &FileIds) -> Page {
    let results = call.parameters.get("results").and_then(Value::as_array);
    let ids = results.into_iter().flatten();
    ids.filter_map(|result| result["photo_file_id"].as_str())
        .for_each(|file_id| known.forget(file_id));
    for hit in &mut page.hits {
        hit.file_id = None;
    }
    page
}

/// The answer without pictures.
#[must_use]
pub fn nothing(ask: &InlineAsk) -> Call {
    answer(ask, Vec::new(), None)
}

/// Whether `ask` is worth a search.
#[must_use]
pub fn is_searched(ask: &InlineAsk) -> bool {
    ask.is_served && !ask.words.is_empty() && ask.words.chars().count() <= MAX_QUERY_CHARS
}

/// The answer of `page`. Pictures of `late` addresses can be shown later: the next page begins with the
/// first of them. Telegram covers none in a list of results, so sensitive ones are left out.
#[must_use]
pub fn page(ask: &InlineAsk, page: &Page, known: &FileIds, late: &[String]) -> Call {
    let mut photos = Vec::new();
    let mut next = page.next_offset;
    let shown = page.hits.iter().enumerate();
    for (index, hit) in shown.filter(|(_, hit)| !hit.sensitive) {
        if let Some(photo) = photo_of(hit, known) {
            photos.push((photo, caption_of(hit)));
        } else if late.contains(&hit.url) && !photos.is_empty() {
            next = Some(ask.offset + index);
            break;
        }
    }
    answer(ask, photos, next)
}
