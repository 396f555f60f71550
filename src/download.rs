//! Downloads large files, and continues a download that broke off.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use crate::digest::{Digest, Hasher};
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Head, Request, read_error};
use crate::progress::Progress;

/// Longest time for one request.
const MAX_TIME: Duration = Duration::from_hours(12);

/// Largest file, in bytes, if its size is not known beforehand.
const MAX_BYTES: u64 = 16 << 30;

/// Waiting time before a download that broke off continues.
const PAUSE: Duration = Duration::from_secs(1);

/// A file to be downloaded.
#[derive(Debug, Clone)]
pub struct RemoteFile<'a> {
    /// Its address, which is printed and so must hold no secrets.
    pub url: String,
    /// Its length in bytes, if known.
    pub size: Option<u64>,
    /// Its SHA-256 in lower-case hexadecimal, if known.
    pub digest: Option<&'a str>,
    /// The download breaks off if nothing arrives for this long.
    pub silence: Duration,
}

impl RemoteFile<'_> {
    fn is_expected(&self, digest: &Digest) -> bool {
        self.digest.is_none_or(|known| known == digest.to_string())
    }
}

/// Downloads `remote` to the path `to`, and returns its SHA-256. Until the file is complete and
/// checked, it is called `….part`; a later call continues from there. If `to` exists already,
/// nothing is downloaded, and the digest of that file is checked.
///
/// # Errors
/// [`Kind::NotSent`] and [`Kind::Lost`] if nothing, or nothing more, arrives; [`Kind::Garbled`] and
/// [`Kind::TooLarge`] if the server answers with something else; [`Kind::Unusable`] if the file has
/// another digest; [`Kind::Busy`] if another process downloads it; [`Kind::System`] if it cannot be
/// written.
pub fn download(
    client: &Client,
    remote: &RemoteFile<'_>,
    to: &Path,
    progress: &mut dyn Progress,
) -> Result<Digest> {
    if let Ok(file) = File::open(to) {
        progress.say(&format!("{} is there already", to.display()));
        return check_existing(file, to, remote);
    }
    progress.say(&format!("fetching {}", remote.url));
    let path = to.with_added_extension("part");
    let failed = |cause| Error::system(format!("cannot write {}", path.display()), cause);
    let mut part = open_part(&path)?;
    let length = |part: &File| part.metadata().map(|about| about.len()).map_err(failed);
    let mut most = length(&part)?;
    while remote.size.is_none_or(|size| size != most) {
        let arrived = receive(client, remote, &mut part, &failed, progress);
        progress.end();
        let Err(error) = arrived else { break };
        let now = length(&part)?;
        // Ends if nothing was gained: a server may always begin anew and always break off.
        if !matches!(error.kind(), Kind::Lost) || now <= most {
            return Err(error);
        }
        most = now;
        progress.say(&format!("{} after {now} bytes: continuing", error.chain()));
        std::thread::sleep(PAUSE);
    }
    let digest = digest(&mut part).map_err(failed)?;
    if !remote.is_expected(&digest) {
        std::fs::remove_file(&path).map_err(failed)?;
        let problem =
            format!("the file has the SHA-256 {digest}, not the published one: it was deleted");
        return Err(Error::new(Kind::Unusable, problem));
    }
    part.sync_all().map_err(failed)?;
    std::fs::rename(&path, to).map_err(failed)?;
    Ok(digest)
}

fn check_existing(mut file: File, path: &Path, remote: &RemoteFile<'_>) -> Result<Digest> {
    let path = path.display();
    let failed = |cause| Error::system(format!("cannot read {path}"), cause);
    let digest = digest(&mut file).map_err(failed)?;
    if remote.is_expected(&digest) {
        return Ok(digest);
    }
    let problem = format!("{path} has the SHA-256 {digest}, not the published one: move it away");
    Err(Error::new(Kind::Unusable, problem))
}

/// Opens and locks the file for the part that has arrived so far.
fn open_part(path: &Path) -> Result<File> {
    let failed = |cause| Error::system(format!("cannot write {}", path.display()), cause);
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true);
    let part = options.open(path).map_err(failed)?;
    match part.try_lock() {
        Ok(()) => Ok(part),
        Err(TryLockError::WouldBlock) => {
            let problem = format!(
                "another clip-search is writing {}: wait until it has finished",
                path.display()
            );
            Err(Error::new(Kind::Busy, problem))
        }
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// Appends the missing bytes to `part`.
fn receive(
    client: &Client,
    remote: &RemoteFile<'_>,
    part: &mut File,
    failed: &dyn Fn(std::io::Error) -> Error,
    progress: &mut dyn Progress,
) -> Result<()> {
    let have = part.metadata().map_err(failed)?.len();
    let mut request = Request::get(&remote.url)
        .timeout(MAX_TIME)
        .silence(remote.silence)
        .limit(remote.size.unwrap_or(MAX_BYTES));
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
            // The part is longer than the file on the server.
            part.set_len(0).map_err(failed)?;
            return receive(client, remote, part, failed, progress);
        }
        (206, _) => {
            return garbled(format!(
                "the server did not send the part from byte {have} on"
            ));
        }
        (404, _) => return garbled("there is no such file (status 404)".to_owned()),
        _ => return garbled(format!("the answer has status {status}")),
    };
    if answer.head.is_html() {
        return garbled("an HTML page came instead, perhaps of a proxy or a login".to_owned());
    }
    if let (Some(size), Some(all)) = (remote.size, all)
        && size != all
    {
        return garbled(format!("it has {all} bytes there, not {size}"));
    }
    part.set_len(start).map_err(failed)?;
    progress.begin(all.or(remote.size).unwrap_or(0));
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
    match remote.size.or(all) {
        Some(all) if all != length => Err(Error::new(Kind::Lost, "the answer was cut off")),
        _ => Ok(()),
    }
}

fn content_length(head: &Head) -> Option<u64> {
    head.header("content-length")?.trim().parse().ok()
}

/// `first` and `all` of a header `bytes first-last/all`; either may be missing.
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
