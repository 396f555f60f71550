//! The systemd units and the program agree.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clip_bot::config::{BOT_VARIABLES, SEARCH_VARIABLES};
use clip_bot::{bot, program, systemd};

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The last value of `name` in a unit, as a duration.
fn duration(unit: &str, name: &str) -> Duration {
    let text = read(&format!("systemd/{unit}"));
    let mut values = text
        .lines()
        .rev()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = values
        .next()
        .unwrap_or_else(|| panic!("{unit} has no {name}"));
    humantime::parse_duration(value).expect("written with its unit")
}

/// The watchdog is fed every beat while all parts are in time, so a late beat must not matter; and
/// a stuck part should not go on for minutes after it was seen.
#[test]
fn the_watchdog_forgives_late_beats_and_not_much_more() {
    for unit in ["clip-bot.service", "clip-search.service"] {
        let watchdog = duration(unit, "WatchdogSec");
        assert!(watchdog >= systemd::BEAT * 20, "{unit}: {watchdog:?}");
        assert!(watchdog <= Duration::from_mins(1), "{unit}: {watchdog:?}");
    }
}

/// As the three installers write it, each in a script of its own.
#[test]
fn every_installation_makes_the_same_kind_of_search_token() {
    let line = |path| {
        let text = read(path);
        let found = text.lines().find(|line| line.contains("/dev/urandom"));
        found.unwrap_or_else(|| panic!("{path}")).trim().to_owned()
    };
    let made = line("systemd/debian/postinst");
    for other in ["systemd/tarball/install", "nix/module.nix"] {
        assert_eq!(line(other), made, "{other}");
    }
    let token = crate::support::stage::file("made-token", "").with_extension("new");
    let run = || {
        let mut shell = Command::new("sh");
        let shell = shell.args(["-euc", &made]).env("token", &token);
        assert!(shell.status().expect("a shell").success());
        std::fs::read_to_string(&token).expect("it was made")
    };
    let text = run();
    let digits = text
        .strip_prefix("local-")
        .and_then(|text| text.strip_suffix('\n'));
    let digits = digits.expect("one line");
    assert!(
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{text}"
    );
    let rights = std::fs::metadata(&token)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(rights & 0o777, 0o600);
    assert_eq!(run(), text, "it is made once");
}

#[test]
fn a_stop_has_the_time_it_takes() {
    let stop = duration("clip-bot.service", "TimeoutStopSec");
    assert!(stop >= bot::DRAIN + Duration::from_secs(5), "{stop:?}");
    let longest = SEARCH_VARIABLES
        .iter()
        .find(|variable| variable.name == "CLIP_SEARCH_TIMEOUT")
        .and_then(|variable| humantime::parse_duration(variable.default).ok());
    let longest = longest.expect("a duration");
    let stop = duration("clip-search.service", "TimeoutStopSec");
    assert!(stop > longest + program::search::OVERTIME, "{stop:?}");
}

/// systemd gives up a socket for good when its service was started too often.
#[test]
fn starts_never_end() {
    for unit in ["clip-bot.service", "clip-search.service"] {
        let text = read(&format!("systemd/{unit}"));
        assert!(text.contains("\nStartLimitIntervalSec=0\n"), "{unit}");
    }
}

#[test]
fn state_is_for_its_owner_alone_and_what_is_only_read_cannot_be_written() {
    for unit in [
        "clip-bot.service",
        "clip-search.service",
        "clip-search-index.service",
        "clip-search-sync.service",
    ] {
        let text = read(&format!("systemd/{unit}"));
        assert!(text.contains("\nStateDirectoryMode=0700\n"), "{unit}");
    }
    let read_only = [
        ("clip-search.service", &["index", "pictures"][..]),
        ("clip-search-index.service", &["pictures"]),
    ];
    for (unit, folders) in read_only {
        let text = read(&format!("systemd/{unit}"));
        let line = text.lines().find(|line| line.starts_with("ReadOnlyPaths="));
        for folder in folders {
            let path = format!("-/var/lib/clip-search/{folder}");
            assert!(line.is_some_and(|line| line.contains(&path)), "{unit}");
        }
    }
}

/// Each secret has a credential in its unit, and NixOS an option for its file; among NixOS's settings,
/// which are in its store, it is refused.
#[test]
fn every_secret_has_a_place_that_only_root_can_read() {
    let module = read("nix/module.nix");
    for (unit, variables) in [
        ("clip-bot.service", BOT_VARIABLES),
        ("clip-search.service", SEARCH_VARIABLES),
    ] {
        let text = read(&format!("systemd/{unit}"));
        for secret in variables.iter().filter(|variable| variable.is_secret()) {
            let file = format!("{}_FILE", secret.name);
            let file = variables.iter().find(|variable| variable.name == file);
            let meaning = file.expect("each has one").meaning;
            let credential = meaning.split('`').nth(1).expect("it names its credential");
            let line = format!("\nLoadCredential={credential}:/etc/clip-bot/{credential}\n");
            assert!(text.contains(&line), "{unit} does not load {credential}");
            let option = module
                .lines()
                .find_map(|line| line.trim().strip_prefix(&format!("{credential} = ")));
            let option = option.unwrap_or_else(|| panic!("NixOS has nothing for {credential}"));
            let option = option.trim_end_matches(';').split('.').nth(1);
            let option = option.expect("an option of the service");
            assert!(module.contains(&format!("{option} = fileOption")));
            assert!(module.contains(&format!("\"{option}\"\n")), "{option}");
            let refused = ["TOKEN", "_KEY", "_LOGIN"]
                .iter()
                .find(|end| secret.name.ends_with(*end));
            let refused = format!("lib.hasSuffix \"{}\" name", refused.expect("a known end"));
            assert!(module.contains(&refused), "{} is taken", secret.name);
        }
    }
}

/// Whoever can write to the bucket must not be able to run anything on the instance.
#[test]
fn the_instance_checks_the_package_before_it_installs_it() {
    for name in ["aws/bot.yaml", "aws/box.yaml"] {
        let template = read(name);
        let check = template.find("sha256sum --check").expect("it is checked");
        let install = template.find("apt-get -q -y -o DPkg::Lock::Timeout=600 \\\n");
        assert!(check < install.expect("it is installed"), "{name}");
        assert!(
            template.contains("[0-9a-f]{64}[.]deb"),
            "{name}: a key without a whole hash is taken"
        );
    }
}

/// Every user of a machine sees its command lines.
#[test]
fn no_page_puts_a_secret_on_a_command_line() {
    let folder = format!("{}/docs", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).expect("our own folder").flatten();
    let is_page = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "md");
    let paths = files.map(|file| file.path()).filter(is_page);
    let pages = paths.filter_map(|path| Some(format!("docs/{}", path.file_name()?.to_str()?)));
    let more = [
        "README.md",
        "space/README.md",
        "systemd/debian/README.Debian",
    ];
    for page in pages.chain(more.map(str::to_owned)) {
        for line in read(&page).lines() {
            // What the shell does itself is on no command line.
            let line = line.replace("<(", ";");
            for command in line.split(['|', ';']).flat_map(|part| part.split("&&")) {
                let command = command.trim();
                let is_shell = ["printf ", "echo ", "read ", "export "]
                    .iter()
                    .any(|own| command.starts_with(own));
                let secrets = [
                    "$TOKEN",
                    "${TOKEN",
                    "$KEY",
                    "HfToken=hf_",
                    "Bearer $",
                    "Bearer hf_",
                ];
                let found = secrets.iter().find(|secret| command.contains(*secret));
                assert!(is_shell || found.is_none(), "{page}: {line}");
            }
        }
    }
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_unit_for_another_bot_is_the_bots_own_with_places_of_its_own() {
    let own = read("systemd/clip-bot.service");
    let (_, body) = own.split_once("\n\n").expect("a comment ahead");
    let body = body
        .replace("Telegram bot that", "Telegram bot %i that")
        .replace("/etc/clip-bot/", "/etc/clip-bot/%i/")
        .replace("Directory=clip-bot", "Directory=clip-bot-%i")
        .replace("/run/clip-bot ", "/run/clip-bot-%i ")
        .replace("/var/lib/clip-bot\n", "/var/lib/clip-bot-%i\n");
    let wanted = format!(
        "# clip-bot@NAME: one more bot on this machine, with settings and token in /etc/clip-bot/NAME. Made\n\
         # from clip-bot.service by `UPDATE=1 cargo test --test it units`; see docs/operating.md.\n\n{body}"
    );
    if std::env::var_os("UPDATE").is_some() {
        let path = format!("{}/systemd/clip-bot@.service", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, wanted).expect("our own file");
        return;
    }
    assert_eq!(read("systemd/clip-bot@.service"), wanted);
}

/// A purge removes what the bot keeps, by name, so that nothing of somebody else's goes with it.
#[test]
fn a_purge_knows_every_file_that_the_bot_keeps() {
    let script = read("systemd/debian/postrm");
    let sources = [
        "src/bot/access/file.rs",
        "src/bot/agreements.rs",
        "src/bot/album/file_ids.rs",
        "src/inbox/store.rs",
    ];
    for source in sources {
        let text = read(source);
        let (_, rest) = text.split_once("const FILE: &str = \"").expect("its name");
        let (name, _) = rest.split_once('"').expect("its end");
        let stem = name.split('.').next().unwrap_or(name);
        assert!(script.contains(&format!("\"$folder\"/{stem}")), "{name}");
    }
}
