//! Kills and full disks. These tests start themselves as another process, which is killed or runs
//! with a limit.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::*;

/// Names the folder for a process that a test started.
const FOLDER: &str = "CLIP_INDEX_TEST_FOLDER";

/// A command that runs the test `name` again in another process, after the shell words `before`.
fn this_again(name: &str, folder: &Folder, before: &str) -> Command {
    let program = fs::read_link("/proc/self/exe").expect("on Linux");
    let (_, module) = module_path!().split_once("::").expect("a module of ours");
    let mut command = Command::new("sh");
    command
        .arg0("sh")
        .args(["-c", &format!("{before} exec \"$@\""), "sh"])
        .arg(program)
        .args(["--exact", &format!("{module}::{name}"), "--nocapture"])
        .env(FOLDER, &folder.0);
    command
}

/// The folder given to this process by the test that started it; it is not deleted at the end.
fn given() -> Option<std::mem::ManuallyDrop<Folder>> {
    let folder = std::env::var_os(FOLDER)?;
    Some(std::mem::ManuallyDrop::new(Folder(folder.into())))
}

fn wait(child: &mut Child, until: impl Fn() -> bool) -> bool {
    let begun = std::time::Instant::now();
    while !until() {
        if child.try_wait().expect("ours").is_some() {
            return false;
        }
        assert!(begun.elapsed().as_secs() < 60, "it is stuck");
        std::thread::yield_now();
    }
    true
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_index() {
    let options = Options {
        commit_pictures: 2,
        ..Options::default()
    };
    if let Some(folder) = given() {
        folder.add_by(&Colours("colours"), options).expect("good");
        return;
    }
    let folder = Folder::new();
    folder.paint_many(200);
    let name = "a_kill_at_any_moment_leaves_a_whole_index";
    let mut kills = 0;
    let mut had = 0;
    loop {
        let mut run = this_again(name, &folder, "");
        let mut run = run.stdout(Stdio::null()).spawn().expect("a shell");
        let before = stamp(&folder.index());
        // After a commit, and then in the middle of anything.
        let is_running = wait(&mut run, || stamp(&folder.index()) != before);
        for _ in 0..kills * 20_000 {
            std::hint::spin_loop();
        }
        run.kill().expect("ours");
        let status = run.wait().expect("ours");
        let has = maintenance::verify(&folder.index())
            .expect("readable")
            .expect("whole");
        assert!(has >= had, "{has} after {had}");
        had = has;
        assert_eq!(folder.open().len().expect("good"), has);
        if !is_running || status.success() {
            break;
        }
        kills += 1;
        if kills > 40 {
            break;
        }
    }
    assert!(kills > 2, "{kills}");
    // What was being read at two kills is left out: see `at_work`. Here none of them was to blame.
    let _ = fs::remove_file(folder.index().join("working"));
    folder.add().expect("good");
    assert_eq!(folder.open().len().expect("good"), 200);
    let files = fs::read_dir(folder.index()).expect("there").flatten();
    let names: Vec<_> = files.map(|file| file.file_name()).collect();
    let segments = maintenance::info(&folder.index()).expect("good").segments;
    assert_eq!(
        names.len(),
        2 * segments + 2,
        "nothing is left over: {names:?}"
    );
}

/// The disk is "full" by a limit for the size of files, which any user may set on any machine.
#[test]
fn a_full_disk_is_said_and_the_old_state_stays() {
    if let Some(folder) = given() {
        let error = folder.add().expect_err("the disk is full");
        assert!(error.to_string().contains(".segment"), "{error}");
        assert!(error.chain().contains("too large"), "{}", error.chain());
        return;
    }
    let folder = Folder::new();
    folder.paint_many(3);
    folder.add().expect("good");
    folder.paint_many(200);
    let name = "a_full_disk_is_said_and_the_old_state_stays";
    // Without its signal the limit is an error like another.
    let mut run = this_again(name, &folder, "trap '' XFSZ; ulimit -f 32;");
    let run = run.output().expect("a shell");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(
        maintenance::verify(&folder.index())
            .expect("readable")
            .expect("whole"),
        3
    );
    let files = fs::read_dir(folder.index()).expect("there").count();
    assert_eq!(files, 4, "lock, manifest, the one segment and its catalog");
    assert_eq!(folder.add().expect("there is room again").added, 197);
}
