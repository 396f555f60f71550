//! Who may see what, from end to end: people save, post, join, leave, forget and ask in whatever order, and
//! whatever the real bot answers, with the real endpoint behind it, is compared with a plain model of
//! docs/privacy.md. The same sequences each time.

use std::collections::BTreeSet;
use std::time::Instant;

use clip_bot::engine::drawings;
use serde_json::{Value, json};

use crate::saved::Store;
use crate::support::PATIENCE;
use crate::support::process::Program;
use crate::support::stage::{start_bot, without_token};
use crate::support::telegram::{Call, Telegram};

const SEEDS: [u64; 3] = [0x9e37_79b9, 0x51ed_270b, 0xa5a5_1234];
const STEPS: usize = 40;
const ADMIN: i64 = 11;
/// The last is in no chat, ever.
const USERS: [i64; 4] = [21, 22, 23, 24];
const CHATS: [i64; 2] = [-1_000_000_000_701, -1_000_000_000_702];
/// The number before the colon of the bot's token.
const BOT: i64 = 4242;
/// No two of them are near-duplicates.
const DRAWINGS: [&str; 6] = ["bus", "pizza", "dog", "cat", "pear", "bicycle"];
/// In every caption, before the number of the picture.
const WORD: &str = "zephyrine";

/// Numbers that look random, the same for a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).expect("64 bits") % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.roll(of.len())])
    }
}

/// A picture that is saved, in the chat `home`, which may be private.
#[derive(Debug, Clone, Copy)]
struct Picture {
    number: usize,
    drawing: &'static str,
    home: i64,
    by: i64,
    message: i64,
}

/// The rules, as plainly as they can be written.
#[derive(Debug, Default)]
struct Model {
    pictures: Vec<Picture>,
    members: BTreeSet<(i64, i64)>,
}

impl Model {
    /// What may be shown in `chat`, which may be private.
    fn shown_in(&self, chat: i64) -> Vec<Picture> {
        let may = |picture: &&Picture| {
            picture.home == chat || self.members.contains(&(picture.home, chat))
        };
        self.pictures.iter().filter(may).copied().collect()
    }

    fn of(&self, home: i64) -> Vec<Picture> {
        let of = |picture: &&Picture| picture.home == home;
        self.pictures.iter().filter(of).copied().collect()
    }

    fn in_chat(&self, chat: i64) -> Vec<i64> {
        let all = USERS.into_iter().chain([ADMIN]);
        all.filter(|user| self.members.contains(&(chat, *user)))
            .collect()
    }
}

struct World {
    telegram: Telegram,
    store: Store,
    bot: Program,
    model: Model,
    next: usize,
}

impl World {
    fn start(name: &str) -> Self {
        // The folders hold nothing: all that is shown was saved.
        let none = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("who-sees-no-index");
        let none = none.to_str().expect("UTF-8");
        let settings = [("CLIP_SEARCH_INDEX", none), ("CLIP_SEARCH_MIN_SCORE", "-1")];
        let (telegram, store) = (Telegram::start(), Store::start(name, &settings));
        let mut model = Model::default();
        for id in USERS.into_iter().chain([ADMIN]) {
            telegram.api.add_user(id, &format!("U{id}"), "en");
        }
        for (chat, members) in CHATS.into_iter().zip([[ADMIN, 21, 22], [ADMIN, 22, 23]]) {
            let about = json!({"id": chat, "type": "supergroup", "title": "Family"});
            telegram.api.add_chat(&about, &members);
            telegram.api.set_member(BOT, chat, "administrator");
            model.members.extend(members.map(|user| (chat, user)));
        }
        let settings = [
            ("CLIP_BOT_SEARCH_TOKEN", "s3cret-of-the-test"),
            ("CLIP_BOT_RATE", "6000/1m"),
            ("CLIP_BOT_RESULTS", "10"),
            ("CLIP_BOT_LOG", "debug"),
        ];
        let address = format!("http://{}", store.address);
        let bot = start_bot(&telegram.url(), &address, &settings);
        let world = Self {
            telegram,
            store,
            bot,
            model,
            next: 0,
        };
        for chat in CHATS {
            world.say(ADMIN, chat, "/collect", "From now on I keep the pictures");
        }
        for user in USERS {
            world.say(user, user, "/settings", "not chosen yet");
            world.press(user, user, "Keep them", "without a question: Keep them.");
        }
        world
    }

    /// How often something with these words was said to `chat`.
    fn said(&self, chat: i64, words: &str) -> usize {
        let calls = self.telegram.calls();
        let is_it = |call: &&Call| call.chat() == chat && call.text().contains(words);
        calls.iter().filter(is_it).count()
    }

    /// Does `act`, and waits until that made the bot say `words` to `chat`.
    fn until_said(&self, chat: i64, words: &str, act: impl FnOnce()) {
        let before = self.said(chat, words);
        act();
        let is_it = |call: &Call| call.chat() == chat && call.text().contains(words);
        self.telegram.wait_for_many(words, before + 1, is_it);
    }

    fn say(&self, user: i64, chat: i64, text: &str, answer: &str) {
        self.reply(user, chat, text, None, answer);
    }

    fn reply(&self, user: i64, chat: i64, text: &str, to: Option<i64>, answer: &str) {
        self.until_said(chat, answer, || {
            self.telegram.api.say(user, chat, text, to);
        });
    }

    /// Presses the newest button with this label.
    fn press(&self, user: i64, chat: i64, label: &str, answer: &str) {
        let (message, data) = self.telegram.button(chat, label);
        self.until_said(chat, answer, || {
            let pressed = self.telegram.api.press(user, chat, message, &data);
            pressed.expect("it is shown");
        });
    }

    /// `user` sends a picture that is not kept in `home` yet, and it is kept.
    fn save(&mut self, user: i64, home: i64, dice: &mut Dice) {
        let kept: Vec<&str> = self.model.of(home).iter().map(|one| one.drawing).collect();
        let new: Vec<&str> = DRAWINGS
            .into_iter()
            .filter(|name| !kept.contains(name))
            .collect();
        let Some(drawing) = dice.one(&new) else {
            return;
        };
        self.next += 1;
        let caption = format!("{WORD} {}", self.next);
        let post = || {
            let file = drawings::find(drawing).expect("built in").file.to_vec();
            let sent = self.telegram.api.send_picture(user, home, file, &caption);
            sent.expect("a good picture");
        };
        if home == user {
            self.until_said(home, "Saved.", post);
        } else {
            // In silence.
            post();
            let until = Instant::now() + PATIENCE;
            while !self.stored(home).contains(&self.next) {
                assert!(Instant::now() < until, "{caption} is not saved");
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        let shown = self.telegram.api.messages(home);
        let sent = shown.iter().find(|message| message["caption"] == *caption);
        let message = sent.and_then(|message| message["message_id"].as_i64());
        self.model.pictures.push(Picture {
            number: self.next,
            drawing,
            home,
            by: user,
            message: message.expect("it was sent"),
        });
    }

    /// The numbers of what the endpoint has for `home`.
    fn stored(&self, home: i64) -> BTreeSet<usize> {
        let kind = if home < 0 { "chat" } else { "user" };
        let found = format!("query={WORD}&limit=50&collection={kind}:{home}");
        let found = self.store.search(&found);
        found
            .iter()
            .filter_map(|hit| number(&hit["caption"]))
            .collect()
    }

    fn joins_or_leaves(&mut self, user: i64, chat: i64, joins: bool) {
        let status = if joins { "member" } else { "left" };
        self.telegram.api.set_member(user, chat, status);
        if joins {
            self.model.members.insert((chat, user));
        } else {
            self.model.members.remove(&(chat, user));
        }
    }

    /// `user` says in `home` that this picture is to be forgotten.
    fn forget(&mut self, user: i64, picture: Picture) {
        let may = picture.by == user || user == ADMIN;
        let answer = if may {
            "Forgotten."
        } else {
            "somebody else posted it"
        };
        let to = Some(picture.message);
        self.reply(user, picture.home, "/forget", to, answer);
        if may {
            self.forgotten(|one| one.number == picture.number);
        }
    }

    fn forget_all(&mut self, home: i64) {
        if self.model.of(home).is_empty() {
            return;
        }
        let (user, words) = match home {
            ..0 => (ADMIN, "/collect forget"),
            user => (user, "/forget me"),
        };
        self.say(user, home, words, "Shall I forget all pictures");
        self.press(user, home, "Forget all of them", "orgotten");
        self.forgotten(|one| one.home == home);
    }

    fn forgotten(&mut self, is_gone: impl Fn(&Picture) -> bool) {
        self.model.pictures.retain(|one| !is_gone(one));
    }

    /// What an answer in `chat` shows to `user`.
    fn ask(&self, user: i64, chat: i64) -> BTreeSet<usize> {
        let before = self.telegram.calls().len();
        let is_over = |call: &Call| {
            let text = call.text();
            let is_found = text.contains(&format!("for “{WORD}” ·"));
            call.chat() == chat && (is_found || text.starts_with("Nothing found"))
        };
        let calls = self.telegram.calls();
        let answers = calls.iter().filter(|call| is_over(call)).count();
        self.telegram
            .api
            .say(user, chat, &format!("/query {WORD}"), None);
        self.telegram
            .wait_for_many("an answer", answers + 1, is_over);
        let calls = self.telegram.calls();
        let sent = calls[before..].iter().filter(|call| call.chat() == chat);
        let captions = sent.flat_map(|call| {
            let album = call.parameters["media"].as_array().cloned();
            let all = album.unwrap_or_else(|| vec![call.parameters.clone()]);
            all.into_iter().filter_map(|one| number(&one["caption"]))
        });
        captions.collect()
    }

    fn ask_inline(&self, user: i64) -> BTreeSet<usize> {
        let answer = self.telegram.ask_inline(user, WORD);
        let results = answer.parameters["results"].as_array().expect("results");
        results
            .iter()
            .filter_map(|one| number(&one["caption"]))
            .collect()
    }

    /// Compares what `ask` shows with what may be shown in `chat`: nothing else, ever; and all of it, but for a
    /// picture that is the same as another. A machine with much to do may need a second try.
    fn compare(&self, chat: i64, what: &str, ask: impl Fn() -> BTreeSet<usize>) {
        let allowed = self.model.shown_in(chat);
        let drawings = |numbers: &BTreeSet<usize>| -> BTreeSet<&str> {
            let of = allowed.iter().filter(|one| numbers.contains(&one.number));
            of.map(|one| one.drawing).collect()
        };
        let numbers: BTreeSet<usize> = allowed.iter().map(|one| one.number).collect();
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = ask();
            assert!(
                shown.is_subset(&numbers),
                "{what}: {shown:?} of {allowed:?}"
            );
            if drawings(&shown) == drawings(&numbers) {
                return;
            }
            assert!(
                Instant::now() < until,
                "{what}: only {shown:?} of {allowed:?}"
            );
        }
    }

    fn stop(self) {
        let ended = self.bot.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
        let output = without_token(ended);
        let caption = format!("{WORD} 1");
        assert!(!output.contains(&caption), "{caption} in {output}");
        self.store.stop();
    }
}

/// The number behind the word in a caption.
fn number(caption: &Value) -> Option<usize> {
    let words = caption.as_str()?.strip_prefix(WORD)?.trim_start();
    words.split_whitespace().next()?.parse().ok()
}

fn step(world: &mut World, dice: &mut Dice, what: &str) {
    let (user, chat) = (USERS[dice.roll(4)], CHATS[dice.roll(2)]);
    let member = dice
        .one(&world.model.in_chat(chat))
        .expect("the administrator");
    match dice.roll(14) {
        0 | 1 => world.save(user, user, dice),
        2..=4 => world.save(member, chat, dice),
        5 | 6 if user != 24 => {
            let is_in = world.model.members.contains(&(chat, user));
            world.joins_or_leaves(user, chat, !is_in);
        }
        7 => {
            if let Some(picture) = dice.one(&world.model.of(user)) {
                world.forget(user, picture);
            }
        }
        8 => {
            if let Some(picture) = dice.one(&world.model.of(chat)) {
                world.forget(member, picture);
            }
        }
        9 if dice.roll(3) == 0 => world.forget_all(if dice.roll(2) == 0 { user } else { chat }),
        9 | 10 => world.compare(chat, what, || world.ask(member, chat)),
        11 => world.compare(user, what, || world.ask_inline(user)),
        _ => world.compare(user, what, || world.ask(user, user)),
    }
}

fn follow(seed: u64) {
    let mut world = World::start(&format!("who-sees-{seed}"));
    let mut dice = Dice(seed);
    for number in 0..STEPS {
        step(
            &mut world,
            &mut dice,
            &format!("seed {seed}, step {number}"),
        );
    }
    let what = format!("seed {seed}, in the end");
    for user in USERS {
        world.compare(user, &what, || world.ask(user, user));
        world.compare(user, &what, || world.ask_inline(user));
    }
    for home in CHATS.into_iter().chain(USERS) {
        let kept: BTreeSet<usize> = world.model.of(home).iter().map(|one| one.number).collect();
        assert_eq!(world.stored(home), kept, "{what}, of {home}");
    }
    world.stop();
}

#[test]
fn whatever_happens_the_bot_shows_what_the_rules_say() {
    std::thread::scope(|scope| {
        for seed in SEEDS {
            scope.spawn(move || follow(seed));
        }
    });
}
