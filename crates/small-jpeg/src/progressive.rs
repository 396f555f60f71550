//! Pictures that become finer with each scan (T.81, annex G).

use crate::baseline::Parts;
use crate::bits::Bits;
use crate::colour::Converter;
use crate::header::{Header, InScan, Scan, ZIGZAG};
use crate::huffman::{Entry, Table, is_end_of_block};
use crate::layout::{Layout, Part};
use crate::samples::planes;
use crate::transform::NOWHERE;
use crate::{Error, Picture, Result};

/// What is kept of the blocks of a component.
struct Kept {
    /// Place of each frequency among those that are kept of a block, in the order of the file.
    slots: [Option<u8>; 64],
    /// Frequencies that are kept of a block.
    count: usize,
    /// Which are kept, a bit for each in the order of the file.
    needed: u64,
    frequencies: Vec<i16>,
    /// Which frequencies are not 0, a bit for each in the order of the file: what is refined depends on
    /// all of them. Empty where only the lowest is kept.
    present: Vec<u64>,
}

impl Kept {
    fn new(layout: &Layout, part: &Part) -> Self {
        let blocks = part.blocks_across * layout.groups_down * part.down;
        let count = part.samples_across * part.samples_down;
        let across = u8::try_from(part.samples_across).unwrap_or(8);
        let slot = |place: u8| (place != NOWHERE).then(|| place / 8 * across + place % 8);
        let slots = part.places.map(slot);
        let bits = slots.iter().enumerate();
        let needed = bits.map(|(index, slot)| u64::from(slot.is_some()) << index);
        Self {
            slots,
            count,
            needed: needed.sum(),
            frequencies: vec![0; blocks * count],
            present: vec![0; if count > 1 { blocks } else { 0 }],
        }
    }

    fn frequency(&mut self, block: usize, index: usize) -> Option<&mut i16> {
        let slot = usize::from(self.slots[index & 63]?);
        self.frequencies.get_mut(block * self.count + slot)
    }

    #[inline]
    fn set(&mut self, block: usize, index: usize, value: i16) {
        self.present[block] |= 1 << (index & 63);
        if let Some(frequency) = self.frequency(block, index) {
            *frequency = value;
        }
    }

    /// Takes a bit for each of the frequencies `met`, and adds `bit` to those that are kept where it is 1.
    #[inline]
    fn refine(&mut self, block: usize, mut met: u64, bit: i16, bits: &mut Bits) {
        let mut needed = met & self.needed;
        while needed != 0 {
            let index = needed.trailing_zeros();
            let before = met & ((1 << index) - 1);
            bits.skip_many(before.count_ones());
            if bits.bit()
                && let Some(frequency) = self.frequency(block, index as usize)
            {
                let change = if *frequency < 0 { -bit } else { bit };
                *frequency = frequency.wrapping_add(change);
            }
            needed &= needed - 1;
            met &= u64::MAX << 1 << index;
        }
        bits.skip_many(met.count_ones());
    }
}

pub fn decode(mut header: Header, layout: &Layout, mut converter: Converter) -> Result<Picture> {
    let parts = layout.parts.iter();
    let mut kept: Vec<Kept> = parts.map(|part| Kept::new(layout, part)).collect();
    while let Some(scan) = header.next_scan()? {
        let end = add_scan(&header, layout, &scan, &mut kept)?;
        let Some(at) = end else { break };
        header.go_to(at);
    }
    show(&header, layout, &kept, &mut converter)?;
    Ok(converter.finish())
}

/// Where a scan is.
struct Reading<'a> {
    scan: &'a Scan,
    /// Blocks of which nothing more is told.
    ended: u32,
    /// The lowest frequency of the block before, of each component.
    before: [i32; 4],
}

/// Takes in a scan; returns where the next marker is, none at the end of the file.
fn add_scan(
    header: &Header,
    layout: &Layout,
    scan: &Scan,
    kept: &mut [Kept],
) -> Result<Option<usize>> {
    let mut parts = Parts::new(header.data, scan.data, header.restart);
    let alone = match scan.components.as_slice() {
        [one] => Some(one.component),
        _ => None,
    };
    if scan.first > 0 && alone.is_some_and(|one| kept[one].count == 1) {
        return Ok(parts.after());
    }
    let mut reading = Reading {
        scan,
        ended: 0,
        before: [0; 4],
    };
    let (across, down) = alone.map_or((layout.groups_across, layout.groups_down), |one| {
        (layout.parts[one].own_across, layout.parts[one].own_down)
    });
    for row in 0..down {
        for group in 0..across {
            if parts.next()? {
                reading.ended = 0;
                reading.before = [0; 4];
            }
            if parts.is_over {
                return Ok(parts.after());
            }
            let read = reading.group(layout, alone, (row, group), kept, &mut parts.bits);
            if !parts.bits.is_over() {
                read?;
            }
        }
    }
    Ok(parts.after())
}

impl Reading<'_> {
    fn group(
        &mut self,
        layout: &Layout,
        alone: Option<usize>,
        (row, group): (usize, usize),
        kept: &mut [Kept],
        bits: &mut Bits,
    ) -> Result<()> {
        if let [one] = self.scan.components.as_slice()
            && let Some(index) = alone
        {
            let block = row * layout.parts[index].blocks_across + group;
            return self.block(one, block, &mut kept[index], bits);
        }
        for one in &self.scan.components {
            let part = &layout.parts[one.component];
            for y in 0..part.down {
                for x in 0..part.across {
                    let row = row * part.down + y;
                    let block = row * part.blocks_across + group * part.across + x;
                    self.block(one, block, &mut kept[one.component], bits)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn block(
        &mut self,
        one: &InScan,
        block: usize,
        kept: &mut Kept,
        bits: &mut Bits,
    ) -> Result<()> {
        let codes = Error::Damaged("it has no Huffman codes");
        match (self.scan.first, self.scan.high) {
            (0, 0) => {
                let table = one.dc.as_deref().ok_or(codes)?;
                bits.refill();
                let difference = i32::from(table.next(bits)?.value);
                let before = &mut self.before[one.component];
                *before = before.wrapping_add(difference);
                let lowest = short(*before << self.scan.low);
                kept.frequencies[block * kept.count] = lowest;
                Ok(())
            }
            (0, _) => {
                if bits.bit() {
                    kept.frequencies[block * kept.count] |= 1 << self.scan.low;
                }
                Ok(())
            }
            (_, 0) => self.first(one.ac.as_deref().ok_or(codes)?, block, kept, bits),
            _ => self.refined(one.ac.as_deref().ok_or(codes)?, block, kept, bits),
        }
    }

    /// Frequencies that are told for the first time.
    fn first(
        &mut self,
        table: &Table,
        block: usize,
        kept: &mut Kept,
        bits: &mut Bits,
    ) -> Result<()> {
        if self.ended > 0 {
            self.ended -= 1;
            return Ok(());
        }
        let mut next = self.scan.first;
        while next <= self.scan.last {
            bits.refill();
            let Entry { value, symbol, .. } = table.next(bits)?;
            let zeros = u32::from(symbol >> 4);
            if is_end_of_block(symbol) {
                self.ended = (1 << zeros) - 1 + bits.take(zeros);
                return Ok(());
            }
            next += zeros as usize;
            if value != 0 {
                kept.set(block, next, value << self.scan.low);
            }
            next += 1;
        }
        Ok(())
    }

    /// A further bit of each frequency that is not 0, and others that are 1 or -1 in it.
    fn refined(
        &mut self,
        table: &Table,
        block: usize,
        kept: &mut Kept,
        bits: &mut Bits,
    ) -> Result<()> {
        let bit = 1_i16 << self.scan.low;
        let mut next = self.scan.first;
        while self.ended == 0 && next <= self.scan.last {
            bits.refill();
            let Entry { value, symbol, .. } = table.next(bits)?;
            let zeros = u32::from(symbol >> 4);
            if is_end_of_block(symbol) {
                self.ended = (1 << zeros) + bits.take(zeros);
                break;
            }
            next = self.over(zeros, next, block, kept, bits);
            if value != 0 && next <= self.scan.last {
                kept.set(block, next, bit * value.signum());
            }
            next += 1;
        }
        if self.ended > 0 {
            self.over(64, next, block, kept, bits);
            self.ended -= 1;
        }
        Ok(())
    }

    /// Refines frequencies from `next` on, until so many and one more that are 0 were met; the place of
    /// the last is returned.
    fn over(
        &self,
        zeros: u32,
        mut next: usize,
        block: usize,
        kept: &mut Kept,
        bits: &mut Bits,
    ) -> usize {
        if next > self.scan.last {
            return next;
        }
        let band = (u64::MAX << next) & (u64::MAX >> (63 - self.scan.last));
        let present = kept.present[block] & band;
        let mut absent = !present & band;
        let met = if zeros > 15 {
            next = self.scan.last + 1;
            present
        } else {
            for _ in 0..zeros {
                // Without the lowest.
                absent &= absent.wrapping_sub(1);
            }
            next = (absent.trailing_zeros() as usize).min(self.scan.last + 1);
            // Those below it.
            present & (absent & absent.wrapping_neg()).wrapping_sub(1)
        };
        kept.refine(block, met, 1 << self.scan.low, bits);
        next
    }
}

/// The lowest 16 bits: more are damage.
fn short(number: i32) -> i16 {
    let [low, high, ..] = number.to_le_bytes();
    i16::from_le_bytes([low, high])
}

/// Transforms what was kept, a row of groups after the other.
fn show(header: &Header, layout: &Layout, kept: &[Kept], converter: &mut Converter) -> Result<()> {
    let mut factors = Vec::new();
    for (component, part) in header.components.iter().zip(&layout.parts) {
        let divisors = header.divisors[component.divisors].as_ref();
        let divisors = divisors.ok_or(Error::Damaged("it has no divisors"))?;
        let by_file = part.factors(divisors);
        let mut factor = [0.0_f32; 64];
        for (index, place) in ZIGZAG.iter().enumerate() {
            factor[usize::from(*place)] = by_file[index];
        }
        factors.push(factor);
    }
    let mut stripe = planes(layout, 1);
    for row in 0..layout.groups_down {
        let parts = layout.parts.iter().zip(&mut stripe);
        for (((part, plane), kept), factors) in parts.zip(kept).zip(&factors) {
            for y in 0..part.down {
                for x in 0..part.blocks_across {
                    let block = (row * part.down + y) * part.blocks_across + x;
                    let frequencies = &kept.frequencies[block * kept.count..][..kept.count];
                    let line = plane.stride;
                    transform(part, factors, frequencies, plane.block(part, x, y), line);
                }
            }
        }
        converter.push(layout, &stripe, 1);
    }
    Ok(())
}

#[inline]
fn transform(
    part: &Part,
    factors: &[f32; 64],
    frequencies: &[i16],
    place: &mut [u8],
    stride: usize,
) {
    if frequencies[1..].iter().all(|frequency| *frequency == 0) {
        (part.flat)(f32::from(frequencies[0]) * factors[0], place, stride);
        return;
    }
    let mut block = [0.0; 65];
    for (y, row) in frequencies.chunks(part.samples_across).enumerate() {
        for (x, frequency) in row.iter().enumerate() {
            block[8 * y + x] = f32::from(*frequency) * factors[8 * y + x];
        }
    }
    (part.inverse)(&mut block, place, stride);
}
