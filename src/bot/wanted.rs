//! A search that somebody asked for, how it is called in what is said about it, and its buttons.

use serde::Deserialize;
use serde_json::Value;

use super::button::{Act, Button};
use super::collecting::Asked;
use super::saving::{Choice, NewPicture, Wish, collection_of};
use super::texts::Texts;
use crate::search::{DEFAULT_LIMIT, Language};
use crate::telegram::request::Address;
use crate::telegram::types::{Message, SentPicture};

/// A search that somebody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where the pictures go.
    pub to: Address,
    /// The user who asked, or the chat that somebody asked in its name.
    pub asker: i64,
    /// The words, 1 to [`crate::search::MAX_QUERY_CHARS`] characters, single blanks between them; may be
    /// empty beside a picture.
    pub query: String,
    /// The picture that others are to be like.
    pub picture: Option<SentPicture>,
    /// Whether that is one that we found. Where it is not known yet, it stands in the message that ours
    /// replies to, which Telegram shows us once ours is sent.
    pub is_found: bool,
    /// Who asks has just agreed that photos go to a third party.
    pub agrees: bool,
    /// How many pictures are wanted.
    pub results: usize,
    /// How many better ones were shown before.
    pub offset: usize,
    /// A message of ours to be edited into the acknowledgement, instead of a new one.
    pub edit: Option<i64>,
    /// The message of ours whose button asked for this page; it loses that button.
    pub pressed: Option<i64>,
    /// Chats whose pictures are searched, too: in private as far as who asks is in them.
    pub chats: Vec<i64>,
    /// Nothing else is searched: who asks was not let in.
    pub is_members: bool,
    /// What is asked for before it, or in its place.
    pub wish: Option<Box<Wish>>,
    /// What is said about it.
    pub texts: &'static Texts,
    /// The language of its captions, of more languages than there are texts in.
    pub language: Option<Language>,
}

impl Search {
    /// The first page for `query`.
    #[must_use]
    pub fn for_words(
        to: Address,
        asker: i64,
        query: String,
        results: usize,
        texts: &'static Texts,
    ) -> Self {
        Self {
            to,
            asker,
            query,
            picture: None,
            is_found: false,
            agrees: false,
            results,
            offset: 0,
            edit: None,
            pressed: None,
            chats: Vec::new(),
            is_members: false,
            wish: None,
            texts,
            language: Language::of_tag(texts.language),
        }
    }

    /// The same with captions in `language`, where there are some.
    #[must_use]
    pub fn read_in(mut self, language: Option<Language>) -> Self {
        self.language = language;
        self
    }

    /// The same, among the pictures of `chats`, too.
    #[must_use]
    pub fn among(self, chats: Vec<i64>) -> Self {
        Self { chats, ..self }
    }

    /// The same, of somebody who was not let in: among those pictures alone, and only if they are in one of
    /// the chats.
    #[must_use]
    pub fn as_member(self) -> Self {
        Self {
            is_members: true,
            wish: Some(Box::new(Wish::Enter)),
            ..self
        }
    }

    /// A first page that `user` asks for in private.
    #[must_use]
    pub fn in_private(user: i64, query: &str, texts: &'static Texts) -> Self {
        let to = Address {
            chat: user,
            ..Address::default()
        };
        Self::for_words(to, user, query.to_owned(), DEFAULT_LIMIT, texts)
    }

    /// The same, for pictures like `picture`.
    #[must_use]
    pub fn like(self, picture: SentPicture) -> Self {
        Self {
            picture: Some(picture),
            ..self
        }
    }

    /// Takes the picture out of the message that ours, which was just `sent`, replies to.
    pub fn learn(&mut self, sent: &Value) {
        if self.is_found && self.picture.is_none() {
            let asked = Message::deserialize(&sent["reply_to_message"]);
            self.picture = asked.ok().as_ref().and_then(Message::picture);
        }
    }

    /// The button for pictures like the one in message number `message`; 0: in the button's own.
    #[must_use]
    pub fn similar(&self, message: usize) -> Option<String> {
        self.with_message(Act::Similar, message)
    }

    /// The button that forgets the picture in message number `message`, after one more question.
    #[must_use]
    pub fn forget(&self, message: usize) -> Option<String> {
        self.with_message(Act::ForgetShown, message)
    }

    fn with_message(&self, act: Act, message: usize) -> Option<String> {
        let is_private = self.to.chat == self.asker;
        Button {
            act,
            offset: message,
            owner: (!is_private).then_some(self.asker),
            by_picture: true,
            words: "",
        }
        .data()
    }

    /// The same, unless `picture` is to be saved: what it means, a button says, or what its sender chose.
    #[must_use]
    pub fn of_bare(self, picture: NewPicture, choice: Option<Choice>) -> Self {
        Self {
            wish: Some(Box::new(Wish::Bare {
                picture,
                choice,
                follows: false,
            })),
            ..self
        }
    }

    /// Takes it for one of several pictures of an album that ask one question; whether it has anything to
    /// do beside that.
    pub fn follow(&mut self) -> bool {
        match self.wish.as_deref_mut() {
            Some(Wish::Bare {
                choice: None,
                follows,
                ..
            }) => {
                *follows = true;
                true
            }
            _ => false,
        }
    }

    /// Whether it forgets pictures of a chat, which must not overtake those that are still to be saved.
    #[must_use]
    pub fn forgets_collected(&self) -> bool {
        let wish = self.wish.as_deref();
        matches!(wish, Some(Wish::Collect(request))
            if matches!(request.what, Asked::Forget(_) | Asked::SurelyForgetAll))
    }

    /// The collection of who asks in private, beside the owner's folders.
    #[must_use]
    pub fn own_collection(&self) -> Option<String> {
        (self.to.chat == self.asker).then(|| collection_of(self.asker))
    }

    /// Whether nothing is said before the answer comes: a bare picture asks nothing in words.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let begins = self.is_found && self.offset == 0;
        self.picture.is_some() && self.query.is_empty() && self.edit.is_none() && !begins
    }

    /// What is searched, as it is called in a sentence.
    #[must_use]
    pub fn what(&self) -> String {
        if self.is_found && self.query.is_empty() {
            return self.texts.this_picture.to_owned();
        }
        let template = match (&self.picture, self.query.is_empty()) {
            (None, _) => self.texts.quoted,
            (Some(_), true) => self.texts.your_picture,
            (Some(_), false) => self.texts.your_picture_and,
        };
        template.replace("{query}", &self.query)
    }

    /// Repeats this page.
    #[must_use]
    pub fn retry(&self) -> Option<String> {
        self.button(Act::Retry, self.offset)
    }

    /// Repeats this page, and lets photos go to a third party from now on.
    #[must_use]
    pub fn agree(&self) -> Option<String> {
        self.button(Act::Agree, self.offset)
    }

    /// Shows the page at `offset`.
    #[must_use]
    pub fn more(&self, offset: usize) -> Option<String> {
        self.button(Act::More, offset)
    }

    /// Does `act` with the picture that ours replies to.
    #[must_use]
    pub fn with_picture(&self, act: Act) -> Option<String> {
        Button {
            act,
            offset: 0,
            owner: None,
            by_picture: true,
            words: "",
        }
        .data()
    }

    fn button(&self, act: Act, offset: usize) -> Option<String> {
        let is_private = self.to.chat == self.asker;
        Button {
            act,
            offset,
            owner: (!is_private).then_some(self.asker),
            by_picture: self.picture.is_some() || self.is_found,
            words: &self.query,
        }
        .data()
    }
}
