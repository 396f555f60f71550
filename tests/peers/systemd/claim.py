"""The scene of who is served: a fresh bot, its owner, a guest, and other users of the machine."""

import os
import pathlib
import re

from fakes import Telegram
from machine import BOT, checking, journal, run, show, systemctl, wait, wait_status
from units import OWN_SEARCH, configure, restart, secret_is_hidden, starts

OWNER, GUEST, STRANGER = 7, 8, 9
NOBODY = "65534"
LINK = re.compile(r"\?start=(\S+)")
PRIVATE = ["clip-bot", "clip-search"]


def said(chat, telegram, words):
    wait(f"{words!r} in chat {chat}", lambda: any(words in str(x) for x in telegram.heard(chat)))


def codes():
    """The code of each line of the bot that has one."""
    lines = [str(row["MESSAGE"]) for row in journal(f"_SYSTEMD_UNIT={BOT}")]
    return [found[1] for line in lines if (found := LINK.search(line))]


def claim(telegram: Telegram):
    """With no access list: closed, claimed once, opened to one more, and so after a restart."""
    configure(CLIP_BOT_ALLOWED="", CLIP_BOT_SEARCH_URL=OWN_SEARCH)
    systemctl("start", "clip-search.socket")
    starts()
    [code] = wait("the code in the journal", codes)
    with checking("another user of the machine sees no code, whatever it asks systemd"):
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        shown = run(*as_nobody, "systemctl", "status", "--full", "--lines=100", BOT, code=None)
        assert code not in shown, shown
        assert code not in wait_status(BOT, "serves nobody")
        assert code not in run(*as_nobody, "journalctl", "--unit", BOT, code=None)
    with checking("a stranger gets words, and no picture"):
        telegram.write("red bus", chat=STRANGER)
        said(STRANGER, telegram, "This bot is private")
        telegram.write("/start wrong", chat=STRANGER)
        wait("a second answer", lambda: len(telegram.heard(STRANGER)) == 2)
    with checking("the code makes one person the owner, once"):
        telegram.write(f"/start {code}", chat=OWNER)
        said(OWNER, telegram, "yours now")
        telegram.write(f"/start {code}", chat=STRANGER)
        said(OWNER, telegram, "wants to use this bot")
        telegram.write("red bus", chat=OWNER)
        telegram.wait_album(OWNER)
    with checking("the owner lets somebody in from the chat"):
        telegram.write("/start", chat=GUEST)
        asked = lambda: [data for data in telegram.buttons(OWNER) if data == f"in:{GUEST}"]
        [data] = wait("the owner's buttons", asked)
        telegram.press(data, chat=OWNER)
        said(GUEST, telegram, "let you in")
        telegram.write("red bus", chat=GUEST)
        telegram.wait_album(GUEST)
    with checking("a restart keeps both, and nobody else gets in"):
        restart()
        telegram.write("blue car", chat=GUEST)
        wait("two albums", lambda: pictures(telegram, GUEST) == 2)
        telegram.write("blue car", chat=STRANGER)
        telegram.write("blue car", chat=OWNER)
        wait("two albums", lambda: pictures(telegram, OWNER) == 2)
        assert pictures(telegram, STRANGER) == 0, telegram.heard(STRANGER)
    with checking("the journal has the code once, and no token"):
        assert codes() == [code]
        secret_is_hidden(show(BOT, "MainPID"))
    with checking("nothing that the services keep is readable by another user"):
        for name in PRIVATE:
            is_private(pathlib.Path("/var/lib/private", name))


def pictures(telegram, chat):
    return sum(isinstance(what, int) for what in telegram.heard(chat))


def is_private(folder):
    """Another user cannot list the folder, nor open a file in it by its name."""
    assert folder.is_dir(), folder
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    run(*command, "ls", folder, code=2)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        run(*command, "head", "--bytes=1", path, code=1)
        assert os.stat(path).st_mode & 0o077 == 0, path
