"""The scene of AWS's instance."""

import os
import pathlib

import instance
from machine import BOT, checking, drop_in, noticed, pid_of, run, show, systemctl, wait, wait_status
from units import SECRET, TOKEN, active_under_a_new_pid, configure, restart, secret_is_hidden


TOKEN_UNIT, PACKAGE_UNIT = "clip-bot-token.service", "clip-bot-package.service"
CREDENTIAL = pathlib.Path(f"/run/credentials/{BOT}/telegram-token")


def ec2(telegram):
    """The instance that aws/bot.yaml starts: how the package and the token get there."""
    api = instance.Api().start()
    instance.Metadata().start()
    os.unlink("/etc/clip-bot/telegram-token")
    os.unlink(f"/usr/lib/systemd/system/{BOT}")
    instance.stand_ins()
    instance.keeps(TOKEN)
    instance.cloud_init("bot", api.url)
    configure(CLIP_BOT_SEARCH_URL="")
    with checking("first boot: installs the package, fetches the token, answers"):
        systemctl("enable", "--now", PACKAGE_UNIT)
        assert instance.calls("apt-get") == ["apt-get first.deb"]
        wait_status(BOT, "polling")
        telegram.write("red bus")
        telegram.wait_album(7)
    with checking("the token came from the parameter store as a credential, for root alone before"):
        assert CREDENTIAL.read_text() == TOKEN + "\n"
        folder = pathlib.Path("/run/clip-bot-token")
        modes = [path.stat().st_mode & 0o7777 for path in (folder, folder / "telegram-token")]
        assert modes == [0o700, 0o600], [oct(mode) for mode in modes]
        assert not pathlib.Path("/etc/clip-bot/telegram-token").exists()
    with checking("token and keys are in no journal, environment or command line"):
        secret_is_hidden(pid_of(BOT))
        said = "\n".join(instance.calls()) + run("journalctl", "--output=export", "--all")
        assert instance.SECRET_KEY not in said and SECRET not in said
    with checking("docs/aws.md: the command that looks at everything between them"):
        # Telegram is elsewhere here, which this file says.
        words = "systemd-run -Pq -p EnvironmentFile=/etc/clip-bot/clip-bot.env"
        words += " -p EnvironmentFile=/etc/clip-bot/aws.env"
        words += " -p LoadCredential=telegram-token:/run/clip-bot-token/telegram-token clip-bot check"
        said = run(*words.split())
        assert "\nok   endpoint" in said and "FAIL" not in said, said
    the_token_changes(telegram)
    the_package_changes(telegram)
    with checking("all of that in the form that systemd wants"):
        for unit in TOKEN_UNIT, PACKAGE_UNIT:
            said = run("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{unit}")
            assert not said, said
    with noticed("the credential were not taken from there"):
        with drop_in(BOT, "LoadCredential=telegram-token:/etc/clip-bot/telegram-token", "zz"):
            systemctl("restart", BOT, code=None)
            assert show(BOT, "ActiveState") == "active"


def the_token_changes(telegram):
    with checking("SIGKILL: started again"):
        pid = pid_of(BOT)
        os.kill(pid, 9)
        active_under_a_new_pid(pid)
        wait_status(BOT, "polling")
    with checking("a new token is fetched by a restart"):
        telegram.token = f"4242:new-{SECRET}"
        instance.keeps(telegram.token)
        restart()
        assert CREDENTIAL.read_text() == telegram.token + "\n"
    with checking("a parameter store that fails: the bot waits for it, and starts then"):
        instance.keeps(None)
        systemctl("stop", BOT)
        before = len(instance.calls())
        systemctl("start", "--no-block", BOT)
        wait("a try", lambda: len(instance.calls()) > before + 3)
        states = [show(unit, "ActiveState") for unit in (TOKEN_UNIT, BOT)]
        assert states == ["activating", "inactive"], states
        instance.keeps(telegram.token)
        wait("a start", lambda: show(BOT, "ActiveState") == "active")
        wait_status(BOT, "polling")


def refused():
    """How often a package was not what its name says."""
    return run("journalctl", "-u", PACKAGE_UNIT, "-o", "cat").count("FAILED")


def the_package_changes(telegram):
    with checking("another package by the tag: installed once, and the bot restarted"):
        instance.wants("second.deb")
        pid = pid_of(BOT)
        systemctl("start", PACKAGE_UNIT)
        systemctl("start", PACKAGE_UNIT)
        assert instance.calls("apt-get")[1:] == ["apt-get second.deb"]
        assert pid_of(BOT) != pid
    with checking("a package that is not what its name says: not installed, however often it is tried"):
        instance.wants("expected.deb", content="of somebody else.deb")
        for tries in 1, 2:
            systemctl("restart", "--no-block", PACKAGE_UNIT)
            wait(f"words about try {tries}", lambda: refused() == tries)
        systemctl("stop", PACKAGE_UNIT)
        assert instance.calls("apt-get")[2:] == []
    with checking("a boot with another package: neither waits for the other for ever"):
        systemctl("stop", BOT)
        instance.wants("third.deb")
        wanted = pathlib.Path("/etc/systemd/system/multi-user.target.wants")
        enabled = [BOT, PACKAGE_UNIT]
        assert all((wanted / unit).exists() for unit in enabled), list(wanted.iterdir())
        systemctl("start", *enabled)
        assert instance.calls("apt-get")[2:] == ["apt-get third.deb"]
        wait_status(BOT, "polling")
        telegram.write("yellow bus", chat=8)
        telegram.wait_album(8)
