//! Small checkpoints with random weights, laid out as Hugging Face's transformers saves them.

use std::collections::BTreeMap;
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView};

use super::numbers::noise;

/// The sizes of a checkpoint.
#[derive(Debug, Clone)]
pub struct Tiny {
    pub text: Side,
    pub vision: Side,
    pub vocabulary: usize,
    pub context: usize,
    pub patch: usize,
    pub grid: usize,
    pub dimensions: usize,
    pub activation: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub struct Side {
    pub hidden: usize,
    pub heads: usize,
    pub inner: usize,
    pub layers: usize,
}

/// Shape and numbers.
pub type Tensor = (Vec<usize>, Vec<f32>);

/// Random numbers around `centre`, the same for the same name.
fn tensor(name: &str, shape: &[usize], centre: f32, spread: f32) -> Tensor {
    let count = shape.iter().product();
    let seed = name
        .bytes()
        .fold(1, |seed: u32, byte| seed.wrapping_mul(31) + u32::from(byte));
    let numbers = noise(seed, count).into_iter();
    (
        shape.to_vec(),
        numbers.map(|x| centre + spread * x).collect(),
    )
}

impl Side {
    /// Calls `add` with name, shape, centre and spread of each tensor of the layers.
    fn add_layers(
        &self,
        model: &str,
        last: &str,
        add: &mut impl FnMut(String, &[usize], f32, f32),
    ) {
        let Self { hidden, inner, .. } = *self;
        let mut norm = |name: String| {
            add(format!("{name}.weight"), &[hidden], 1.0, 0.3);
            add(format!("{name}.bias"), &[hidden], 0.0, 0.2);
        };
        norm(format!("{model}.{last}"));
        if model == "vision_model" {
            norm(format!("{model}.pre_layrnorm"));
        }
        for layer in 0..self.layers {
            norm(format!("{model}.encoder.layers.{layer}.layer_norm1"));
            norm(format!("{model}.encoder.layers.{layer}.layer_norm2"));
        }
        for layer in 0..self.layers {
            let parts = [
                ("self_attn.q_proj", hidden, hidden),
                ("self_attn.k_proj", hidden, hidden),
                ("self_attn.v_proj", hidden, hidden),
                ("self_attn.out_proj", hidden, hidden),
                ("mlp.fc1", inner, hidden),
                ("mlp.fc2", hidden, inner),
            ];
            for (part, rows, columns) in parts {
                let name = format!("{model}.encoder.layers.{layer}.{part}");
                add(format!("{name}.weight"), &[rows, columns], 0.0, 0.3);
                add(format!("{name}.bias"), &[rows], 0.0, 0.1);
            }
        }
    }
}

impl Tiny {
    /// One that differs in each size, so that none can stand for another.
    pub fn new() -> Self {
        Self {
            text: Side {
                hidden: 32,
                heads: 2,
                inner: 80,
                layers: 2,
            },
            vision: Side {
                hidden: 48,
                heads: 3,
                inner: 96,
                layers: 3,
            },
            vocabulary: 600,
            context: 20,
            patch: 4,
            grid: 5,
            dimensions: 24,
            activation: "quick_gelu",
        }
    }

    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        let mut tensors = BTreeMap::new();
        let mut add = |name: String, shape: &[usize], centre: f32, spread: f32| {
            tensors.insert(name.clone(), tensor(&name, shape, centre, spread));
        };
        let sides = [
            ("text_model", self.text, self.context, "final_layer_norm"),
            (
                "vision_model",
                self.vision,
                self.grid * self.grid + 1,
                "post_layernorm",
            ),
        ];
        for (model, side, positions, last) in sides {
            side.add_layers(model, last, &mut add);
            let name = format!("{model}.embeddings.position_embedding.weight");
            add(name, &[positions, side.hidden], 0.0, 0.5);
        }
        let name = "text_model.embeddings.token_embedding.weight".to_owned();
        add(name, &[self.vocabulary, self.text.hidden], 0.0, 1.0);
        let name = "vision_model.embeddings.class_embedding".to_owned();
        add(name, &[self.vision.hidden], 0.0, 1.0);
        let patches = [self.vision.hidden, 3, self.patch, self.patch];
        let name = "vision_model.embeddings.patch_embedding.weight".to_owned();
        add(name, &patches, 0.0, 0.3);
        add(
            "text_projection.weight".to_owned(),
            &[self.dimensions, self.text.hidden],
            0.0,
            0.3,
        );
        add(
            "visual_projection.weight".to_owned(),
            &[self.dimensions, self.vision.hidden],
            0.0,
            0.3,
        );
        add("logit_scale".to_owned(), &[], 4.6, 0.0);
        tensors
    }

    /// Writes the checkpoint with its configuration into `folder`, which must exist.
    pub fn save(&self, folder: &Path, dtype: Dtype) {
        let encode = |numbers: &[f32]| -> Vec<u8> {
            let numbers = numbers.iter();
            match dtype {
                Dtype::F16 => numbers
                    .flat_map(|x| f16::from_f32(*x).to_le_bytes())
                    .collect(),
                Dtype::BF16 => numbers
                    .flat_map(|x| bf16::from_f32(*x).to_le_bytes())
                    .collect(),
                _ => numbers.flat_map(|x| x.to_le_bytes()).collect(),
            }
        };
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = self
            .tensors()
            .into_iter()
            .map(|(name, (shape, numbers))| (name, shape, encode(&numbers)))
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(dtype, shape.clone(), bytes);
            (name, view.expect("bytes of that shape"))
        });
        let path = folder.join("model.safetensors");
        safetensors::serialize_to_file(views, None, &path).expect("the checkpoint is written");
        let part = |side: Side| {
            serde_json::json!({
                "hidden_act": self.activation,
                "num_attention_heads": side.heads,
                "layer_norm_eps": 1e-5,
            })
        };
        let mut text = part(self.text);
        text["eos_token_id"] = serde_json::json!(self.vocabulary - 1);
        let config = serde_json::json!({
            "_name_or_path": "somebody/tiny",
            "text_config": text,
            "vision_config": part(self.vision),
        });
        std::fs::write(folder.join("config.json"), config.to_string()).expect("written");
        let card = "---\nlicense: mit\n---\n# Tiny\n";
        std::fs::write(folder.join("README.md"), card).expect("written");
    }
}
