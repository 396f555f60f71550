"""The endpoint's scenes: its life behind a socket, and pictures of one's own."""

import os
import pathlib
import shutil
import time
import urllib.request

from machine import (
    PATIENCE,
    SEARCH,
    checking,
    journal,
    pid_of,
    restarts,
    settings,
    show,
    systemctl,
    wait,
    wait_status,
)
from units import OWN_SEARCH, ask, confined, exposed_at_most, finds, refuses, verified

INDEX = "clip-search-index.service"


def search(_):
    """The endpoint comes with its first request and goes when nobody asks."""
    idle = 2
    settings("clip-search", CLIP_SEARCH_IDLE=f"{idle}s")
    with checking("the first request starts it, and is answered"):
        systemctl("start", "clip-search.socket")
        assert show(SEARCH, "ActiveState") == "inactive"
        finds()
        assert show(SEARCH, "ActiveState") == "active"
    with checking("the status tells what it does"):
        print(f"  {wait_status(SEARCH, 'clip')}")
    with checking("the sandbox is around it"):
        confined(pid_of(SEARCH))
    with checking("it ends when nobody asks, and comes again"):
        for _ in range(2):
            wait("the end", lambda: show(SEARCH, "ActiveState") == "inactive")
            assert (show(SEARCH, "Result"), restarts(SEARCH)) == ("success", 0)
            finds()
    settings("clip-search", CLIP_SEARCH_IDLE="")
    systemctl("restart", SEARCH)
    with checking("without CLIP_SEARCH_IDLE it stays"):
        finds()
        pid = pid_of(SEARCH)
        time.sleep(2 * idle)
        assert pid_of(SEARCH) == pid
    with checking("SIGSTOP: restarted by the watchdog, and nobody is refused meanwhile"):
        os.kill(pid, 19)
        finds()
        assert pid_of(SEARCH) != pid and restarts(SEARCH) == 1
    with checking("SIGKILL: nobody is refused"):
        pid = pid_of(SEARCH)
        os.kill(pid, 9)
        wait("the end", lambda: show(SEARCH, "MainPID") != str(pid))
        finds()
    with checking("stop: success"):
        systemctl("stop", "clip-search.socket", SEARCH)
        assert show(SEARCH, "Result") == "success"
    with checking("a wrong setting: exit 2, and the remedy in systemctl status"):
        settings("clip-search", CLIP_SEARCH_ENGINE="magic")
        systemctl("start", SEARCH, code=None)
        refuses(SEARCH, 2, "CLIP_SEARCH_ENGINE", "clip, space or mock")
        settings("clip-search")
        systemctl("reset-failed", SEARCH, "clip-search.socket", code=None)
        systemctl("restart", "clip-search.socket")
        finds()
    with checking("another address by a drop-in for the socket"):
        folder = pathlib.Path("/etc/systemd/system/clip-search.socket.d")
        folder.mkdir(parents=True)
        change = "[Socket]\nListenStream=\nListenStream=127.0.0.1:8090\n"
        (folder / "address.conf").write_text(change)
        systemctl("daemon-reload")
        systemctl("stop", SEARCH)
        systemctl("restart", "clip-search.socket")
        assert ask("http://127.0.0.1:8090/search?query=bus")[0] == 200


def messages(unit):
    return [str(entry.get("MESSAGE")) for entry in journal(f"_SYSTEMD_UNIT={unit}")]


def index(_):
    """One's own pictures: let in by a drop-in, indexed by a unit, and searched."""
    folder, kept = pathlib.Path("/srv/pictures"), pathlib.Path("/var/lib/private/clip-search")
    folder.mkdir(parents=True)
    (kept / "pictures").mkdir(parents=True, mode=0o755)
    settings("clip-search")
    systemctl("start", "clip-search.socket")
    _, drawings = ask(f"{OWN_SEARCH}/search?query=pizza&limit=1")
    with urllib.request.urlopen(drawings[0], timeout=PATIENCE) as answer:
        picture = answer.read()
    (folder / "lunch.jpg").write_bytes(picture)
    for unit in SEARCH, INDEX:
        place = pathlib.Path(f"/etc/systemd/system/{unit}.d")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy("/units/pictures.conf", place)
    systemctl("daemon-reload")
    with checking("the unit indexes them"):
        verified(INDEX)
        exposed_at_most(INDEX, 12)
        systemctl("start", INDEX)
        assert show(INDEX, "Result") == "success"
        wait("its word", lambda: any("1 added" in line for line in messages(INDEX)))
    with checking("the endpoint searches them, and hands them out"):
        settings("clip-search", CLIP_SEARCH_INDEX="/var/lib/clip-search/index")
        systemctl("restart", SEARCH)
        status, found = ask(f"{OWN_SEARCH}/search?query=pizza&details=true")
        assert status == 200, found
        assert [hit["caption"] for hit in found["results"]] == ["lunch"], found
        with urllib.request.urlopen(found["results"][0]["url"], timeout=PATIENCE) as answer:
            assert answer.read() == picture
    with checking("what is gone is not found after the next run, without a restart"):
        (folder / "lunch.jpg").rename(folder / "dinner.jpg")
        systemctl("start", INDEX)
        _, found = ask(f"{OWN_SEARCH}/search?query=pizza&details=true")
        assert [hit["caption"] for hit in found["results"]] == ["dinner"], found
    with checking("the timer starts it"):
        systemctl("start", "clip-search-index.timer")
        assert show("clip-search-index.timer", "ActiveState") == "active"
        assert "clip-search-index.timer" in systemctl("list-timers", "--all")
