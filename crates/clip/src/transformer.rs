//! The transformer of both towers: layers of attention and a perceptron.

use std::ops::Range;

use super::description::TowerShape;
use super::kernel::{
    Activation, Finish, Isa, LANES, Matrix, Quantisation, Scratch, Values, panels,
};
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
    /// Of attention.
    norm1: Norm,
    /// Queries, keys and values in one.
    qkv: Linear,
    out: Linear,
    /// Of the perceptron.
    norm2: Norm,
    up: Linear,
    down: Linear,
}

/// The layers of one tower.
#[derive(Debug)]
pub(super) struct Transformer {
    tower: TowerShape,
    order: Order,
    layers: Vec<Layer>,
}

/// Where the parts of a layer are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// What goes into a part.
    Before,
    /// The sum of what went into a part and what came out.
    After,
}

/// Which rows of its sequence a row attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attention {
    /// All rows.
    Everything,
    /// Itself and the rows before it.
    Causal,
}

/// One of the sequences that are sent through the layers together.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    /// Its rows.
    pub(super) length: usize,
    /// Those that are needed in the end.
    pub(super) results: Range<usize>,
}

impl Sequence {
    /// The resulting rows, of `width` numbers, of all sequences in `x`.
    fn results(sequences: &[Self], x: &[f32], width: usize) -> Vec<f32> {
        let mut results = Vec::new();
        let mut rest = x;
        for sequence in sequences {
            let (rows, after) = rest.split_at(sequence.length * width);
            let Range { start, end } = sequence.results;
            results.extend_from_slice(&rows[start * width..end * width]);
            rest = after;
        }
        results
    }
}

impl Transformer {
    pub(super) fn find(
        reader: &Reader<'_>,
        name: &str,
        tower: TowerShape,
        order: Order,
    ) -> Result<Self> {
        let (hidden, inner) = (tower.hidden, tower.inner);
        let layer = |index: usize| {
            let name = format!("{name}.{index}");
            Ok(Layer {
                norm1: Norm::find(reader, &format!("{name}.norm1"), hidden)?,
                qkv: reader.linear(&format!("{name}.qkv"), 3 * hidden, hidden)?,
                out: reader.linear(&format!("{name}.out"), hidden, hidden)?,
                norm2: Norm::find(reader, &format!("{name}.norm2"), hidden)?,
                up: reader.linear(&format!("{name}.up"), inner, hidden)?,
                down: reader.linear(&format!("{name}.down"), hidden, inner)?,
            })
        };
        Ok(Self {
            tower,
            order,
            layers: (0..tower.layers).map(layer).collect::<Result<_>>()?,
        })
    }

    /// Sends sequences of `length` rows, `x`, through all layers, and returns the rows `results` of
    /// each.
    pub(super) fn run(
        &self,
        pass: &mut Pass<'_>,
        x: Vec<f32>,
        length: usize,
        attention: Attention,
        results: Range<usize>,
    ) -> Vec<f32> {
        let sequence = Sequence { length, results };
        let sequences = vec![sequence; x.len() / (length * self.tower.hidden)];
        self.run_all(pass, x, &sequences, attention)
    }

    /// As [`Transformer::run`], with sequences of different lengths, one after another in `x`.
    pub(super) fn run_all(
        &self,
        pass: &mut Pass<'_>,
        mut x: Vec<f32>,
        sequences: &[Sequence],
        attention: Attention,
    ) -> Vec<f32> {
        let TowerShape {
            hidden, epsilon, ..
        } = self.tower;
        let (qkv_apart, inner_apart) = (apart(3 * hidden), apart(self.tower.inner));
        let Rows {
            mut normal,
            mut qkv,
            mut heads,
            mut inner,
        } = std::mem::take(&mut pass.memory.rows);
        for (index, layer) in self.layers.iter().enumerate() {
            match self.order {
                Order::Before => {
                    pass.layer_norm(&layer.norm1, &x, epsilon, &mut normal);
                    pass.multiply_apart(&layer.qkv, &normal, (&mut qkv, qkv_apart));
                }
                Order::After => pass.multiply_apart(&layer.qkv, &x, (&mut qkv, qkv_apart)),
            }
            // Of the last layer only the resulting rows are needed.
            let is_last = index + 1 == self.layers.len();
            if is_last {
                x = Sequence::results(sequences, &x, hidden);
            }
            heads.resize(x.len(), 0.0);
            if attention == Attention::Causal && pass.known.is_none() {
                pass.learnt.push(qkv[hidden..3 * hidden].to_vec());
            }
            let own = Qkv {
                rows: &qkv,
                apart: qkv_apart,
                before: pass.known.map(|known| &known.layers[index][..]),
            };
            let wanted = |sequence: &Sequence| match sequence {
                Sequence { results, .. } if is_last => results.clone(),
                Sequence { length, .. } => 0..*length,
            };
            self.attend_each(pass, &own, sequences, wanted, attention, &mut heads);
            pass.add_product(&layer.out, (&heads, hidden), &mut x);
            let activation = self.tower.activation;
            if self.order == Order::After {
                pass.layer_norm(&layer.norm1, &x, epsilon, &mut normal);
                std::mem::swap(&mut x, &mut normal);
                pass.activated_product(&layer.up, &x, activation, (&mut inner, inner_apart));
            } else {
                pass.layer_norm(&layer.norm2, &x, epsilon, &mut normal);
                pass.activated_product(&layer.up, &normal, activation, (&mut inner, inner_apart));
            }
            pass.add_product(&layer.down, (&inner, inner_apart), &mut x);
            if self.order == Order::After {
                pass.layer_norm(&layer.norm2, &x, epsilon, &mut normal);
                std::mem::swap(&mut x, &mut normal);
            }
        }
        pass.memory.rows = Rows {
            normal,
            qkv,
            heads,
            inner,
        };
        x
    }

    /// [`attend`] for the rows `wanted` of each sequence in `qkv`.
    fn attend_each(
        &self,
        pass: &mut Pass<'_>,
        qkv: &Qkv<'_>,
        sequences: &[Sequence],
        wanted: impl Fn(&Sequence) -> Range<usize>,
        attention: Attention,
        mut heads: &mut [f32],
    ) {
        let mut rows = qkv.rows;
        for sequence in sequences {
            let wanted = wanted(sequence);
            let (own, others) = rows.split_at(sequence.length * qkv.apart);
            let (to, rest) = heads.split_at_mut(wanted.len() * self.tower.hidden);
            let own = Qkv { rows: own, ..*qkv };
            attend(pass, &own, self.tower.heads, wanted, attention, to);
            (rows, heads) = (others, rest);
        }
    }
}

/// How far apart rows of so many numbers are kept: at some quarters of a page, many of those in a tile would want the
/// same place in the cache.
fn apart(numbers: usize) -> usize {
    const QUARTER: usize = 1024 / size_of::<f32>();
    if numbers.is_multiple_of(QUARTER) {
        numbers + LANES
    } else {
        numbers
    }
}

/// Normalises the rows that are results, and projects them into the space of texts and pictures.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) last: Norm,
    pub(super) matrix: Linear,
    pub(super) epsilon: f32,
}

impl Projection {
    pub(super) fn run(&self, pass: &mut Pass<'_>, x: &[f32]) -> Vec<f32> {
        let (mut normal, mut projected) = (Vec::new(), Vec::new());
        pass.layer_norm(&self.last, x, self.epsilon, &mut normal);
        pass.multiply(&self.matrix, &normal, &mut projected);
        projected
    }
}

/// Queries, keys and values of the rows of one sequence.
pub(super) struct Qkv<'a> {
    pub(super) rows: &'a [f32],
    /// How far the rows are apart.
    pub(super) apart: usize,
    /// Keys and values of a row before them.
    pub(super) before: Option<&'a [f32]>,
}

/// Attention: puts for the rows `wanted` of one sequence the values of all its rows, weighted by the
/// softmax of query times key, into `to`. The heads, `count` of them, are beside each other.
pub(super) fn attend(
    pass: &mut Pass<'_>,
    qkv: &Qkv<'_>,
    count: usize,
    wanted: Range<usize>,
    attention: Attention,
    to: &mut [f32],
) {
    let hidden = to.len() / wanted.len();
    let before = usize::from(qkv.before.is_some());
    let (rows, width) = (before + qkv.rows.len() / qkv.apart, hidden / count);
    #[expect(clippy::cast_precision_loss, reason = "widths are small")]
    let scale = 1.0 / (width as f32).sqrt();
    let part = |row: usize, which: usize, head: usize| {
        let own = || &qkv.rows[(row - before) * qkv.apart..][which * hidden..];
        let first = qkv.before.filter(|_| row == 0);
        let parts = first.map_or_else(own, |first| &first[(which - 1) * hidden..]);
        &parts[head * width..][..width]
    };
    let Heads {
        mut queries,
        mut keys,
        mut values,
        mut shares,
        mut sums,
    } = std::mem::take(&mut pass.memory.heads);
    queries.resize(wanted.len() * width, 0.0);
    keys.resize(panels(rows) * width * LANES, 0.0);
    values.resize(panels(width) * rows * LANES, 0.0);
    shares.resize(wanted.len() * rows, 0.0);
    sums.resize(wanted.len() * width, 0.0);
    for head in 0..count {
        for (row, query) in wanted.clone().zip(queries.chunks_exact_mut(width)) {
            query.copy_from_slice(part(before + row, 0, head));
        }
        for row in 0..rows {
            let panel = row / LANES * width * LANES + row % LANES;
            let columns = keys[panel..].iter_mut().step_by(LANES);
            for (key, new) in columns.zip(part(row, 1, head)) {
                *key = *new;
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
                Attention::Causal => before + row + 1,
            };
            pass.isa.softmax(scale, &mut shares[..seen]);
            shares[seen..].fill(0.0);
        }
        pass.multiply_matrix(&shares, Values::F32(&values), (width, rows), &mut sums);
        for (to, sums) in to.chunks_exact_mut(hidden).zip(sums.chunks_exact(width)) {
            to[head * width..(head + 1) * width].copy_from_slice(sums);
        }
    }
    pass.memory.heads = Heads {
        queries,
        keys,
        values,
        shares,
        sums,
    };
}

/// Memory of [`attend`] for the numbers of one head, kept from one sequence to the next. What fills up
/// the last panels may be anything.
#[derive(Debug, Default)]
struct Heads {
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    shares: Vec<f32>,
    sums: Vec<f32>,
}

/// What goes through all layers, kept from layer to layer.
#[derive(Debug, Default)]
struct Rows {
    normal: Vec<f32>,
    qkv: Vec<f32>,
    heads: Vec<f32>,
    inner: Vec<f32>,
}

/// Memory of a [`Pass`], which may be kept for the next one, because new memory has to be cleared.
#[derive(Debug, Default)]
pub(super) struct Memory {
    scratch: Scratch,
    heads: Heads,
    rows: Rows,
}

/// The first row of texts, which in a causal tower attends to nothing but itself: all texts that begin with the same
/// token have the same.
#[derive(Debug)]
pub(super) struct FirstRow {
    pub(super) token: u32,
    /// Its keys and values in each layer.
    pub(super) layers: Vec<Vec<f32>>,
}

/// The forward pass of a text or some pictures through a tower.
pub(super) struct Pass<'a> {
    weights: &'a Weights,
    isa: Isa,
    quantisation: Quantisation,
    pub(super) memory: Memory,
    /// The row before the first one of every sequence.
    pub(super) known: Option<&'a FirstRow>,
    /// Otherwise, of a causal tower: keys and values of the first row in each layer.
    pub(super) learnt: Vec<Vec<f32>>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(weights: &'a Weights, isa: Isa, quantisation: Quantisation) -> Self {
        Self {
            weights,
            isa,
            quantisation,
            memory: Memory::default(),
            known: None,
            learnt: Vec::new(),
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
        self.multiply_apart(linear, x, (y, linear.rows()));
    }

    /// The same, where rows of `y` are so far apart.
    fn multiply_apart(&mut self, linear: &Linear, x: &[f32], y: (&mut Vec<f32>, usize)) {
        self.finished_product(linear, (x, linear.columns()), Finish::default(), y);
    }

    /// An activation function of the product of `x` and `linear` into `y`, which is resized and overwritten; its rows
    /// are so far apart.
    pub(super) fn activated_product(
        &mut self,
        linear: &Linear,
        x: &[f32],
        activation: Activation,
        y: (&mut Vec<f32>, usize),
    ) {
        let activation = Some(activation);
        let finish = Finish {
            activation,
            ..Finish::default()
        };
        self.finished_product(linear, (x, linear.columns()), finish, y);
    }

    /// Adds the product of `x`, whose rows are so far apart, and `linear` to `y`.
    pub(super) fn add_product(&mut self, linear: &Linear, x: (&[f32], usize), y: &mut Vec<f32>) {
        let is_added = true;
        let finish = Finish {
            is_added,
            ..Finish::default()
        };
        self.finished_product(linear, x, finish, (y, linear.rows()));
    }

    /// The product of `x` and `linear`, with its bias and finished, into `y`, which is resized. Rows of both are so far
    /// apart.
    fn finished_product(
        &mut self,
        linear: &Linear,
        (x, x_stride): (&[f32], usize),
        finish: Finish<'_>,
        (y, y_stride): (&mut Vec<f32>, usize),
    ) {
        let matrix = self.weights.matrix(linear);
        y.resize(x.len() / x_stride * y_stride, 0.0);
        let bias = self.weights.bias(linear);
        let finish = Finish { bias, ..finish };
        let (x, y) = ((x, x_stride), (&mut y[..], y_stride));
        let scratch = &mut self.memory.scratch;
        self.isa
            .multiply_apart(x, &matrix, finish, y, self.quantisation, scratch);
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
        let finish = Finish::default();
        let scratch = &mut self.memory.scratch;
        self.isa
            .multiply(x, &matrix, finish, y, self.quantisation, scratch);
    }
}

pub(super) fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}
