//! What a model's similarities are worth: how similar texts that mean nothing are to pictures, in the
//! mean and in their deviation. A threshold is so many deviations above that mean, whatever the model.

use std::path::{Path, PathBuf};

#[cfg(feature = "drawings")]
use clip::Encoder;
#[cfg(feature = "drawings")]
use clip::model::Model;

use crate::config::Threshold;
use crate::error::{Error, Result};

/// Similarities of the null texts to the sample pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Their mean, a cosine.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
}

/// Texts that no picture shows, a line each.
#[cfg(feature = "drawings")]
const NULL_TEXTS: &str = include_str!("calibration/null_texts.txt");
/// So many of the built-in drawings are the sample.
#[cfg(feature = "drawings")]
const SAMPLE: usize = 32;

impl Calibration {
    /// The cosine that stands for `threshold`.
    #[must_use]
    pub fn cosine(self, threshold: Threshold) -> f32 {
        let deviations = match threshold {
            Threshold::Cosine(cosine) => return cosine,
            Threshold::Strict => 5.0,
            Threshold::Normal => 4.0,
            Threshold::Loose => 3.0,
        };
        self.mean + deviations * self.deviation
    }

    /// Encodes the null texts and the sample pictures, some seconds of work.
    ///
    /// # Errors
    /// The model cannot encode them.
    #[cfg(feature = "drawings")]
    pub fn measure(model: &Model) -> Result<Self> {
        let drawings = super::drawings::all();
        let step = (drawings.len() / SAMPLE).max(1);
        let mut pictures = Vec::new();
        for drawing in drawings.iter().step_by(step) {
            let picture = crate::picture::decode(drawing.file)?;
            pictures.push(model.encode_picture(&picture)?);
        }
        let mut cosines = Vec::new();
        for text in NULL_TEXTS.lines() {
            let text = model.encode_text(text)?;
            let dot =
                |picture: &Vec<f32>| picture.iter().zip(&text).map(|(a, b)| a * b).sum::<f32>();
            cosines.extend(pictures.iter().map(dot));
        }
        Ok(Self::of(&cosines))
    }

    /// That of the model in `file`, if it was measured when the model was made.
    ///
    /// # Errors
    /// It is there and damaged.
    pub fn load(file: &Path) -> Result<Option<Self>> {
        let place = place(file);
        let Ok(text) = std::fs::read_to_string(&place) else {
            return Ok(None);
        };
        let numbers: Vec<f32> = text.split_whitespace().flat_map(str::parse).collect();
        match numbers[..] {
            [mean, deviation] if mean.is_finite() && deviation > 0.0 => {
                Ok(Some(Self { mean, deviation }))
            }
            _ => Err(Error::config(format!(
                "{} is damaged: remove it, and make the model anew for another",
                place.display()
            ))),
        }
    }

    /// Keeps it beside the model in `file`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(self, file: &Path) -> Result<()> {
        let place = place(file);
        let failed = |cause| Error::system(format!("cannot write {}", place.display()), cause);
        std::fs::write(&place, format!("{} {}\n", self.mean, self.deviation)).map_err(failed)
    }

    #[cfg(any(test, feature = "drawings"))]
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    fn of(cosines: &[f32]) -> Self {
        let count = cosines.len().max(1) as f32;
        let mean = cosines.iter().sum::<f32>() / count;
        let squares = cosines.iter().map(|cosine| (cosine - mean).powi(2));
        let deviation = (squares.sum::<f32>() / count).sqrt();
        Self { mean, deviation }
    }
}

/// The file beside a model that holds its calibration.
fn place(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(".calibration");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_all_cosines() {
        let calibration = Calibration::of(&[0.1, 0.3]);
        assert!((calibration.mean - 0.2).abs() < 1e-6);
        assert!((calibration.deviation - 0.1).abs() < 1e-6);
        let cosine = |threshold| calibration.cosine(threshold);
        assert!(cosine(Threshold::Loose) < cosine(Threshold::Normal));
        assert!(cosine(Threshold::Normal) < cosine(Threshold::Strict));
        assert!((cosine(Threshold::Cosine(-1.0)) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn it_is_kept_beside_its_model_and_a_damaged_one_is_said() {
        let folder = std::env::temp_dir().join(format!("calibration-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("room");
        let file = folder.join("own.clip");
        assert_eq!(Calibration::load(&file).expect("none"), None);
        let calibration = Calibration {
            mean: 0.17,
            deviation: 0.03,
        };
        calibration.save(&file).expect("room");
        assert_eq!(Calibration::load(&file).expect("whole"), Some(calibration));
        std::fs::write(place(&file), "x").expect("room");
        let error = Calibration::load(&file).expect_err("damaged");
        assert!(
            error.to_string().contains("own.clip.calibration"),
            "{error}"
        );
        std::fs::remove_dir_all(&folder).expect("its own");
    }
}
