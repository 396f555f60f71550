//! `SentencePiece`'s table of what stands for other letters, such as full-width ones: a trie, and the
//! texts that it leads to. It is applied as Hugging Face's tokenizers does it.

use unicode_segmentation::UnicodeSegmentation;

use super::table::number;

/// Longer clusters of letters are replaced letter by letter.
const LONGEST_CLUSTER: usize = 5;

#[derive(Debug, Clone, Copy)]
pub(super) struct CharsMap<'a> {
    /// A double array, as Darts-clone lays it out.
    trie: &'a [u8],
    /// Each ends with a zero.
    texts: &'a [u8],
}

impl<'a> CharsMap<'a> {
    /// The table in `bytes`; none if it is damaged. Without bytes, one that replaces nothing.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self {
                trie: &[],
                texts: &[],
            });
        }
        let (size, rest) = bytes.split_first_chunk()?;
        let (trie, texts) = rest.split_at_checked(u32::from_le_bytes(*size) as usize)?;
        Some(Self { trie, texts })
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut normal = String::with_capacity(text.len());
        for cluster in text.graphemes(true) {
            let whole = (cluster.len() <= LONGEST_CLUSTER).then(|| self.replacement(cluster));
            if let Some(replacement) = whole.flatten() {
                normal.push_str(replacement);
                continue;
            }
            for (at, letter) in cluster.char_indices() {
                let part = &cluster[at..at + letter.len_utf8()];
                normal.push_str(self.replacement(part).unwrap_or(part));
            }
        }
        normal
    }

    /// What stands for the shortest beginning of `part` that the table has.
    fn replacement(&self, part: &str) -> Option<&'a str> {
        let at = self.shortest(part)?;
        let text = self.texts.get(at..)?;
        let end = text.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&text[..end]).ok()
    }

    fn shortest(&self, part: &str) -> Option<usize> {
        let unit = |at: usize| number(self.trie, at);
        let offset = |unit: u32| ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize;
        let mut node = offset(unit(0)?);
        for byte in part.bytes() {
            if byte == 0 {
                return None;
            }
            node ^= usize::from(byte);
            let here = unit(node)?;
            if here & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            node ^= offset(here);
            if here >> 8 & 1 == 1 {
                return Some((unit(node)? & 0x7fff_ffff) as usize);
            }
        }
        None
    }
}
