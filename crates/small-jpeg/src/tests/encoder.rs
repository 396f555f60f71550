//! Writes JPEGs of given frequencies, of every layout that there is.

use crate::header::ZIGZAG;

/// Frequencies of a block, in rows.
pub type Block = [i32; 64];

pub struct Part {
    pub across: usize,
    pub down: usize,
    /// Blocks in a row, and all of them, in whole groups.
    pub stride: usize,
    pub blocks: Vec<Block>,
}

pub struct Jpeg {
    pub width: usize,
    pub height: usize,
    pub parts: Vec<Part>,
    pub divisors: [u8; 64],
    pub restart: usize,
    /// Whether each component has a scan of its own.
    pub is_apart: bool,
}

/// Codes of 4 bits for sizes, and of 8 or 12 bits for zeros and sizes: some longer than is looked up.
const SIZES: u8 = 12;
const SHORT: usize = 100;

fn symbols() -> Vec<u8> {
    let mut symbols = vec![0, 0xf0];
    symbols.extend((0..16).flat_map(|zeros| (1..=10).map(move |size| zeros << 4 | size)));
    symbols
}

struct Writer {
    bytes: Vec<u8>,
    bits: u32,
    count: u32,
}

impl Writer {
    fn put(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.bits = self.bits << 1 | (value >> at & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = self.bits.to_le_bytes()[0];
                self.bytes.push(byte);
                if byte == 0xff {
                    self.bytes.push(0);
                }
                (self.bits, self.count) = (0, 0);
            }
        }
    }

    fn end(&mut self) {
        while self.count != 0 {
            self.put(1, 1);
        }
    }

    fn value(&mut self, value: i32, size: u32) {
        let bits = if value < 0 { value - 1 } else { value };
        self.put(bits.cast_unsigned() & ((1 << size) - 1), size);
    }

    fn symbol(&mut self, symbol: u8) {
        let place = symbols().iter().position(|known| *known == symbol);
        let place = place.expect("a symbol");
        let short = u32::try_from(SHORT).expect("100");
        let code = u32::try_from(place).expect("162");
        if place < SHORT {
            self.put(code, 8);
        } else {
            self.put((short << 4) + code - short, 12);
        }
    }

    fn block(&mut self, block: &Block, before: &mut i32) {
        let size = |value: i32| 32 - value.unsigned_abs().leading_zeros();
        let difference = block[0] - std::mem::replace(before, block[0]);
        self.put(size(difference), 4);
        self.value(difference, size(difference));
        let mut zeros = 0;
        for place in &ZIGZAG[1..] {
            let value = block[usize::from(*place)];
            if value == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 {
                self.symbol(0xf0);
                zeros -= 16;
            }
            self.symbol(zeros << 4 | size(value).to_le_bytes()[0]);
            self.value(value, size(value));
            zeros = 0;
        }
        if zeros > 0 {
            self.symbol(0);
        }
    }
}

fn segment(file: &mut Vec<u8>, kind: u8, content: &[u8]) {
    file.extend([0xff, kind]);
    let length = u16::try_from(content.len() + 2).expect("a segment");
    file.extend(length.to_be_bytes());
    file.extend(content);
}

fn small(number: usize) -> u8 {
    u8::try_from(number).expect("a small number")
}

impl Jpeg {
    pub fn file(&self) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8];
        let divisors = ZIGZAG.map(|place| self.divisors[usize::from(place)]);
        segment(&mut file, 0xdb, &[&[0][..], &divisors].concat());
        let mut codes = vec![0; 17];
        codes[4] = SIZES;
        codes.extend(0..SIZES);
        segment(&mut file, 0xc4, &codes);
        let mut codes = vec![0; 17];
        let symbols = symbols();
        (codes[0], codes[8], codes[12]) = (0x10, small(SHORT), small(symbols.len() - SHORT));
        codes.extend(symbols);
        segment(&mut file, 0xc4, &codes);
        let side = |side: usize| u16::try_from(side).expect("a side").to_be_bytes();
        let mut frame = vec![8];
        frame.extend([side(self.height), side(self.width)].concat());
        frame.push(small(self.parts.len()));
        for (id, part) in self.parts.iter().enumerate() {
            frame.extend([small(id + 1), small(part.across << 4 | part.down), 0]);
        }
        segment(&mut file, 0xc0, &frame);
        segment(&mut file, 0xdd, &side(self.restart));
        if self.is_apart {
            (0..self.parts.len()).for_each(|part| self.scan(&mut file, &[part]));
        } else {
            let all: Vec<usize> = (0..self.parts.len()).collect();
            self.scan(&mut file, &all);
        }
        file.extend([0xff, 0xd9]);
        file
    }

    /// Groups in a row, and rows of them, of a scan of those components.
    fn groups(&self, parts: &[usize]) -> (usize, usize) {
        let most = |side: fn(&Part) -> usize| self.parts.iter().map(side).max().expect("a part");
        let (across, down) = (most(|part| part.across), most(|part| part.down));
        let part = &self.parts[parts[0]];
        if parts.len() == 1 {
            let own = |side: usize, part: usize, all: usize| (side * part).div_ceil(8 * all);
            let across = own(self.width, part.across, across);
            (across, own(self.height, part.down, down))
        } else {
            (
                self.width.div_ceil(8 * across),
                self.height.div_ceil(8 * down),
            )
        }
    }

    fn scan(&self, file: &mut Vec<u8>, parts: &[usize]) {
        let mut header = vec![small(parts.len())];
        header.extend(parts.iter().flat_map(|part| [small(part + 1), 0]));
        header.extend([0, 63, 0]);
        segment(file, 0xda, &header);
        let mut writer = Writer {
            bytes: Vec::new(),
            bits: 0,
            count: 0,
        };
        let (across, down) = self.groups(parts);
        let mut before = [0; 4];
        for group in 0..across * down {
            if self.restart > 0 && group > 0 && group % self.restart == 0 {
                writer.end();
                writer
                    .bytes
                    .extend([0xff, 0xd0 + small((group / self.restart - 1) % 8)]);
                before = [0; 4];
            }
            let (row, column) = (group / across, group % across);
            for index in parts {
                let part = &self.parts[*index];
                let (wide, high) = if parts.len() == 1 {
                    (1, 1)
                } else {
                    (part.across, part.down)
                };
                for place in 0..wide * high {
                    let at =
                        (row * high + place / wide) * part.stride + column * wide + place % wide;
                    writer.block(&part.blocks[at], &mut before[*index]);
                }
            }
        }
        writer.end();
        file.extend(writer.bytes);
    }
}
