//! The description of this endpoint at `/openapi.json`, made from the tables that the requests are read
//! by, for programs that call, test or document it.

mod pictures;

use serde_json::{Map, Value, json};

use super::request::{MAX_OFFSET, NO, WIDTHS, YES};
use crate::metrics::OPEN_METRICS;
use crate::search::{
    DEFAULT_LIMIT, Engine, Filter, MAX_FOLDER_CHARS, MAX_LIMIT, MAX_MESSAGE_CHARS, MAX_QUERY_CHARS,
    Reason,
};

/// Why a search can fail at any time, whatever was asked.
const SEARCH: &[Reason] = &[
    Reason::RateLimited,
    Reason::Internal,
    Reason::NotSupported,
    Reason::SpaceError,
    Reason::SpaceDown,
    Reason::SpaceAuth,
    Reason::SpaceMismatch,
    Reason::SpaceAsleep,
    Reason::SpaceBusy,
    Reason::SpaceRateLimited,
    Reason::Quota,
    Reason::NotReady,
    Reason::Timeout,
];
const QUERY: &[Reason] = &[Reason::BadQuery];
const BODY: &[Reason] = &[Reason::BadQuery, Reason::TooLarge, Reason::UnsupportedMedia];
const IMAGE: &[Reason] = &[
    Reason::BadQuery,
    Reason::NotFound,
    Reason::RateLimited,
    Reason::Internal,
    Reason::NotReady,
    Reason::Timeout,
];

/// The description of an endpoint with this engine: whether searches want a bearer token, and whether
/// there is one.
pub(super) fn document(engine: &dyn Engine, wants_token: bool, has_token: bool) -> Value {
    let mut components = json!({ "schemas": schemas() });
    if has_token {
        components["securitySchemes"] = json!({
            "token": { "type": "http", "scheme": "bearer" }
        });
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "clip-search",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Finds pictures by words or by a picture",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": {
            "/search": {
                "get": search_by_address(engine, wants_token, saves(engine, has_token)),
                "post": search_by_body(engine, wants_token, saves(engine, has_token)),
            },
            "/images/{id}": { "get": image() },
            "/health": { "get": {
                "operationId": "health",
                "summary": "Whether the endpoint runs",
                "responses": responses("Health", &[], false),
            } },
            "/ready": { "get": {
                "operationId": "ready",
                "summary": "Whether its engine would answer a search",
                "responses": responses("Ready", &[SEARCH], false),
            } },
        },
        "components": components,
    });
    if has_token {
        document["paths"]["/metrics"] = json!({ "get": metrics() });
    }
    if saves(engine, has_token) {
        for (path, described) in pictures::paths() {
            document["paths"][path] = described;
        }
        for (name, schema) in pictures::schemas() {
            document["components"]["schemas"][name] = schema;
        }
        // A saved picture may have no address, and its file is not for everybody.
        document["components"]["schemas"]["Hit"]["required"] = json!([]);
        document["paths"]["/images/{id}"]["get"]["responses"]["401"] = refusal();
        document["paths"]["/images/{id}"]["get"]["responses"]["403"] = refusal();
    }
    document
}

/// Whether callers with a token can have it save pictures.
fn saves(engine: &dyn Engine, has_token: bool) -> bool {
    has_token && engine.saves()
}

fn refusal() -> Value {
    let mut refusal = success("Error");
    refusal["description"] = Reason::Forbidden.code().into();
    refusal
}

fn metrics() -> Value {
    let mut responses = responses("Answer", &[], true);
    let content = json!({ OPEN_METRICS: { "schema": { "type": "string" } } });
    responses["200"] = json!({ "description": "Figures for monitoring", "content": content });
    let mut operation = json!({
        "operationId": "metrics",
        "summary": "How much is searched and how it ends, as OpenMetrics",
        "responses": responses,
    });
    guard(&mut operation, true);
    operation
}

fn search_by_address(engine: &dyn Engine, wants_token: bool, saves: bool) -> Value {
    let mut parameters = vec![json!({
        "name": "query",
        "in": "query",
        "required": true,
        "schema": query(),
        "example": "red bus",
    })];
    parameters.extend(page_parameters());
    parameters.extend(filter_parameters(engine));
    parameters.extend(saves.then(pictures::collections));
    let mut operation = json!({
        "operationId": "search",
        "summary": "Pictures for words, best first",
        "parameters": parameters,
        "responses": responses("Answer", &[QUERY, SEARCH], wants_token || saves),
    });
    guard(&mut operation, wants_token);
    operation
}

fn search_by_body(engine: &dyn Engine, wants_token: bool, saves: bool) -> Value {
    let mut form = json!({
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": query(),
            "limit": either(&limit(), "^0*([1-9]|[1-4][0-9]|50)$"),
            "offset": either(&offset(), "^0*[0-9]{1,6}$"),
            "details": { "anyOf": [{ "type": ["boolean", "null"] }, { "enum": [0, 1] }, details()] },
            "lang": { "anyOf": [language(), { "type": "null" }] },
        },
    });
    add_filters(&mut form, engine, true);
    let mut content = Map::from_iter([("application/json".to_owned(), json!({ "schema": form }))]);
    if engine.takes_pictures() {
        for kind in ["image/jpeg", "image/png", "image/webp"] {
            content.insert(kind.to_owned(), json!({}));
        }
        let mut file = json!({
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": { "type": "string", "contentMediaType": "image/jpeg", "format": "binary" },
                "limit": limit(),
                "offset": offset(),
                "details": details(),
                "lang": language(),
            },
        });
        add_filters(&mut file, engine, false);
        let encoding = json!({ "file": { "contentType": "image/jpeg" } });
        let form = json!({ "schema": file, "encoding": encoding });
        content.insert("multipart/form-data".to_owned(), form);
    }
    let mut parameters = page_parameters().to_vec();
    parameters.extend(filter_parameters(engine));
    parameters.extend(saves.then(pictures::collections));
    let mut operation = json!({
        "operationId": "searchByBody",
        "summary": "Pictures like one, or for words, best first",
        "parameters": parameters,
        "requestBody": { "required": true, "content": content },
        "responses": responses("Answer", &[BODY, SEARCH], wants_token || saves),
    });
    guard(&mut operation, wants_token);
    operation
}

fn guard(operation: &mut Value, wants_token: bool) {
    if wants_token {
        operation["security"] = json!([{ "token": [] }]);
    }
}

fn image() -> Value {
    let picture = json!({ "schema": { "type": "string", "format": "binary" } });
    let kinds = ["image/jpeg", "image/png", "image/webp", "image/gif"];
    let content: Map<_, _> = kinds
        .map(|kind| (kind.to_owned(), picture.clone()))
        .into_iter()
        .collect();
    let mut responses = responses("Answer", &[IMAGE], false);
    responses["200"] = json!({ "description": "The picture's file", "content": content });
    responses["206"] = json!({ "description": "The part that Range names", "content": content });
    responses["304"] = json!({ "description": "The caller has it, by If-None-Match" });
    responses["416"] = json!({ "description": "The picture has no such part" });
    json!({
        "operationId": "image",
        "summary": "A picture on this machine",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "From an address in an answer",
                "schema": { "type": "string", "minLength": 1 },
            },
            {
                "name": "w",
                "in": "query",
                "description": "Width in pixels that it is scaled down to",
                "schema": {
                    "type": "integer",
                    "minimum": WIDTHS.start(),
                    "maximum": WIDTHS.end(),
                },
            },
        ],
        "responses": responses,
    })
}

fn query() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_QUERY_CHARS, "pattern": "\\S" })
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT })
}

fn offset() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0 })
}

/// The words for yes and no, in any case.
fn details() -> Value {
    let any_case = |word: &str| {
        let letter = |c: char| {
            if c.is_ascii_alphabetic() {
                format!("[{}{c}]", c.to_ascii_uppercase())
            } else {
                c.to_string()
            }
        };
        word.chars().map(letter).collect::<String>()
    };
    let words: Vec<_> = YES.iter().chain(&NO).map(|word| any_case(word)).collect();
    json!({ "type": "string", "pattern": format!("^({})$", words.join("|")) })
}

/// A number, or its `digits` as text, or nothing.
fn either(number: &Value, digits: &str) -> Value {
    json!({ "anyOf": [number, { "type": "string", "pattern": digits }, { "type": "null" }] })
}

fn page_parameters() -> [Value; 4] {
    let parameter = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    [
        parameter("limit", "Most pictures in the answer", limit()),
        parameter("offset", "How many of the best are skipped", offset()),
        parameter(
            "details",
            "Whether the answer is an object with more than addresses",
            details(),
        ),
        parameter(
            "lang",
            "The language of who asks, as a tag such as es-AR: captions come in it where there are some",
            language(),
        ),
    ]
}

/// Tags of languages that are not known count as none.
fn language() -> Value {
    json!({ "type": "string", "examples": ["de", "es-AR"] })
}

/// What each of [`Filter::NAMES`] is, and what it may be.
fn filters() -> [(&'static str, Value); 4] {
    let day = "(0[1-9]|1[0-9]|2[0-8])";
    let date = format!(
        "^([0-9]{{3}}[1-9]|[0-9]{{2}}[1-9][0-9]|[0-9][1-9][0-9]{{2}}|[1-9][0-9]{{3}})\
         (-(0[1-9]|1[0-2])(-{day})?|-(0[13-9]|1[0-2])-(29|30)|-(0[13578]|1[02])-31)?$"
    );
    let near = "^-?([1-8]?[0-9](\\.[0-9]{1,9})?|90),-?((1[0-7]|[1-9])?[0-9](\\.[0-9]{1,9})?|180),\
                ((1[0-9]{4}|[1-9][0-9]{0,3})(\\.[0-9]{1,9})?|0\\.[0-9]{0,8}[1-9])$";
    let date = json!({ "type": "string", "pattern": date, "examples": ["2023", "2023-07"] });
    let near = json!({ "type": "string", "pattern": near, "examples": ["41.9,12.5,10"] });
    let folder = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_FOLDER_CHARS,
        "pattern": "\\S",
    });
    [
        ("Taken in this year, month or day, or later", date.clone()),
        ("Taken earlier than this year, month or day", date),
        (
            "Taken in this circle: degrees north, degrees east, kilometres",
            near,
        ),
        (
            "In a folder with these words in its name, or several with slashes between",
            folder,
        ),
    ]
}

fn filter_parameters(engine: &dyn Engine) -> Vec<Value> {
    if !engine.takes_filters() {
        return Vec::new();
    }
    let filters = Filter::NAMES.into_iter().zip(filters());
    let parameter = |(name, (about, schema)): (&str, (&str, Value))| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    filters.map(parameter).collect()
}

/// Adds the filters to the properties of a form, which may hold null for none.
fn add_filters(form: &mut Value, engine: &dyn Engine, or_null: bool) {
    if !engine.takes_filters() {
        return;
    }
    for (name, (_, mut schema)) in Filter::NAMES.into_iter().zip(filters()) {
        if or_null {
            let mut any = vec![schema, json!({ "type": "null" })];
            if ["after", "before"].contains(&name) {
                any.push(json!({ "type": "integer", "minimum": 1000, "maximum": 9999 }));
            }
            schema = json!({ "anyOf": any });
        }
        form["properties"][name] = schema;
    }
}

fn success(schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({
        "description": "The answer",
        "content": { "application/json": { "schema": schema } },
    })
}

/// The answer, and one for each status that `reasons` have.
fn responses(answer: &str, reasons: &[&[Reason]], wants_token: bool) -> Value {
    let mut responses = Map::from_iter([("200".to_owned(), success(answer))]);
    let mut add = |status: u16, code: &str| {
        let response = responses.entry(status.to_string()).or_insert_with(|| {
            let mut response = success("Error");
            response["description"] = "".into();
            response["headers"] = json!({ "Retry-After": {
                "description": "Seconds after which asking again makes sense",
                "schema": { "type": "integer", "minimum": 0 },
            } });
            response
        });
        let known = response["description"].as_str().unwrap_or_default();
        if !known.split(", ").any(|known| known == code) {
            let separator = if known.is_empty() { "" } else { ", " };
            response["description"] = format!("{known}{separator}{code}").into();
        }
    };
    // The name by which a request came is looked at before all else.
    let any = [Reason::Misdirected];
    for reason in reasons.iter().copied().flatten().chain(&any) {
        add(reason.status(), reason.code());
    }
    if wants_token {
        add(401, Reason::Forbidden.code());
        add(Reason::Forbidden.status(), Reason::Forbidden.code());
    }
    Value::Object(responses)
}

/// A picture found. A saved one may have no address.
fn hit() -> Value {
    let address = json!({ "type": "string", "pattern": "^https?://" });
    let positive = json!({ "type": "integer", "minimum": 1 });
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": address,
            "thumbnail_url": address,
            "width": positive,
            "height": positive,
            "caption": text,
            "folder": text,
            "sensitive": { "type": "boolean" },
            "collection": text,
            "file_id": text,
            "link": text,
            "score": { "type": "number" },
            "id": text,
            "taken": { "type": "string", "format": "date-time" },
            "place": {
                "type": "object",
                "required": ["lat", "lon"],
                "properties": {
                    "lat": { "type": "number", "minimum": -90, "maximum": 90 },
                    "lon": { "type": "number", "minimum": -180, "maximum": 180 },
                },
            },
        },
    })
}

fn schemas() -> Value {
    let address = json!({ "type": "string", "pattern": "^https?://" });
    let text = json!({ "type": "string" });
    let codes: std::collections::BTreeSet<_> = Reason::ALL.map(Reason::code).into();
    json!({
        "Answer": { "oneOf": [
            { "type": "array", "items": address, "maxItems": MAX_LIMIT },
            { "$ref": "#/components/schemas/Details" },
        ] },
        "Details": {
            "type": "object",
            "required": ["results"],
            "properties": {
                "query": text,
                "results": {
                    "type": "array",
                    "items": { "$ref": "#/components/schemas/Hit" },
                    "maxItems": MAX_LIMIT,
                },
                "next_offset": { "type": "integer", "minimum": 1 },
                "understood": text,
                "away": { "type": "integer", "minimum": 1 },
                "remark": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": { "code": { "enum": ["drawings_only"] }, "message": text },
                },
            },
        },
        "Hit": hit(),
        "Health": health(),
        "Ready": ready(),
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": { "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": { "enum": codes },
                    "message": { "type": "string", "maxLength": MAX_MESSAGE_CHARS },
                    "stage": text,
                },
            } },
        },
    })
}

fn health() -> Value {
    json!({
        "type": "object",
        "required": ["status", "engine", "version", "can"],
        "properties": {
            "status": { "const": "ok" },
            "engine": { "enum": ["clip", "mock", "space"] },
            "version": { "type": "string" },
            "can": { "type": "array", "items": { "type": "string" } },
        },
    })
}

fn ready() -> Value {
    json!({
        "type": "object",
        "required": ["status", "engine"],
        "properties": {
            "status": { "const": "ok" },
            "engine": { "enum": ["clip", "mock", "space"] },
            "pictures": { "type": "integer", "minimum": 0 },
            "model": { "type": "string" },
            "function": { "type": "string" },
            "arguments": { "type": "object" },
        },
    })
}
