//! Saves pictures that are sent to the endpoint, and finds and forgets them.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Instant;

use super::images::Images;
use super::stripped::Layout;
use super::{ClipEngine, THUMBNAIL_WIDTH, broken};
use crate::collection::Original;
use crate::collection::add::details_of;
use crate::collection::saved::{
    self, NewPicture, Outcome, Picture, Revision, Saved, ScoredPicture,
};
use crate::digest::sha256;
use crate::error::Error;
use crate::media::picture_type;
use crate::picture;
use crate::search::{
    Content, Engine as _, Failure, Forget, Hit, HitPlace, Image, ImageFile, NewImage, Reason,
    SavedImage,
};

/// Quality of a kept picture whose file is not understood, and so written anew.
const JPEG_QUALITY: u8 = 90;

/// What is saved of a picture.
struct Look {
    vector: Vec<f32>,
    width: u32,
    height: u32,
    /// The file, if it is to be kept.
    file: Option<Vec<u8>>,
}

impl ClipEngine {
    /// Saves pictures in `saved`, whose vectors must come from the engine's encoder.
    #[must_use]
    pub fn with_saved(mut self, saved: Option<Arc<Saved>>) -> Self {
        self.saved = saved;
        self
    }

    pub(super) fn keeper(&self) -> Result<&Saved, Failure> {
        self.saved.as_deref().ok_or_else(|| self.saves_nothing())
    }

    pub(super) fn save_picture(
        &self,
        new: &NewImage,
        deadline: Instant,
    ) -> Result<SavedImage, Failure> {
        let saved = self.keeper()?;
        let known = |id| SavedImage { id, is_new: false };
        // Before the work: who asks again after a kill need not wait for it.
        if let Some(key) = &new.key
            && let Some(id) = saved.with_key(&new.collection, key).map_err(refused)?
        {
            self.say_anew(new, key)?;
            return Ok(known(id));
        }
        let digest = sha256(&new.bytes).0;
        let mut content = [0; 16];
        content.copy_from_slice(&digest[..16]);
        if new.once
            && let Some(id) = saved
                .with_content(&new.collection, &content)
                .map_err(refused)?
        {
            return Ok(known(id));
        }
        let look = self.looked_at(new, deadline)?;
        let details = details_of(&new.bytes);
        let picture = NewPicture {
            collection: &new.collection,
            key: new.key.as_deref(),
            caption: &new.caption,
            file_id: &new.file_id,
            link: &new.link,
            by: &new.by,
            taken: new.taken.or(details.taken),
            position: details.position,
            width: look.width,
            height: look.height,
            content,
            vector: &look.vector,
            file: look.file.as_deref(),
        };
        match saved.save(&picture, new.once).map_err(refused)? {
            Outcome::Saved(id) => Ok(SavedImage { id, is_new: true }),
            Outcome::Known(id) => Ok(known(id)),
            Outcome::Full(why) => Err(Failure::new(Reason::CollectionFull, why)),
        }
    }

    /// What is said of a picture that is there already counts from now on, where something is said.
    fn say_anew(&self, new: &NewImage, key: &str) -> Result<(), Failure> {
        let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let revision = Revision {
            caption: some(&new.caption),
            file_id: some(&new.file_id),
        };
        let revised = self.keeper()?.revise(&new.collection, key, &revision);
        revised.map(drop).map_err(refused)
    }

    pub(super) fn change_caption(
        &self,
        collection: &str,
        key: &str,
        caption: &str,
    ) -> Result<Option<String>, Failure> {
        let revision = Revision {
            caption: Some(caption),
            file_id: None,
        };
        let revised = self.keeper()?.revise(collection, key, &revision);
        revised.map_err(refused)
    }

    /// Decodes and encodes the picture.
    fn looked_at(&self, new: &NewImage, deadline: Instant) -> Result<Look, Failure> {
        let _reserved = self.images.reserve(&new.bytes, deadline)?;
        let unfit = |error: Error| Failure::new(Reason::UnsupportedMedia, error.chain());
        let (decoded, (width, height)) =
            picture::decode_enough(&new.bytes, self.encoder.enough()).map_err(unfit)?;
        let vector = self.encoder.encode_scaled(&decoded, (width, height));
        let vector = vector.map_err(broken)?;
        let file = if new.keep {
            Some(without_metadata(&new.bytes, width.max(height)).map_err(unfit)?)
        } else {
            None
        };
        Ok(Look {
            vector,
            width,
            height,
            file,
        })
    }

    pub(super) fn forget_pictures(&self, what: &Forget) -> Result<usize, Failure> {
        let saved = self.keeper()?;
        let forgotten = match what {
            Forget::Id(id) => saved.forget(id).map(usize::from),
            Forget::Key {
                collection,
                key,
                by,
            } => saved
                .forget_key(collection, key, by.as_deref())
                .map(usize::from),
            Forget::Collection(collection) => saved.forget_all(collection),
        };
        forgotten.map_err(refused)
    }

    /// The file of a saved picture, if it is kept.
    pub(super) fn saved_image(
        &self,
        id: &str,
        width: Option<u32>,
    ) -> Result<Option<Image>, Failure> {
        let Some(saved) = &self.saved else {
            return Ok(None);
        };
        let Some((folder, name)) = saved.kept(id).map_err(refused)? else {
            return Ok(None);
        };
        let original = Original::open(&folder, &name);
        let Some(original) = original.ok().flatten() else {
            return Ok(None);
        };
        let images = Arc::clone(&self.images);
        Ok(width.map_or_else(
            || whole(id, &original),
            |width| Some(smaller(images, id, original.clone(), width)),
        ))
    }

    pub(super) fn saved_hit(found: ScoredPicture) -> Hit {
        let ScoredPicture { picture, score, .. } = found;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (url, thumbnail_url) = addresses(&picture);
        Hit {
            sensitive: false,
            url,
            thumbnail_url,
            width: Some(picture.width),
            height: Some(picture.height),
            caption: some(&picture.caption),
            score: Some((f64::from(score) * 1e4).round() / 1e4),
            taken: picture.taken.map(|taken| taken.to_string()),
            place: picture.position.map(|position| HitPlace {
                lat: position.latitude(),
                lon: position.longitude(),
            }),
            folder: None,
            collection: some(&picture.collection),
            file_id: some(&picture.file_id),
            link: some(&picture.link),
            id: Some(picture.id),
        }
    }

    pub(super) fn is_saved_id(id: &str) -> bool {
        saved::is_id(id)
    }
}

/// The addresses of a saved picture and of a smaller one; empty if no file of it is kept.
fn addresses(picture: &Picture) -> (String, Option<String>) {
    if !picture.is_kept {
        return (String::new(), None);
    }
    let address = format!("/images/{}", picture.id);
    let thumbnail = format!("{address}?w={THUMBNAIL_WIDTH}");
    (address, Some(thumbnail))
}

fn whole(id: &str, original: &Original) -> Option<Image> {
    let mut head = [0; 64];
    let count = original.bytes.read_at(0, &mut head).ok()?;
    let (media_type, _) = picture_type(&head[..count])?;
    let end = media_type.split('/').next_back().unwrap_or("jpeg");
    Some(Image {
        name: format!("{}.{end}", &id[id.len() - 8..]),
        version: id.to_owned(),
        content: Content::Ready(ImageFile {
            media_type,
            bytes: Arc::clone(&original.bytes),
        }),
    })
}

/// It is made each time, so that nothing of it is left in another folder when it is forgotten.
fn smaller(images: Arc<Images>, id: &str, original: Original, width: u32) -> Image {
    let version = format!("{id}-{width}");
    Image {
        name: format!("{}.jpg", &id[id.len() - 8..]),
        version,
        content: Content::Later(Box::new(move |deadline| {
            let bytes = original
                .read()
                .map_err(|cause| refused(Error::system("a kept picture cannot be read", cause)))?;
            let _reserved = images.reserve(&bytes, deadline)?;
            let jpeg = scaled(&bytes, width).map_err(refused)?;
            Ok(Some(ImageFile {
                media_type: "image/jpeg",
                bytes: Arc::new(jpeg),
            }))
        })),
    }
}

fn scaled(bytes: &[u8], width: u32) -> Result<Vec<u8>, Error> {
    let (decoded, _) = picture::decode_enough(bytes, width)?;
    picture::encode_jpeg(&decoded.fit(width), JPEG_QUALITY, picture::profile(bytes))
}

/// The file without position, serial number and all else that is no picture; a JPEG of the picture where
/// its form is not understood.
fn without_metadata(bytes: &[u8], side: u32) -> Result<Vec<u8>, Error> {
    let source: Arc<dyn crate::search::ReadAt> = Arc::new(bytes.to_vec());
    let layout = Layout::of(source.as_ref()).ok().flatten();
    match layout {
        Some(layout) => {
            let file = Arc::new(layout).file(&source);
            file.read()
                .map_err(|cause| Error::system("the picture cannot be copied", cause))
        }
        None => scaled(bytes, side),
    }
}

/// What the store refused: whether its disk is full, or something else.
pub(super) fn refused(error: Error) -> Failure {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(this) = cause {
        let kind = this
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        if let Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) =
            kind
        {
            tracing::warn!("{}", error.chain());
            let message = "the disk that pictures are saved on is full; free some space";
            return Failure::new(Reason::DiskFull, message);
        }
        cause = this.source();
    }
    tracing::warn!("{}", error.chain());
    let message = "the saved pictures cannot be read or written; the log of the endpoint says why";
    Failure::new(Reason::Internal, message)
}
