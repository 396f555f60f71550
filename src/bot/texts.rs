//! What the bot says, per language. `{…}` are filled in by [`super::reply`].

mod en;
mod es;

/// Every sentence in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct Texts {
    /// Language code this is chosen by.
    pub language: &'static str,
    /// `/start` and `/help`; `{count}` pictures come.
    pub help: &'static str,
    /// Button under the help; `{query}` is the example.
    pub try_button: &'static str,
    /// The example query behind that button and in the help.
    pub example: &'static str,
    /// `/query` without words.
    pub query_needed: &'static str,
    /// Placeholder in the input field after that.
    pub query_hint: &'static str,
    /// The query is longer than `{limit}` characters.
    pub query_too_long: &'static str,
    /// A message without words in a private chat.
    pub words_only: &'static str,
    /// To who says hello; `{query}` is the example.
    pub greeting: &'static str,
    /// To who says thank you.
    pub thanks: &'static str,
    /// The user is not on the allow-list; `{id}` is theirs.
    pub private_bot: &'static str,
    /// Nobody owns the bot yet.
    pub unclaimed: &'static str,
    /// To who just claimed the bot.
    pub claimed: &'static str,
    /// To the owner: `{who}` wants to use the bot.
    pub asks: &'static str,
    /// The same in the `{group}`.
    pub asks_in_group: &'static str,
    /// To the owner: `{who}` is served from now on.
    pub let_in: &'static str,
    /// To the owner: `{who}` is not served.
    pub put_out: &'static str,
    /// A person without a name that can be shown.
    pub somebody: &'static str,
    /// To who was let in, above the help.
    pub welcome: &'static str,
    /// To the owner: above the list of guests.
    pub guests: &'static str,
    /// To the owner: the list is empty.
    pub no_guests: &'static str,
    /// Button that lets somebody in.
    pub let_in_button: &'static str,
    /// Button that lets a group in.
    pub let_group_in_button: &'static str,
    /// Button that refuses somebody.
    pub refuse_button: &'static str,
    /// Button that puts a guest out.
    pub put_out_button: &'static str,
    /// The user asks too often; the next search is taken in `{seconds}`.
    pub slow_down: &'static str,
    /// How the words of a `{query}` are called in the sentences below.
    pub quoted: &'static str,
    /// How a picture to search by is called in them.
    pub your_picture: &'static str,
    /// The same with the words beside it.
    pub your_picture_and: &'static str,
    /// That picture is larger than Telegram or the endpoint takes.
    pub picture_too_large: &'static str,
    /// That file is no picture that can be read.
    pub picture_unreadable: &'static str,
    /// The endpoint searches by words only.
    pub no_picture_search: &'static str,
    /// Photos go to a third party: asked once.
    pub agree: &'static str,
    /// Button that allows that.
    pub agree_button: &'static str,
    /// At once, for `{what}`.
    pub searching: &'static str,
    /// The endpoint sleeps and is waking up.
    pub waking: &'static str,
    /// It did not wake up in time.
    pub still_asleep: &'static str,
    /// `{pictures}` for `{what}` in `{time}`, with its unit.
    pub found: &'static str,
    /// One picture.
    pub one_picture: &'static str,
    /// `{count}` pictures.
    pub many_pictures: &'static str,
    /// One link.
    pub one_link: &'static str,
    /// `{count}` links.
    pub many_links: &'static str,
    /// Between pictures and links.
    pub and: &'static str,
    /// Above the links of pictures that could not be sent.
    pub links: &'static str,
    /// No picture for `{what}` could be sent, and their addresses are private.
    pub withheld: &'static str,
    /// Nothing fits `{what}`.
    pub nothing: &'static str,
    /// Button that searches for the words alone, where a time or a place was understood.
    pub words_button: &'static str,
    /// One picture that fits cannot be shown now.
    pub one_away: &'static str,
    /// `{count}` of them.
    pub many_away: &'static str,
    /// After that: the built-in model was asked for photos.
    pub drawings_only: &'static str,
    /// The endpoint or its Space has too much to do.
    pub busy: &'static str,
    /// The endpoint cannot be reached or is broken.
    pub unavailable: &'static str,
    /// The endpoint took too long.
    pub slow: &'static str,
    /// The endpoint did not like the query.
    pub refused: &'static str,
    /// Telegram takes nothing at the moment; the pictures for `{what}` are kept.
    pub held: &'static str,
    /// The search for `{what}` ended the program several times.
    pub set_aside: &'static str,
    /// Our own fault.
    pub internal: &'static str,
    /// Button that repeats a failed search.
    pub retry_button: &'static str,
    /// Button that shows the next page.
    pub more_button: &'static str,
    /// After the last page for `{what}`.
    pub that_was_all: &'static str,
    /// To who presses a button of somebody else's search; at most 200 characters.
    pub not_yours: &'static str,
    /// The chat takes texts and no pictures.
    pub takes_no_pictures: &'static str,
    /// A button whose query is not known any more.
    pub expired: &'static str,
    /// Commands menu: `/query`.
    pub query_command: &'static str,
    /// Commands menu: `/help`.
    pub help_command: &'static str,
}

/// All languages; the first is for everybody whose own is missing.
pub const ALL: [&Texts; 2] = [&en::TEXTS, &es::TEXTS];

impl Texts {
    /// The texts for an IETF language tag such as `es-AR`.
    #[must_use]
    pub fn of(tag: Option<&str>) -> &'static Self {
        let tag = tag.unwrap_or_default().to_ascii_lowercase();
        let primary = tag.split('-').next().unwrap_or_default();
        ALL.into_iter()
            .find(|texts| texts.language == primary)
            .unwrap_or(ALL[0])
    }
}
