//! Huffman codes by tables (T.81, annex C and F.2.2.3).

use crate::bits::{Bits, extend};
use crate::{Error, Result};

/// Bits that are looked up at once.
pub const LOOKED_UP: u32 = 10;
const ENTRIES: usize = 1 << LOOKED_UP;

/// A code, or a code with the value behind it.
#[derive(Clone, Copy, Default)]
pub struct Entry {
    /// The value, where `has_value`.
    pub value: i16,
    /// How many zeros come before it, and how many bits it has.
    pub symbol: u8,
    /// Bits of the code, and of the value where it is there; 0 for a code that is longer.
    pub bits: u8,
    pub has_value: bool,
}

/// What is read over at once.
#[derive(Clone, Copy, Default)]
pub struct Skip {
    /// Bits of the first code and its value; 0 for a code that is longer.
    pub bits: u8,
    /// Frequencies that it stands for; 64 for all others.
    pub frequencies: u8,
    /// The same of as many codes as are looked up at once, but for an end of the block.
    pub all_bits: u8,
    pub all_frequencies: u8,
    /// Whether the last of them is the end of the block.
    pub is_end: bool,
}

pub struct Table {
    entries: Box<[Entry; ENTRIES]>,
    /// Made only for what is read over.
    skips: Box<[Skip; ENTRIES]>,
    /// For each length one more than the last code, in 16 bits from above.
    ends: [u32; 17],
    /// What to add to a code of each length for the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// The table of as many codes of 1 to 16 bits as `counts` says.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let mut table = Self {
            entries: Box::new([Entry::default(); ENTRIES]),
            skips: Box::new([Skip::default(); ENTRIES]),
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            table.offsets[length as usize] = place_of(place) - code.cast_signed();
            for symbol in symbols.iter().skip(place).take(usize::from(*count)) {
                if code >> length != 0 {
                    return Err(Error::Damaged("too many Huffman codes"));
                }
                table.add(code, length, *symbol);
                code += 1;
            }
            place += usize::from(*count);
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table.fill_skips();
        Ok(table)
    }

    fn add(&mut self, code: u32, length: u32, symbol: u8) {
        if length > LOOKED_UP {
            return;
        }
        let rest = LOOKED_UP - length;
        let size = u32::from(symbol & 15);
        for below in 0..1_u32 << rest {
            let index = (code << rest | below) as usize;
            let has_value = size > 0 && size <= rest;
            let value = if has_value {
                extend(below >> (rest - size), size)
            } else {
                0
            };
            let bits = if has_value { length + size } else { length };
            if let Some(entry) = self.entries.get_mut(index) {
                *entry = Entry {
                    value: i16::try_from(value).unwrap_or(0),
                    symbol,
                    // At most 10.
                    bits: bits.to_le_bytes()[0],
                    has_value,
                };
            }
        }
    }

    fn fill_skips(&mut self) {
        for index in 0..ENTRIES {
            let mut skip = Skip::default();
            while u32::from(skip.all_bits) < LOOKED_UP && !skip.is_end {
                let next = &self.entries[(index << skip.all_bits) & (ENTRIES - 1)];
                let size = next.symbol & 15;
                let code = next.bits - if next.has_value { size } else { 0 };
                if next.bits == 0 || u32::from(skip.all_bits + code) > LOOKED_UP {
                    break;
                }
                let frequencies = match next.symbol {
                    0xf0 => 16,
                    symbol if size == 0 && symbol != 0xf0 => 64,
                    symbol => (symbol >> 4) + 1,
                };
                if skip.bits == 0 {
                    skip.bits = code + size;
                    skip.frequencies = frequencies;
                }
                skip.all_bits += code + size;
                skip.is_end = frequencies == 64;
                // At most 10 codes for 16 each.
                skip.all_frequencies += if skip.is_end { 0 } else { frequencies };
            }
            self.skips[index] = skip;
        }
    }

    #[inline]
    pub fn entry(&self, bits: &Bits) -> Entry {
        self.entries[bits.peek::<LOOKED_UP>()]
    }

    #[inline]
    pub fn skip(&self, bits: &Bits) -> Skip {
        self.skips[bits.peek::<LOOKED_UP>()]
    }

    /// The symbol of the next code, for which enough bits wait.
    #[inline]
    pub fn symbol(&self, bits: &mut Bits) -> Result<u8> {
        let entry = self.entry(bits);
        if entry.bits == 0 {
            return self.long(bits);
        }
        let value = if entry.has_value {
            entry.symbol & 15
        } else {
            0
        };
        bits.skip(u32::from(entry.bits - value));
        Ok(entry.symbol)
    }

    /// The symbol of a code that is longer than what is looked up.
    #[cold]
    pub fn long(&self, bits: &mut Bits) -> Result<u8> {
        let next = bits.peek::<16>();
        for length in LOOKED_UP + 1..=16 {
            if next < self.ends[length as usize] as usize {
                let code = place_of(next >> (16 - length));
                let place = usize::try_from(code + self.offsets[length as usize]);
                let symbol = place.ok().and_then(|place| self.symbols.get(place));
                bits.skip(length);
                return symbol.copied().ok_or(Error::Damaged("no Huffman code"));
            }
        }
        Err(Error::Damaged("no Huffman code"))
    }
}

/// At most 16 bits.
fn place_of(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
