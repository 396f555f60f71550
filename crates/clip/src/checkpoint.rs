//! Checkpoints as Hugging Face's `CLIPModel` and `SiglipModel` or `open_clip` save them: a file of tensors,
//! and beside it JSON files with what the tensors do not tell.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::description::{self, Fit, TextKind, TokenizerKind, VisionKind};
use super::kernel::Activation;
use super::mapped::{Mapped, State};
use super::tokenizer::TokenizerFile;
use crate::error::{Error, ErrorKind, Result};
use open_clip::OpenClipConfig;
pub(super) use tensors::Tensors;

mod open_clip;
mod pickle;
mod tensors;

/// The files of weights that a folder may hold, the first of them that is there is read.
const WEIGHTS: [&str; 3] = [
    "model.safetensors",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
];

/// Mean and standard deviation of red, green and blue, by which pictures are normalised where the
/// checkpoint does not say it: those of `OpenAI`'s models.
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Logarithm of 100, where the checkpoint has no logit scale.
const LOGIT_SCALE: f32 = 4.605_17;

/// A checkpoint on disk.
pub(super) struct Checkpoint {
    path: PathBuf,
    bytes: Mapped,
    opened: State,
}

/// The tensors of a checkpoint, and the shape of the model that they make.
pub(super) struct CheckpointModel<'a> {
    pub(super) tensors: Tensors<'a>,
    pub(super) name: String,
    pub(super) licence: Option<String>,
    pub(super) dimensions: usize,
    pub(super) logit_scale: f32,
    pub(super) logit_bias: f32,
    pub(super) text: description::TextShape,
    /// What the checkpoint's own tokenizer needs; nothing if it has CLIP's.
    pub(super) tokenizer: TokenizerFile,
    pub(super) vision: description::VisionShape,
    /// Sentences for the user: what was assumed because the checkpoint does not tell it.
    pub(super) notes: Vec<String>,
}

/// The parts of `config.json` that matter.
#[derive(Default, Deserialize)]
struct Config {
    #[serde(rename = "_name_or_path")]
    name: Option<String>,
    #[serde(default, rename = "text_config")]
    text: TowerConfig,
    #[serde(default, rename = "vision_config")]
    vision: TowerConfig,
    /// Written by old versions; wins.
    #[serde(rename = "text_config_dict")]
    text_before: Option<TowerConfig>,
    #[serde(rename = "vision_config_dict")]
    vision_before: Option<TowerConfig>,
}

/// What `config.json` says about one tower.
#[derive(Default, Clone, Deserialize)]
struct TowerConfig {
    hidden_act: Option<String>,
    layer_norm_eps: Option<f32>,
    num_attention_heads: Option<usize>,
    eos_token_id: Option<u64>,
}

impl TowerConfig {
    /// The same, with what `other` says in place of what this says.
    fn under(self, other: Option<TowerConfig>) -> TowerConfig {
        let other = other.unwrap_or_default();
        TowerConfig {
            hidden_act: other.hidden_act.or(self.hidden_act),
            layer_norm_eps: other.layer_norm_eps.or(self.layer_norm_eps),
            num_attention_heads: other.num_attention_heads.or(self.num_attention_heads),
            eos_token_id: other.eos_token_id.or(self.eos_token_id),
        }
    }

    /// The shape of the tower whose tensors begin with `name`. A tower that does not say how many heads
    /// it has, has heads that are 64 wide.
    fn tower(&self, tensors: &Tensors<'_>, name: &str) -> Result<description::TowerShape> {
        let fc1 = format!("{name}.encoder.layers.0.mlp.fc1.weight");
        let [inner, hidden] = tensors.shape(&fc1)?;
        let has_layer = |index: &usize| {
            tensors.has(&format!("{name}.encoder.layers.{index}.layer_norm1.weight"))
        };
        Ok(description::TowerShape {
            hidden,
            heads: self.num_attention_heads.unwrap_or((hidden / 64).max(1)),
            inner,
            layers: (0..tensors.len()).take_while(has_layer).count(),
            activation: self.activation()?,
            epsilon: self.layer_norm_eps.unwrap_or(1e-5),
        })
    }

    fn activation(&self) -> Result<Activation> {
        match self.hidden_act.as_deref() {
            None | Some("quick_gelu") => Ok(Activation::QuickGelu),
            Some("gelu") => Ok(Activation::Gelu),
            Some("gelu_pytorch_tanh") => Ok(Activation::GeluTanh),
            Some(other) => Err(unusable(format!(
                "config.json names the activation {other}; quick_gelu, gelu and gelu_pytorch_tanh are known"
            ))),
        }
    }
}

/// The kinds of models that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Hugging Face's `CLIPModel`.
    Clip,
    /// Hugging Face's `SiglipModel`.
    Siglip,
    /// A CLIP of `open_clip`.
    OpenClip,
    /// One whose text tower is XLM-RoBERTa.
    Roberta,
}

impl Family {
    fn of(tensors: &Tensors<'_>) -> Self {
        if tensors.has("vision_model.head.probe") {
            Self::Siglip
        } else if tensors.has(open_clip::ROBERTA) {
            Self::Roberta
        } else if open_clip::is_open_clip(tensors) {
            Self::OpenClip
        } else {
            Self::Clip
        }
    }

    /// What a tower is like of which `config.json` does not tell it.
    fn usual(self, heads: usize, has_config: bool) -> TowerConfig {
        if !has_config {
            return TowerConfig::default();
        }
        let (hidden_act, layer_norm_eps) = match self {
            Self::Siglip => ("gelu_pytorch_tanh", 1e-6),
            _ => ("quick_gelu", 1e-5),
        };
        TowerConfig {
            hidden_act: Some(hidden_act.to_owned()),
            layer_norm_eps: Some(layer_norm_eps),
            num_attention_heads: Some(heads),
            eos_token_id: None,
        }
    }
}

fn text_shape(
    tensors: &Tensors<'_>,
    config: &TowerConfig,
    family: Family,
    tokenizer: &TokenizerFile,
    context: Option<usize>,
) -> Result<description::TextShape> {
    let [vocabulary, _] = tensors.shape("text_model.embeddings.token_embedding.weight")?;
    let [positions, _] = tensors.shape("text_model.embeddings.position_embedding.weight")?;
    let (kind, needed) = match family {
        Family::Clip | Family::OpenClip => (TextKind::Clip, "CLIP's own or byte-level pairs"),
        Family::Siglip => (TextKind::Siglip, "Gemma's pairs"),
        Family::Roberta => {
            let [inner, _] = tensors.shape("text_projection.0.weight")?;
            (TextKind::Roberta { inner }, "a Unigram model")
        }
    };
    let is_fitting = match (kind, tokenizer.kind) {
        (TextKind::Clip, TokenizerKind::Clip | TokenizerKind::ByteLevel { .. })
        | (TextKind::Siglip, TokenizerKind::Letters { .. })
        | (TextKind::Roberta { .. }, TokenizerKind::Unigram { .. }) => true,
        (TextKind::Clip | TextKind::Siglip | TextKind::Roberta { .. }, _) => false,
    };
    if !is_fitting {
        return Err(unusable(format!(
            "beside a model of this kind a tokenizer.json with {needed} is expected"
        )));
    }
    let end = config.eos_token_id.filter(|_| kind == TextKind::Clip);
    // 2 is what old configurations say where they mean the last token.
    if end.is_some_and(|end| end != 2 && end + 1 != vocabulary as u64) {
        return Err(unusable("the end of a text is not the last of its tokens"));
    }
    Ok(description::TextShape {
        tower: config.tower(tensors, "text_model")?,
        kind,
        vocabulary,
        context: context.unwrap_or(positions).min(positions),
        tokenizer: tokenizer.kind,
    })
}

/// The parts of `preprocessor_config.json` that matter.
#[derive(Default, Deserialize)]
struct Preprocessing {
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
    /// Pillow's number of a filter.
    resample: Option<u32>,
}

/// Pillow's number of the bilinear filter.
const BILINEAR: u32 = 2;

impl Checkpoint {
    /// Opens a folder with a file of weights, or such a file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = if path.is_dir() {
            let mut files = WEIGHTS.iter().map(|file| path.join(file));
            let found = files.find(|file| file.exists());
            found.unwrap_or_else(|| path.join(WEIGHTS[0]))
        } else {
            path.to_owned()
        };
        let bytes = Mapped::open(&path)?;
        let opened = bytes.begin(|| Ok(false))?;
        Ok(Self {
            path,
            bytes,
            opened,
        })
    }

    /// Whether everything that was read is what the file was when it was opened.
    pub(super) fn unchanged(&self) -> Result<()> {
        self.bytes.end(self.opened)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the header and the files beside it, and derives the shape of the model.
    pub(super) fn model(&self) -> Result<CheckpointModel<'_>> {
        let mut tensors = Tensors::read(&self.bytes)?;
        let family = Family::of(&tensors);
        if family == Family::Siglip {
            tensors.split_qkv("vision_model.head.attention", "vision_model.head.attention")?;
        }
        let mut notes = Vec::new();
        let (name, text, vision, open_clip) = match family {
            Family::Clip | Family::Siglip => {
                let config: Option<Config> = self.beside("config.json")?;
                if config.is_none() {
                    notes.push(
                        "no config.json beside it: assuming quick_gelu, heads 64 wide, and epsilon 1e-5"
                            .to_owned(),
                    );
                }
                let has_config = config.is_some();
                let config = config.unwrap_or_default();
                let usual = |heads| family.usual(heads, has_config);
                let text_heads = if family == Family::Clip { 8 } else { 12 };
                let text = config.text.under(config.text_before);
                let vision = config.vision.under(config.vision_before);
                (
                    config.name,
                    usual(text_heads).under(Some(text)),
                    usual(12).under(Some(vision)),
                    None,
                )
            }
            Family::OpenClip | Family::Roberta => {
                let config: Option<OpenClipConfig> = self.beside("open_clip_config.json")?;
                if config.is_none() {
                    notes.push(
                        "no open_clip_config.json beside it: assuming gelu, heads 64 wide, and 77 tokens"
                            .to_owned(),
                    );
                }
                let config = config.unwrap_or_default();
                config.check()?;
                open_clip::rename(&mut tensors)?;
                (None, config.text(), config.vision(&tensors)?, Some(config))
            }
        };
        let tokenizer = match self.file_beside("tokenizer.json")? {
            Some(_) if family == Family::OpenClip => TokenizerFile::CLIP,
            Some(file) => TokenizerFile::read(&file)?,
            None => TokenizerFile::CLIP,
        };
        let context = open_clip.as_ref().map(OpenClipConfig::context);
        let text = text_shape(&tensors, &text, family, &tokenizer, context)?;
        let vision = self.vision_shape(&tensors, &vision, family, open_clip.as_ref())?;
        let dimensions = match family {
            Family::Siglip => vision.tower.hidden,
            _ => tensors.shape::<2>("text_projection.weight")?[0],
        };
        let single = |name: &str| tensors.floats(name).ok()?.first().copied();
        Ok(CheckpointModel {
            name: self.name(name),
            licence: self.licence(),
            dimensions,
            logit_scale: single("logit_scale").unwrap_or(LOGIT_SCALE),
            logit_bias: single("logit_bias").unwrap_or_default(),
            text,
            tokenizer,
            vision,
            notes,
            tensors,
        })
    }

    fn vision_shape(
        &self,
        tensors: &Tensors<'_>,
        config: &TowerConfig,
        family: Family,
        open_clip: Option<&OpenClipConfig>,
    ) -> Result<description::VisionShape> {
        let preprocessing: Option<Preprocessing> = self.beside("preprocessor_config.json")?;
        let preprocessing = preprocessing.unwrap_or_default();
        let own = open_clip.map(|config| &config.preprocess_cfg);
        let [positions, _] = tensors.shape("vision_model.embeddings.position_embedding.weight")?;
        let patches = "vision_model.embeddings.patch_embedding.weight";
        let [_, colours, patch, _] = tensors.shape(patches)?;
        if colours != 3 {
            return Err(unusable(format!(
                "its pictures have {colours} colours, not 3"
            )));
        }
        let (kind, fit, patches, [mean, std]) = if family == Family::Siglip {
            let [inner, _] = tensors.shape("vision_model.head.mlp.fc1.weight")?;
            let fit = match preprocessing.resample {
                Some(BILINEAR) => Fit::Bilinear,
                _ => Fit::Bicubic,
            };
            (VisionKind::Siglip { inner }, fit, positions, [[0.5; 3]; 2])
        } else {
            let patches = positions.saturating_sub(1);
            (VisionKind::Clip, Fit::Middle, patches, [MEAN, STD])
        };
        let own_mean = own.and_then(|own| own.mean);
        let own_std = own.and_then(|own| own.std);
        Ok(description::VisionShape {
            tower: config.tower(tensors, "vision_model")?,
            kind,
            fit,
            side: patches.isqrt().saturating_mul(patch),
            patch,
            mean: preprocessing.image_mean.or(own_mean).unwrap_or(mean),
            std: preprocessing.image_std.or(own_std).unwrap_or(std),
        })
    }

    /// What the checkpoint calls itself, or else its folder or file.
    fn name(&self, given: Option<String>) -> String {
        let is_name = |name: &String| !name.is_empty() && !name.starts_with(['.', '/']);
        let folder = || match self.path.file_stem() {
            Some(stem) if stem != "model" && !stem.to_string_lossy().starts_with("open_clip_") => {
                Some(stem)
            }
            _ => self.path.parent().and_then(Path::file_name),
        };
        given.filter(is_name).unwrap_or_else(|| {
            let name = folder().unwrap_or("model".as_ref());
            name.to_string_lossy().into_owned()
        })
    }

    /// The licence in the front matter of the model card.
    fn licence(&self) -> Option<String> {
        let card = std::fs::read_to_string(self.path.with_file_name("README.md")).ok()?;
        let front = card.strip_prefix("---\n")?.split("\n---").next()?;
        let licence = front
            .lines()
            .find_map(|line| line.strip_prefix("license:"))?;
        Some(licence.trim().to_owned())
    }

    /// The JSON file `name` beside the checkpoint; none if there is no such file.
    fn beside<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>> {
        let file = self.file_beside(name)?;
        file.map(|bytes| {
            serde_json::from_slice(&bytes).map_err(|cause| {
                let path = self.path.with_file_name(name);
                unusable(format!("{} cannot be understood", path.display())).with_source(cause)
            })
        })
        .transpose()
    }

    fn file_beside(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.path.with_file_name(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::system(
                format!("cannot read {}", path.display()),
                cause,
            )),
        }
    }
}

fn unusable(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}
