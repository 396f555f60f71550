use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::*;

#[test]
fn telegrams_word_counts_for_a_minute_unless_something_changes() {
    let mut known = Memberships::default();
    let now = Instant::now();
    let ask = |known: &mut Memberships, at| match known.word(-5, 7, at) {
        Word::Ask(question) => question,
        Word::Known(is_in) => panic!("{is_in} is known"),
    };
    let question = ask(&mut known, now);
    assert!(known.told(question, Some(true)));
    let late = now + MAX_AGE.saturating_sub(Duration::from_secs(1));
    assert_eq!(known.word(-5, 7, late), Word::Known(true));
    assert_eq!(ask(&mut known, now + MAX_AGE).user, 7);
    let question = ask(&mut known, now + MAX_AGE);
    assert!(!known.told(question, None), "unsure");
    let question = ask(&mut known, now + MAX_AGE);
    known.changed(-5, 7);
    assert!(
        !known.told(question, Some(true)),
        "it is older than the change"
    );
    let question = ask(&mut known, now + MAX_AGE);
    assert!(!known.told(question, Some(false)));
    assert_eq!(known.word(-5, 7, now + MAX_AGE), Word::Known(false));
    known.left(-5);
    ask(&mut known, now + MAX_AGE);
}

/// Numbers that look random, the same for a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % sides).expect("small")
    }
}

/// The rules, as plainly as they can be written: who is where, and what each chat's pictures are.
#[derive(Default)]
struct Model {
    members: BTreeSet<(i64, i64)>,
    removed: BTreeSet<i64>,
    pictures: BTreeMap<String, BTreeSet<i64>>,
}

impl Model {
    fn sees(&self, user: i64, chats: &[i64]) -> BTreeSet<i64> {
        let is_in =
            |chat: &&i64| self.members.contains(&(**chat, user)) && !self.removed.contains(*chat);
        let seen = chats.iter().filter(is_in);
        let of_chat = |chat: &i64| {
            let own = self.pictures.get(&format!("chat:{chat}"));
            own.cloned().unwrap_or_default()
        };
        seen.flat_map(of_chat).collect()
    }
}

/// Whatever is saved, joined, left, forgotten and asked, in whatever order: who asks sees the pictures of
/// the chats they are in, and no others; also where Telegram now and then says nothing.
#[test]
fn nobody_sees_more_than_the_rules_say() {
    for seed in 1..300 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let all = [-1, -2, -3];
        let chats = Arc::new(Chats::default());
        for chat in all {
            chats.turn_on(chat, 7).expect("no disk");
        }
        let members = Members::new(Arc::clone(&chats));
        let mut model = Model::default();
        for step in 0..200 {
            let (chat, user) = (-1 - dice.roll(3), 10 + dice.roll(4));
            match dice.roll(8) {
                0 | 1 => {
                    model.members.insert((chat, user));
                    members.changed(chat, user);
                }
                2 => {
                    model.members.remove(&(chat, user));
                    members.changed(chat, user);
                }
                3 => {
                    let own = model.pictures.entry(format!("chat:{chat}"));
                    own.or_default().insert(step);
                }
                4 => drop(model.pictures.remove(&format!("chat:{chat}"))),
                5 => {
                    let is_in = model.removed.remove(&chat);
                    if !is_in {
                        model.removed.insert(chat);
                    }
                    let now = SystemTime::now();
                    chats.is_in(chat, is_in, now).expect("no disk");
                    members.left(chat);
                }
                _ => {
                    let is_silent = dice.roll(5) == 0;
                    let seen = members.seen_by(user, &all, 20, |chat, user| {
                        (!is_silent).then(|| model.members.contains(&(chat, user)))
                    });
                    let found: BTreeSet<i64> = seen
                        .iter()
                        .flat_map(|name| model.pictures.get(name).cloned().unwrap_or_default())
                        .collect();
                    let allowed = model.sees(user, &all);
                    assert!(
                        found.is_subset(&allowed),
                        "{seed}, {step}: {found:?} of {allowed:?}"
                    );
                    assert!(is_silent || found == allowed, "{seed}, {step}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn a_change_while_telegram_answers_counts() {
    let chats = Arc::new(Chats::default());
    chats.turn_on(-5, 7).expect("no disk");
    let members = Members::new(chats);
    let seen = members.seen_by(8, &[-5], 20, |chat, user| {
        members.changed(chat, user);
        Some(true)
    });
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(
        members.seen_by(8, &[-5], 20, |_, _| Some(true)),
        ["chat:-5"]
    );
    assert!(members.seen_by(8, &[-5], 0, |_, _| Some(true)).is_empty());
    assert!(members.seen_by(9, &[-5], 20, |_, _| None).is_empty());
}
