//! Joins rankings of the same pictures, such as the one by words and the one by vectors, into one:
//! [`fused`]. Their scores are of different kinds and are not compared; the ranks are.

use std::collections::HashMap;
use std::hash::Hash;

/// What is added to each rank: the larger, the less the first ranks differ from the next ones, and
/// the more it counts that several rankings name a picture. 60 is the value of the paper that the
/// method comes from (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet
/// and individual Rank Learning Methods", 2009).
pub const CONSTANT: f64 = 60.0;

/// Pictures in the order of one way to rank them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking<T> {
    /// The pictures, best first, each once, with their scores. Equal scores that follow one another
    /// share a rank, so that another ranking decides between them.
    pub found: Vec<(T, f64)>,
    /// How much this ranking counts beside the others; 1 is as much as any.
    pub weight: f64,
}

/// The pictures of all `rankings`, best first, with their scores in the joined ranking: the sum of
/// `weight / (CONSTANT + rank)`, in which the first rank is 1 and a ranking without the picture adds
/// nothing. Among equals those of an earlier ranking come first, in its order.
#[must_use]
pub fn fused<T: Clone + Eq + Hash>(rankings: &[Ranking<T>]) -> Vec<(T, f64)> {
    let mut places: HashMap<&T, usize> = HashMap::new();
    let mut joined: Vec<(T, f64)> = Vec::new();
    for ranking in rankings {
        let mut rank = 0.0;
        let mut last = None;
        for (id, score) in &ranking.found {
            if last != Some(*score) {
                rank += 1.0;
                last = Some(*score);
            }
            let share = ranking.weight / (CONSTANT + rank);
            let place = *places.entry(id).or_insert(joined.len());
            match joined.get_mut(place) {
                Some((_, sum)) => *sum += share,
                None => joined.push((id.clone(), share)),
            }
        }
    }
    // Stable, so that among equals the first seen stays first.
    joined.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(weight: f64, found: &[(&'static str, f64)]) -> Ranking<&'static str> {
        Ranking {
            found: found.to_vec(),
            weight,
        }
    }

    fn order(rankings: &[Ranking<&'static str>]) -> Vec<&'static str> {
        fused(rankings).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn what_both_rankings_name_comes_before_what_one_names() {
        let words = ranking(1.0, &[("invoice", 9.0), ("bill", 3.0)]);
        let vectors = ranking(1.0, &[("paper", 0.31), ("bill", 0.29), ("letter", 0.2)]);
        let rankings = [words, vectors];
        assert_eq!(order(&rankings), ["bill", "invoice", "paper", "letter"]);
        let scores: Vec<f64> = fused(&rankings).iter().map(|(_, score)| *score).collect();
        let expected = [2.0 / 62.0, 1.0 / 61.0, 1.0 / 61.0, 1.0 / 63.0];
        for (score, expected) in scores.iter().zip(expected) {
            assert!((score - expected).abs() < 1e-12, "{scores:?}");
        }
    }

    #[test]
    fn equal_scores_share_a_rank_and_the_other_ranking_decides() {
        let words = ranking(1.0, &[("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 0.5)]);
        let vectors = ranking(1.0, &[("d", 0.5), ("c", 0.4), ("a", 0.3)]);
        assert_eq!(order(&[words, vectors]), ["c", "d", "a", "b"]);
    }

    #[test]
    fn a_ranking_counts_by_its_weight() {
        let words = ranking(2.0, &[("a", 1.0), ("b", 0.5)]);
        let vectors = ranking(1.0, &[("c", 0.5), ("b", 0.4)]);
        assert_eq!(order(&[words.clone(), vectors.clone()]), ["b", "a", "c"]);
        let nothing = ranking(0.0, &words.found);
        assert_eq!(order(&[vectors, nothing]), ["c", "b", "a"]);
    }

    #[test]
    fn one_ranking_stays_as_it_is_and_none_is_nothing() {
        let vectors = ranking(1.0, &[("a", 0.3), ("b", 0.2), ("c", f64::NAN)]);
        assert_eq!(order(&[vectors]), ["a", "b", "c"]);
        assert_eq!(order(&[]), Vec::<&str>::new());
        assert_eq!(order(&[ranking(1.0, &[])]), Vec::<&str>::new());
    }
}
