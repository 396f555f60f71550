use super::*;

fn named(name: &str) -> Vec<String> {
    let mut words = PictureWords::default();
    words.add_name(name);
    words.iter().map(str::to_owned).collect()
}

fn sought(query: &str) -> Vec<String> {
    let words = QueryWords::new(query).words.into_iter();
    words.map(|word| word.text).collect()
}

#[test]
fn names_are_cut_where_people_put_a_seam() {
    for (name, words) in [
        (
            "IMG_20190504_101112",
            &["101112", "20190504", "img", "img20190504101112"][..],
        ),
        (
            "SummerRome-2019",
            &["2019", "rome", "summer", "summerrome2019"],
        ),
        ("HTMLFile", &["file", "html", "htmlfile"]),
        ("DSC01234", &["01234", "dsc", "dsc01234"]),
        ("Plaža São João", &["joao", "plaza", "plazasaojoao", "sao"]),
        ("STRASSE straße", &["strasse", "strassestrasse"]),
        ("Łódź", &["lodz"]),
        ("Йога", &["иога"]),
        ("ＩＭＧ１", &["1", "img", "img1"]),
        (
            "北京旅行2019",
            &["2019", "京旅", "北京", "北京旅行2019", "旅行"],
        ),
        ("東京", &["東京"]),
        ("हिन्दी", &["हिन्दी"]),
        ("İstanbul", &["istanbul"]),
        ("e\u{301}te\u{301}", &["ete"]),
        ("--- …", &[]),
    ] {
        assert_eq!(named(name), words, "{name}");
    }
}

#[test]
fn a_text_is_not_one_word() {
    let mut words = PictureWords::default();
    words.add_text("Our invoice, WiFi 2019");
    let words: Vec<&str> = words.iter().collect();
    assert_eq!(words, ["2019", "fi", "invoice", "our", "wi", "wifi"]);
}

#[test]
fn a_query_is_what_it_says() {
    for (query, words) in [
        ("IMG_2231", &["img", "2231", "img2231"][..]),
        ("img_2231.JPG", &["img", "2231", "img2231"]),
        ("a photo of the Beach", &["beach", "aphotoofthebeach"]),
        ("the", &["the"]),
        ("Rome 2019", &["rome", "2019", "rome2019"]),
        ("?!", &[]),
    ] {
        assert_eq!(sought(query), words, "{query}");
    }
    assert!(QueryWords::new("Rome 2019").has_number);
    assert!(!QueryWords::new("Rome").has_number);
    assert!(sought(&"x y z 1 2 ".repeat(100)).len() <= MAX_QUERY_WORDS);
}

#[test]
fn a_short_word_does_not_stand_for_what_begins_with_it() {
    let beginning = |text: &str| {
        let word = &QueryWords::new(text).words[0];
        let last = word.likenesses().pop().expect("at least itself");
        match last {
            Likeness::Beginning(_, most, _) => most,
            Likeness::Word(..) => 0,
        }
    };
    assert_eq!(beginning("cat"), 0);
    assert_eq!(beginning("rome"), 7);
    assert_eq!(beginning("hochzeit"), MAX_WORD);
    assert_eq!(beginning("2019"), MAX_WORD);
    assert_eq!(beginning("201"), 0);
    assert_eq!(beginning("北京旅行"), 0);
}

#[test]
fn nothing_is_kept_without_end() {
    assert_eq!(named(&"é".repeat(500)), ["e".repeat(MAX_WORD)]);
    let many: String = (0..1000).map(|number| format!("{number} ")).collect();
    assert!(named(&many).len() <= MAX_WORDS);
}
