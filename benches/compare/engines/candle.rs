//! candle's own CLIP, as candle-transformers has it: 32-bit floats, both towers in one.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::clip::{ClipConfig, ClipModel};

use crate::{Engine, Result, SIDE};

/// The model in the checkpoint `folder`.
pub fn open(folder: &Path) -> Result<ClipModel> {
    let files = [folder.join("model.safetensors")];
    // SAFETY: nothing writes into this file once it is there.
    let weights = unsafe { VarBuilder::from_mmaped_safetensors(&files, DType::F32, &Device::Cpu)? };
    Ok(ClipModel::new(weights, &ClipConfig::vit_base_patch32())?)
}

impl Engine for ClipModel {
    fn text(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let tokens = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        Ok(self.get_text_features(&tokens)?.squeeze(0)?.to_vec1()?)
    }

    fn picture(&self, pixels: Vec<f32>) -> Result<Vec<f32>> {
        let pixels = Tensor::from_vec(pixels, (1, 3, SIDE, SIDE), &Device::Cpu)?;
        Ok(self.get_image_features(&pixels)?.squeeze(0)?.to_vec1()?)
    }
}
