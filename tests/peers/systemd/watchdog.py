"""The scenes of what stands still: the process, a worker, the poll loop."""

import contextlib
import os
import pathlib
import time

from fakes import Endpoint
from machine import (
    BOT,
    PATIENCE,
    WATCHDOG,
    bare_timer,
    checking,
    drop_in,
    entry,
    journal,
    noticed,
    pid_of,
    restarts,
    threads,
    wait,
    wedged,
)
from units import SECRET, active_under_a_new_pid, configure, event, restart, search_under_way


def stopped_is_restarted(patience=PATIENCE):
    """SIGSTOP, which no program can answer."""
    pid = pid_of(BOT)
    os.kill(pid, 19)
    try:
        active_under_a_new_pid(pid, patience)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 18)


def no_core_holds_the_token():
    for path in pathlib.Path("/var/lib/clip-bot/").glob("core*"):
        assert SECRET.encode() not in path.read_bytes(), path


def stopped(telegram):
    """The whole process stands still."""
    endpoint = Endpoint().start()
    configure()
    restart()
    with checking("SIGSTOP: restarted by the watchdog, and the search under way is answered"):
        search_under_way(telegram, endpoint, 7)
        stopped_is_restarted()
        assert restarts(BOT) == 1
        endpoint.set(held=False)
        telegram.wait_album(7)
        said = [row["MESSAGE"] for row in journal(f"UNIT={BOT}")]
        assert any("atchdog timeout" in str(words) for words in said), said
    with drop_in(BOT, "WatchdogSec=0"):
        restart()
        with noticed("there were no watchdog"):
            stopped_is_restarted(patience=3 * WATCHDOG)
    # Where the core would go.
    with drop_in(BOT, "WorkingDirectory=/var/lib/clip-bot", "folder"):
        with checking("an abort leaves no core with the token"):
            aborted()
            no_core_holds_the_token()
        with drop_in(BOT, "LimitCORE=infinity"):
            aborted()
        with noticed("LimitCORE were infinity"):
            no_core_holds_the_token()


def aborted():
    restart()
    pid = pid_of(BOT)
    os.kill(pid, 6)
    active_under_a_new_pid(pid)


def stuck_is_restarted(pid, part, patience=PATIENCE):
    """The program sees it, says so, and lets itself be restarted."""
    said = entry(event("stuck"), f"_PID={pid}", patience=patience)
    assert said["CLIP_PART"].startswith(part), said
    active_under_a_new_pid(pid, 3 * WATCHDOG)


def busy_worker(pid):
    """The thread that waits for the endpoint; the others wait for work."""
    for thread, (name, place) in threads(pid).items():
        if name.startswith("worker-") and not place.startswith("futex"):
            return thread
    return None

# Worker: 2 s for the search and 10 s more. Poller: 1 s and 20 s more.
BOUNDS = {"CLIP_BOT_SEARCH_TIMEOUT": "2s", "CLIP_BOT_POLL_TIMEOUT": "1s"}


def worker(telegram):
    """One worker stands still while everything else goes on."""
    endpoint = Endpoint().start()
    configure(CLIP_BOT_SEARCH_TIMEOUT=f"{3 * WATCHDOG}s")
    restart()
    with checking("a search that takes long is not stuck"):
        search_under_way(telegram, endpoint, 5)
        time.sleep(2 * WATCHDOG)
        endpoint.set(held=False)
        telegram.wait_album(5)
        assert restarts(BOT) == 0
    configure(**BOUNDS)
    restart()
    with checking("a wedged worker is restarted while the process runs, and its search answered"):
        pid = pid_of(BOT)
        search_under_way(telegram, endpoint, 7)
        with wedged(wait("the busy worker", lambda: busy_worker(pid))):
            endpoint.set(held=False)
            telegram.write("another", 8)
            telegram.wait_album(8)
            assert pid_of(BOT) == pid and telegram.albums([7]) == 0
            stuck_is_restarted(pid, "worker-")
        telegram.wait_album(7)


def poller(telegram):
    """The poll loop stands still while everything else goes on."""
    endpoint = Endpoint().start()
    configure(CLIP_BOT_POLL_TIMEOUT=f"{3 * WATCHDOG}s")
    restart()
    with checking("a poll that takes long is not stuck"):
        time.sleep(2 * WATCHDOG)
        assert restarts(BOT) == 0
    configure(CLIP_BOT_POLL_TIMEOUT="1s")
    restart()
    with checking("a wedged poller is restarted while the process runs"):
        pid = pid_of(BOT)
        search_under_way(telegram, endpoint, 7)
        with wedged(pid):
            endpoint.set(held=False)
            telegram.wait_album(7)
            assert pid_of(BOT) == pid
            stuck_is_restarted(pid, "poller")
        telegram.write("afterwards", 8)
        telegram.wait_album(8)


def bare(telegram, part, find):
    """The negative control of both: somebody pings whatever happens."""
    endpoint = Endpoint().start()
    configure(**BOUNDS)
    with drop_in(BOT, "NotifyAccess=all"):
        restart()
        pid = pid_of(BOT)
        search_under_way(telegram, endpoint, 7)
        with bare_timer(BOT), wedged(wait(part, lambda: find(pid))):
            with noticed(f"a bare timer pinged over a wedged {part}"):
                stuck_is_restarted(pid, part)
            with checking("the process did run on, and said what is stuck"):
                assert pid_of(BOT) == pid and journal(event("stuck"), f"_PID={pid}")


def bare_worker(telegram):
    bare(telegram, "worker", busy_worker)


def bare_poller(telegram):
    bare(telegram, "poller", lambda pid: pid)
