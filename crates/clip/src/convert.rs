//! Converts a checkpoint into the one file that [`super::model::Model`] maps: tensors are quantised,
//! laid out as the kernels read them, and described.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use half::f16;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};

use super::checkpoint::{Checkpoint, CheckpointModel, floats, shape};
use super::description::{Description, Precision, VERSION};
use super::kernel::{LANES, panels};
use super::model::Model;
use super::tokenizer::MERGE;
use super::weights::KEY;
use crate::digest::Hasher;
use crate::error::{Error, ErrorKind, Result};

/// Large tensors begin at a multiple of this many bytes, a cache line.
const ALIGNMENT: usize = 64;

/// A tensor of the file to be written.
struct Entry {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    content: Content,
}

/// How the bytes of a tensor are made. They are made when they are written, so that only one tensor is
/// in memory at a time.
enum Content {
    /// The named tensors of the checkpoint, concatenated and divided by the smoothing factors of the
    /// matrix behind them.
    Vector(Vec<String>, Smoothing),
    /// The quantisation scales of the rows of the named tensors.
    Scales(Vec<String>, Smoothing),
    /// The rows of the named tensors, in panels.
    Panels(Vec<String>, Smoothing),
    /// The rows of the named tensor, one after the other.
    Embedding(String),
    /// The merges of the tokenizer.
    Merges(Vec<[u8; MERGE]>),
}

/// Per-column scales that move magnitude from activations into weights, as `SmoothQuant` does (Xiao et
/// al., 2023): a column of the matrix is multiplied by its factor, and what the normalisation before it
/// puts out is divided by it. Empty for a matrix that is not smoothed.
///
/// In trained models a few channels are much larger than others behind a normalisation, and the
/// weights for them much smaller. One scale for a whole row would leave nearly nothing of those
/// weights. Factors are powers of two, by which floats are multiplied without loss.
type Smoothing = Vec<f32>;

/// Converts the checkpoint at `from`, a folder with a `model.safetensors` or such a file, into the file
/// `to`, and opens it. An older file at `to` is replaced once the new one is complete.
///
/// The second value says, in sentences for the user, what was assumed because the checkpoint does not
/// tell it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if the checkpoint is damaged or none of a `CLIPModel`,
/// [`ErrorKind::System`] if a file cannot be read or written.
pub fn convert(from: &Path, to: &Path, precision: Precision) -> Result<(Model, Vec<String>)> {
    let checkpoint = Checkpoint::open(from)?;
    let doing = format!("cannot convert {}", checkpoint.path().display());
    let source = checkpoint
        .model()
        .map_err(|error| error.with_context(&doing))?;
    let beside = to.with_added_extension("new");
    let written = write(&source, &beside, precision).and_then(|()| {
        checkpoint.unchanged()?;
        // Nothing is replaced by what could not be used.
        Model::open(&beside).map(drop)
    });
    if let Err(error) = written {
        let _ = std::fs::remove_file(&beside);
        return Err(error.with_context(&doing));
    }
    std::fs::rename(&beside, to)
        .map_err(|cause| Error::system(format!("cannot replace {}", to.display()), cause))?;
    Ok((Model::open(to)?, source.notes))
}

fn write(source: &CheckpointModel<'_>, to: &Path, precision: Precision) -> Result<()> {
    let entries = layout(source, precision)?;
    let mut description = Description {
        version: VERSION,
        name: source.name.clone(),
        digest: "0".repeat(64),
        licence: source.licence.clone(),
        precision,
        dimensions: source.dimensions,
        logit_scale: source.logit_scale,
        text: source.text,
        vision: source.vision,
    };
    let failed = |cause| Error::system(format!("cannot write {}", to.display()), cause);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to).map_err(failed)?);
    file.write_all(&header(&entries, &description)?)
        .map_err(failed)?;
    let mut hasher = Hasher::default();
    for entry in &entries {
        let bytes = entry.bytes(&source.tensors)?;
        hasher.update(&bytes);
        file.write_all(&bytes).map_err(failed)?;
    }
    // The digest is as long as the zeros that were its place, so that nothing moves.
    description.digest = hasher.finish();
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    file.write_all(&header(&entries, &description)?)
        .map_err(failed)?;
    let file = file
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}

/// All tensors, the small ones first.
fn layout(source: &CheckpointModel<'_>, precision: Precision) -> Result<Vec<Entry>> {
    let mut plan = Plan {
        tensors: &source.tensors,
        precision,
        small: Vec::new(),
        large: Vec::new(),
    };
    let towers = [
        (
            "text",
            "text_model",
            source.text.tower,
            "final_layer_norm",
            "text_projection",
        ),
        (
            "vision",
            "vision_model",
            source.vision.tower,
            "post_layernorm",
            "visual_projection",
        ),
    ];
    for (name, old, tower, last, projection) in towers {
        if name == "vision" {
            let class = "vision_model.embeddings.class_embedding";
            plan.vector("vision.class", &[class], Smoothing::new())?;
            plan.norm(
                "vision.first",
                "vision_model.pre_layrnorm",
                &Smoothing::new(),
            )?;
            let patches = "vision_model.embeddings.patch_embedding";
            plan.matrix("vision.patches", &[patches], Smoothing::new())?;
        }
        let positions = format!("{old}.embeddings.position_embedding.weight");
        plan.vector(
            &format!("{name}.positions"),
            &[&positions],
            Smoothing::new(),
        )?;
        for index in 0..tower.layers {
            let old = format!("{old}.encoder.layers.{index}");
            plan.layer(&format!("{name}.{index}"), &old)?;
        }
        let smoothing = plan.smoothing(&[projection])?;
        plan.norm(
            &format!("{name}.last"),
            &format!("{old}.{last}"),
            &smoothing,
        )?;
        plan.matrix(&format!("{name}.projection"), &[projection], smoothing)?;
    }
    plan.embedding("text.tokens", "text_model.embeddings.token_embedding")?;
    if let Some(merges) = &source.merges {
        // Last of the small ones: floats behind it would not be aligned.
        plan.small.push(Entry {
            name: "text.merges".to_owned(),
            dtype: Dtype::U8,
            shape: vec![merges.len(), MERGE],
            content: Content::Merges(merges.clone()),
        });
    }
    plan.small.append(&mut plan.large);
    Ok(plan.small)
}

struct Plan<'a> {
    tensors: &'a SafeTensors<'a>,
    precision: Precision,
    small: Vec<Entry>,
    large: Vec<Entry>,
}

impl Plan<'_> {
    /// A layer of a transformer, whose tensors begin with `old` in the checkpoint.
    fn layer(&mut self, name: &str, old: &str) -> Result<()> {
        let part = |part: &str| format!("{old}.{part}");
        let qkv = ["q", "k", "v"].map(|which| part(&format!("self_attn.{which}_proj")));
        let qkv = qkv.each_ref().map(String::as_str);
        let smoothing = self.smoothing(&qkv)?;
        self.norm(&format!("{name}.norm1"), &part("layer_norm1"), &smoothing)?;
        self.linear(&format!("{name}.qkv"), &qkv, smoothing)?;
        let out = part("self_attn.out_proj");
        self.linear(&format!("{name}.out"), &[&out], Smoothing::new())?;
        let up = part("mlp.fc1");
        let smoothing = self.smoothing(&[&up])?;
        self.norm(&format!("{name}.norm2"), &part("layer_norm2"), &smoothing)?;
        self.linear(&format!("{name}.up"), &[&up], smoothing)?;
        self.linear(
            &format!("{name}.down"),
            &[&part("mlp.fc2")],
            Smoothing::new(),
        )
    }

    /// Factors for the matrix that the tensors `parts` make, by which all its columns become about
    /// equally large.
    fn smoothing(&self, parts: &[&str]) -> Result<Smoothing> {
        if self.precision != Precision::I8 {
            return Ok(Smoothing::new());
        }
        let parts: Vec<String> = parts.iter().map(|part| format!("{part}.weight")).collect();
        let mut squares: Vec<f32> = Vec::new();
        for row in concatenated(self.tensors, &parts, &Smoothing::new())? {
            squares.resize(row.len(), 0.0);
            for (square, x) in squares.iter_mut().zip(&row) {
                *square += x * x;
            }
        }
        let mut sorted = squares.clone();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let factor = |square: &f32| {
            let factor = (usual / square).sqrt().log2().round().exp2();
            // Not for columns of zeros, nor for outliers beyond any usual range.
            if (0.001..=1000.0).contains(&factor) {
                factor
            } else {
                1.0
            }
        };
        Ok(squares.iter().map(factor).collect())
    }

    fn vector(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let mut length = 0;
        for part in &parts {
            length += floats(self.tensors, part)?.len();
        }
        self.small.push(Entry {
            name: name.to_owned(),
            dtype: Dtype::F32,
            shape: vec![length],
            content: Content::Vector(parts, smoothing),
        });
        Ok(())
    }

    fn norm(&mut self, name: &str, old: &str, smoothing: &Smoothing) -> Result<()> {
        for (part, old_part) in [("gain", "weight"), ("bias", "bias")] {
            let old = format!("{old}.{old_part}");
            self.vector(&format!("{name}.{part}"), &[&old], smoothing.clone())?;
        }
        Ok(())
    }

    fn linear(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let biases: Vec<String> = parts.iter().map(|part| format!("{part}.bias")).collect();
        let biases: Vec<&str> = biases.iter().map(String::as_str).collect();
        self.vector(&format!("{name}.bias"), &biases, Smoothing::new())?;
        self.matrix(name, parts, smoothing)
    }

    fn matrix(&mut self, name: &str, parts: &[&str], smoothing: Smoothing) -> Result<()> {
        let parts: Vec<String> = parts.iter().map(|part| format!("{part}.weight")).collect();
        let (mut rows, mut columns) = (0, 0);
        for part in &parts {
            let [height, width] = flat_shape(self.tensors, part)?;
            rows += height;
            columns = width;
        }
        self.scales(name, rows, &parts, &smoothing);
        let shape = vec![panels(rows), columns, LANES];
        self.large(name, shape, Content::Panels(parts, smoothing));
        Ok(())
    }

    fn embedding(&mut self, name: &str, old: &str) -> Result<()> {
        let old = format!("{old}.weight");
        let shape = shape(self.tensors, &old)?;
        self.scales(
            name,
            shape[0],
            std::slice::from_ref(&old),
            &Smoothing::new(),
        );
        self.large(name, shape.to_vec(), Content::Embedding(old));
        Ok(())
    }

    fn scales(&mut self, name: &str, rows: usize, parts: &[String], smoothing: &Smoothing) {
        if self.precision == Precision::I8 {
            self.small.push(Entry {
                name: format!("{name}.scale"),
                dtype: Dtype::F32,
                shape: vec![rows],
                content: Content::Scales(parts.to_vec(), smoothing.clone()),
            });
        }
    }

    fn large(&mut self, name: &str, shape: Vec<usize>, content: Content) {
        let dtype = match self.precision {
            Precision::F32 => Dtype::F32,
            Precision::F16 => Dtype::F16,
            Precision::I8 => Dtype::I8,
        };
        self.large.push(Entry {
            name: name.to_owned(),
            dtype,
            shape,
            content,
        });
    }
}

impl Entry {
    /// Whether it stands before the large tensors, which are aligned.
    fn is_small(&self) -> bool {
        matches!(
            self.content,
            Content::Vector(..) | Content::Scales(..) | Content::Merges(..)
        )
    }

    fn length(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8
    }

    fn bytes(&self, tensors: &SafeTensors<'_>) -> Result<Vec<u8>> {
        let bytes = match &self.content {
            Content::Vector(parts, smoothing) => {
                let mut numbers = Vec::new();
                for part in parts {
                    numbers.extend(floats(tensors, part)?);
                }
                numbers
                    .iter_mut()
                    .zip(smoothing)
                    .for_each(|(x, factor)| *x /= factor);
                numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
            }
            Content::Scales(parts, smoothing) => {
                let rows = concatenated(tensors, parts, smoothing)?;
                rows.flat_map(|row| scale(&row).to_le_bytes()).collect()
            }
            Content::Embedding(part) => {
                let rows = concatenated(tensors, std::slice::from_ref(part), &Smoothing::new())?;
                rows.flat_map(|row| self.encoded(&row)).collect()
            }
            Content::Merges(merges) => merges.as_flattened().to_vec(),
            Content::Panels(parts, smoothing) => {
                let size = self.dtype.bitsize() / 8;
                let columns = self.shape[1];
                let mut bytes = vec![0; self.length()];
                for (index, row) in concatenated(tensors, parts, smoothing)?.enumerate() {
                    let first = index / LANES * columns * LANES + index % LANES;
                    for (column, number) in self.encoded(&row).chunks_exact(size).enumerate() {
                        let at = (first + column * LANES) * size;
                        bytes[at..at + size].copy_from_slice(number);
                    }
                }
                bytes
            }
        };
        if bytes.len() == self.length() {
            Ok(bytes)
        } else {
            let name = &self.name;
            let message = format!("the tensors that make {name} do not fit each other");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
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
fn concatenated(
    tensors: &SafeTensors<'_>,
    parts: &[String],
    smoothing: &Smoothing,
) -> Result<impl Iterator<Item = Vec<f32>> + use<>> {
    let mut rows = Vec::new();
    for part in parts {
        let [_, width] = flat_shape(tensors, part)?;
        let mut numbers = floats(tensors, part)?;
        for row in numbers.chunks_exact_mut(width) {
            row.iter_mut()
                .zip(smoothing)
                .for_each(|(x, factor)| *x *= factor);
        }
        rows.push((numbers, width));
    }
    Ok(rows.into_iter().flat_map(|(numbers, width)| {
        let rows: Vec<Vec<f32>> = numbers.chunks_exact(width).map(<[f32]>::to_vec).collect();
        rows
    }))
}

/// Rows and columns of a tensor; its dimensions after the first count as one.
fn flat_shape(tensors: &SafeTensors<'_>, name: &str) -> Result<[usize; 2]> {
    let unusable = |what: String| Error::new(ErrorKind::Unsupported, what);
    let tensor = tensors
        .tensor(name)
        .map_err(|cause| unusable(format!("tensor {name} is missing")).with_source(cause))?;
    match tensor.shape() {
        [rows, rest @ ..] if !rest.is_empty() && *rows > 0 && !rest.contains(&0) => {
            Ok([*rows, rest.iter().product()])
        }
        shape => Err(unusable(format!("tensor {name} has the shape {shape:?}"))),
    }
}

/// The start of the file: the length of the header, then the header, padded so that large tensors are
/// aligned.
fn header(entries: &[Entry], description: &Description) -> Result<Vec<u8>> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Unsupported, "the header cannot be written").with_source(cause)
    };
    let mut offset = 0;
    let mut large = 0;
    let mut infos = Vec::new();
    for entry in entries {
        let end = offset + entry.length();
        let is_small = entry.is_small();
        if is_small {
            large = end;
        }
        infos.push((
            entry.name.clone(),
            TensorInfo {
                dtype: entry.dtype,
                shape: entry.shape.clone(),
                data_offsets: (offset, end),
            },
        ));
        offset = end;
    }
    let description = serde_json::to_string(description).map_err(|cause| failed(cause.into()))?;
    let metadata = HashMap::from([(KEY.to_owned(), description)]);
    let metadata = Metadata::new(Some(metadata), infos).map_err(|cause| failed(cause.into()))?;
    let mut json = serde_json::to_vec(&metadata).map_err(|cause| failed(cause.into()))?;
    let length = (8 + json.len() + large).next_multiple_of(ALIGNMENT) - large - 8;
    json.resize(length, b' ');
    let mut header = (length as u64).to_le_bytes().to_vec();
    header.append(&mut json);
    Ok(header)
}
