//! HEIC files: pictures of a few hundred tiles, as phones write them, or of one.
//!
//! Tiles are decoded one after the other and put into the picture as 8-bit colours: the decoder's own
//! way takes 20 bytes for each pixel of all tiles together, of which a file of 50 KB may have hundreds
//! of megapixels that nobody sees.

use std::hint::black_box;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use clip::Picture;
use heic_decoder::HeifError;
use heic_decoder::bitreader::strip_emulation_prevention;
use heic_decoder::hevc::nal::{NAL_SPS, parse_nal_header};
use heic_decoder::hevc::params::{Sps, parse_sps};
use heic_decoder::isobmff::{self, CleanAperture, ParsedHeif, ResolvedImage, Transform};
use image::metadata::Orientation;
use small_jpeg::MAX_HALVINGS;

use super::boxes::{MAX_BOXES, child, next_box};
use super::cost::{Estimate, Head, halvings};
use super::decoders::damaged;
use super::pixels::{halve, on_white};
use super::turned;
use crate::error::{Error, Kind, Result};
use crate::media::other_format;
use tile::{Layer, tile};

mod tile;

/// More than the memory that decoding a tile takes and gives back.
const KEPT: usize = 4 << 20;

/// Longest description of a coded picture, in bytes.
const MAX_DESCRIPTION: u64 = 64 << 10;

/// Whether a file that begins with `head` is one.
pub(super) fn is_heic(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp") && other_format(head, Path::new("")) == Some("HEIC")
}

/// What decoding it takes: its largest picture, and the largest tile of any.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let end = head.reader.seek(SeekFrom::End(0))?;
    let Some(meta) = child(head, 0..end, *b"meta")? else {
        return Ok(None);
    };
    let Some(properties) = child(head, meta.start + 4..meta.end, *b"iprp")? else {
        return Ok(None);
    };
    let Some(container) = child(head, properties, *b"ipco")? else {
        return Ok(None);
    };
    let mut found = Sizes::default();
    let mut at = container.start;
    for _ in 0..MAX_BOXES {
        let Some((kind, body)) = next_box(head, at, container.end)? else {
            break;
        };
        match &kind {
            b"ispe" => {
                let size = [head.at(body.start + 4)?, head.at(body.start + 8)?];
                let [width, height] = size.map(u32::from_be_bytes);
                found.canvas = found.canvas.max_by_pixels((width, height));
            }
            b"hvcC" => {
                let length = (body.end - body.start).min(MAX_DESCRIPTION);
                let description = head.bytes(body.start, length)?;
                if let Some(sps) = description_of(&description) {
                    found.tile = found.tile.max(tile_bytes(&sps));
                }
            }
            b"auxC" => found.has_alpha = true,
            _ => {}
        }
        at = body.end;
    }
    let (width, height) = found.canvas;
    // The decoder copies what it reads, into parts and without what keeps these apart.
    let bytes = found.bytes().saturating_add(3 * end);
    Ok((width > 0).then(|| Estimate::new(width, height, bytes)))
}

/// What tells how much memory is needed.
#[derive(Default)]
struct Sizes {
    canvas: (u32, u32),
    /// Most bytes for decoding a tile.
    tile: u64,
    has_alpha: bool,
}

trait MaxByPixels {
    fn max_by_pixels(self, other: Self) -> Self;
}

impl MaxByPixels for (u32, u32) {
    fn max_by_pixels(self, other: Self) -> Self {
        let pixels = |size: Self| u64::from(size.0) * u64::from(size.1);
        if pixels(other) > pixels(self) {
            other
        } else {
            self
        }
    }
}

impl Sizes {
    fn bytes(&self) -> u64 {
        let (width, height) = self.canvas;
        let kept = (u64::from(width) * u64::from(height)) >> (2 * halvings(width, height));
        let planes = if self.has_alpha { 2 } else { 1 };
        self.tile.saturating_add(3 * kept * planes)
    }
}

/// Most bytes that decoding a picture takes, by reading heic-decoder 0.1.1: five for each sample, and as
/// many as all those of the brightness once more in its filter; two for what is known of blocks. Its
/// colours take less, later.
fn tile_bytes(sps: &Sps) -> u64 {
    let pixels =
        u64::from(sps.pic_width_in_luma_samples) * u64::from(sps.pic_height_in_luma_samples);
    // Twice the samples of a pixel.
    let samples = match sps.chroma_format_idc {
        0 => 2,
        1 => 3,
        2 => 4,
        _ => 6,
    };
    (5 * samples * pixels).div_ceil(2) + 6 * pixels
}

/// The parameters of the pictures with the description (`hvcC`) `body`.
fn description_of(body: &[u8]) -> Option<Sps> {
    let short = |at: usize| {
        let bytes = body.get(at..at + 2)?;
        Some(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    let mut at = 23;
    for _ in 0..*body.get(22)? {
        let kind = body.get(at)? & 0x3f;
        let count = short(at + 1)?;
        at += 3;
        for _ in 0..count {
            let length = short(at)?;
            let unit = body.get(at + 2..at + 2 + length)?;
            if kind == NAL_SPS {
                return parameters(unit).ok();
            }
            at += 2 + length;
        }
    }
    None
}

fn parameters(unit: &[u8]) -> Result<Sps, HeifError> {
    let (_, payload) = parse_nal_header(unit)?;
    parse_sps(&strip_emulation_prevention(payload))
}

fn failed(cause: HeifError) -> Error {
    match cause {
        HeifError::Unsupported(_) => {
            let kind = Kind::Unsupported("HEIC of a rare kind");
            Error::new(kind, "HEIC of this kind is not read").because(cause)
        }
        cause => damaged(cause),
    }
}

fn broken(problem: &str) -> Error {
    Error::new(Kind::Unusable, format!("the picture is damaged: {problem}"))
}

/// The ICC profile of the colours that [`decode`] returns.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    isobmff::parse(bytes).ok()?.metadata.icc_profile
}

/// Lets the memory of one tile be used for the next. glibc takes from the kernel what is larger than any
/// block it has given back so, and gives back what is free beyond twice of that: without this every
/// tile has all its pages made anew, a sixth of the time. Elsewhere it does nothing.
fn keep_memory() {
    drop(black_box(Vec::<u8>::with_capacity(KEPT)));
}

/// The picture that the file shows first, already turned, and its size as if `enough` were endless.
pub(super) fn decode(
    bytes: &[u8],
    estimate: &Estimate,
    enough: u32,
) -> Result<(Picture, (u32, u32))> {
    let parsed = isobmff::parse(bytes).map_err(failed)?;
    let needed = needed(&parsed)?;
    let (width, height) = needed.canvas;
    let copies = 3 * bytes.len() as u64;
    if Estimate::new(width, height, needed.bytes() + copies).bytes > estimate.bytes {
        return Err(broken("its head tells two sizes"));
    }
    keep_memory();
    let necessary = halvings(width, height);
    let halvings = wanted_halvings(&parsed, &needed, enough)?.max(necessary);
    let colours = Layer::Colours(parsed.metadata.color_info);
    let mut picture = assembled(&parsed, colours, halvings)?;
    if let Some(alpha) = &parsed.alpha {
        let alpha = assembled(&alpha.image, Layer::Alpha, halvings)?;
        if (alpha.width, alpha.height) == (picture.width, picture.height) {
            let pixels = picture.rgb.as_chunks_mut::<3>().0.iter_mut();
            for (pixel, alpha) in pixels.zip(alpha.rgb.as_chunks::<3>().0) {
                *pixel = on_white(*pixel, alpha[0]);
            }
        }
    }
    let mut whole = (width >> necessary, height >> necessary);
    for transform in &parsed.transforms {
        picture = transformed(picture, transform, halvings)?;
        if matches!(transform, Transform::Rotate90Ccw(quarters) if quarters & 1 == 1) {
            whole = (whole.1, whole.0);
        }
    }
    if halvings == necessary {
        whole = (picture.width, picture.height);
    }
    Ok((picture, whole))
}

/// How often sides may be halved, so that each remains at least `enough` and nothing moves by a part of a
/// pixel.
fn wanted_halvings(parsed: &ParsedHeif, needed: &Sizes, enough: u32) -> Result<u32> {
    let is_cut = |transform: &Transform| matches!(transform, Transform::CleanAperture(_));
    if parsed.transforms.iter().any(is_cut) {
        return Ok(0);
    }
    let shorter = needed.canvas.0.min(needed.canvas.1);
    let most = (0..MAX_HALVINGS).take_while(|halved| shorter >> (halved + 1) >= enough);
    let mut most = u32::try_from(most.count()).unwrap_or(MAX_HALVINGS);
    let alpha = parsed.alpha.as_ref().map(|alpha| &*alpha.image);
    for layer in [Some(parsed), alpha].into_iter().flatten() {
        for image in layer.images.iter().filter(|_| layer.grid.is_some()) {
            let (width, height) = shown(&sps_of(image)?).unwrap_or_default();
            most = most.min((width | height).trailing_zeros());
        }
    }
    Ok(most)
}

/// What decoding takes by the coded pictures themselves.
fn needed(parsed: &ParsedHeif) -> Result<Sizes> {
    let alpha = parsed.alpha.as_ref().map(|alpha| &*alpha.image);
    let mut sizes = Sizes {
        has_alpha: alpha.is_some(),
        ..Sizes::default()
    };
    for layer in [Some(parsed), alpha].into_iter().flatten() {
        if layer.reference_image.is_some() {
            return Err(failed(HeifError::Unsupported("prediction")));
        }
        for image in &layer.images {
            let sps = sps_of(image)?;
            sizes.tile = sizes.tile.max(tile_bytes(&sps));
            if layer.grid.is_none() {
                let size = shown(&sps).ok_or_else(|| broken("its frame is larger than it is"))?;
                sizes.canvas = sizes.canvas.max_by_pixels(size);
            }
        }
        if let Some(grid) = layer.grid {
            let size = (grid.output_width, grid.output_height);
            sizes.canvas = sizes.canvas.max_by_pixels(size);
        }
    }
    Ok(sizes)
}

fn sps_of(image: &ResolvedImage) -> Result<Sps> {
    let unit = image.hevc_config.nalus_of_type(NAL_SPS).next();
    let unit = unit.ok_or_else(|| broken("a tile has no description"))?;
    parameters(unit).map_err(failed)
}

/// Width and height as they are coded.
fn coded_size(sps: &Sps) -> (usize, usize) {
    let size = [
        sps.pic_width_in_luma_samples,
        sps.pic_height_in_luma_samples,
    ];
    (size[0] as usize, size[1] as usize)
}

/// Width and height without what pads a coded picture to whole blocks.
fn shown(sps: &Sps) -> Option<(u32, u32)> {
    let [left, right, top, bottom] = sps.conformance_window;
    let within = |full: u32, before: u32, behind| {
        full.checked_sub(before.checked_add(behind)?)
            .filter(|left| *left > 0)
    };
    let width = within(sps.pic_width_in_luma_samples, left, right)?;
    Some((width, within(sps.pic_height_in_luma_samples, top, bottom)?))
}

/// The picture of all tiles, halved so often in width and height.
fn assembled(parsed: &ParsedHeif, layer: Layer, halvings: u32) -> Result<Picture> {
    let Some(grid) = parsed.grid else {
        let image = parsed.images.first();
        let image = image.ok_or_else(|| broken("there is none"))?;
        return tile(image, layer, halvings);
    };
    let (width, height) = (
        grid.output_width >> halvings,
        grid.output_height >> halvings,
    );
    let row = width as usize * 3;
    let mut canvas = Picture {
        width,
        height,
        rgb: vec![0; row * height as usize],
    };
    let columns = grid.columns.max(1) as usize;
    let mut first = None;
    for (number, image) in parsed.images.iter().enumerate() {
        let size = shown(&sps_of(image)?);
        if *first.get_or_insert(size) != size {
            return Err(broken("its tiles differ in size"));
        }
        let is_even = |(width, height): (u32, u32)| (width | height).trailing_zeros() >= halvings;
        if !size.is_some_and(is_even) {
            return Err(failed(HeifError::Unsupported(
                "tiles that cannot be halved",
            )));
        }
        let tile = tile(image, layer, halvings)?;
        let x = number % columns * tile.width as usize;
        let y = number / columns * tile.height as usize;
        let across = (tile.width as usize).min((width as usize).saturating_sub(x)) * 3;
        if across == 0 {
            continue;
        }
        let rows = tile.rgb.chunks_exact(tile.width as usize * 3);
        let places = canvas.rgb.chunks_exact_mut(row).skip(y);
        for (from, to) in rows.zip(places) {
            to[x * 3..][..across].copy_from_slice(&from[..across]);
        }
    }
    Ok(canvas)
}

fn halved(mut picture: Picture, halvings: u32) -> Result<Picture> {
    for _ in 0..halvings {
        halve(&mut picture);
    }
    if picture.rgb.is_empty() {
        return Err(broken("a tile has no pixels"));
    }
    Ok(picture)
}

/// The part of `picture` of that size, from `left` and `top` on, in the same memory.
fn cropped(mut picture: Picture, left: u32, top: u32, width: u32, height: u32) -> Picture {
    if (width, height) == (picture.width, picture.height) {
        return picture;
    }
    let (from, to) = (picture.width as usize * 3, width as usize * 3);
    for y in 0..height as usize {
        let start = (top as usize + y) * from + left as usize * 3;
        // Never before what is copied later.
        picture.rgb.copy_within(start..start + to, y * to);
    }
    picture.rgb.truncate(height as usize * to);
    Picture {
        width,
        height,
        rgb: picture.rgb,
    }
}

fn transformed(picture: Picture, transform: &Transform, halvings: u32) -> Result<Picture> {
    let turn = match transform {
        Transform::CleanAperture(aperture) => return clean(picture, aperture, halvings),
        Transform::Rotate90Ccw(quarters) => match quarters & 3 {
            0 => Orientation::NoTransforms,
            1 => Orientation::Rotate270,
            2 => Orientation::Rotate180,
            _ => Orientation::Rotate90,
        },
        Transform::MirrorVertical => Orientation::FlipVertical,
        Transform::MirrorHorizontal => Orientation::FlipHorizontal,
    };
    Ok(turned(picture, turn))
}

/// The part of `picture` that `aperture` leaves, of which sizes are those before it was halved.
fn clean(picture: Picture, aperture: &CleanAperture, halvings: u32) -> Result<Picture> {
    let wrong = || broken("its frame lies outside of it");
    let axis = |full: u32, extent: (u32, u32), offset: (i32, u32)| {
        let shown = i64::from(extent.0.checked_div(extent.1)?) >> halvings;
        let offset = i64::from(offset.0).checked_div(i64::from(offset.1))? >> halvings;
        let start = (i64::from(full) - shown) / 2 + offset;
        let is_within = shown > 0 && start >= 0 && start + shown <= i64::from(full);
        let start = u32::try_from(start).ok().filter(|_| is_within)?;
        Some((start, u32::try_from(shown).ok()?))
    };
    let across = axis(picture.width, aperture.width, aperture.horizontal_offset);
    let down = axis(picture.height, aperture.height, aperture.vertical_offset);
    let (left, width) = across.ok_or_else(wrong)?;
    let (top, height) = down.ok_or_else(wrong)?;
    Ok(cropped(picture, left, top, width, height))
}
