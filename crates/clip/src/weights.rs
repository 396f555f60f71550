//! The file of a converted model: its description, and its tensors.
//!
//! The file is in the safetensors format. Its metadata hold one JSON text, the [`Description`], under
//! the key `clip-bot`. The tensors are named after what they do: `text.0.qkv` are the queries, keys and
//! values of layer 0 of the text tower. Matrices lie in the panels of [`Matrix`]. All small tensors come
//! first, so that checking them when the file is opened touches few pages; the tables of the tokenizer come
//! last.

use std::ops::{Deref, Range};
use std::path::Path;

use half::f16;
use safetensors::tensor::{Dtype, Metadata, SafeTensors};

use super::description::{Description, Precision, VERSION};
use super::kernel::{LANES, Matrix, Values, panels};
use super::mapped::Mapped;
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;

mod bytes;

/// The key of the description in the metadata of the file.
pub(super) const KEY: &str = "clip-bot";

/// Where a tensor of 32-bit floats lies in the file.
#[derive(Debug, Clone)]
pub struct Vector(Range<usize>);

/// Where an embedding table lies in the file: its rows are looked up one by one.
#[derive(Debug, Clone)]
pub struct Embedding {
    tensor: Tensor,
    count: usize,
}

/// Where a matrix and the bias of its products lie in the file.
#[derive(Debug, Clone)]
pub struct Linear {
    tensor: Tensor,
    bias: Option<Vector>,
    rows: usize,
    columns: usize,
}

impl Linear {
    /// Numbers that a product with it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers that it is multiplied with.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }
}

#[derive(Debug, Clone)]
struct Tensor {
    bytes: Range<usize>,
    precision: Precision,
    scales: Option<Vector>,
}

/// The file in memory. It gives the tensors whose places were found, and checked, when it was opened.
#[derive(Debug)]
pub struct Weights(Bytes);

impl Deref for Weights {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Weights {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if it cannot be mapped.
    pub fn open(path: &Path) -> Result<Self> {
        Mapped::open(path).map(|bytes| Self(Bytes::Mapped(bytes)))
    }

    /// Takes a file that is in memory already.
    #[must_use]
    pub fn from_static(bytes: &'static [u8]) -> Self {
        Self(Bytes::Static(bytes))
    }

    /// See [`Bytes::guarded`].
    pub(super) fn guarded<T>(
        &self,
        start: usize,
        digest: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.0.guarded(start, digest, work)
    }

    /// See [`Bytes::digest`].
    pub(super) fn digest(&self, start: usize) -> Result<String> {
        self.0.digest(start)
    }

    /// The numbers of `vector`.
    #[must_use]
    pub fn vector(&self, vector: &Vector) -> &[f32] {
        // It is checked where vectors are found that they are aligned; bytes do not move.
        Values::f32(&self[vector.0.clone()]).unwrap_or_default()
    }

    /// The matrix of `linear`.
    ///
    /// # Panics
    /// Never: it is checked where `linear` is found that all lengths fit.
    #[must_use]
    pub fn matrix(&self, linear: &Linear) -> Matrix<'_> {
        let (values, scales) = self.tensor(&linear.tensor);
        // `Reader::matrix` gives only those for which this succeeds.
        Matrix::new(values, scales, linear.rows, linear.columns).expect("checked when found")
    }

    /// The bias of `linear`, which is added to products with its matrix.
    #[must_use]
    pub fn bias(&self, linear: &Linear) -> Option<&[f32]> {
        linear.bias.as_ref().map(|bias| self.vector(bias))
    }

    /// Adds row `index` of the embedding table `rows` to `sums`.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read.
    pub fn add_row(&self, rows: &Embedding, index: usize, sums: &mut [f32]) -> Result<()> {
        let Tensor {
            bytes,
            precision,
            scales,
        } = &rows.tensor;
        let length = bytes.len() / rows.count;
        let from = bytes.start + index * length;
        let range = from..from + length;
        // A text needs few of all rows.
        let row = self.0.read(range)?;
        let scale = scales
            .as_ref()
            .map_or(1.0, |scales| self.vector(scales)[index]);
        let mut add = |numbers: &mut dyn Iterator<Item = f32>| {
            for (sum, number) in sums.iter_mut().zip(numbers) {
                *sum += number * scale;
            }
        };
        match precision {
            Precision::F32 => add(&mut row.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x))),
            Precision::F16 => {
                add(&mut row
                    .as_chunks()
                    .0
                    .iter()
                    .map(|x| f16::from_le_bytes(*x).to_f32()));
            }
            Precision::I8 => add(&mut row.iter().map(|x| f32::from(x.cast_signed()))),
        }
        Ok(())
    }

    fn tensor(&self, tensor: &Tensor) -> (Values<'_>, Option<&[f32]>) {
        let scales = tensor.scales.as_ref().map(|scales| self.vector(scales));
        // Checked where it is found, like vectors.
        let values = values(tensor.precision, &self[tensor.bytes.clone()]);
        (values.unwrap_or(Values::F32(&[])), scales)
    }
}

fn values(precision: Precision, bytes: &[u8]) -> Option<Values<'_>> {
    match precision {
        Precision::F32 => Values::f32(bytes).map(Values::F32),
        Precision::F16 => Values::f16(bytes),
        Precision::I8 => Some(Values::i8(bytes)),
    }
}

/// Finds tensors in the file, and checks each.
pub(super) struct Reader<'a> {
    weights: &'a Weights,
    metadata: Metadata,
    /// Where the header ends.
    start: usize,
}

impl<'a> Reader<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] if it is no converted model, or a damaged one.
    pub(super) fn new(weights: &'a Weights) -> Result<(Self, Description)> {
        let (length, metadata) = SafeTensors::read_metadata(weights)
            .map_err(|cause| damaged("its header").with_source(cause))?;
        let description = metadata
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(KEY))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Damaged,
                    "it is no converted model, but perhaps a checkpoint: convert the checkpoint",
                )
            })?;
        let description: Description = serde_json::from_str(description)
            .map_err(|cause| damaged("its description").with_source(cause))?;
        if !(1..=VERSION).contains(&description.version) {
            return Err(damaged(&format!(
                "version {} of its format",
                description.version
            )));
        }
        description.check().map_err(|what| damaged(&what))?;
        // The length of the header is in the eight bytes before it.
        let start = length + 8;
        let reader = Self {
            weights,
            metadata,
            start,
        };
        Ok((reader, description))
    }

    /// Where the tensors begin.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    fn find(&self, name: &str, shape: &[usize]) -> Result<(Range<usize>, Precision)> {
        let info = self
            .metadata
            .info(name)
            .ok_or_else(|| damaged(&format!("tensor {name} is missing")))?;
        let precision = match info.dtype {
            Dtype::F32 => Precision::F32,
            Dtype::F16 => Precision::F16,
            Dtype::I8 => Precision::I8,
            other => return Err(damaged(&format!("tensor {name} is of {other:?}"))),
        };
        if info.shape != shape {
            let found = &info.shape;
            return Err(damaged(&format!(
                "tensor {name} has the shape {found:?} instead of {shape:?}"
            )));
        }
        // The safetensors crate checks that offsets fit the shape, not that these sums fit a number.
        let (from, to) = info.data_offsets;
        let bytes = self.start.saturating_add(from)..self.start.saturating_add(to);
        let is_aligned = |bytes| values(precision, bytes).is_some();
        if !self.weights.get(bytes.clone()).is_some_and(is_aligned) {
            return Err(damaged(&format!("tensor {name} is cut off or not aligned")));
        }
        Ok((bytes, precision))
    }

    /// `length` floats, all finite.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Vector> {
        let (bytes, precision) = self.find(name, &[length])?;
        let vector = Vector(bytes);
        let is_sound = precision == Precision::F32
            && self.weights.vector(&vector).iter().all(|x| x.is_finite());
        if is_sound {
            Ok(vector)
        } else {
            Err(damaged(&format!(
                "tensor {name} holds no finite 32-bit floats"
            )))
        }
    }

    /// Bytes of that shape, which mean nothing here.
    pub(super) fn bytes(&self, name: &str, shape: &[usize]) -> Result<Range<usize>> {
        let info = self.metadata.info(name);
        let info = info.filter(|info| info.dtype == Dtype::U8 && info.shape == shape);
        let (from, to) = info
            .ok_or_else(|| damaged(&format!("{name} is missing, or not {shape:?} bytes")))?
            .data_offsets;
        let bytes = self.start.saturating_add(from)..self.start.saturating_add(to);
        if self.weights.get(bytes.clone()).is_some() {
            Ok(bytes)
        } else {
            Err(damaged(&format!("tensor {name} is cut off")))
        }
    }

    fn tensor(&self, name: &str, shape: &[usize], rows: usize) -> Result<Tensor> {
        let (bytes, precision) = self.find(name, shape)?;
        let scales = match precision {
            Precision::F32 | Precision::F16 => None,
            Precision::I8 => Some(self.vector(&format!("{name}.scale"), rows)?),
        };
        Ok(Tensor {
            bytes,
            precision,
            scales,
        })
    }

    /// An embedding table of `rows` rows of `width` numbers.
    pub(super) fn embedding(&self, name: &str, rows: usize, width: usize) -> Result<Embedding> {
        let tensor = self.tensor(name, &[rows, width], rows)?;
        let count = rows;
        Ok(Embedding { tensor, count })
    }

    /// A matrix of `rows` and `columns`, without a bias.
    pub(super) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Linear> {
        let tensor = self.tensor(name, &[panels(rows), columns, LANES], rows)?;
        let linear = Linear {
            tensor,
            bias: None,
            rows,
            columns,
        };
        let (values, scales) = self.weights.tensor(&linear.tensor);
        match Matrix::new(values, scales, rows, columns) {
            Some(_) => Ok(linear),
            None => Err(damaged(&format!("tensor {name} has another length"))),
        }
    }

    /// A matrix of `rows` and `columns`, with a bias.
    pub(super) fn linear(&self, name: &str, rows: usize, columns: usize) -> Result<Linear> {
        let bias = Some(self.vector(&format!("{name}.bias"), rows)?);
        let linear = self.matrix(name, rows, columns)?;
        Ok(Linear { bias, ..linear })
    }
}

fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Damaged,
        format!(
            "{what}: the file is damaged or of another version of the format; convert the checkpoint again"
        ),
    )
}
