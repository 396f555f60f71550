"""What the scenes share: the settings, the units as systemd shows them, and the search."""

import json
import os
import pathlib
import re
import time
import urllib.error
import urllib.request

from fakes import ENDPOINT, TELEGRAM
from machine import BOT, PATIENCE, restarts, run, settings, show, systemctl, wait, wait_status

SECRET = "peer-token-that-nobody-may-see"
TOKEN = f"4242:{SECRET}"
OWN_SEARCH = "http://127.0.0.1:8080"
# The part of every message id that is the same.
EVENT = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a"
EVENTS = ["started", "stopped", "token refused", "endpoint asleep", "endpoint awake", "flood wait"]
EVENTS += ["update failed", "inbox trouble", "inbox recovered", "reloaded", "stuck", "unreachable"]


def event(name):
    return f"MESSAGE_ID={EVENT}{EVENTS.index(name) + 1:02x}"


def configure(**changes):
    """The bot's settings: patience short enough for a check, and the box's own addresses."""
    chosen = {"CLIP_BOT_API_URL": f"http://127.0.0.1:{TELEGRAM}", "CLIP_BOT_POLL_TIMEOUT": "1s"}
    chosen |= {"CLIP_BOT_ALLOWED": "everyone"}
    chosen |= {"CLIP_BOT_SEARCH_URL": f"http://127.0.0.1:{ENDPOINT}"}
    chosen |= {"CLIP_BOT_SEARCH_TIMEOUT": "30s", "CLIP_BOT_WORKERS": "4"}
    settings("clip-bot", **(chosen | changes))


def starts():
    systemctl("start", BOT)
    assert show(BOT, "ActiveState") == "active"


def restart():
    """Starts anew, and waits until it talks to Telegram."""
    systemctl("restart", BOT)
    wait_status(BOT, "polling")


def active_under_a_new_pid(pid, patience=PATIENCE):
    def is_new():
        return show(BOT, "ActiveState") == "active" and show(BOT, "MainPID") not in ("0", str(pid))

    wait(f"{BOT} with another pid than {pid}", is_new, patience)


def confined(pid, *wanted):
    """What the kernel says of the process."""
    facts, systemd = status_of(pid), status_of(1)
    holds = {
        "a user of its own": 61184 <= os.stat(f"/proc/{pid}").st_uid <= 65519,
        "no capability": int(facts["CapEff"], 16) == 0,
        "no capability within reach": int(facts["CapBnd"], 16) == 0,
        "no new privileges": facts["NoNewPrivs"] == "1",
        # The box has some itself.
        "filters": int(facts["Seccomp_filters"]) > int(systemd["Seccomp_filters"]),
    }
    missing = [name for name in wanted or holds if not holds[name]]
    assert not missing, missing


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def secret_is_hidden(pid):
    """The token is in no journal, environment, command line or core."""
    run("journalctl", "--sync", code=None)
    assert SECRET not in run("journalctl", "--output=export", "--all"), "journal"
    process = pathlib.Path(f"/proc/{pid}")
    for name in "environ", "cmdline":
        assert SECRET.encode() not in (process / name).read_bytes(), name
    assert SECRET not in systemctl("show", BOT), "systemctl show"


def refuses(unit, code, *remedies):
    """Does not run, for this reason, says the remedy, and is not tried again."""
    ended = lambda: show(unit, "ActiveState") == "failed" or restarts(unit) > 0
    wait(f"{unit} ends", ended)
    assert show(unit, "ExecMainStatus") == str(code), show(unit, "ExecMainStatus")
    time.sleep(2 * seconds(show(unit, "RestartUSec")))
    assert (show(unit, "ActiveState"), restarts(unit)) == ("failed", 0), "tried again"
    said = systemctl("status", "--full", "--lines=30", unit, code=None)
    for remedy in remedies:
        assert remedy in said, f"not {remedy!r} in:\n{said}"


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s)", text).groups()
    return float(number) / (1000 if unit == "ms" else 1)


def verified(unit):
    # The manual pages are the package's.
    said = run("systemd-analyze", "verify", "--man=no", f"/usr/lib/systemd/system/{unit}")
    assert not said, said


def exposed_at_most(unit, tenths):
    said = run("systemd-analyze", "security", "--no-pager", f"--threshold={tenths}", unit)
    return said.splitlines()[-1]


def search_under_way(telegram, endpoint, chat):
    """A search that the endpoint holds back."""
    endpoint.set(held=True, asked=[])
    telegram.write("held", chat)
    endpoint.wait_asked(1)


def ask(url, patience=PATIENCE):
    try:
        with urllib.request.urlopen(url, timeout=patience) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def finds(words="bus"):
    status, found = ask(f"{OWN_SEARCH}/search?query={words}")
    assert status == 200 and len(found) == 5, (status, found)
