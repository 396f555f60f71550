//! A small disk of its own (tmpfs) that can be full. Only root can mount one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounted until dropped.
pub struct Disk(PathBuf);

impl Disk {
    /// A disk of `mib` MiB; `None` where this process may not mount one.
    pub fn mount(folder: &Path, mib: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder for tests");
        let size = format!("size={mib}m");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "chaos"])
            .arg(folder)
            .output();
        let mounted = mount.is_ok_and(|mount| mount.status.success());
        mounted.then(|| Self(folder.to_owned()))
    }

    /// Takes all space that is left.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a disk of ours");
        for size in [1 << 16, 1 << 12, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Frees it.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a bot that a panic left behind may still have its file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Copies every file of one folder into another.
pub fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder of ours") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a file has a name");
        std::fs::copy(&path, to.join(name)).expect("there is space");
    }
}
