//! Checkpoints of `open_clip`: its tensors under the names that Hugging Face's transformers have, and
//! what its configuration says.

use serde::Deserialize;

use super::tensors::{Tensor, Tensors};
use super::{TowerConfig, unusable};
use crate::error::Result;

/// The parts of `open_clip_config.json` that matter.
#[derive(Default, Deserialize)]
pub(super) struct OpenClipConfig {
    #[serde(default)]
    model_cfg: ModelConfig,
    #[serde(default)]
    pub(super) preprocess_cfg: Preprocessing,
}

#[derive(Default, Deserialize)]
struct ModelConfig {
    #[serde(default)]
    quick_gelu: bool,
    #[serde(default)]
    vision_cfg: PartConfig,
    #[serde(default)]
    text_cfg: PartConfig,
}

#[derive(Default, Deserialize)]
struct PartConfig {
    head_width: Option<usize>,
    heads: Option<usize>,
    context_length: Option<usize>,
    hf_model_name: Option<String>,
    pooler_type: Option<String>,
    hf_pooler_type: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Preprocessing {
    pub(super) mean: Option<[f32; 3]>,
    pub(super) std: Option<[f32; 3]>,
}

impl OpenClipConfig {
    fn tower(&self, heads: Option<usize>) -> TowerConfig {
        let activation = if self.model_cfg.quick_gelu {
            "quick_gelu"
        } else {
            "gelu"
        };
        TowerConfig {
            hidden_act: Some(activation.to_owned()),
            layer_norm_eps: Some(1e-5),
            num_attention_heads: heads,
            eos_token_id: None,
        }
    }

    pub(super) fn text(&self) -> TowerConfig {
        let text = &self.model_cfg.text_cfg;
        // Heads of RoBERTa are 64 wide.
        self.tower(text.heads.filter(|_| text.hf_model_name.is_none()))
    }

    pub(super) fn vision(&self, tensors: &Tensors<'_>) -> Result<TowerConfig> {
        let [_, hidden] = tensors.shape("vision_model.embeddings.position_embedding.weight")?;
        let width = self.model_cfg.vision_cfg.head_width.unwrap_or(64).max(1);
        Ok(self.tower(Some((hidden / width).max(1))))
    }

    /// Tokens of a text; 77 where nothing is said.
    pub(super) fn context(&self) -> usize {
        self.model_cfg.text_cfg.context_length.unwrap_or(77)
    }

    /// Refuses text towers that are put together otherwise.
    pub(super) fn check(&self) -> Result<()> {
        let text = &self.model_cfg.text_cfg;
        let pooler = text.hf_pooler_type.as_ref().or(text.pooler_type.as_ref());
        if text.hf_model_name.is_some() && pooler.is_some_and(|pooler| pooler != "mean_pooler") {
            return Err(unusable(
                "open_clip_config.json names another pooler than mean_pooler, which alone is known",
            ));
        }
        Ok(())
    }
}

/// Whether these are tensors of `open_clip`.
pub(super) fn is_open_clip(tensors: &Tensors<'_>) -> bool {
    tensors.has("visual.conv1.weight")
}

/// A tensor that is there if the text tower is XLM-RoBERTa.
pub(super) const ROBERTA: &str = "text.transformer.embeddings.word_embeddings.weight";

/// Gives all tensors the names of transformers.
pub(super) fn rename(tensors: &mut Tensors<'_>) -> Result<()> {
    // In custom text towers they lie below `text`.
    let names: Vec<String> = tensors.names().cloned().collect();
    if tensors.has(ROBERTA) {
        fold_positions(tensors)?;
    }
    for name in names {
        if let Some((old, _)) = name.split_once(".attn.in_proj_") {
            if let Some(layer) = resblock(old) {
                tensors.split_qkv(&format!("{old}.attn"), &format!("{layer}.self_attn"))?;
            }
        } else if let Some((new, is_turned)) = renamed(&name)
            && let Some(tensor) = tensors.remove(&name)
        {
            let tensor = if is_turned {
                tensor.transposed(&name)?
            } else {
                tensor
            };
            tensors.insert(new, tensor);
        }
    }
    Ok(())
}

/// What transformers call a tensor, and whether it lies the other way round there.
fn renamed(name: &str) -> Option<(String, bool)> {
    let single = |new: &str| Some((new.to_owned(), false));
    match name {
        "logit_scale" | "logit_bias" => return single(name),
        "visual.class_embedding" => return single("vision_model.embeddings.class_embedding"),
        "visual.positional_embedding" => {
            return single("vision_model.embeddings.position_embedding.weight");
        }
        "visual.conv1.weight" => {
            return single("vision_model.embeddings.patch_embedding.weight");
        }
        "visual.proj" => return Some(("visual_projection.weight".to_owned(), true)),
        "text_projection" | "text.text_projection" => {
            return Some(("text_projection.weight".to_owned(), true));
        }
        "token_embedding.weight" | "text.token_embedding.weight" | ROBERTA => {
            return single("text_model.embeddings.token_embedding.weight");
        }
        "positional_embedding" | "text.positional_embedding" | POSITIONS => {
            return single("text_model.embeddings.position_embedding.weight");
        }
        "text.proj.0.weight" => return single("text_projection.0.weight"),
        "text.proj.2.weight" => return single("text_projection.weight"),
        _ => {}
    }
    let norms = [
        ("visual.ln_pre.", "vision_model.pre_layrnorm."),
        ("visual.ln_post.", "vision_model.post_layernorm."),
        ("ln_final.", "text_model.final_layer_norm."),
        ("text.ln_final.", "text_model.final_layer_norm."),
        (
            "text.transformer.embeddings.LayerNorm.",
            "text_model.embeddings.layer_norm.",
        ),
    ];
    for (old, new) in norms {
        if let Some(part) = name.strip_prefix(old) {
            return Some((format!("{new}{part}"), false));
        }
    }
    let (path, part) = name.rsplit_once('.')?;
    let parts = [
        // A layer of CLIP's own.
        (".ln_1", ".layer_norm1"),
        (".attn.out_proj", ".self_attn.out_proj"),
        (".ln_2", ".layer_norm2"),
        (".mlp.c_fc", ".mlp.fc1"),
        (".mlp.c_proj", ".mlp.fc2"),
        // A layer of RoBERTa's.
        (".attention.self.query", ".self_attn.q_proj"),
        (".attention.self.key", ".self_attn.k_proj"),
        (".attention.self.value", ".self_attn.v_proj"),
        (".attention.output.dense", ".self_attn.out_proj"),
        (".attention.output.LayerNorm", ".layer_norm1"),
        (".intermediate.dense", ".mlp.fc1"),
        (".output.dense", ".mlp.fc2"),
        (".output.LayerNorm", ".layer_norm2"),
    ];
    let (layer, new) = parts
        .iter()
        .find_map(|(old, new)| Some((resblock(path.strip_suffix(old)?)?, new)))?;
    Some((format!("{layer}{new}.{part}"), false))
}

/// What transformers call a layer.
fn resblock(layer: &str) -> Option<String> {
    let towers = [
        ("visual.transformer.resblocks.", "vision_model"),
        ("transformer.resblocks.", "text_model"),
        ("text.transformer.resblocks.", "text_model"),
        ("text.transformer.encoder.layer.", "text_model"),
    ];
    let (index, tower) = towers
        .iter()
        .find_map(|(old, tower)| Some((layer.strip_prefix(old)?, tower)))?;
    let is_index = !index.is_empty() && index.bytes().all(|digit| digit.is_ascii_digit());
    is_index.then(|| format!("{tower}.encoder.layers.{index}"))
}

const POSITIONS: &str = "text.transformer.embeddings.position_embeddings.weight";
const TYPES: &str = "text.transformer.embeddings.token_type_embeddings.weight";
/// `RoBERTa`'s positions begin behind the number of the token that pads, 1.
const FIRST_POSITION: usize = 2;

/// Adds the one kind of token that there is to all positions, and leaves out positions that no token has.
fn fold_positions(tensors: &mut Tensors<'_>) -> Result<()> {
    let [rows, width] = tensors.shape(POSITIONS)?;
    let [_, same] = tensors.shape(TYPES)?;
    if same != width || rows <= FIRST_POSITION {
        return Err(unusable("its positions and kinds of tokens do not fit"));
    }
    let mut positions = tensors.floats(POSITIONS)?.split_off(FIRST_POSITION * width);
    let types = tensors.floats(TYPES)?;
    for row in positions.chunks_exact_mut(width) {
        row.iter_mut().zip(&types).for_each(|(x, kind)| *x += kind);
    }
    let shape = vec![rows - FIRST_POSITION, width];
    tensors.insert(POSITIONS.to_owned(), Tensor::of(shape, &positions));
    Ok(())
}
