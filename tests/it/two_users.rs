//! Another user of the machine reads nothing of somebody's pictures.
//!
//! As root, which tests are in CI, that user is really played (`setpriv`); otherwise the modes alone are looked at.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::process::Program;
use crate::support::stage::file;

/// As an ordinary user's shell has it.
const UMASK: &str = "umask 022 && exec \"$0\" \"$@\"";
const STRANGER: &str = "65534";

/// A home with two pictures, of which everybody may look at all that is not kept from them.
fn home() -> PathBuf {
    let folder = file("home", "").with_extension("d");
    std::fs::create_dir_all(folder.join("pictures")).expect("room");
    for (name, colour) in [("secret", [200, 0, 0]), ("diary", [0, 0, 200])] {
        let picture = image::RgbImage::from_pixel(2000, 1500, image::Rgb(colour));
        let path = folder.join(format!("pictures/{name}.png"));
        picture.save(path).expect("room");
    }
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&folder, all).expect("ours");
    folder
}

fn start(home: &Path, program: &str, words: &[&str], more: &[(&str, &str)]) -> Program {
    let home = home.to_str().expect("a plain path");
    let words = [&["-c", UMASK, program], words].concat();
    let settings = [&[("HOME", home), ("PATH", "/usr/bin:/bin")], more].concat();
    Program::start("/bin/sh", &words, &settings)
}

/// Whether this test may become another user.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// What the command prints when another user types it.
fn by_another(command: &[&str]) -> (bool, String) {
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--reuid", STRANGER, "--regid", STRANGER, "--clear-groups"]);
    let done = setpriv.args(command).output().expect("it starts");
    let printed = [done.stdout, done.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (done.status.success(), printed)
}

/// Every file and folder below `folder` that others may read, but for those in `shown`.
fn readable(folder: &Path, shown: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("it is there").path();
        let about = path.symlink_metadata().expect("it is there");
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if shown.contains(&name.as_str()) {
            continue;
        }
        let is_kept = about.mode().trailing_zeros() >= 6;
        if !is_kept && !about.is_dir() {
            found.push(path.display().to_string());
        }
        // What is in a folder that others cannot enter, they cannot reach.
        if about.is_dir() && !is_kept {
            found.extend(readable(&path, shown));
        }
        if is_kept && is_root() {
            let path = path.to_str().expect("plain");
            let look = if about.is_dir() { "ls" } else { "cat" };
            assert!(!by_another(&[look, path]).0, "{path}");
        }
    }
    found
}

/// The status and the body of an answer to another user.
fn asked_by_another(url: &str) -> (String, String) {
    let script = "exec 3<>\"/dev/tcp/${1%:*}/${1#*:}\" && \
        printf 'GET /%s HTTP/1.1\\r\\nhost: %s\\r\\nconnection: close\\r\\n\\r\\n' \"$2\" \"$1\" >&3 && cat <&3";
    let rest = url.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let command = ["timeout", "20", "bash", "-c", script, "ask", host, path];
    let (_, said) = by_another(&command);
    let status = said
        .strip_prefix("HTTP/1.1 ")
        .unwrap_or_else(|| panic!("{url}: {said}"));
    let (_, body) = said.split_once("\r\n\r\n").expect("a body");
    (status[..3].to_owned(), body.to_owned())
}

fn address(program: &Program, before: &str) -> String {
    let line = program.wait_for_line(before);
    let (_, rest) = line.split_once("http://").expect("an address");
    let end = rest.find(|c: char| !c.is_ascii_digit() && !".:".contains(c));
    format!("http://{}", &rest[..end.unwrap_or(rest.len())])
}

#[test]
fn an_index_its_small_pictures_and_its_endpoint_are_their_owners_alone() {
    let home = home();
    let search = env!("CARGO_BIN_EXE_clip-search");
    let index = home.join("index");
    // A folder that was made beforehand is open, what is put into it is not.
    std::fs::create_dir(&index).expect("room");
    let settings = [
        ("CLIP_SEARCH_INDEX", index.to_str().expect("plain")),
        ("CLIP_SEARCH_LISTEN", "127.0.0.1:0"),
        ("CLIP_SEARCH_LOG", "info"),
    ];
    let pictures = home.join("pictures");
    let add = ["index", "add", pictures.to_str().expect("plain")];
    let added = start(&home, search, &add, &settings).wait();
    assert_eq!(added.status.code(), Some(0), "{}", added.output);
    let other = [
        ("CLIP_SEARCH_INDEX", home.join("new/index")),
        ("CLIP_SEARCH_LISTEN", "127.0.0.1:0".into()),
    ];
    let other = other
        .each_ref()
        .map(|(name, value)| (*name, value.to_str().expect("plain")));
    start(&home, search, &add, &other).wait();
    let serving = start(&home, search, &["serve"], &settings);
    let url = address(&serving, "listening on");
    let found = clip_bot::http::Client::new(1)
        .send(&clip_bot::http::Request::get(format!(
            "{url}/search?query=secret"
        )))
        .expect("an answer");
    let found = String::from_utf8(found.body).expect("text");
    let picture = found.split('"').nth(1).expect("an address").to_owned();
    let small = clip_bot::http::Request::get(format!("{picture}?w=320"));
    let small = clip_bot::http::Client::new(1)
        .send(&small)
        .expect("an answer");
    assert_eq!(small.head.status, 200, "{found}");
    assert_eq!(readable(&home, &["pictures"]), [""; 0]);
    assert!(home.join(".cache").is_dir(), "smaller pictures are kept");
    if is_root() {
        let (status, body) = asked_by_another(&format!("{url}/search?query=secret"));
        assert_eq!(status, "403", "{body}");
        assert!(body.contains("--open"), "{body}");
        for path in ["/", "/health", "/openapi.json", "/images/0000000000000000"] {
            let (_, body) = asked_by_another(&format!("{url}{path}"));
            assert!(
                !body.contains("secret.png") && !body.contains(&picture),
                "{path}: {body}"
            );
        }
    }
    serving.stop();
    if is_root() {
        let open = start(&home, search, &["serve", "--open"], &settings);
        let url = address(&open, "listening on");
        let (status, body) = asked_by_another(&format!("{url}/search?query=secret"));
        assert_eq!(status, "200", "opened on purpose: {body}");
        open.stop();
    }
}

#[test]
fn a_playground_with_own_pictures_is_its_owners_alone() {
    let home = home();
    let pictures = home.join("pictures");
    let words = ["--pictures", pictures.to_str().expect("plain")];
    let playground = start(&home, env!("CARGO_BIN_EXE_playground"), &words, &[]);
    let url = address(&playground, "playground: http://");
    playground.wait_for_line("2 added");
    assert_eq!(readable(&home, &["pictures"]), [""; 0]);
    if is_root() {
        for path in ["/", "/api/events", "/api/files/x"] {
            let (status, body) = asked_by_another(&format!("{url}{path}"));
            assert_eq!(status, "403", "{path}: {body}");
        }
        // Of the Bot API, only the token opens anything, and that is new each time.
        let (status, _) = asked_by_another(&format!("{url}/bot424242:playground/getUpdates"));
        assert!(["401", "404"].contains(&status.as_str()), "{status}");
    }
    let own = clip_bot::http::Request::get(format!("{url}/"));
    let own = clip_bot::http::Client::new(1)
        .send(&own)
        .expect("an answer");
    assert_eq!(own.head.status, 200);
    playground.stop();
}
