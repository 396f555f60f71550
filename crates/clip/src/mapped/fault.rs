//! Keeps the process alive when a mapped file is truncated: the system then answers a read of a page that
//! is gone with the signal SIGBUS. Its handler puts zeros where the pages were, counts the fault with the
//! mapping, and lets the read go on; whoever read asks for the count afterwards ([`Mapped::end`]) and
//! discards what was computed. systemd's journal reads its files in the same way.
//!
//! [`Mapped::end`]: super::Mapped::end

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Files that can be mapped at the same time: a model, a checkpoint and the segments of a few states of an
/// index, each of a few dozen.
const SLOTS: usize = 1024;

/// What the handler knows about one mapping.
#[derive(Debug)]
struct Slot {
    /// Odd while the two below are changed.
    version: AtomicUsize,
    start: AtomicUsize,
    end: AtomicUsize,
    faults: AtomicU32,
}

static REGISTRY: [Slot; SLOTS] = [const {
    Slot {
        version: AtomicUsize::new(0),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        faults: AtomicU32::new(0),
    }
}; SLOTS];

/// Held to change the registry; the handler takes no lock.
static CHANGING: Mutex<()> = Mutex::new(());

/// What was done at SIGBUS before; none if the handler could not be set.
static BEFORE: OnceLock<Option<libc::sigaction>> = OnceLock::new();

/// Bytes of a page, asked for before the handler needs it; a power of two.
static PAGE: AtomicUsize = AtomicUsize::new(0);

/// The place of a mapping in the registry, for as long as it is mapped.
#[derive(Debug)]
pub(super) struct Guard {
    slot: &'static Slot,
}

impl Guard {
    /// Enters the mapping of `addresses`; none if too many are mapped, or the handler cannot be set.
    pub(super) fn new(addresses: Range<usize>) -> Option<Self> {
        BEFORE.get_or_init(install).as_ref()?;
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = |slot: &&Slot| slot.end.load(Ordering::Relaxed) == 0;
        let slot = REGISTRY.iter().find(is_free)?;
        slot.faults.store(0, Ordering::Relaxed);
        slot.set(addresses);
        Some(Self { slot })
    }

    /// How often pages were missing so far.
    pub(super) fn faults(&self) -> u32 {
        self.slot.faults.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        self.slot.set(0..0);
    }
}

impl Slot {
    fn set(&self, addresses: Range<usize>) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.start.store(addresses.start, Ordering::SeqCst);
        self.end.store(addresses.end, Ordering::SeqCst);
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// Where the mapping ends if it holds `address`. The mapping in which a thread has just met a fault
    /// is borrowed by that thread, so its slot does not change meanwhile: one that does is another's.
    fn end_behind(&self, address: usize) -> Option<usize> {
        let version = self.version.load(Ordering::SeqCst);
        let start = self.start.load(Ordering::SeqCst);
        let end = self.end.load(Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let is_stable = version.is_multiple_of(2) && self.version.load(Ordering::SeqCst) == version;
        (is_stable && (start..end).contains(&address)).then_some(end)
    }
}

fn install() -> Option<libc::sigaction> {
    // SAFETY: it only returns a number.
    #[expect(unsafe_code, reason = "argued above")]
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    PAGE.store(usize::try_from(page).ok()?, Ordering::SeqCst);
    // SAFETY: both are plain structures for which zeros are valid, and live until the call returns.
    // `on_fault` has the signature that SA_SIGINFO asks for, and only does what a handler may do.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let mut ours: libc::sigaction = std::mem::zeroed();
        let mut before: libc::sigaction = std::mem::zeroed();
        ours.sa_sigaction = on_fault as *const () as usize;
        // On the stack for signals, where the thread has one: its own could be what is missing.
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut ours.sa_mask);
        let failed = libc::sigaction(libc::SIGBUS, &raw const ours, &raw mut before);
        (failed == 0).then_some(before)
    }
}

/// Everything here is allowed in a handler: atomics, and the system calls mmap and sigaction.
extern "C" fn on_fault(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the system passes a valid `info`, and SIGBUS has an address.
    #[expect(unsafe_code, reason = "argued above")]
    let address = unsafe { (*info).si_addr() }.addr();
    for slot in &REGISTRY {
        if let Some(end) = slot.end_behind(address) {
            slot.faults.fetch_add(1, Ordering::SeqCst);
            if put_zeros(address, end) {
                return;
            }
        }
    }
    // Not ours: as it was before, and the read is tried again.
    if let Some(Some(before)) = BEFORE.get() {
        // SAFETY: `before` is what the system gave.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            libc::sigaction(libc::SIGBUS, before, std::ptr::null_mut());
        }
    }
}

/// Maps zeros from the page of `address` to `end`, in place of the file; they take no memory.
fn put_zeros(address: usize, end: usize) -> bool {
    let from = address & !(PAGE.load(Ordering::SeqCst) - 1);
    // SAFETY: these addresses belong to a mapping of ours, which is read only and borrowed by the thread
    // that met the fault, so nothing else can be there. Bytes of a file may change at any time anyway.
    #[expect(unsafe_code, reason = "argued above")]
    let mapped = unsafe {
        libc::mmap(
            std::ptr::without_provenance_mut(from),
            end - from,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    mapped != libc::MAP_FAILED
}

/// Maps `file` anew in the place of `map`, which must be all of a mapping of it. Returns whether that
/// succeeded.
pub(super) fn map_again(map: &[u8], file: &File) -> bool {
    if map.is_empty() {
        return true;
    }
    // SAFETY: the addresses are those of `map`, which is borrowed, so still mapped; they are mapped again
    // in the same way, and at no moment not at all. As in `put_zeros`, bytes may change at any time.
    #[expect(unsafe_code, reason = "argued above")]
    let mapped = unsafe {
        libc::mmap(
            map.as_ptr().cast_mut().cast(),
            map.len(),
            libc::PROT_READ,
            libc::MAP_SHARED | libc::MAP_FIXED,
            file.as_raw_fd(),
            0,
        )
    };
    mapped != libc::MAP_FAILED
}
