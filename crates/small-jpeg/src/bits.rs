//! Bits of a scan, and the markers between its parts.

/// Reads bits up to the next marker; from there on they are 0.
pub struct Bits<'a> {
    data: &'a [u8],
    /// What follows the bits that are waiting.
    at: usize,
    /// Bits that wait, the next one uppermost. Below the last there may be some that come again.
    waiting: u64,
    count: u32,
    /// How many of the last were not in the file.
    invented: u64,
}

/// Where a byte is 0xff, some upper bit of the result is 1; else all are 0.
fn any_ff(bytes: u64) -> u64 {
    let inverse = !bytes;
    inverse.wrapping_sub(0x0101_0101_0101_0101) & bytes & 0x8080_8080_8080_8080
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            at,
            waiting: 0,
            count: 0,
            invented: 0,
        }
    }

    /// Makes at least 32 bits wait: enough for a code and the value behind it.
    #[inline]
    pub fn refill(&mut self) {
        if self.count < 32 {
            self.fill();
        }
    }

    /// As [`Bits::refill`], where asking whether bits are missing costs more than adding them.
    #[inline]
    pub fn fill(&mut self) {
        if let Some(bytes) = self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            let bytes = u64::from_be_bytes(*bytes);
            if any_ff(bytes) == 0 {
                self.waiting |= bytes >> self.count;
                self.at += ((63 - self.count) >> 3) as usize;
                // As many bytes as there was room for: 56 to 63 bits.
                self.count |= 0b11_1000;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    fn refill_slowly(&mut self) {
        while self.count < 56 {
            let rest = self.data.get(self.at..).unwrap_or_default();
            let byte = match rest {
                [0xff, 0, ..] => {
                    self.at += 2;
                    0xff
                }
                [0xff, ..] | [] => {
                    self.invented += 8;
                    0
                }
                [byte, ..] => {
                    self.at += 1;
                    *byte
                }
            };
            self.waiting |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `COUNT` bits; at most 16.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits")]
    pub fn peek<const COUNT: u32>(&self) -> usize {
        (self.waiting >> (64 - COUNT)) as usize
    }

    /// Goes on by `count` bits, at most 31 after [`Bits::refill`].
    #[inline]
    pub fn skip(&mut self, count: u32) {
        self.waiting <<= count;
        self.count -= count;
    }

    /// Goes on by `count` bits, wherever the reader is.
    #[inline]
    pub fn skip_many(&mut self, mut count: u32) {
        while count > 0 {
            let now = count.min(31);
            if self.count < now {
                self.refill();
            }
            self.skip(now);
            count -= now;
        }
    }

    /// The next `count` bits as a number; at most 16.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits")]
    pub fn take(&mut self, count: u32) -> u32 {
        let taken = ((self.waiting >> 1) >> (63 - count)) as u32;
        self.skip(count);
        taken
    }

    /// As [`Bits::take`], of `size` bits of which the upper half of the numbers is positive.
    #[inline]
    pub fn take_signed(&mut self, size: u32) -> i32 {
        extend(self.take(size), size)
    }

    /// One bit, wherever the reader is.
    #[inline]
    pub fn bit(&mut self) -> bool {
        if self.count == 0 {
            self.refill();
        }
        self.take(1) != 0
    }

    /// Whether bits were taken that are not in the file.
    #[inline]
    pub fn is_over(&self) -> bool {
        u64::from(self.count) < self.invented
    }

    /// Goes to the marker behind this part and returns its kind and the place behind it; none at the
    /// end of the file.
    pub fn to_marker(&self) -> Option<(u8, usize)> {
        marker(self.data, self.at)
    }
}

/// `size` bits as JPEG writes a number whose absolute value has as many.
#[inline]
pub fn extend(bits: u32, size: u32) -> i32 {
    // At most 16 bits.
    let bits = bits.cast_signed();
    let below = bits < (1 << size >> 1);
    if below { bits - (1 << size) + 1 } else { bits }
}

/// The kind of the first marker in a scan from `at` on, and the place behind it.
pub fn marker(data: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        let rest = data.get(at..)?;
        at += rest.iter().position(|byte| *byte == 0xff)?;
        match *data.get(at + 1)? {
            0 => at += 2,
            0xff => at += 1,
            kind => return Some((kind, at + 2)),
        }
    }
}
