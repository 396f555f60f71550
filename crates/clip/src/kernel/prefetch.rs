//! Fetching weights from main memory while others are multiplied.
#![expect(
    clippy::inline_always,
    reason = "tiles call it in their innermost loop"
)]

use std::ops::Range;

use super::matrix::{LANES, Matrix, Values};

/// The weights that are multiplied after those of a tile. They are fetched meanwhile, since they lie in
/// main memory: no cache holds all of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefetch {
    first: *const u8,
    /// Bytes from a panel to the one after it.
    panel: usize,
    /// Bytes from one step of the tile to the next.
    step: usize,
}

impl Prefetch {
    /// The columns behind `columns`, of `panel` and those after it; a step takes `step_columns` of
    /// them. None for 32-bit floats, which are multiplied where they lie, whole panels at a time.
    pub(super) fn after(
        matrix: &Matrix<'_>,
        panel: usize,
        columns: Range<usize>,
        step_columns: usize,
    ) -> Option<Self> {
        let (first, size) = match matrix.block(panel, columns) {
            Values::F32(_) => return None,
            Values::F16(block) => (block.as_ptr_range().end.cast(), 2),
            Values::I8(block) => (block.as_ptr_range().end.cast(), 1),
        };
        Some(Self {
            first,
            panel: matrix.columns() * LANES * size,
            step: step_columns * LANES * size,
        })
    }

    /// The part that tile `number` of `tiles` fetches in its `steps` steps. All fetch the same amount, so
    /// that memory is busy all the time; the last of very many tiles fetch nothing but `sums`, because a
    /// part has whole bytes in each step.
    pub(super) fn share(&self, number: usize, tiles: usize, steps: usize, sums: &[f32]) -> Self {
        let shares = 1 << tiles.clamp(1, 16).ilog2();
        if number >= shares {
            return Self::nothing(sums);
        }
        let step = self.step / shares;
        Self {
            first: self.first.wrapping_add(number * steps * step),
            panel: self.panel,
            step,
        }
    }

    /// Nothing new: the sums of the tile itself, which are in the cache already.
    pub(super) fn nothing(sums: &[f32]) -> Self {
        Self {
            first: sums.as_ptr().cast(),
            panel: 0,
            step: 0,
        }
    }

    /// Begins to fetch the weights that step `step` after this tile will multiply.
    #[inline(always)]
    pub(super) fn touch(&self, panel: usize, step: usize) {
        let place = panel * self.panel + step * self.step;
        prefetch(self.first.wrapping_add(place));
    }
}

/// Begins to fetch `items` from memory into the cache, so that they are there when they are needed.
pub fn fetch<T>(items: &[T]) {
    const LINE: usize = 64;
    let in_line = LINE / size_of::<T>().clamp(1, LINE);
    for line in items.chunks(in_line) {
        prefetch(line.as_ptr().cast());
    }
    // They may begin in the middle of a line.
    if let Some(last) = items.last() {
        prefetch(std::ptr::from_ref(last).cast());
    }
}

/// Begins to fetch the line of memory at `address`, where Rust has an instruction for it. Nothing
/// happens when no memory is there.
#[inline]
fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it is a hint, which never fails.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
