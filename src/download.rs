//! A file from the network that may be large: where it broke off, it goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use crate::digest::{Digest, Hasher};
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Head, Request, read_error};
use crate::progress::Progress;

/// Longest time for a file.
const TIMEOUT: Duration = Duration::from_hours(12);

/// Largest file, where its size is not known.
const LARGEST: u64 = 16 << 30;

/// Before a file goes on that broke off.
const PAUSE: Duration = Duration::from_secs(1);

/// What is fetched.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Its address, without secrets.
    pub url: String,
    /// Its bytes, where they are known.
    pub size: Option<u64>,
    /// Its SHA-256 in lower-case hexadecimal, where it is known.
    pub digest: Option<&'a str>,
    /// Longest time in which nothing arrives.
    pub silence: Duration,
}

/// Fetches `wanted` to `to`, and tells its digest. Until it is whole and right it is beside, as
/// `….part`, which a later call goes on with. A file that is there is only looked at.
///
/// # Errors
/// [`Kind::NotSent`] and [`Kind::Lost`] when nothing (more) arrives, [`Kind::Garbled`] and
/// [`Kind::TooLarge`] when it is something else, or a refusal of the system.
pub fn download(
    client: &Client,
    wanted: &Wanted<'_>,
    to: &Path,
    progress: &mut dyn Progress,
) -> Result<Digest> {
    let is_right = |digest: &Digest| {
        wanted
            .digest
            .is_none_or(|known| known == digest.to_string())
    };
    if let Ok(mut file) = File::open(to) {
        progress.say(&format!("{} is there already", to.display()));
        let failed = |cause| Error::system(format!("cannot read {}", to.display()), cause);
        let digest = digest(&mut file).map_err(failed)?;
        return if is_right(&digest) {
            Ok(digest)
        } else {
            let path = to.display();
            let problem =
                format!("{path} has the SHA-256 {digest}, not the published: move it away");
            Err(Error::new(Kind::System, problem))
        };
    }
    progress.say(&format!("fetching {}", wanted.url));
    let path = to.with_added_extension("part");
    let failed = |cause| Error::system(format!("cannot write {}", path.display()), cause);
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true);
    let mut part = options.open(&path).map_err(failed)?;
    part.try_lock().map_err(|cause| match cause {
        TryLockError::WouldBlock => {
            let problem = format!("another clip-search is writing {}", path.display());
            Error::new(Kind::System, problem)
        }
        TryLockError::Error(cause) => failed(cause),
    })?;
    let length = |part: &File| part.metadata().map(|about| about.len()).map_err(failed);
    let mut most = length(&part)?;
    while wanted.size.is_none_or(|size| size != most) {
        let arrived = receive(client, wanted, &mut part, &failed, progress);
        progress.end();
        let Err(error) = arrived else { break };
        let now = length(&part)?;
        // A server that always begins anew and always breaks off would be asked for ever.
        if !matches!(error.kind(), Kind::Lost) || now <= most {
            return Err(error);
        }
        most = now;
        progress.say(&format!("{} after {now} bytes: going on", error.chain()));
        std::thread::sleep(PAUSE);
    }
    let digest = digest(&mut part).map_err(failed)?;
    if !is_right(&digest) {
        std::fs::remove_file(&path).map_err(failed)?;
        let problem = format!("it has the SHA-256 {digest}, not the published");
        return Err(Error::new(Kind::Garbled { status: None }, problem));
    }
    part.sync_all().map_err(failed)?;
    std::fs::rename(&path, to).map_err(failed)?;
    Ok(digest)
}

/// Adds to `part` what it lacks.
fn receive(
    client: &Client,
    wanted: &Wanted<'_>,
    part: &mut File,
    failed: &dyn Fn(std::io::Error) -> Error,
    progress: &mut dyn Progress,
) -> Result<()> {
    let have = part.metadata().map_err(failed)?.len();
    let mut request = Request::get(&wanted.url)
        .timeout(TIMEOUT)
        .silence(wanted.silence)
        .limit(wanted.size.unwrap_or(LARGEST));
    if have > 0 {
        request = request.header("range", format!("bytes={have}-"));
    }
    let answer = client.open(&request)?;
    let (status, range) = (answer.head.status, content_range(&answer.head));
    let garbled = |problem: String| {
        Err(Error::new(
            Kind::Garbled {
                status: Some(status),
            },
            problem,
        ))
    };
    let (start, all) = match (status, range) {
        (200, _) => (0, content_length(&answer.head)),
        (206, Some((Some(start), all))) if start == have => (have, all),
        (416, Some((None, Some(all)))) if all == have => return Ok(()),
        (416, _) if have > 0 => {
            // There is more of it here than there.
            part.set_len(0).map_err(failed)?;
            return receive(client, wanted, part, failed, progress);
        }
        (206, _) => return garbled(format!("not the part from byte {have} on came")),
        (404, _) => return garbled("there is no such file (status 404)".to_owned()),
        _ => return garbled(format!("the answer has status {status}")),
    };
    if answer.head.is_html() {
        return garbled("an HTML page came instead, perhaps of a proxy or a login".to_owned());
    }
    if let (Some(size), Some(all)) = (wanted.size, all)
        && size != all
    {
        return garbled(format!("it has {all} bytes there, not {size}"));
    }
    part.set_len(start).map_err(failed)?;
    progress.begin(all.or(wanted.size).unwrap_or(0));
    progress.done(start);
    let mut body = answer.into_body();
    let mut buffer = vec![0; 1 << 16];
    let mut length = start;
    loop {
        let count = body.read(&mut buffer).map_err(read_error)?;
        if count == 0 {
            break;
        }
        part.write_all(&buffer[..count]).map_err(failed)?;
        progress.done(count as u64);
        length += count as u64;
    }
    match wanted.size.or(all) {
        Some(all) if all != length => Err(Error::new(Kind::Lost, "the answer was cut off")),
        _ => Ok(()),
    }
}

fn content_length(head: &Head) -> Option<u64> {
    head.header("content-length")?.trim().parse().ok()
}

/// The first byte and all bytes of `bytes first-last/all`, each of which may be missing.
fn content_range(head: &Head) -> Option<(Option<u64>, Option<u64>)> {
    let (part, all) = head
        .header("content-range")?
        .trim()
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let first = part
        .split_once('-')
        .and_then(|(first, _)| first.parse().ok());
    Some((first, all.parse().ok()))
}

fn digest(file: &mut File) -> std::io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&buffer[..count]);
    }
}
