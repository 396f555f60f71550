//! The store against a plain model of it, and against power cuts, full disks and searches of its files.

use std::collections::BTreeMap;
use std::path::PathBuf;

mod cuts;
mod gone;

use super::ids::ID_DIGITS;
use super::*;
use crate::collection::Search;
use crate::search::Filter;

const DIMENSIONS: usize = 24;
const ROOM: Quota = Quota {
    pictures: 1_000_000,
    bytes: 1_000_000,
};

/// Numbers that look random, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }

    fn vector(&mut self) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..DIMENSIONS)
            .map(|_| f32::from(i16::try_from(self.below(2001)).expect("small") - 1000))
            .collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1.0);
        for x in &mut vector {
            *x /= length;
        }
        vector
    }
}

fn fresh(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("saved-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn open(folder: &Path) -> Saved {
    Saved::open(folder, "model", DIMENSIONS, ROOM).expect("a store")
}

fn id_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Saved(id) | Outcome::Known(id) => id.clone(),
        Outcome::Full(why) => panic!("{why}"),
    }
}

fn found(
    saved: &Saved,
    collection: &str,
    vector: &[f32],
    words: &str,
    limit: usize,
) -> Vec<ScoredPicture> {
    let search = Search {
        vector,
        words,
        language: None,
        filter: &Filter::default(),
        accepts: &|_| true,
        limit,
        threshold: -1.0,
    };
    saved.find(collection, &search).expect("readable")
}

/// What the store should hold: by collection and key, the id, the caption and the vector.
type Model = BTreeMap<(String, String), (String, String, Vec<f32>)>;

/// Looks whether `saved` holds what `model` does, and nothing else.
fn compare(saved: &Saved, model: &Model, chance: &mut Chance) {
    for ((collection, key), (id, caption, vector)) in model {
        assert_eq!(
            saved.with_key(collection, key).expect("readable").as_ref(),
            Some(id)
        );
        let picture = saved.picture(id).expect("readable").expect("saved");
        assert_eq!(
            (&picture.collection, &picture.caption),
            (collection, caption)
        );
        let best = found(saved, collection, vector, "", 1);
        assert_eq!(&best[0].picture.id, id);
        assert!(best[0].score > 0.999);
    }
    for collection in ["a", "b", "c", "never"] {
        let of_it = model.iter().filter(|((name, _), _)| name == collection);
        let mut expected: Vec<&String> = of_it.map(|(_, (id, ..))| id).collect();
        let all = found(saved, collection, &chance.vector(), "", 10_000);
        let mut ids: Vec<&String> = all.iter().map(|found| &found.picture.id).collect();
        assert!(
            all.iter()
                .zip(all.iter().skip(1))
                .all(|(one, next)| one.score >= next.score)
        );
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{collection}");
    }
}

/// One change of a store, made in the model, too.
fn change(saved: &Saved, model: &mut Model, chance: &mut Chance, number: usize) {
    let collection = ["a", "b", "c"][chance.below(3)].to_owned();
    let key = format!("key {}", chance.below(60));
    let place = (collection.clone(), key.clone());
    match chance.below(20) {
        0..=11 => {
            let (caption, vector) = (format!("word{number} and more"), chance.vector());
            let picture = NewPicture {
                collection: &collection,
                key: Some(&key),
                caption: &caption,
                width: 3,
                height: 4,
                content: random().expect("random"),
                vector: &vector,
                ..NewPicture::default()
            };
            let outcome = saved.save(&picture, false).expect("room");
            match (model.get(&place), outcome) {
                (Some((id, ..)), outcome) => assert_eq!(outcome, Outcome::Known(id.clone())),
                (None, Outcome::Saved(id)) => {
                    let named = found(
                        saved,
                        &collection,
                        &chance.vector(),
                        &format!("word{number}"),
                        1,
                    );
                    assert_eq!(named[0].picture.id, id, "by its caption");
                    model.insert(place, (id, caption, vector));
                }
                (None, other) => panic!("{other:?}"),
            }
        }
        12..=14 => {
            let was = model.remove(&place).is_some();
            assert_eq!(
                saved.forget_key(&collection, &key, None).expect("room"),
                was
            );
        }
        15..=17 => {
            let id = model.remove(&place).map(|(id, ..)| id);
            let was = id.is_some();
            let id = id.unwrap_or_else(|| "0".repeat(ID_DIGITS));
            assert_eq!(saved.forget(&id).expect("room"), was);
            assert!(!saved.forget(&id).expect("room"));
        }
        18 if chance.below(7) == 0 => {
            let before = model.len();
            model.retain(|(name, _), _| *name != collection);
            let count = saved.forget_all(&collection).expect("room");
            assert_eq!(count, before - model.len());
        }
        _ => revise(saved, model, chance, &place, number),
    }
}

/// One picture is said to be something else.
fn revise(
    saved: &Saved,
    model: &mut Model,
    chance: &mut Chance,
    place: &(String, String),
    number: usize,
) {
    let (collection, key) = place;
    let caption = format!("word{number} instead");
    let revision = Revision {
        caption: Some(&caption),
        file_id: None,
    };
    let revised = saved.revise(collection, key, &revision).expect("room");
    let known = model.get_mut(place);
    assert_eq!(revised.as_ref(), known.as_ref().map(|(id, ..)| id));
    if let Some((id, old, _)) = known {
        *old = caption;
        let words = format!("word{number}");
        let named = found(saved, collection, &chance.vector(), &words, 1);
        assert_eq!(&named[0].picture.id, id, "by its new caption");
    }
}

/// One step of the life of a store, taken in the model, too.
fn step(saved: &Saved, model: &mut Model, chance: &mut Chance, number: usize) {
    match chance.below(20) {
        0 => saved.checkpoint().expect("room"),
        1 => saved.compact().expect("room"),
        2 => {
            // A collection is written anew while others go on.
            let tag = saved.tag(["a", "b", "c"][chance.below(3)]);
            let copy = saved.begin_copy(tag).expect("room");
            for more in 0..chance.below(8) {
                change(saved, model, chance, 1000 * number + more);
            }
            let Some(mut copy) = copy else { return };
            copy.catch_up().expect("room");
            for more in 0..chance.below(8) {
                change(saved, model, chance, 1000 * number + 500 + more);
            }
            saved.exchange(copy).expect("room");
            compare(saved, model, chance);
        }
        _ => change(saved, model, chance, number),
    }
}

#[test]
fn random_saves_and_forgets_leave_what_a_plain_model_does() {
    for seed in 1..4 {
        let folder = fresh(&format!("model-{seed}"));
        let mut chance = Chance(seed);
        let mut model = Model::new();
        let mut saved = open(&folder);
        for number in 0..150 {
            step(&saved, &mut model, &mut chance, number);
            if chance.below(30) == 0 {
                drop(saved);
                saved = open(&folder);
                compare(&saved, &model, &mut chance);
            }
        }
        compare(&saved, &model, &mut chance);
        drop(saved);
        fs::remove_dir_all(&folder).expect("ours");
    }
}

/// More words than are read at a time: each is found, also where a piece ends.
#[test]
fn the_words_of_many_long_captions_are_all_found() {
    const PICTURES: usize = 300;
    let folder = fresh("words");
    let saved = open(&folder);
    let mut chance = Chance(11);
    let letters = || 'a'..='m';
    let filling = letters().flat_map(|one| letters().map(move |two| format!("{one}{two}")));
    let filling: String = filling
        .map(|start| format!("{start}{} ", "filling".repeat(4)))
        .collect();
    for number in 0..PICTURES {
        let caption = format!("first{number}x {filling} last{number}x");
        let content = u128::try_from(number).expect("small").to_le_bytes();
        let picture = NewPicture {
            collection: "a",
            caption: &caption,
            content,
            vector: &chance.vector(),
            ..NewPicture::default()
        };
        saved.save(&picture, true).expect("room");
    }
    let words = fs::read_dir(saved.folder.join(hex(&saved.tag("a")))).expect("a folder");
    let sizes = words.flatten().filter_map(|file| file.metadata().ok());
    assert!(sizes.map(|about| about.len()).max() > Some(1 << 20));
    let nothing = [0.0; DIMENSIONS];
    // Some, and all around the end of the first piece.
    let mut numbers: Vec<usize> = (0..PICTURES).step_by(20).collect();
    numbers.extend(PICTURES * 11 / 20..PICTURES * 14 / 20);
    for number in numbers {
        for word in [format!("first{number}x"), format!("last{number}x")] {
            let best = found(&saved, "a", &nothing, &format!("\"{word}\""), 1);
            assert!(best[0].picture.caption.contains(&word), "{word}");
        }
    }
    fs::remove_dir_all(&folder).expect("our own folder");
}
