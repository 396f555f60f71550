//! Coded pictures: a tile, or the only one of a file.

use clip::Picture;
use heic_decoder::hevc::ctu::{Picture as Coded, Plane};
use heic_decoder::hevc::params::Sps;
use heic_decoder::isobmff::{self, ResolvedImage};
use heic_decoder::{ChromaSampling, ColorInfo, DecodedImage, decode_one_image};

use super::{broken, coded_size, cropped, failed, halved, shown};
use crate::error::Result;

/// What the samples of a picture are.
#[derive(Clone, Copy)]
pub(super) enum Layer {
    Colours(Option<ColorInfo>),
    /// Brightness alone, all of its range; made grey.
    Alpha,
}

/// One coded picture, without what pads it to whole blocks, halved so often.
pub(super) fn tile(image: &ResolvedImage, layer: Layer, halvings: u32) -> Result<Picture> {
    let (sps, coded) = decode_one_image(image).map_err(failed)?;
    let is_whole = (coded.y.width, coded.y.height) == coded_size(&sps);
    let visible = shown(&sps).filter(|_| is_whole);
    let (width, height) = visible.ok_or_else(|| broken("its frame is larger than it is"))?;
    let [left, _, top, _] = sps.conformance_window;
    // What is cut off at the left and above need not be whole squares of those that become a pixel.
    let early = if left + top == 0 { halvings } else { 0 };
    let picture = coloured(&sps, coded, layer, early)?;
    let picture = cropped(picture, left, top, width >> early, height >> early);
    halved(picture, halvings - early)
}

/// The colours of a coded picture, of which samples are averaged first: there are fewer pixels then.
fn coloured(sps: &Sps, coded: Coded, layer: Layer, halvings: u32) -> Result<Picture> {
    let (width, height) = (coded.y.width >> halvings, coded.y.height >> halvings);
    let y = averaged(coded.y, halvings, halvings);
    let rgb = match layer {
        Layer::Alpha => {
            let surplus = sps.bit_depth_luma.saturating_sub(8);
            let grey = |sample: i32| [(sample >> surplus).clamp(0, 255).to_le_bytes()[0]; 3];
            y.into_iter().flat_map(grey).collect()
        }
        Layer::Colours(colour) => {
            let place = sampling(sps);
            let halved_already = |sub: u32| halvings.saturating_sub(sub - 1);
            let (across, down) = (halved_already(place.sub_x), halved_already(place.sub_y));
            let is_one_for_each = halvings > 0 && sps.chroma_format_idc > 0;
            let image = DecodedImage {
                alpha: None,
                width,
                height,
                bit_depth_luma: sps.bit_depth_luma,
                bit_depth_chroma: sps.bit_depth_chroma,
                chroma_format_idc: if is_one_for_each {
                    3
                } else {
                    sps.chroma_format_idc
                },
                color_info: colour.or(sps.color_info),
                chroma_sampling: if is_one_for_each { ONE_FOR_EACH } else { place },
                cb_width: coded.cb.width >> across,
                cb_height: coded.cb.height >> down,
                y,
                cb: averaged(coded.cb, across, down),
                cr: averaged(coded.cr, across, down),
                metadata: isobmff::Metadata::default(),
            };
            image.to_rgb8().map_err(failed)?.data
        }
    };
    let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
    Ok(Picture {
        width: side(width),
        height: side(height),
        rgb,
    })
}

/// The mean of each rectangle of samples, of which the sides are halved so often.
fn averaged(plane: Plane, across: u32, down: u32) -> Vec<i32> {
    let (full, width, height) = (plane.width, plane.width >> across, plane.height >> down);
    let samples = plane.into_samples();
    if across + down == 0 || width * height == 0 {
        return samples;
    }
    let mut means = vec![0; width * height];
    let half = (1 << (across + down)) >> 1;
    let lines = means.chunks_exact_mut(width);
    for (line, rows) in lines.zip(samples.chunks_exact(full << down)) {
        for row in rows.chunks_exact(full) {
            for (sum, samples) in line.iter_mut().zip(row.chunks_exact(1 << across)) {
                *sum += samples.iter().sum::<i32>();
            }
        }
        for sum in line {
            *sum = (*sum + half) >> (across + down);
        }
    }
    means
}

/// A sample of each colour for each of brightness.
const ONE_FOR_EACH: ChromaSampling = ChromaSampling {
    sub_x: 1,
    sub_y: 1,
    origin_x: 0.0,
    origin_y: 0.0,
};

/// Where samples of colour lie between those of brightness, by H.273.
fn sampling(sps: &Sps) -> ChromaSampling {
    let (sub_x, sub_y) = match sps.chroma_format_idc {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let (origin_x, origin_y) = match (sps.chroma_format_idc, sps.chroma_location.unwrap_or(0)) {
        (1, 1) => (0.5, 0.5),
        (1, 2) => (0.0, 0.0),
        (1, 3) => (0.5, 0.0),
        (1, 4) => (0.0, 1.0),
        (1, 5) => (0.5, 1.0),
        (1, _) => (0.0, 0.5),
        _ => (0.0, 0.0),
    };
    ChromaSampling {
        sub_x,
        sub_y,
        origin_x,
        origin_y,
    }
}
