use encoder::{Block, Jpeg, Part};

use super::*;

mod encoder;

/// Numbers of chance below others.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// Mostly dark frequencies, some of them large, some of them absent.
fn block(chance: &mut Chance) -> Block {
    let mut block = [0; 64];
    block[0] = i32::try_from(chance.below(600)).expect("small") - 300;
    for _ in 0..[0, 1, 5, 40][chance.below(4)] {
        let value = i32::try_from(chance.below(60)).expect("small") - 30;
        block[chance.below(63) + 1] = value;
    }
    block
}

fn jpeg(chance: &mut Chance, samplings: &[(usize, usize)]) -> Jpeg {
    let (width, height) = (1 + chance.below(90), 1 + chance.below(90));
    let across = samplings
        .iter()
        .map(|sampling| sampling.0)
        .max()
        .expect("one");
    let down = samplings
        .iter()
        .map(|sampling| sampling.1)
        .max()
        .expect("one");
    let groups = (width.div_ceil(8 * across), height.div_ceil(8 * down));
    let mut part = |&(across, down): &(usize, usize)| Part {
        across,
        down,
        stride: groups.0 * across,
        blocks: (0..groups.0 * across * groups.1 * down)
            .map(|_| block(chance))
            .collect(),
    };
    Jpeg {
        width,
        height,
        parts: samplings.iter().map(&mut part).collect(),
        divisors: std::array::from_fn(|index| {
            u8::try_from(index / 8 + index % 8 + 1).expect("small")
        }),
        restart: [0, 1, 7][chance.below(3)],
        is_apart: chance.below(3) == 0,
    }
}

/// The sample of a block at a place of `across` × `down`, by the definition.
fn sample(block: &Block, divisors: &[u8; 64], place: (usize, usize), size: (usize, usize)) -> f64 {
    let number = |number: usize| f64::from(u32::try_from(number).expect("small"));
    let wave = |frequency: usize, at: usize, samples: usize| {
        let norm = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let angle = (2.0 * number(at) + 1.0) * number(frequency) / (2.0 * number(samples));
        norm / 2.0 * (angle * std::f64::consts::PI).cos()
    };
    let mut sum = 128.0;
    for row in 0..size.1 {
        for column in 0..size.0 {
            let frequency =
                f64::from(block[8 * row + column] * i32::from(divisors[8 * row + column]));
            sum += frequency * wave(column, place.0, size.0) * wave(row, place.1, size.1);
        }
    }
    sum.clamp(0.0, 255.0)
}

impl Jpeg {
    /// The samples of all components at a pixel of the picture with sides that are halved so often.
    fn pixel(&self, x: usize, y: usize, halvings: u32) -> Vec<f64> {
        let most = |side: fn(&Part) -> usize| self.parts.iter().map(side).max().expect("a part");
        let (across, down) = (most(|part| part.across), most(|part| part.down));
        let pixels = ((8 * across) >> halvings, (8 * down) >> halvings);
        let of_part = |part: &Part| {
            let samples = |pixels: usize, blocks: usize| {
                [8, 4, 2, 1]
                    .into_iter()
                    .find(|samples| samples * blocks <= pixels)
                    .expect("one")
            };
            let size = (samples(pixels.0, part.across), samples(pixels.1, part.down));
            let x = x * size.0 * part.across / pixels.0;
            let y = y * size.1 * part.down / pixels.1;
            let block = &part.blocks[y / size.1 * part.stride + x / size.0];
            sample(block, &self.divisors, (x % size.0, y % size.1), size)
        };
        self.parts.iter().map(of_part).collect()
    }
}

/// Most that a channel of the picture differs from what the definition of JPEG says.
fn check(jpeg: &Jpeg, halvings: u32) -> f64 {
    let decoder = Decoder::new(&jpeg.file()).map(|decoder| decoder.size());
    assert_eq!(decoder.map(|size| size.0 as usize), Ok(jpeg.width));
    let file = jpeg.file();
    let picture = Decoder::new(&file).expect("a head").decode(halvings);
    let picture = picture.unwrap_or_else(|error| panic!("{error}"));
    let (width, height) = (picture.width as usize, picture.height as usize);
    assert_eq!(width, jpeg.width.div_ceil(1 << halvings));
    assert_eq!(height, jpeg.height.div_ceil(1 << halvings));
    let mut most: f64 = 0.0;
    for (index, seen) in picture.rgb.chunks_exact(3).enumerate() {
        let samples = jpeg.pixel(index % width, index / width, halvings);
        let expected = match samples.as_slice() {
            [grey] => [*grey; 3],
            [y, blue, red] => {
                let (blue, red) = (blue - 128.0, red - 128.0);
                let green = y - 0.344_136 * blue - 0.714_136 * red;
                [y + 1.402 * red, green, y + 1.772 * blue]
            }
            [inks @ .., black] => std::array::from_fn(|ink| inks[ink] * black / 255.0),
            [] => panic!("no samples"),
        };
        for (seen, expected) in seen.iter().zip(expected) {
            most = most.max((f64::from(*seen) - expected.clamp(0.0, 255.0)).abs());
        }
    }
    most
}

#[test]
fn every_layout_is_as_its_definition_says() {
    let mut chance = Chance(7);
    let layouts: [&[(usize, usize)]; 10] = [
        &[(1, 1)],
        &[(2, 2)],
        &[(1, 1), (1, 1), (1, 1)],
        &[(2, 1), (1, 1), (1, 1)],
        &[(2, 2), (1, 1), (1, 1)],
        &[(1, 2), (1, 1), (1, 1)],
        &[(4, 1), (1, 1), (1, 1)],
        &[(2, 2), (2, 1), (1, 2)],
        &[(1, 1), (1, 1), (1, 1), (1, 1)],
        &[(2, 2), (1, 1), (1, 1), (2, 2)],
    ];
    for samplings in layouts {
        for _ in 0..6 {
            let mut jpeg = jpeg(&mut chance, samplings);
            if samplings.len() == 1 {
                // Its blocks stand alone, whatever it says.
                jpeg.parts[0].stride = jpeg.width.div_ceil(8);
            }
            for halvings in 0..4 {
                let off = check(&jpeg, halvings);
                // Each sample is rounded before there are colours.
                assert!(off < 2.0, "{samplings:?}, {halvings}: {off}");
            }
        }
    }
}

fn recorded(name: &str) -> Vec<u8> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/it/recorded/pictures/"
    );
    std::fs::read(format!("{folder}{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn decoded(file: &[u8], halvings: u32) -> Result<Picture> {
    Decoder::new(file)?.decode(halvings)
}

#[test]
fn scans_that_refine_come_to_the_same() {
    let (plain, fine) = (recorded("jpeg-plain.jpg"), recorded("jpeg-progressive.jpg"));
    for halvings in 0..4 {
        assert!(
            decoded(&plain, halvings) == decoded(&fine, halvings),
            "{halvings}"
        );
    }
}

#[test]
fn what_is_missing_at_the_end_is_grey() {
    for name in [
        "jpeg-plain.jpg",
        "jpeg-progressive.jpg",
        "jpeg-scan-each.jpg",
    ] {
        let file = recorded(name);
        for halvings in 0..4 {
            let whole = decoded(&file, halvings).expect("a picture");
            let cut = decoded(&file[..file.len() * 3 / 4], halvings).expect("a part");
            assert_eq!(whole.rgb.len(), cut.rgb.len(), "{name}");
            let same = whole
                .rgb
                .iter()
                .zip(&cut.rgb)
                .take_while(|(one, other)| one == other);
            assert!(
                name != "jpeg-plain.jpg" || same.count() > cut.rgb.len() / 2,
                "{name}"
            );
        }
        let end = decoded(&recorded("jpeg-plain.jpg")[..file.len() * 3 / 4], 1);
        let rgb = end.map(|picture| picture.rgb).unwrap_or_default();
        assert!(name != "jpeg-plain.jpg" || rgb.ends_with(&[128; 30]));
    }
}

#[test]
fn a_lost_restart_is_no_picture() {
    let file = recorded("jpeg-restarts.jpg");
    let is_marker = |at: &usize| file[*at] == 0xff && (0xd0..=0xd7).contains(&file[at + 1]);
    let places: Vec<usize> = (0..file.len() - 1).filter(is_marker).collect();
    assert!(places.len() > 3);
    for halvings in 0..4 {
        decoded(&file, halvings).expect("whole");
        for place in &places {
            let cut = [&file[..*place], &file[place + 2..]].concat();
            decoded(&cut, halvings).expect_err("a part is lost");
        }
    }
}

#[test]
fn damage_ends_in_a_picture_or_an_error() {
    let mut chance = Chance(3);
    let layout = [(2, 2), (1, 1), (1, 1)];
    let files = [
        recorded("jpeg-progressive.jpg"),
        recorded("jpeg-scan-each.jpg"),
        recorded("jpeg-restarts.jpg"),
        recorded("jpeg-cmyk-adobe.jpg"),
        jpeg(&mut chance, &layout).file(),
    ];
    let [mut read, mut refused] = [0, 0];
    for (file, case) in files.iter().cycle().zip(0..4000) {
        let mut file = file.clone();
        for _ in 0..=chance.below(6) {
            let within = [700.min(file.len()), file.len()][chance.below(2)];
            let at = chance.below(within);
            file[at] = [file[at] ^ 1 << chance.below(8), 0xff, 0][chance.below(3)];
        }
        if chance.below(5) == 0 {
            file.truncate(chance.below(file.len()));
        }
        // A head may tell any size; who calls the decoder knows what is too much.
        let decoder = Decoder::new(&file);
        let is_small = |decoder: &Decoder| decoder.size().0 * decoder.size().1 < 1 << 18;
        match decoder.map(|decoder| is_small(&decoder).then(|| decoder.decode(case % 4))) {
            Ok(Some(Ok(picture))) => {
                let pixels = picture.width as usize * picture.height as usize;
                assert_eq!(picture.rgb.len(), 3 * pixels);
                read += 1;
            }
            Ok(Some(Err(error))) | Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
            Ok(None) => {}
        }
    }
    assert!(
        read > 500 && refused > 500,
        "{read} read, {refused} refused"
    );
}

#[test]
fn scans_without_end_are_refused() {
    let file = recorded("jpeg-progressive.jpg");
    let start = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .expect("a scan");
    let end = start + 14;
    let scan = [&file[start..end], &[0, 0xff, 0xda]].concat();
    let many = [
        &file[..start],
        &scan[..scan.len() - 2].repeat(1000),
        &[0xff, 0xd9],
    ]
    .concat();
    let error = decoded(&many, 3).expect_err("a thousand scans");
    assert_eq!(error, Error::Damaged("it has too many scans"));
}

#[test]
fn what_is_not_read_is_named() {
    let twelve = decoded(&recorded("jpeg-12bit.jpg"), 1);
    assert_eq!(twelve, Err(Error::Unsupported("12 bits")));
    for nothing in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xd9", b"GIF89a"] {
        decoded(nothing, 1).expect_err("no picture");
    }
}
