//! Converts a checkpoint into the one file that [`super::model::Model`] maps: tensors are quantised,
//! laid out as the kernels read them, and described.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};

use super::checkpoint::{Checkpoint, CheckpointModel};
use super::description::{Description, Precision, VERSION};
use super::model::Model;
use super::weights::KEY;
use crate::digest::Hasher;
use crate::error::{Error, ErrorKind, Result};
use entry::Entry;
use layout::layout;

mod entry;
mod layout;

/// Large tensors begin at a multiple of this many bytes, a cache line.
const ALIGNMENT: usize = 64;

/// Converts the checkpoint at `from`, a folder with a file of weights or such a file, into the file
/// `to`, and opens it. An older file at `to` is replaced once the new one is complete.
///
/// The second value says, in sentences for the user, what was assumed because the checkpoint does not
/// tell it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if the checkpoint is damaged or of a kind that is not known,
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
        logit_bias: source.logit_bias,
        text: source.text,
        vision: source.vision,
    };
    let failed = |cause| Error::system(format!("cannot write {}", to.display()), cause);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to).map_err(failed)?);
    file.write_all(&header(&entries, &description)?)
        .map_err(failed)?;
    let mut hasher = Hasher::default();
    for entry in &entries {
        entry.write(&source.tensors, &mut |bytes| {
            hasher.update(bytes);
            file.write_all(bytes).map_err(failed)
        })?;
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
