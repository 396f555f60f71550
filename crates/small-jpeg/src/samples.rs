//! Samples of the components, of the whole picture or of a stripe of it.

use crate::layout::{Layout, Part};

/// What a sample is that is not told: grey.
const UNKNOWN: u8 = 128;

/// Samples of a component, in rows of whole groups.
pub struct Plane {
    pub samples: Vec<u8>,
    pub stride: usize,
}

impl Plane {
    /// One of `groups` rows of groups.
    pub fn new(part: &Part, groups: usize) -> Self {
        let stride = part.blocks_across * part.samples_across;
        let rows = groups * part.down * part.samples_down;
        Self {
            samples: vec![UNKNOWN; stride * rows],
            stride,
        }
    }

    /// From the first sample of a block on.
    pub fn block(&mut self, part: &Part, column: usize, row: usize) -> &mut [u8] {
        let start = row * part.samples_down * self.stride + column * part.samples_across;
        self.samples.get_mut(start..).unwrap_or_default()
    }

    pub fn row(&self, row: usize) -> &[u8] {
        let start = row * self.stride;
        self.samples
            .get(start..start + self.stride)
            .unwrap_or_default()
    }

    pub fn forget(&mut self) {
        self.samples.fill(UNKNOWN);
    }
}

/// Planes of all components, for `groups` rows of groups.
pub fn planes(layout: &Layout, groups: usize) -> Vec<Plane> {
    let parts = layout.parts.iter();
    parts.map(|part| Plane::new(part, groups)).collect()
}
