use super::*;

/// A source of normal numbers, the same in every run.
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is about 1")]
    fn next(&mut self) -> f32 {
        let (a, b) = (self.uniform().max(1e-12), self.uniform());
        ((-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()) as f32
    }

    /// A vector of length 1, some of whose components are far larger than the others, as a model's.
    fn vector(&mut self, length: usize) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..length).map(|_| self.next()).collect();
        for x in vector.iter_mut().step_by(97) {
            *x *= 6.0;
        }
        unit(vector)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    for x in &mut vector {
        *x /= length;
    }
    vector
}

/// The code and the fine code, and what is kept with them.
fn coded(vector: &[f32], rotation: &Rotation) -> ([Vec<u8>; 2], [Coded; 2]) {
    let mut turned = vector.to_vec();
    turned.resize(rotation.components(), 0.0);
    rotation.turn(&mut turned);
    let mut code = vec![0; rotation.components() / 4];
    let mut fine = code.clone();
    let kept = encode(&turned, &mut code, &mut fine);
    ([code, fine], kept)
}

#[test]
fn every_kernel_computes_the_products_of_the_scalar_one() {
    let mut normal = Normal(3);
    for length in [128, 256, 384, 512, 768, 1024, 2048, 4096] {
        let rotation = Rotation::new(length);
        let extreme = CodeQuery {
            narrow: vec![-127; length],
            ..CodeQuery::new(&normal.vector(length), &rotation)
        };
        for query in [CodeQuery::new(&normal.vector(length), &rotation), extreme] {
            for rows in [0, 1, 3, 4, 9] {
                let byte = |_| normal.next().to_bits().to_le_bytes()[1];
                let mut codes: Vec<u8> = (0..rows * width(length)).map(byte).collect();
                codes.iter_mut().take(width(length)).for_each(|x| *x = 0xff);
                let mut expected = vec![0; rows];
                Isa::scalar().scan_codes(&codes, &query, &mut expected);
                for isa in Isa::available() {
                    let mut out = vec![i32::MAX; rows];
                    isa.scan_codes(&codes, &query, &mut out);
                    assert_eq!(out, expected, "{isa} {length}");
                }
            }
        }
    }
}

/// The middle of one of 16 parts, in eighths of a step: those of the outer levels are twice as wide.
fn value(part: u8) -> i32 {
    let middle = 2 * i32::from(part) - 15;
    middle + (middle - 8).max(0) + (middle + 8).min(0)
}

#[test]
fn every_kernel_computes_the_same_products_with_fine_codes() {
    let mut normal = Normal(4);
    for length in [128, 384, 512, 4096] {
        let query = CodeQuery::new(&normal.vector(length), &Rotation::new(length));
        let mut bytes = || -> Vec<u8> {
            let byte = |_| normal.next().to_bits().to_le_bytes()[1];
            (0..width(length)).map(byte).collect()
        };
        let (code, fine) = (bytes(), bytes());
        // The same one by one, by what the form of a code says.
        let places = (0..length).map(|place| {
            let (group, place) = (place / GROUP, place % GROUP);
            let byte = group * GROUP_BYTES + place % GROUP_BYTES;
            let bits = |code: &[u8]| code[byte] >> (place / GROUP_BYTES * 2) & 3;
            value(4 * bits(&code) + bits(&fine))
        });
        let products = places
            .zip(&query.wide)
            .map(|(value, x)| value * i32::from(*x));
        let expected: i32 = products.sum();
        for isa in Isa::available() {
            let product = isa.fine_product(&code, &fine, &query.wide);
            assert_eq!(product, expected, "{isa} {length}");
        }
    }
}

#[test]
fn a_rotation_keeps_lengths_and_angles() {
    let mut normal = Normal(5);
    for length in [128, 384, 512, 640, 768] {
        let (a, b) = (normal.vector(length), normal.vector(length));
        let rotation = Rotation::new(length);
        let (mut x, mut y) = (a.clone(), b.clone());
        rotation.turn(&mut x);
        rotation.turn(&mut y);
        assert!((dot(&a, &b) - dot(&x, &y)).abs() < 1e-5, "{length}");
        assert!((dot(&x, &x) - 1.0).abs() < 1e-5, "{length}");
        // One large component is spread over all.
        let mut one = vec![0.0; length];
        one[length / 3] = 1.0;
        rotation.turn(&mut one);
        let most = one.iter().fold(0f32, |most, x| most.max(x.abs()));
        assert!(most < 0.3, "{length}: {most}");
    }
}

/// How far estimates lie from the truth.
#[derive(Default)]
struct Errors {
    squares: f64,
    sum: f64,
    count: f64,
}

impl Errors {
    /// Learns of an error, in deviations.
    fn add(&mut self, error: f32) {
        let error = f64::from(error);
        self.squares += error * error;
        self.sum += error;
        self.count += 1.0;
    }

    fn are_as_kept(&self, what: &str) {
        let deviation = (self.squares / self.count).sqrt();
        assert!((deviation - 1.0).abs() < 0.005, "{what}: {deviation}");
        let mean = self.sum / self.count;
        assert!(mean.abs() < 0.01, "{what}: {mean}");
    }
}

/// The bound of the search is so many deviations: were they a hundredth smaller or larger than the
/// errors, this would fail.
#[test]
fn errors_have_the_deviation_that_is_kept_with_each_code() {
    let mut normal = Normal(11);
    for length in [256, 512, 768] {
        let rotation = Rotation::new(length);
        let mut even = |size: f32| {
            let vector = unit((0..length).map(|_| normal.next()).collect());
            vector.iter().map(|x| x * size).collect::<Vec<f32>>()
        };
        let queries: Vec<Vec<f32>> = (0..200).map(|_| even(2.0)).collect();
        let asked = queries.iter().map(|query| CodeQuery::new(query, &rotation));
        let asked: Vec<CodeQuery> = asked.collect();
        let (mut errors, mut fine_errors) = (Errors::default(), Errors::default());
        let mut deviations = Vec::new();
        for _ in 0..1000 {
            let vector = even(0.8);
            let ([code, fine], [kept, fine_kept]) = coded(&vector, &rotation);
            deviations.push((kept.deviation, fine_kept.deviation));
            for (query, asked) in queries.iter().zip(&asked) {
                let mut scores = Vec::new();
                for deviations in [0.0, 1.0] {
                    let kept = [kept.to_bytes()];
                    asked.sieve(&code, &kept, 0.0, deviations, f32::MIN, &mut scores);
                }
                let (score, more) = (scores[0].1, scores[1].1);
                let exact = dot(query, &vector);
                // The bound takes the whole query, which is not more than a little too careful.
                let across = (1.0 - (exact / 1.6).powi(2)).sqrt();
                errors.add((score - exact) / (across * (more - score)));
                let (score, deviation) = asked.refined(&code, &fine, fine_kept.to_bytes(), 0.0);
                fine_errors.add((score - exact) / (across * deviation));
            }
        }
        errors.are_as_kept(&format!("{length}"));
        fine_errors.are_as_kept(&format!("{length}, fine"));
        let all: f32 = deviations.iter().map(|(coded, _)| coded).sum();
        let all_fine: f32 = deviations.iter().map(|(_, fine)| fine).sum();
        assert!(all_fine < all / 3.0, "{length}: {all_fine} of {all}");
    }
}

#[test]
fn a_query_of_the_largest_components_meets_a_fine_code() {
    let length = 4096;
    let rotation = Rotation::new(length);
    let query = CodeQuery {
        wide: vec![4095; length],
        wide_step: 1.0,
        length: 1.0,
        ..CodeQuery::new(&vec![0.0; length], &rotation)
    };
    let kept = Coded {
        factor: 1.0,
        deviation: 0.25,
    };
    for (byte, value) in [(0x00, -22.0), (0x55, -5.0), (0xff, 22.0)] {
        let code = vec![byte; width(length)];
        let (score, deviation) = query.refined(&code, &code, kept.to_bytes(), 0.5);
        assert_eq!((score, deviation), (0.5 + value * 4095.0 * 4096.0, 0.25));
    }
}

#[test]
fn a_vector_without_a_direction_has_a_code() {
    let rotation = Rotation::new(128);
    let (_, [kept, fine]) = coded(&[0.0; 128], &rotation);
    let none = Coded {
        factor: 0.0,
        deviation: 0.0,
    };
    assert_eq!((kept, fine), (none, none));
    let (_, kept) = coded(&[f32::NAN; 128], &rotation);
    assert_eq!(kept, [none; 2]);
}
