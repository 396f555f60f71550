//! What the bot says, per language. `{…}` are filled in by [`super::reply`].

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod plural;
mod pt;
mod ru;
mod times;
mod uk;
mod zh;

pub use plural::Forms;

use crate::search::Language;

/// Defines [`Texts`] with these sentences beside what is counted.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Every sentence in one language.
        #[derive(Debug, PartialEq, Eq)]
        pub struct Texts {
            /// Language code this is chosen by.
            pub language: &'static str,
            /// So many pictures.
            pub pictures: Forms,
            /// So many links.
            pub links_sent: Forms,
            /// So many pictures that fit cannot be shown now.
            pub away: Forms,
            /// So many pictures were saved.
            pub saved: Forms,
            /// So many pictures were saved before.
            pub known: Forms,
            /// So many pictures were forgotten.
            pub forgotten: Forms,
            $($(#[$doc])* pub $name: &'static str,)*
        }

        #[cfg(test)]
        impl Texts {
            /// Each sentence with its name.
            pub(super) fn sentences(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

texts! {
    /// `/start` and `/help`; up to `{pictures}` come.
    help,
    /// Button under the help; `{query}` is the example.
    try_button,
    /// The example query behind that button, in the help and in the input field; 1 to 64 characters.
    example,
    /// `/query` without words.
    query_needed,
    /// The query is longer than `{limit}` characters.
    query_too_long,
    /// A message without words in a private chat.
    words_only,
    /// To who says hello; `{query}` is the example.
    greeting,
    /// To who says thank you.
    thanks,
    /// The user is not on the allow-list; `{id}` is theirs.
    private_bot,
    /// Nobody owns the bot yet.
    unclaimed,
    /// To who just claimed the bot.
    claimed,
    /// To the owner: `{who}` wants to use the bot.
    asks,
    /// The same in the `{group}`.
    asks_in_group,
    /// To the owner: `{who}` is served from now on.
    let_in,
    /// To the owner: `{who}` is not served.
    put_out,
    /// A person without a name that can be shown.
    somebody,
    /// To who was let in, above the help.
    welcome,
    /// To the owner: above the list of guests.
    guests,
    /// To the owner: the list is empty.
    no_guests,
    /// Button that lets somebody in.
    let_in_button,
    /// Button that lets a group in.
    let_group_in_button,
    /// Button that refuses somebody.
    refuse_button,
    /// Button that puts a guest out.
    put_out_button,
    /// The user asks too often; the next search is taken in `{seconds}`.
    slow_down,
    /// How the words of a `{query}` are called in the sentences below.
    quoted,
    /// How a picture to search by is called in them.
    your_picture,
    /// The same with the words beside it.
    your_picture_and,
    /// That picture is larger than Telegram or the endpoint takes.
    picture_too_large,
    /// That file is no picture that can be read.
    picture_unreadable,
    /// The endpoint searches by words only.
    no_picture_search,
    /// Photos go to a third party: asked once.
    agree,
    /// Button that allows that.
    agree_button,
    /// At once, for `{what}`.
    searching,
    /// The endpoint sleeps and is waking up.
    waking,
    /// It did not wake up in time.
    still_asleep,
    /// `{pictures}` for `{what}` in `{time}`, with its unit.
    found,
    /// Between pictures and links.
    and,
    /// Above the links of pictures that could not be sent.
    links,
    /// No picture for `{what}` could be sent, and their addresses are private.
    withheld,
    /// Nothing fits `{what}`.
    nothing,
    /// Button that searches for the words alone, where a time or a place was understood.
    words_button,
    /// After that: the built-in model was asked for photos.
    drawings_only,
    /// The endpoint or its Space has too much to do.
    busy,
    /// The endpoint cannot be reached or is broken.
    unavailable,
    /// The endpoint took too long.
    slow,
    /// The endpoint did not like the query.
    refused,
    /// Telegram takes nothing at the moment; the pictures for `{what}` are kept.
    held,
    /// The search for `{what}` ended the program several times.
    set_aside,
    /// Our own fault.
    internal,
    /// Button that repeats a failed search.
    retry_button,
    /// Button that shows the next page.
    more_button,
    /// Button above inline results that leads to the chat with the bot.
    inline_button,
    /// Button that searches for pictures like one that was found; a number may follow.
    similar_button,
    /// How a picture that was found is called, in place of `your_picture`.
    this_picture,
    /// After the last page for `{what}`.
    that_was_all,
    /// To who presses a button of somebody else's search; at most 200 characters.
    not_yours,
    /// The chat takes texts and no pictures.
    takes_no_pictures,
    /// A button whose query is not known any more.
    expired,
    /// Commands menu: `/query`.
    query_command,
    /// Commands menu: `/help`.
    help_command,
    /// Commands menu of the owner: `/users`.
    users_command,
    /// Commands menu of the owner: `/stats`.
    stats_command,
    /// Commands menu of the owner: `/rate`.
    rate_command,
    /// What a chat with the bot shows before its first message; at most 512 characters.
    description,
    /// What the bot's profile shows; at most 120 characters.
    short_description,
    /// A `{time}` in seconds.
    seconds,
    /// A `{time}` in milliseconds.
    milliseconds,
    /// A `{time}` in minutes.
    minutes,
    /// A `{time}` in hours.
    hours,
    /// A `{time}` in days.
    days,
    /// Between the whole and the tenths of a number.
    decimal,
    /// Behind a guest: let in on this `{date}`.
    since,
    /// Below the list of guests: `{ids}` that the settings serve.
    listed,
    /// Below the list of guests: the settings serve everyone.
    everyone,
    /// To the owner: `{who}` may search at this `{rate}`.
    rate_of,
    /// A rate that is no limit.
    no_limit,
    /// To the owner: how `/rate` is written; `{rate}` is the one for everybody.
    rate_usage,
    /// `/stats`: version and time since the start.
    stats_running,
    /// `/stats`: how many searches there were.
    stats_searches,
    /// `/stats`: within which time half of the answers came, and 95 of 100.
    stats_times,
    /// `/stats`: the searches that failed today, each kind with its number.
    stats_failures,
    /// `/stats`: what answers the searches, and how it is.
    stats_endpoint,
    /// The endpoint can search.
    endpoint_ready,
    /// The endpoint answers and cannot search, for this reason.
    endpoint_not_ready,
    /// The endpoint does not answer.
    endpoint_away,
    /// To who sends a picture for the first time: what that is to mean.
    save_or_find,
    /// Button, and choice: pictures are saved.
    save_button,
    /// Button, and choice: pictures are searched by.
    find_button,
    /// A picture is saved as soon as the endpoint is there again.
    save_waits,
    /// No more pictures can be saved.
    collection_full,
    /// A picture was not saved.
    not_saved,
    /// Button that forgets a picture.
    forget_button,
    /// There is nothing to forget.
    was_not_saved,
    /// `/forget` without a picture.
    forget_how,
    /// One of several pictures is to be forgotten: asks once more.
    forget_this,
    /// `/forget me`: asks once more.
    forget_all,
    /// Button that forgets everything.
    forget_all_button,
    /// No choice was made.
    not_chosen,
    /// `/settings`; the `{choice}` is one of the above.
    settings,
    /// In the menu: `/settings`.
    settings_command,
    /// In the menu: `/forget`.
    forget_command,
    /// In the menu: `/collect`.
    collect_command,
    /// `/collect`: what is posted is saved from now on.
    collect_on,
    /// The same, where Telegram does not show the bot what is posted.
    collect_blind,
    /// `/collect off`.
    collect_off,
    /// `/collect forget`: asks once more.
    collect_forget,
    /// Only an administrator may ask for that.
    collect_admins,
    /// The endpoint saves no pictures.
    collect_unable,
    /// `/collect` in private.
    collect_where,
    /// The owner has not let the chat in.
    collect_not_let_in,
    /// `/forget` without a picture, in a group.
    collect_forget_how,
    /// The picture is not there, or somebody else posted it.
    collect_not_forgotten,
    /// Something did not work.
    not_done,
}

/// All languages, in the order of [`Language::ALL`]; the first is for everybody whose own is missing.
pub const ALL: [&Texts; Language::ALL.len()] = [
    &en::TEXTS,
    &es::TEXTS,
    &de::TEXTS,
    &fr::TEXTS,
    &it::TEXTS,
    &pt::TEXTS,
    &ru::TEXTS,
    &uk::TEXTS,
    &zh::TEXTS,
    &ja::TEXTS,
];

impl Texts {
    /// The texts for an IETF language tag such as `es-AR` or `zh-hans`.
    #[must_use]
    pub fn of(tag: Option<&str>) -> &'static Self {
        let language = tag.and_then(Language::of_tag);
        ALL[language.map_or(0, Language::place)]
    }
}

#[cfg(test)]
mod tests;
