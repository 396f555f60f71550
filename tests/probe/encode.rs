//! `encode MODEL FILE TIMES TOGETHER [HOW]`: where the processor's time goes that a picture takes on its
//! way into the index, for `benches/tower`. Prints a JSON object of milliseconds a picture; TOGETHER
//! are encoded at a time. HOW is `exact` as for `index add --exact`.

use std::path::Path;
use std::time::Duration;

use clip::Encoder;
use clip::fast::{FastEncoder, Tolerance};
use clip::kernel::Quantisation;
use clip::model::Model;
use clip_bot::picture::decode_enough;
use rustix::time::{ClockId, Timespec, clock_gettime};
use serde_json::json;

pub fn run(model: &Path, file: &Path, times: u32, together: usize, how: &str) {
    let model = Model::open(model).unwrap_or_else(|error| panic!("{error}"));
    let (quantisation, enough) = match how {
        "exact" => (Quantisation::Int16, model.enough()),
        "" => {
            let fast = FastEncoder::new(&model, Tolerance::Near);
            (model.isa().quickest(), fast.enough())
        }
        _ => panic!("encode exact, or nothing"),
    };
    let mut taken = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..times {
        let [reading, decoding, scaling, encoding] = &mut taken;
        let bytes = timed(reading, SHORT, || std::fs::read(file).expect("a picture"));
        let (picture, size) = timed(decoding, FEW, || {
            let decoded = decode_enough(&bytes, enough);
            decoded.unwrap_or_else(|error| panic!("{}", error.chain()))
        });
        let pixels = timed(scaling, SHORT, || {
            let pixels = model.scaled_pixels(&picture, size);
            pixels.unwrap_or_else(|error| panic!("{error}"))
        });
        let pictures = vec![pixels; together];
        let vectors = timed(encoding, 1, || {
            model.encode_quantised(&pictures, quantisation)
        });
        vectors.unwrap_or_else(|error| panic!("{error}"));
    }
    let [reading, decoding, scaling, encoding] = taken.map(|all| {
        let least = all.into_iter().min().unwrap_or_default();
        least.as_secs_f64() * 1e3
    });
    let encoding = encoding / f64::from(u32::try_from(together).expect("few pictures"));
    println!(
        "{}",
        json!({"read": reading, "decode": decoding, "scale": scaling, "encode": encoding})
    );
}

/// How often what is short is done for one measurement.
const SHORT: u32 = 20;
const FEW: u32 = 4;

/// What `work` returns; the time of this processor that it takes on average of `often` times goes into
/// `taken`.
fn timed<T>(taken: &mut Vec<Duration>, often: u32, work: impl Fn() -> T) -> T {
    let now = || {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
        Duration::from_secs(tv_sec.cast_unsigned()) + Duration::from_nanos(tv_nsec.cast_unsigned())
    };
    let before = now();
    for _ in 1..often {
        work();
    }
    let result = work();
    taken.push(now().saturating_sub(before) / often);
    result
}
