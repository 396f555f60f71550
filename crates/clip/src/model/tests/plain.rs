//! CLIP once more, as its definition reads: nothing is fast here, nothing is shared with the
//! engine, and all numbers have 64 bits.

use std::collections::BTreeMap;

use super::numbers::phi;
use super::tiny::{Side, Tensor, Tiny};

type Sequence = Vec<Vec<f64>>;

pub struct Plain {
    sizes: Tiny,
    tensors: BTreeMap<String, Tensor>,
}

impl Plain {
    pub fn new(sizes: &Tiny) -> Self {
        Self {
            sizes: sizes.clone(),
            tensors: sizes.tensors(),
        }
    }

    pub fn text(&self, tokens: &[u32]) -> Vec<f64> {
        let embedding = self.rows("text_model.embeddings.token_embedding.weight");
        let positions = self.rows("text_model.embeddings.position_embedding.weight");
        let x = tokens.iter().zip(&positions);
        let x = x
            .map(|(token, position)| sum(&embedding[*token as usize], position))
            .collect();
        // All tokens, also those behind the end, which must not matter.
        let x = self.layers("text_model", self.sizes.text, x, true);
        let last = u32::try_from(self.sizes.vocabulary).expect("small") - 1;
        let end = tokens
            .iter()
            .position(|token| *token == last)
            .expect("an end");
        let x = self.norm("text_model.final_layer_norm", &x[end]);
        unit(product(&self.rows("text_projection.weight"), &x))
    }

    pub fn picture(&self, pixels: &[f32]) -> Vec<f64> {
        let (side, patch, grid) = (self.sizes.side(), self.sizes.patch, self.sizes.grid);
        let kernels = self.rows("vision_model.embeddings.patch_embedding.weight");
        let mut x = vec![self.vector("vision_model.embeddings.class_embedding")];
        for top in 0..grid {
            for left in 0..grid {
                let mut numbers = Vec::new();
                for colour in 0..3 {
                    for row in 0..patch {
                        for column in 0..patch {
                            let (y, x) = (top * patch + row, left * patch + column);
                            numbers.push(f64::from(pixels[(colour * side + y) * side + x]));
                        }
                    }
                }
                x.push(product(&kernels, &numbers));
            }
        }
        let positions = self.rows("vision_model.embeddings.position_embedding.weight");
        let x = x.iter().zip(&positions);
        let x = x.map(|(x, position)| self.norm("vision_model.pre_layrnorm", &sum(x, position)));
        let x = self.layers("vision_model", self.sizes.vision, x.collect(), false);
        let x = self.norm("vision_model.post_layernorm", &x[0]);
        unit(product(&self.rows("visual_projection.weight"), &x))
    }

    fn layers(&self, model: &str, side: Side, mut x: Sequence, is_causal: bool) -> Sequence {
        for layer in 0..side.layers {
            let name = format!("{model}.encoder.layers.{layer}");
            let normal = x
                .iter()
                .map(|x| self.norm(&format!("{name}.layer_norm1"), x));
            let normal: Sequence = normal.collect();
            let part = |which: &str| -> Sequence {
                let name = format!("{name}.self_attn.{which}_proj");
                normal.iter().map(|x| self.linear(&name, x)).collect()
            };
            let (queries, keys, values) = (part("q"), part("k"), part("v"));
            let width = side.hidden / side.heads;
            let heads = (0..x.len()).map(|row| {
                let seen = if is_causal { row + 1 } else { x.len() };
                let head = |head: usize| {
                    let range = head * width..(head + 1) * width;
                    let powers: Vec<f64> = (0..seen)
                        .map(|other| dot(&queries[row][range.clone()], &keys[other][range.clone()]))
                        .map(|score| {
                            (score / f64::from(u32::try_from(width).expect("small")).sqrt()).exp()
                        })
                        .collect();
                    let all: f64 = powers.iter().sum();
                    let values = &values;
                    range.map(move |column| {
                        let shares = powers.iter().zip(values);
                        shares
                            .map(|(power, value)| power / all * value[column])
                            .sum::<f64>()
                    })
                };
                (0..side.heads).flat_map(head).collect::<Vec<f64>>()
            });
            let out = format!("{name}.self_attn.out_proj");
            let heads: Sequence = heads.map(|heads| self.linear(&out, &heads)).collect();
            x = x
                .iter()
                .zip(&heads)
                .map(|(x, heads)| sum(x, heads))
                .collect();
            x = x
                .iter()
                .map(|x| {
                    let normal = self.norm(&format!("{name}.layer_norm2"), x);
                    let inner = self.linear(&format!("{name}.mlp.fc1"), &normal);
                    let inner: Vec<f64> = inner.into_iter().map(|x| self.activate(x)).collect();
                    sum(x, &self.linear(&format!("{name}.mlp.fc2"), &inner))
                })
                .collect();
        }
        x
    }

    fn activate(&self, x: f64) -> f64 {
        match self.sizes.activation {
            "gelu" => x * phi(x),
            _ => x / (1.0 + (-1.702 * x).exp()),
        }
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let count = f64::from(u32::try_from(x.len()).expect("small"));
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
        let gains = self.vector(&format!("{name}.weight"));
        let biases = self.vector(&format!("{name}.bias"));
        let x = x.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
        x.zip(gains)
            .zip(biases)
            .map(|((x, gain), bias)| x * gain + bias)
            .collect()
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let y = product(&self.rows(&format!("{name}.weight")), x);
        sum(&y, &self.vector(&format!("{name}.bias")))
    }

    fn vector(&self, name: &str) -> Vec<f64> {
        self.tensors[name].1.iter().map(|x| f64::from(*x)).collect()
    }

    fn rows(&self, name: &str) -> Sequence {
        let width = self.tensors[name].0[1..].iter().product();
        self.vector(name)
            .chunks(width)
            .map(<[f64]>::to_vec)
            .collect()
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn product(rows: &Sequence, x: &[f64]) -> Vec<f64> {
    rows.iter().map(|row| dot(row, x)).collect()
}

fn sum(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x + y).collect()
}

fn unit(x: Vec<f64>) -> Vec<f64> {
    let length = dot(&x, &x).sqrt();
    x.into_iter().map(|x| x / length).collect()
}
