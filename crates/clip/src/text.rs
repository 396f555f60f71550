//! The text tower: embeds tokens, runs them through its transformer, and makes one vector of its rows.

use super::description::{Description, TextKind, TextShape};
use super::kernel::Activation;
use super::transformer::{Attention, Norm, Order, Pass, Projection, Transformer};
use super::weights::{Embedding, Linear, Reader, Vector, Weights};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct TextTower {
    shape: TextShape,
    tokens: Embedding,
    positions: Vector,
    transformer: Transformer,
    head: Head,
}

/// What makes a vector of the transformer's rows.
#[derive(Debug)]
enum Head {
    Projection(Projection),
    /// `RoBERTa`'s, whose embeddings are normalised, too.
    Mean {
        first: Norm,
        up: Linear,
        down: Linear,
    },
}

/// The token that fills texts of a `SigLIP` model up.
const PADDING: u32 = 0;

impl TextTower {
    pub(super) fn find(reader: &Reader<'_>, description: &Description) -> Result<Self> {
        let shape = description.text;
        let hidden = shape.tower.hidden;
        let dimensions = description.dimensions;
        let projection = || {
            Ok(Head::Projection(Projection {
                last: Norm::find(reader, "text.last", hidden)?,
                matrix: match shape.kind {
                    TextKind::Siglip => reader.linear("text.projection", dimensions, hidden)?,
                    _ => reader.matrix("text.projection", dimensions, hidden)?,
                },
                epsilon: shape.tower.epsilon,
            }))
        };
        let (order, head) = match shape.kind {
            TextKind::Clip | TextKind::Siglip => (Order::Before, projection()?),
            TextKind::Roberta { inner } => {
                let head = Head::Mean {
                    first: Norm::find(reader, "text.first", hidden)?,
                    up: reader.matrix("text.projection.up", inner, hidden)?,
                    down: reader.matrix("text.projection.down", dimensions, inner)?,
                };
                (Order::After, head)
            }
        };
        Ok(Self {
            shape,
            tokens: reader.embedding("text.tokens", shape.vocabulary, hidden)?,
            positions: reader.vector("text.positions", shape.context * hidden)?,
            transformer: Transformer::find(reader, "text", shape.tower, order)?,
            head,
        })
    }

    /// The projection of a text, given as its tokens with start and end.
    pub(super) fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        tokens: &[u32],
    ) -> Result<Vec<f32>> {
        let tokens = self.until_end(tokens)?;
        let hidden = self.shape.tower.hidden;
        let length = match self.shape.kind {
            TextKind::Siglip => self.shape.context,
            _ => tokens.len(),
        };
        let all = tokens.iter().copied().chain(std::iter::repeat(PADDING));
        let mut x = weights.vector(&self.positions)[..length * hidden].to_vec();
        for (token, row) in all.zip(x.chunks_exact_mut(hidden)) {
            let token = token as usize;
            if token >= self.shape.vocabulary {
                return Err(Error::new(
                    ErrorKind::Input,
                    format!(
                        "token {token} is unknown: the model has {} tokens",
                        self.shape.vocabulary
                    ),
                ));
            }
            weights.add_row(&self.tokens, token, row)?;
        }
        let attention = match self.shape.kind {
            TextKind::Clip => Attention::Causal,
            _ => Attention::Everything,
        };
        match &self.head {
            Head::Projection(projection) => {
                let last = length - 1..length;
                let row = self.transformer.run(pass, x, length, attention, last);
                Ok(projection.run(pass, &row))
            }
            Head::Mean { first, up, down } => {
                let mut rows = Vec::new();
                pass.layer_norm(first, &x, self.shape.tower.epsilon, &mut rows);
                let rows = self
                    .transformer
                    .run(pass, rows, length, attention, 0..length);
                let mean = mean(&rows, hidden);
                let (mut inner, mut projected) = (Vec::new(), Vec::new());
                pass.multiply(up, &mean, &mut inner);
                pass.activate(Activation::Gelu, &mut inner);
                pass.multiply(down, &inner, &mut projected);
                Ok(projected)
            }
        }
    }

    /// The tokens that count: in CLIP's tower those up to the first end. Tokens behind it would change
    /// nothing, since no token attends to later ones.
    fn until_end<'a>(&self, tokens: &'a [u32]) -> Result<&'a [u32]> {
        let context = self.shape.context;
        let length = match self.shape.kind {
            TextKind::Clip => {
                let end = self.shape.vocabulary - 1;
                let place = tokens.iter().position(|token| *token as usize >= end);
                place.map(|place| place + 1)
            }
            _ => Some(tokens.len()),
        };
        let fits = |length: &usize| (1..=context).contains(length);
        length
            .filter(fits)
            .map(|length| &tokens[..length])
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Input,
                    format!("the tokens of a text must end, and be at most {context}"),
                )
            })
    }
}

/// The mean of rows of `width` numbers.
fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    #[expect(clippy::cast_precision_loss, reason = "texts are short")]
    let share = width as f32 / rows.len() as f32;
    for sum in &mut sums {
        *sum *= share;
    }
    sums
}
