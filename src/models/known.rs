//! The known models, as data: what `clip-search model list` prints and `--model` takes.

/// A model of the catalogue.
#[derive(Debug)]
pub struct KnownModel {
    /// Its name in `clip-search model fetch NAME`.
    pub name: &'static str,
    /// `user/name` on the hub.
    pub repository: &'static str,
    /// The commit of that repository, whose files never change; or its branch `main`, if no commit is known.
    pub revision: &'static str,
    /// Its files, the weights last.
    pub files: &'static [&'static str],
    /// `user/name` of the repository that has its tokenizer, if it is another one, and the commit there.
    pub tokenizer: Option<(&'static str, &'static str)>,
    /// Approximate size of its weights.
    pub megabytes: u32,
    /// Size in bytes and SHA-256 of its weights, if several people published the same values.
    pub pinned: Option<(u64, &'static str)>,
    /// Its licence.
    pub licence: &'static str,
    /// What it is good for, in a few words.
    pub about: &'static str,
    /// Languages, and the published recall in each of them (see [`RECALL_SOURCE`]); none if none was found.
    pub recall: &'static [(&'static str, f32)],
    /// Approximate size of the converted model on disk in MB, with a byte for each weight.
    pub disk: u32,
    /// Approximate memory in MiB for texts, with 100,000 pictures: measured for ViT-B/32 and the models of many
    /// languages (`docs/clip.md`), else computed from it and the sizes of the text tower and the vectors.
    pub resident: u32,
    /// Approximate seconds that one processor takes for a picture: measured for the same, else computed from
    /// ViT-B/32's and the multiply-adds of the picture tower.
    pub picture: f32,
}

/// Where [`KnownModel::recall`] is from.
pub const RECALL_SOURCE: &str = "mean of recall@1, @5 and @10 in % on XM3600, as immich publishes it (docs.immich.app, Searching)";

/// The model card. Only the licence is taken from it, so a mirror may lack it.
pub(super) const CARD: &str = "README.md";
/// What tells how texts become tokens, for models with a tokenizer of their own.
pub(super) const TOKENIZER: &str = "tokenizer.json";
const CLIP: [&str; 4] = [
    "config.json",
    "preprocessor_config.json",
    CARD,
    "model.safetensors",
];
const SIGLIP: [&str; 5] = [
    "config.json",
    "preprocessor_config.json",
    CARD,
    TOKENIZER,
    "model.safetensors",
];
/// A pickle, of which nothing is run.
const OPEN_CLIP: [&str; 4] = [
    "open_clip_config.json",
    CARD,
    TOKENIZER,
    "open_clip_pytorch_model.bin",
];

/// The catalogue, the smallest model first.
pub const KNOWN_MODELS: [KnownModel; 8] = [
    KnownModel {
        name: "tinyclip-8m",
        repository: "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        revision: "a2a8c6eaa2549ad66eb7c31b85022bf58273a26c",
        files: &CLIP,
        tokenizer: None,
        megabytes: 94,
        pinned: Some((
            93_812_468,
            "9339ee3d736344d0ddcaa6c03edc9f89688f08caaea5401220885233da726fcc",
        )),
        licence: "MIT",
        about: "the smallest, for the smallest machines",
        recall: &[],
        disk: 24,
        resident: 55,
        picture: 0.05,
    },
    KnownModel {
        name: "tinyclip-39m",
        repository: "wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M",
        revision: "07a4b0bc751cb64fecd2b661c048c1dd98d69444",
        files: &CLIP,
        tokenizer: None,
        megabytes: 334,
        pinned: None,
        licence: "MIT",
        about: "between the smallest and the others",
        recall: &[],
        disk: 84,
        resident: 70,
        picture: 0.24,
    },
    // The main branches of the next two have no safetensors; these are the hub's own conversions.
    KnownModel {
        name: "openai-vit-b-32",
        repository: "openai/clip-vit-base-patch32",
        revision: "b33cedfd0df4e43b8238760678fcc89e1a0d38b3",
        files: &CLIP,
        tokenizer: None,
        megabytes: 605,
        pinned: Some((
            605_157_884,
            "99d28a652e6ec46629ab7047a0ac82c69b1fe11e0ce672c43af65d3a9a3fc05d",
        )),
        licence: "MIT",
        about: "the best known one",
        recall: &[("English", 59.4), ("Spanish", 29.8)],
        disk: 152,
        resident: 95,
        picture: 0.11,
    },
    KnownModel {
        name: "openai-vit-b-16",
        repository: "openai/clip-vit-base-patch16",
        revision: "5ef227a78de3f75873f373246dac80def63b0003",
        files: &CLIP,
        tokenizer: None,
        megabytes: 599,
        pinned: None,
        licence: "MIT",
        about: "sees finer; pictures take about four times as long",
        recall: &[],
        disk: 150,
        resident: 95,
        picture: 0.44,
    },
    KnownModel {
        name: "laion-vit-b-32",
        repository: "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        revision: "1a25a446712ba5ee05982a381eed697ef9b435cf",
        files: &CLIP,
        tokenizer: None,
        megabytes: 605,
        pinned: Some((
            605_157_884,
            "74813fbcdc750f235c9784c367ca1394d2a5c25eb0aac92761752ac239db7cff",
        )),
        licence: "MIT",
        about: "a good start: as fast as openai-vit-b-32, and finds more",
        recall: &[("English", 68.8), ("Spanish", 42.5)],
        disk: 152,
        resident: 95,
        picture: 0.11,
    },
    KnownModel {
        name: "xlm-r-vit-b-32",
        repository: "laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k",
        revision: "main",
        files: &OPEN_CLIP,
        tokenizer: Some((
            "FacebookAI/xlm-roberta-base",
            "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
        )),
        megabytes: 1465,
        pinned: None,
        licence: "MIT",
        about: "a hundred languages, for small machines",
        recall: &[("English", 68.3), ("Spanish", 75.0), ("Russian", 80.6)],
        disk: 376,
        resident: 155,
        picture: 0.11,
    },
    KnownModel {
        name: "siglip2-b-32-256",
        repository: "google/siglip2-base-patch32-256",
        revision: "94dffa8cb1179de3e03f091dbc3917e5d5a9ae84",
        files: &SIGLIP,
        tokenizer: None,
        megabytes: 1507,
        pinned: Some((
            1_507_473_288,
            "7d241bb3becad218f211f480487f491df4f8c0a472ecf7afdec5615815a301f1",
        )),
        licence: "Apache-2.0",
        about: "finds most, in many languages; a text takes about eight times as long",
        recall: &[("English", 73.2), ("Spanish", 79.0), ("Russian", 81.6)],
        disk: 383,
        resident: 173,
        picture: 0.14,
    },
    KnownModel {
        name: "openai-vit-l-14",
        repository: "openai/clip-vit-large-patch14",
        revision: "32bd64288804d66eefd0ccbe215aa642df71cc41",
        files: &CLIP,
        tokenizer: None,
        megabytes: 1711,
        pinned: Some((
            1_710_540_580,
            "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
        )),
        licence: "MIT",
        about: "the largest; pictures take far longer",
        recall: &[],
        disk: 430,
        resident: 165,
        picture: 2.0,
    },
];

impl KnownModel {
    /// What its user may want to know, a line each: sizes and time, languages, what it is good for.
    #[must_use]
    pub fn lines(&self) -> [String; 3] {
        let languages = if self.recall.is_empty() {
            "English; no recall is published by that source".to_owned()
        } else {
            let all = self.recall.iter();
            let all: Vec<_> = all
                .map(|(name, recall)| format!("{name} {recall}"))
                .collect();
            format!("recall: {}", all.join(", "))
        };
        [
            format!(
                "{} MB  {}; {} MB on disk, about {} MB of memory, {} s a picture",
                self.megabytes, self.licence, self.disk, self.resident, self.picture
            ),
            languages,
            format!("{} ({})", self.about, self.repository),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_says_its_sizes_its_time_and_its_recall() {
        for known in &KNOWN_MODELS {
            let [sizes, languages, about] = known.lines();
            assert!(
                sizes.contains(known.licence) && sizes.contains(" s a picture"),
                "{sizes}"
            );
            assert!(
                known.disk < known.megabytes && known.picture > 0.0,
                "{sizes}"
            );
            assert_eq!(
                languages.starts_with("recall: "),
                !known.recall.is_empty(),
                "{languages}"
            );
            assert!(about.contains(known.repository), "{about}");
        }
    }
}
