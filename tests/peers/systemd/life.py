"""The bot's scenes: its life, trouble around it, and what it refuses."""

import itertools
import os
import pathlib
import threading
import time

from fakes import Endpoint
from machine import (
    BOT,
    PATIENCE,
    SEARCH,
    checking,
    drop_in,
    entry,
    journal,
    noticed,
    pid_of,
    restarts,
    run,
    show,
    systemctl,
    wait,
    wait_status,
)
from units import (
    OWN_SEARCH,
    TOKEN,
    active_under_a_new_pid,
    configure,
    confined,
    event,
    exposed_at_most,
    refuses,
    restart,
    secret_is_hidden,
    starts,
    verified,
)

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
    token_is_hidden()
    sandbox_is_around_it()
    units_are_verified()
    with checking("stop: success, and no credential stays"):
        restart()
        systemctl("stop", BOT)
        assert show(BOT, "Result") == "success"
        entry(event("stopped"))
        assert not os.path.exists(f"/run/credentials/{BOT}")


def token_is_hidden():
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


def sandbox_is_around_it():
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


def units_are_verified():
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


def traced(pid):
    return any("sendMessage" in str(row["MESSAGE"]) for row in journal(f"_PID={pid}"))


def trouble(telegram):
    """Reload, a kill, a sleeping endpoint, load, no network."""
    endpoint = Endpoint().start()
    configure()
    restart()
    reloads(telegram)
    configure()
    is_killed(telegram, endpoint)
    sees_a_sleeping_endpoint(telegram, endpoint)
    stops_under_load(telegram)
    starts_without_a_network(telegram)


def reloads(telegram):
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


def is_killed(telegram, endpoint):
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


def sees_a_sleeping_endpoint(telegram, endpoint):
    with checking("a sleeping endpoint is shown, and its waking up, too"):
        endpoint.set(asleep=True)
        telegram.write("sleepy", chat=200)
        print(f"  {wait_status(BOT, 'endpoint asleep since')}")
        entry(event("endpoint asleep"))
        endpoint.set(asleep=False)
        telegram.wait_album(200)
        entry(event("endpoint awake"))
        wait("no sleep in the status", lambda: "asleep" not in show(BOT, "StatusText"))


def stops_under_load(telegram):
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


def starts_without_a_network(telegram):
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
