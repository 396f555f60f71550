//! Fulfils what is asked for beside searches: saves pictures at the endpoint, and has them forgotten.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{ChatWorker, SEARCH_SLACK};
use crate::bot::reply;
use crate::bot::saving::habits::Habits;
use crate::bot::saving::{Choice, Forget, NewPicture, SavedCount, Wish, collection_of};
use crate::bot::search_job::{SearchEvent, failures};
use crate::bot::sent_pictures;
use crate::bot::wanted::Search;
use crate::locked::locked;
use crate::search::{FOLDERS, Failure, Filter, MAX_COLLECTIONS, Reason};

/// How long the endpoint's word on whether it saves is believed.
const ABILITY_AGE: Duration = Duration::from_mins(1);
/// How long a search waits for that word.
const ABILITY_TIME: Duration = Duration::from_secs(3);
/// Albums whose line is remembered, to be counted on.
const MAX_ALBUMS: usize = 500;

/// What is known about saving.
#[derive(Debug, Default)]
pub(super) struct Saving {
    pub habits: Arc<Habits>,
    can: Mutex<Option<(Instant, bool)>>,
    /// When the endpoint did not say in time whether it saves.
    unsaid: Mutex<Option<Instant>>,
    albums: Mutex<VecDeque<Album>>,
}

/// An album that is being saved, one picture after the other.
#[derive(Debug)]
struct Album {
    chat: i64,
    name: String,
    count: SavedCount,
    /// The message that says how many.
    line: Option<i64>,
}

impl Saving {
    /// A message with this number was sent for `search`.
    pub fn said(&self, search: &Search, message: Option<i64>) {
        if let Some(Wish::Bare { picture, .. }) = search.wish.as_deref()
            && let Some(album) = &picture.album
        {
            let mut albums = locked(&self.albums);
            let same = |one: &&mut Album| one.chat == search.to.chat && one.name == *album;
            if let Some(one) = albums.iter_mut().find(same) {
                one.line = one.line.or(message);
            }
        }
    }

    /// Adds `count` to that of the album, and returns its sum and the message that says it.
    fn add(&self, chat: i64, album: Option<&str>, count: SavedCount) -> (SavedCount, Option<i64>) {
        let Some(album) = album else {
            return (count, None);
        };
        let mut albums = locked(&self.albums);
        if let Some(one) = albums
            .iter_mut()
            .find(|one| one.chat == chat && one.name == album)
        {
            one.count.new += count.new;
            one.count.known += count.known;
            return (one.count, one.line);
        }
        if albums.len() >= MAX_ALBUMS {
            albums.pop_front();
        }
        albums.push_back(Album {
            chat,
            name: album.to_owned(),
            count,
            line: None,
        });
        (count, None)
    }
}

impl ChatWorker {
    /// Does what is asked for before the search.
    pub(super) fn fulfil(&self, search: &Search) -> SearchEvent {
        let done = match search.wish.as_deref() {
            None => return SearchEvent::NothingBefore,
            Some(Wish::Forget(what)) => self.forget(search, what),
            Some(Wish::Enter) => Ok(self.enter(search)),
            Some(Wish::Collect(request)) => self.collecting(search, request),
            Some(Wish::Bare {
                picture,
                choice,
                follows,
            }) => self.bare(search, picture, *choice, *follows),
        };
        done.unwrap_or_else(SearchEvent::SearchFailed)
    }

    /// The collections that are searched: also that of who asks in private and has saved something, and those
    /// of collected chats, where the endpoint has such. None where there is nothing to search.
    pub(super) fn filter_of(&self, search: &Search) -> Option<Filter> {
        // Others may have saved for them: an import of what they had elsewhere. Without a token nothing is
        // shown of that.
        let has_saved =
            self.tools.saving.habits.has_saved(search.asker) || self.tools.search.authenticates();
        let own = search.own_collection();
        let own = own.filter(|_| has_saved && !search.is_members);
        let mut saved: Vec<String> = own.into_iter().collect();
        let of_chats = !search.chats.is_empty();
        let is_nothing_saved = !of_chats && saved.is_empty();
        if is_nothing_saved || !self.surely_saves() {
            return (!search.is_members).then(Filter::default);
        }
        saved.extend(self.chats_of(search));
        if saved.is_empty() {
            return (!search.is_members).then(Filter::default);
        }
        if !search.is_members {
            saved.insert(0, FOLDERS.to_owned());
        }
        Some(Filter {
            collections: saved,
            ..Filter::default()
        })
    }

    /// The collections of the chats whose pictures are shown where `search` is asked: in a chat its own, in
    /// private those that who asks is in.
    fn chats_of(&self, search: &Search) -> Vec<String> {
        let members = &self.tools.members;
        let most = MAX_COLLECTIONS - 2;
        if search.to.chat != search.asker || search.asker < 0 {
            let here = search.chats.iter().filter(|chat| **chat == search.to.chat);
            let all = here.flat_map(|chat| members.chats.collections(*chat));
            return all.take(most).collect();
        }
        let ask = |chat, user| self.is_in(chat, user);
        members.seen_by(search.asker, &search.chats, most, ask)
    }

    /// Whether the collection `name` is that of the chat, or in private that of the person, where `search` is
    /// answered.
    pub(super) fn is_kept_for(&self, search: &Search, name: &str) -> bool {
        if let Some(own) = search.own_collection() {
            return own == name;
        }
        let chats = &self.tools.members.chats;
        chats
            .collections(search.to.chat)
            .iter()
            .any(|one| one == name)
    }

    /// Whether who was not let in is in one of the chats whose pictures they ask for.
    fn enter(&self, search: &Search) -> SearchEvent {
        if self.surely_saves() && !self.chats_of(search).is_empty() {
            return SearchEvent::NothingBefore;
        }
        let reply = reply::private_bot(search.texts, search.to.chat);
        SearchEvent::Done(reply, None)
    }

    fn bare(
        &self,
        search: &Search,
        picture: &NewPicture,
        pressed: Option<Choice>,
        follows: bool,
    ) -> Result<SearchEvent, Failure> {
        let (habits, asker) = (&self.tools.saving.habits, search.asker);
        let searches = if follows {
            SearchEvent::DoneInSilence
        } else {
            SearchEvent::NothingBefore
        };
        if !self.can_save()? {
            return Ok(searches);
        }
        let chosen = habits.choice(asker);
        if let (Some(choice), None) = (pressed, chosen) {
            habits
                .choose(asker, choice)
                .map_err(|cause| not_kept(&cause))?;
        }
        let mut choice = pressed.or(chosen);
        if choice.is_none() {
            let is_asked = habits
                .wait(asker, picture)
                .map_err(|cause| not_kept(&cause))?;
            // It may have been chosen in the meantime.
            choice = habits.choice(asker);
            if choice.is_none() && is_asked {
                return Ok(SearchEvent::Done(reply::save_or_find(search), None));
            }
        }
        let mut all = habits.waiting(asker);
        match choice {
            None => Ok(SearchEvent::DoneInSilence),
            Some(Choice::Find) => {
                let done = habits.wait_no_more(asker, &all, false);
                done.map_err(|cause| not_kept(&cause))?;
                Ok(searches)
            }
            Some(Choice::Save) => {
                if all.iter().all(|one| one.key != picture.key) {
                    all.push(picture.clone());
                }
                let (count, refused) = self.save_all(asker, &all)?;
                let done = habits.wait_no_more(asker, &all, true);
                done.map_err(|cause| not_kept(&cause))?;
                let album = picture.album.as_deref().filter(|_| search.edit.is_none());
                let (sum, line) = self.tools.saving.add(search.to.chat, album, count);
                let mut said = reply::saved(search, sum);
                if let Some(failure) = refused {
                    let also = reply::not_saved(search, &failure).text;
                    said.text = format!("{}\n{also}", said.text);
                }
                Ok(SearchEvent::Done(said, line.or(search.edit)))
            }
        }
    }

    /// Saves pictures of `user`. One that cannot be had costs the others nothing, and is returned, too; one
    /// that can be saved later fails all of them, which are then tried again.
    fn save_all(
        &self,
        user: i64,
        pictures: &[NewPicture],
    ) -> Result<(SavedCount, Option<Failure>), Failure> {
        let mut count = SavedCount::default();
        let (mut refused, mut later) = (None, None);
        let collection = collection_of(user);
        for picture in pictures {
            match self.save(&collection, picture) {
                Ok(true) => count.new += 1,
                Ok(false) => count.known += 1,
                Err(failure) if failures::after_saving(&failure, 0).is_some() => {
                    let is_away = failures::after_saving(&failure, u32::MAX).is_some();
                    later = Some(failure);
                    if is_away {
                        break;
                    }
                }
                Err(failure) => refused = Some(failure),
            }
        }
        if let Some(failure) = later {
            return Err(failure);
        }
        match refused {
            Some(failure) if count == SavedCount::default() => Err(failure),
            refused => Ok((count, refused)),
        }
    }

    /// Saves one picture in `collection`, and returns whether it is new there.
    pub(super) fn save(&self, collection: &str, picture: &NewPicture) -> Result<bool, Failure> {
        let tools = &self.tools;
        let (send, download) = (
            |call| self.send(call),
            |path: &str, most| self.download(path, most),
        );
        let size = tools.search.saved_size(picture);
        let fetched = sent_pictures::fetch(size, send, download);
        let (form, bytes) = fetched.map_err(|failure| match failure.reason {
            // Telegram's refusal is final, the endpoint's own troubles are not.
            Reason::Internal => Failure::new(Reason::NotFound, failure.message),
            _ => failure,
        })?;
        self.part.within(tools.search.timeout() + SEARCH_SLACK);
        tools
            .search
            .save(collection, picture, form.media_type, &bytes)
    }

    fn forget(&self, search: &Search, what: &Forget) -> Result<SearchEvent, Failure> {
        let tools = &self.tools;
        let collection = collection_of(search.asker);
        let key = match what {
            Forget::Picture(key) => Some(key.as_str()),
            Forget::All => None,
        };
        let count = if self.can_save()? {
            self.part.within(tools.search.timeout() + SEARCH_SLACK);
            tools.search.forget(&collection, key)?
        } else {
            0
        };
        tools.file_ids.forget_saved();
        if key.is_none() {
            let habits = &tools.saving.habits;
            let forgot = habits.forgot_all(search.asker);
            forgot.map_err(|cause| not_kept(&cause))?;
        }
        Ok(SearchEvent::Done(
            reply::forgotten(search.texts, what, count),
            search.edit,
        ))
    }

    /// Whether the endpoint said in time that it saves pictures: a search does not wait long for that.
    fn surely_saves(&self) -> bool {
        let saving = &self.tools.saving;
        let is_recent = |since: &Instant| since.elapsed() < ABILITY_AGE;
        if locked(&saving.unsaid).as_ref().is_some_and(is_recent) {
            return false;
        }
        let can = self.can_save_within(ABILITY_TIME);
        *locked(&saving.unsaid) = (!matches!(can, Ok(true))).then(Instant::now);
        can.unwrap_or(false)
    }

    /// Whether the endpoint saves pictures.
    pub(super) fn can_save(&self) -> Result<bool, Failure> {
        self.can_save_within(self.tools.search.timeout())
    }

    fn can_save_within(&self, time: Duration) -> Result<bool, Failure> {
        let saving = &self.tools.saving;
        let known = *locked(&saving.can);
        if let Some((since, can)) = known
            && since.elapsed() < ABILITY_AGE
        {
            return Ok(can);
        }
        self.part.within(time + SEARCH_SLACK);
        let can = self.tools.search.within(time).can_save()?;
        let saved_before =
            || saving.habits.are_known() || !self.tools.members.chats.all().is_empty();
        if can.is_none() && saved_before() {
            // It saved before: something between us and the endpoint answered in its place.
            let what = "what should be /health of the endpoint is not";
            return Err(Failure::new(Reason::Garbled, what));
        }
        if let Some(can) = can {
            *locked(&saving.can) = Some((Instant::now(), can));
        }
        Ok(can.unwrap_or(false))
    }
}

fn not_kept(cause: &io::Error) -> Failure {
    Failure::new(
        Reason::DiskFull,
        format!("what pictures mean cannot be kept in the state folder: {cause}"),
    )
}
