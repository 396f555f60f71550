//! JPEG files at 1, 1/2, 1/4 or 1/8 of their size (ITU-T T.81), decoded no further than that needs.
//!
//! A block of 8 × 8 samples is 64 frequencies, and its smaller picture is the inverse transform of the
//! lowest of them: of 4 × 4, 2 × 2 or one. The others are read over, several codes at a time, without
//! being kept. Colours that are stored at half the size are transformed one step larger, so that nothing
//! is enlarged afterwards.
//!
//! A picture in one scan is made in stripes, so that besides the result a row of blocks is in memory.
//! One in several scans takes the samples of each component; a progressive one the frequencies that are
//! needed, and one bit for each other.
//!
//! Not read: 12 bits, lossless, hierarchical and arithmetic JPEGs, and those with two components.
//!
//! [`Whole`] is not made smaller, and decoded by zune-jpeg, which is quicker at that.
//!
//! [`Decoder::new`] allocates nothing that a file can make large; who calls it looks at the size first.

#![forbid(unsafe_code)]

use std::fmt;

use colour::Converter;
use header::Header;

mod baseline;
mod bits;
mod colour;
mod header;
mod huffman;
mod layout;
mod progressive;
mod samples;
#[cfg(test)]
mod tests;
mod transform;
mod whole;

pub use whole::Whole;

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It is no JPEG, or no whole one.
    Damaged(&'static str),
    /// It is of a kind that is not read.
    Unsupported(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => write!(f, "the JPEG is damaged: {what}"),
            Self::Unsupported(what) => write!(f, "a JPEG with {what} is not read"),
        }
    }
}

impl std::error::Error for Error {}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Most that the sides are halved: to one pixel of each block.
pub const MAX_HALVINGS: u32 = 3;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue of each pixel, in rows.
    pub rgb: Vec<u8>,
}

/// A JPEG of which everything before its first scan was read.
pub struct Decoder<'a> {
    header: Header<'a>,
}

impl<'a> Decoder<'a> {
    /// Reads the head of `bytes`; what follows the end of the picture is left alone.
    ///
    /// # Errors
    /// It is damaged, or of a kind that is not read.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let header = Header::read(bytes)?;
        Ok(Self { header })
    }

    /// Width and height of the whole picture, in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.header.width, self.header.height)
    }

    /// The EXIF data before the first scan, as TIFF; none if there is none.
    #[must_use]
    pub fn exif(&self) -> Option<&'a [u8]> {
        self.header.exif
    }

    /// Decodes the picture with sides that are halved so often, at most [`MAX_HALVINGS`] times, and
    /// rounded up. What a file that ends early does not tell becomes grey.
    ///
    /// # Errors
    /// It is damaged, or of a kind that is not read.
    pub fn decode(self, halvings: u32) -> Result<Picture> {
        let halvings = halvings.min(MAX_HALVINGS);
        let layout = layout::Layout::new(&self.header, halvings);
        let converter = Converter::new(&self.header, &layout);
        if self.header.is_progressive {
            progressive::decode(self.header, &layout, converter)
        } else {
            baseline::decode(self.header, &layout, converter)
        }
    }
}
