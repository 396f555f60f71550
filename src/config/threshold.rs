//! How similar a picture must be to be shown, in words or as a number.

use std::str::FromStr;

/// The least similarity of a picture that a text query finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// A cosine from -1 to 1, which means something for one model only.
    Cosine(f32),
    /// Rather nothing than something that only looks a little like it.
    Strict,
    /// Nonsense mostly finds nothing, and what there is, is mostly found.
    Normal,
    /// Only what is hardly more similar than any other picture is hidden.
    Loose,
}

impl FromStr for Threshold {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "strict" => Ok(Self::Strict),
            "normal" => Ok(Self::Normal),
            "loose" => Ok(Self::Loose),
            _ => {
                let cosine = text.parse().map_err(drop)?;
                let is_one = (-1.0..=1.0).contains(&cosine);
                is_one.then_some(Self::Cosine(cosine)).ok_or(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_word_or_a_cosine() {
        for (text, threshold) in [
            ("strict", Ok(Threshold::Strict)),
            ("normal", Ok(Threshold::Normal)),
            ("loose", Ok(Threshold::Loose)),
            ("0.2", Ok(Threshold::Cosine(0.2))),
            ("2", Err(())),
            ("Loose", Err(())),
        ] {
            assert_eq!(text.parse(), threshold, "{text}");
        }
    }
}
