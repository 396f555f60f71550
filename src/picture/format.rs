//! Tells by its first bytes which decoder a picture file is for.

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
    Bmp,
    /// TIFF, and what most cameras build upon it: DNG, CR2, NEF, ARW and others.
    Tiff,
    /// What cameras write instead of TIFF: CR3, RAF, RW2, ORF.
    Raw,
    Jxl,
    #[cfg(feature = "heic")]
    Heic,
}

impl Format {
    /// The format of a file that begins with `head`, of which 64 bytes are enough; none if it is
    /// another.
    pub fn of(head: &[u8]) -> Option<Self> {
        const STARTS: [(&[u8], Format); 15] = [
            (b"\xff\xd8\xff", Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"GIF87a", Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"II*\0", Format::Tiff),
            (b"MM\0*", Format::Tiff),
            (b"II+\0", Format::Tiff),
            (b"MM\0+", Format::Tiff),
            (b"FUJIFILMCCD-RAW", Format::Raw),
            (b"IIU\0", Format::Raw),
            (b"IIRO", Format::Raw),
            (b"IIRS", Format::Raw),
            (b"MMOR", Format::Raw),
            (b"\xff\x0a", Format::Jxl),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Format::Jxl),
        ];
        if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        if super::bmp::is_bmp(head) {
            return Some(Self::Bmp);
        }
        if head.get(4..12) == Some(b"ftypcrx ") {
            return Some(Self::Raw);
        }
        #[cfg(feature = "heic")]
        if super::heic::is_heic(head) {
            return Some(Self::Heic);
        }
        let found = STARTS.iter().find(|(start, _)| head.starts_with(start));
        found.map(|(_, format)| *format)
    }
}
