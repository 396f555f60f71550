//! What an engine's answer may name in front of others: [`Relay`].
//!
//! A Space can run anywhere, and what it answers is made by others: it may repeat the query, or name
//! any machine of the private network, which the bot would then fetch and show to a stranger. So
//! no address that stands in the query is passed on, nor a private one, unless it is of a server
//! that the settings name. A caller could not reach that one, so its pictures are fetched here, from
//! its own host and port alone, and served under ids that nobody can guess.

mod echo;

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::net::ToSocketAddrs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::digest::{Hasher, hex};
use crate::error::{Error, Kind, Result};
use crate::http::address::is_public;
use crate::http::{Allowed, Client, Place, Request};
use crate::locked::locked;
use crate::media::picture_type;
use crate::search::{
    Content, Engine, Failure, Forget, Hit, Image, ImageFile, NewImage, Page, Plan, Query, Reason,
    SavedImage, Subject,
};

use echo::Echo;

/// Pictures that can be fetched, the newest; older ones are forgotten.
const MAX_PICTURES: usize = 2000;
/// Largest picture that is fetched, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// An engine whose answers go to others.
pub struct Relay {
    engine: Arc<dyn Engine>,
    /// Whether `/images/{id}` of this program can be reached.
    serves: bool,
    secret: [u8; 32],
    pictures: Mutex<Pictures>,
    /// Servers that the settings name, and whether they are at a private address.
    private: Mutex<HashMap<Place, bool>>,
    clients: Mutex<HashMap<Place, Client>>,
}

/// The addresses of pictures by their ids.
#[derive(Default)]
struct Pictures {
    addresses: HashMap<String, String>,
    /// The oldest first.
    ids: VecDeque<String>,
}

impl Relay {
    /// `engine`, with its answers made fit for others; `serves` says whether this program serves
    /// `/images/{id}`, too.
    ///
    /// # Errors
    /// [`Kind::System`] without random numbers.
    pub fn new(engine: Arc<dyn Engine>, serves: bool) -> Result<Self> {
        let mut secret = [0; 32];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut secret))
            .map_err(|cause| Error::system("failed to read /dev/urandom", cause))?;
        Ok(Self {
            engine,
            serves,
            secret,
            pictures: Mutex::default(),
            private: Mutex::default(),
            clients: Mutex::default(),
        })
    }

    /// The address under which a caller gets the picture at `url`; none if it must not be passed on.
    fn address(&self, url: &str, own: &[Place], echo: &Echo) -> Option<String> {
        // A saved picture without a file has no address.
        if url.is_empty() || url.starts_with('/') {
            return Some(url.to_owned());
        }
        let place = Place::of(url)?;
        let is_own = own.iter().any(|own| own.is_same(&place));
        let is_private = if is_own {
            self.is_private(&place)
        } else {
            place.is_local()
        };
        if echo.names(url, &place, is_private) || is_private && !is_own {
            return None;
        }
        if is_private && self.serves {
            return Some(format!("/images/{}", self.keep(url)));
        }
        Some(url.to_owned())
    }

    /// Whether a server that the settings name is out of reach for others. Asks the resolver once.
    fn is_private(&self, place: &Place) -> bool {
        if place.is_local() {
            return true;
        }
        if let Some(known) = locked(&self.private).get(place) {
            return *known;
        }
        let Ok(addresses) = place.host_and_port().to_socket_addrs() else {
            return false;
        };
        let private = addresses
            .into_iter()
            .any(|address| !is_public(address.ip()));
        locked(&self.private).insert(place.clone(), private);
        private
    }

    /// The id of the picture at `url`, the same each time: callers remember pictures by it.
    fn keep(&self, url: &str) -> String {
        let mut hasher = Hasher::default();
        hasher.update(&self.secret);
        hasher.update(url.as_bytes());
        let id = hex(&hasher.finish().0[..16]);
        let mut pictures = locked(&self.pictures);
        if pictures
            .addresses
            .insert(id.clone(), url.to_owned())
            .is_none()
        {
            pictures.ids.push_back(id.clone());
        }
        if pictures.ids.len() > MAX_PICTURES
            && let Some(oldest) = pictures.ids.pop_front()
        {
            pictures.addresses.remove(&oldest);
        }
        id
    }

    fn client(&self, place: &Place) -> Client {
        let mut clients = locked(&self.clients);
        let made = clients.entry(place.clone());
        made.or_insert_with(|| Client::for_downloads(Allowed::Only(vec![place.clone()])))
            .clone()
    }
}

impl Engine for Relay {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn search(&self, query: &Query, deadline: Instant) -> std::result::Result<Page, Failure> {
        let mut page = self.engine.search(query, deadline)?;
        let own: Vec<Place> = self
            .engine
            .own_servers()
            .iter()
            .filter_map(|url| Place::of(url))
            .collect();
        let echo = match &query.subject {
            Subject::Text(text) => Echo::of(text),
            Subject::Picture { .. } => Echo::of(""),
        };
        let all = page.hits.len();
        page.hits = page
            .hits
            .into_iter()
            .filter_map(|hit| {
                let thumbnail = hit.thumbnail_url.as_deref();
                Some(Hit {
                    url: self.address(&hit.url, &own, &echo)?,
                    thumbnail_url: thumbnail.and_then(|url| self.address(url, &own, &echo)),
                    ..hit
                })
            })
            .collect();
        if page.hits.len() < all {
            tracing::warn!(
                "{} of {all} addresses were left out: they are private and not of a server in the \
                 settings (CLIP_SEARCH_SPACE, CLIP_SEARCH_PUBLIC_BASE), or stand in the query",
                all - page.hits.len()
            );
        }
        Ok(page)
    }

    fn ready(&self, deadline: Instant) -> std::result::Result<(), Failure> {
        self.engine.ready(deadline)
    }

    fn longest(&self, time: Duration) -> Duration {
        self.engine.longest(time)
    }

    fn takes_pictures(&self) -> bool {
        self.engine.takes_pictures()
    }

    fn takes_filters(&self) -> bool {
        self.engine.takes_filters()
    }

    fn saves(&self) -> bool {
        self.engine.saves()
    }

    fn save(
        &self,
        picture: &NewImage,
        deadline: Instant,
    ) -> std::result::Result<SavedImage, Failure> {
        self.engine.save(picture, deadline)
    }

    fn recaption(
        &self,
        collection: &str,
        key: &str,
        caption: &str,
    ) -> std::result::Result<Option<String>, Failure> {
        self.engine.recaption(collection, key, caption)
    }

    fn forget(&self, what: &Forget, deadline: Instant) -> std::result::Result<usize, Failure> {
        self.engine.forget(what, deadline)
    }

    fn saves_nothing(&self) -> Failure {
        self.engine.saves_nothing()
    }

    fn is_saved(&self, id: &str) -> bool {
        self.engine.is_saved(id)
    }

    fn tidy(&self, all: bool) {
        self.engine.tidy(all);
    }

    fn pictures(&self) -> Option<usize> {
        self.engine.pictures()
    }

    fn model(&self) -> Option<&str> {
        self.engine.model()
    }

    fn plan(&self) -> Option<Plan> {
        self.engine.plan()
    }

    fn own_servers(&self) -> Vec<String> {
        self.engine.own_servers()
    }

    fn image(&self, id: &str, width: Option<u32>) -> std::result::Result<Option<Image>, Failure> {
        let kept = locked(&self.pictures).addresses.get(id).cloned();
        let Some((url, place)) = kept.and_then(|url| Place::of(&url).map(|place| (url, place)))
        else {
            return self.engine.image(id, width);
        };
        let client = self.client(&place);
        let work = move |deadline| fetch(&client, &url, deadline);
        Ok(Some(Image {
            name: format!("{}.jpg", &id[..8]),
            version: id.to_owned(),
            content: Content::Later(Box::new(work)),
        }))
    }
}

/// Downloads the picture at `url`; none if there is no picture.
fn fetch(
    client: &Client,
    url: &str,
    deadline: Instant,
) -> std::result::Result<Option<ImageFile>, Failure> {
    let failed = |error: Error| {
        let reason = match error.kind() {
            Kind::Lost if deadline <= Instant::now() => Reason::Timeout,
            _ => Reason::Unreachable,
        };
        let message = format!("the picture cannot be fetched: {}", error.chain());
        Failure::new(reason, message)
    };
    let time = deadline.saturating_duration_since(Instant::now());
    let request = Request::get(url).timeout(time).limit(MAX_BYTES);
    let answer = client.send(&request).map_err(failed)?;
    let picture = picture_type(&answer.body).filter(|_| answer.head.status == 200);
    Ok(picture.map(|(media_type, _)| ImageFile {
        media_type,
        bytes: Arc::new(answer.body),
    }))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// A Space that answers with these addresses, whatever is asked.
    struct Answering(Vec<String>, Vec<String>);

    impl Engine for Answering {
        fn name(&self) -> &'static str {
            "space"
        }

        fn search(&self, _: &Query, _: Instant) -> std::result::Result<Page, Failure> {
            let hit = |url: &String| Hit {
                thumbnail_url: Some(url.clone()),
                ..Hit::at(url)
            };
            Ok(Page {
                hits: self.0.iter().map(hit).collect(),
                next_offset: None,
                ..Page::default()
            })
        }

        fn ready(&self, _: Instant) -> std::result::Result<(), Failure> {
            Ok(())
        }

        fn own_servers(&self) -> Vec<String> {
            self.1.clone()
        }
    }

    fn relay(answers: &[&str], own: &[&str], serves: bool) -> Relay {
        let owned = |urls: &[&str]| urls.iter().map(ToString::to_string).collect();
        let engine = Answering(owned(answers), owned(own));
        Relay::new(Arc::new(engine), serves).expect("random numbers")
    }

    fn deadline() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn found(relay: &Relay, text: &str) -> Vec<String> {
        let query = Query::text(text, 50, 0).expect("a query");
        let page = relay.search(&query, deadline()).expect("an answer");
        for hit in &page.hits {
            assert_eq!(hit.thumbnail_url.as_ref(), Some(&hit.url));
        }
        page.hits.into_iter().map(|hit| hit.url).collect()
    }

    #[test]
    fn private_addresses_are_passed_on_of_own_servers_alone() {
        let answers = [
            "https://a.example/1.jpg",
            "http://8.8.8.8/2.jpg",
            "/images/own",
            "http://127.0.0.1:7860/file=/tmp/1.png",
            "http://localhost:7860/file=/tmp/2.png",
            "http://nas.lan/photos/3.jpg",
            "http://127.0.0.1:7861/secret.png",
            "http://192.168.1.1/secret.png",
            "http://2130706433:9/secret.png",
            "http://user@10.0.0.1/secret.png",
            "http://router.lan/secret.png",
            "http://169.254.169.254/latest",
            "http://nas.lan:8080/secret.png",
            "gopher://a.example/",
        ];
        let own = ["http://127.0.0.1:7860", "http://nas.lan/photos/"];
        let shown = found(&relay(&answers, &own, true), "bus");
        assert_eq!(shown[..3], answers[..3]);
        assert_eq!(shown.len(), 6, "{shown:?}");
        for url in &shown[3..] {
            let id = url.strip_prefix("/images/").expect("one of our own");
            assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        }
        let elsewhere = found(&relay(&answers, &own, false), "bus");
        assert_eq!(elsewhere, answers[..6], "without /images they stay");
        let other = found(&relay(&answers, &own, true), "bus");
        assert_ne!(shown[3], other[3], "ids of another process are others");
    }

    #[test]
    fn a_public_space_keeps_its_addresses() {
        let answers = ["http://8.8.4.4/file=/tmp/1.png"];
        let shown = found(&relay(&answers, &["http://8.8.4.4"], true), "bus");
        assert_eq!(shown, answers);
    }

    #[test]
    fn what_stands_in_the_query_is_not_passed_on() {
        let own = ["http://127.0.0.1:7860"];
        let answers = ["http://127.0.0.1:7860/config", "https://a.example/x/1.jpg"];
        let relay = relay(&answers, &own, true);
        assert_eq!(found(&relay, "see http://127.0.0.1:7860/config").len(), 1);
        assert_eq!(found(&relay, "see 127.1:7860").len(), 1);
        assert_eq!(found(&relay, "https://a.example/x/1.jpg").len(), 1);
        assert_eq!(found(&relay, "HTTPS://u@A.example./x/%31.jpg").len(), 1);
        assert_eq!(found(&relay, "a.example/y").len(), 2);
    }

    #[test]
    fn pictures_are_fetched_from_their_own_host_and_port_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0....".to_vec();
        let answer = png.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut head = [0; 2048];
                let count = stream.read(&mut head).expect("a request");
                let path = String::from_utf8_lossy(&head[..count]).into_owned();
                let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = match path.as_str() {
                    "/1.png" => ("200 OK".to_owned(), &answer[..]),
                    "/near" => ("302 Found\r\nlocation: /1.png".to_owned(), &b""[..]),
                    "/far" => (
                        "302 Found\r\nlocation: http://127.0.0.1:1/".to_owned(),
                        &b""[..],
                    ),
                    "/public" => (
                        "302 Found\r\nlocation: http://8.8.8.8/".to_owned(),
                        &b""[..],
                    ),
                    _ => ("200 OK".to_owned(), &b"<html>"[..]),
                };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
                );
                let _ = stream.write_all(body);
            }
        });
        let answers =
            ["/1.png", "/near", "/far", "/public", "/page"].map(|path| base.clone() + path);
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let relay = relay(&answers, &[&base], true);
        let ids = found(&relay, "bus");
        let fetched = |index: usize| {
            let id = ids[index].strip_prefix("/images/").expect("an id");
            let image = relay.image(id, None).expect("no failure").expect("known");
            image
                .file(deadline())
                .map(|file| file.map(|file| file.read().expect("in memory")))
        };
        assert_eq!(fetched(0), Ok(Some(png.clone())));
        assert_eq!(fetched(1), Ok(Some(png)));
        for index in [2, 3] {
            let failure = fetched(index).expect_err("led away");
            assert!(failure.message.contains("does not connect"), "{failure}");
        }
        assert_eq!(fetched(4), Ok(None), "no picture");
        assert!(
            relay
                .image("0123456789abcdef0123456789abcdef", None)
                .is_ok_and(|none| none.is_none())
        );
    }

    #[test]
    fn old_pictures_are_forgotten() {
        let relay = relay(&[], &[], true);
        let first = relay.keep("http://h/0");
        for number in 1..=MAX_PICTURES {
            relay.keep(&format!("http://h/{number}"));
        }
        let pictures = locked(&relay.pictures);
        assert_eq!(pictures.addresses.len(), MAX_PICTURES);
        assert!(!pictures.addresses.contains_key(&first));
    }
}
