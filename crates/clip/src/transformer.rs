//! The transformer of both towers: layers of attention and a perceptron, each after a normalisation.

use super::description::TowerShape;
use super::kernel::{Isa, LANES, Matrix, Quantisation, Scratch, Values, panels};
use super::weights::{Linear, Reader, Vector, Weights};
use crate::error::Result;

/// Where gain and bias of a layer normalisation lie in the file.
#[derive(Debug)]
pub(super) struct Norm {
    gain: Vector,
    bias: Vector,
}

impl Norm {
    pub(super) fn find(reader: &Reader<'_>, name: &str, width: usize) -> Result<Self> {
        Ok(Self {
            gain: reader.vector(&format!("{name}.gain"), width)?,
            bias: reader.vector(&format!("{name}.bias"), width)?,
        })
    }
}

#[derive(Debug)]
struct Layer {
    before_attention: Norm,
    /// Queries, keys and values in one.
    qkv: Linear,
    out: Linear,
    before_perceptron: Norm,
    up: Linear,
    down: Linear,
}

/// The layers of one tower.
#[derive(Debug)]
pub(super) struct Transformer {
    tower: TowerShape,
    layers: Vec<Layer>,
    /// Normalises the row that is the result.
    last: Norm,
    projection: Linear,
}

/// Which rows of its sequence a row attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attention {
    /// All rows.
    Everything,
    /// Itself and the rows before it.
    Causal,
}

impl Transformer {
    pub(super) fn find(
        reader: &Reader<'_>,
        name: &str,
        tower: TowerShape,
        dimensions: usize,
    ) -> Result<Self> {
        let (hidden, inner) = (tower.hidden, tower.inner);
        let layer = |index: usize| {
            let name = format!("{name}.{index}");
            Ok(Layer {
                before_attention: Norm::find(reader, &format!("{name}.norm1"), hidden)?,
                qkv: reader.linear(&format!("{name}.qkv"), 3 * hidden, hidden)?,
                out: reader.linear(&format!("{name}.out"), hidden, hidden)?,
                before_perceptron: Norm::find(reader, &format!("{name}.norm2"), hidden)?,
                up: reader.linear(&format!("{name}.up"), inner, hidden)?,
                down: reader.linear(&format!("{name}.down"), hidden, inner)?,
            })
        };
        Ok(Self {
            tower,
            layers: (0..tower.layers).map(layer).collect::<Result<_>>()?,
            last: Norm::find(reader, &format!("{name}.last"), hidden)?,
            projection: reader.matrix(&format!("{name}.projection"), dimensions, hidden)?,
        })
    }

    /// Sends sequences of `length` rows, `x`, through all layers, and returns the projection of row
    /// `result` of each.
    pub(super) fn run(
        &self,
        pass: &mut Pass<'_>,
        mut x: Vec<f32>,
        length: usize,
        attention: Attention,
        result: usize,
    ) -> Vec<f32> {
        let TowerShape {
            hidden, epsilon, ..
        } = self.tower;
        // Reused from layer to layer, because new memory has to be cleared.
        let (mut normal, mut qkv, mut heads) = (Vec::new(), Vec::new(), Vec::new());
        let (mut inner, mut change) = (Vec::new(), Vec::new());
        for (index, layer) in self.layers.iter().enumerate() {
            pass.layer_norm(&layer.before_attention, &x, epsilon, &mut normal);
            pass.multiply(&layer.qkv, &normal, &mut qkv);
            let mut wanted = 0..length;
            if index + 1 == self.layers.len() {
                // Of the last layer only the resulting row is needed.
                wanted = result..result + 1;
                let results = x.chunks_exact(length * hidden);
                x = results
                    .flat_map(|rows| &rows[result * hidden..(result + 1) * hidden])
                    .copied()
                    .collect();
            }
            heads.clear();
            for qkv in qkv.chunks_exact(length * 3 * hidden) {
                heads.extend(self.attend(pass, qkv, wanted.clone(), attention));
            }
            pass.multiply(&layer.out, &heads, &mut change);
            add(&mut x, &change);
            pass.layer_norm(&layer.before_perceptron, &x, epsilon, &mut normal);
            pass.multiply(&layer.up, &normal, &mut inner);
            pass.isa.activate(self.tower.activation, &mut inner);
            pass.multiply(&layer.down, &inner, &mut change);
            add(&mut x, &change);
        }
        pass.layer_norm(&self.last, &x, epsilon, &mut normal);
        let mut projected = Vec::new();
        pass.multiply(&self.projection, &normal, &mut projected);
        projected
    }

    /// Attention: for the rows `wanted` of one sequence, the values of all its rows, weighted by the
    /// softmax of query times key. The heads are beside each other.
    fn attend(
        &self,
        pass: &mut Pass<'_>,
        qkv: &[f32],
        wanted: std::ops::Range<usize>,
        attention: Attention,
    ) -> Vec<f32> {
        let hidden = self.tower.hidden;
        let width = hidden / self.tower.heads;
        let rows = qkv.len() / (3 * hidden);
        #[expect(clippy::cast_precision_loss, reason = "widths are small")]
        let scale = 1.0 / (width as f32).sqrt();
        let part = |row: usize, which: usize, head: usize| {
            let from = (row * 3 + which) * hidden + head * width;
            &qkv[from..from + width]
        };
        let mut heads = vec![0.0; wanted.len() * hidden];
        let mut queries = vec![0.0; wanted.len() * width];
        let mut keys = vec![0.0; panels(rows) * width * LANES];
        let mut values = vec![0.0; panels(width) * rows * LANES];
        let mut shares = vec![0.0; wanted.len() * rows];
        let mut sums = vec![0.0; wanted.len() * width];
        for head in 0..self.tower.heads {
            for (row, query) in wanted.clone().zip(queries.chunks_exact_mut(width)) {
                query.copy_from_slice(part(row, 0, head));
            }
            for row in 0..rows {
                let panel = row / LANES * width * LANES + row % LANES;
                for (column, key) in part(row, 1, head).iter().enumerate() {
                    keys[panel + column * LANES] = *key;
                }
                for (panel, value) in part(row, 2, head).chunks(LANES).enumerate() {
                    let at = (panel * rows + row) * LANES;
                    values[at..at + value.len()].copy_from_slice(value);
                }
            }
            pass.multiply_matrix(&queries, Values::F32(&keys), (rows, width), &mut shares);
            for (row, shares) in wanted.clone().zip(shares.chunks_exact_mut(rows)) {
                let seen = match attention {
                    Attention::Everything => rows,
                    Attention::Causal => row + 1,
                };
                pass.isa.softmax(scale, &mut shares[..seen]);
                shares[seen..].fill(0.0);
            }
            pass.multiply_matrix(&shares, Values::F32(&values), (width, rows), &mut sums);
            for (heads, sums) in heads.chunks_exact_mut(hidden).zip(sums.chunks_exact(width)) {
                heads[head * width..(head + 1) * width].copy_from_slice(sums);
            }
        }
        heads
    }
}

/// The forward pass of a text or some pictures through a tower.
pub(super) struct Pass<'a> {
    weights: &'a Weights,
    isa: Isa,
    quantisation: Quantisation,
    scratch: Scratch,
}

impl<'a> Pass<'a> {
    pub(super) fn new(weights: &'a Weights, isa: Isa, quantisation: Quantisation) -> Self {
        let scratch = Scratch::default();
        Self {
            weights,
            isa,
            quantisation,
            scratch,
        }
    }

    /// Layer normalisation of `x` into `y`, which is resized and overwritten.
    pub(super) fn layer_norm(&self, norm: &Norm, x: &[f32], epsilon: f32, y: &mut Vec<f32>) {
        y.resize(x.len(), 0.0);
        let gain = self.weights.vector(&norm.gain);
        let bias = self.weights.vector(&norm.bias);
        self.isa.layer_norm(x, gain, bias, epsilon, y);
    }

    /// The product of `x` and `linear` into `y`, which is resized and overwritten.
    pub(super) fn multiply(&mut self, linear: &Linear, x: &[f32], y: &mut Vec<f32>) {
        let matrix = self.weights.matrix(linear);
        y.resize(x.len() / matrix.columns() * matrix.rows(), 0.0);
        let bias = self.weights.bias(linear);
        self.isa
            .multiply(x, &matrix, bias, y, self.quantisation, &mut self.scratch);
    }

    fn multiply_matrix(
        &mut self,
        x: &[f32],
        values: Values<'_>,
        (rows, columns): (usize, usize),
        y: &mut [f32],
    ) {
        // `attend` made the panels for these very numbers.
        let matrix = Matrix::new(values, None, rows, columns).expect("panels of this size");
        self.isa
            .multiply(x, &matrix, None, y, self.quantisation, &mut self.scratch);
    }
}

fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}
