//! Whole pictures, which zune-jpeg decodes: here, because its code is generic, and is optimised as the
//! crate is that calls it.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A JPEG of which everything before its first scan was read, and which is not made smaller.
pub struct Whole<'a> {
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    size: (u16, u16),
    is_grey: bool,
}

impl<'a> Whole<'a> {
    /// Reads the head of `bytes`; what follows the end of the picture is left alone.
    ///
    /// # Errors
    /// It is damaged, or of a kind that is not read.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeErrors> {
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::MAX)
            .set_max_height(usize::MAX);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers()?;
        let info = decoder.info();
        let size = info.map_or((0, 0), |info| (info.width, info.height));
        let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
        let space = if is_grey {
            ColorSpace::Luma
        } else {
            ColorSpace::RGB
        };
        decoder.set_options(options.jpeg_set_out_colorspace(space));
        Ok(Self {
            decoder,
            size,
            is_grey,
        })
    }

    /// Width and height, in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (u32::from(self.size.0), u32::from(self.size.1))
    }

    /// Whether a pixel is one byte, and not red, green and blue.
    #[must_use]
    pub fn is_grey(&self) -> bool {
        self.is_grey
    }

    /// The EXIF data before the first scan, as TIFF; none if there is none.
    #[must_use]
    pub fn exif(&self) -> Option<&[u8]> {
        self.decoder.exif().map(Vec::as_slice)
    }

    /// Decodes the picture into the bytes of all its pixels, in rows.
    ///
    /// # Errors
    /// It is damaged, or `pixels` are fewer.
    pub fn decode_into(&mut self, pixels: &mut [u8]) -> Result<(), DecodeErrors> {
        self.decoder.decode_into(pixels)
    }
}
