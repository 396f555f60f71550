//! The vision tower: embeds patches of pictures, and runs them through its transformer.

use super::description::{Description, VisionShape};
use super::transformer::{Attention, Norm, Pass, Transformer};
use super::weights::{Linear, Reader, Vector, Weights};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct VisionTower {
    shape: VisionShape,
    patches: Linear,
    /// The class embedding: the first row, before all patches, which becomes the vector of the picture.
    class: Vector,
    positions: Vector,
    first: Norm,
    transformer: Transformer,
}

impl VisionTower {
    pub(super) fn find(reader: &Reader<'_>, description: &Description) -> Result<Self> {
        let shape = description.vision;
        let hidden = shape.tower.hidden;
        Ok(Self {
            shape,
            patches: reader.matrix("vision.patches", hidden, shape.patch_numbers())?,
            class: reader.vector("vision.class", hidden)?,
            positions: reader.vector("vision.positions", shape.positions() * hidden)?,
            first: Norm::find(reader, "vision.first", hidden)?,
            transformer: Transformer::find(reader, "vision", shape.tower, description.dimensions)?,
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
        let class = weights.vector(&self.class);
        let positions = weights.vector(&self.positions);
        let mut patches = Vec::new();
        pass.multiply(&self.patches, &rows, &mut patches);
        let mut embedded = Vec::with_capacity(pictures.len() * positions.len());
        for patches in patches.chunks_exact(positions.len() - class.len()) {
            let picture = class.iter().chain(patches).zip(positions);
            embedded.extend(picture.map(|(x, position)| x + position));
        }
        let mut x = Vec::new();
        pass.layer_norm(&self.first, &embedded, self.shape.tower.epsilon, &mut x);
        let length = self.shape.positions();
        Ok(self
            .transformer
            .run(pass, x, length, Attention::Everything, 0))
    }
}
