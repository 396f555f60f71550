//! The catalogue of CLIP models that are known to work, and how they are downloaded from the
//! Hugging Face Hub.

mod known;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config;
use crate::digest::Digest;
use crate::download::{RemoteFile, download};
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Request};
use crate::progress::Progress;

use known::{CARD, TOKENIZER};
pub use known::{KNOWN_MODELS, KnownModel, RECALL_SOURCE};

/// Redirects on the hub itself that are followed for what it publishes.
const MAX_HOPS: u32 = 3;

/// A download breaks off if nothing arrives for this long.
const SILENCE: Duration = Duration::from_secs(30);

/// The model with that name.
///
/// # Errors
/// The catalogue has no such model; the message names the nearest one.
pub fn known_model(name: &str) -> Result<&'static KnownModel> {
    KNOWN_MODELS
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| {
            let names = KNOWN_MODELS.iter().map(|known| known.name);
            let nearest = config::nearest(name, names).unwrap_or_default();
            let name = config::printable(name);
            Error::config(format!(
                "there is no known model {name}; did you mean {nearest}? See clip-search model list"
            ))
        })
}

impl KnownModel {
    /// The folder below `folder` for its checkpoint.
    #[must_use]
    pub fn checkpoint(&self, folder: &Path) -> PathBuf {
        folder.join(self.name)
    }

    /// The file below `folder` for the converted model.
    #[must_use]
    pub fn model(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.clip", self.name))
    }

    /// Downloads its files from `hub` into [`KnownModel::checkpoint`], and returns the digest of
    /// each.
    ///
    /// # Errors
    /// As [`download()`]; the message names the address.
    pub fn fetch(
        &self,
        hub: &str,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<(&'static str, Digest)>> {
        let folder = self.checkpoint(folder);
        std::fs::create_dir_all(&folder)
            .map_err(|cause| Error::system(format!("cannot make {}", folder.display()), cause))?;
        let client = Client::for_files();
        let mut digests = Vec::new();
        for (file, url) in self.files.iter().copied().zip(self.urls(hub)) {
            let to = folder.join(file);
            let pinned = self.pinned.map(|(size, digest)| (size, digest.to_owned()));
            let expected = match (file == self.weights(), pinned) {
                (true, None) if !to.exists() => published(&url),
                (true, pinned) => pinned,
                (false, _) => None,
            };
            let remote = RemoteFile {
                url,
                size: expected.as_ref().map(|(size, _)| *size),
                digest: expected.as_ref().map(|(_, digest)| digest.as_str()),
                silence: SILENCE,
            };
            match download(&client, &remote, &to, progress) {
                Ok(digest) => digests.push((file, digest)),
                Err(error)
                    if file == CARD && *error.kind() == (Kind::Garbled { status: Some(404) }) => {}
                Err(error) => return Err(error.context(&format!("cannot fetch {}", remote.url))),
            }
        }
        Ok(digests)
    }

    /// The file of its weights, whose digest is in [`KnownModel::pinned`].
    #[must_use]
    pub fn weights(&self) -> &'static str {
        self.files.last().copied().unwrap_or_default()
    }

    /// The addresses of its files on `hub`.
    #[must_use]
    pub fn urls(&self, hub: &str) -> Vec<String> {
        let url = |file: &&str| match self.tokenizer {
            Some((other, commit)) if *file == TOKENIZER => {
                format!("{hub}/{other}/resolve/{commit}/{file}")
            }
            _ => format!("{hub}/{}/resolve/{}/{file}", self.repository, self.revision),
        };
        self.files.iter().map(url).collect()
    }
}

/// Size in bytes and SHA-256 of the file at `url`, as the hub publishes them on the way to it: what lies
/// elsewhere is redirected to with both. None where it does not say so.
fn published(url: &str) -> Option<(u64, String)> {
    let client = Client::new(1);
    let hub = url
        .find("://")
        .and_then(|at| url[at + 3..].find('/').map(|end| at + 3 + end))?;
    let mut place = url.to_owned();
    for _ in 0..MAX_HOPS {
        let answer = client.open(&Request::get(&place).timeout(SILENCE)).ok()?;
        let digest = answer.head.header("x-linked-etag").unwrap_or_default();
        let digest = digest
            .trim_start_matches("W/")
            .trim_matches('"')
            .to_ascii_lowercase();
        let is_sha256 = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = answer
            .head
            .header("x-linked-size")
            .and_then(|size| size.parse().ok());
        if let (true, Some(size)) = (is_sha256, size) {
            return Some((size, digest));
        }
        // A repository with a new name: still the hub's own word.
        let next = answer
            .head
            .header("location")
            .filter(|next| next.starts_with('/'))?;
        place = format!("{}{next}", &url[..hub]);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_models_are_named_once_and_pinned_to_a_commit() {
        let is_hex = |text: &str, length| {
            let digits = b"0123456789abcdef";
            text.len() == length && text.bytes().all(|byte| digits.contains(&byte))
        };
        for (index, model) in KNOWN_MODELS.iter().enumerate() {
            let first = KNOWN_MODELS
                .iter()
                .position(|other| other.name == model.name);
            assert_eq!(first, Some(index), "{}", model.name);
            let is_main = model.revision == "main" && model.pinned.is_none();
            assert!(is_main || is_hex(model.revision, 40), "{}", model.name);
            assert!(!model.weights().is_empty(), "{}", model.name);
            let commit = model.tokenizer.map(|(_, commit)| commit);
            assert!(commit.is_none_or(|commit| is_hex(commit, 40)));
            if let Some((size, digest)) = model.pinned {
                assert!(is_hex(digest, 64), "{}", model.name);
                let megabytes = (size + 500_000) / 1_000_000;
                assert_eq!(megabytes, u64::from(model.megabytes), "{}", model.name);
            }
        }
    }

    #[test]
    fn an_unknown_model_is_answered_with_the_nearest() {
        let error = known_model("openai-vit-b32").expect_err("no model");
        assert_eq!(*error.kind(), Kind::Config);
        assert!(error.to_string().contains("openai-vit-b-32"), "{error}");
    }
}
