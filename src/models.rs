//! The catalogue of CLIP models that are known to work, and how they are downloaded from the
//! Hugging Face Hub.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config;
use crate::digest::Digest;
use crate::download::{RemoteFile, download};
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Request};
use crate::progress::Progress;

/// A model of the catalogue.
#[derive(Debug)]
pub struct KnownModel {
    /// Its name in `clip-search model fetch NAME`.
    pub name: &'static str,
    /// `user/name` on the hub.
    pub repository: &'static str,
    /// The commit of that repository. The files of a commit never change.
    pub revision: &'static str,
    /// Approximate size of its weights.
    pub megabytes: u32,
    /// Size in bytes and SHA-256 of its weights, if several people published the same values.
    pub pinned: Option<(u64, &'static str)>,
    /// Its licence.
    pub licence: &'static str,
    /// What it is good for, in a few words.
    pub about: &'static str,
}

/// The catalogue, the smallest model first.
pub const KNOWN_MODELS: [KnownModel; 6] = [
    KnownModel {
        name: "tinyclip-8m",
        repository: "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        revision: "a2a8c6eaa2549ad66eb7c31b85022bf58273a26c",
        megabytes: 94,
        pinned: Some((
            93_812_468,
            "9339ee3d736344d0ddcaa6c03edc9f89688f08caaea5401220885233da726fcc",
        )),
        licence: "MIT",
        about: "the smallest, for the smallest machines",
    },
    KnownModel {
        name: "tinyclip-39m",
        repository: "wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M",
        revision: "07a4b0bc751cb64fecd2b661c048c1dd98d69444",
        megabytes: 334,
        pinned: None,
        licence: "MIT",
        about: "between the smallest and the others",
    },
    // The main branches of the next two have no safetensors; these are the hub's own conversions.
    KnownModel {
        name: "openai-vit-b-32",
        repository: "openai/clip-vit-base-patch32",
        revision: "b33cedfd0df4e43b8238760678fcc89e1a0d38b3",
        megabytes: 605,
        pinned: Some((
            605_157_884,
            "99d28a652e6ec46629ab7047a0ac82c69b1fe11e0ce672c43af65d3a9a3fc05d",
        )),
        licence: "MIT",
        about: "the best known one",
    },
    KnownModel {
        name: "openai-vit-b-16",
        repository: "openai/clip-vit-base-patch16",
        revision: "5ef227a78de3f75873f373246dac80def63b0003",
        megabytes: 599,
        pinned: None,
        licence: "MIT",
        about: "sees finer; pictures take about four times as long",
    },
    KnownModel {
        name: "laion-vit-b-32",
        repository: "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        revision: "1a25a446712ba5ee05982a381eed697ef9b435cf",
        megabytes: 605,
        pinned: Some((
            605_157_884,
            "74813fbcdc750f235c9784c367ca1394d2a5c25eb0aac92761752ac239db7cff",
        )),
        licence: "MIT",
        about: "a good start: as fast as openai-vit-b-32, and finds more",
    },
    KnownModel {
        name: "openai-vit-l-14",
        repository: "openai/clip-vit-large-patch14",
        revision: "32bd64288804d66eefd0ccbe215aa642df71cc41",
        megabytes: 1711,
        pinned: Some((
            1_710_540_580,
            "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
        )),
        licence: "MIT",
        about: "the largest; pictures take far longer",
    },
];

/// The files that are downloaded, the large one last.
const FILES: [&str; 4] = ["config.json", "preprocessor_config.json", CARD, WEIGHTS];
/// The weights, whose digest is in [`KnownModel::pinned`].
const WEIGHTS: &str = "model.safetensors";
/// The model card. Only the licence is taken from it, so a mirror may lack it.
const CARD: &str = "README.md";

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
        for (file, url) in FILES.into_iter().zip(self.urls(hub)) {
            let to = folder.join(file);
            let pinned = self.pinned.map(|(size, digest)| (size, digest.to_owned()));
            let expected = match (file == WEIGHTS, pinned) {
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

    /// The addresses of its files on `hub`.
    #[must_use]
    pub fn urls(&self, hub: &str) -> [String; 4] {
        let Self {
            repository,
            revision,
            ..
        } = self;
        FILES.map(|file| format!("{hub}/{repository}/resolve/{revision}/{file}"))
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
            assert!(is_hex(model.revision, 40), "{}", model.name);
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
