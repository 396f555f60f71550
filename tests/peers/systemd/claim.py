"""The scene of who is served: a fresh bot, its owner, a guest, and other users of the machine."""

import os
import pathlib
import re

from fakes import BOT_ID, Telegram
from machine import (
    BOT,
    checking,
    journal,
    pid_of,
    run,
    secret,
    show,
    systemctl,
    wait,
    wait_status,
)
from units import (
    OWN_SEARCH,
    configure,
    confined,
    exposed_at_most,
    restart,
    secret_is_hidden,
    starts,
    verified,
)

OWNER, GUEST, STRANGER = 7, 8, 9
NOBODY = "65534"
OTHER = "clip-bot@family.service"
SECOND = 8083  # where the other bot's Telegram is
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
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    with checking("another user of the machine sees no code, whatever it asks systemd"):
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
    with checking("metrics are for everybody, and the socket for reloads is not"):
        run(*as_nobody, "grep", "^clip_bot_queries_answered_total", "/run/clip-bot/clip-bot.prom")
        assert os.stat("/run/clip-bot/control").st_mode & 0o077 == 0
    with checking("nothing that the services keep is readable by another user"):
        for name in PRIVATE:
            is_private(pathlib.Path("/var/lib/private", name))


def another(telegram: Telegram):
    """A second bot on the machine, with settings, token and owner of its own."""
    configure(CLIP_BOT_ALLOWED=str(OWNER), CLIP_BOT_SEARCH_URL=OWN_SEARCH)
    systemctl("start", "clip-search.socket")
    starts()
    home = pathlib.Path("/etc/clip-bot")
    (home / "family").mkdir()
    own = (home / "clip-bot.env").read_text() + f"CLIP_BOT_ALLOWED={GUEST}\n"
    second = Telegram(f"{BOT_ID + 1}:another-token", SECOND).start()
    own += f"CLIP_BOT_API_URL={second.url}\n"
    (home / "family/clip-bot.env").write_text(own)
    secret("family/telegram-token", second.token)
    with checking("both answer their own people"):
        systemctl("start", OTHER)
        wait_status(OTHER, "polling")
        second.write("red bus", chat=GUEST)
        second.wait_album(GUEST)
        telegram.write("red bus", chat=OWNER)
        telegram.wait_album(OWNER)
        second.write("red bus", chat=OWNER)
        said(OWNER, second, "This bot is private")
    with checking("it is verified, and as confined as the other"):
        verified(OTHER)
        exposed_at_most(OTHER, 12)
        confined(pid_of(OTHER))
        is_private(pathlib.Path("/var/lib/private/clip-bot-family"))
    with checking("it reloads and stops by itself"):
        systemctl("reload", OTHER)
        systemctl("stop", OTHER)
        assert show(OTHER, "Result") == "success" and show(BOT, "ActiveState") == "active"


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
