//! GIF: blocks, each with a mark, and their data in pieces of at most 255 bytes.

use super::{Layout, Scanner, Unfit};

const FRAME: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3b;
/// How long a frame is shown, and what is transparent in it.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// How often it is repeated, and its colour profile.
const KEPT: [&[u8; 11]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

/// Whatever follows the end is dropped.
pub(super) fn read(file: &mut Scanner, layout: &mut Layout) -> Result<(), Unfit> {
    file.go(10)?;
    let [flags, _, _] = file.take()?;
    file.go(file.place + colours(flags))?;
    layout.keep(0..file.place);
    let mut has_frame = false;
    loop {
        let start = file.place;
        if start == file.size && has_frame {
            return Ok(());
        }
        let is_kept = match file.byte()? {
            END => {
                layout.keep(start..file.place);
                return Ok(());
            }
            FRAME => {
                has_frame = true;
                let [.., flags] = file.take::<9>()?;
                // And how many bits a code has.
                file.go(file.place + colours(flags) + 1)?;
                true
            }
            EXTENSION => match file.byte()? {
                CONTROL => true,
                APPLICATION => {
                    let [length, name @ ..] = file.take::<12>()?;
                    file.go(file.place - 12)?;
                    length == 11 && KEPT.contains(&&name)
                }
                _ => false,
            },
            _ => return Err(Unfit::Form),
        };
        pieces(file, has_frame)?;
        if is_kept {
            layout.keep(start..file.place);
        }
    }
}

/// Bytes of the table of colours that `flags` announce.
pub(super) fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}

/// Goes on behind the pieces of a block; to the end of the file where one is cut and `may_be_cut`.
fn pieces(file: &mut Scanner, may_be_cut: bool) -> Result<(), Unfit> {
    loop {
        if file.place == file.size && may_be_cut {
            return Ok(());
        }
        let length = u64::from(file.byte()?);
        if length == 0 {
            return Ok(());
        }
        let end = file.place + length;
        file.go(if may_be_cut { end.min(file.size) } else { end })?;
    }
}
