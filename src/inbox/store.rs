//! The file: the only place that knows `redb`.

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use super::ledger::{Batch, Found, Record};

const FILE: &str = "inbox.redb";
const ASIDE: &str = "inbox.damaged";

/// What this program writes and understands.
const FORMAT: u32 = 1;
/// All in words: format, owner, server, `next_offset`, `written_at` (milliseconds since 1970).
const META: TableDefinition<&str, &str> = TableDefinition::new("meta");
/// By update id: when it came (milliseconds since 1970), the update, its progress.
const OPEN: TableDefinition<i64, (u64, &str, Option<&str>)> = TableDefinition::new("open");

/// Pages in memory. A working set of a few open updates is a handful of pages of 4 KiB.
const CACHE: usize = 64 << 10;
/// A next offset older than this is not trusted: Telegram starts its ids anew after a quiet week.
const TRUSTED: u64 = 24 * 60 * 60 * 1000;

/// How a database is opened in a file; tests put disks that fail in between.
pub type Medium = Arc<dyn Fn(&Builder, File) -> Result<Database, DatabaseError> + Send + Sync>;

/// A disk as it is.
pub fn plain() -> Medium {
    Arc::new(|builder, file| builder.create_with_backend(FileBackend::new(file)?))
}

/// Why the file cannot be used.
#[derive(Debug)]
pub enum Fault {
    /// Another process uses it.
    Busy,
    /// What is in the file is of no use: damage, or not ours.
    Useless(String),
    /// The disk refuses; it may work later.
    Disk { cause: String, remedy: &'static str },
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        use redb::Error;
        let error = error.into();
        match error {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => Self::Busy,
            // Reading past the end or at impossible places: the file points there.
            Error::Io(cause)
                if matches!(
                    cause.kind(),
                    ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Useless(cause.to_string())
            }
            Error::Io(cause) => Self::disk(&cause),
            Error::PreviousIo | Error::Backend(_) | Error::DatabaseClosed => Self::Disk {
                cause: error.to_string(),
                remedy: "check the disk",
            },
            damage => Self::Useless(damage.to_string()),
        }
    }
}

impl Fault {
    fn disk(cause: &io::Error) -> Self {
        let remedy = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "let this user write there"
            }
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => {
                "move away what stands there"
            }
            _ => "check the disk",
        };
        Self::Disk {
            cause: cause.to_string(),
            remedy,
        }
    }
}

/// Does something with `redb`, which may panic on what a damaged file makes it believe.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Fault::Useless(said(&*panic))))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a fault while using it: {}", text.unwrap_or("unknown"))
}

/// Where the file is, and whose.
pub struct Place {
    pub directory: PathBuf,
    pub owner: String,
    pub server: String,
    pub medium: Medium,
    /// Held for good once taken: without it another process could slip in while the file is
    /// closed after a fault.
    pub lock: Option<File>,
}

impl Place {
    /// Opens the file and reads it, or begins it. Every page is checked.
    pub fn open(&mut self, now: u64) -> Result<(Store, Found), Fault> {
        self.take_lock()?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.directory.join(FILE))
            .map_err(|cause| Fault::disk(&cause))?;
        let known = file.metadata().map_err(|cause| Fault::disk(&cause))?;
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        builder.set_check_integrity_on_open(true);
        guarded(|| {
            let store = Store {
                database: (self.medium)(&builder, file)?,
                owner: self.owner.clone(),
                server: self.server.clone(),
            };
            let found = store.load(now)?;
            if known.len() == 0 {
                self.keep_names()?;
            }
            Ok((store, found))
        })
    }

    fn take_lock(&mut self) -> Result<(), Fault> {
        if self.lock.is_some() {
            return Ok(());
        }
        let disk = |cause: io::Error| Fault::disk(&cause);
        fs::create_dir_all(&self.directory).map_err(disk)?;
        let folder = File::open(&self.directory).map_err(disk)?;
        match folder.try_lock() {
            Ok(()) => self.lock = Some(folder),
            Err(TryLockError::WouldBlock) => return Err(Fault::Busy),
            // A file system without locks for folders; the file has one of its own.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(())
    }

    /// Moves a useless file out of the way, in place of an earlier one.
    pub fn set_aside(&self) -> Result<(), Fault> {
        fs::rename(self.directory.join(FILE), self.directory.join(ASIDE))
            .map_err(|cause| Fault::disk(&cause))?;
        self.keep_names()
    }

    /// A new name survives a power cut only when its folder is written, too.
    fn keep_names(&self) -> Result<(), Fault> {
        let written = File::open(&self.directory).and_then(|folder| folder.sync_all());
        written.map_err(|cause| Fault::disk(&cause))
    }

    pub fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    pub fn aside(&self) -> PathBuf {
        self.directory.join(ASIDE)
    }
}

/// The open file.
pub struct Store {
    database: Database,
    owner: String,
    server: String,
}

impl Store {
    fn load(&self, now: u64) -> Result<Found, Fault> {
        let reading = self.database.begin_read()?;
        if reading.list_tables()?.next().is_none() {
            drop(reading);
            self.begin()?;
            return Ok(Found::default());
        }
        let meta = reading.open_table(META)?;
        let read = |name| -> Result<Option<String>, Fault> {
            Ok(meta.get(name)?.map(|value| value.value().to_owned()))
        };
        let number = |name| -> Result<Option<u64>, Fault> {
            Ok(read(name)?.and_then(|text| text.parse().ok()))
        };
        match read("format")?.and_then(|text| text.parse::<u32>().ok()) {
            Some(FORMAT) => {}
            Some(format) => {
                let why = format!("format {format} of another version of clip-bot");
                return Err(Fault::Useless(why));
            }
            None => return Err(Fault::Useless("not an inbox".to_owned())),
        }
        let owner = read("owner")?.unwrap_or_default();
        if owner != self.owner {
            let why = format!("it belongs to the bot {owner}, not to {}", self.owner);
            return Err(Fault::Useless(why));
        }
        let mut records = Vec::new();
        for entry in reading.open_table(OPEN)?.iter()? {
            let (id, value) = entry?;
            let (received, update, progress) = value.value();
            let record = Record {
                received,
                update: update.into(),
                progress: progress.map(Into::into),
            };
            records.push((id.value(), record));
        }
        // A clock that jumped back makes it look written in the future: that is recent, too.
        let recent = number("written_at")?.is_some_and(|then| now.saturating_sub(then) < TRUSTED);
        let ours = read("server")?.is_some_and(|server| server == self.server);
        let offset = read("next_offset")?.and_then(|text| text.parse().ok());
        Ok(Found {
            records,
            offset: offset.filter(|_| recent && ours),
        })
    }

    fn begin(&self) -> Result<(), Fault> {
        let writing = self.database.begin_write()?;
        {
            let mut meta = writing.open_table(META)?;
            meta.insert("format", FORMAT.to_string().as_str())?;
            meta.insert("owner", self.owner.as_str())?;
            writing.open_table(OPEN)?;
        }
        writing.commit()?;
        Ok(())
    }

    /// Writes a batch in one transaction; it is on disk when this returns.
    pub fn write(&self, batch: &Batch, now: u64) -> Result<(), Fault> {
        let writing = self.database.begin_write()?;
        {
            let mut open = writing.open_table(OPEN)?;
            for (id, change) in &batch.changes {
                if let Some(record) = change {
                    let progress = record.progress.as_deref();
                    open.insert(id, (record.received, &*record.update, progress))?;
                } else {
                    open.remove(id)?;
                }
            }
            if let Some(offset) = batch.offset {
                let mut meta = writing.open_table(META)?;
                meta.insert("server", self.server.as_str())?;
                meta.insert("next_offset", offset.to_string().as_str())?;
                meta.insert("written_at", now.to_string().as_str())?;
            }
        }
        writing.commit()?;
        Ok(())
    }
}
