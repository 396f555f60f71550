//! What the owner is told about the bot and about the rates of others. Pure.

use super::{Reply, fill, plain};
use crate::bot::access::book::Person;
use crate::bot::endpoint_state::EndpointState;
use crate::bot::reply::guests::shown;
use crate::bot::status::Summary;
use crate::bot::texts::Texts;
use crate::config::Rate;
use crate::search::Reason;

/// How `rate` is written where it is told.
#[must_use]
pub fn rate(texts: &Texts, rate: Option<Rate>) -> String {
    rate.map_or_else(|| texts.no_limit.to_owned(), |rate| rate.to_string())
}

/// How `/rate` is used.
#[must_use]
pub fn rate_usage(texts: &Texts, everybodys: Option<Rate>) -> Reply {
    plain(fill(texts.rate_usage, "rate", &rate(texts, everybodys)))
}

/// How often `who` may search.
#[must_use]
pub fn rate_of(texts: &Texts, who: &Person, theirs: Option<Rate>) -> Reply {
    let text = fill(texts.rate_of, "rate", &rate(texts, theirs));
    plain(fill(&text, "who", &shown(texts, who)))
}

/// How the bot is doing, and what it learned from its endpoint.
#[must_use]
pub fn stats(texts: &Texts, summary: &Summary, endpoint: &EndpointState) -> Reply {
    let running = fill(texts.stats_running, "version", env!("CARGO_PKG_VERSION"));
    let searches = fill(texts.stats_searches, "hour", &summary.last_hour.to_string());
    let mut lines = vec![
        fill(&running, "time", &texts.lasted(summary.since_start)),
        fill(&searches, "day", &summary.today.to_string()),
    ];
    if let (Some(half), Some(most)) = (summary.half, summary.most) {
        let times = fill(texts.stats_times, "half", &texts.took(half));
        lines.push(fill(&times, "most", &texts.took(most)));
    }
    if !summary.failures.is_empty() {
        let each = summary.failures.iter();
        let each: Vec<String> = each
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        lines.push(fill(texts.stats_failures, "failures", &each.join(", ")));
    }
    lines.push(fill(texts.stats_endpoint, "state", &state(texts, endpoint)));
    plain(lines.join("\n"))
}

fn state(texts: &Texts, endpoint: &EndpointState) -> String {
    let readiness = match endpoint.trouble {
        None => texts.endpoint_ready.to_owned(),
        Some(Reason::Unreachable | Reason::Timeout) => texts.endpoint_away.to_owned(),
        Some(reason) => fill(texts.endpoint_not_ready, "why", reason.code()),
    };
    let pictures = endpoint.pictures.map(|count| texts.pictures.of(count));
    let program = endpoint
        .version
        .as_ref()
        .map(|version| format!("clip-search {version}"));
    let parts = [endpoint.engine.clone(), Some(readiness), pictures, program];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::bot::texts::ALL;

    #[test]
    fn the_owner_reads_how_the_bot_is_doing() {
        let endpoint = EndpointState {
            engine: Some("clip".into()),
            version: Some("9.9".into()),
            pictures: Some(20_000),
            trouble: None,
        };
        let summary = Summary {
            since_start: Duration::from_hours(25),
            last_hour: 3,
            today: 40,
            failures: BTreeMap::from([("busy", 1), ("timeout", 2)]),
            half: Some(Duration::from_millis(300)),
            most: Some(Duration::from_millis(1240)),
        };
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            stats(Texts::of(None), &summary, &endpoint).text,
            format!(
                "clip-bot {version}, up for 1 d 1 h\nSearches: 3 in the last hour, 40 today\n\
                 Answers: half within 300 ms, 95% within 1.2 s\nFailed today: busy 1, timeout 2\n\
                 Search: clip · ready · 20000 pictures · clip-search 9.9"
            )
        );
        let away = EndpointState {
            trouble: Some(Reason::Unreachable),
            ..EndpointState::default()
        };
        let text = stats(Texts::of(None), &Summary::default(), &away).text;
        assert!(
            text.ends_with("0 today\nSearch: cannot be reached"),
            "{text}"
        );
        let asleep = EndpointState {
            trouble: Some(Reason::SpaceAsleep),
            engine: Some("space".into()),
            ..EndpointState::default()
        };
        for texts in ALL {
            let replies = [
                stats(texts, &summary, &endpoint),
                stats(texts, &summary, &asleep),
                rate_usage(texts, None),
                rate_of(texts, &Person::new(7, "{rate}", None), None),
            ];
            for Reply { text, .. } in replies {
                let text = text.replace("{rate} (id", "");
                assert!(
                    !text.contains(['{', '}']) && text.chars().count() < 4096,
                    "{text}"
                );
            }
        }
    }
}
