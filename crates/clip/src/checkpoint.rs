//! Checkpoints as Hugging Face's `CLIPModel` saves them: `model.safetensors`, and beside it JSON files
//! with what the tensors do not tell.

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;

use super::description::{self, TokenizerKind};
use super::kernel::Activation;
use super::mapped::{Mapped, State};
use super::tokenizer::{MERGE, merges_in};
use crate::error::{Error, ErrorKind, Result};

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
    pub(super) tensors: SafeTensors<'a>,
    pub(super) name: String,
    pub(super) licence: Option<String>,
    pub(super) dimensions: usize,
    pub(super) logit_scale: f32,
    pub(super) text: description::TextShape,
    /// Those of the checkpoint's own tokenizer; none if it has CLIP's.
    pub(super) merges: Option<Vec<[u8; MERGE]>>,
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
    /// it has, has `default_heads` or else heads that are 64 wide.
    fn tower(
        &self,
        tensors: &SafeTensors<'_>,
        name: &str,
        default_heads: Option<usize>,
    ) -> Result<description::TowerShape> {
        let fc1 = format!("{name}.encoder.layers.0.mlp.fc1.weight");
        let [inner, hidden] = shape(tensors, &fc1)?;
        let has_layer = |index: &usize| {
            let layer = format!("{name}.encoder.layers.{index}.layer_norm1.weight");
            tensors.tensor(&layer).is_ok()
        };
        let heads = self.num_attention_heads.or(default_heads);
        Ok(description::TowerShape {
            hidden,
            heads: heads.unwrap_or((hidden / 64).max(1)),
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
            Some(other) => Err(unusable(format!(
                "config.json names the activation {other}; quick_gelu and gelu are known"
            ))),
        }
    }
}

fn text_shape(
    tensors: &SafeTensors<'_>,
    config: &TowerConfig,
    has_config: bool,
    merges: Option<usize>,
) -> Result<description::TextShape> {
    let [vocabulary, _] = shape(tensors, "text_model.embeddings.token_embedding.weight")?;
    let [context, _] = shape(tensors, "text_model.embeddings.position_embedding.weight")?;
    let end = config.eos_token_id;
    // 2 is what old configurations say where they mean the last token.
    if end.is_some_and(|end| end != 2 && end + 1 != vocabulary as u64) {
        return Err(unusable("the end of a text is not the last of its tokens"));
    }
    let default_heads = has_config.then_some(8);
    Ok(description::TextShape {
        tower: config.tower(tensors, "text_model", default_heads)?,
        vocabulary,
        context,
        tokenizer: merges.map_or(TokenizerKind::Clip, |merges| TokenizerKind::ByteLevel {
            merges,
        }),
    })
}

/// The parts of `preprocessor_config.json` that matter.
#[derive(Default, Deserialize)]
struct Preprocessing {
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
}

impl Checkpoint {
    /// Opens a folder with a `model.safetensors`, or such a file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = if path.is_dir() {
            path.join("model.safetensors")
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
        let tensors = SafeTensors::deserialize(&self.bytes)
            .map_err(|cause| unusable("it is no sound safetensors file").with_source(cause))?;
        let mut notes = Vec::new();
        let config: Option<Config> = self.beside("config.json")?;
        let has_config = config.is_some();
        let config = config.unwrap_or_default();
        if !has_config {
            notes.push(
                "no config.json beside it: assuming quick_gelu, heads 64 wide, and epsilon 1e-5"
                    .to_owned(),
            );
        }
        let text = config.text.under(config.text_before);
        let vision = config.vision.under(config.vision_before);
        let merges = self.file_beside("tokenizer.json")?;
        let merges = merges.map(|file| merges_in(&file)).transpose()?.flatten();
        let text = text_shape(&tensors, &text, has_config, merges.as_ref().map(Vec::len))?;
        let vision = self.vision_shape(&tensors, &vision, has_config)?;
        let [dimensions, _] = shape(&tensors, "text_projection.weight")?;
        let logit_scale = floats(&tensors, "logit_scale").ok();
        Ok(CheckpointModel {
            name: self.name(config.name),
            licence: self.licence(),
            dimensions,
            logit_scale: logit_scale
                .and_then(|scale| scale.first().copied())
                .unwrap_or(LOGIT_SCALE),
            text,
            merges,
            vision,
            notes,
            tensors,
        })
    }

    fn vision_shape(
        &self,
        tensors: &SafeTensors<'_>,
        config: &TowerConfig,
        has_config: bool,
    ) -> Result<description::VisionShape> {
        let preprocessing: Option<Preprocessing> = self.beside("preprocessor_config.json")?;
        let preprocessing = preprocessing.unwrap_or_default();
        let [positions, _] = shape(tensors, "vision_model.embeddings.position_embedding.weight")?;
        let patches = "vision_model.embeddings.patch_embedding.weight";
        let [_, colours, patch, _] = shape_of(tensors, patches)?;
        if colours != 3 {
            return Err(unusable(format!(
                "its pictures have {colours} colours, not 3"
            )));
        }
        let default_heads = has_config.then_some(12);
        Ok(description::VisionShape {
            tower: config.tower(tensors, "vision_model", default_heads)?,
            side: positions.saturating_sub(1).isqrt().saturating_mul(patch),
            patch,
            mean: preprocessing.image_mean.unwrap_or(MEAN),
            std: preprocessing.image_std.unwrap_or(STD),
        })
    }

    /// What the checkpoint calls itself, or else its folder or file.
    fn name(&self, given: Option<String>) -> String {
        let is_name = |name: &String| !name.is_empty() && !name.starts_with(['.', '/']);
        let folder = || match self.path.file_stem() {
            Some(stem) if stem != "model" => Some(stem),
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

/// The shape of the matrix `name`.
pub(super) fn shape(tensors: &SafeTensors<'_>, name: &str) -> Result<[usize; 2]> {
    shape_of(tensors, name)
}

fn shape_of<const N: usize>(tensors: &SafeTensors<'_>, name: &str) -> Result<[usize; N]> {
    let tensor = tensors
        .tensor(name)
        .map_err(|cause| missing(name).with_source(cause))?;
    let shape = tensor.shape();
    shape
        .try_into()
        .map_err(|_| unusable(format!("tensor {name} has the shape {shape:?}")))
}

/// The numbers of the tensor `name`, which may hold 32-bit, 16-bit or bfloat16 numbers.
pub(super) fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>> {
    let tensor = tensors
        .tensor(name)
        .map_err(|cause| missing(name).with_source(cause))?;
    let bytes = tensor.data();
    let (fours, _) = bytes.as_chunks();
    let (twos, _) = bytes.as_chunks();
    let floats: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => fours
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        Dtype::F16 => twos
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
            .collect(),
        Dtype::BF16 => twos
            .iter()
            .map(|bytes| bf16::from_le_bytes(*bytes).to_f32())
            .collect(),
        other => return Err(unusable(format!("tensor {name} is of {other:?}"))),
    };
    if floats.iter().all(|x| x.is_finite()) {
        Ok(floats)
    } else {
        Err(unusable(format!(
            "tensor {name} holds numbers that are not finite"
        )))
    }
}

fn missing(name: &str) -> Error {
    unusable(format!(
        "tensor {name} is missing: a `CLIPModel` of Hugging Face's transformers is expected"
    ))
}

fn unusable(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}
