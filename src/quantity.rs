//! Numbers and times as people read them.

use std::time::Duration;

/// `1 picture`, `2 pictures`.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// How long something took: `3 ms`, `1.2 s`.
#[must_use]
pub fn took(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis().max(1))
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_many() {
        let pictures = |number| counted(number, "picture", "pictures");
        assert_eq!(pictures(0), "0 pictures");
        assert_eq!(
            (pictures(1), pictures(2)),
            ("1 picture".into(), "2 pictures".into())
        );
    }

    #[test]
    fn what_took_less_than_a_second_took_milliseconds_and_nothing_took_none() {
        for (micros, text) in [
            (0, "1 ms"),
            (30_000, "30 ms"),
            (999_999, "999 ms"),
            (1_000_000, "1.0 s"),
            (61_240_000, "61.2 s"),
        ] {
            assert_eq!(took(Duration::from_micros(micros)), text);
        }
    }
}
