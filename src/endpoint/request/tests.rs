//! How requests are read.

use super::super::test_headers as headers;
use super::*;

/// Those in the part of an address behind `?`.
fn parse(raw: Option<&str>) -> Result<Parameters, Failure> {
    Parameters::from_fields(&Fields::parse(raw.unwrap_or_default()))
}

#[test]
fn parameters_are_decoded_and_bounded() {
    let parsed = parse(Some(
        "x=%ff&query=red+b%C3%BAs%2B&limit=50&offset=7&details=true&lang=es-AR",
    ));
    let expected = Parameters {
        query: Some("red bús+".into()),
        limit: 50,
        offset: 7,
        details: true,
        filter: Filter::default(),
        language: Some(Language::Es),
    };
    assert_eq!(parsed, Ok(expected));
    let nothing = parse(None).expect("all have defaults");
    assert_eq!((nothing.query, nothing.limit, nothing.offset), (None, 5, 0));
    let first = parse(Some("query=a&query=b&%71uery=c")).expect("good");
    assert_eq!((first.query.as_deref(), first.details), (Some("a"), false));
    let encoded = parse(Some("%71uery=c")).expect("good");
    assert_eq!(encoded.query.as_deref(), Some("c"));
}

#[test]
fn a_width_is_optional_and_bounded() {
    assert_eq!(width(None), Ok(None));
    assert_eq!(width(Some("w=320&x=1")), Ok(Some(320)));
    for wrong in ["w=15", "w=2049", "w=", "w=-1", "w=1e3"] {
        let failure = width(Some(wrong)).expect_err(wrong);
        assert!(
            failure
                .message
                .contains("w must be a whole number from 16 to 2048")
        );
    }
}

#[test]
fn wrong_parameters_are_named() {
    let table = [
        ("query=%ff", "query is not UTF-8"),
        ("query=%C3", "query is not UTF-8"),
        ("limit=0", "limit must be a whole number from 1 to 50"),
        ("limit=51", "from 1 to 50"),
        ("limit=", "limit must be"),
        ("limit=five", "limit must be"),
        ("limit=%2B5", "limit must be"),
        ("limit=5.0", "limit must be"),
        ("limit=99999999999999999999", "limit must be"),
        ("offset=-1", "offset must be a whole number from 0"),
        ("offset=1000001", "offset must be"),
        ("offset=%ff", "offset is not UTF-8"),
    ];
    for (raw, part) in table {
        let failure = parse(Some(raw)).expect_err(raw);
        assert_eq!(failure.reason, Reason::BadQuery, "{raw}");
        assert!(failure.message.contains(part), "{raw}: {}", failure.message);
    }
}

#[test]
fn only_the_whole_token_is_known() {
    let token = Secret::new("s3cret");
    let table = [
        ("Bearer s3cret", Authentication::Accepted),
        ("bearer  s3cret", Authentication::Accepted),
        ("Bearer s3cre", Authentication::Wrong),
        ("Bearer ", Authentication::Missing),
        ("Bearer x", Authentication::Wrong),
        ("Basic s3cret", Authentication::Missing),
        ("s3cret", Authentication::Missing),
        ("", Authentication::Missing),
    ];
    for (value, expected) in table {
        let headers = headers(&[("authorization", value.trim_end())]);
        assert_eq!(authenticate(&headers, Some(&token)), expected, "{value:?}");
    }
    assert_eq!(
        authenticate(&HeaderMap::new(), Some(&token)),
        Authentication::Missing
    );
    assert_eq!(
        authenticate(&HeaderMap::new(), None),
        Authentication::Accepted
    );
}

#[test]
fn yes_and_no_are_taken_in_the_usual_words() {
    for (value, expected) in [
        ("true", true),
        ("True", true),
        ("TRUE", true),
        ("1", true),
        ("yes", true),
        ("Yes", true),
        ("on", true),
        ("ON", true),
        ("false", false),
        ("False", false),
        ("0", false),
        ("no", false),
        ("off", false),
    ] {
        let parsed = parse(Some(&format!("details={value}"))).expect(value);
        assert_eq!(parsed.details, expected, "{value}");
    }
    for value in ["", "2", "y", "truee", "%ff", "+true"] {
        let failure = parse(Some(&format!("details={value}"))).expect_err(value);
        assert_eq!(failure.reason, Reason::BadQuery, "{value}");
    }
    let failure = parse(Some("details=maybe")).expect_err("neither");
    let words = "details must be true, 1, yes, on or false, 0, no, off";
    assert_eq!(failure.message, words);
}

#[test]
fn other_names_of_a_parameter_are_answered_with_the_right_one() {
    let told = |raw: &str| {
        let fields = Fields::parse(raw);
        Parameters::from_fields(&fields)
            .and_then(|parameters| parameters.text_query(&fields))
            .expect_err(raw)
            .message
    };
    for (name, wanted) in [
        ("q", "query"),
        ("Query", "query"),
        ("QUERY", "query"),
        ("qeury", "query"),
        ("querry", "query"),
        ("text", "query"),
        ("search", "query"),
        ("prompt", "query"),
    ] {
        let expected = format!("there is no parameter {name}; it is called {wanted} here");
        assert_eq!(told(&format!("{name}=bus")), expected);
    }
    for (name, wanted) in [
        ("n", "limit"),
        ("top_k", "limit"),
        ("topK", "limit"),
        ("Limit", "limit"),
        ("per-page", "limit"),
        ("limits", "limit"),
        ("skip", "offset"),
        ("Offset", "offset"),
        ("ofset", "offset"),
        ("detail", "details"),
        ("Details", "details"),
    ] {
        let expected = format!("there is no parameter {name}; it is called {wanted} here");
        assert_eq!(told(&format!("query=bus&{name}=1")), expected);
    }
    assert!(told("").contains("/search?query=red+bus"));
    assert!(told("bus").contains("/search?query=red+bus"));
    // Where the right one is there, and where nothing of ours can be meant.
    for good in [
        "query=bus&q=x&limit=3&n=4&offset=1&page=2&details=no&verbose=1",
        "query=bus&utm_source=x&_=123&%ff=1&folder=a&after=2023&near=1,2,3&collection=x&key=v",
    ] {
        assert!(parse(Some(good)).is_ok(), "{good}");
    }
}
