//! CLIP on the processor (Radford et al., 2021): a text or a picture becomes a vector of length 1, and
//! the better a text describes a picture, the larger is the dot product of their vectors.
//!
//! The crate reads checkpoints of Hugging Face's `CLIPModel`, converts each into one file that is mapped
//! into memory instead of loaded, and runs both towers in the fastest instructions of the processor:
//! AVX-512, AVX2 or NEON. It opens no network connection, reads no settings and keeps no index.
//!
//! # A tour
//!
//! A checkpoint is converted once. The precision of the weights is a choice: with
//! [`I8`](description::Precision::I8) the file has a quarter of the size, the model is fastest, and its
//! vectors are nearly the same.
//!
//! ```no_run
//! use clip::convert::convert;
//! use clip::description::Precision;
//!
//! # fn main() -> Result<(), clip::Error> {
//! let (model, notes) = convert("checkpoint".as_ref(), "model.clip".as_ref(), Precision::I8)?;
//! for assumption in notes {
//!     println!("{assumption}");
//! }
//! # let _ = model;
//! # Ok(())
//! # }
//! ```
//!
//! From then on the file is opened, which takes milliseconds, and encodes texts and pictures. A
//! [`Picture`] is decoded already: this crate does not read JPEG.
//!
//! ```no_run
//! use clip::model::Model;
//! use clip::{Encoder, Picture};
//!
//! # fn main() -> Result<(), clip::Error> {
//! let model = Model::open("model.clip".as_ref())?;
//! let text = model.encode_text("a red square")?;
//! let red = Picture { width: 8, height: 8, rgb: [255, 0, 0].repeat(64) };
//! let picture = model.encode_picture(&red)?;
//! let cosine: f32 = text.iter().zip(&picture).map(|(x, y)| x * y).sum();
//! println!("{cosine:.3}"); // around 0.3 if the text describes the picture
//! # Ok(())
//! # }
//! ```
//!
//! Many vectors are searched faster in 8 bits. Each row of bytes holds a vector times one scale,
//! padded with zeros to a multiple of [`STRIDE`](kernel::scan::STRIDE):
//!
//! ```
//! use clip::kernel::Isa;
//! use clip::kernel::scan::{STRIDE, ScanQuery, quantise};
//!
//! let vectors = [[0.6, 0.8], [1.0, 0.0]];
//! let scale = 127.0; // the largest component becomes 127
//! let mut rows = Vec::new();
//! for vector in vectors {
//!     let mut row = [0; STRIDE];
//!     for (byte, component) in row.iter_mut().zip(vector) {
//!         *byte = quantise(component * scale).cast_unsigned();
//!     }
//!     rows.extend(row);
//! }
//!
//! let query = ScanQuery::new(&[0.0, 1.0], STRIDE);
//! let mut products = [0; 2];
//! Isa::detect().scan_i8(&rows, &query, &mut products);
//! let cosines = products.map(|product| product as f32 * query.unit(scale));
//! assert!((cosines[0] - 0.8).abs() < 0.01);
//! assert_eq!(cosines[1], 0.0);
//! ```
//!
//! # Where things are
//!
//! - [`convert`] reads a `checkpoint` and writes the file of a [`model`]; [`weights`] describes its
//!   format, and [`mapped`] maps it.
//! - [`tokenizer`] turns a text into tokens, and [`preprocess`](mod@preprocess) a [`Picture`] into
//!   normalised pixels.
//! - `text` and `vision` are the two towers, both made of the layers in `transformer`.
//! - [`kernel`] does the arithmetic: [`kernel::Isa`] is the one choice of instructions, and
//!   [`kernel::scan`] prepares vectors for search.
//! - [`fast`] encodes pictures with activations of 8 bits, and checks some of the vectors against the
//!   exact ones.
//! - An [`Error`] says by its [`ErrorKind`] what the caller can do about it.
//!
//! `unsafe` is denied, but where a comment proves it: in [`kernel`] for instructions that the processor
//! was found to have, and in [`mapped`] for the mapping.

mod checkpoint;
pub mod convert;
pub mod description;
mod digest;
mod error;
pub mod fast;
pub mod kernel;
pub mod mapped;
pub mod model;
mod picture;
pub mod preprocess;
mod resize;
mod text;
pub mod tokenizer;
mod transformer;
mod vision;
pub mod weights;

pub use error::{Error, ErrorKind, Result};
pub use picture::Picture;

/// Pixels of the shorter side of a picture that is encoded: nearly twice as many as the largest models look
/// at. Of 23 photos the vectors then have a cosine of 0.9998 or more to those of whole ones.
pub const ENOUGH: u32 = 2 * 336;

/// Turns texts and pictures into vectors that can be compared.
///
/// All vectors have [`Encoder::dimensions`] components and length 1, so that their dot product is
/// their cosine similarity.
pub trait Encoder: Send + Sync {
    /// Identifies the weights: encoders with the same file have the same name, and vectors of encoders
    /// with different names cannot be compared.
    fn name(&self) -> &str;

    /// Components of a vector.
    fn dimensions(&self) -> usize;

    /// Whether a text would be encoded now.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] if another program changed the file of the weights.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The vector of `text`. Tokens beyond the model's context are cut off.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] if the weights are damaged.
    fn encode_text(&self, text: &str) -> Result<Vec<f32>>;

    /// The vectors of texts. Several in one call take less time than one after the other, because the
    /// weights are read once.
    ///
    /// # Errors
    /// Those of [`Encoder::encode_text`], of any of them.
    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        texts.iter().map(|text| self.encode_text(text)).collect()
    }

    /// Pixels of the shorter side with which a larger picture may come to [`Encoder::scaled_pixels`].
    fn enough(&self) -> u32 {
        ENOUGH
    }

    /// What the encoder sees of `picture`: its middle, resized and normalised.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the picture has no pixels.
    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>>;

    /// As [`Encoder::pixels`] of a picture of the size `whole`, width and height, which was decoded to a
    /// half, a quarter or less.
    ///
    /// # Errors
    /// As [`Encoder::pixels`].
    fn scaled_pixels(&self, picture: &Picture, whole: (u32, u32)) -> Result<Vec<f32>> {
        let _ = whole;
        self.pixels(picture)
    }

    /// The vectors of pictures, each given as its [`Encoder::pixels`]. Several pictures in one call take
    /// less time than one after the other, because the weights are read once.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] if the weights are damaged, [`ErrorKind::Input`] if a picture has another
    /// number of pixels than the model takes.
    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>>;

    /// The vector of a picture as [`Encoder::scaled_pixels`] takes it.
    ///
    /// # Errors
    /// Those of [`Encoder::pixels`] and [`Encoder::encode_pixels`].
    fn encode_scaled(&self, picture: &Picture, whole: (u32, u32)) -> Result<Vec<f32>> {
        let pixels = self.scaled_pixels(picture, whole)?;
        Ok(self.encode_pixels(&[pixels])?.concat())
    }

    /// The vector of `picture`.
    ///
    /// # Errors
    /// Those of [`Encoder::pixels`] and [`Encoder::encode_pixels`].
    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>> {
        let pixels = self.pixels(picture)?;
        Ok(self.encode_pixels(&[pixels])?.concat())
    }
}
