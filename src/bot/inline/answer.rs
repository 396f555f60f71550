//! From hits to an answer to an inline query. Pure.

use serde_json::Value;

use super::InlineAsk;
use super::probe::{Found, Probes};
use crate::bot::album::{FileIds, caption_of};
use crate::bot::pictures;
use crate::bot::search_client::FILE;
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

/// What is known about pictures beside what their hits say.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// Those that Telegram has.
    pub file_ids: &'a FileIds,
    /// What public ones are.
    pub probes: &'a Probes,
}

impl Knowledge<'_> {
    /// In what form `hit` can be shown: as a picture that Telegram has, else by an address that Telegram
    /// can fetch.
    #[must_use]
    pub fn photo_of(self, hit: &Hit) -> Option<InlinePhoto> {
        let known = || self.file_ids.get(&hit.url);
        if let Some(file_id) = hit.file_id.clone().or_else(known) {
            return Some(match file_id.strip_prefix(FILE) {
                Some(file_id) => InlinePhoto::CachedFile {
                    file_id: file_id.to_owned(),
                    title: title_of(hit),
                },
                None => InlinePhoto::Cached { file_id },
            });
        }
        let size = (hit.width.unwrap_or(0), hit.height.unwrap_or(0));
        self.remote(&hit.url, hit, size)
    }

    /// The smaller version of `hit`, in place of a picture that Telegram would not take.
    fn smaller_photo_of(self, hit: &Hit) -> Option<InlinePhoto> {
        self.remote(hit.thumbnail_url.as_deref()?, hit, (0, 0))
    }

    /// What is at `url`, a version of `hit` whose `size` in pixels is the second number if it is said.
    fn remote(self, url: &str, hit: &Hit, size: (u32, u32)) -> Option<InlinePhoto> {
        let own = match self.probes.get(url) {
            _ if !is_public(url) => return None,
            Some(Found::Unfit) => return None,
            Some(Found::Fits(own)) => own,
            None if may_be_jpeg(url) => None,
            None => return None,
        };
        let said = (size.0 > 0 && size.1 > 0).then_some(size);
        let (width, height) = said.or(own).unwrap_or(USUAL_SIZE);
        let thumbnail = hit.thumbnail_url.as_deref();
        let thumbnail = thumbnail.filter(|url| self.is_thumbnail(url));
        Some(InlinePhoto::Remote {
            url: url.to_owned(),
            thumbnail: thumbnail.unwrap_or(url).to_owned(),
            width,
            height,
        })
    }

    /// Whether the version at `url` can be shown as a thumbnail.
    fn is_thumbnail(self, url: &str) -> bool {
        is_public(url) && self.probes.get(url) != Some(Found::Unfit)
    }

    /// Addresses of `hits` that Telegram would have to fetch.
    #[must_use]
    pub fn to_fetch(self, hits: &[Hit]) -> Vec<&str> {
        let is_new = |hit: &&Hit| hit.file_id.is_none() && self.file_ids.get(&hit.url).is_none();
        let urls = hits.iter().filter(is_new).map(|hit| hit.url.as_str());
        urls.filter(|url| is_public(url)).collect()
    }

    /// Addresses of the smaller versions of those of `hits` that Telegram would not take.
    #[must_use]
    pub fn smaller(self, hits: &[Hit]) -> Vec<&str> {
        let is_unfit = |hit: &&Hit| self.probes.get(&hit.url) == Some(Found::Unfit);
        let hits = hits.iter().filter(is_unfit);
        let urls = hits.filter_map(|hit| hit.thumbnail_url.as_deref());
        urls.filter(|url| is_public(url)).collect()
    }
}

/// Whether Telegram can fetch what is at `url`.
fn is_public(url: &str) -> bool {
    url.starts_with("https://") && !pictures::is_local(url)
}

/// What a picture that is a file is called in a list of results.
fn title_of(hit: &Hit) -> String {
    let words = caption_of(hit).unwrap_or_default();
    let short: String = words.chars().take(60).collect();
    let title = Some(short.trim().to_owned()).filter(|title| !title.is_empty());
    title.unwrap_or_else(|| "…".to_owned())
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
    let is_public =
        ask.is_public && !ask.may_see_saved() && !photos.is_empty() && photos.iter().all(is_remote);
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
    ids.filter_map(|result| {
        let id = [&result["photo_file_id"], &result["document_file_id"]];
        id.into_iter().find_map(Value::as_str)
    })
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
    let may = ask.is_served || !ask.chats.is_empty();
    may && !ask.words.is_empty() && ask.words.chars().count() <= MAX_QUERY_CHARS
}

/// The answer of `page`. Pictures of `late` addresses can be shown later: the next page begins with the
/// first of them. Telegram covers none in a list of results, so sensitive ones are left out.
#[must_use]
pub fn page(ask: &InlineAsk, page: &Page, knowledge: Knowledge, late: &[String]) -> Call {
    let mut photos = Vec::new();
    let mut next = page.next_offset;
    let shown = page.hits.iter().enumerate();
    for (index, hit) in shown.filter(|(_, hit)| !hit.sensitive) {
        let photo = knowledge.photo_of(hit);
        let is_late = photo.is_none() && late.contains(&hit.url);
        if is_late && !photos.is_empty() {
            next = Some(ask.offset + index);
            break;
        }
        if let Some(photo) = photo.or_else(|| knowledge.smaller_photo_of(hit)) {
            photos.push((photo, caption_of(hit)));
        }
    }
    answer(ask, photos, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Allowed;

    const URL: &str = "https://pictures.example.org/1.png";
    const SMALL: &str = "https://pictures.example.org/1-small";

    fn hit(size: Option<(u32, u32)>) -> Hit {
        Hit {
            url: URL.to_owned(),
            thumbnail_url: Some(SMALL.to_owned()),
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
            ..Hit::default()
        }
    }

    fn remote(url: &str, thumbnail: &str, (width, height): (u32, u32)) -> InlinePhoto {
        InlinePhoto::Remote {
            url: url.to_owned(),
            thumbnail: thumbnail.to_owned(),
            width,
            height,
        }
    }

    /// What was seen of the picture decides, not its name; the size is what the endpoint says, else what
    /// the file says.
    #[test]
    fn a_picture_is_shown_as_what_it_is() {
        let (file_ids, probes) = (FileIds::default(), Probes::new(Allowed::PublicOr(None)));
        let knowledge = Knowledge {
            file_ids: &file_ids,
            probes: &probes,
        };
        assert_eq!(knowledge.photo_of(&hit(None)), None, "its name says PNG");
        probes.remember(URL, Found::Fits(None));
        let usual = remote(URL, SMALL, USUAL_SIZE);
        assert_eq!(knowledge.photo_of(&hit(None)), Some(usual));
        probes.remember(URL, Found::Fits(Some((640, 480))));
        let seen = remote(URL, SMALL, (640, 480));
        assert_eq!(knowledge.photo_of(&hit(None)), Some(seen));
        let said = remote(URL, SMALL, (480, 640));
        assert_eq!(knowledge.photo_of(&hit(Some((480, 640)))), Some(said));
        probes.remember(SMALL, Found::Unfit);
        let plain = remote(URL, URL, (640, 480));
        assert_eq!(knowledge.photo_of(&hit(None)), Some(plain));
    }

    #[test]
    fn the_smaller_version_stands_for_a_picture_that_telegram_would_not_take() {
        let (file_ids, probes) = (FileIds::default(), Probes::new(Allowed::PublicOr(None)));
        let knowledge = Knowledge {
            file_ids: &file_ids,
            probes: &probes,
        };
        let hits = [hit(Some((4000, 3000)))];
        assert_eq!(knowledge.to_fetch(&hits), [URL]);
        assert!(knowledge.smaller(&hits).is_empty());
        probes.remember(URL, Found::Unfit);
        assert_eq!(knowledge.smaller(&hits), [SMALL]);
        assert_eq!(knowledge.photo_of(&hits[0]), None);
        probes.remember(SMALL, Found::Fits(Some((320, 240))));
        let small = remote(SMALL, SMALL, (320, 240));
        assert_eq!(knowledge.smaller_photo_of(&hits[0]), Some(small));
        probes.remember(SMALL, Found::Unfit);
        assert_eq!(knowledge.smaller_photo_of(&hits[0]), None);
        file_ids.insert(URL, "known");
        assert!(knowledge.to_fetch(&hits).is_empty());
    }
}
