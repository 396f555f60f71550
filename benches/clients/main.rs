//! What several clients get who ask at once, of the engine in this process.
//!
//! `nice taskset -c 0 cargo bench --bench clients -- MODEL [INDEX]` asks as one client and as 16, in turns,
//! and prints queries a second of processor time and of the clock, and how long a query takes at the median
//! and at the 99th percentile. Without an index nothing is searched: texts are encoded.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clip::Encoder;
use clip::model::Model;
use clip_bot::collection::VectorStore;
use clip_bot::collection::index::Index;
use clip_bot::engine::clip::{ClipEngine, MIN_SCORE, NoFolders};
use clip_bot::search::{Engine, Filter, Query, Subject};

/// Queries of a turn.
const QUERIES: usize = 320;
const TURNS: usize = 5;
const CLIENTS: usize = 16;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let [model, index @ ..] = &words[..] else {
        println!("usage: cargo bench --bench clients -- MODEL [INDEX]");
        return;
    };
    let model = Arc::new(Model::open(Path::new(model)).expect("a model"));
    let store: Arc<dyn VectorStore> = match index {
        [folder] => Arc::new(Index::open(Path::new(folder)).expect("an index")),
        _ => Arc::new(NoFolders(model.name().to_owned())),
    };
    let engine = ClipEngine::new(model, store, MIN_SCORE, Some("http://x/".to_owned()), None);
    let engine = engine.expect("an index of the same model");
    asked(&engine, 1);
    let mut best = [f64::MAX; 2];
    for _ in 0..TURNS {
        for (clients, best) in [1, CLIENTS].into_iter().zip(&mut best) {
            let turn = asked(&engine, clients);
            *best = best.min(turn);
        }
    }
    println!("16 clients: {:.2} × the queries of one", best[0] / best[1]);
}

/// Asks as so many clients; returns processor time a query, in milliseconds.
fn asked(engine: &ClipEngine, clients: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let (start, cpu) = (Instant::now(), cpu());
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let client = || {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= QUERIES {
                    return times;
                }
                let begun = Instant::now();
                ask(engine, number);
                times.push(begun.elapsed());
            }
        };
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let threads = threads.into_iter();
        threads
            .flat_map(|thread| thread.join().expect("sound"))
            .collect()
    });
    let (wall, cpu) = (start.elapsed().as_secs_f64(), self::cpu() - cpu);
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let count = QUERIES as f64;
    println!(
        "{clients:2} clients: {:.1} a second of processor time, {:.1} of the clock; median {:.1} ms, \
         99 of 100 in {:.1} ms ({:.1} ×)",
        count / cpu,
        count / wall,
        at(50),
        at(99),
        at(99) / at(50)
    );
    cpu * 1e3 / count
}

fn ask(engine: &ClipEngine, number: usize) {
    let query = Query {
        subject: Subject::Text(format!("a photo of a dog {number}")),
        limit: 6,
        offset: 0,
        filter: Filter::default(),
        language: None,
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    engine.search(&query, deadline).expect("an answer");
}

/// What this process has used of processors, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split(' ').skip(12).take(2).map(str::parse::<f64>);
    // A tick is 10 ms.
    ticks.map(|ticks| ticks.expect("a number") * 0.01).sum()
}
