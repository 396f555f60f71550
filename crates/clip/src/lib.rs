//! CLIP on the processor: a text or a picture becomes a unit vector, and what belongs together has
//! vectors with a large dot product (Radford et al., 2021).
//!
//! This crate knows no network, no settings and no index. It reads checkpoints in the format of
//! Hugging Face's `CLIPModel`, makes one file of each that is mapped instead of loaded, and runs
//! both towers in the widest instructions of the processor.
//!
//! ```no_run
//! use clip::convert::convert;
//! use clip::model::Model;
//! use clip::weights::Precision;
//! use clip::{Encoder, Picture};
//!
//! # fn main() -> Result<(), clip::Error> {
//! convert("checkpoint".as_ref(), "model.clip".as_ref(), Precision::I8)?;
//! let model = Model::open("model.clip".as_ref())?;
//! let text = model.encode_text("a red square")?;
//! let red = Picture { width: 8, height: 8, rgb: [255, 0, 0].repeat(64) };
//! let picture = model.encode_picture(&red)?;
//! let similarity: f32 = text.iter().zip(&picture).map(|(x, y)| x * y).sum();
//! assert!((-1.0..=1.0).contains(&similarity));
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! - [`convert`] reads a `checkpoint` and writes the file of a [`model`], whose layout [`weights`]
//!   tells; [`mapped`] maps it.
//! - [`tokenizer`] turns a text into tokens, [`preprocess`](mod@preprocess) a [`Picture`] into pixels.
//! - `text` and `vision` are the towers, made of the layers in `transformer`.
//! - [`kernel`] does the arithmetic: [`kernel::Isa`] is the one choice of instructions, and
//!   [`kernel::scan`] compares a query's vector with many stored ones.
//! - [`fast`] encodes pictures with 8-bit values and checks some of them against the exact ones.

mod checkpoint;
pub mod convert;
mod digest;
mod error;
pub mod fast;
pub mod kernel;
pub mod mapped;
pub mod model;
mod picture;
pub mod preprocess;
mod text;
pub mod tokenizer;
mod transformer;
mod vision;
pub mod weights;

pub use error::{Error, ErrorKind, Result};
pub use picture::Picture;

/// What turns texts and pictures into vectors that can be compared.
///
/// All vectors have [`Encoder::dimensions`] components and length 1, so that their dot product is
/// the cosine similarity.
pub trait Encoder: Send + Sync {
    /// Names the weights, the same for the same file: vectors of encoders with different names
    /// cannot be compared.
    fn name(&self) -> &str;

    /// Components of a vector.
    fn dimensions(&self) -> usize;

    /// The vector of `text`, of which tokens beyond the model's context are cut.
    ///
    /// # Errors
    /// Damaged weights.
    fn encode_text(&self, text: &str) -> Result<Vec<f32>>;

    /// What the encoder sees of `picture`.
    ///
    /// # Errors
    /// A picture without pixels.
    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>>;

    /// The vectors of pictures, each given as its [`Encoder::pixels`]. Several at a time take less
    /// than one after the other, because the weights are read once.
    ///
    /// # Errors
    /// Damaged weights.
    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>>;

    /// The vector of `picture`.
    ///
    /// # Errors
    /// Those of the two above.
    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>> {
        let pixels = self.pixels(picture)?;
        Ok(self.encode_pixels(&[pixels])?.concat())
    }
}
