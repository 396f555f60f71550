//! How long-running work, such as indexing or a download, reports its progress.

/// Receives the progress of some work and shows it, for example as a bar. The work does not depend
/// on what an implementation does with it.
pub trait Progress {
    /// The work begins, and has `total` units: files when indexing, bytes when downloading. 0 if
    /// the total is unknown. May be called again for another part of the work, after
    /// [`Progress::end`].
    fn begin(&mut self, total: u64);
    /// `more` further units are done.
    fn done(&mut self, more: u64);
    /// Shows a line of text to the operator. May be called at any time.
    fn say(&mut self, line: &str);
    /// The work has ended, successfully or not.
    fn end(&mut self);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: u64) {}
    fn done(&mut self, _: u64) {}
    fn say(&mut self, _: &str) {}
    fn end(&mut self) {}
}
