//! Queries and what they ask for.

use super::*;
use crate::search::day_of;

/// 2026-11-28, a Saturday.
fn today() -> i64 {
    day_of(2026, 11, 28).expect("a date")
}

fn check(query: &str, words: &str, dates: &str) {
    let asked = understand(query, today());
    let date =
        |date: Option<crate::search::Date>| date.map_or(String::new(), |date| date.to_string());
    let (after, before) = (date(asked.filter.after), date(asked.filter.before));
    assert_eq!(
        (asked.words.as_str(), format!("{after}/{before}").as_str()),
        (words, dates),
        "{query}"
    );
}

#[test]
fn years_months_and_days_are_understood_in_ten_languages() {
    for (query, words, dates) in [
        ("beach 2023", "beach", "2023/2024"),
        ("2023 beach", "beach", "2023/2024"),
        ("beach in 2023", "beach", "2023/2024"),
        ("July 2021", "", "2021-07/2021-08"),
        ("dog, December 2020", "dog", "2020-12/2021-01"),
        ("2019-05-04", "", "2019-05-04/2019-05-05"),
        ("cat 2019-05", "cat", "2019-05/2019-06"),
        ("31.12.2019 fireworks", "fireworks", "2019-12-31/2020-01-01"),
        ("snow 2019-2021", "snow", "2019/2022"),
        ("July 4, 2021", "", "2021-07-04/2021-07-05"),
        (
            "party on the 4th of July 2021",
            "party",
            "2021-07-04/2021-07-05",
        ),
        ("playa en julio de 2021", "playa", "2021-07/2021-08"),
        ("4 de mayo de 2019", "", "2019-05-04/2019-05-05"),
        ("Strand im Juli 2021", "Strand", "2021-07/2021-08"),
        ("4. Mai 2019", "", "2019-05-04/2019-05-05"),
        ("März 2020", "", "2020-03/2020-04"),
        ("plage en août 2022", "plage", "2022-08/2022-09"),
        ("spiaggia luglio 2021", "spiaggia", "2021-07/2021-08"),
        ("praia em março de 2018", "praia", "2018-03/2018-04"),
        ("пляж в июле 2021 года", "пляж", "2021-07/2021-08"),
        ("4 мая 2019", "", "2019-05-04/2019-05-05"),
        ("пляж у липні 2021 року", "пляж", "2021-07/2021-08"),
        ("海滩2023年", "海滩", "2023/2024"),
        ("2021年7月4日の海", "海", "2021-07-04/2021-07-05"),
        ("海 2021年7月", "海", "2021-07/2021-08"),
        ("Strand 2023", "Strand", "2023/2024"),
        ("playa julio 2021", "playa", "2021-07/2021-08"),
        ("пляж 2023", "пляж", "2023/2024"),
        ("沙滩 2023年7月", "沙滩", "2023-07/2023-08"),
        ("beach 07/2021", "beach", "2021-07/2021-08"),
        ("beach 2021/07/14", "beach", "2021-07-14/2021-07-15"),
        ("14.07.2021", "", "2021-07-14/2021-07-15"),
        ("14/07/2021", "", "2021-07-14/2021-07-15"),
        ("between 2019 and 2021", "", "2019/2022"),
        ("Hund von 2019 bis 2021", "Hund", "2019/2022"),
        ("before 2020", "", "/2020"),
        ("dogs since July 2021", "dogs", "2021-07/"),
        ("perro después de 2019", "perro", "2020/"),
    ] {
        check(query, words, dates);
    }
}

#[test]
fn last_summer_and_its_like_are_understood() {
    for (query, words, dates) in [
        ("beach last summer", "beach", "2026-06/2026-09"),
        ("summer 2022", "", "2022-06/2022-09"),
        ("this autumn", "", "2026-09/2026-12"),
        ("last autumn", "", "2025-09/2025-12"),
        ("last winter", "", "2025-12/2026-03"),
        ("el verano pasado", "", "2026-06/2026-09"),
        ("playa el último verano", "playa", "2026-06/2026-09"),
        ("verano de 2022", "", "2022-06/2022-09"),
        ("yesterday", "", "2026-11-27/2026-11-28"),
        ("dog last month", "dog", "2026-10/2026-11"),
        ("el mes pasado", "", "2026-10/2026-11"),
        ("last year", "", "2025/2026"),
        ("last week", "", "2026-11-16/2026-11-23"),
        ("el año pasado", "", "2025/2026"),
    ] {
        check(query, words, dates);
    }
}

#[test]
fn words_that_are_no_time_stay_words() {
    for query in [
        "a red bus at night",
        "may flowers",
        "summer dress",
        "spring",
        "march",
        "route 66",
        "area 1850",
        "apollo 11",
        "IMG_2023",
        "the last supper",
        "IMG_20230714_183005",
        "near the sea",
        "a folder",
    ] {
        let asked = understand(query, today());
        assert_eq!(
            (asked.words.as_str(), asked.shown.as_str()),
            (query, ""),
            "{query}"
        );
        assert!(asked.filter.is_empty(), "{query}");
    }
    let asked = understand("\"beach 2023\"", today());
    assert_eq!(
        (asked.words.as_str(), asked.filter.is_empty()),
        ("beach 2023", true)
    );
}

#[test]
fn places_are_found_by_local_and_english_names() {
    for (query, words, city) in [
        ("beach near Rome", "beach", "Rome"),
        ("near Roma", "", "Rome"),
        ("cerca de Nueva York", "", "New York City"),
        ("Brücke bei Köln", "Brücke", "Köln"),
        ("bridge near Cologne", "bridge", "Köln"),
        ("près de Genève", "", "Geneva"),
        ("vicino a Firenze", "", "Florence"),
        ("perto de Lisboa", "", "Lisbon"),
        ("пляж около Рима", "пляж", "Rome"),
        ("біля Києва", "", "Kyiv"),
        ("北京附近", "", "Beijing"),
        ("東京の近く", "", "Tokyo"),
        ("near San Francisco sunset", "sunset", "San Francisco"),
    ] {
        let asked = understand(query, today());
        assert!(asked.filter.near.is_some(), "{query}");
        assert_eq!(
            (asked.words.as_str(), asked.shown.rsplit(" · ").next()),
            (words, Some(city)),
            "{query}"
        );
    }
}

#[test]
fn folders_are_named() {
    for (query, words, folder) in [
        ("in folder Hochzeit", "", "Hochzeit"),
        ("cake in folder Hochzeit", "cake", "Hochzeit"),
        ("in folder Rome 2019", "", "Rome 2019"),
        ("in the folder \"my trip\" dogs", "dogs", "my trip"),
        ("tarta en la carpeta boda", "tarta", "boda"),
        ("Torte im Ordner Hochzeit", "Torte", "Hochzeit"),
        ("торт в папке Свадьба", "торт", "Свадьба"),
    ] {
        let asked = understand(query, today());
        assert_eq!(
            (asked.words.as_str(), asked.filter.folder.as_deref()),
            (words, Some(folder)),
            "{query}"
        );
    }
    let all = understand("dogs near Rome 2023 in folder Trips", today());
    assert_eq!(all.shown, "dogs · 2023 · Trips · Rome");
}
