//! The vision tower: embeds patches of pictures, and runs them through its transformer.

use super::description::{Description, VisionKind, VisionShape};
use super::transformer::{Attention, Norm, Order, Pass, Projection, Qkv, Transformer, add, attend};
use super::weights::{Linear, Reader, Vector, Weights};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct VisionTower {
    shape: VisionShape,
    patches: Linear,
    positions: Vector,
    transformer: Transformer,
    head: Head,
}

/// What makes a vector of the transformer's rows.
#[derive(Debug)]
enum Head {
    Clip {
        /// The class embedding: the first row, before all patches, which becomes the vector of the
        /// picture.
        class: Vector,
        first: Norm,
        projection: Projection,
    },
    Pooled(Box<Pooling>),
}

/// `SigLIP`'s attention of one learnt query to all rows, and a perceptron behind it.
#[derive(Debug)]
struct Pooling {
    last: Norm,
    probe: Vector,
    query: Linear,
    /// Keys and values in one.
    kv: Linear,
    out: Linear,
    norm: Norm,
    up: Linear,
    down: Linear,
}

impl VisionTower {
    pub(super) fn find(reader: &Reader<'_>, description: &Description) -> Result<Self> {
        let shape = description.vision;
        let hidden = shape.tower.hidden;
        let numbers = shape.patch_numbers();
        let (patches, head) = match shape.kind {
            VisionKind::Clip => (
                reader.matrix("vision.patches", hidden, numbers)?,
                Head::Clip {
                    class: reader.vector("vision.class", hidden)?,
                    first: Norm::find(reader, "vision.first", hidden)?,
                    projection: Projection {
                        last: Norm::find(reader, "vision.last", hidden)?,
                        matrix: reader.matrix(
                            "vision.projection",
                            description.dimensions,
                            hidden,
                        )?,
                        epsilon: shape.tower.epsilon,
                    },
                },
            ),
            VisionKind::Siglip { inner } => (
                reader.linear("vision.patches", hidden, numbers)?,
                Head::Pooled(Box::new(Pooling {
                    last: Norm::find(reader, "vision.last", hidden)?,
                    probe: reader.vector("vision.head.probe", hidden)?,
                    query: reader.linear("vision.head.query", hidden, hidden)?,
                    kv: reader.linear("vision.head.kv", 2 * hidden, hidden)?,
                    out: reader.linear("vision.head.out", hidden, hidden)?,
                    norm: Norm::find(reader, "vision.head.norm", hidden)?,
                    up: reader.linear("vision.head.up", inner, hidden)?,
                    down: reader.linear("vision.head.down", hidden, inner)?,
                })),
            ),
        };
        Ok(Self {
            shape,
            patches,
            positions: reader.vector("vision.positions", shape.positions() * hidden)?,
            transformer: Transformer::find(reader, "vision", shape.tower, Order::Before)?,
            head,
        })
    }

    /// The projections of pictures, one after the other. Each picture is given as normalised planes of
    /// red, green and blue.
    pub(super) fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        pictures: &[Vec<f32>],
    ) -> Result<Vec<f32>> {
        let rows = self.rows(pictures)?;
        let positions = weights.vector(&self.positions);
        let mut patches = Vec::new();
        pass.multiply(&self.patches, &rows, &mut patches);
        let length = self.shape.positions();
        let hidden = self.shape.tower.hidden;
        let attention = Attention::Everything;
        match &self.head {
            Head::Clip {
                class,
                first,
                projection,
            } => {
                let class = weights.vector(class);
                let mut embedded = Vec::with_capacity(pictures.len() * positions.len());
                for patches in patches.chunks_exact(positions.len() - class.len()) {
                    let picture = class.iter().chain(patches).zip(positions);
                    embedded.extend(picture.map(|(x, position)| x + position));
                }
                let mut x = Vec::new();
                pass.layer_norm(first, &embedded, self.shape.tower.epsilon, &mut x);
                let rows = self.transformer.run(pass, x, length, attention, 0..1);
                Ok(projection.run(pass, &rows))
            }
            Head::Pooled(pooling) => {
                for picture in patches.chunks_exact_mut(length * hidden) {
                    add(picture, positions);
                }
                let x = patches;
                let x = self.transformer.run(pass, x, length, attention, 0..length);
                Ok(pooling.run(weights, pass, self.shape, &x))
            }
        }
    }

    /// The patches of pictures, each as a row.
    fn rows(&self, pictures: &[Vec<f32>]) -> Result<Vec<f32>> {
        let VisionShape { side, patch, .. } = self.shape;
        let grid = self.shape.grid();
        let mut rows =
            Vec::with_capacity(pictures.len() * grid * grid * self.shape.patch_numbers());
        for pixels in pictures {
            if pixels.len() != 3 * side * side {
                return Err(Error::new(
                    ErrorKind::Input,
                    format!(
                        "a picture of this model has 3 × {side} × {side} numbers, not {}",
                        pixels.len()
                    ),
                ));
            }
            for (top, left) in (0..grid * grid).map(|at| (at / grid * patch, at % grid * patch)) {
                for line in (0..3 * patch).map(|line| line / patch * side + top + line % patch) {
                    let from = line * side + left;
                    rows.extend_from_slice(&pixels[from..from + patch]);
                }
            }
        }
        Ok(rows)
    }
}

impl Pooling {
    fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        shape: VisionShape,
        x: &[f32],
    ) -> Vec<f32> {
        let (hidden, length) = (shape.tower.hidden, shape.positions());
        let epsilon = shape.tower.epsilon;
        let (mut normal, mut query, mut kv) = (Vec::new(), Vec::new(), Vec::new());
        pass.layer_norm(&self.last, x, epsilon, &mut normal);
        pass.multiply(&self.query, weights.vector(&self.probe), &mut query);
        pass.multiply(&self.kv, &normal, &mut kv);
        let mut heads = vec![0.0; x.len() / length];
        let pictures = heads.chunks_exact_mut(hidden);
        for (picture, heads) in kv.chunks_exact(length * 2 * hidden).zip(pictures) {
            let rows = picture.chunks_exact(2 * hidden);
            let qkv: Vec<f32> = rows
                .flat_map(|kv| query.iter().chain(kv))
                .copied()
                .collect();
            let (count, all) = (shape.tower.heads, Attention::Everything);
            let qkv = Qkv {
                rows: &qkv,
                apart: 3 * hidden,
                before: None,
            };
            attend(pass, &qkv, count, 0..1, all, heads);
        }
        let mut pooled = Vec::new();
        pass.multiply(&self.out, &heads, &mut pooled);
        let mut inner = Vec::new();
        pass.layer_norm(&self.norm, &pooled, epsilon, &mut normal);
        let (activation, apart) = (shape.tower.activation, self.up.rows());
        pass.activated_product(&self.up, &normal, activation, (&mut inner, apart));
        pass.add_product(&self.down, (&inner, apart), &mut pooled);
        pooled
    }
}
