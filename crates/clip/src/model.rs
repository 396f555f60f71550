//! A converted CLIP model: opened by mapping its file, and used to encode texts and pictures.

use std::cell::Cell;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use super::Picture;
use super::description::{Description, TextShape, TokenizerKind};
use super::kernel::{Isa, Quantisation};
use super::preprocess::preprocess_scaled;
use super::tokenizer::{MERGE, Tokenizer};
use super::transformer::{FirstRow, Memory, Pass};
use super::weights::{Reader, Weights};
use super::{Encoder, text, vision};
use crate::error::{Error, ErrorKind, Result};

/// A model that turns texts and pictures into vectors.
///
/// Opening it copies nothing: the system reads pages of the file when they are needed, and a program
/// that only encodes texts never reads the weights of the vision tower.
#[derive(Debug)]
pub struct Model {
    weights: Weights,
    description: Description,
    name: String,
    isa: Isa,
    /// Offset of the tensors in the file.
    start: usize,
    /// Where the tables of the tokenizer lie.
    tables: Range<usize>,
    text: text::TextTower,
    /// Learnt of the first text, if the tower is causal.
    first_row: OnceLock<FirstRow>,
    vision: vision::VisionTower,
}

impl Model {
    /// Opens the file at `path`, made by [`convert`](crate::convert::convert()).
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read, [`ErrorKind::Damaged`] if it is no sound model.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(Weights::open(path)?).map_err(|error| {
            error.with_context(&format!("cannot use the model {}", path.display()))
        })
    }

    /// Opens a model whose file is part of the program. `bytes` must be aligned for floats, which
    /// [`Aligned`](crate::mapped::Aligned) does.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] if it is no sound model.
    pub fn from_static(bytes: &'static [u8]) -> Result<Self> {
        Self::new(Weights::from_static(bytes))
            .map_err(|error| error.with_context("cannot use the built-in model"))
    }

    fn new(weights: Weights) -> Result<Self> {
        let (reader, description) = Reader::new(&weights)?;
        let text = text::TextTower::find(&reader, &description)?;
        let vision = vision::VisionTower::find(&reader, &description)?;
        let tables = Self::find_tables(&weights, &reader, &description.text)?;
        let start = reader.start();
        let short = description.digest.get(..16).unwrap_or_default();
        Ok(Self {
            name: format!("{} {short}", description.name),
            description,
            isa: Isa::detect(),
            start,
            tables,
            text,
            first_row: OnceLock::new(),
            vision,
            weights,
        })
    }

    /// Where the tables of the tokenizer lie in the file.
    fn find_tables(
        weights: &Weights,
        reader: &Reader<'_>,
        shape: &TextShape,
    ) -> Result<Range<usize>> {
        let tables = match shape.tokenizer {
            TokenizerKind::Clip => 0..0,
            TokenizerKind::ByteLevel { merges } => reader.bytes("text.merges", &[merges, MERGE])?,
            TokenizerKind::Letters { size } | TokenizerKind::Unigram { size } => {
                reader.bytes("text.tokenizer", &[size])?
            }
        };
        Tokenizer::new(shape.tokenizer, &weights[tables.clone()], shape.vocabulary)?;
        Ok(tables)
    }

    /// The tokens of a text that a person typed.
    fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        let shape = &self.description.text;
        let tables = &self.weights[self.tables.clone()];
        let tokenizer = Tokenizer::new(shape.tokenizer, tables, shape.vocabulary)?;
        Ok(tokenizer.encode(text, shape.context))
    }

    /// The same model, computed with `isa` instead of the fastest instructions.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self {
            isa,
            first_row: OnceLock::new(),
            ..self
        }
    }

    /// What the file says about itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The instructions in use.
    #[must_use]
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.weights.len()
    }

    /// Whether the file is still what was written by the conversion, to the last bit. Reads all of it.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read.
    pub fn is_intact(&self) -> Result<bool> {
        Ok(self.weights.digest(self.start)? == self.description.digest)
    }

    /// Calls `work`, which computes with the weights; see [`Mapped`](crate::mapped::Mapped::begin).
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.weights
            .guarded(self.start, &self.description.digest, work)
    }

    /// The vector of a text that is given as tokens of the [`tokenizer`](crate::tokenizer), the start
    /// and the end included.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the model does not have a token, or the end is missing;
    /// [`ErrorKind::Damaged`] if the weights are damaged, [`ErrorKind::Changed`] if another program changed
    /// their file.
    pub fn encode_tokens(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        Ok(self.encode_all_tokens(&[tokens])?.concat())
    }

    /// As [`Model::encode_tokens`], of several texts, for which the weights are read once.
    fn encode_all_tokens(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let mut pass = Pass::new(&self.weights, self.isa, Quantisation::Int16);
        pass.known = self.first_row.get();
        let vectors = self.guarded(|| {
            let vectors = self.text.run(&self.weights, &mut pass, texts)?;
            let vectors = vectors.chunks_exact(self.description.dimensions);
            vectors.map(|vector| unit(vector.to_vec())).collect()
        })?;
        let layers = pass.learnt;
        if let Some(token) = texts.first().and_then(|tokens| tokens.first())
            && !layers.is_empty()
        {
            // Another thread may have learnt the same meanwhile.
            let _ = self.first_row.set(FirstRow {
                token: *token,
                layers,
            });
        }
        Ok(vectors)
    }

    /// As [`Encoder::encode_pixels`], with a choice of how activations are quantised before they are
    /// multiplied with 8-bit weights.
    ///
    /// # Errors
    /// Those of [`Encoder::encode_pixels`].
    pub fn encode_quantised(
        &self,
        pictures: &[Vec<f32>],
        quantisation: Quantisation,
    ) -> Result<Vec<Vec<f32>>> {
        self.guarded(|| {
            let mut pass = Pass::new(&self.weights, self.isa, quantisation);
            pass.memory = MEMORY.take();
            let vectors = self.vision.run(&self.weights, &mut pass, pictures)?;
            MEMORY.set(pass.memory);
            let vectors = vectors.chunks_exact(self.description.dimensions);
            vectors.map(|vector| unit(vector.to_vec())).collect()
        })
    }
}

impl Encoder for Model {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.description.dimensions
    }

    fn check(&self) -> Result<()> {
        self.guarded(|| Ok(()))
    }

    fn encode_text(&self, text: &str) -> Result<Vec<f32>> {
        self.encode_tokens(&self.tokens(text)?)
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let tokens = texts.iter().map(|text| self.tokens(text));
        let tokens = tokens.collect::<Result<Vec<_>>>()?;
        let tokens: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
        self.encode_all_tokens(&tokens)
    }

    /// The normalised planes of red, green and blue, as [`preprocess_scaled()`] makes them.
    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>> {
        self.scaled_pixels(picture, (picture.width, picture.height))
    }

    fn scaled_pixels(&self, picture: &Picture, whole: (u32, u32)) -> Result<Vec<f32>> {
        if picture.width == 0 || picture.height == 0 {
            return Err(Error::new(ErrorKind::Input, "the picture has no pixels"));
        }
        let shape = &self.description.vision;
        // It was checked when the file was opened that the side fits.
        let side = u32::try_from(shape.side).unwrap_or(u32::MAX);
        let (mean, std) = (shape.mean, shape.std);
        Ok(preprocess_scaled(
            picture, whole, side, shape.fit, mean, std,
        ))
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        self.encode_quantised(pictures, Quantisation::Int16)
    }
}

thread_local! {
    /// Kept from pictures to pictures that a thread encodes: the allocator would give its pages back to the system
    /// in between, and to have them cleared again takes a twentieth of the time.
    static MEMORY: Cell<Memory> = Cell::default();
}

/// Scales `vector` to length 1.
fn unit(mut vector: Vec<f32>) -> Result<Vec<f32>> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !length.is_normal() {
        return Err(Error::new(
            ErrorKind::Damaged,
            "the model computes no finite vector, so its weights are damaged; convert the checkpoint \
             again",
        ));
    }
    for x in &mut vector {
        *x /= length;
    }
    Ok(vector)
}

#[cfg(test)]
pub(crate) mod tests;
