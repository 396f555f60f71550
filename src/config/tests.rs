//! Every variable with right and wrong values.

use std::io;
use std::time::Duration;

use serde_json::json;
use tracing::level_filters::LevelFilter;

use super::*;
use crate::error::Result;
use crate::secret::Secret;

mod faults;
mod made;
mod secrets;

const TOKEN: &str = "4242:AAsecret-secret_secret";

/// Reads files of a file system made up for these tests.
fn read(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/files/wrapped") => Ok(format!("\u{feff}'{TOKEN}'\r\n")),
        Some("/files/lines") => Ok(format!("{TOKEN}\n{TOKEN}\n")),
        Some("/files/token" | "/open/token" | "/credentials/telegram-token") => {
            Ok(format!("{TOKEN}\n"))
        }
        Some("/made/search-token") => Ok("local-1\n".into()),
        Some("/files/other") => Ok("from-file\n".into()),
        Some("/credentials/search-token" | "/credentials/hf-token") => {
            Ok("from-credential\n".into())
        }
        Some("/files/empty" | "/blank/search-token") => Ok(" \n".into()),
        Some("/files/closed" | "/closed/telegram-token") => {
            Err(io::ErrorKind::PermissionDenied.into())
        }
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Environment {
        variables: variables.iter().map(pair).collect(),
        read,
        is_open: |path| path.starts_with("/open"),
    }
}

/// The settings of a bot that has only the required variables and `more`.
fn bot(more: &[(&str, &str)]) -> Result<BotConfig> {
    let mut all = vec![
        ("CLIP_BOT_TOKEN_FILE", "/files/token"),
        ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:8080"),
    ];
    all.extend(more);
    BotConfig::from_environment(&environment(&all))
}

fn search(variables: &[(&str, &str)]) -> Result<SearchConfig> {
    SearchConfig::from_environment(&environment(variables))
}

fn space(more: &[(&str, &str)]) -> Result<SpaceConfig> {
    let mut all = vec![("CLIP_SEARCH_SPACE", "user/space")];
    all.extend(more);
    match search(&all)?.engine {
        EngineConfig::Space(space) => Ok(space),
        other => panic!("a Space is set, not {other:?}"),
    }
}

#[track_caller]
fn line_of<T>(result: Result<T>) -> String {
    let error = result.err().expect("a wrong setting");
    assert_eq!(*error.kind(), crate::error::Kind::Config);
    let line = error.chain();
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn the_bot_has_defaults_for_all_but_token_and_endpoint() {
    let config = bot(&[]).expect("enough");
    assert_eq!(config.token.expose(), TOKEN);
    assert_eq!(config.api_url, "https://api.telegram.org");
    assert_eq!(config.search_url, "http://127.0.0.1:8080/search");
    assert_eq!(config.search_auth, SearchAuth::None);
    assert_eq!((config.results, config.workers), (5, 32));
    assert_eq!(config.poll_timeout, Duration::from_secs(50));
    assert!(config.allowed == Allowed::Ids(Vec::new()) && config.language.is_none());
    let rate = Rate {
        searches: 10,
        per: Duration::from_mins(1),
    };
    assert_eq!((config.rate, config.state_dir), (Some(rate), None));
    assert_eq!(config.log, LevelFilter::INFO);
    assert!(config.warnings.is_empty());
    let line = line_of(BotConfig::from_environment(&environment(&[])));
    assert!(line.starts_with("CLIP_BOT_TOKEN_FILE is not set: put the token"));
    let line = line_of(bot(&[("CLIP_BOT_SEARCH_URL", " ")]));
    assert!(
        line.starts_with("CLIP_BOT_SEARCH_URL is not set: name"),
        "{line}"
    );
}

#[test]
fn every_setting_of_the_bot_is_taken() {
    let config = bot(&[
        ("CLIP_BOT_ALLOWED", " 7, -100987654321 ,"),
        ("CLIP_BOT_API_URL", "http://[::1]:8081/"),
        ("CLIP_BOT_LANGUAGE", "es"),
        ("CLIP_BOT_LOG", "DEBUG"),
        ("CLIP_BOT_POLL_TIMEOUT", "1s 500ms"),
        ("CLIP_BOT_RATE", " 3 / 1m 30s "),
        ("CLIP_BOT_RESULTS", " 10 "),
        ("CLIP_BOT_SEARCH_AUTH", "bearer"),
        ("CLIP_BOT_SEARCH_TOKEN_FILE", "/files/other"),
        ("CLIP_BOT_SEARCH_URL", "https://h.example/stage/search/"),
        ("CLIP_BOT_STATE_DIR", "/state"),
        ("CLIP_BOT_WORKERS", "64"),
    ])
    .expect("all are right");
    assert_eq!(config.allowed, Allowed::Ids(vec![7, -100_987_654_321]));
    assert_eq!(config.api_url, "http://[::1]:8081");
    assert_eq!(config.language.as_deref(), Some("es"));
    assert_eq!(config.log, LevelFilter::DEBUG);
    assert_eq!(config.poll_timeout, Duration::from_millis(1500));
    assert_eq!((config.results, config.workers), (10, 64));
    let rate = Rate {
        searches: 3,
        per: Duration::from_secs(90),
    };
    assert_eq!(config.rate, Some(rate));
    assert_eq!(config.state_dir.as_deref(), Some(Path::new("/state")));
    assert_eq!(config.search_url, "https://h.example/stage/search");
    let auth = SearchAuth::Bearer(Secret::new("from-file"));
    assert_eq!(config.search_auth, auth);
    assert!(config.warnings.is_empty());
}

#[test]
fn a_rate_can_be_none_and_the_state_folder_systemds() {
    let config = bot(&[
        ("CLIP_BOT_RATE", "none"),
        ("STATE_DIRECTORY", "/var/lib/clip-bot:/var/lib/other"),
    ])
    .expect("both are right");
    assert_eq!(config.rate, None);
    let folder = Path::new("/var/lib/clip-bot");
    assert_eq!(config.state_dir.as_deref(), Some(folder));
    assert_eq!(config.bot_id(), "4242");
}

#[test]
fn signing_for_aws_takes_region_and_credentials_from_where_they_are() {
    let aws = |more: &[(&str, &str)]| {
        let mut all = vec![("CLIP_BOT_SEARCH_AUTH", "aws-iam")];
        all.extend(more);
        match bot(&all)?.search_auth {
            SearchAuth::AwsIam(aws) => Ok(aws),
            other => panic!("{other:?}"),
        }
    };
    let api = "https://abc123.execute-api.eu-central-1.amazonaws.com";
    let role = aws(&[("CLIP_BOT_SEARCH_URL", api), ("AWS_REGION", "us-east-1")]).expect("enough");
    let expected = AwsIam {
        region: "eu-central-1".into(),
        credentials: None,
        metadata: "http://169.254.169.254".into(),
    };
    assert_eq!(role, expected);
    let keys = [
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hidden-key"),
        ("AWS_SESSION_TOKEN", "hidden-token"),
    ];
    let laptop = aws(&keys).expect("enough");
    assert_eq!(laptop.region, "us-east-1");
    let shown = format!("{laptop:?}");
    assert!(
        shown.contains("AKID") && !shown.contains("hidden"),
        "{shown}"
    );
    let line = line_of(aws(&[]));
    assert!(line.contains("aws-iam needs a region"), "{line}");
    let line = line_of(aws(&keys[..2]));
    assert!(line.contains("belong together"), "{line}");
}

#[test]
fn every_wrong_setting_of_the_bot_is_named_with_a_remedy() {
    let table: [(&str, &[&str], &str); 12] = [
        ("CLIP_BOT_ALLOWED", &["me", "1;2", "1 2"], "ids by comma"),
        (
            "CLIP_BOT_API_URL",
            &["h:80", "ftp://h", "https://", "https://:1"],
            "https://",
        ),
        ("CLIP_BOT_LANGUAGE", &["EN", "nl", "de-AT"], "zh or ja"),
        (
            "CLIP_BOT_LOG",
            &["loud"],
            "off, error, warn, info, debug or trace",
        ),
        (
            "CLIP_BOT_POLL_TIMEOUT",
            &["50", "0s", "51s", "-1s"],
            "from 1s to 50s",
        ),
        (
            "CLIP_BOT_RATE",
            &[
                "10",
                "0/1m",
                "10/0s",
                "10/25h",
                "x/1m",
                "10/minute/",
                "-1/1m",
            ],
            "searches per time, such as 10/1m",
        ),
        ("CLIP_BOT_RESULTS", &["0", "11", "x", "1.5"], "from 1 to 10"),
        (
            "CLIP_BOT_SEARCH_AUTH",
            &["basic"],
            "none, bearer or aws-iam",
        ),
        (
            "CLIP_BOT_SEARCH_AUTH",
            &["bearer"],
            "set CLIP_BOT_SEARCH_TOKEN_FILE",
        ),
        (
            "CLIP_BOT_SEARCH_URL",
            &["h", "http://h/a b", "http://h?x", "http://h#x"],
            "http://",
        ),
        (
            "CLIP_BOT_TOKEN_FILE",
            &["/files/none", "/files/closed", "/files/empty"],
            "/files/",
        ),
        ("CLIP_BOT_WORKERS", &["0", "65"], "from 1 to 64"),
    ];
    for (name, values, part) in table {
        for value in values {
            let line = line_of(bot(&[(name, value)]));
            assert!(line.starts_with(name), "{value}: {line}");
            assert!(line.contains(part), "{value}: {line}");
        }
    }
}

#[test]
fn the_endpoint_needs_no_setting_at_all() {
    let config = search(&[]).expect("defaults");
    assert_eq!(config.engine, EngineConfig::Clip);
    let clip = ClipConfig {
        models: None,
        hub: "https://huggingface.co".to_owned(),
        ..ClipConfig::default()
    };
    assert_eq!(config.clip, clip);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(config.token.is_none());
    assert_eq!(
        (config.timeout, config.workers),
        (Duration::from_secs(25), 32)
    );
    assert_eq!(config.log, LevelFilter::INFO);
    let space = space(&[]).expect("defaults");
    let expected = SpaceConfig {
        location: SpaceLocation::Hub("user/space".into()),
        api: None,
        arguments: SpaceArguments::ByKind,
        public_base: None,
        token: None,
        login: None,
        hub: "https://huggingface.co".into(),
    };
    assert_eq!(space, expected);
}

#[test]
fn smaller_pictures_are_kept_where_the_system_or_the_user_keeps_such() {
    let cache = |variables: &[(&str, &str)]| search(variables).expect("all are right").clip.cache;
    let home = ("HOME", "/home/u");
    let xdg = ("XDG_CACHE_HOME", "/cache");
    let systemd = ("CACHE_DIRECTORY", "/var/cache/clip-search");
    assert_eq!(cache(&[home]), Some("/home/u/.cache/clip-search".into()));
    assert_eq!(cache(&[home, xdg]), Some("/cache/clip-search".into()));
    assert_eq!(
        cache(&[home, xdg, systemd]),
        Some("/var/cache/clip-search".into())
    );
    assert_eq!(cache(&[("HOME", "")]), None);
    assert_eq!(cache(&[("XDG_CACHE_HOME", "relative")]), None);
}

#[test]
fn every_setting_of_the_endpoint_is_taken() {
    let config = search(&[
        ("CLIP_SEARCH_ENGINE", "mock"),
        ("CLIP_SEARCH_SPACE", "ignored/here"),
        ("CLIP_SEARCH_CACHE", "/pictures/small"),
        ("CLIP_SEARCH_IDLE", "10m"),
        ("CLIP_SEARCH_INDEX", "/pictures/index"),
        ("CLIP_SEARCH_MIN_SCORE", "-0.5"),
        ("CLIP_SEARCH_MODEL", "b32.clip"),
        ("CLIP_SEARCH_PUBLIC_BASE", "https://h.example/d/"),
        ("CLIP_SEARCH_LISTEN", "[::]:0"),
        ("CLIP_SEARCH_LOG", "off"),
        ("CLIP_SEARCH_TIMEOUT", "10m"),
        ("CLIP_SEARCH_TOKEN_FILE", "/files/other"),
        ("CLIP_SEARCH_WORKERS", "512"),
    ])
    .expect("all are right");
    assert_eq!(config.engine, EngineConfig::Mock);
    let clip = ClipConfig {
        models: None,
        model: Some("b32.clip".into()),
        index: Some("/pictures/index".into()),
        cache: Some("/pictures/small".into()),
        qdrant: None,
        qdrant_key: None,
        min_score: Some(Threshold::Cosine(-0.5)),
        saved: None,
        quota: SavedQuota::default(),
        public_base: Some("https://h.example/d/".to_owned()),
        hub: "https://huggingface.co".to_owned(),
    };
    assert_eq!(config.clip, clip);
    assert_eq!(config.idle, Some(Duration::from_mins(10)));
    assert_eq!(config.listen.to_string(), "[::]:0");
    assert_eq!(config.token, Some(Secret::new("from-file")));
    assert_eq!(
        (config.timeout, config.workers),
        (Duration::from_mins(10), 512)
    );
    assert_eq!(config.log, LevelFilter::OFF);
}

#[test]
fn every_setting_of_a_space_is_taken() {
    let space = space(&[
        ("CLIP_SEARCH_ENGINE", "space"),
        ("CLIP_SEARCH_HF_TOKEN_FILE", "/files/other"),
        ("CLIP_SEARCH_HUB", "http://127.0.0.1:1/"),
        ("CLIP_SEARCH_PUBLIC_BASE", "https://h.example/files/"),
        ("CLIP_SEARCH_SPACE", "https://u-s.hf.space/"),
        ("CLIP_SEARCH_SPACE_API", "/predict"),
        ("CLIP_SEARCH_SPACE_LOGIN", "user:pass"),
        ("CLIP_SEARCH_SPACE_ARGS", r#"{"text": "{query}", "n": 9}"#),
    ])
    .expect("all are right");
    let arguments = json!({"text": "{query}", "n": 9});
    let expected = SpaceConfig {
        location: SpaceLocation::Url("https://u-s.hf.space".into()),
        api: Some("predict".into()),
        arguments: SpaceArguments::Named(arguments.as_object().expect("an object").clone()),
        public_base: Some("https://h.example/files/".into()),
        token: Some(Secret::new("from-file")),
        login: Some(Secret::new("user:pass")),
        hub: "http://127.0.0.1:1".into(),
    };
    assert_eq!(space, expected);
}

#[test]
fn a_space_is_named_as_browsers_show_it() {
    let on_hub = || SpaceLocation::Hub("user/Na_me.1".into());
    let at = |url: &str| SpaceLocation::Url(url.into());
    let table = [
        ("user/Na_me.1", on_hub()),
        ("user/Na_me.1/", on_hub()),
        ("spaces/user/Na_me.1", on_hub()),
        ("https://huggingface.co/spaces/user/Na_me.1", on_hub()),
        (
            "https://huggingface.co/spaces/user/Na_me.1/tree/main?x#y",
            on_hub(),
        ),
        ("https://hf.co/spaces/user/Na_me.1", on_hub()),
        (
            "https://user-name.hf.space/?__theme=dark",
            at("https://user-name.hf.space"),
        ),
        (
            "http://127.0.0.1:7860/app/#top",
            at("http://127.0.0.1:7860/app"),
        ),
        (
            "https://own.example/spaces/user/x",
            at("https://own.example/spaces/user/x"),
        ),
    ];
    for (text, location) in table {
        let read = space(&[("CLIP_SEARCH_SPACE", text)]).expect(text);
        assert_eq!(read.location, location, "{text}");
    }
    for text in [
        "https://huggingface.co/spaces/user",
        "https://user:pass@h/",
        "ftp://h/",
    ] {
        let line = line_of(space(&[("CLIP_SEARCH_SPACE", text)]));
        assert!(line.contains("CLIP_SEARCH_SPACE"), "{line}");
    }
    let line = line_of(space(&[("CLIP_SEARCH_SPACE_LOGIN", "s3cret")]));
    assert!(
        line.contains("user:password") && !line.contains("s3cret"),
        "{line}"
    );
}

#[test]
fn every_wrong_setting_of_the_endpoint_is_named_with_a_remedy() {
    let table: [(&str, &[&str], &str); 11] = [
        (
            "CLIP_SEARCH_ENGINE",
            &["CLIP", "Mock"],
            "clip, space or mock",
        ),
        (
            "CLIP_SEARCH_MIN_SCORE",
            &["1.1", "nan", "much", "Normal"],
            "from -1 to 1",
        ),
        ("CLIP_SEARCH_HUB", &["huggingface.co"], "https://"),
        (
            "CLIP_SEARCH_IDLE",
            &["never", "10", "0s", "25h"],
            "from 1s to 1day",
        ),
        (
            "CLIP_SEARCH_LISTEN",
            &["8080", "h:80", "127.0.0.1", "127.0.0.1:99999"],
            "127.0.0.1:8080",
        ),
        (
            "CLIP_SEARCH_LOG",
            &["5x"],
            "off, error, warn, info, debug or trace",
        ),
        (
            "CLIP_SEARCH_PUBLIC_BASE",
            &["files/", "https://h?x="],
            "https://",
        ),
        (
            "CLIP_SEARCH_SPACE",
            &["space", "a/b/c", "a b/c", "/s", "http://"],
            "CLIP_SEARCH_SPACE",
        ),
        (
            "CLIP_SEARCH_SPACE_ARGS",
            &["{query}", "5", "[1,"],
            "a JSON array, or a JSON object",
        ),
        (
            "CLIP_SEARCH_TIMEOUT",
            &["25", "0s", "11m", "x"],
            "from 1s to 10m, such as 25s",
        ),
        ("CLIP_SEARCH_WORKERS", &["0", "513", "-1"], "from 1 to 512"),
    ];
    for (name, values, part) in table {
        for value in values {
            let line = line_of(space(&[(name, value)]));
            assert!(line.starts_with(name), "{value}: {line}");
            assert!(line.contains(part), "{value}: {line}");
        }
    }
    let line = line_of(search(&[("CLIP_SEARCH_ENGINE", "space")]));
    assert!(
        line.starts_with("CLIP_SEARCH_SPACE is not set: name the Space"),
        "{line}"
    );
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_name() {
    let line = line_of(bot(&[("CLIP_BOT_RESULT", "5")]));
    assert_eq!(
        line,
        "CLIP_BOT_RESULT is not a known setting; did you mean CLIP_BOT_RESULTS?"
    );
    let line = line_of(bot(&[("CLIP_BOT_TOKEN:4242:AAsecret-secret", "")]));
    assert!(line.starts_with("the value (not shown"), "{line}");
    let line = line_of(search(&[("CLIP_SEARCH_TOKENFILE", "/f")]));
    assert!(
        line.ends_with("did you mean CLIP_SEARCH_TOKEN_FILE?"),
        "{line}"
    );
    // The other program's settings are its own.
    assert!(search(&[("CLIP_BOT_RESULT", "5"), ("PATH", "/bin")]).is_ok());
}
