//! The search contract: [`Query`], [`Hit`] and [`Failure`], their JSON, and the [`Engine`] that
//! answers queries; [`words`], which ranks by words; and [`fusion`], which joins
//! rankings. It imports nothing of this crate but `error`.
//!
//! `GET /search?query=red+bus` answers a bare JSON array of picture addresses, best first;
//! with `details=true` an object `{"query", "results", "next_offset"}`. Errors are
//! `{"error": {"code", "message"}}` with a status and `Retry-After` that belong to the [`Reason`].

mod engine;
mod failure;
mod filter;
pub mod fusion;
mod hit;
mod image;
mod language;
mod position;
mod query;
mod saving;
mod taken;
pub mod words;

pub use engine::{Engine, Plan};
pub use failure::{Failure, MAX_MESSAGE_CHARS, Reason};
pub use filter::{Date, Filter, MAX_FOLDER_CHARS, Near};
pub use hit::{Hit, HitPlace, MAX_URL_BYTES, Page, Remark};
pub use image::{Content, Image, ImageFile, ReadAt, Work, read_whole};
pub use language::Language;
pub use position::Position;
pub use query::{DEFAULT_LIMIT, MAX_LIMIT, MAX_PICTURE_BYTES, MAX_QUERY_CHARS, Query, Subject};
pub use saving::{
    FOLDERS, Forget, MAX_CAPTION_CHARS, MAX_COLLECTIONS, MAX_NAME_CHARS, NewImage, SavedImage,
    bot_and_file, check_collection, check_key,
};
pub use taken::{Taken, date_of, day_of};
