//! Files of others, and disks that fail when a test says so.

use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::super::store::parts::{
    BackendError, Database, FileBackend, StorageBackend, TableDefinition,
};
use super::super::store::{META, Medium};

/// Overwrites one of the words about the file.
pub fn say_about(file: PathBuf, name: &str, value: &str) {
    let database = Database::open(file).expect("a database");
    let writing = database.begin_write().expect("writable");
    let mut meta = writing.open_table(META).expect("ours");
    meta.insert(name, value).expect("room");
    drop(meta);
    writing.commit().expect("room");
}

/// A file of another program that uses the same crate.
pub fn make_foreign(file: PathBuf) {
    let database = Database::create(file).expect("a new file");
    let writing = database.begin_write().expect("writable");
    let table: TableDefinition<u64, u64> = TableDefinition::new("meta");
    writing.open_table(table).expect("a table");
    writing.commit().expect("room");
}

/// A disk that does what it is told a number of times more.
#[derive(Debug, Clone)]
pub struct Disk {
    times: Arc<AtomicI64>,
    /// It panics instead of refusing, and is good afterwards.
    panics: bool,
}

impl Disk {
    pub fn good_for(times: i64) -> Self {
        Self {
            times: Arc::new(AtomicI64::new(times)),
            panics: false,
        }
    }

    pub fn panics_after(times: i64) -> Self {
        Self {
            panics: true,
            ..Self::good_for(times)
        }
    }

    pub fn fail_after(&self, times: i64) {
        self.times.store(times, Ordering::SeqCst);
    }

    pub fn heal(&self) {
        self.fail_after(i64::MAX);
    }

    pub fn is_healed(&self) -> bool {
        self.times.load(Ordering::SeqCst) > i64::MAX / 2
    }

    /// Whether it was told more than it did.
    pub fn has_failed(&self) -> bool {
        self.times.load(Ordering::SeqCst) < 0
    }

    pub fn medium(&self) -> Medium {
        let disk = self.clone();
        Arc::new(move |builder, file| {
            let file = FileBackend::new(file)?;
            let disk = disk.clone();
            builder.create_with_backend(Backend { file, disk })
        })
    }

    fn serve(&self) -> io::Result<()> {
        if self.times.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        if self.panics {
            self.heal();
            panic!("the disk panics");
        }
        Err(io::Error::from(ErrorKind::StorageFull))
    }
}

#[derive(Debug)]
struct Backend {
    file: FileBackend,
    disk: Disk,
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.serve()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.serve()?;
        self.file.sync_data()
    }

    /// What does not work is half done.
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let served = self.disk.serve();
        let whole = if served.is_ok() {
            data.len()
        } else {
            data.len() / 2
        };
        self.file.write(offset, &data[..whole])?;
        served
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(from, to)
    }

    fn unlock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(from, to)
    }
}
