use super::super::texts::ALL;
use super::*;

fn asked(texts: &'static Texts, query: &str) -> Search {
    Search::in_private(7, query, texts)
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn no_reply_keeps_a_placeholder_or_breaks_a_limit() {
    let query = "日".repeat(MAX_QUERY_CHARS);
    let tally = Tally {
        pictures: 3,
        links: 2,
        withheld: 1,
        is_forbidden: false,
    };
    for texts in ALL {
        let search = asked(texts, &query);
        let mut replies = vec![
            help(texts, 5),
            query_needed(texts),
            query_too_long(texts),
            words_only(texts),
            small_talk(texts, SmallTalk::Greeting),
            small_talk(texts, SmallTalk::Thanks),
            private_bot(texts, 7),
            expired(texts),
            slow_down(texts, Duration::from_hours(1)),
            searching(&search),
            waking(&search),
            still_asleep(&search),
            nothing(&search),
            found(&search, tally, Duration::from_millis(1234), Some(10)),
            found(
                &search,
                Tally {
                    withheld: 2,
                    ..Tally::default()
                },
                Duration::ZERO,
                None,
            ),
            that_was_all(&search),
            takes_no_pictures(&search),
            held(&search),
            set_aside(&search),
            internal(&search),
        ];
        replies.extend(Reason::ALL.map(|reason| failed(&search, &Failure::new(reason, ""))));
        for reply in replies {
            assert!(placeholders(&reply.text).is_empty(), "{}", reply.text);
            assert!(reply.text.chars().count() <= 4096);
            let rows = reply.markup["inline_keyboard"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for button in rows.iter().filter_map(Value::as_array).flatten() {
                let data = button["callback_data"].as_str().expect("a button has data");
                assert!((1..=64).contains(&data.len()), "{data}");
            }
        }
        for entry in commands(texts) {
            assert!((1..=256).contains(&entry.description.chars().count()));
        }
    }
}

#[test]
fn the_summary_counts_pictures_and_links() {
    let english = Texts::of(None);
    let summary = |pictures, links| {
        found(
            &asked(english, "bus"),
            Tally {
                pictures,
                links,
                ..Tally::default()
            },
            Duration::from_millis(1234),
            None,
        )
        .text
    };
    assert_eq!(summary(5, 0), "5 pictures for “bus” · 1.2 s");
    assert_eq!(summary(1, 2), "1 picture and 2 links for “bus” · 1.2 s");
    assert_eq!(summary(0, 1), "1 link for “bus” · 1.2 s");
    let none = Tally {
        withheld: 2,
        ..Tally::default()
    };
    let text = found(&asked(english, "bus"), none, Duration::ZERO, None).text;
    assert_eq!(text, "The pictures for “bus” could not be sent.");
}

#[test]
fn a_query_with_braces_is_shown_as_it_is() {
    let english = Texts::of(None);
    assert_eq!(
        searching(&asked(english, "{query} {count}")).text,
        "Searching for “{query} {count}”…"
    );
    let tally = Tally {
        pictures: 2,
        ..Tally::default()
    };
    let text = found(
        &asked(english, "{time}"),
        tally,
        Duration::from_secs(1),
        None,
    )
    .text;
    assert_eq!(text, "2 pictures for “{time}” · 1.0 s");
}

#[test]
fn a_reply_to_our_question_is_recognised() {
    for texts in ALL {
        assert!(is_query_needed(&query_needed(texts).text));
    }
    assert!(!is_query_needed("something else"));
}

#[test]
fn many_links_are_split_into_messages() {
    let url = format!("http://h/{}", "x".repeat(2000));
    let messages = links(Texts::of(None), &[&url, &url, &url]);
    assert_eq!(messages.len(), 3);
    assert!(messages.iter().all(|text| text.len() <= 4096));
    assert_eq!(messages.join("\n").matches("http://h/").count(), 3);
}
