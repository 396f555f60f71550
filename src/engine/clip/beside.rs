//! Words beside a picture: "like this, at night", "-people".

use crate::search::Failure;

/// How much words count beside a picture. Pictures differ from each other by more than a text differs
/// from each of them, so that words of the same weight would hardly count.
const WEIGHT: f32 = 2.0;

/// `vector` of a picture, moved towards the `words` beside it and away from those with a hyphen before
/// them; of length 1 again.
///
/// # Errors
/// Those of `encode`, which makes a vector of a text.
pub(super) fn with_words(
    mut vector: Vec<f32>,
    words: &str,
    encode: impl Fn(&str) -> Result<Vec<f32>, Failure>,
) -> Result<Vec<f32>, Failure> {
    let (wanted, unwanted) = parted(words);
    let parts = [(wanted, WEIGHT), (unwanted, -WEIGHT)];
    for (text, weight) in parts.into_iter().filter(|(text, _)| !text.is_empty()) {
        let part = encode(&text)?;
        for (sum, part) in vector.iter_mut().zip(part) {
            *sum += weight * part;
        }
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        for component in &mut vector {
            *component /= length;
        }
    }
    Ok(vector)
}

/// The words that are wanted, and those that are not.
fn parted(words: &str) -> (String, String) {
    let is_unwanted = |word: &&str| word.len() > 1 && word.starts_with(['-', '−', '–']);
    let (unwanted, wanted): (Vec<&str>, Vec<&str>) =
        words.split_whitespace().partition(is_unwanted);
    let bare = |word: &str| word.trim_start_matches(['-', '−', '–']).to_owned();
    let unwanted: Vec<String> = unwanted.into_iter().map(bare).collect();
    (wanted.join(" "), unwanted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pull_and_words_with_a_hyphen_push() {
        let encode = |text: &str| {
            Ok(match text {
                "at night" => vec![0.0, 1.0, 0.0],
                "people" => vec![0.0, 0.0, 1.0],
                other => panic!("{other}"),
            })
        };
        let of = |words| with_words(vec![1.0, 0.0, 0.0], words, encode).expect("encoded");
        assert_eq!(of(""), [1.0, 0.0, 0.0]);
        let night = of("at -people night");
        assert!(night[1] > 0.0 && night[2] < 0.0, "{night:?}");
        let length: f32 = night.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-6);
        assert!(of("-people")[1].abs() < 1e-6);
    }

    #[test]
    fn a_hyphen_within_a_word_or_alone_means_nothing() {
        let parted = |words| {
            let (wanted, unwanted) = parted(words);
            format!("{wanted}|{unwanted}")
        };
        assert_eq!(
            parted("black-and-white - photo"),
            "black-and-white - photo|"
        );
        assert_eq!(parted("sea -red −car"), "sea|red car");
    }
}
