//! Progress of long work, for whoever shows it.

/// Is told how far long work has come.
pub trait Progress {
    /// There are `all` files, or bytes where one file is downloaded.
    fn begin(&mut self, all: u64);
    /// `more` of them are done.
    fn done(&mut self, more: u64);
    /// Something the operator should know.
    fn say(&mut self, line: &str);
    /// The work has ended.
    fn end(&mut self);
}
