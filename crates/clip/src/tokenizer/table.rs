//! Tables of a tokenizer as they lie in a model's file: they are searched where they lie, so that nothing
//! is prepared at start, and a damaged one gives wrong tokens and no more.

/// Several parts in one, each after its length; all numbers are little endian.
pub(super) fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        joined.extend_from_slice(&length.to_le_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

/// The parts of what [`join`] made; none if there are not as many.
pub(super) fn split<const N: usize>(mut bytes: &[u8]) -> Option<[&[u8]; N]> {
    let mut parts: [&[u8]; N] = [&[]; N];
    for part in &mut parts {
        let (length, rest) = bytes.split_first_chunk()?;
        (*part, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    }
    bytes.is_empty().then_some(parts)
}

/// The number at `index` of a list.
pub(super) fn number(list: &[u8], index: usize) -> Option<u32> {
    let bytes = list.as_chunks().0.get(index)?;
    Some(u32::from_le_bytes(*bytes))
}

/// Numbers as a list.
pub(super) fn list(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Words, sorted by their bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    /// Where each begins, and where the last ends.
    pub(super) places: &'a [u8],
    pub(super) letters: &'a [u8],
}

impl<'a> Words<'a> {
    /// The parts of a table for words that are sorted already.
    pub(super) fn parts<'b>(words: impl IntoIterator<Item = &'b str>) -> [Vec<u8>; 2] {
        let (mut places, mut letters) = (vec![0], Vec::new());
        for word in words {
            letters.extend_from_slice(word.as_bytes());
            places.push(u32::try_from(letters.len()).unwrap_or(u32::MAX));
        }
        [list(places), letters]
    }

    pub(super) fn len(&self) -> usize {
        (self.places.len() / 4).saturating_sub(1)
    }

    fn word(&self, index: usize) -> &'a [u8] {
        let place = |index| number(self.places, index).map(|place| place as usize);
        let range = place(index).zip(place(index + 1));
        range
            .and_then(|(from, to)| self.letters.get(from..to))
            .unwrap_or_default()
    }

    /// The words that `text` begins with, the shortest first: the index and the length in bytes of each.
    pub(super) fn prefixes(self, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let mut range = 0..self.len();
        let with_length = text.bytes().enumerate().map_while(move |(depth, byte)| {
            // Among the words with the same beginning, those without a further byte come first.
            let at = |index: usize| self.word(index).get(depth).copied();
            let from = partition(range.clone(), |index| at(index) < Some(byte));
            let to = partition(from..range.end, |index| at(index) == Some(byte));
            range = from..to;
            let is_whole = self.word(from).len() == depth + 1;
            (from < to).then_some((is_whole, from, depth + 1))
        });
        with_length.filter_map(|(is_whole, index, length)| is_whole.then_some((index, length)))
    }
}

/// The first index of `range` for which `is_before` does not hold; it holds for those before it alone.
fn partition(range: std::ops::Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (range.start, range.end);
    while from < to {
        let middle = from.midpoint(to);
        if is_before(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_that_a_text_begins_with_are_found() {
        let words = ["a", "ab", "abc", "abd", "b", "日", "日本"];
        let [places, letters] = Words::parts(words);
        let table = Words {
            places: &places,
            letters: &letters,
        };
        let found = |text| -> Vec<&str> {
            let found = table.prefixes(text);
            found
                .map(|(index, length)| {
                    assert_eq!(words[index].len(), length);
                    words[index]
                })
                .collect()
        };
        assert_eq!(found("abcd"), ["a", "ab", "abc"]);
        assert_eq!(found("b"), ["b"]);
        assert_eq!(found("日本語"), ["日", "日本"]);
        assert!(found("c").is_empty() && found("").is_empty());
    }

    #[test]
    fn parts_are_found_again_and_damaged_ones_are_none() {
        let parts = [b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let joined = join(&parts);
        assert_eq!(split::<3>(&joined), Some([&b"one"[..], b"", b"three"]));
        assert_eq!(split::<2>(&joined), None);
        assert_eq!(split::<3>(&joined[..joined.len() - 1]), None);
    }
}
