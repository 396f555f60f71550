//! English.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    language: "en",
    help: "I find pictures by what they show, with CLIP.\n\nSend /query and a few words, for example:\n\
           /query {query}\n\nIn this chat the words alone will do, too. You get up to {count} pictures.",
    try_button: "Try: {query}",
    example: "a red bus at night",
    query_needed: "What shall I look for? Send /query and a few words, for example: /query {query}",
    query_hint: "a red bus at night",
    query_too_long: "That is too long for me: please use at most {limit} characters.",
    words_only: "I search by words: send me a few, for example: {query}",
    private_bot: "This bot is private. Its owner can let you in; your id is {id}.",
    slow_down: "That was a lot at once. I take the next search in {seconds} s.",
    searching: "Searching for “{query}”…",
    waking: "The search was asleep and is waking up. This takes a minute or two; \
             the pictures for “{query}” will come by themselves.",
    still_asleep: "The search did not wake up in time. Please try “{query}” again later.",
    found: "{pictures} for “{query}” · {seconds} s",
    one_picture: "1 picture",
    many_pictures: "{count} pictures",
    one_link: "1 link",
    many_links: "{count} links",
    and: " and ",
    links: "These could not be sent as pictures:",
    withheld: "The pictures for “{query}” could not be sent.",
    nothing: "Nothing found for “{query}”.",
    busy: "There are too many searches right now. Please try “{query}” again in a minute.",
    unavailable: "The search is not available right now. Please try “{query}” again later.",
    slow: "The search took too long. Please try “{query}” again.",
    refused: "The search does not accept “{query}”. Please try other words.",
    internal: "Something went wrong here. Please try “{query}” again.",
    retry_button: "Retry",
    again_button: "Again",
    expired: "I no longer know what that button was for. Please send /query again.",
    query_command: "Find pictures: /query a red bus at night",
    help_command: "What this bot does",
};
