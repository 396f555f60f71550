"""readme.py deb|tarball SUITE: an empty machine gets the bot by the lines of docs/operating.md alone, and
answers in the playground's Telegram. Run inside the booted machine."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import machine
from machine import BOT, checking, journal, run, wait, wait_status

DIST = pathlib.Path("/dist")
ADA, BOB = 1, 2
SUDO = '#!/bin/sh\nexec "$@"\n'
SUDOEDIT = '#!/bin/sh\nprintf "%s\\n" "$TYPED" > "$1"\n'


class Playground:
    """The page of `playground telegram`, used as the browser does."""

    def __init__(self):
        command = ["/usr/local/libexec/playground", "telegram", "--port", "8000"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        said = self.process.stdout.readline()
        self.settings = dict(word.split("=", 1) for word in said.split() if word.startswith("CLIP_BOT_"))

    def asked(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=machine.PATIENCE)
        headers = {"content-type": "application/json"}
        connection.request(method, path, body and json.dumps(body), headers)
        return connection.getresponse()

    def say(self, user, text):
        answer = self.asked("POST", "/api/say", {"user": user, "chat": user, "text": text})
        assert answer.status == 200, answer.read()

    def messages(self, chat):
        """What the bot said in `chat`."""
        with contextlib.closing(self.asked("GET", "/api/events")) as events:
            while not (line := events.readline()).startswith(b"data: "):
                assert line, "the stream ended"
        all_of_them = json.loads(line[len(b"data: ") :])["messages"]
        return [one for one in all_of_them if one["chat"]["id"] == chat and one["from"]["is_bot"]]

    def wait_words(self, chat, words):
        is_it = lambda one: words in one.get("text", "")
        return wait(f"{words!r}", lambda: [one for one in self.messages(chat) if is_it(one)])[-1]

    def wait_pictures(self, chat, count):
        pictures = lambda: sum("photo" in one for one in self.messages(chat)) >= count
        try:
            wait("", pictures)
        except AssertionError:
            raise AssertionError(f"no {count} pictures, but {self.messages(chat)}") from None


def lines_of(section, language="sh"):
    """The blocks of commands in a section of docs/operating.md."""
    text = pathlib.Path("/docs/operating.md").read_text()
    [section] = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)


def at_home():
    """Puts there what a person has at hand: root asks itself, and an editor that types."""
    for name, text in ("sudo", SUDO), ("sudoedit", SUDOEDIT):
        file = pathlib.Path("/usr/local/bin", name)
        file.write_text(text)
        file.chmod(0o755)


def by_hand(commands, cwd=DIST, **environment):
    """Types `commands` into a shell; it ends with the first that fails."""
    environment = os.environ | environment
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2 * machine.PATIENCE,
    )
    assert done.returncode == 0, f"{commands}: {done.returncode}\n{done.stdout}"
    return done.stdout


def installs(kind, playground):
    package, tarball, token, start = lines_of("Install")
    with checking("it is an empty machine"):
        for program in "rustc", "cargo", "cc", "sudo", "curl", "clip-bot":
            assert not shutil.which(program), program
    at_home()
    with checking("what the page says to type installs it"):
        by_hand(package if kind == "deb" else tarball)
        by_hand(token, TYPED=playground.settings["CLIP_BOT_TOKEN"])
        # Telegram is elsewhere than for everybody else; nothing more is set.
        with open("/etc/clip-bot/clip-bot.env", "a") as file:
            file.write(f"\nCLIP_BOT_API_URL={playground.settings['CLIP_BOT_API_URL']}\n")
        said = by_hand(start)
        assert "Active: active (running)" in said, said
        wait_status(BOT, "serves nobody")
    with checking("it says at once whether it is well"):
        check = lines_of("Is it well\\?")[-1]
        said = by_hand(check)
        assert "serves nobody" in said, said
    with checking("nobody's pictures are shown before it has an owner"):
        playground.say(BOB, "bus")
        playground.wait_words(BOB, "Este bot es privado")
    with checking("the link of the journal makes its reader the owner, who gets pictures"):
        lines = [str(row["MESSAGE"]) for row in journal(f"_SYSTEMD_UNIT={BOT}")]
        [code] = [found[1] for line in lines if (found := re.search(r"\?start=(\w+)", line))]
        playground.say(ADA, f"/start {code}")
        playground.wait_words(ADA, "This bot is yours now")
        playground.say(ADA, "a red bus at night")
        playground.wait_words(ADA, "pictures for “a red bus at night”")
        playground.wait_pictures(ADA, 3)
    with checking("manual, completions and the explanation of an event are there"):
        assert "answers from now on" in run("journalctl", "--dump-catalog")
        prefix = pathlib.Path("/usr" if kind == "deb" else "/usr/local")
        shown = list(prefix.glob("share/man/man1/clip-*")) + list(prefix.glob("share/fish/*/clip-*"))
        assert kind == "deb" or len(shown) == 4, shown


def main():
    kind, suite = sys.argv[1:]
    pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    machine.play(f"install {suite} {kind}", lambda: installs(kind, Playground()))


if __name__ == "__main__":
    main()
