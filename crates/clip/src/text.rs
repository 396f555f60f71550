//! The text tower: embeds tokens, runs them through its transformer, and makes one vector of its rows.

use std::ops::Range;

use super::description::{Description, TextKind, TextShape};
use super::kernel::Activation;
use super::transformer::{Attention, Norm, Order, Pass, Projection, Sequence, Transformer};
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

    /// The projections of texts, one after the other, each given as its tokens with start and end. A first row that
    /// is known is used if all have it.
    pub(super) fn run(
        &self,
        weights: &Weights,
        pass: &mut Pass<'_>,
        texts: &[&[u32]],
    ) -> Result<Vec<f32>> {
        let hidden = self.shape.tower.hidden;
        let texts = texts.iter().map(|tokens| self.until_end(tokens));
        let texts: Vec<&[u32]> = texts.collect::<Result<_>>()?;
        let have = |first: u32| {
            let mut texts = texts.iter();
            texts.all(|tokens| tokens.len() > 1 && tokens[0] == first)
        };
        pass.known = pass.known.filter(|known| have(known.token));
        let skipped = usize::from(pass.known.is_some());
        let (mut x, mut lengths) = (Vec::new(), Vec::new());
        for tokens in texts {
            let from = x.len();
            self.embed(weights, tokens, skipped, &mut x)?;
            lengths.push((x.len() - from) / hidden);
        }
        let attention = match self.shape.kind {
            TextKind::Clip => Attention::Causal,
            _ => Attention::Everything,
        };
        let sequences = |results: fn(usize) -> Range<usize>| -> Vec<Sequence> {
            let sequence = |length: &usize| Sequence {
                length: *length,
                results: results(*length),
            };
            lengths.iter().map(sequence).collect()
        };
        match &self.head {
            Head::Projection(projection) => {
                let sequences = sequences(|length| length - 1..length);
                let rows = self.transformer.run_all(pass, x, &sequences, attention);
                Ok(projection.run(pass, &rows))
            }
            Head::Mean { first, up, down } => {
                let mut rows = Vec::new();
                pass.layer_norm(first, &x, self.shape.tower.epsilon, &mut rows);
                let sequences = sequences(|length| 0..length);
                let rows = self.transformer.run_all(pass, rows, &sequences, attention);
                let (mut means, mut rest) = (Vec::new(), &rows[..]);
                for length in lengths {
                    let (rows, after) = rest.split_at(length * hidden);
                    means.extend(mean(rows, hidden));
                    rest = after;
                }
                let (mut inner, mut projected) = (Vec::new(), Vec::new());
                pass.activated_product(up, &means, Activation::Gelu, (&mut inner, up.rows()));
                pass.multiply(down, &inner, &mut projected);
                Ok(projected)
            }
        }
    }

    /// Appends a row for each token of a text behind the first `skipped`, the embedding of the token and of its
    /// position.
    fn embed(
        &self,
        weights: &Weights,
        tokens: &[u32],
        skipped: usize,
        x: &mut Vec<f32>,
    ) -> Result<()> {
        let hidden = self.shape.tower.hidden;
        let length = match self.shape.kind {
            TextKind::Siglip => self.shape.context,
            _ => tokens.len(),
        };
        let from = x.len();
        x.extend_from_slice(&weights.vector(&self.positions)[skipped * hidden..length * hidden]);
        let tokens = tokens[skipped..].iter().copied();
        let all = tokens.chain(std::iter::repeat(PADDING));
        for (token, row) in all.zip(x[from..].chunks_exact_mut(hidden)) {
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
        Ok(())
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
