"""checks.py SCENE: the checks of one booted machine, run inside it."""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request

import attempts
import instance
import machine
from fakes import ENDPOINT, TELEGRAM, Endpoint, Telegram
from machine import (
    BOT,
    PATIENCE,
    SEARCH,
    WATCHDOG,
    bare_timer,
    checking,
    drop_in,
    entry,
    journal,
    noticed,
    pid_of,
    restarts,
    run,
    settings,
    show,
    systemctl,
    threads,
    wait,
    wait_status,
    wedged,
)

SECRET = "peer-token-that-nobody-may-see"
TOKEN = f"4242:{SECRET}"
INDEX = "clip-search-index.service"
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


# What else implies a filter, and so NoNewPrivileges, is loosened with it.
UNFILTERED = """DynamicUser=no
LockPersonality=no
MemoryDenyWriteExecute=no
NoNewPrivileges=no
PrivateDevices=no
ProtectClock=no
ProtectHostname=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectKernelTunables=no
RestrictAddressFamilies=
RestrictNamespaces=no
RestrictRealtime=no
RestrictSUIDSGID=no
SystemCallArchitectures=
SystemCallFilter="""
LOOSER = {
    "a user of its own": "DynamicUser=no",
    "no capability": "CapabilityBoundingSet=~\nDynamicUser=no",
    "no capability within reach": "CapabilityBoundingSet=~",
    "no new privileges": UNFILTERED,
    "filters": UNFILTERED,
}


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


def life(telegram):
    """From the first start to the last stop, with the real endpoint."""
    configure(CLIP_BOT_SEARCH_URL=OWN_SEARCH)
    with checking("starts, and start waits for READY"):
        starts()
    with noticed("it never said READY"), drop_in(
        BOT, "UnsetEnvironment=NOTIFY_SOCKET\nTimeoutStartSec=2\nRestart=no"
    ):
        systemctl("stop", BOT)
        starts()
    systemctl("reset-failed", BOT, code=None)
    with checking("a query starts the endpoint and is answered"):
        systemctl("start", "clip-search.socket")
        restart()
        number = telegram.write("red bus")
        telegram.wait_album(7)
        assert show(SEARCH, "ActiveState") == "active"
    with checking("the status tells what it does"):
        print(f"  {wait_status(BOT, '1 answered')}")
    with checking("the journal has the facts as fields"):
        fact = entry(f"CLIP_UPDATE_ID={number}")
        assert fact["_SYSTEMD_UNIT"] == BOT and fact["SYSLOG_IDENTIFIER"] == "clip-bot", fact
        assert fact["CLIP_CHAT"] == "7" and fact["CLIP_RESULTS"] == "5", fact
        assert int(fact["CLIP_MILLIS"]) >= 0, fact
        assert str(number) in fact["MESSAGE"], fact
        entry(event("started"))
        entry(f"_SYSTEMD_UNIT={SEARCH}", "CLIP_ENGINE=clip")
    with checking("what people ask stays out of the journal"):
        assert not any("red bus" in str(row["MESSAGE"]) for row in journal(f"_SYSTEMD_UNIT={BOT}"))
    with checking("the token came as a credential, for nobody else to read"):
        file = pathlib.Path(f"/run/credentials/{BOT}/telegram-token")
        assert file.read_text().strip() == TOKEN
        modes = [path.stat().st_mode & 0o7777 for path in (file, file.parent)]
        assert all(mode & 0o227 == 0 for mode in modes), [oct(mode) for mode in modes]
    with checking("the token is in no journal, environment or command line"):
        secret_is_hidden(pid_of(BOT))
    with drop_in(BOT, f"Environment=CLIP_BOT_TOKEN={TOKEN}"):
        restart()
        with noticed("the token were in the environment"):
            secret_is_hidden(pid_of(BOT))
    restart()
    with checking("a user of its own, no capabilities, a filter for system calls"):
        confined(pid_of(BOT))
        confined(pid_of(SEARCH))
        state = pathlib.Path("/var/lib/clip-bot")
        assert state.is_symlink() and state.resolve() == pathlib.Path("/var/lib/private/clip-bot")
        assert (state / "inbox.redb").stat().st_uid == os.stat(f"/proc/{pid_of(BOT)}").st_uid
    for wanted, looser in LOOSER.items():
        with drop_in(BOT, looser):
            restart()
            with noticed(f"the unit did without: {wanted}"):
                confined(pid_of(BOT), wanted)
    systemctl("stop", BOT)
    run("rm", "-rf", "/var/lib/clip-bot", "/var/lib/private/clip-bot")
    for unit, tenths in [(BOT, 12), (SEARCH, 15), ("clip-search.socket", None)]:
        with checking(f"{unit} is verified"):
            verified(unit)
        if tenths:
            with checking(f"exposure of {unit} is at most {tenths / 10}"):
                print(f"  {exposed_at_most(unit, tenths)}")
            with noticed(f"{unit} kept its capabilities"):
                with drop_in(unit, "CapabilityBoundingSet=~"):
                    exposed_at_most(unit, tenths)
    with noticed("a unit had a mistake"):
        path = pathlib.Path("/usr/lib/systemd/system/mistaken.service")
        path.write_text(pathlib.Path(f"/units/{BOT}").read_text() + "\n[Service]\nMistake=1\n")
        verified(path.name)
    with checking("stop: success, and no credential stays"):
        restart()
        systemctl("stop", BOT)
        assert show(BOT, "Result") == "success"
        entry(event("stopped"))
        assert not os.path.exists(f"/run/credentials/{BOT}")


def traced(pid):
    return any("sendMessage" in str(row["MESSAGE"]) for row in journal(f"_PID={pid}"))


def trouble(telegram):
    """Reload, a kill, a sleeping endpoint, load, no network."""
    endpoint = Endpoint().start()
    configure()
    restart()
    with checking("reload: the same process, with the new level and the new people"):
        pid = pid_of(BOT)
        telegram.write("first", chat=8)
        telegram.wait_album(8)
        assert not traced(pid)
        configure(CLIP_BOT_LOG="trace", CLIP_BOT_ALLOWED="7")
        systemctl("reload", BOT)
        assert pid_of(BOT) == pid
        entry(event("reloaded"))
        telegram.write("second", chat=8)
        wait("refusal", lambda: "This bot is private" in str(telegram.heard(8)[-1]))
        telegram.write("third", chat=7)
        telegram.wait_album(7)
        wait("the new level", lambda: traced(pid))
    with checking("reload with a wrong setting: refused, and the running bot stays as it is"):
        configure(CLIP_BOT_RATE="often")
        said = systemctl("reload", BOT, code=1)
        assert "clip-bot" in said, said
        assert pid_of(BOT) == pid and show(BOT, "ActiveState") == "active"
        said = systemctl("status", "--full", "--lines=30", BOT)
        assert "CLIP_BOT_RATE" in said, said
        telegram.write("fourth", chat=7)
        wait("an answer", lambda: "fourth" in str(telegram.heard(7)))
    with checking("SIGHUP does no harm"):
        os.kill(pid, 1)
        telegram.write("fifth", chat=7)
        wait("an answer", lambda: "fifth" in str(telegram.heard(7)))
        assert pid_of(BOT) == pid
    configure()
    with checking("SIGKILL: started again, and nothing is lost"):
        restart()
        endpoint.set(held=True, asked=[])
        chats = range(100, 120)
        for chat in chats:
            number = telegram.write(f"kill {chat}", chat)
        telegram.wait_confirmed(number)
        endpoint.wait_asked(4)
        pid = pid_of(BOT)
        os.kill(pid, 9)
        endpoint.set(held=False)
        active_under_a_new_pid(pid)
        assert restarts(BOT) == 1
        telegram.wait_album(*chats)
    with checking("a sleeping endpoint is shown, and its waking up, too"):
        endpoint.set(asleep=True)
        telegram.write("sleepy", chat=200)
        print(f"  {wait_status(BOT, 'endpoint asleep since')}")
        entry(event("endpoint asleep"))
        endpoint.set(asleep=False)
        telegram.wait_album(200)
        entry(event("endpoint awake"))
        wait("no sleep in the status", lambda: "asleep" not in show(BOT, "StatusText"))
    with checking("stop within 5 s under load, and nothing is lost"):
        ended = threading.Event()
        chats = []

        def people():
            for chat in itertools.count(1000):
                if ended.wait(0.02):
                    return
                chats.append(chat)
                telegram.write(f"load {chat}", chat)

        writer = threading.Thread(target=people, daemon=True)
        writer.start()
        try:
            wait("some answers", lambda: telegram.albums(list(chats)) > 20)
            since = time.monotonic()
            systemctl("stop", BOT)
            took = time.monotonic() - since
        finally:
            ended.set()
            writer.join()
        assert show(BOT, "Result") == "success" and took < 5, f"{took:.1f} s"
        answered = telegram.albums(chats)
        starts()
        telegram.wait_album(*chats)
        print(f"  {took:.1f} s, {answered} of {len(chats)} were answered before it")
    with checking("no network at the start: active, says so, and recovers"):
        telegram.stop()
        systemctl("restart", BOT)
        assert show(BOT, "ActiveState") == "active"
        print(f"  {wait_status(BOT, 'no updates: ')}")
        entry(event("unreachable"))
        telegram.start()
        wait_status(BOT, "polling")
        telegram.write("back", chat=300)
        telegram.wait_album(300)


def refused(telegram):
    """What only its owner can put right."""
    configure()
    with checking("a refused token: exit 3, and no restarts"):
        telegram.token = "4242:another"
        systemctl("restart", BOT, code=None)
        refuses(BOT, 3, "@BotFather")
        entry(event("token refused"))
        telegram.token = TOKEN
    with noticed("a refused token were tried again"), drop_in(BOT, "RestartPreventExitStatus="):
        telegram.token = "4242:another"
        systemctl("restart", BOT, code=None)
        refuses(BOT, 3)
    telegram.token = TOKEN
    systemctl("stop", BOT)
    for what, names, remedies in [
        ("a wrong setting", {"CLIP_BOT_WORKERS": "many"}, ["CLIP_BOT_WORKERS", "1 to 64"]),
        ("no endpoint", {"CLIP_BOT_SEARCH_URL": ""}, ["CLIP_BOT_SEARCH_URL is not set"]),
    ]:
        with checking(f"{what}: exit 2, and the remedy in systemctl status"):
            configure(**names)
            systemctl("reset-failed", BOT, code=None)
            systemctl("restart", BOT, code=None)
            refuses(BOT, 2, *remedies)
    configure()
    with checking("no token: exit 2, and the remedy in systemctl status"):
        os.rename("/etc/clip-bot/telegram-token", "/etc/clip-bot/elsewhere")
        systemctl("restart", BOT, code=None)
        refuses(BOT, 2, "@BotFather", "telegram-token")
        os.rename("/etc/clip-bot/elsewhere", "/etc/clip-bot/telegram-token")
    with checking("no settings file: exit 2, and the remedy in systemctl status"):
        os.unlink("/etc/clip-bot/clip-bot.env")
        systemctl("restart", BOT, code=None)
        refuses(BOT, 2, "CLIP_BOT_SEARCH_URL is not set")


def search_under_way(telegram, endpoint, chat):
    """A search that the endpoint holds back."""
    endpoint.set(held=True, asked=[])
    telegram.write("held", chat)
    endpoint.wait_asked(1)


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


def ask(url, patience=PATIENCE):
    try:
        with urllib.request.urlopen(url, timeout=patience) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def finds(words="bus"):
    status, found = ask(f"{OWN_SEARCH}/search?query={words}")
    assert status == 200 and len(found) == 5, (status, found)


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


def sandbox(_):
    """What the sandboxes forbid, tried from within, under the units' own text."""
    for path in "/dev/marker", "/home/marker", "/srv/marker", "/tmp/marker":
        pathlib.Path(path).write_text("x")
    settings("clip-bot")
    probes = Probes()
    looser = dict(attempts.LOOSER)
    if not binding_can_be_denied():
        print(f"{machine.label} binding a port cannot be denied by this systemd: not tried")
        del looser["bind a port"]
    by_user = attempts.BY_USER
    for unit in BOT, SEARCH:
        names = [name for name in looser if unit == BOT or name not in attempts.FOLDERS]
        probes.add(unit, unit, [*names, *by_user])
        probes.add(f"{unit} as root", unit, names, "DynamicUser=no")
    for name, lines in (looser | by_user).items():
        probes.add(name, BOT, [name], lines)
    here, there = "connect to this machine", "connect to a private network"
    drop_in_text = pathlib.Path("/units/no-private-networks.conf").read_text()
    probes.add("drop-in", BOT, [here, there], drop_in_text.split("[Service]")[1])
    probes.add("no drop-in", BOT, [there])
    with private_network():
        probes.run()
    for unit in BOT, SEARCH:
        with checking(f"{unit} refuses {len(probes.outcomes(unit))} attempts"):
            were_refused(probes.outcomes(unit))
        with checking(f"{unit} refuses most of them even to root"):
            were_refused(probes.outcomes(f"{unit} as root"))
    for name in looser | by_user:
        with checking(f"it would be noticed if it could {name}"):
            assert probes.outcomes(name) == {name: "worked"}, probes.outcomes(name)
    with checking("with the drop-in no private network is reached, but this machine is"):
        tried = probes.outcomes("drop-in")
        assert tried.pop(here) == "worked", tried
        were_refused(tried)
    with checking("it would be noticed if that drop-in were not there"):
        tried = probes.outcomes("no drop-in")
        assert tried == {there: "worked"}, tried


def were_refused(outcomes):
    worked = [name for name, outcome in outcomes.items() if outcome == "worked"]
    assert outcomes and not worked, worked


class Probes:
    """Services like ours, but for the program, which makes attempts; all at the same time."""

    def __init__(self):
        self.units = {}

    def add(self, label, unit, names, looser=""):
        name = self.units[label] = f"probe-{len(self.units)}"
        home = pathlib.Path("/run/systemd/system")
        text = pathlib.Path(f"/units/{unit}").read_text()
        # They run at the same time, so each has its own folders.
        for words in "Directory=", "/run/", "/var/lib/":
            for program in "clip-bot", "clip-search":
                text = text.replace(f"{words}{program}", f"{words}{name}")
        (home / f"{name}.service").write_text(text)
        folder = home / f"{name}.service.d"
        folder.mkdir()
        python = os.path.realpath(sys.executable)
        words = " ".join(f'"{name}"' for name in names)
        changes = ["[Unit]", "Requires=", "[Service]", "Type=oneshot", "Restart=no"]
        changes += ["WatchdogSec=0", "ExecReload=", "ExecStart=", f"ExecPaths={python}"]
        changes += [f"StandardOutput=file:/run/outcomes-{name}"]
        changes += [f"ExecStart={python} -I {attempts.__file__} {words}", looser]
        (folder / "probe.conf").write_text("\n".join(changes))

    def run(self):
        systemctl("daemon-reload")
        systemctl("start", *self.units.values(), code=None)

    def outcomes(self, label):
        name = self.units[label]
        output = pathlib.Path(f"/run/outcomes-{name}")
        said = output.read_text() if output.exists() else ""
        assert said, systemctl("status", "--full", name, code=None)
        return json.loads(said)


def ec2(telegram):
    """The instance that aws/bot.yaml starts: how the package and the token get there."""
    api = instance.Api().start()
    instance.Metadata().start()
    token_unit, package_unit = "clip-bot-token.service", "clip-bot-package.service"
    os.unlink("/etc/clip-bot/telegram-token")
    os.unlink(f"/usr/lib/systemd/system/{BOT}")
    instance.stand_ins()
    instance.keeps(TOKEN)
    instance.cloud_init(api.url)
    configure(CLIP_BOT_SEARCH_URL="")
    with checking("first boot: installs the package, fetches the token, answers"):
        systemctl("enable", "--now", package_unit)
        assert instance.calls("apt-get") == ["apt-get first.deb"]
        wait_status(BOT, "polling")
        telegram.write("red bus")
        telegram.wait_album(7)
    with checking("the token came from the parameter store as a credential, for root alone before"):
        credential = pathlib.Path(f"/run/credentials/{BOT}/telegram-token")
        assert credential.read_text() == TOKEN + "\n"
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
    with checking("SIGKILL: started again"):
        pid = pid_of(BOT)
        os.kill(pid, 9)
        active_under_a_new_pid(pid)
        wait_status(BOT, "polling")
    with checking("a new token is fetched by a restart"):
        telegram.token = f"4242:new-{SECRET}"
        instance.keeps(telegram.token)
        restart()
        assert credential.read_text() == telegram.token + "\n"
    with checking("a parameter store that fails: the bot waits for it, and starts then"):
        instance.keeps(None)
        systemctl("stop", BOT)
        before = len(instance.calls())
        systemctl("start", "--no-block", BOT)
        wait("a try", lambda: len(instance.calls()) > before + 3)
        states = [show(unit, "ActiveState") for unit in (token_unit, BOT)]
        assert states == ["activating", "inactive"], states
        instance.keeps(telegram.token)
        wait("a start", lambda: show(BOT, "ActiveState") == "active")
        wait_status(BOT, "polling")
    with checking("another package by the tag: installed once, and the bot restarted"):
        instance.wants("second.deb")
        pid = pid_of(BOT)
        systemctl("start", package_unit)
        systemctl("start", package_unit)
        assert instance.calls("apt-get")[1:] == ["apt-get second.deb"]
        assert pid_of(BOT) != pid
    with checking("a boot with another package: neither waits for the other for ever"):
        systemctl("stop", BOT)
        instance.wants("third.deb")
        wanted = pathlib.Path("/etc/systemd/system/multi-user.target.wants")
        enabled = [BOT, package_unit]
        assert all((wanted / unit).exists() for unit in enabled), list(wanted.iterdir())
        systemctl("start", *enabled)
        assert instance.calls("apt-get")[2:] == ["apt-get third.deb"]
        wait_status(BOT, "polling")
        telegram.write("yellow bus", chat=8)
        telegram.wait_album(8)
    with checking("all of that in the form that systemd wants"):
        for unit in token_unit, package_unit:
            said = run("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{unit}")
            assert not said, said
    with noticed("the credential were not taken from there"):
        with drop_in(BOT, "LoadCredential=telegram-token:/etc/clip-bot/telegram-token", "zz"):
            systemctl("restart", BOT, code=None)
            assert show(BOT, "ActiveState") == "active"


def binding_can_be_denied():
    """Asked of systemd with nothing else around it, since not every one can."""
    code = "import socket; socket.create_server(('0.0.0.0', 9999))"
    denied = ["systemd-run", "--wait", "--quiet", "--property=SocketBindDeny=any"]
    try:
        run(*denied, sys.executable, "-c", code)
    except AssertionError:
        return True
    return False


@contextlib.contextmanager
def private_network():
    """The loopback interface gets an address of a private network, where somebody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = socket.inet_aton("10.9.8.7")
        request = struct.pack("16sH2s4s8x", b"lo:1", socket.AF_INET, b"", address)
        fcntl.ioctl(control, 0x8916, request)
    with socket.create_server(("0.0.0.0", 8083), backlog=64):
        yield


def memory(telegram):
    """Limits that are enforced; only a kernel of its own does that (--qemu)."""
    most = 64 << 20
    configure(CLIP_BOT_SEARCH_URL=OWN_SEARCH, CLIP_BOT_WORKERS="32")
    systemctl("start", "clip-search.socket")
    with drop_in(BOT, f"MemoryHigh=infinity\nMemoryMax={most}"):
        restart()
        group = pathlib.Path(f"/sys/fs/cgroup{show(BOT, 'ControlGroup')}")
        with checking("the limits are the kernel's"):
            assert (group / "memory.max").read_text().strip() == str(most)
            assert (group / "pids.max").read_text().strip() == show(BOT, "TasksMax")
        with checking("64 MiB are enough under load"):
            chats = range(1, 301)
            for chat in chats:
                telegram.write(f"bus {chat % 7}", chat)
            telegram.wait_album(*chats, patience=10 * PATIENCE)
            events = dict(line.split() for line in (group / "memory.events").open())
            assert events["oom_kill"] == "0" and restarts(BOT) == 0, events
            print(f"  {show(BOT, 'MemoryCurrent')} bytes; {show(BOT, 'StatusText')}")
    with checking("too little is noticed"), drop_in(BOT, "MemoryHigh=infinity\nMemoryMax=1M"):
        systemctl("restart", BOT, code=None)
        wait("killed for its memory", lambda: show(BOT, "Result") == "oom-kill")


SCENES = [bare_poller, bare_worker, ec2, index, life, poller]
SCENES += [memory, refused, sandbox, search, stopped, trouble, worker]


def main():
    name, suite = sys.argv[1:]
    [scene] = [scene for scene in SCENES if scene.__name__ == name]
    machine.install()
    machine.secret("telegram-token", TOKEN)
    settings("clip-search")
    machine.play(f"systemd {suite} {name}", scene, Telegram(TOKEN).start())


if __name__ == "__main__":
    main()
