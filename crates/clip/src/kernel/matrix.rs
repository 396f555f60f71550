//! Matrices in the layout of the file, which is the one that the kernels read.

/// Rows in a panel: as many 32-bit floats as an AVX-512 register has, which is a multiple of every
/// narrower register.
pub const LANES: usize = 16;

/// How many panels hold `rows` rows.
#[must_use]
pub fn panels(rows: usize) -> usize {
    rows.div_ceil(LANES)
}

/// A matrix in panels of [`LANES`] rows, each stored column by column. The last panel is filled up with
/// rows of zeros.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: Values<'a>,
    scales: Option<&'a [f32]>,
    rows: usize,
    columns: usize,
}

/// The numbers of a matrix, in the precision of the file.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 16-bit floats, as their bits.
    F16(&'a [u16]),
    /// 8-bit integers: a weight is its integer times the scale of its row.
    I8(&'a [i8]),
}

impl<'a> Matrix<'a> {
    /// A matrix of `rows` and `columns`, of which integers have a scale for each row and floats have
    /// none. Returns `None` if the lengths do not fit together.
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

    /// Rows, without those that fill up the last panel.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers in a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The scale of each row, for integers.
    #[must_use]
    pub fn scales(&self) -> Option<&'a [f32]> {
        self.scales
    }

    /// Whole panels.
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
    /// `bytes` as 32-bit floats; `None` if they are not aligned, or not a multiple of four bytes.
    #[must_use]
    pub fn f32(bytes: &'a [u8]) -> Option<&'a [f32]> {
        // SAFETY: every four bytes are a valid f32.
        #[expect(unsafe_code, reason = "argued above")]
        let (before, values, after) = unsafe { bytes.align_to() };
        (before.is_empty() && after.is_empty()).then_some(values)
    }

    /// `bytes` as 16-bit floats; `None` if they are not aligned, or not a multiple of two bytes.
    #[must_use]
    pub fn f16(bytes: &'a [u8]) -> Option<Self> {
        // SAFETY: every two bytes are a valid u16.
        #[expect(unsafe_code, reason = "argued above")]
        let (before, values, after) = unsafe { bytes.align_to() };
        (before.is_empty() && after.is_empty()).then_some(Self::F16(values))
    }

    /// `bytes` as 8-bit integers.
    #[must_use]
    pub fn i8(bytes: &'a [u8]) -> Self {
        // SAFETY: every byte is a valid i8, which needs no alignment.
        #[expect(unsafe_code, reason = "argued above")]
        let (_, values, _) = unsafe { bytes.align_to() };
        Self::I8(values)
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::I8(values) => values.len(),
        }
    }

    /// Whether there are no numbers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers in `range`.
    #[must_use]
    pub fn slice(self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::F32(values) => Self::F32(&values[range]),
            Self::F16(values) => Self::F16(&values[range]),
            Self::I8(values) => Self::I8(&values[range]),
        }
    }
}
