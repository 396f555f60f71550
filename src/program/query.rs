//! `clip-search query`: one search from the command line.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::config::SearchConfig;
use crate::engine;
use crate::error::{Error, Result, one_line};
use crate::private;
use crate::program::command_line::{print_lines, say_nothing_found};
use crate::search::{Content, DEFAULT_LIMIT, Engine, Filter, Hit, Page, Query};

/// `clip-search query`: prints what is found for `text` and passes `filter`, and returns 1 if that is nothing. Pictures
/// that a Space sends without an address are written below `temporary`.
///
/// # Errors
/// The engine cannot be used, or the search failed.
pub(super) fn query(
    config: &SearchConfig,
    text: &str,
    filter: Filter,
    as_json: bool,
    temporary: &Path,
) -> Result<u8> {
    let Ok(query) = Query::text(text, DEFAULT_LIMIT, 0) else {
        return Err(Error::config("usage: clip-search query TEXT…"));
    };
    let query = Query { filter, ..query };
    let engine = engine::choose(config)?;
    let deadline = Instant::now() + config.timeout;
    let mut page = engine.search(&query, deadline)?;
    let hits = std::mem::take(&mut page.hits);
    let mut found = Vec::new();
    for mut hit in hits {
        let path = engine.path(&hit);
        // Nobody serves what the Space sent without an address once this program has ended.
        if engine.name() == "space" && hit.url.starts_with('/') {
            hit.url = save(engine.as_ref(), &hit.url, temporary, deadline)?;
        }
        hit.url = absolute(&hit.url, config.listen);
        let thumbnail = hit.thumbnail_url.take();
        hit.thumbnail_url = thumbnail.map(|url| absolute(&url, config.listen));
        found.push((hit, path));
    }
    if found.is_empty() {
        say_nothing_found(text, page.remark);
    }
    let code = u8::from(found.is_empty());
    if as_json {
        print_lines([in_json(text, found, page).to_string()]);
    } else {
        let has_scores = engine.name() != "space";
        print_lines(
            found
                .into_iter()
                .map(|(hit, path)| line(&hit, path, has_scores)),
        );
    }
    Ok(code)
}

/// Score, path or address, and caption, with tabs between them; without the score where it is not of
/// our own kind, as most Spaces tell none.
fn line(hit: &Hit, path: Option<PathBuf>, has_scores: bool) -> String {
    let shown = |score| format!("{score:.3}");
    let score = hit.score.map_or_else(|| "-".to_owned(), shown);
    let place = path.map_or_else(|| hit.url.clone(), |path| path.display().to_string());
    let caption = hit.caption.as_deref().unwrap_or_default();
    let columns = [score, one_line(&place), one_line(caption)];
    let line = columns[usize::from(!has_scores)..].join("\t");
    line.trim_end().to_owned()
}

/// The answer as the endpoint gives it, with each file's path.
fn in_json(text: &str, found: Vec<(Hit, Option<PathBuf>)>, page: Page) -> Value {
    let (hits, paths): (Vec<Hit>, Vec<Option<PathBuf>>) = found.into_iter().unzip();
    let mut answer = Page { hits, ..page }.to_details(Some(text));
    for (position, path) in paths.into_iter().enumerate() {
        if let Some(path) = path {
            answer["results"][position]["path"] = path.to_string_lossy().into();
        }
    }
    answer
}

/// Writes the engine's picture at `path` into a folder of its own below `temporary`, and returns its
/// address there.
fn save(engine: &dyn Engine, path: &str, temporary: &Path, deadline: Instant) -> Result<String> {
    let id = path.trim_start_matches("/images/");
    let file = match engine.image(id, None)?.map(|image| image.content) {
        Some(Content::Ready(file)) => Some(file),
        Some(Content::Later(work)) => work(deadline)?,
        None => None,
    };
    let Some(file) = file else {
        return Ok(path.to_owned());
    };
    let ending = file.media_type.trim_start_matches("image/");
    let mut picture = vec![0; usize::try_from(file.bytes.size()).unwrap_or(0)];
    let mut filled = 0;
    while filled < picture.len() {
        let read = file.bytes.read_at(filled as u64, &mut picture[filled..]);
        match read.map_err(|cause| Error::system("failed to read a picture", cause))? {
            0 => break,
            read => filled += read,
        }
    }
    let folder = temporary.join(format!("clip-search-{}", std::process::id()));
    let file = folder.join(format!("{id}.{ending}"));
    let failed = |cause| Error::system(format!("failed to write {}", file.display()), cause);
    private::create_folder(&folder).map_err(failed)?;
    let options = private::options().create_new(true).open(&file);
    options
        .and_then(|mut written| written.write_all(&picture))
        .map_err(failed)?;
    Ok(format!("file://{}", file.display()))
}

/// A path at the endpoint becomes its address where `serve` would listen.
pub(super) fn absolute(url: &str, listen: SocketAddr) -> String {
    if url.starts_with('/') {
        format!("http://{listen}{url}")
    } else {
        url.to_owned()
    }
}
