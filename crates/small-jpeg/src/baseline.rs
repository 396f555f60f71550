//! Pictures whose blocks are complete in one scan each (T.81, F.2).

use std::sync::Arc;

use crate::bits::{Bits, marker};
use crate::colour::Converter;
use crate::header::{Header, InScan, Scan};
use crate::huffman::{Entry, Table, is_end_of_block};
use crate::layout::{Layout, Part};
use crate::samples::{Plane, planes};
use crate::transform::Block;
use crate::{Error, Picture, Result};

/// What is known of a component while its scan is read.
struct Reading {
    component: usize,
    dc: Arc<Table>,
    ac: Arc<Table>,
    factors: [f32; 64],
    /// The lowest frequency of the block before.
    before: i32,
    block: Block,
}

pub fn decode(mut header: Header, layout: &Layout, mut converter: Converter) -> Result<Picture> {
    let scan = header.next_scan()?.ok_or(NO_SCAN)?;
    if scan.components.len() == header.components.len() {
        in_stripes(&header, layout, &scan, &mut converter)?;
        return Ok(converter.finish());
    }
    let mut planes = planes(layout, layout.groups_down);
    let mut next = Some(scan);
    while let Some(scan) = next {
        let end = scattered(&header, layout, &scan, &mut planes)?;
        let Some(at) = end else { break };
        header.go_to(at);
        next = header.next_scan()?;
    }
    converter.push(layout, &planes, layout.groups_down);
    Ok(converter.finish())
}

const NO_SCAN: Error = Error::Damaged("it has no picture");
const LOST: Error = Error::Damaged("a part of it is lost");

fn readings(header: &Header, layout: &Layout, scan: &Scan) -> Result<Vec<Reading>> {
    let reading = |one: &InScan| {
        let component = header.components[one.component];
        let divisors = header.divisors[component.divisors].as_ref();
        let divisors = divisors.ok_or(Error::Damaged("it has no divisors"))?;
        let table = |table: &Option<Arc<Table>>| {
            table
                .clone()
                .ok_or(Error::Damaged("it has no Huffman codes"))
        };
        Ok(Reading {
            component: one.component,
            dc: table(&one.dc)?,
            ac: table(&one.ac)?,
            factors: layout.parts[one.component].factors(divisors),
            before: 0,
            block: [0.0; 65],
        })
    };
    scan.components.iter().map(reading).collect()
}

/// After a restart nothing is known of the block before.
fn begin(readings: &mut [Reading]) {
    for reading in readings {
        reading.before = 0;
    }
}

/// The parts of a scan between restarts.
pub struct Parts<'a> {
    pub bits: Bits<'a>,
    data: &'a [u8],
    interval: usize,
    /// Groups until the next restart.
    left: usize,
    restarts: u8,
    pub is_over: bool,
}

impl<'a> Parts<'a> {
    pub fn new(data: &'a [u8], at: usize, interval: usize) -> Self {
        Self {
            bits: Bits::new(data, at),
            data,
            interval,
            left: interval,
            restarts: 0,
            is_over: false,
        }
    }

    /// To be called before each group: whether a new part begins with it. Where the data ends it sets
    /// `is_over`.
    #[inline]
    pub fn next(&mut self) -> Result<bool> {
        if self.bits.is_over() {
            return self.end().map(|()| false);
        }
        if self.interval == 0 {
            return Ok(false);
        }
        if self.left > 0 {
            self.left -= 1;
            return Ok(false);
        }
        self.left = self.interval - 1;
        match self.bits.to_marker() {
            Some((kind, at)) if kind == 0xd0 + self.restarts % 8 => {
                self.restarts = self.restarts.wrapping_add(1);
                self.bits = Bits::new(self.data, at);
                Ok(true)
            }
            Some(_) => Err(LOST),
            None => {
                self.is_over = true;
                Ok(false)
            }
        }
    }

    /// Bits are missing: at the end of a file there are no more; before a restart they are lost.
    #[cold]
    fn end(&mut self) -> Result<()> {
        self.is_over = true;
        let is_lost = self.interval > 0 && self.bits.to_marker().is_some();
        if is_lost { Err(LOST) } else { Ok(()) }
    }

    /// The marker behind the scan; none at the end of the file.
    pub fn after(&self) -> Option<usize> {
        let (mut kind, mut at) = self.bits.to_marker()?;
        while matches!(kind, 0xd0..=0xd7) {
            (kind, at) = marker(self.data, at)?;
        }
        Some(at - 2)
    }
}

/// One scan of all components: a row of groups after the other.
fn in_stripes(
    header: &Header,
    layout: &Layout,
    scan: &Scan,
    converter: &mut Converter,
) -> Result<()> {
    let mut readings = readings(header, layout, scan)?;
    let mut stripe = planes(layout, 1);
    let mut parts = Parts::new(header.data, scan.data, header.restart);
    for _ in 0..layout.groups_down {
        for group in 0..layout.groups_across {
            if parts.next()? {
                begin(&mut readings);
            }
            if parts.is_over {
                break;
            }
            for reading in &mut readings {
                let part = &layout.parts[reading.component];
                let plane = &mut stripe[reading.component];
                let read = reading.group(part, plane, group, 0, &mut parts.bits);
                if !parts.bits.is_over() {
                    read?;
                }
            }
        }
        converter.push(layout, &stripe, 1);
        if parts.is_over {
            stripe.iter_mut().for_each(Plane::forget);
        }
    }
    Ok(())
}

/// One of several scans; returns where the next marker is, none at the end of the file.
fn scattered(
    header: &Header,
    layout: &Layout,
    scan: &Scan,
    planes: &mut [Plane],
) -> Result<Option<usize>> {
    let mut readings = readings(header, layout, scan)?;
    let mut parts = Parts::new(header.data, scan.data, header.restart);
    let alone = match scan.components.as_slice() {
        [one] => Some(&layout.parts[one.component]),
        _ => None,
    };
    let (across, down) = alone.map_or((layout.groups_across, layout.groups_down), |part| {
        (part.own_across, part.own_down)
    });
    for row in 0..down {
        for group in 0..across {
            if parts.next()? {
                begin(&mut readings);
            }
            if parts.is_over {
                return Ok(parts.after());
            }
            for reading in &mut readings {
                let part = &layout.parts[reading.component];
                let plane = &mut planes[reading.component];
                let bits = &mut parts.bits;
                let read = if alone.is_some() {
                    let stride = plane.stride;
                    reading.block(part, plane.block(part, group, row), stride, bits)
                } else {
                    reading.group(part, plane, group, row, bits)
                };
                if !bits.is_over() {
                    read?;
                }
            }
        }
    }
    Ok(parts.after())
}

impl Reading {
    /// Reads the blocks of a group, and makes samples of them.
    #[inline]
    fn group(
        &mut self,
        part: &Part,
        plane: &mut Plane,
        group: usize,
        row: usize,
        bits: &mut Bits,
    ) -> Result<()> {
        for y in 0..part.down {
            for x in 0..part.across {
                let stride = plane.stride;
                let (column, line) = (group * part.across + x, row * part.down + y);
                self.block(part, plane.block(part, column, line), stride, bits)?;
            }
        }
        Ok(())
    }

    fn block(
        &mut self,
        part: &Part,
        place: &mut [u8],
        stride: usize,
        bits: &mut Bits,
    ) -> Result<()> {
        bits.refill();
        let difference = i32::from(self.dc.next(bits)?.value);
        self.before = self.before.wrapping_add(difference);
        #[expect(clippy::cast_precision_loss, reason = "more than 24 bits are damage")]
        let lowest = self.before as f32 * self.factors[0];
        self.block[0] = lowest;
        if self.frequencies(part, bits)? {
            (part.flat)(lowest, place, stride);
        } else {
            (part.inverse)(&mut self.block, place, stride);
        }
        Ok(())
    }

    /// Reads all frequencies but the lowest; whether those that are needed are 0.
    #[inline]
    fn frequencies(&mut self, part: &Part, bits: &mut Bits) -> Result<bool> {
        let mut is_flat = true;
        let mut next = 1;
        while next <= part.last {
            bits.refill();
            let Entry { value, symbol, .. } = self.ac.next(bits)?;
            if is_end_of_block(symbol) {
                return Ok(is_flat);
            }
            next += usize::from(symbol >> 4);
            let at = next & 63;
            let place = usize::from(part.places[at]);
            self.block[place.min(64)] = f32::from(value) * self.factors[at];
            is_flat &= place >= 64;
            next += 1;
        }
        self.ac.read_over(next, bits)?;
        Ok(is_flat)
    }
}
