"""deb.py SUITE: the life of the package in a booted machine, run inside it."""

import contextlib
import itertools
import os
import pathlib
import re
import sys
import threading
import time
import urllib.request

import machine
from fakes import TELEGRAM, Endpoint, Telegram
from machine import (
    BOT,
    PATIENCE,
    SEARCH,
    checking,
    entry,
    journal,
    pid_of,
    run,
    secret,
    show,
    systemctl,
    wait,
    wait_status,
)

TOKEN = "4242:peer-token-that-nobody-may-see"
SOCKET = "clip-search.socket"
PACKAGES = pathlib.Path("/packages")
SETTINGS = pathlib.Path("/etc/clip-bot")
STATE = pathlib.Path("/var/lib/private/clip-bot")
EVENT = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a01"
LOAD = 40  # messages a second, more than eight workers can answer
SLOW = 0.3  # seconds, of a search
NEW_CHATS = itertools.count(1000)


def apt(*words):
    return run("apt-get", "--quiet", "--yes", "--no-install-recommends", *words, patience=120)


def configure(search_url):
    """What an operator adds to the example."""
    lines = [
        f"CLIP_BOT_API_URL=http://127.0.0.1:{TELEGRAM}",
        f"CLIP_BOT_SEARCH_URL={search_url}",
        "CLIP_BOT_POLL_TIMEOUT=1s",
        "CLIP_BOT_ALLOWED=everyone",
        "CLIP_BOT_WORKERS=8",
    ]
    with (SETTINGS / "clip-bot.env").open("a") as file:
        file.write("\n".join(["", *lines, ""]))


def is_fresh(programs):
    """Installed, with the programs in that folder, and nothing runs or would run at the next boot."""
    for unit in BOT, SEARCH, SOCKET:
        assert show(unit, "ActiveState") == "inactive", unit
        assert show(unit, "UnitFileState") == "disabled", unit
    assert not (SETTINGS / "telegram-token").exists()
    assert (SETTINGS / "clip-bot.env").stat().st_mode & 0o777 == 0o644
    made = SETTINGS / "search-token"
    assert made.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"local-[0-9a-f]{32}\n", made.read_text()), "no random token was made"
    assert "answers from now on" in run("journalctl", "--dump-catalog", EVENT)
    for program in "clip-bot", "clip-search":
        run(f"{programs}/{program}", "--version")


def running():
    """The name of every process."""
    names = set()
    for file in pathlib.Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            names.add(file.read_text().strip())
    return names


def found(query):
    """What the endpoint answers."""
    url = f"http://127.0.0.1:8080/search?query={query}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.status, answer.read()


@contextlib.contextmanager
def load(telegram, chats):
    """People ask all the time; notes their chats."""
    enough = threading.Event()

    def ask():
        for chat in NEW_CHATS:
            telegram.write(f"load {chat}", chat)
            chats.append(chat)
            if enough.wait(1 / LOAD):
                return

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


class SlowEndpoint(Endpoint):
    def answer(self, path, headers, body):
        time.sleep(SLOW)
        return super().answer(path, headers, body)


def moves_to(package, telegram, *options):
    """Installs another version under load: what runs is restarted, and nobody notices."""
    chats = []
    pids = pid_of(BOT), pid_of(SEARCH)
    listens_since = show(SOCKET, "ActiveEnterTimestampMonotonic")
    with load(telegram, chats):
        wait_status(BOT, "waiting")
        apt("install", *options, package)
    assert f"-{package.name.split('-')[2][0]}" in run("dpkg-query", "--show", "clip-bot")
    for unit, pid in zip([BOT, SEARCH], pids):
        assert pid_of(unit) != pid, f"{unit} was not restarted"
        assert show(unit, "NRestarts") == "0"
        assert "deleted" not in os.readlink(f"/proc/{pid_of(unit)}/exe")
    entry(f"_PID={pids[0]}", f"MESSAGE_ID={EVENT[:-1]}2")
    went_on = [row["MESSAGE"] for row in journal(f"_PID={pid_of(BOT)}")]
    went_on = [line for line in went_on if "of an earlier run go on" in line]
    assert went_on, "nothing was left over for the new version, so this shows little"
    all_answered = lambda: telegram.albums(chats) == len(chats)
    wait(f"pictures in all {len(chats)} chats", all_answered, 3 * PATIENCE)
    twice = [chat for chat in chats if sum(isinstance(x, int) for x in telegram.heard(chat)) > 1]
    assert not twice, f"two albums in {twice}"
    assert show(SOCKET, "ActiveEnterTimestampMonotonic") == listens_since, "the socket was closed"
    print(f"  {len(chats)} messages; {went_on[0]}")


def life(telegram):
    """From the first installation to the last."""
    first, second = sorted(PACKAGES.glob("clip-bot_*.deb"))
    endpoint = SlowEndpoint().start()
    with checking("install: nothing runs yet"):
        apt("install", first)
        is_fresh("/usr/bin")
    with checking("a start without a token says what to do"):
        systemctl("start", BOT, code=1)
        assert show(BOT, "ExecMainStatus") == "2"
        said = systemctl("status", "--full", BOT, code=3)
        assert "put the token you got from @BotFather into" in said, said
        systemctl("reset-failed", BOT)
    with checking("configure, enable --now: answers"):
        secret("telegram-token", TOKEN)
        configure(endpoint.url)
        systemctl("enable", "--now", BOT, SOCKET)
        wait_status(BOT, "polling")
        telegram.write("red bus")
        telegram.wait_album(7)
        assert found("bus")[0] == 200
        assert show(SEARCH, "ActiveState") == "active"
    kept = (SETTINGS / "clip-bot.env").read_text()
    with checking("upgrade under load: nothing is lost"):
        moves_to(second, telegram)
        assert found("bus")[0] == 200
    with checking("and back to the older version, too"):
        moves_to(first, telegram, "--allow-downgrades")
    with checking("an upgrade starts nothing that was stopped"):
        systemctl("stop", BOT)
        apt("install", second)
        assert show(BOT, "ActiveState") == "inactive"
        assert show(BOT, "UnitFileState") == "enabled"
    with checking("remove: all is stopped, and settings and messages are kept"):
        endpoint.set(held=True)
        systemctl("start", BOT)
        wait_status(BOT, "polling")
        number = telegram.write("later", chat=9)
        telegram.wait_confirmed(number)
        apt("remove", "clip-bot")
        assert not pathlib.Path("/usr/bin/clip-bot").exists()
        for unit in BOT, SEARCH, SOCKET:
            assert show(unit, "LoadState") == "not-found", unit
        assert not {"clip-bot", "clip-search"} & running(), "a program goes on"
        assert (SETTINGS / "clip-bot.env").read_text() == kept
        assert (SETTINGS / "telegram-token").exists() and (STATE / "inbox.redb").exists()
        assert not run("journalctl", "--list-catalog", EVENT, code=None).startswith(EVENT)
    with checking("install again: goes on where it was"):
        apt("install", first)
        assert (SETTINGS / "clip-bot.env").read_text() == kept
        assert show(BOT, "UnitFileState") == "enabled"
        endpoint.set(held=False)
        systemctl("start", BOT, SOCKET)
        telegram.wait_album(9)
    with checking("purge: settings, tokens and messages go, pictures stay"):
        purge()
    with checking("install after a purge: as the first time"):
        apt("install", first)
        is_fresh("/usr/bin")


def purge():
    """Purges the package where somebody keeps pictures, one of them on a file system of its own."""
    secret("search-token", "another")
    state = pathlib.Path("/var/lib/private/clip-search")
    mounted = state / "mounted"
    mounted.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "tmpfs", mounted)
    for name in "file-ids", "photo-agreements", "picture-habits":
        (STATE / name).write_text("7\n")
    photos = [state / "photo.jpg", mounted / "photo.jpg"]
    for photo in photos:
        photo.write_bytes(b"mine")
    said = apt("purge", "clip-bot")
    assert f"rm -r --one-file-system {state}" in said, said
    assert [photo.read_bytes() for photo in photos] == [b"mine", b"mine"]
    run("umount", mounted)
    run("rm", "-r", state)
    pathlib.Path("/var/lib/clip-search").unlink(missing_ok=True)
    left = run("find", "/etc", "/var/lib", "/run", "-name", "*clip-*", code=None).split()
    left = [path for path in left if not path.startswith("/run/systemd/propagate")]
    assert not left, left
    assert not systemctl("list-unit-files", "--no-legend", "clip-*", code=None).strip()


def main():
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    # Containers have one that forbids to start services.
    pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    machine.play(f"deb {sys.argv[1]}", life, Telegram(TOKEN).start())


if __name__ == "__main__":
    main()
