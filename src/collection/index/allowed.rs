//! Which rows of a segment a [`Filter`] lets through.

use std::path::Path;

use super::catalog::{Catalog, NEVER, names};
use super::manifest::{Root, RowSet};
use crate::search::{Date, Filter};

/// Mean radius of the Earth, in metres.
const EARTH: f64 = 6_371_000.0;

/// The rows that `filter` lets through.
pub(super) fn allowed(catalog: &Catalog, filter: &Filter, roots: &[Root]) -> RowSet {
    let mut allowed = RowSet::default();
    let after = filter.after.map_or(i64::MIN, Date::start);
    let before = filter.before.map_or(i64::MAX, Date::start);
    let is_dated = filter.after.is_some() || filter.before.is_some();
    let circle = filter.near.map(|near| Circle {
        middle: near.position.on_globe(),
        square: square_of_chord(f64::from(near.metres)),
    });
    let folders: Option<Vec<bool>> = filter.folder.as_deref().map(|wanted| {
        let wanted = Wanted::new(wanted);
        // What is above a root is nobody's business, unless it is named in full.
        let own = |root: &Root| names(Path::new(root.path.file_name().unwrap_or_default()));
        let roots: Vec<_> = roots.iter().map(|root| (root, own(root))).collect();
        let is_wanted = |(root, path, names): (usize, &Path, &str)| {
            let root = roots.get(root).filter(|(root, _)| !root.is_list);
            root.is_some_and(|(root, own)| wanted.holds(&root.path, path, own, names))
        };
        catalog.folders().map(is_wanted).collect()
    });
    let rows = catalog.taken().zip(catalog.points());
    let rows = rows.zip(catalog.folder_numbers()).enumerate();
    for (row, ((taken, point), folder)) in rows {
        let is_allowed = (!is_dated || taken != NEVER && (after..before).contains(&taken))
            && circle.as_ref().is_none_or(|circle| circle.holds(point))
            && folders
                .as_ref()
                .is_none_or(|wanted| wanted.get(folder).is_some_and(|is_wanted| *is_wanted));
        if is_allowed {
            allowed.insert(row);
        }
    }
    allowed
}

/// A circle on a globe of radius 1.
struct Circle {
    middle: [f32; 3],
    /// Of the straight line from the middle to the edge.
    square: f32,
}

impl Circle {
    fn holds(&self, point: [f32; 3]) -> bool {
        let squares = self
            .middle
            .iter()
            .zip(point)
            .map(|(a, b)| (a - b) * (a - b));
        // Without a point it is not a number, and not in the circle.
        squares.sum::<f32>() <= self.square
    }
}

fn square_of_chord(metres: f64) -> f32 {
    let angle = (metres / EARTH).min(std::f64::consts::PI);
    let chord = 2.0 * (angle / 2.0).sin();
    // Positions are about half a metre exact.
    let chord = chord + 1.0 / EARTH;
    #[expect(clippy::cast_possible_truncation, reason = "at most 4")]
    let square = (chord * chord) as f32;
    square
}

/// A folder that is sought.
struct Wanted<'a> {
    /// The words of each name, from the outermost.
    names: Vec<String>,
    /// All of the path, from the root of the file system on.
    whole: Option<&'a Path>,
}

impl<'a> Wanted<'a> {
    fn new(text: &'a str) -> Self {
        let slashes = text.replace('\\', "/");
        let each = slashes.split('/').map(|name| names(Path::new(name)));
        let path = Path::new(text);
        Self {
            names: each.filter(|words| !words.trim().is_empty()).collect(),
            whole: path.is_absolute().then_some(path),
        }
    }

    /// Whether the folder at `path` below `root` is the one, or lies in it. The words of the names in
    /// `path` are `names`, those of the root's own name `own`.
    fn holds(&self, root: &Path, path: &Path, own: &str, names: &str) -> bool {
        let is_within = |whole| root.join(path).starts_with(whole);
        if self.whole.is_some_and(is_within) {
            return true;
        }
        match &self.names[..] {
            [] => false,
            [one] => own.contains(one) || names.contains(one),
            several => {
                let all: Vec<&str> = own.split('/').chain(names.split('/')).collect();
                let is_like = |(wanted, name): (&String, &&str)| name.contains(wanted);
                let mut places = all.windows(several.len());
                places.any(|place| several.iter().zip(place).all(is_like))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_by_words_of_its_name() {
        let root = Path::new("/home/anna/Pictures");
        let path = Path::new("2019/Hochzeit Anna & Bob/Kirche");
        let (own, below) = (names(Path::new("Pictures")), names(path));
        let holds = |wanted: &str| Wanted::new(wanted).holds(root, path, &own, &below);
        for wanted in [
            "Hochzeit",
            "hochzeit anna",
            "2019/Hochzeit",
            "2019/hochzeit-anna-bob/kirche",
            "pictures",
            "Pictures/2019",
            "/home/anna/Pictures/2019",
            "Kirche/",
        ] {
            assert!(holds(wanted), "{wanted}");
        }
        for other in [
            "Hoch",
            "anna/Pictures",
            "home",
            "2019/Kirche",
            "Bob Anna",
            "/2020",
            "/",
            "",
            "..",
            "/home/ann",
        ] {
            let is_all = other == "/";
            assert_eq!(holds(other), is_all, "{other}");
        }
    }

    #[test]
    fn a_circle_holds_what_is_near_enough() {
        let at = |latitude, longitude| {
            let at = crate::search::Position::new(latitude, longitude);
            at.expect("on Earth").on_globe()
        };
        let circle = |metres| Circle {
            middle: at(41.89, 12.48),
            square: square_of_chord(metres),
        };
        // 1,106 km away.
        let paris = at(48.86, 2.35);
        assert!(circle(1_110_000.0).holds(paris));
        assert!(!circle(1_100_000.0).holds(paris));
        // 11 m away.
        assert!(circle(13.0).holds(at(41.8901, 12.48)));
        assert!(!circle(9.0).holds(at(41.8901, 12.48)));
        assert!(circle(20_100_000.0).holds(at(-41.89, -167.52)));
        assert!(!circle(20_100_000.0).holds([f32::NAN; 3]));
    }
}
