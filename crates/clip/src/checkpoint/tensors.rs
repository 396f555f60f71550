//! The tensors of a checkpoint by name, whatever file they lie in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors};

use super::{pickle, unusable};
use crate::error::{Error, Result};

/// A tensor of a checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct Tensor<'a> {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// Its numbers, little endian, row by row.
    pub(super) bytes: Cow<'a, [u8]>,
}

/// All tensors of a checkpoint. Those of other kinds of checkpoints are renamed to what Hugging Face's
/// `CLIPModel` calls them.
#[derive(Debug, Default)]
pub(crate) struct Tensors<'a>(BTreeMap<String, Tensor<'a>>);

impl<'a> Tensors<'a> {
    /// Reads the header of a checkpoint: a safetensors file, or one of `torch.save`.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        if pickle::is_archive(bytes) {
            return pickle::tensors(bytes).map(Self);
        }
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|cause| unusable("it is no sound safetensors file").with_source(cause))?;
        let tensors = tensors.iter().map(|(name, view)| {
            let tensor = Tensor {
                dtype: view.dtype(),
                shape: view.shape().to_vec(),
                bytes: Cow::Borrowed(view.data()),
            };
            (name.to_owned(), tensor)
        });
        Ok(Self(tensors.collect()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Tensor<'a>> {
        self.0.remove(name)
    }

    pub(super) fn insert(&mut self, name: String, tensor: Tensor<'a>) {
        self.0.insert(name, tensor);
    }

    /// Splits queries, keys and values, which `PyTorch`'s own attention has in one tensor.
    pub(super) fn split_qkv(&mut self, old: &str, new: &str) -> Result<()> {
        for part in ["weight", "bias"] {
            let name = format!("{old}.in_proj_{part}");
            let Some(tensor) = self.0.remove(&name) else {
                continue;
            };
            for (third, letter) in tensor.thirds(&name)?.into_iter().zip(["q", "k", "v"]) {
                self.insert(format!("{new}.{letter}_proj.{part}"), third);
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<&Tensor<'a>> {
        self.0.get(name).ok_or_else(|| {
            unusable(format!(
                "tensor {name} is missing: a `CLIPModel` or `SiglipModel` of Hugging Face's transformers, \
                 or a CLIP of open_clip is expected"
            ))
        })
    }

    /// The dimensions of a tensor that has `N`.
    pub(crate) fn shape<const N: usize>(&self, name: &str) -> Result<[usize; N]> {
        let shape = &self.get(name)?.shape;
        shape
            .as_slice()
            .try_into()
            .map_err(|_| unusable(format!("tensor {name} has the shape {shape:?}")))
    }

    /// Rows and columns of a tensor; its dimensions after the first count as one.
    pub(crate) fn flat_shape(&self, name: &str) -> Result<[usize; 2]> {
        match self.get(name)?.shape.as_slice() {
            [rows, rest @ ..] if !rest.is_empty() && *rows > 0 && !rest.contains(&0) => {
                Ok([*rows, rest.iter().product()])
            }
            shape => Err(unusable(format!("tensor {name} has the shape {shape:?}"))),
        }
    }

    /// How many numbers a tensor has.
    pub(crate) fn length(&self, name: &str) -> Result<usize> {
        Ok(self.get(name)?.shape.iter().product())
    }

    /// The rows of a tensor, decoded one by one; its dimensions after the first count as one.
    pub(crate) fn rows(&self, name: &str) -> Result<impl Iterator<Item = Vec<f32>> + '_> {
        let [_, columns] = self.flat_shape(name)?;
        let tensor = self.get(name)?;
        let size = columns * tensor.dtype.bitsize() / 8;
        let rows = move || {
            let rows = tensor.bytes.chunks_exact(size.max(1));
            rows.map(|row| decoded(tensor.dtype, row))
        };
        for row in rows() {
            let row = row.ok_or_else(|| tensor.unusable(name))?;
            finite(name, &row)?;
        }
        Ok(rows().flatten())
    }

    /// The numbers of a tensor, which may be 32-bit, 16-bit or bfloat16 ones.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.get(name)?;
        let floats = tensor.floats(name)?;
        finite(name, &floats)?;
        Ok(floats)
    }
}

fn finite(name: &str, floats: &[f32]) -> Result<()> {
    if floats.iter().all(|x| x.is_finite()) {
        Ok(())
    } else {
        Err(unusable(format!(
            "tensor {name} holds numbers that are not finite"
        )))
    }
}

/// The numbers of 32 or 16 bits in `bytes`; none if they are of another kind.
fn decoded(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let (fours, _) = bytes.as_chunks();
    let (twos, _) = bytes.as_chunks();
    Some(match dtype {
        Dtype::F32 => fours
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        Dtype::F16 => twos
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
            .collect(),
        Dtype::BF16 => twos
            .iter()
            .map(|bytes| bf16::from_le_bytes(*bytes).to_f32())
            .collect(),
        _ => return None,
    })
}

impl Tensor<'_> {
    fn floats(&self, name: &str) -> Result<Vec<f32>> {
        decoded(self.dtype, &self.bytes).ok_or_else(|| self.unusable(name))
    }

    fn unusable(&self, name: &str) -> Error {
        unusable(format!("tensor {name} is of {:?}", self.dtype))
    }

    /// One with these 32-bit floats.
    pub(super) fn of(shape: Vec<usize>, floats: &[f32]) -> Self {
        Self {
            dtype: Dtype::F32,
            shape,
            bytes: Cow::Owned(floats.iter().flat_map(|x| x.to_le_bytes()).collect()),
        }
    }

    /// Its first dimension in three equal parts, as queries, keys and values lie in one tensor.
    pub(super) fn thirds(self, name: &str) -> Result<[Self; 3]> {
        let rows = self.shape.first().copied().unwrap_or_default();
        let size = self.bytes.len() / 3;
        if rows == 0 || !rows.is_multiple_of(3) || size * 3 != self.bytes.len() {
            return Err(unusable(format!(
                "tensor {name} of the shape {:?} is not queries, keys and values",
                self.shape
            )));
        }
        let mut shape = self.shape;
        shape[0] = rows / 3;
        Ok([0, 1, 2].map(|part| Self {
            dtype: self.dtype,
            shape: shape.clone(),
            bytes: match &self.bytes {
                Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[part * size..(part + 1) * size]),
                Cow::Owned(bytes) => Cow::Owned(bytes[part * size..(part + 1) * size].to_vec()),
            },
        }))
    }

    /// A matrix with its rows as columns.
    pub(super) fn transposed(self, name: &str) -> Result<Self> {
        let &[rows, columns] = self.shape.as_slice() else {
            return Err(unusable(format!("tensor {name} is no matrix")));
        };
        let floats = self.floats(name)?;
        let mut turned = Vec::with_capacity(floats.len());
        for column in 0..columns {
            turned.extend((0..rows).map(|row| floats[row * columns + column]));
        }
        Ok(Self::of(vec![columns, rows], &turned))
    }
}
