//! Huffman codes by tables (T.81, annex C and F.2.2.3).

use crate::bits::{Bits, extend};
use crate::{Error, Result};

/// Bits that are looked up at once, for a code and for what is read over.
const LOOKED_UP: u32 = 10;
const READ_OVER: u32 = 12;
const ENTRIES: usize = 1 << LOOKED_UP;
const SKIPS: usize = 1 << READ_OVER;

/// Set in `bits` of an [`Entry`] whose value is behind what was looked up.
const WITHOUT_VALUE: u8 = 0x80;

/// A code with the value behind it.
#[derive(Clone, Copy, Default)]
pub struct Entry {
    /// Never 0 where there is one.
    pub value: i16,
    /// How many zeros come before it, and how many bits it has.
    pub symbol: u8,
    /// Bits of both; 0 for a code that is longer.
    bits: u8,
}

impl Entry {
    fn is_whole(self) -> bool {
        self.bits.wrapping_sub(1) < WITHOUT_VALUE - 1
    }

    fn size(self) -> u8 {
        self.symbol & 15
    }

    /// Bits of the code alone.
    fn code(self) -> u8 {
        let value = if self.is_whole() { self.size() } else { 0 };
        (self.bits & !WITHOUT_VALUE) - value
    }
}

/// What is read over at once: as many codes and values as the bits tell whole codes of.
#[derive(Clone, Copy)]
struct Skip {
    bits: u8,
    /// Frequencies, and one more where the block ends with them; too many for a code that is longer.
    room: u8,
    /// Frequencies; 64 where the block ends.
    frequencies: u8,
}

pub struct Table {
    entries: Box<[Entry; ENTRIES]>,
    skips: Box<[Skip; SKIPS]>,
    /// For each length one more than the last code, in 16 bits from above.
    ends: [u32; 17],
    /// What to add to a code of each length for the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// The table of as many codes of 1 to 16 bits as `counts` says.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let none = Skip {
            bits: 0,
            room: u8::MAX,
            frequencies: 0,
        };
        let mut table = Self {
            entries: Box::new([Entry::default(); ENTRIES]),
            skips: Box::new([none; SKIPS]),
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
        let is_whole = size <= rest;
        // At most 10.
        let bits = if is_whole { length + size } else { length }.to_le_bytes()[0];
        for below in 0..1_u32 << rest {
            let index = (code << rest | below) as usize;
            let value = if is_whole {
                extend(below >> (rest - size), size)
            } else {
                0
            };
            if let Some(entry) = self.entries.get_mut(index) {
                *entry = Entry {
                    value: i16::try_from(value).unwrap_or(0),
                    symbol,
                    bits: if is_whole { bits } else { bits | WITHOUT_VALUE },
                };
            }
        }
    }

    fn fill_skips(&mut self) {
        for (index, skip) in self.skips.iter_mut().enumerate() {
            let (mut bits, mut frequencies) = (0, 0);
            let mut is_end = false;
            while u32::from(bits) < READ_OVER && !is_end {
                let rest = (index << bits) & (SKIPS - 1);
                let next = self.entries[rest >> (READ_OVER - LOOKED_UP)];
                if next.bits == 0 || u32::from(bits + next.code()) > READ_OVER {
                    break;
                }
                bits += next.code() + next.size();
                is_end = is_end_of_block(next.symbol);
                // At most 12 codes for 16 each.
                frequencies += if is_end { 0 } else { (next.symbol >> 4) + 1 };
            }
            if bits > 0 {
                *skip = Skip {
                    bits,
                    room: frequencies + u8::from(is_end),
                    frequencies: if is_end { 64 } else { frequencies },
                };
            }
        }
    }

    /// The next code and its value, for which enough bits wait.
    #[inline]
    pub fn next(&self, bits: &mut Bits) -> Result<Entry> {
        let entry = self.entries[bits.peek::<LOOKED_UP>()];
        if entry.is_whole() {
            bits.skip(u32::from(entry.bits));
            return Ok(entry);
        }
        self.next_in_parts(entry, bits)
    }

    #[inline(never)]
    fn next_in_parts(&self, entry: Entry, bits: &mut Bits) -> Result<Entry> {
        let symbol = if entry.bits == 0 {
            self.long(bits)?
        } else {
            bits.skip(u32::from(entry.code()));
            entry.symbol
        };
        // At most 15 bits.
        let value = bits.take_signed(u32::from(symbol & 15));
        let value = i16::try_from(value).unwrap_or(0);
        Ok(Entry {
            value,
            symbol,
            bits: 0,
        })
    }

    /// Reads over the frequencies of a block from `next` on.
    #[inline]
    pub fn read_over(&self, mut next: usize, bits: &mut Bits) -> Result<()> {
        while next < 64 {
            bits.fill();
            let skip = self.skips[bits.peek::<READ_OVER>()];
            if next + usize::from(skip.room) <= 64 {
                bits.skip(u32::from(skip.bits));
                next += usize::from(skip.frequencies);
            } else {
                // A code that is longer, or bits of the next block that look like more of this.
                let symbol = self.next(bits)?.symbol;
                if is_end_of_block(symbol) {
                    return Ok(());
                }
                next += usize::from(symbol >> 4) + 1;
            }
        }
        Ok(())
    }

    /// The symbol of a code that is longer than what is looked up.
    #[cold]
    fn long(&self, bits: &mut Bits) -> Result<u8> {
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

/// Whether all other frequencies of a block in one scan are 0 after `symbol`.
#[inline]
pub fn is_end_of_block(symbol: u8) -> bool {
    symbol.trailing_zeros() >= 4 && symbol != 0xf0
}

/// At most 16 bits.
fn place_of(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
