//! rten, with a file of ONNX for each tower: loaded once it is needed, its weights packed beforehand.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use rten::{Model, ModelOptions, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use crate::{Engine, Result, SIDE};

pub struct Towers {
    text: Tower,
    picture: Tower,
}

/// Those of `folder` whose names end in `form`.
pub fn open(folder: &Path, form: &str) -> Towers {
    let tower = |name: &str| Tower {
        file: folder.join(format!("{name}{form}.onnx")),
        model: OnceCell::new(),
    };
    Towers {
        text: tower("text"),
        picture: tower("picture"),
    }
}

impl Engine for Towers {
    fn text(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let tokens = tokens
            .iter()
            .map(|token| i32::try_from(*token))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let tokens = NdTensor::from_data([1, tokens.len()], tokens);
        self.text.run(tokens.view().into())
    }

    fn picture(&self, pixels: Vec<f32>) -> Result<Vec<f32>> {
        let pixels = NdTensor::from_data([1, 3, SIDE, SIDE], pixels);
        self.picture.run(pixels.view().into())
    }
}

struct Tower {
    file: PathBuf,
    model: OnceCell<Model>,
}

impl Tower {
    fn run(&self, input: ValueOrView) -> Result<Vec<f32>> {
        let vector: NdTensor<f32, 2> = self.model()?.run_one(input, None)?.try_into()?;
        Ok(vector.to_vec())
    }

    fn model(&self) -> Result<&Model> {
        if let Some(model) = self.model.get() {
            return Ok(model);
        }
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        // SAFETY: nothing writes into this file once it is there.
        let model = unsafe { options.load_mmap(&self.file)? };
        Ok(self.model.get_or_init(|| model))
    }
}
