use half::f16;

use super::*;
use crate::model::tests::{noise, phi};

/// A matrix of each kind, as [`Values`] has them.
struct Weights {
    f32: Vec<f32>,
    f16: Vec<u16>,
    i8: Vec<i8>,
    scales: Vec<f32>,
}

impl Weights {
    fn new(rows: usize, columns: usize) -> Self {
        let scales = noise(8, rows);
        let noise = noise(7, panels(rows) * columns * LANES);
        #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127")]
        let i8 = noise.iter().map(|x| (x * 127.0) as i8).collect();
        Self {
            f16: noise.iter().map(|x| f16::from_f32(*x).to_bits()).collect(),
            i8,
            f32: noise,
            scales,
        }
    }

    fn kinds(&self) -> [(Values<'_>, Option<&[f32]>); 3] {
        [
            (Values::F32(&self.f32), None),
            (Values::F16(&self.f16), None),
            (Values::I8(&self.i8), Some(&self.scales)),
        ]
    }
}

/// Products as they are.
const NONE: Finish<'_> = Finish {
    bias: None,
    is_added: false,
    activation: None,
};

/// What this processor can do, with both kinds of quantisation.
fn everything() -> impl Iterator<Item = (Isa, Quantisation)> {
    let sets = Isa::available().into_iter();
    sets.flat_map(|isa| {
        [
            (isa, Quantisation::Int16),
            (isa, Quantisation::Int8),
            (isa, Quantisation::Int7),
        ]
    })
}

fn wide(values: Values<'_>) -> Vec<f32> {
    match values {
        Values::F32(values) => values.to_vec(),
        Values::F16(values) => {
            let halves = values.iter().map(|bits| f16::from_bits(*bits));
            halves.map(f16::to_f32).collect()
        }
        Values::I8(values) => values.iter().map(|value| f32::from(*value)).collect(),
    }
}

#[test]
fn every_set_multiplies_as_the_definition_says() {
    let shapes = [
        (1, 1, 1),
        (2, 5, 3),
        (7, 64, 48),
        (14, 16, 33),
        (15, 31, 64),
        (50, 77, 40),
    ];
    let tall = (1..=30).flat_map(|height| [(height, 40, 19), (height, 40, 20)]);
    for (height, outputs, depth) in shapes.into_iter().chain(tall) {
        let x = noise(1, height * depth);
        let bias = noise(2, outputs);
        let weights = Weights::new(outputs, depth);
        for (values, scales) in weights.kinds() {
            let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
            let wide = wide(values);
            let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            for (isa, quantisation) in everything() {
                // Integers stand for `x` with 8-bit weights.
                let steps = match quantisation {
                    Quantisation::Int16 => 21_845.0,
                    Quantisation::Int8 => 127.0,
                    Quantisation::Int7 => f64::from(septets::LARGEST),
                };
                let step = scales.map_or(0.0, |_| f64::from(most) / steps);
                let mut y = vec![f32::NAN; height * outputs];
                let scratch = &mut Scratch::default();
                let finish = Finish {
                    bias: Some(&bias),
                    ..NONE
                };
                isa.multiply(&x, &matrix, finish, &mut y, quantisation, scratch);
                for (at, y) in y.iter().enumerate() {
                    let (row, output) = (at / outputs, at % outputs);
                    let weight = |column| {
                        let panel = output / LANES * depth * LANES;
                        f64::from(wide[panel + column * LANES + output % LANES])
                    };
                    let products: Vec<f64> = (0..depth)
                        .map(|c| f64::from(x[row * depth + c]) * weight(c))
                        .collect();
                    let scale = scales.map_or(1.0, |scales| f64::from(scales[output]));
                    let bias = f64::from(bias[output]);
                    let expected = products.iter().sum::<f64>() * scale + bias;
                    // Sums of large numbers may be small, but are no more exact.
                    let size: f64 = products.iter().map(|x| (x * scale).abs()).sum();
                    let heavy: f64 = (0..depth).map(|c| (weight(c) * scale).abs()).sum();
                    let allowed = 1e-6 * (1e-3 + bias.abs() + size) + heavy * step / 2.0;
                    assert!(
                        (f64::from(*y) - expected).abs() < allowed,
                        "{isa} {quantisation:?} {height}×{outputs}×{depth} at {at}: {y}, not {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn rows_may_be_further_apart_than_they_are_long() {
    let (height, outputs, depth) = (13, 40, 1000);
    let (x_stride, y_stride) = (depth + 16, outputs + 7);
    let (mut x, bias) = (noise(1, height * depth), noise(2, outputs));
    x.chunks_exact_mut(depth).for_each(|row| row[7] *= 50.0);
    let apart = |numbers: &[f32], length: usize, stride: usize| -> Vec<f32> {
        let rows = numbers.chunks_exact(length);
        let padded = |row: &[f32]| {
            let mut row = row.to_vec();
            row.resize(stride, 1e9);
            row
        };
        rows.flat_map(padded).collect()
    };
    let far_x = apart(&x, depth, x_stride);
    let weights = Weights::new(outputs, depth);
    let finish = Finish {
        bias: Some(&bias),
        is_added: true,
        activation: Some(Activation::QuickGelu),
    };
    for (values, scales) in weights.kinds() {
        let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
        for (isa, quantisation) in everything() {
            let (mut y, scratch) = (noise(5, height * outputs), &mut Scratch::default());
            let mut far_y = apart(&y, outputs, y_stride);
            isa.multiply(&x, &matrix, finish, &mut y, quantisation, scratch);
            let (far_x, far) = ((&far_x[..], x_stride), (&mut far_y[..], y_stride));
            isa.multiply_apart(far_x, &matrix, finish, far, quantisation, scratch);
            assert_eq!(
                far_y,
                apart(&y, outputs, y_stride),
                "{isa} {quantisation:?}"
            );
        }
    }
}

/// With a bias, added to other numbers and activated, as one after the other.
#[test]
fn products_are_finished() {
    // More than a block, and more columns of an output than a panel has.
    let (height, outputs, depth) = (13, 40, 1000);
    let (mut x, bias) = (noise(1, height * depth), noise(2, outputs));
    x.chunks_exact_mut(depth).for_each(|row| row[7] *= 50.0);
    let weights = Weights::new(outputs, depth);
    for (values, scales) in weights.kinds() {
        let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
        for (isa, quantisation) in everything() {
            let products = |finish, y: &[f32]| {
                let (mut y, scratch) = (y.to_vec(), &mut Scratch::default());
                isa.multiply(&x, &matrix, finish, &mut y, quantisation, scratch);
                y
            };
            let before = noise(5, height * outputs);
            let (bias, activation) = (Some(&bias[..]), Some(Activation::QuickGelu));
            let finish = Finish {
                bias,
                is_added: true,
                activation,
            };
            let found = products(finish, &before);
            let mut expected = products(Finish { bias, ..NONE }, &before);
            expected.iter_mut().zip(&before).for_each(|(y, x)| *y += x);
            isa.activate(Activation::QuickGelu, &mut expected);
            for (found, expected) in found.iter().zip(&expected) {
                let allowed = 1e-5 * expected.abs().max(1.0);
                assert!(
                    (found - expected).abs() < allowed,
                    "{isa} {quantisation:?} {found} {expected}"
                );
            }
        }
    }
}

/// Whole numbers leave no room for another order of additions, as long as a float holds their sums: those
/// of 16 bits are multiplied with weights from -1 to 1.
#[test]
fn every_set_multiplies_integers_alike() {
    for (height, outputs, depth) in [
        (1, 16, 1),
        (3, 40, 515),
        (7, 33, 768),
        (12, 17, 1540),
        (29, 17, 256),
    ] {
        let x = noise(1, height * depth);
        let weights = Weights::new(outputs, depth);
        let small: Vec<i8> = weights.i8.iter().map(|weight| weight % 2).collect();
        for (isa, quantisation) in everything() {
            let i8 = match quantisation {
                Quantisation::Int16 => &small,
                Quantisation::Int8 | Quantisation::Int7 => &weights.i8,
            };
            let (values, scales) = (Values::I8(i8), Some(&weights.scales[..]));
            let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
            let products = |isa: Isa| {
                let mut y = vec![f32::NAN; height * outputs];
                let scratch = &mut Scratch::default();
                isa.multiply(&x, &matrix, NONE, &mut y, quantisation, scratch);
                y
            };
            let case = format!("{isa} {quantisation:?} {height}×{outputs}×{depth}");
            assert_eq!(products(isa), products(Isa::scalar()), "{case}");
        }
    }
}

#[test]
fn the_largest_integers_do_not_overflow() {
    let (outputs, depth) = (16, 3000);
    let weights = vec![-127; outputs * depth];
    let scales = vec![1.0; outputs];
    let values = Values::I8(&weights);
    let matrix = Matrix::new(values, Some(&scales), outputs, depth).expect("lengths that fit");
    for sign in [-1.0, 1.0] {
        for (isa, quantisation) in everything() {
            let mut y = vec![f32::NAN; outputs];
            let x = vec![2.0 * sign; depth];
            let scratch = &mut Scratch::default();
            isa.multiply(&x, &matrix, NONE, &mut y, quantisation, scratch);
            for y in y {
                assert!(
                    (y / (-127.0 * 3000.0 * 2.0 * sign) - 1.0).abs() < 1e-6,
                    "{isa} {y}"
                );
            }
        }
    }
}

/// Sums of 16 bits are exact up to the largest weights for which they are used, and one more: of eight
/// groups, and of four.
#[test]
fn septets_do_not_overflow_at_their_bound() {
    let (outputs, depth) = (16, 256);
    let most = f32::from(septets::LARGEST);
    let bounds = [septets::MANY, septets::SOME].map(|groups| {
        let bound = usize::from(septets::BOUND) / (2 * groups);
        i8::try_from(bound).expect("a small bound")
    });
    for weight in bounds
        .into_iter()
        .flat_map(|bound| [bound - 1, bound, bound + 1])
        .chain([127, -128])
    {
        for weight in [weight, weight.wrapping_neg()] {
            let weights = vec![weight; outputs * depth];
            let scales = vec![1.0; outputs];
            let values = Values::I8(&weights);
            let matrix = Matrix::new(values, Some(&scales), outputs, depth).expect("fits");
            for isa in Isa::available() {
                for sign in [-1.0, 1.0] {
                    let (x, mut y) = (vec![most * sign; depth], vec![f32::NAN; outputs]);
                    let scratch = &mut Scratch::default();
                    isa.multiply(&x, &matrix, NONE, &mut y, Quantisation::Int7, scratch);
                    let expected = f32::from(weight) * most * sign * 256.0;
                    assert_eq!(y, [expected; 16], "{isa} {weight}");
                }
            }
        }
    }
}

/// A few columns with far larger numbers take nothing of the others' precision.
#[test]
fn outliers_are_multiplied_apart() {
    let (height, outputs, depth) = (5, 40, 768);
    let mut x = noise(1, height * depth);
    let weights = Weights::new(outputs, depth);
    let [.., (values, scales)] = weights.kinds();
    let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
    for row in x.chunks_exact_mut(depth) {
        for column in [3, 77, 500, 767] {
            row[column] *= 100.0;
        }
    }
    let products = |quantisation| {
        let mut y = vec![f32::NAN; height * outputs];
        let scratch = &mut Scratch::default();
        Isa::detect().multiply(&x, &matrix, NONE, &mut y, quantisation, scratch);
        y
    };
    let exact = products(Quantisation::Int16);
    let error = |y: Vec<f32>| {
        let errors = y.iter().zip(&exact).map(|(y, exact)| (y - exact).abs());
        errors.fold(0.0, f32::max)
    };
    let (septets, bytes) = (
        error(products(Quantisation::Int7)),
        error(products(Quantisation::Int8)),
    );
    assert!(septets * 10.0 < bytes, "{septets} and {bytes}");
}

/// Otherwise damaged weights would lead to a vector that looks like one.
#[test]
fn what_is_no_number_stays_none() {
    let (outputs, depth) = (16, 20);
    let weights = Weights::new(outputs, depth);
    for (values, scales) in weights.kinds() {
        let matrix = Matrix::new(values, scales, outputs, depth).expect("lengths that fit");
        for (isa, quantisation) in everything() {
            for none in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = noise(1, depth);
                x[17] = none;
                let mut y = vec![0.0; outputs];
                let scratch = &mut Scratch::default();
                isa.multiply(&x, &matrix, NONE, &mut y, quantisation, scratch);
                assert!(y.iter().all(|y| !y.is_finite()), "{isa} {values:?} {none}");
            }
        }
    }
}

#[test]
fn every_set_widens_alike() {
    let weights = Weights::new(32, 5).f16;
    let mut expected = vec![0.0; weights.len()];
    scalar::widen(&weights, &mut expected);
    for isa in Isa::available() {
        let mut wide = vec![f32::NAN; weights.len()];
        isa.widen(&weights, &mut wide);
        assert_eq!(wide, expected, "{isa}");
    }
}

#[test]
fn rows_are_what_their_definitions_say() {
    for isa in Isa::available() {
        for width in [1, 3, 16, 40, 65] {
            let x = noise(3, 2 * width);
            let (gain, bias) = (noise(4, width), noise(5, width));
            let mut y = vec![f32::NAN; x.len()];
            isa.layer_norm(&x, &gain, &bias, 1e-5, &mut y);
            for (x, y) in x.chunks(width).zip(y.chunks(width)) {
                let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let count = width as f64;
                let mean = wide.iter().sum::<f64>() / count;
                let variance = wide.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
                for (at, y) in y.iter().enumerate() {
                    let unit = (wide[at] - mean) / (variance + 1e-5).sqrt();
                    let expected = unit * f64::from(gain[at]) + f64::from(bias[at]);
                    assert!((f64::from(*y) - expected).abs() < 1e-5, "{isa} {width}");
                }
            }

            let mut shares = x[..width].to_vec();
            isa.softmax(3.0, &mut shares);
            let powers: Vec<f64> = x[..width]
                .iter()
                .map(|x| f64::from(3.0 * x).exp())
                .collect();
            for (share, power) in shares.iter().zip(&powers) {
                let expected = power / powers.iter().sum::<f64>();
                assert!((f64::from(*share) - expected).abs() < 1e-6, "{isa} {width}");
            }
        }
    }
}

#[test]
fn activations_are_right_to_a_millionth() {
    let xs: Vec<f32> = (-1200_i16..=1200).map(|x| f32::from(x) / 100.0).collect();
    for isa in Isa::available() {
        let mut quick = xs.clone();
        isa.activate(Activation::QuickGelu, &mut quick);
        let mut exact = xs.clone();
        isa.activate(Activation::Gelu, &mut exact);
        for ((x, quick), exact) in xs.iter().zip(quick).zip(exact) {
            let x = f64::from(*x);
            let expected = x / (1.0 + (-1.702 * x).exp());
            assert!(
                (f64::from(quick) - expected).abs() < 1e-6,
                "{isa} at {x}: {quick}"
            );
            assert!(
                (f64::from(exact) - x * phi(x)).abs() < 1e-6,
                "{isa} at {x}: {exact}"
            );
        }
    }
}

#[test]
fn the_exponential_function_is_exact_enough() {
    for step in -8000_i16..8000 {
        let x = f32::from(step) / 100.0;
        let expected = f64::from(x).exp();
        for found in [rows::exp::<false>(x), rows::exp::<true>(x)] {
            let error = (f64::from(found) - expected).abs() / expected;
            assert!(error < 1e-6, "at {x}: {error}");
        }
    }
    assert!(rows::exp::<false>(f32::NEG_INFINITY) < 1e-37);
    assert!(rows::exp::<true>(f32::NEG_INFINITY) < 1e-37);
}

#[test]
fn a_matrix_of_another_length_is_none() {
    let values = Values::F32(&[0.0; 32]);
    assert!(Matrix::new(values, None, 16, 2).is_some());
    assert!(Matrix::new(values, None, 17, 2).is_none());
    assert!(Matrix::new(values, None, 16, 3).is_none());
    assert!(Matrix::new(values, None, 0, 2).is_none());
    assert!(Matrix::new(values, None, usize::MAX, usize::MAX).is_none());
    assert!(Matrix::new(values, Some(&[1.0; 16]), 16, 2).is_none());
    let values = Values::I8(&[0; 32]);
    assert!(Matrix::new(values, Some(&[1.0; 16]), 16, 2).is_some());
    assert!(Matrix::new(values, Some(&[1.0; 15]), 16, 2).is_none());
    assert!(Matrix::new(values, None, 16, 2).is_none());
}

/// What `tests/peers/clip-kernels` runs the tests on, which sets the variable.
#[test]
fn the_processor_has_what_the_environment_names() {
    if let Ok(expected) = std::env::var("CLIP_TEST_KERNELS") {
        assert_eq!(Isa::detect().to_string(), expected);
    }
}
