//! What the CLIP engine reads: pictures, its own files, texts, lists, and the answers of Qdrant.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use clip::description::TokenizerKind;
use clip::model::Model;
use clip::tokenizer::{ClipTokenizer, Tokenizer, TokenizerFile};
use clip::{Encoder, Picture};
use clip_bot::collection::add::{Options, add, list};
use clip_bot::collection::index::{Index, maintenance};
use clip_bot::collection::qdrant::{Push, Qdrant};
use clip_bot::collection::{Record, VectorStore};
use clip_bot::error::Error;
use clip_bot::picture;
use clip_bot::progress::Silent;
use clip_bot::shutdown::Shutdown;

use super::peer::{Answer, Peer};
use super::{Input, assert_one_line};

/// Most memory of a picture that is decoded here: larger ones only take time.
const MAX_COST: u64 = 16 << 20;
/// Longest side of the pictures of a model that is run here.
const MAX_SIDE: usize = 256;

/// A folder for one thread's files, which are replaced from case to case.
pub fn folder(name: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let parent = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = parent.join(format!("fuzz-{name}-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("room");
    folder
}

fn write(path: &Path, bytes: &[u8]) {
    // Another file each time: those that are mapped are not to change.
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).expect("room");
}

fn check_error(error: &Error) {
    assert_one_line(&error.chain());
}

/// The bytes of a file become pixels or an error.
pub fn picture(case: &[u8]) {
    let mut bytes = case.to_vec();
    repair_png(&mut bytes);
    if picture::cost(&bytes) > MAX_COST {
        return;
    }
    match picture::decode(&bytes) {
        Ok(decoded) => {
            check_picture(&decoded);
            let width = decoded.width;
            let small = decoded.fit(5);
            check_picture(&small);
            assert!(small.width <= width);
            picture::encode_jpeg(&small, 80, None).expect("it has pixels");
        }
        Err(error) => check_error(&error),
    }
}

fn check_picture(picture: &Picture) {
    let Picture { width, height, rgb } = picture;
    assert!(*width > 0 && *height > 0);
    assert_eq!(rgb.len() as u64, 3 * u64::from(*width) * u64::from(*height));
}

/// Makes the checksums of a PNG file's chunks right, which a change of a few bytes hardly ever does.
fn repair_png(bytes: &mut [u8]) {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return;
    }
    let mut at = 8;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let end = at + 8 + u32::from_be_bytes(*length) as usize;
        let Some(checked) = bytes.get(at + 4..end) else {
            return;
        };
        let checksum = crc32fast::hash(checked).to_be_bytes();
        let Some(place) = bytes.get_mut(end..end + 4) else {
            return;
        };
        place.copy_from_slice(&checksum);
        at = end + 4;
    }
}

/// The bytes of a converted model.
pub fn model(case: &[u8]) {
    thread_local! {
        static PATH: PathBuf = folder("model").join("model.clip");
    }
    PATH.with(|path| {
        write(path, case);
        match Model::open(path) {
            Ok(model) => run_model(&model),
            Err(error) => assert!(!error.chain().contains('\n'), "{}", error.chain()),
        }
    });
}

fn run_model(model: &Model) {
    let shape = model.description();
    let check = |vector: Result<Vec<f32>, clip::Error>| {
        let Ok(vector) = vector else { return };
        assert_eq!(vector.len(), shape.dimensions);
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-3, "{length}");
    };
    let words = u32::try_from(shape.text.vocabulary).expect("bounded");
    check(model.encode_tokens(&[words - 2, 0, words - 1]));
    if shape.vision.side <= MAX_SIDE {
        let grey = Picture {
            width: 3,
            height: 2,
            rgb: vec![128; 18],
        };
        check(model.encode_picture(&grey));
    }
    let _ = model.is_intact().expect("readable");
}

/// Sizes of vocabularies, with and without words of their own.
const SIZES: [usize; 8] = [49408, 49408, 49408, 514, 516, 1000, 20_000, 3];

/// A text, for vocabularies of many sizes; or, if it begins with a brace, the file of a tokenizer.
pub fn tokenizer(case: &[u8]) {
    if case.starts_with(b"{") {
        return tokenizer_file(case);
    }
    let mut input = Input(case);
    let size = SIZES[usize::from(input.byte()) % SIZES.len()];
    let context = 2 + usize::from(input.byte()) % 80;
    let Ok(tokenizer) = ClipTokenizer::new(size) else {
        return;
    };
    let text = input.text();
    for tokens in [
        tokenizer.encode(&text, context),
        tokenizer.encode_exactly(&text, context),
    ] {
        assert!((2..=context).contains(&tokens.len()), "{tokens:?}");
        assert_eq!(tokens.first(), Some(&tokenizer.start()));
        assert_eq!(tokens.last(), Some(&tokenizer.end()));
        assert!(tokens.iter().all(|token| (*token as usize) < size));
    }
}

fn tokenizer_file(case: &[u8]) {
    let Ok(file) = TokenizerFile::read(case) else {
        return;
    };
    let size = match file.kind {
        // Those of bytes have a token for each merge, byte and mark, and no more.
        TokenizerKind::ByteLevel { merges } => 258 + merges,
        _ => 1 << 18,
    };
    let Ok(tokenizer) = Tokenizer::new(file.kind, &file.tables, size) else {
        return;
    };
    let tokens = tokenizer.encode("a photo of two cats, 3 dogs & a café 😀!", 20);
    assert!(tokens.len() <= 20, "{tokens:?}");
    if let TokenizerKind::ByteLevel { .. } = file.kind {
        assert!(tokens.iter().all(|token| (*token as usize) < size));
    }
}

/// A list of addresses.
pub fn addresses(case: &[u8]) {
    thread_local! {
        static PATH: PathBuf = folder("list").join("list.tsv");
    }
    PATH.with(|path| {
        write(path, case);
        let mut count = 0;
        for entry in list::entries(path).expect("readable") {
            let (url, caption) = entry.expect("readable");
            assert!(!url.is_empty() && !url.starts_with('#'), "{url:?}");
            assert!(!caption.contains(char::is_control), "{caption:?}");
            count += 1;
        }
        assert!(count <= case.len());
    });
}

/// An encoder for small pictures: the mean of each colour, and a constant.
struct Means;

impl Encoder for Means {
    fn name(&self) -> &'static str {
        "means"
    }

    fn dimensions(&self) -> usize {
        4
    }

    fn encode_text(&self, _: &str) -> clip::Result<Vec<f32>> {
        Ok(vec![0.5; 4])
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> clip::Result<Vec<Vec<f32>>> {
        Ok(pictures.to_vec())
    }

    fn pixels(&self, picture: &Picture) -> clip::Result<Vec<f32>> {
        let first = picture.rgb.first_chunk::<3>().expect("a pixel");
        let mut vector = first.map(f32::from).to_vec();
        vector.push(10.0);
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        Ok(vector.into_iter().map(|x| x / length).collect())
    }
}

/// A whole index of three pictures.
static INDEX: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("index");
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).expect("room");
    for (name, rgb) in [
        ("red", [250, 9, 9]),
        ("green", [9, 250, 9]),
        ("blue", [9, 9, 250]),
    ] {
        let picture = Picture {
            width: 8,
            height: 8,
            rgb: rgb.repeat(64),
        };
        let file = picture::encode_jpeg(&picture, 90, None).expect("it has pixels");
        write(&pictures.join(name).with_extension("jpg"), &file);
    }
    let index = folder.join("index");
    let (options, shutdown) = (Options::default(), Shutdown::default());
    add(&index, &[pictures], &Means, options, &mut Silent, &shutdown).expect("good");
    index
});

/// The two kinds of files of an index. The first byte says which of them the case is, whether it is the
/// content or changes of a good one (each a place in two bytes, and a byte), and whether the checksum is
/// made right.
pub fn index(case: &[u8]) {
    thread_local! {
        static FOLDER: PathBuf = folder("index-case");
    }
    FOLDER.with(|folder| {
        let mut input = Input(case);
        let kind = input.byte();
        for name in ["manifest", "00000000.segment"] {
            let good = std::fs::read(INDEX.join(name)).expect("there");
            write(&folder.join(name), &good);
        }
        let is_manifest = kind & 1 == 0;
        let name = if is_manifest {
            "manifest"
        } else {
            "00000000.segment"
        };
        let path = folder.join(name);
        let mut bytes = if kind & 2 == 0 {
            changed(&std::fs::read(&path).expect("there"), input.0)
        } else {
            input.0.to_vec()
        };
        if kind & 4 == 0 {
            let end = if is_manifest { bytes.len() } else { 64 };
            if let Some((checked, checksum)) =
                bytes.get_mut(..end).and_then(<[u8]>::split_last_chunk_mut)
            {
                *checksum = crc32fast::hash(checked).to_le_bytes();
            }
        }
        write(&path, &bytes);
        use_index(folder);
    });
}

/// `good`, with a byte replaced at each of the places that `changes` name.
fn changed(good: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for [low, high, value] in changes.as_chunks().0 {
        let place = usize::from(u16::from_le_bytes([*low, *high]));
        let length = bytes.len();
        bytes[place % length] = *value;
    }
    bytes
}

fn use_index(folder: &Path) {
    let check = |found: Result<Vec<Record>, Error>| match found {
        Ok(records) => records.iter().for_each(check_record),
        Err(error) => check_error(&error),
    };
    if let Err(error) = maintenance::info(folder) {
        check_error(&error);
    }
    match maintenance::verify(folder) {
        Ok(Ok(_)) => {}
        Ok(Err(errors)) => errors.iter().for_each(check_error),
        Err(error) => check_error(&error),
    }
    let index = match Index::open(folder) {
        Ok(index) => index,
        Err(error) => return check_error(&error),
    };
    let vector = vec![0.5; index.dimensions()];
    let found = index.search(&vector, 5, -1.0);
    check(found.map(|found| found.into_iter().map(|found| found.record).collect()));
    let mut all = Vec::new();
    let each = index.each(|record, _| {
        all.push(record);
        Ok(all.len() < 100)
    });
    for record in &all {
        check(
            index
                .record(&record.id)
                .map(|found| found.into_iter().collect()),
        );
    }
    check(each.map(|()| all));
}

fn check_record(record: &Record) {
    let is_plain = |c: char| c.is_ascii_hexdigit() || c == '-';
    assert!(record.id.chars().all(is_plain), "{}", record.id);
}

/// What Qdrant may answer: a line for each answer, in turn, of which the first character is its status.
pub fn qdrant(case: &[u8]) {
    thread_local! {
        static PEER: Peer = Peer::start();
    }
    let mut input = Input(case);
    let lines: Vec<Vec<u8>> =
        std::iter::from_fn(|| (!input.0.is_empty()).then(|| input.line().to_vec()))
            .take(20)
            .collect();
    let mut turn = 0;
    PEER.with(|peer| {
        peer.answer(move |_, _| {
            let line = lines.get(turn % lines.len().max(1));
            turn += 1;
            let (status, body) = line
                .and_then(|line| line.split_first())
                .unwrap_or((&b'4', &[]));
            Answer {
                status: match status {
                    b'4' => 404,
                    b'3' => 403,
                    b'5' => 500,
                    _ => 200,
                },
                body: body.to_vec(),
                ..Answer::default()
            }
        });
        use_qdrant(&format!("{}/collections/pictures", peer.url()));
    });
}

fn use_qdrant(url: &str) {
    let vector = [0.5; 4];
    match Qdrant::open(url, None) {
        Ok(store) => {
            for error in [
                store.len().err(),
                store.record("0123456789abcdef").err(),
                store.search(&vector, 3, -1.0).err(),
            ] {
                error.iter().for_each(check_error);
            }
        }
        Err(error) => check_error(&error),
    }
    let index = Index::open(&INDEX).expect("good");
    match Push::prepare(&index, url, None) {
        Ok(push) => {
            let removal = push.removal();
            assert!(removal.pictures <= removal.of && removal.examples.len() <= removal.pictures);
        }
        Err(error) => check_error(&error),
    }
}
