//! Matrices as they lie in the file of a model.

/// Rows in a panel: one AVX-512 register of 32-bit floats, and a whole number of all others.
pub const LANES: usize = 16;

/// Panels that hold `rows` rows.
#[must_use]
pub fn panels(rows: usize) -> usize {
    rows.div_ceil(LANES)
}

/// A matrix in panels: 16 rows, column by column, then the next 16 rows. Rows that are missing in
/// the last panel are zeros.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: Values<'a>,
    scales: Option<&'a [f32]>,
    rows: usize,
    columns: usize,
}

/// Numbers as the file has them.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// Bits of 16-bit floats.
    F16(&'a [u16]),
    /// Integers, to be multiplied by the scale of their row.
    I8(&'a [i8]),
}

impl<'a> Matrix<'a> {
    /// Puts a matrix together: integers have scales, floats have none. None if the lengths do not fit.
    #[must_use]
    pub fn new(
        values: Values<'a>,
        scales: Option<&'a [f32]>,
        rows: usize,
        columns: usize,
    ) -> Option<Self> {
        let fits = rows > 0
            && columns > 0
            && values.len() == panels(rows).checked_mul(columns)?.checked_mul(LANES)?
            && scales.is_some() == matches!(values, Values::I8(_))
            && scales.is_none_or(|scales| scales.len() >= rows);
        fits.then_some(Self {
            values,
            scales,
            rows,
            columns,
        })
    }

    /// Rows without those that fill the last panel.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers in a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// What each row is to be multiplied by.
    #[must_use]
    pub fn scales(&self) -> Option<&'a [f32]> {
        self.scales
    }

    /// Some panels, whole.
    pub(super) fn panels(&self, panels: std::ops::Range<usize>) -> Values<'a> {
        let panel = self.columns * LANES;
        self.values.slice(panels.start * panel..panels.end * panel)
    }

    /// Some columns of a panel.
    pub(super) fn block(&self, panel: usize, columns: std::ops::Range<usize>) -> Values<'a> {
        let from = panel * self.columns;
        self.values
            .slice((from + columns.start) * LANES..(from + columns.end) * LANES)
    }
}

impl<'a> Values<'a> {
    /// `bytes` as 32-bit floats; none if they do not lie as such.
    #[must_use]
    pub fn f32(bytes: &'a [u8]) -> Option<&'a [f32]> {
        // SAFETY: every four bytes are a valid f32.
        #[expect(unsafe_code, reason = "argued above")]
        let (before, values, after) = unsafe { bytes.align_to() };
        (before.is_empty() && after.is_empty()).then_some(values)
    }

    /// `bytes` as 16-bit floats; none if they do not lie as such.
    #[must_use]
    pub fn f16(bytes: &'a [u8]) -> Option<Self> {
        // SAFETY: every two bytes are a valid u16.
        #[expect(unsafe_code, reason = "argued above")]
        let (before, values, after) = unsafe { bytes.align_to() };
        (before.is_empty() && after.is_empty()).then_some(Self::F16(values))
    }

    /// `bytes` as integers.
    #[must_use]
    pub fn i8(bytes: &'a [u8]) -> Self {
        // SAFETY: every byte is a valid i8, which needs no alignment.
        #[expect(unsafe_code, reason = "argued above")]
        let (_, values, _) = unsafe { bytes.align_to() };
        Self::I8(values)
    }

    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::I8(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those in `range`.
    #[must_use]
    pub fn slice(self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::F32(values) => Self::F32(&values[range]),
            Self::F16(values) => Self::F16(&values[range]),
            Self::I8(values) => Self::I8(&values[range]),
        }
    }
}
