//! Does what is asked for in collected chats, and saves what is posted there.

use serde::Deserialize;

use super::{ChatWorker, SEARCH_SLACK};
use crate::bot::collecting::{Asked, Post, Request, collection_of};
use crate::bot::reply::{self, Reply};
use crate::bot::search_job::{SearchEvent, TurnEnd, failures};
use crate::bot::wanted::Search;
use crate::error::{Error, Kind};
use crate::search::{Failure, Reason};
use crate::telegram::members::ChatMember;
use crate::telegram::request::{Call, get_chat_member};
use crate::telegram::types::User;

impl ChatWorker {
    /// Does what somebody asks about the pictures of a chat.
    pub(super) fn collecting(
        &self,
        search: &Search,
        request: &Request,
    ) -> Result<SearchEvent, Failure> {
        let (chat, texts) = (search.to.chat, search.texts);
        let chats = &self.tools.members.chats;
        let done = |reply: Reply| Ok(SearchEvent::Done(reply, search.edit));
        if let Asked::ForgetWhat = request.what {
            return done(reply::collecting::forget_how(texts));
        }
        let leads = request.leads || self.leads(chat, search.asker)?;
        if let Asked::Forget(key) = &request.what {
            let by = (!leads).then_some(search.asker);
            let count = self.forget_in(chat, |collection| {
                self.tools.search.forget_of(collection, key, by)
            })?;
            return done(match count {
                0 => reply::collecting::not_forgotten(texts),
                count => reply::collecting::forgotten(texts, count),
            });
        }
        if !leads {
            // The message with the button stays for somebody who may press it.
            let said = reply::collecting::not_an_administrator(texts);
            return Ok(SearchEvent::Done(said, None));
        }
        match &request.what {
            Asked::On if !self.can_save()? => done(reply::collecting::cannot_save(texts)),
            Asked::On => {
                let sees = self.sees_posts(chat)?;
                let kept = chats.turn_on(chat, search.asker);
                kept.map_err(|cause| not_kept(&cause))?;
                done(reply::collecting::on(texts, sees))
            }
            Asked::Off => {
                let kept = chats.turn_off(chat);
                kept.map_err(|cause| not_kept(&cause))?;
                done(reply::collecting::off(texts))
            }
            Asked::ForgetAll => done(reply::collecting::forget_all(texts)),
            Asked::SurelyForgetAll => {
                let count = self.forget_chat(chat)?;
                done(reply::collecting::forgotten(texts, count))
            }
            Asked::Forget(_) | Asked::ForgetWhat => Ok(SearchEvent::DoneInSilence),
        }
    }

    /// Forgets all pictures of `chat`, and returns how many there were.
    pub(super) fn forget_chat(&self, chat: i64) -> Result<usize, Failure> {
        let count = self.forget_in(chat, |collection| {
            self.tools.search.forget(collection, None)
        })?;
        let kept = self.tools.members.chats.forgot(chat);
        kept.map_err(|cause| not_kept(&cause))?;
        Ok(count)
    }

    /// Does `forget` in each collection of `chat`.
    fn forget_in(
        &self,
        chat: i64,
        forget: impl Fn(&str) -> Result<usize, Failure>,
    ) -> Result<usize, Failure> {
        if !self.can_save()? {
            return Ok(0);
        }
        let mut count = 0;
        for collection in self.tools.members.chats.to_forget(chat) {
            self.part.within(self.tools.search.timeout() + SEARCH_SLACK);
            count += forget(&collection)?;
        }
        self.tools.file_ids.forget_saved();
        Ok(count)
    }

    /// Whether `user` leads `chat`; not, where Telegram does not say so.
    fn leads(&self, chat: i64, user: i64) -> Result<bool, Failure> {
        if user == chat {
            return Ok(true);
        }
        // A channel or another group that somebody speaks for is no administrator.
        if user < 0 {
            return Ok(false);
        }
        Ok(self.member(chat, user)?.leads())
    }

    /// What Telegram says that `user` is in `chat`; nothing that it does not say.
    fn member(&self, chat: i64, user: i64) -> Result<ChatMember, Failure> {
        match self.send(get_chat_member(chat, user)) {
            Ok(member) => Ok(ChatMember::deserialize(member).unwrap_or_default()),
            Err(error) if matches!(error.kind(), Kind::Rejected | Kind::Blocked) => {
                Ok(ChatMember::default())
            }
            Err(error) => Err(unsaid("who leads the chat", &error)),
        }
    }

    /// Whether Telegram says that `user` is in `chat`; nothing if it does not say that.
    pub(super) fn is_in(&self, chat: i64, user: i64) -> Option<bool> {
        self.member(chat, user).ok().map(|member| member.is_in())
    }

    /// Whether Telegram shows the bot what is posted in `chat`.
    fn sees_posts(&self, chat: i64) -> Result<bool, Failure> {
        let me = self.send(Call::new("getMe"));
        let me = me.map_err(|error| unsaid("what the bot may read", &error))?;
        let me = User::deserialize(me).unwrap_or_default();
        if me.can_read_all_group_messages {
            return Ok(true);
        }
        Ok(self.member(chat, me.id)?.leads())
    }

    /// Saves what was posted, or what is new of it. `failures`: how often that failed before.
    pub(super) fn keep_post(&self, update: i64, post: &Post, failures: u32) -> TurnEnd {
        let kept = self.kept_post(post);
        let Err(failure) = kept else {
            return TurnEnd::Answered;
        };
        let pause = failures::after_saving(&failure, failures);
        let why = if pause.is_some() {
            "waits"
        } else {
            "is not saved"
        };
        if failures <= 1 || pause.is_none() {
            tracing::warn!(
                clip_update_id = update,
                "update {update}: a picture posted in chat {} {why}: {failure}",
                post.chat
            );
        }
        pause.map_or(TurnEnd::GivenUp, TurnEnd::Later)
    }

    fn kept_post(&self, post: &Post) -> Result<(), Failure> {
        let tools = &self.tools;
        if !self.can_save()? {
            return Err(Failure::new(
                Reason::NotSupported,
                "the endpoint saves no pictures",
            ));
        }
        if post.is_edit {
            self.part.within(tools.search.timeout() + SEARCH_SLACK);
            for collection in tools.members.chats.to_forget(post.chat) {
                let (key, words) = (&post.picture.key, &post.picture.caption);
                tools.search.change_caption(&collection, key, words)?;
            }
            return Ok(());
        }
        let collection = collection_of(post.chat);
        self.save(&collection, &post.picture).map(drop)
    }
}

fn unsaid(what: &str, error: &Error) -> Failure {
    let message = format!("Telegram does not say {what}: {}", error.chain());
    Failure::new(Reason::Internal, message)
}

fn not_kept(cause: &std::io::Error) -> Failure {
    Failure::new(
        Reason::DiskFull,
        format!("which chats are collected cannot be kept in the state folder: {cause}"),
    )
}
