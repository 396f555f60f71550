use std::collections::{BTreeMap, BTreeSet};

use half::f16;

use super::*;
use crate::picture::decode;
use crate::search::Filter;
use clip::Encoder;
use clip::kernel::scan::STRIDE;

const NONSENSE: &str = include_str!("../../../models/sample/judge/nonsense.tsv");
const ANSWERABLE: &str = include_str!("../../../models/sample/judge/answerable.tsv");

/// With `UPDATE=1` in the environment it writes the vectors anew, for a new model.
#[test]
fn the_vectors_are_those_of_the_model() {
    let model = model().expect("a sound model");
    let vector = |picture: &Drawing| {
        let picture = decode(picture.file).expect("a picture");
        model.encode_picture(&picture).expect("a vector")
    };
    if std::env::var_os("UPDATE").is_some() {
        let numbers = drawings::all().iter().flat_map(vector);
        let halves = numbers.map(|x| f16::from_f32(x).to_le_bytes());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/sample/drawings.f16");
        std::fs::write(path, halves.collect::<Vec<_>>().concat()).expect("our own folder");
        return;
    }
    assert_eq!(model.dimensions() % STRIDE, 0);
    let rows = rows(model.dimensions());
    assert_eq!(rows.len(), drawings::all().len());
    // All of them take minutes without optimisation.
    for (row, picture) in rows.zip(drawings::all()).step_by(60) {
        let query = ScanQuery::new(&vector(picture), model.dimensions());
        let likeness = Isa::detect().dot_f16(row, &query);
        assert!(likeness > 0.999, "{}: {likeness}", picture.id);
    }
}

/// Whether one of the first `many` drawings that `text` finds is `right`.
fn finds(model: &Model, text: &str, many: usize, right: impl Fn(&Drawing) -> bool) -> bool {
    let vector = model.encode_text(text).expect("a vector");
    is_near(model, &vector, many, right)
}

/// The same of `vector`.
fn is_near(model: &Model, vector: &[f32], many: usize, right: impl Fn(&Drawing) -> bool) -> bool {
    let drawings = Drawings::new(model.name());
    let found = drawings.search(vector, many, -1.0).expect("in memory");
    let mut found = found
        .iter()
        .filter_map(|found| drawings::find(&found.record.id));
    found.any(right)
}

#[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
fn ratio(part: usize, all: usize) -> f64 {
    part as f64 / all as f64
}

/// The share of `texts` for which `is_found`; of all of them with `CLIP_SAMPLE_ALL=1` in the
/// environment, which takes minutes without optimisation.
fn share(what: &str, texts: &BTreeSet<String>, is_found: impl Fn(&str) -> bool) -> f64 {
    let step = match std::env::var_os("CLIP_SAMPLE_ALL") {
        Some(_) => 1,
        None => texts.len() / 30,
    };
    let asked: Vec<&String> = texts.iter().step_by(step).collect();
    let found = asked.iter().filter(|text| is_found(text)).count();
    let share = ratio(found, asked.len());
    println!("{what}: {share:.3} of {}", asked.len());
    share
}

/// All words and phrases that `text` separates by `|`, or a language by blanks.
fn parts(text: &str, language: Language) -> impl Iterator<Item = String> {
    let is_blank = matches!(language, Language::En | Language::Es);
    let parts = text.split(move |c| c == '|' || is_blank && c == ' ');
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase)
}

#[test]
fn names_and_keywords_of_every_language_find_what_has_them() {
    let model = model().expect("a sound model");
    for language in Language::ALL {
        let words = |picture: &Drawing| picture.words[language.place()];
        let names = |picture: &Drawing| {
            let names = words(picture).names.split('|');
            names.map(str::to_lowercase).collect::<Vec<_>>()
        };
        let all_names = drawings::all().iter().flat_map(names).collect();
        let what = format!("name in {}, first five", language.tag());
        let by_name = share(&what, &all_names, |text| {
            finds(&model, text, 5, |picture| {
                names(picture).contains(&text.to_owned())
            })
        });
        let has = |picture: &Drawing, word: &str| {
            let mut all = parts(words(picture).keywords, language).chain(names(picture));
            all.any(|known| known == word || known.split(' ').any(|part| part == word))
        };
        let keywords = |picture| parts(words(picture).keywords, language);
        let all_keywords = drawings::all().iter().flat_map(keywords).collect();
        let what = format!("keyword in {}, first five", language.tag());
        let by_keyword = share(&what, &all_keywords, |word| {
            finds(&model, word, 5, |picture| has(picture, word))
        });
        assert!(by_name >= 0.9 && by_keyword >= 0.8, "{language:?}");
    }
}

/// What a search for `text` shows first.
fn shown(model: &Model, text: &str, language: Option<Language>) -> Vec<String> {
    let found = found(model, text, language, 5).into_iter();
    found.map(|found| found.record.caption).collect()
}

fn found(model: &Model, text: &str, language: Option<Language>, limit: usize) -> Vec<ScoredRecord> {
    let vector = model.encode_text(text).expect("a vector");
    found_by(model, &vector, text, language, limit)
}

fn found_by(
    model: &Model,
    vector: &[f32],
    text: &str,
    language: Option<Language>,
    limit: usize,
) -> Vec<ScoredRecord> {
    let found = Drawings::new(model.name()).find(&Search {
        vector,
        words: text,
        language,
        filter: &Filter::default(),
        accepts: &|_| true,
        limit,
        threshold: MIN_SCORE,
    });
    found.expect("in memory")
}

/// `models/sample/judge/translations.tsv`: of the ten drawings that each translation shows first, how many
/// does the English question show among its first ten?
#[test]
fn a_question_shows_in_any_language_what_it_shows_in_english() {
    let model = model().expect("a sound model");
    let best = |text, language| -> BTreeSet<String> {
        let found = found(&model, text, language, 10).into_iter();
        found.map(|found| found.record.id).collect()
    };
    let translations = include_str!("../../../models/sample/judge/translations.tsv");
    let mut shares = Vec::new();
    let mut english = BTreeSet::new();
    for line in translations.lines().filter(|line| !line.starts_with('#')) {
        let (tag, question) = line.split_once('\t').expect("two fields");
        let language = Language::ALL.into_iter().find(|l| l.tag() == tag);
        let found = best(question, Some(language.expect("one of ours")));
        if tag == "en" {
            english = found;
            continue;
        }
        let same = found.intersection(&english).count();
        println!(
            "{question}: {same} of {} and {}",
            found.len(),
            english.len()
        );
        shares.push(ratio(same, found.len().max(english.len())));
    }
    assert!(shares.len() == 27 && shares.iter().all(|share| *share >= 0.6));
}

#[test]
fn questions_are_answered_and_nonsense_is_not() {
    let model = model().expect("a sound model");
    let answered = |texts: &str| {
        let is_answered = |text: &&str| !shown(&model, text, None).is_empty();
        assert_eq!(texts.lines().count(), 100);
        texts.lines().filter(is_answered).count()
    };
    let nonsense = answered(include_str!("../../../models/sample/nonsense.txt"));
    let answerable = answered(include_str!("../../../models/sample/answerable.txt"));
    println!("answered: {nonsense} of the nonsense, {answerable} of the questions");
    assert!(
        nonsense <= 10 && answerable >= 90,
        "{nonsense}, {answerable}"
    );
}

/// `models/sample/judge/{nonsense,answerable}.tsv`, on which nothing was tuned: each question as somebody
/// asks it whose language is known, and as somebody whose is not.
#[test]
fn most_questions_of_any_language_are_answered_and_little_nonsense() {
    let model = model().expect("a sound model");
    let answered = |texts: &str, is_known: bool| {
        let questions = texts.lines().filter(|line| !line.starts_with('#'));
        let mut all: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for line in questions {
            let (tag, question) = line.split_once('\t').expect("two fields");
            let language = Language::ALL.into_iter().find(|l| l.tag() == tag);
            assert!(language.is_some(), "{line}");
            let shown = shown(&model, question, language.filter(|_| is_known));
            println!("{is_known} {line}: {shown:?}");
            let (asked, answered) = all.entry(tag).or_default();
            *asked += 1;
            *answered += usize::from(!shown.is_empty());
        }
        println!("answered: {all:?}");
        assert!(all.len() == Language::ALL.len() && all.values().all(|(asked, _)| *asked == 10));
        all.values().map(|(_, answered)| answered).sum::<usize>()
    };
    for is_known in [true, false] {
        let nonsense = answered(NONSENSE, is_known);
        let answerable = answered(ANSWERABLE, is_known);
        println!(
            "language known: {is_known}; answered: {nonsense} of the nonsense, {answerable} of the questions"
        );
        assert!(nonsense <= 10 && answerable >= 90);
    }
}

#[test]
fn the_first_look_is_right_in_any_language_and_captions_are_in_the_readers() {
    let model = model().expect("a sound model");
    for (text, language, first) in [
        ("dog", None, "dog"),
        ("perro", Some(Language::Es), "perro"),
        ("Hund", Some(Language::De), "Hund"),
        ("Hund", Some(Language::Ru), "собака"),
        ("собака", None, "dog"),
        ("狗", Some(Language::Zh), "狗"),
        ("イヌ", Some(Language::En), "dog"),
        // What the bot offers to try.
        ("a red bus at night", Some(Language::En), "bus"),
        ("un autobús rojo de noche", Some(Language::Es), "autobús"),
    ] {
        let shown = shown(&model, text, language);
        assert_eq!(
            shown.first().map(String::as_str),
            Some(first),
            "{text}: {shown:?}"
        );
    }
    assert_eq!(shown(&model, "qwertyuiop", None), [""; 0]);
}

/// Of `questions`, a line each with the ids that are right at its end: how many were asked, shown, right,
/// left without a right picture, and right at once.
fn judged(model: &Model, questions: &str) -> [usize; 5] {
    let mut counts = [0; 5];
    for line in questions.lines().filter(|line| !line.starts_with('#')) {
        let (question, patterns) = line.rsplit_once('\t').expect("two fields");
        let question = question.rsplit('\t').next().expect("a field");
        // English captions, whose ids are known.
        let shown = shown(model, question, None);
        let is_right = |caption: &String| {
            let mut all = drawings::all().iter();
            let picture = all.find(|drawing| drawing.name(Language::En) == *caption);
            let id = picture.expect("one of ours").id;
            let mut patterns = patterns.split(' ');
            patterns.any(|pattern| drawings::matches(pattern, id))
        };
        let good = shown.iter().filter(|caption| is_right(caption)).count();
        if good < shown.len() {
            println!("{question}: {good} of {shown:?}");
        }
        let is_first = shown.first().is_some_and(is_right);
        let found = [
            1,
            shown.len(),
            good,
            usize::from(good == 0),
            is_first.into(),
        ];
        counts
            .iter_mut()
            .zip(found)
            .for_each(|(sum, new)| *sum += new);
    }
    counts
}

/// `models/sample/judge/questions.tsv`; the other lists, on which the ranking was tuned, are told.
#[test]
fn what_is_shown_for_the_judges_questions_is_right() {
    let model = model().expect("a sound model");
    let told = |name, questions| {
        let counts = judged(&model, questions);
        println!("{name}: asked, shown, right, without a right one, first is right: {counts:?}");
        counts
    };
    let tuning = include_str!("../../../models/sample/judge/tuning.tsv");
    told("tuning", tuning);
    told(
        "phrases",
        include_str!("../../../models/sample/phrases.tsv"),
    );
    let questions = include_str!("../../../models/sample/judge/questions.tsv");
    let [asked, all, right, without, _] = told("questions", questions);
    assert_eq!(without, 0);
    assert!(asked >= 40 && all * 10 >= asked * 35 && right * 100 >= all * 85);
}

/// `models/sample/judge/phrases.tsv`: for how many of a language's thirty phrases is a right drawing among the
/// first five by the vectors alone, and among those that are shown? How many are not answered at all?
#[test]
fn some_of_the_phrases_never_seen_find_a_right_picture_in_any_language() {
    let model = model().expect("a sound model");
    let phrases = include_str!("../../../models/sample/judge/phrases.tsv");
    let mut right = "";
    let mut counts = BTreeMap::<&str, [usize; 4]>::new();
    for line in phrases.lines().filter(|line| !line.starts_with('#')) {
        let (tag, phrase) = line.split_once('\t').expect("two fields");
        if tag == "right" {
            right = phrase;
            continue;
        }
        let is_right = |id: &str| {
            let mut patterns = right.split(' ');
            patterns.any(|pattern| drawings::matches(pattern, id))
        };
        let vector = model.encode_text(phrase).expect("a vector");
        let near = is_near(&model, &vector, 5, |picture| is_right(picture.id));
        let shown = found_by(&model, &vector, phrase, Language::of_tag(tag), 5);
        let seen = shown.iter().any(|found| is_right(&found.record.id));
        let counted = [1, near.into(), seen.into(), shown.is_empty().into()];
        let sums = counts.entry(tag).or_default();
        sums.iter_mut().zip(counted).for_each(|(sum, x)| *sum += x);
    }
    println!("asked, right by vectors, right as shown, not answered: {counts:?}");
    assert_eq!(counts.len(), Language::ALL.len());
    assert!(counts.values().all(|sums| sums[0] == 30));
    // What is wanted by vectors alone, and as shown what was measured, but for some phrases.
    let total = |at: usize| counts.values().map(|sums| sums[at]).sum::<usize>();
    assert!(total(1) >= 180 && total(2) >= 145, "{counts:?}");
}
