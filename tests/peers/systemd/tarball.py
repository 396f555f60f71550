"""tarball.py SUITE: the life of the tarball in a booted machine, run inside it."""

import pathlib
import sys

import machine
from deb import SETTINGS, SOCKET, STATE, TOKEN, configure, found, is_fresh, running
from fakes import Endpoint, Telegram
from machine import BOT, SEARCH, checking, pid_of, run, secret, show, systemctl, wait_status

INSTALL = "/tarball/install"
LOCAL = pathlib.Path("/usr/local")


def life(telegram):
    endpoint = Endpoint().start()
    with checking("nobody but root installs it"):
        said = run("setpriv", "--reuid=65534", "--clear-groups", INSTALL, code=1)
        assert "needs root" in said, said
        assert not list(LOCAL.rglob("clip-*"))
    with checking("install: nothing runs yet, and all units are good"):
        run(INSTALL)
        is_fresh("/usr/local/bin")
        assert not run("systemd-analyze", "verify", BOT, SEARCH, "clip-search-index.timer").strip()
    with checking("configure, enable --now: answers"):
        secret("telegram-token", TOKEN)
        configure(endpoint.url)
        systemctl("enable", "--now", BOT, SOCKET)
        wait_status(BOT, "polling")
        telegram.write("red bus")
        telegram.wait_album(7)
        assert found("bus")[0] == 200
    kept = (SETTINGS / "clip-bot.env").read_text()
    with checking("installed again: what ran is restarted, and settings are kept"):
        before = pid_of(BOT), show(SOCKET, "ActiveEnterTimestampMonotonic")
        run(INSTALL)
        wait_status(BOT, "polling")
        assert pid_of(BOT) != before[0]
        assert show(SOCKET, "ActiveEnterTimestampMonotonic") == before[1], "the socket was closed"
        assert (SETTINGS / "clip-bot.env").read_text() == kept
        telegram.write("red bus", chat=8)
        telegram.wait_album(8)
    with checking("removed: all is stopped, and settings, token and messages are kept"):
        run(INSTALL, "--remove")
        assert not {"clip-bot", "clip-search"} & running(), "a program goes on"
        for unit in BOT, SEARCH, SOCKET:
            assert show(unit, "LoadState") == "not-found", unit
        assert (SETTINGS / "clip-bot.env").read_text() == kept
        assert (SETTINGS / "telegram-token").exists() and (STATE / "inbox.redb").exists()
        left = [path for path in LOCAL.rglob("*clip-*") if path.is_file()]
        assert not left, left


if __name__ == "__main__":
    machine.play(f"tarball {sys.argv[1]}", life, Telegram(TOKEN).start())
