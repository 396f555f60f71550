//! The text tower: embeds tokens, and runs them through its transformer.

use super::description::{Description, TextShape};
use super::transformer::{Attention, Pass, Transformer};
use super::weights::{Embedding, Reader, Vector, Weights};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct TextTower {
    shape: TextShape,
    tokens: Embedding,
    positions: Vector,
    transformer: Transformer,
}

impl TextTower {
    pub(super) fn find(reader: &Reader<'_>, description: &Description) -> Result<Self> {
        let shape = description.text;
        let hidden = shape.tower.hidden;
        Ok(Self {
            shape,
            tokens: reader.embedding("text.tokens", shape.vocabulary, hidden)?,
            positions: reader.vector("text.positions", shape.context * hidden)?,
            transformer: Transformer::find(reader, "text", shape.tower, description.dimensions)?,
        })
    }

    /// The projection of the first end token among `tokens`. Tokens behind it are left out: they would
    /// change nothing, since no token attends to later ones.
    pub(super) fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        tokens: &[u32],
    ) -> Result<Vec<f32>> {
        let end = self.shape.vocabulary - 1;
        let mut x = Vec::new();
        let mut has_ended = false;
        let positions = weights.vector(&self.positions);
        let rows = positions.chunks_exact(self.shape.tower.hidden);
        for (token, position) in tokens.iter().zip(rows) {
            let token = *token as usize;
            if token > end {
                return Err(Error::new(
                    ErrorKind::Input,
                    format!(
                        "token {token} is unknown: the model has {} tokens",
                        self.shape.vocabulary
                    ),
                ));
            }
            let from = x.len();
            x.extend_from_slice(position);
            weights.add_row(&self.tokens, token, &mut x[from..])?;
            has_ended = token == end;
            if has_ended {
                break;
            }
        }
        if !has_ended {
            return Err(Error::new(
                ErrorKind::Input,
                format!(
                    "the tokens of a text must end with {end}, and be at most {}",
                    self.shape.context
                ),
            ));
        }
        let length = x.len() / self.shape.tower.hidden;
        Ok(self
            .transformer
            .run(pass, x, length, Attention::Causal, length - 1))
    }
}
