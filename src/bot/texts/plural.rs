//! Which form of a noun a number takes, as CLDR says for whole numbers. Pure.

/// What is counted, in the forms that a language has for it; `{count}` is the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// Chinese, Japanese: always the same.
    Same(&'static str),
    /// One, and every other number.
    Two(&'static str, &'static str),
    /// French: nothing and one, and every other number.
    French(&'static str, &'static str),
    /// Russian, Ukrainian: what ends like 1, like 2 to 4, and like the other numbers; 11 to 14 are of the
    /// last kind.
    Slavic(&'static str, &'static str, &'static str),
}

impl Forms {
    /// The form for `count`, with the number in it.
    #[must_use]
    pub fn of(&self, count: usize) -> String {
        let form = match *self {
            Self::Same(form) => form,
            Self::Two(one, other) => match count {
                1 => one,
                _ => other,
            },
            Self::French(one, other) => match count {
                0 | 1 => one,
                _ => other,
            },
            Self::Slavic(one, few, many) => match (count % 10, count % 100) {
                (_, 11..=14) => many,
                (1, _) => one,
                (2..=4, _) => few,
                _ => many,
            },
        };
        form.replace("{count}", &count.to_string())
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<&'static str> {
        match *self {
            Self::Same(form) => vec![form],
            Self::Two(one, other) | Self::French(one, other) => vec![one, other],
            Self::Slavic(one, few, many) => vec![one, few, many],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_counts_in_its_own_way() {
        let shown = |forms: Forms, counts: &[usize]| {
            let all: Vec<String> = counts.iter().map(|count| forms.of(*count)).collect();
            all.join(" ")
        };
        let numbers = [0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 111, 112, 122];
        let slavic = Forms::Slavic("{count}a", "{count}b", "{count}c");
        assert_eq!(
            shown(slavic, &numbers),
            "0c 1a 2b 4b 5c 11c 12c 14c 21a 22b 25c 101a 111c 112c 122b"
        );
        let french = Forms::French("{count}a", "{count}b");
        assert_eq!(shown(french, &[0, 1, 2, 21]), "0a 1a 2b 21b");
        let two = Forms::Two("{count}a", "{count}b");
        assert_eq!(shown(two, &[0, 1, 2, 21]), "0b 1a 2b 21b");
        assert_eq!(shown(Forms::Same("{count}a"), &[0, 1, 2]), "0a 1a 2a");
    }
}
