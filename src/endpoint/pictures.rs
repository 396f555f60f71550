//! `POST /pictures` saves a picture in a collection, `PATCH /pictures` changes its caption, `DELETE /pictures`
//! forgets pictures again. All of them need the endpoint's token, even where searches do not.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, FailureResponse};
use super::permits::Permit;
use super::request::{Fields, bad_query, switch};
use super::upload::{self, BodyKind};
use super::{Endpoint, SharedEndpoint, TimeLeft, Work, body};
use crate::multipart;
use crate::search::{
    FOLDERS, Failure, Forget, Hit, MAX_CAPTION_CHARS, MAX_NAME_CHARS, NewImage, Reason, Taken,
    check_collection, check_key,
};

/// Longest id of a file and longest address of a message, in characters.
pub(super) const MAX_TEXT: usize = 500;

/// What can be said about a picture.
const FIELDS: [&str; 9] = [
    "collection",
    "key",
    "caption",
    "taken",
    "file_id",
    "link",
    "by",
    "keep",
    "once",
];

pub(super) async fn save(
    State(endpoint): SharedEndpoint,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, mut body) = request.into_parts();
    let (picture, permits) = match endpoint.receive_picture(&parts, &mut body).await {
        Ok(received) => received,
        Err(rejection) => {
            body::drain(body);
            return Err(rejection.closing());
        }
    };
    let times = endpoint.times(&parts);
    let saved = endpoint
        .ask(Work::Pixels, times, permits, move |engine, deadline| {
            engine.save(&picture, deadline)
        })
        .await?;
    let status = if saved.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(answer::json(status, &json!({ "id": saved.id })))
}

pub(super) async fn forget_one(
    State(endpoint): SharedEndpoint,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, _) = request.into_parts();
    endpoint.check_saving(&parts)?;
    let Ok(Path(id)) = id else {
        return Err(missing().into());
    };
    endpoint.forget(&parts, Forget::Id(id)).await
}

pub(super) async fn forget_named(
    State(endpoint): SharedEndpoint,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, _) = request.into_parts();
    endpoint.check_saving(&parts)?;
    let fields = Fields::parse(parts.uri.query().unwrap_or_default());
    let what = forgotten(&fields)?;
    endpoint.forget(&parts, what).await
}

pub(super) async fn recaption(
    State(endpoint): SharedEndpoint,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, body) = request.into_parts();
    endpoint.check_saving(&parts)?;
    let length = body::length(&parts.headers, upload::MAX_FORM_BYTES)?;
    let deadline = tokio::time::Instant::now() + endpoint.time(&parts);
    let mut body = body;
    let (bytes, held) = body::read(
        &mut body,
        length,
        upload::MAX_FORM_BYTES,
        &endpoint.permits,
        deadline,
    )
    .await?;
    let mut fields = Fields::parse(parts.uri.query().unwrap_or_default());
    if let Ok(Value::Object(object)) = serde_json::from_slice(&bytes) {
        push_object(object, &mut fields)?;
    }
    let new = about(&fields)?;
    let (Some(key), true) = (new.key, fields.has("caption")) else {
        let message = "say what changes: PATCH /pictures?collection=NAME&key=KEY&caption=WORDS";
        return Err(bad_query(message.to_owned()).into());
    };
    let (collection, caption) = (new.collection, new.caption);
    check_collection(&collection)?;
    let permit = endpoint.permits.searches.now()?;
    let times = endpoint.times(&parts);
    let found = endpoint
        .ask(Work::Quick, times, (permit, held), move |engine, _| {
            engine.recaption(&collection, &key, &caption)
        })
        .await?;
    let id = found.ok_or_else(missing)?;
    Ok(answer::json(StatusCode::OK, &json!({ "id": id })))
}

/// What the parameters of `DELETE /pictures` mean.
fn forgotten(fields: &Fields) -> Result<Forget, Failure> {
    let Some(collection) = fields.value("collection")? else {
        return Err(bad_query(
            "say what to forget: DELETE /pictures/ID, /pictures?collection=NAME&key=KEY, or \
             /pictures?collection=NAME for all of it"
                .to_owned(),
        ));
    };
    check_collection(&collection)?;
    Ok(match fields.value("key")? {
        Some(key) => {
            check_key(&key)?;
            let by = fields.value("by")?;
            Forget::Key {
                collection,
                key,
                by,
            }
        }
        None => Forget::Collection(collection),
    })
}

fn missing() -> Failure {
    Failure::new(Reason::NotFound, "there is no such picture")
}

impl Endpoint {
    /// Whether this endpoint saves pictures, and the caller may have it do so.
    fn check_saving(&self, parts: &Parts) -> Result<(), FailureResponse> {
        if parts.extensions.get::<TimeLeft>().is_some() {
            let message = "a function on AWS Lambda keeps nothing: pictures are saved by a clip-search \
                           that runs on a machine";
            return Err(Failure::new(Reason::NotSupported, message).into());
        }
        self.check_operator(&parts.headers)?;
        if !self.engine.saves() {
            return Err(self.engine.saves_nothing().into());
        }
        Ok(())
    }

    /// Fails unless the request has the endpoint's token, also where searches need none.
    pub(super) fn check_operator(&self, headers: &HeaderMap) -> Result<(), FailureResponse> {
        if self.operators_token.is_none() {
            let message = "saved pictures are for whoever has the token, and this endpoint has none: set \
                           CLIP_SEARCH_TOKEN_FILE, and send it as Authorization: Bearer";
            return Err(Failure::new(Reason::Forbidden, message).into());
        }
        Self::checked(headers, self.operators_token.as_ref())
    }

    /// Receives the picture in a body, after checking all that can be checked before. Returns the
    /// permits for it, too, to be kept until the engine returns.
    async fn receive_picture(
        &self,
        parts: &Parts,
        body: &mut axum::body::Body,
    ) -> Result<(NewImage, [Permit; 3]), FailureResponse> {
        self.check_saving(parts)?;
        let fields = Fields::parse(parts.uri.query().unwrap_or_default());
        about(&fields)?;
        let kind = BodyKind::of(&parts.headers)?;
        let limit = kind.max_bytes();
        let length = body::length(&parts.headers, limit)?;
        let deadline = tokio::time::Instant::now() + self.time(parts);
        let received = self.permits.received.now()?;
        let (bytes, held) = body::read(body, length, limit, &self.permits, deadline).await?;
        let picture = new_image(&kind, fields, bytes)?;
        let permit = self.permits.pictures.one(deadline).await?;
        Ok((picture, [received, held, permit]))
    }

    async fn forget(&self, parts: &Parts, what: Forget) -> Result<Response, FailureResponse> {
        let permit = self.permits.searches.now()?;
        let is_one = !matches!(what, Forget::Collection(_));
        let times = self.times(parts);
        let count = self
            .ask(Work::Quick, times, permit, move |engine, deadline| {
                engine.forget(&what, deadline)
            })
            .await?;
        if is_one && count == 0 {
            return Err(missing().into());
        }
        Ok(answer::json(StatusCode::OK, &json!({ "forgotten": count })))
    }
}

/// The picture in `body`, and what is said about it: what the address says comes first.
fn new_image(kind: &BodyKind, mut fields: Fields, mut body: Vec<u8>) -> Result<NewImage, Failure> {
    if let BodyKind::Multipart(boundary) = kind {
        let mut own = Fields::default();
        let picture = take_form(&body, boundary, &mut own)?;
        body.truncate(picture.end);
        body.drain(..picture.start);
        // Those that the address overrides must be right, too.
        about(&own)?;
        fields.extend(own);
    }
    upload::kind_of_picture(&body)?;
    if body.len() > crate::search::MAX_PICTURE_BYTES {
        return Err(super::body::too_large());
    }
    let new = about(&fields)?;
    if new.collection.is_empty() {
        return Err(bad_query(
            "there is no collection; name one, as in collection=user:42".to_owned(),
        ));
    }
    Ok(NewImage { bytes: body, ..new })
}

/// What `fields` say about a picture.
fn about(fields: &Fields) -> Result<NewImage, Failure> {
    let text = |name: &str, most: usize| {
        let value = fields.value(name)?.unwrap_or_default();
        if value.chars().count() > most {
            return Err(bad_query(format!(
                "{name} is longer than {most} characters"
            )));
        }
        Ok(value)
    };
    let collection = fields.value("collection")?;
    if let Some(name) = &collection {
        check_collection(name)?;
        if name == FOLDERS {
            return Err(bad_query(format!(
                "{FOLDERS} stands for the folders of clip-search index: name another collection"
            )));
        }
    }
    let key = fields.value("key")?;
    key.as_deref().map_or(Ok(()), check_key)?;
    let taken = fields.value("taken")?.filter(|taken| !taken.is_empty());
    let taken = taken.map(|text| {
        Taken::parse(text.trim()).ok_or_else(|| {
            bad_query(
                "taken must be a time such as 2023-07-14T10:11:12Z, a date, or seconds since 1970"
                    .to_owned(),
            )
        })
    });
    let link = text("link", MAX_TEXT)?;
    // Telegram's own addresses are as good as those of the web.
    let web = link.strip_prefix("tg").map(|rest| format!("http{rest}"));
    let is_link = Hit::is_address(web.as_deref().unwrap_or(&link));
    if !link.is_empty() && !is_link {
        let message = "link must be an address, https:// or tg://";
        return Err(bad_query(message.to_owned()));
    }
    Ok(NewImage {
        bytes: Vec::new(),
        collection: collection.unwrap_or_default(),
        key,
        caption: text("caption", MAX_CAPTION_CHARS)?.trim().to_owned(),
        taken: taken.transpose()?,
        file_id: text("file_id", MAX_TEXT)?,
        link,
        by: text("by", MAX_NAME_CHARS)?,
        keep: switch(fields, "keep")?,
        once: switch(fields, "once")?,
    })
}

/// Puts the values of a form into `fields`, those of a JSON object among its parts, too, and returns
/// where in `body` its picture lies.
fn take_form(
    body: &[u8],
    boundary: &str,
    fields: &mut Fields,
) -> Result<std::ops::Range<usize>, Failure> {
    let parts = multipart::parts(body, boundary)
        .map_err(|why| bad_query(format!("the form cannot be read: {why}")))?;
    let mut picture = None;
    let mut taken = 0;
    for part in parts {
        let is_picture = upload::kind_of_picture(part.content).is_ok();
        let object = (!is_picture && part.content.trim_ascii_start().starts_with(b"{"))
            .then(|| serde_json::from_slice::<Value>(part.content).ok())
            .flatten();
        if let Some(Value::Object(object)) =
            object.filter(|_| !FIELDS.contains(&part.name.as_str()))
        {
            taken += part.content.len();
            push_object(object, fields)?;
        } else if is_picture || part.is_file {
            upload::take_picture(&mut picture, part.content, body)?;
        } else {
            taken += part.content.len();
            fields.push(part.name, part.content);
        }
        if taken > upload::MAX_FORM_BYTES {
            return Err(upload::form_too_large());
        }
    }
    picture.ok_or_else(|| {
        bad_query(
            "the form holds no picture; send it as a file, as in -F picture=@x.jpg".to_owned(),
        )
    })
}

/// The members of a JSON object as fields; null is as good as nothing.
fn push_object(object: serde_json::Map<String, Value>, fields: &mut Fields) -> Result<(), Failure> {
    for (name, value) in object {
        match value {
            Value::String(text) => fields.push(name, text),
            Value::Number(number) => fields.push(name, number.to_string()),
            Value::Bool(yes) => fields.push(name, yes.to_string()),
            Value::Null => {}
            Value::Array(_) | Value::Object(_) if FIELDS.contains(&name.as_str()) => {
                return Err(bad_query(format!("{name} must be a single value")));
            }
            // What is not known is ignored, whatever it is.
            Value::Array(_) | Value::Object(_) => {}
        }
    }
    Ok(())
}
