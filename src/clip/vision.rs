//! The tower for pictures.

use super::transformer::{Attention, Norm, Pass, Transformer};
use super::weights::{self, Description, Linear, Reader, Vector, Weights};
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct Tower {
    shape: weights::Vision,
    patches: Linear,
    /// Stands for the whole picture, before all patches.
    class: Vector,
    positions: Vector,
    first: Norm,
    transformer: Transformer,
}

impl Tower {
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

    /// The projection of the whole picture, given as planes of normalised red, green and blue.
    pub(super) fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        pixels: &[f32],
    ) -> Result<Vec<f32>> {
        let weights::Vision { side, patch, .. } = self.shape;
        if pixels.len() != 3 * side * side {
            return Err(Error::config(format!(
                "a picture of this model has 3 × {side} × {side} numbers, not {}",
                pixels.len()
            )));
        }
        let grid = self.shape.grid();
        let mut rows = Vec::with_capacity(grid * grid * self.shape.patch_numbers());
        for (top, left) in (0..grid * grid).map(|at| (at / grid * patch, at % grid * patch)) {
            for line in (0..3 * patch).map(|line| line / patch * side + top + line % patch) {
                let from = line * side + left;
                rows.extend_from_slice(&pixels[from..from + patch]);
            }
        }
        let mut x = weights.vector(&self.class).to_vec();
        x.extend(pass.multiply(&self.patches, &rows));
        let positions = weights.vector(&self.positions);
        x.iter_mut()
            .zip(positions)
            .for_each(|(x, position)| *x += position);
        let x = pass.normalise(&self.first, &x, self.shape.tower.epsilon);
        Ok(self.transformer.run(pass, x, Attention::Everything, 0))
    }
}
