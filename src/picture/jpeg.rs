//! JPEG files, by two decoders of `crates/small-jpeg`: whole ones by zune-jpeg, and by our own what is made
//! smaller as it is decoded, which is quicker, and one of 200 megapixels is never whole in memory.

use std::io::{self, Cursor, Read, Seek};

use clip::Picture;
use image::ColorType;
use image::metadata::Orientation;
use small_jpeg::{Decoder, MAX_HALVINGS, Whole};

use super::cost::{Estimate, Head, MAX_CHUNKS, halvings};
use super::decoders::{check_size, damaged, orientation, room, unknown};
use super::pixels::into_rgb;
use crate::error::{Error, Kind, Result};

/// What stands before the first scan of a JPEG.
struct Frame {
    is_progressive: bool,
    /// As in [`Estimate`].
    variant: Option<&'static str>,
    width: u32,
    height: u32,
    /// How often each component is sampled, across and down, in a block of the picture.
    samplings: Vec<(u64, u64)>,
    /// Components of the first scan.
    in_scan: u8,
    /// Blocks between two restarts; 0 for none.
    restart: u64,
    /// Where the data of the first scan begins.
    data: u64,
}

/// What decoding takes: the first frame header and the first scan header tell all.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    Ok(Frame::read(head)?.map(|frame| frame.estimate()))
}

fn big(bytes: [u8; 2]) -> u64 {
    u64::from(u16::from_be_bytes(bytes))
}

impl Frame {
    fn read(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Self>> {
        let mut frame: Option<Self> = None;
        let mut restart = 0;
        let mut at = 2;
        for _ in 0..MAX_CHUNKS {
            let [marker, kind] = head.at(at)?;
            // Fill bytes, and what decoders skip between segments.
            if marker != 0xff || kind == 0xff || kind == 0 {
                at += 1;
                continue;
            }
            if matches!(kind, 0x01 | 0xd0..=0xd8) {
                at += 2;
                continue;
            }
            let length = big(head.at(at + 2)?);
            match kind {
                0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                    frame = Some(Self::of_segment(head, kind, at + 4)?);
                }
                0xdd => restart = big(head.at(at + 4)?),
                // Start of scan; the end of the picture.
                0xda | 0xd9 => {
                    let [in_scan] = head.at(at + 4)?;
                    let data = at + 2 + length;
                    return Ok(frame.map(|frame| Self {
                        in_scan,
                        restart,
                        data,
                        ..frame
                    }));
                }
                _ => {}
            }
            at += 2 + length.max(2);
        }
        Ok(None)
    }

    fn of_segment(head: &mut Head<impl Read + Seek>, kind: u8, at: u64) -> io::Result<Self> {
        let [bits, h1, h2, w1, w2, components] = head.at(at)?;
        let variant = match (kind, bits) {
            (0xc3, _) => Some("lossless JPEG"),
            (0xc5..=0xc7 | 0xcd..=0xcf, _) => Some("hierarchical JPEG"),
            (0xc9.., _) => Some("arithmetic JPEG"),
            (_, 12) => Some("12-bit JPEG"),
            _ => None,
        };
        let sampling = |component: u64| {
            let [sampling] = head.at(at + 7 + 3 * component)?;
            Ok((u64::from(sampling >> 4), u64::from(sampling & 15)))
        };
        let samplings = (0..u64::from(components.min(4))).map(sampling);
        Ok(Self {
            is_progressive: kind & 3 == 2,
            variant,
            width: u32::from(u16::from_be_bytes([w1, w2])),
            height: u32::from(u16::from_be_bytes([h1, h2])),
            samplings: samplings.collect::<io::Result<_>>()?,
            in_scan: 0,
            restart: 0,
            data: 0,
        })
    }

    /// Most samples across and down that a component has in a block of the picture.
    fn most(&self) -> (u64, u64) {
        let most = |side: fn(&(u64, u64)) -> u64| self.samplings.iter().map(side).max();
        let across = most(|sampling| sampling.0).unwrap_or(1).max(1);
        (across, most(|sampling| sampling.1).unwrap_or(1).max(1))
    }

    /// Blocks of all components together.
    fn blocks(&self) -> u64 {
        let (across, down) = self.most();
        u64::from(self.width).div_ceil(8 * across) * u64::from(self.height).div_ceil(8 * down)
    }

    /// Whether the samples of a block are in several scans that are not sent twice: zune-jpeg 0.5.15
    /// reads another picture then.
    fn is_apart(&self) -> bool {
        !self.is_progressive && usize::from(self.in_scan) < self.samplings.len()
    }

    /// How often sides are halved by the decoder; each of them remains at least `enough`, and all of
    /// the picture is little enough to be kept.
    fn halvings(&self, enough: u32) -> u32 {
        let shorter = self.width.min(self.height);
        let most = (0..MAX_HALVINGS).take_while(|halved| shorter >> (halved + 1) >= enough);
        let wanted = u32::try_from(most.count()).unwrap_or(MAX_HALVINGS);
        halvings(self.width, self.height)
            .max(wanted)
            .min(MAX_HALVINGS)
    }

    fn estimate(&self) -> Estimate {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let (across, down) = self.most();
        let components = self.samplings.len() as u64;
        let halvings = self.halvings(u32::MAX);
        // A row of blocks, and once more larger, of each component.
        let rows = 64 * (width + 64) * down * components;
        let of_block: u64 = self.samplings.iter().map(|(h, v)| h * v).sum();
        let bytes = if halvings > 0 || self.is_apart() {
            // A component has no more samples than there are pixels.
            let pixels = (64 * across * down) >> (2 * halvings);
            let samples = |(h, v): &(u64, u64)| (64 * h * v).min(pixels);
            let samples = self.blocks() * self.samplings.iter().map(samples).sum::<u64>();
            // Coefficients of 16 bits wait for all scans, and 64 bits tell of each block which there are.
            let kept = match (self.is_progressive, self.is_apart()) {
                (true, _) => 2 * samples + 8 * self.blocks() * of_block,
                (_, true) => samples,
                _ => 0,
            };
            3 * ((width >> halvings) + 1) * ((height >> halvings) + 1) + kept + rows
        } else {
            let samples = 64 * self.blocks() * of_block;
            let kept = if self.is_progressive { 2 * samples } else { 0 };
            3 * width * height + kept + rows
        };
        Estimate {
            variant: self.variant,
            ..Estimate::new(self.width, self.height, bytes)
        }
    }
}

/// Decodes the JPEG that `bytes` begin with; what stands behind it is left alone.
pub(super) fn decode(
    bytes: &[u8],
    estimate: &Estimate,
    enough: u32,
) -> Result<(Picture, Orientation)> {
    let mut file = Cursor::new(bytes);
    let frame = Frame::read(&mut Head::new(&mut file)).ok().flatten();
    let frame = frame.ok_or_else(|| damaged(io::Error::from(io::ErrorKind::UnexpectedEof)))?;
    let halvings = frame.halvings(enough);
    if halvings > 0 || frame.is_apart() {
        return smaller(bytes, estimate, halvings);
    }
    check_restarts(bytes, &frame)?;
    whole(bytes, estimate)
}

/// Refuses a picture in one scan of which restarts are lost or in another order: decoders go on at the
/// wrong place and do not notice. One that ends early is not refused: what is there is shown.
fn check_restarts(bytes: &[u8], frame: &Frame) -> Result<()> {
    if frame.restart == 0 || frame.is_progressive || frame.is_apart() {
        return Ok(());
    }
    let start = usize::try_from(frame.data).unwrap_or(usize::MAX);
    let data = bytes.get(start..).unwrap_or_default();
    let mut found = 0_u64;
    let mut at = 0;
    while let Some(next) = data.get(at..).and_then(|rest| {
        let place = rest.iter().position(|byte| *byte == 0xff)?;
        Some(at + place + 1)
    }) {
        at = next;
        match data.get(at) {
            Some(marker @ 0xd0..=0xd7) => {
                if u64::from(marker & 7) != found % 8 {
                    return Err(lost());
                }
                found += 1;
            }
            Some(0 | 0xff) => {}
            Some(0xd9) => {
                let expected = frame.blocks_in_order().div_ceil(frame.restart);
                return if found + 1 < expected {
                    Err(lost())
                } else {
                    Ok(())
                };
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

impl Frame {
    /// Groups of blocks between which there may be a restart.
    fn blocks_in_order(&self) -> u64 {
        if self.samplings.len() == 1 {
            u64::from(self.width).div_ceil(8) * u64::from(self.height).div_ceil(8)
        } else {
            self.blocks()
        }
    }
}

fn lost() -> Error {
    let problem = "the picture is damaged: a part of it is lost";
    Error::new(Kind::Unusable, problem)
}

fn whole(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    let mut decoder = Whole::new(bytes).map_err(damaged)?;
    let (width, height) = decoder.size();
    check_size(estimate, width, height)?;
    let color = if decoder.is_grey() {
        ColorType::L8
    } else {
        ColorType::Rgb8
    };
    let turn = orientation(decoder.exif());
    let pixels = width as usize * height as usize;
    let mut raw = room(pixels * usize::from(color.bytes_per_pixel()), pixels);
    decoder.decode_into(&mut raw).map_err(damaged)?;
    let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
    Ok((Picture { width, height, rgb }, turn))
}

/// The picture with sides that are halved so often.
fn smaller(bytes: &[u8], estimate: &Estimate, halvings: u32) -> Result<(Picture, Orientation)> {
    let decoder = Decoder::new(bytes).map_err(damaged)?;
    let (width, height) = decoder.size();
    check_size(estimate, width, height)?;
    let turn = orientation(decoder.exif());
    let small_jpeg::Picture { width, height, rgb } = decoder.decode(halvings).map_err(damaged)?;
    Ok((Picture { width, height, rgb }, turn))
}
