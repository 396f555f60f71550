//! The tensors of the file to be written, and how their bytes are made.

use half::f16;
use safetensors::tensor::Dtype;

use crate::checkpoint::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::LANES;

/// A tensor of the file to be written.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) content: Content,
}

/// How the bytes of a tensor are made. They are made when they are written, so that only one tensor is
/// in memory at a time.
pub(super) enum Content {
    /// The named tensors of the checkpoint, concatenated and divided by the smoothing factors of the
    /// matrix behind them.
    Vector(Vec<String>, Smoothing),
    /// The quantisation scales of the rows of the named tensors.
    Scales(Vec<String>, Smoothing),
    /// The rows of the named tensors, in panels.
    Panels(Vec<String>, Smoothing),
    /// The rows of the named tensor, one after the other.
    Embedding(String),
    /// The tables of the tokenizer.
    Tables(Vec<u8>),
}

/// Per-column scales that move magnitude from activations into weights, as `SmoothQuant` does (Xiao et
/// al., 2023): a column of the matrix is multiplied by its factor, and what the normalisation before it
/// puts out is divided by it. Empty for a matrix that is not smoothed.
///
/// In trained models a few channels are much larger than others behind a normalisation, and the
/// weights for them much smaller. One scale for a whole row would leave nearly nothing of those
/// weights. Factors are powers of two, by which floats are multiplied without loss.
pub(super) type Smoothing = Vec<f32>;

impl Entry {
    /// Whether it stands before the large tensors, which are aligned.
    pub(super) fn is_small(&self) -> bool {
        matches!(self.content, Content::Vector(..) | Content::Scales(..))
    }

    pub(super) fn length(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8
    }

    /// Gives the bytes to `write`, one part after the other. Of large tables of tokens only a row is in
    /// memory at a time.
    pub(super) fn write(
        &self,
        tensors: &Tensors<'_>,
        write: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut length = 0;
        let mut write = |bytes: &[u8]| {
            length += bytes.len();
            write(bytes)
        };
        match &self.content {
            Content::Vector(parts, smoothing) => {
                let mut numbers = Vec::new();
                for part in parts {
                    numbers.extend(tensors.floats(part)?);
                }
                numbers.truncate(self.shape.iter().product());
                numbers
                    .iter_mut()
                    .zip(smoothing)
                    .for_each(|(x, factor)| *x /= factor);
                let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                write(&bytes)?;
            }
            Content::Scales(parts, smoothing) => {
                for row in concatenated(tensors, parts, smoothing)? {
                    write(&scale(&row).to_le_bytes())?;
                }
            }
            Content::Embedding(part) => {
                let parts = std::slice::from_ref(part);
                for row in concatenated(tensors, parts, &Smoothing::new())? {
                    write(&self.encoded(&row))?;
                }
            }
            Content::Tables(tables) => write(tables)?,
            Content::Panels(parts, smoothing) => {
                let size = self.dtype.bitsize() / 8;
                let columns = self.shape[1];
                let mut bytes = vec![0; self.length()];
                for (index, row) in concatenated(tensors, parts, smoothing)?.enumerate() {
                    let first = index / LANES * columns * LANES + index % LANES;
                    for (column, number) in self.encoded(&row).chunks_exact(size).enumerate() {
                        let at = (first + column * LANES) * size;
                        let place = bytes.get_mut(at..at + size);
                        place.ok_or_else(|| self.unfit())?.copy_from_slice(number);
                    }
                }
                write(&bytes)?;
            }
        }
        if length == self.length() {
            Ok(())
        } else {
            Err(self.unfit())
        }
    }

    fn unfit(&self) -> Error {
        let name = &self.name;
        let message = format!("the tensors that make {name} do not fit each other");
        Error::new(ErrorKind::Unsupported, message)
    }

    /// The bytes of a row as the file has them.
    fn encoded(&self, row: &[f32]) -> Vec<u8> {
        match self.dtype {
            Dtype::I8 => {
                let scale = scale(row);
                #[expect(clippy::cast_possible_truncation, reason = "up to 127, by the scale")]
                let number = |x: &f32| ((x / scale).round() as i8).to_le_bytes()[0];
                row.iter().map(number).collect()
            }
            Dtype::F16 => {
                let max = f16::MAX.to_f32();
                let number = |x: &f32| f16::from_f32(x.clamp(-max, max)).to_le_bytes();
                row.iter().flat_map(number).collect()
            }
            _ => row.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }
}

/// The scale of a row that is quantised to 8 bits: a weight is its integer times the scale.
fn scale(row: &[f32]) -> f32 {
    let max = row.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    // For a row of zeros any scale will do, but 0.
    max.max(f32::MIN_POSITIVE * 128.0) / 127.0
}

/// The rows of the tensors `parts`, one tensor after the other, each column times its smoothing factor.
pub(super) fn concatenated<'a>(
    tensors: &'a Tensors<'_>,
    parts: &'a [String],
    smoothing: &'a Smoothing,
) -> Result<impl Iterator<Item = Vec<f32>> + 'a> {
    let rows: Vec<_> = parts
        .iter()
        .map(|part| tensors.rows(part))
        .collect::<Result<_>>()?;
    Ok(rows.into_iter().flatten().map(move |mut row| {
        row.iter_mut()
            .zip(smoothing)
            .for_each(|(x, factor)| *x *= factor);
        row
    }))
}
