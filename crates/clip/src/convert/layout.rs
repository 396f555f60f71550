//! Which tensors a model file has, and of which of the checkpoint each is made.

use safetensors::tensor::Dtype;

use super::entry::{Content, Entry, Smoothing, concatenated};
use crate::checkpoint::{CheckpointModel, Tensors};
use crate::description::{Precision, TextKind, TokenizerKind, VisionKind};
use crate::error::Result;
use crate::kernel::{LANES, panels};
use crate::tokenizer::MERGE;

/// All tensors, the small ones first.
pub(super) fn layout(source: &CheckpointModel<'_>, precision: Precision) -> Result<Vec<Entry>> {
    let mut plan = Plan {
        tensors: &source.tensors,
        precision,
        small: Vec::new(),
        large: Vec::new(),
    };
    plan.text(source)?;
    plan.vision(source)?;
    plan.embedding("text.tokens", "text_model.embeddings.token_embedding")?;
    let tables = &source.tokenizer.tables;
    let shape = match source.text.tokenizer {
        TokenizerKind::Clip => None,
        TokenizerKind::ByteLevel { merges } => Some(("text.merges", vec![merges, MERGE])),
        TokenizerKind::Letters { size } | TokenizerKind::Unigram { size } => {
            Some(("text.tokenizer", vec![size]))
        }
    };
    if let Some((name, shape)) = shape {
        // Last of all: what is behind it would not be aligned.
        plan.large.push(Entry {
            name: name.to_owned(),
            dtype: Dtype::U8,
            shape,
            content: Content::Tables(tables.clone()),
        });
    }
    plan.small.append(&mut plan.large);
    Ok(plan.small)
}

struct Plan<'a> {
    tensors: &'a Tensors<'a>,
    precision: Precision,
    small: Vec<Entry>,
    large: Vec<Entry>,
}

impl Plan<'_> {
    fn text(&mut self, source: &CheckpointModel<'_>) -> Result<()> {
        let kind = source.text.kind;
        self.positions("text", source.text.context)?;
        let is_smooth = !matches!(kind, TextKind::Roberta { .. });
        self.layers("text", source.text.tower.layers, is_smooth)?;
        let last = "text_model.final_layer_norm";
        match kind {
            TextKind::Clip => {
                let projection = "text_projection";
                let smoothing = self.smoothing(&[projection])?;
                self.norm("text.last", last, &smoothing)?;
                self.matrix("text.projection", &[projection], smoothing)
            }
            TextKind::Siglip => {
                let projection = "text_model.head";
                let smoothing = self.smoothing(&[projection])?;
                self.norm("text.last", last, &smoothing)?;
                self.linear("text.projection", &[projection], smoothing)
            }
            TextKind::Roberta { .. } => {
                let plain = Smoothing::new;
                let first = "text_model.embeddings.layer_norm";
                self.norm("text.first", first, &plain())?;
                self.matrix("text.projection.up", &["text_projection.0"], plain())?;
                self.matrix("text.projection.down", &["text_projection"], plain())
            }
        }
    }

    fn vision(&mut self, source: &CheckpointModel<'_>) -> Result<()> {
        let plain = Smoothing::new;
        let patches = "vision_model.embeddings.patch_embedding";
        let last = "vision_model.post_layernorm";
        let layers = source.vision.tower.layers;
        match source.vision.kind {
            VisionKind::Clip => {
                let class = "vision_model.embeddings.class_embedding";
                self.vector("vision.class", &[class], plain())?;
                self.norm("vision.first", "vision_model.pre_layrnorm", &plain())?;
                self.matrix("vision.patches", &[patches], plain())?;
                self.positions("vision", source.vision.positions())?;
                self.layers("vision", layers, true)?;
                let projection = "visual_projection";
                let smoothing = self.smoothing(&[projection])?;
                self.norm("vision.last", last, &smoothing)?;
                self.matrix("vision.projection", &[projection], smoothing)
            }
            VisionKind::Siglip { .. } => {
                self.linear("vision.patches", &[patches], plain())?;
                self.positions("vision", source.vision.positions())?;
                self.layers("vision", layers, true)?;
                let head = |part: &str| format!("vision_model.head.{part}");
                self.vector("vision.head.probe", &[&head("probe")], plain())?;
                self.linear("vision.head.query", &[&head("attention.q_proj")], plain())?;
                let kv = [head("attention.k_proj"), head("attention.v_proj")];
                let kv = kv.each_ref().map(String::as_str);
                let smoothing = self.smoothing(&kv)?;
                self.norm("vision.last", last, &smoothing)?;
                self.linear("vision.head.kv", &kv, smoothing)?;
                self.linear("vision.head.out", &[&head("attention.out_proj")], plain())?;
                let up = head("mlp.fc1");
                let smoothing = self.smoothing(&[&up])?;
                self.norm("vision.head.norm", &head("layernorm"), &smoothing)?;
                self.linear("vision.head.up", &[&up], smoothing)?;
                self.linear("vision.head.down", &[&head("mlp.fc2")], plain())
            }
        }
    }

    /// The first `count` positions of a tower.
    fn positions(&mut self, name: &str, count: usize) -> Result<()> {
        let old = format!("{name}_model.embeddings.position_embedding.weight");
        self.vector(&format!("{name}.positions"), &[&old], Smoothing::new())?;
        let [_, width] = self.tensors.shape::<2>(&old)?;
        if let Some(entry) = self.small.last_mut() {
            entry.shape = vec![count * width];
        }
        Ok(())
    }

    fn layers(&mut self, name: &str, count: usize, is_smooth: bool) -> Result<()> {
        for index in 0..count {
            let old = format!("{name}_model.encoder.layers.{index}");
            self.layer(&format!("{name}.{index}"), &old, is_smooth)?;
        }
        Ok(())
    }

    /// A layer of a transformer, whose tensors begin with `old` in the checkpoint. Only what is
    /// normalised for one matrix alone can be smoothed.
    fn layer(&mut self, name: &str, old: &str, is_smooth: bool) -> Result<()> {
        let part = |part: &str| format!("{old}.{part}");
        let qkv = ["q", "k", "v"].map(|which| part(&format!("self_attn.{which}_proj")));
        let qkv = qkv.each_ref().map(String::as_str);
        let smoothing = |plan: &Self, parts: &[&str]| {
            if is_smooth {
                plan.smoothing(parts)
            } else {
                Ok(Smoothing::new())
            }
        };
        let factors = smoothing(self, &qkv)?;
        self.norm(&format!("{name}.norm1"), &part("layer_norm1"), &factors)?;
        self.linear(&format!("{name}.qkv"), &qkv, factors)?;
        let out = part("self_attn.out_proj");
        self.linear(&format!("{name}.out"), &[&out], Smoothing::new())?;
        let up = part("mlp.fc1");
        let factors = smoothing(self, &[&up])?;
        self.norm(&format!("{name}.norm2"), &part("layer_norm2"), &factors)?;
        self.linear(&format!("{name}.up"), &[&up], factors)?;
        self.linear(
            &format!("{name}.down"),
            &[&part("mlp.fc2")],
            Smoothing::new(),
        )
    }

    /// Factors for the matrix that the tensors `parts` make, by which all its columns become about
    /// equally large.
    fn smoothing(&self, parts: &[&str]) -> Result<Smoothing> {
        if self.precision != Precision::I8 {
            return Ok(Smoothing::new());
        }
        let parts: Vec<String> = parts.iter().map(|part| format!("{part}.weight")).collect();
        let mut squares: Vec<f32> = Vec::new();
        for row in concatenated(self.tensors, &parts, &Smoothing::new())? {
            squares.resize(row.len(), 0.0);
            for (square, x) in squares.iter_mut().zip(&row) {
                *square += x * x;
            }
        }
        let mut sorted = squares.clone();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let factor = |square: &f32| {
            let factor = (usual / square).sqrt().log2().round().exp2();
            // Not for columns of zeros, nor for outliers beyond any usual range.
            if (0.001..=1000.0).contains(&factor) {
                factor
            } else {
                1.0
            }
        };
        Ok(squares.iter().map(factor).collect())
    }

    fn vector(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let mut length = 0;
        for part in &parts {
            length += self.tensors.length(part)?;
        }
        self.small.push(Entry {
            name: name.to_owned(),
            dtype: Dtype::F32,
            shape: vec![length],
            content: Content::Vector(parts, smoothing),
        });
        Ok(())
    }

    fn norm(&mut self, name: &str, old: &str, smoothing: &Smoothing) -> Result<()> {
        for (part, old_part) in [("gain", "weight"), ("bias", "bias")] {
            let old = format!("{old}.{old_part}");
            self.vector(&format!("{name}.{part}"), &[&old], smoothing.clone())?;
        }
        Ok(())
    }

    fn linear(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let biases: Vec<String> = parts.iter().map(|part| format!("{part}.bias")).collect();
        let biases: Vec<&str> = biases.iter().map(String::as_str).collect();
        self.vector(&format!("{name}.bias"), &biases, Smoothing::new())?;
        self.matrix(name, parts, smoothing)
    }

    fn matrix(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let parts: Vec<String> = parts.iter().map(|part| format!("{part}.weight")).collect();
        let (mut rows, mut columns) = (0, 0);
        for part in &parts {
            let [height, width] = self.tensors.flat_shape(part)?;
            rows += height;
            columns = width;
        }
        self.scales(name, rows, &parts, &smoothing);
        let shape = vec![panels(rows), columns, LANES];
        self.large(name, shape, Content::Panels(parts, smoothing));
        Ok(())
    }

    fn embedding(&mut self, name: &str, old: &str) -> Result<()> {
        let old = format!("{old}.weight");
        let shape = self.tensors.shape::<2>(&old)?;
        self.scales(
            name,
            shape[0],
            std::slice::from_ref(&old),
            &Smoothing::new(),
        );
        self.large(name, shape.to_vec(), Content::Embedding(old));
        Ok(())
    }

    fn scales(&mut self, name: &str, rows: usize, parts: &[String], smoothing: &Smoothing) {
        if self.precision == Precision::I8 {
            self.small.push(Entry {
                name: format!("{name}.scale"),
                dtype: Dtype::F32,
                shape: vec![rows],
                content: Content::Scales(parts.to_vec(), smoothing.clone()),
            });
        }
    }

    fn large(&mut self, name: &str, shape: Vec<usize>, content: Content) {
        let dtype = match self.precision {
            Precision::F32 => Dtype::F32,
            Precision::F16 => Dtype::F16,
            Precision::I8 => Dtype::I8,
        };
        self.large.push(Entry {
            name: name.to_owned(),
            dtype,
            shape,
            content,
        });
    }
}
