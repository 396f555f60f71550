//! What a model file says about itself: its name and licence, and the shape of both towers.

use serde::{Deserialize, Serialize};

use super::kernel::Activation;

/// Version of the format. Version 1 has no tokenizer in the file, and version 2 no towers but CLIP's;
/// both are read, too.
pub(super) const VERSION: u32 = 3;

/// Upper bound for every dimension in a description: ten times those of the largest known models, and
/// small enough that no product of two of them overflows.
const MAX_SIZE: usize = 1 << 16;

/// Upper bound for the positions of a tower, because attention needs memory for their square.
const MAX_POSITIONS: usize = 1 << 12;

/// The description of a model, which is part of its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Version of the format.
    pub version: u32,
    /// The name of the model.
    pub name: String,
    /// SHA-256 of everything after the header, in hexadecimal.
    pub digest: String,
    /// The licence of the weights, where the checkpoint names it.
    pub licence: Option<String>,
    /// How the large tensors are stored.
    pub precision: Precision,
    /// Components of a vector.
    pub dimensions: usize,
    /// Logarithm of the factor of similarities before a softmax over labels (CLIP's `logit_scale`).
    pub logit_scale: f32,
    /// Added to scaled similarities before a sigmoid (`SigLIP`'s `logit_bias`); 0 for other models.
    #[serde(default)]
    pub logit_bias: f32,
    /// The shape of the text tower.
    pub text: TextShape,
    /// The shape of the vision tower.
    pub vision: VisionShape,
}

/// How large tensors are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers, with a scale for each row.
    I8,
}

/// The shape of a tower, which is a transformer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TowerShape {
    /// Width of the rows between layers.
    pub hidden: usize,
    /// Attention heads; each takes its part of the width.
    pub heads: usize,
    /// Width of the rows inside the perceptron.
    pub inner: usize,
    /// How many layers there are.
    pub layers: usize,
    /// The activation function of the perceptron.
    pub activation: Activation,
    /// Added to the variance by layer normalisation.
    pub epsilon: f32,
}

/// The shape of the text tower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextShape {
    /// The shape of the transformer.
    pub tower: TowerShape,
    /// What is made of the rows of the transformer.
    #[serde(default)]
    pub kind: TextKind,
    /// Size of the vocabulary.
    pub vocabulary: usize,
    /// Maximum number of tokens of a text, with start and end.
    pub context: usize,
    /// What turns texts into tokens.
    #[serde(default)]
    pub tokenizer: TokenizerKind,
}

/// A kind of text tower.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// CLIP's: tokens attend to those before them, and the row of the end is the result. The last two
    /// tokens of the vocabulary are the start and the end of a text.
    #[default]
    Clip,
    /// `XLM-RoBERTa`'s (Conneau et al., 2020): tokens attend to all, layers are normalised behind each
    /// part, and the result is the mean of all rows, sent through a perceptron without biases.
    Roberta {
        /// Width of the rows inside that perceptron.
        inner: usize,
    },
    /// `SigLIP`'s (Zhai et al., 2023): texts are padded to the whole context with token 0, tokens attend
    /// to all, and the row of the last is the result.
    Siglip,
}

/// A kind of tokenizer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenizerKind {
    /// CLIP's own, whose vocabulary is part of this crate.
    #[default]
    Clip,
    /// Byte-level byte-pair encoding, with the merges in the model file.
    ByteLevel {
        /// How many merges there are.
        merges: usize,
    },
    /// Byte-pair encoding of letters, as Gemma has it, with its tables in the model file.
    Letters {
        /// Size of the tables in bytes.
        size: usize,
    },
    /// The likeliest pieces of `SentencePiece`, as `XLM-RoBERTa` has it, with its tables in the model file.
    Unigram {
        /// Size of the tables in bytes.
        size: usize,
    },
}

/// The shape of the vision tower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VisionShape {
    /// The shape of the transformer.
    pub tower: TowerShape,
    /// What is made of the rows of the transformer.
    #[serde(default)]
    pub kind: VisionKind,
    /// How a picture becomes a square.
    #[serde(default)]
    pub fit: Fit,
    /// Width and height of a picture, in pixels.
    pub side: usize,
    /// Width and height of a patch, in pixels.
    pub patch: usize,
    /// The means of red, green and blue, between 0 and 1, which are subtracted.
    pub mean: [f32; 3],
    /// The standard deviations by which they are divided then.
    pub std: [f32; 3],
}

/// A kind of vision tower.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisionKind {
    /// CLIP's: a row of its own, before those of the patches, is the result.
    #[default]
    Clip,
    /// `SigLIP`'s: one learnt query attends to the rows of all patches.
    Siglip {
        /// Width of the rows inside the perceptron behind that.
        inner: usize,
    },
}

/// How a picture becomes the square that a model sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Its middle, resized by a bicubic filter.
    #[default]
    Middle,
    /// All of it, squeezed by a bilinear filter.
    Bilinear,
    /// All of it, squeezed by a bicubic filter.
    Bicubic,
}

impl Description {
    pub(super) fn check(&self) -> Result<(), String> {
        let (text, vision) = (&self.text, &self.vision);
        let text_inner = match text.kind {
            TextKind::Roberta { inner } => inner,
            TextKind::Clip | TextKind::Siglip => 1,
        };
        let vision_inner = match vision.kind {
            VisionKind::Siglip { inner } => inner,
            VisionKind::Clip => 1,
        };
        let numbers = [
            ("dimensions", self.dimensions),
            ("side", vision.side),
            ("patch", vision.patch),
            ("context", text.context),
            ("inner width of the text's head", text_inner),
            ("inner width of the picture's head", vision_inner),
        ];
        for (name, number) in numbers {
            if number == 0 || number > MAX_SIZE {
                return Err(format!("{name} is {number}"));
            }
        }
        text.tower.check()?;
        vision.tower.check()?;
        if matches!(vision.kind, VisionKind::Siglip { .. })
            && vision.tower.hidden != self.dimensions
        {
            return Err(format!("dimensions are {}", self.dimensions));
        }
        if !self.logit_bias.is_finite() {
            return Err("logit_bias is no number".to_owned());
        }
        if text.vocabulary <= 2 || text.vocabulary > 1 << 24 {
            return Err(format!("vocabulary is {}", text.vocabulary));
        }
        if text.context < 2 || text.context > MAX_POSITIONS {
            return Err(format!("context is {}", text.context));
        }
        if vision.patch > vision.side || vision.positions() > MAX_POSITIONS {
            return Err(format!(
                "patches of {} in pictures of {}",
                vision.patch, vision.side
            ));
        }
        let is_divisor = |x: &f32| x.is_normal() && *x > 0.0;
        if !vision.mean.iter().all(|x| x.is_finite()) || !vision.std.iter().all(is_divisor) {
            return Err("mean and std of colours are no usable numbers".to_owned());
        }
        Ok(())
    }
}

impl TowerShape {
    fn check(&self) -> Result<(), String> {
        let numbers = [
            ("hidden", self.hidden),
            ("heads", self.heads),
            ("inner", self.inner),
            ("layers", self.layers),
        ];
        for (name, number) in numbers {
            if number == 0 || number > MAX_SIZE {
                return Err(format!("{name} is {number}"));
            }
        }
        if !self.hidden.is_multiple_of(self.heads) {
            return Err(format!("{} heads of {}", self.heads, self.hidden));
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            return Err(format!("epsilon is {}", self.epsilon));
        }
        Ok(())
    }
}

impl VisionShape {
    /// Patches along a side of the picture.
    #[must_use]
    pub fn grid(&self) -> usize {
        self.side / self.patch
    }

    /// Rows of the tower: one for each patch, and in CLIP's one for the whole picture.
    #[must_use]
    pub fn positions(&self) -> usize {
        let whole = match self.kind {
            VisionKind::Clip => 1,
            VisionKind::Siglip { .. } => 0,
        };
        self.grid() * self.grid() + whole
    }

    /// Numbers in a patch: its pixels in three colours.
    #[must_use]
    pub fn patch_numbers(&self) -> usize {
        3 * self.patch * self.patch
    }
}
