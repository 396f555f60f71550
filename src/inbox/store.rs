//! The file: the only place that knows `redb`.

use std::any::Any;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use super::ledger::{Batch, FileContent, StoredUpdate, Work};

const FILE: &str = "inbox.redb";
/// A file that is being begun.
const NEW: &str = "inbox.new";
const ASIDE: &str = "inbox.damaged";

/// The format that this program writes and reads.
const FORMAT: u32 = 1;
/// Both tables have the same type, since each type is tens of kilobytes of code in the program.
type Words = TableDefinition<'static, &'static str, &'static str>;
/// About the file: format, owner, server, `next_offset`, `written_at` (milliseconds since 1970), `work`
/// (by update id: how often a process ended while it was worked on, and whether it is now; JSON).
pub const META: Words = TableDefinition::new("meta");
/// By update id: when it came (milliseconds since 1970), its progress and the update, as JSON.
const OPEN: Words = TableDefinition::new("open");

/// Pages in memory. A working set of a few open updates is a handful of pages of 4 KiB.
const CACHE: usize = 64 << 10;
/// A next offset older than this, in milliseconds, is not trusted: Telegram starts its ids anew
/// after a quiet week.
const MAX_OFFSET_AGE: u64 = 24 * 60 * 60 * 1000;

/// How long a process that is just ending may hold on to the folder.
const MAX_LOCK_WAIT: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How a database is opened in a file; tests put disks that fail in between.
pub type Medium = Arc<dyn Fn(&Builder, File) -> Result<Database, DatabaseError> + Send + Sync>;

/// A disk as it is.
pub fn plain() -> Medium {
    Arc::new(|builder, file| builder.create_with_backend(FileBackend::new(file)?))
}

/// Why the file cannot be used.
#[derive(Debug)]
pub enum StoreError {
    /// Another process uses it.
    Busy,
    /// What is in the file cannot be used: it is damaged, or not ours.
    Useless(String),
    /// `redb` gave up in a way that leaves its state unknown.
    Panic(String),
    /// The disk refuses; it may work later.
    Disk { cause: String, remedy: &'static str },
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        use redb::Error;
        let error = error.into();
        match error {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => Self::Busy,
            // It is no database, or points past its own end.
            Error::Io(cause)
                if matches!(
                    cause.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Useless(cause.to_string())
            }
            Error::Io(cause) => Self::disk(&cause),
            Error::Corrupted(_)
            | Error::UpgradeRequired(_)
            | Error::TableDoesNotExist(_)
            | Error::TableIsMultimap(_)
            | Error::TableTypeMismatch { .. }
            | Error::TypeDefinitionChanged { .. } => Self::Useless(error.to_string()),
            other => Self::Disk {
                cause: other.to_string(),
                remedy: "check the disk",
            },
        }
    }
}

impl StoreError {
    fn disk(cause: &io::Error) -> Self {
        let remedy = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "give this user the permission to write there"
            }
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => {
                "move away what is in its place"
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
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(StoreError::Panic(said(&*panic))))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a fault while using it: {}", text.unwrap_or("unknown"))
}

/// Where the file is, and whose.
pub struct Location {
    pub directory: PathBuf,
    pub owner: String,
    pub server: String,
    pub medium: Medium,
    /// Held for good once taken: without it another process could slip in while the file is
    /// closed after a fault.
    pub lock: Option<File>,
}

impl Location {
    /// Opens the file and reads it, or begins it. Every page is checked.
    pub fn open(&mut self, now: u64) -> Result<(Store, FileContent), StoreError> {
        self.take_lock()?;
        let disk = |cause: io::Error| StoreError::disk(&cause);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        match options.open(self.file()) {
            Ok(file) => {
                let size = file.metadata().map_err(disk)?.len();
                if size == 0 {
                    return Err(StoreError::Useless("it is empty".to_owned()));
                }
                self.store_in(file)?.trying(|store| store.load(now))
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let (store, ()) = self.begin()?.trying(|_| {
                    self.take_place()?;
                    self.keep_names()
                })?;
                Ok((store, FileContent::default()))
            }
            Err(cause) => Err(StoreError::disk(&cause)),
        }
    }

    /// Begins a file beside the inbox. Whatever interrupts this leaves no half-made inbox, and what another
    /// attempt left is not written to: it may still be locked.
    pub fn begin(&self) -> Result<Store, StoreError> {
        let disk = |cause: io::Error| StoreError::disk(&cause);
        let new = self.directory.join(NEW);
        match fs::remove_file(&new) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(disk(cause)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&new).map_err(disk)?;
        let (store, ()) = self.store_in(file)?.trying(Store::begin)?;
        Ok(store)
    }

    /// Makes the file that was begun beside the inbox the inbox.
    pub fn take_place(&self) -> Result<(), StoreError> {
        let new = self.directory.join(NEW);
        fs::rename(new, self.file()).map_err(|cause| StoreError::disk(&cause))
    }

    fn store_in(&self, file: File) -> Result<Store, StoreError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        builder.set_check_integrity_on_open(true);
        Ok(Store {
            database: guarded(|| Ok((self.medium)(&builder, file)?))?,
            owner: self.owner.clone(),
            server: self.server.clone(),
        })
    }

    fn take_lock(&mut self) -> Result<(), StoreError> {
        if self.lock.is_some() {
            return Ok(());
        }
        let disk = |cause: io::Error| StoreError::disk(&cause);
        // What people ask is nobody else's business. A folder that is there already keeps its mode.
        let mut folders = DirBuilder::new();
        let made = folders.recursive(true).mode(0o700).create(&self.directory);
        made.map_err(disk)?;
        let folder = File::open(&self.directory).map_err(disk)?;
        let until = Instant::now() + MAX_LOCK_WAIT;
        loop {
            match folder.try_lock() {
                Ok(()) => break self.lock = Some(folder),
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOK),
                Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
                // A file system without locks for folders; the file has one of its own.
                Err(TryLockError::Error(_)) => break,
            }
        }
        Ok(())
    }

    /// Moves a useless file out of the way, in place of an earlier one.
    pub fn set_aside(&self) -> Result<(), StoreError> {
        fs::rename(self.file(), self.aside()).map_err(|cause| StoreError::disk(&cause))?;
        self.keep_names()
    }

    /// A new name survives a power cut only when its folder is written, too.
    pub fn keep_names(&self) -> Result<(), StoreError> {
        let written = File::open(&self.directory).and_then(|folder| folder.sync_all());
        written.map_err(|cause| StoreError::disk(&cause))
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
    fn load(&self, now: u64) -> Result<FileContent, StoreError> {
        let reading = self.database.begin_read()?;
        let meta = reading.open_table(META)?;
        let read = |name| -> Result<Option<String>, StoreError> {
            Ok(meta.get(name)?.map(|value| value.value().to_owned()))
        };
        let number = |name| -> Result<Option<u64>, StoreError> {
            Ok(read(name)?.and_then(|text| text.parse().ok()))
        };
        match read("format")?.and_then(|text| text.parse::<u32>().ok()) {
            Some(FORMAT) => {}
            Some(format) => {
                let why = format!("format {format} of another version of clip-bot");
                return Err(StoreError::Useless(why));
            }
            None => return Err(StoreError::Useless("not an inbox".to_owned())),
        }
        let owner = read("owner")?.unwrap_or_default();
        if owner != self.owner {
            let why = format!("it belongs to the bot {owner}, not to {}", self.owner);
            return Err(StoreError::Useless(why));
        }
        let mut records = Vec::new();
        for entry in reading.open_table(OPEN)?.iter()? {
            let (id, value) = entry?;
            let record = parse(id.value(), value.value());
            records
                .push(record.ok_or_else(|| StoreError::Useless("it holds no updates".to_owned()))?);
        }
        // A clock that jumped back makes it look written in the future: that is recent, too.
        let written = number("written_at")?;
        let recent = written.is_some_and(|then| now.saturating_sub(then) < MAX_OFFSET_AGE);
        let ours = read("server")?.is_some_and(|server| server == self.server);
        let offset = read("next_offset")?.and_then(|text| text.parse().ok());
        let work = read("work")?.and_then(|text| serde_json::from_str::<Work>(&text).ok());
        Ok(FileContent {
            records,
            work: work.unwrap_or_default(),
            offset: offset.filter(|_| recent && ours),
            written: written.unwrap_or_default(),
            is_old: true,
        })
    }

    fn begin(&self) -> Result<(), StoreError> {
        let writing = self.database.begin_write()?;
        writing.open_table(OPEN)?;
        {
            let mut meta = writing.open_table(META)?;
            meta.insert("format", FORMAT.to_string().as_str())?;
            meta.insert("owner", self.owner.as_str())?;
        }
        writing.commit()?;
        Ok(())
    }

    /// Writes a batch in one transaction; it is on disk when this returns.
    pub fn write(self, batch: &Batch, now: u64) -> Result<Self, StoreError> {
        let (store, ()) = self.trying(|store| store.commit(batch, now))?;
        Ok(store)
    }

    /// Closes the file.
    pub fn close(self) {
        // What could not be written is written when the file is opened again.
        let _ = guarded(|| {
            drop(self);
            Ok(())
        });
    }

    /// Does something with the file, which is closed if that fails.
    fn trying<T>(
        self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<(Self, T), StoreError> {
        match guarded(|| work(&self)) {
            Ok(result) => Ok((self, result)),
            Err(fault) => {
                if matches!(fault, StoreError::Panic(_)) {
                    // Closing what panicked may panic twice, which would end the process. Its file
                    // is set aside, so that its lock hinders nobody.
                    std::mem::forget(self);
                } else {
                    self.close();
                }
                Err(fault)
            }
        }
    }

    /// One table is open at a time: should opening the second panic, closing the first would panic
    /// once more.
    fn commit(&self, batch: &Batch, now: u64) -> Result<(), StoreError> {
        let writing = self.database.begin_write()?;
        {
            let mut open = writing.open_table(OPEN)?;
            for (id, change) in &batch.changes {
                let id = id.to_string();
                if let Some(record) = change {
                    let parts = (record.received, record.progress.as_deref(), &*record.update);
                    let text = serde_json::json!(parts).to_string();
                    open.insert(id.as_str(), text.as_str())?;
                } else {
                    open.remove(id.as_str())?;
                }
            }
        }
        if let Some(offset) = batch.offset {
            let mut meta = writing.open_table(META)?;
            meta.insert("server", self.server.as_str())?;
            meta.insert("next_offset", offset.to_string().as_str())?;
            meta.insert("written_at", now.to_string().as_str())?;
        }
        if let Some(work) = &batch.work {
            let mut meta = writing.open_table(META)?;
            // Numbers are JSON: this cannot fail.
            let text = serde_json::to_string(work).unwrap_or_default();
            meta.insert("work", text.as_str())?;
        }
        writing.commit()?;
        Ok(())
    }
}

fn parse(id: &str, record: &str) -> Option<(i64, StoredUpdate)> {
    let (received, progress, update): (u64, Option<String>, String) =
        serde_json::from_str(record).ok()?;
    let record = StoredUpdate {
        received,
        update: update.into(),
        progress: progress.map(Into::into),
    };
    Some((id.parse().ok()?, record))
}

/// What the disks of tests are made of; `redb` is named in this file only.
#[cfg(test)]
pub mod parts {
    pub use redb::backends::FileBackend;
    pub use redb::{BackendError, Database, StorageBackend, TableDefinition};
}
