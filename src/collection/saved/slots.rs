//! A hash table of row numbers, 4 bytes a slot: a million rows take 8 MiB. What the rows hold is
//! compared by whoever asks.

/// Row numbers by hash. Nothing is removed: whoever finds a row looks whether it is still meant.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// A row number plus 1; 0 for a free slot. At most three quarters of them are taken.
    slots: Vec<u32>,
    taken: usize,
}

impl Slots {
    /// Room for `rows` rows, and half as many again.
    pub fn with_room(rows: usize) -> Self {
        let size = rows.saturating_mul(2).max(64).next_power_of_two();
        Self {
            slots: vec![0; size],
            taken: 0,
        }
    }

    /// Whether the next row needs a larger table, made with [`Slots::with_room`].
    pub fn is_full(&self) -> bool {
        self.taken * 4 >= self.slots.len() * 3
    }

    /// Adds `row`; [`Slots::is_full`] must be false.
    pub fn insert(&mut self, hash: u64, row: usize) {
        let (Some(mask), Ok(row)) = (self.slots.len().checked_sub(1), u32::try_from(row)) else {
            return;
        };
        let mut at = start(hash, mask);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = row + 1;
        self.taken += 1;
    }

    /// The rows that may have been added with `hash`, and some others.
    pub fn with(&self, hash: u64) -> impl Iterator<Item = usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = start(hash, mask);
        std::iter::from_fn(move || {
            let row = self.slots.get(at)?.checked_sub(1)?;
            at = (at + 1) & mask;
            Some(row as usize)
        })
    }
}

/// A hash is random in all of its bits.
#[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
fn start(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_hashes() {
        let mut slots = Slots::default();
        assert!(slots.is_full());
        assert_eq!(slots.with(5).count(), 0);
        slots = Slots::with_room(10);
        for row in 0..20 {
            assert!(!slots.is_full());
            slots.insert(row as u64 % 7, row);
        }
        for row in 0..20_usize {
            assert!(slots.with(row as u64 % 7).any(|found| found == row));
        }
        assert_eq!(slots.with(60).count(), 0);
    }

    /// A table that grows when it is full has room for half as many rows again each time.
    #[test]
    fn a_new_table_is_not_full_again_soon() {
        for rows in [1, 31, 1000, 1024, 1_000_000] {
            let slots = Slots::with_room(rows);
            let room = slots.slots.len() / 4 * 3;
            assert!(room >= rows + rows / 2, "{rows}: {room}");
        }
        assert_eq!(Slots::with_room(1_000_000).slots.len() * 4, 8 << 20);
    }
}
