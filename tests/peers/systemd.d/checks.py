"""checks.py SCENE: the checks of one booted machine, run inside it."""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import re
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request

import attempts
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
    is_new = lambda: show(BOT, "ActiveState") == "active" and pid_of(BOT) != pid
    wait(f"{BOT} with another pid than {pid}", is_new, patience)


def confined(pid):
    """What the kernel says of the process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"]:
        assert line in status, f"not {line}"
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status
    user = os.stat(f"/proc/{pid}").st_uid
    assert 61184 <= user <= 65519, f"user {user}"


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
    wait(f"{unit} ends", lambda: show(unit, "ActiveState") == "failed")
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
    said = run("systemd-analyze", "verify", f"/usr/lib/systemd/system/{unit}")
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
    systemctl("reset-failed", BOT)
    with checking("a query starts the endpoint and is answered"):
        systemctl("start", "clip-search.socket")
        restart()
        number = telegram.write("red bus")
        telegram.wait_album(7)
        assert show(SEARCH, "ActiveState") == "active"
    with checking("the status tells what it does"):
        print(f"  {wait_status(BOT, '1 answered')}")
    with checking("the journal has the facts as fields"):
        fact = entry(f"CLIP_UPDATE_ID={number}", "PRIORITY=6")
        assert fact["_SYSTEMD_UNIT"] == BOT and fact["SYSLOG_IDENTIFIER"] == "clip-bot", fact
        assert fact["CLIP_CHAT"] == "7" and fact["CLIP_RESULTS"] == "5", fact
        assert int(fact["CLIP_MILLIS"]) >= 0 and "CLIP_ENGINE" in fact, fact
        assert str(number) in fact["MESSAGE"], fact
        entry(event("started"))
    with checking("what people ask stays out of the journal"):
        assert not any("red bus" in str(row["MESSAGE"]) for row in journal(f"_SYSTEMD_UNIT={BOT}"))
    with checking("the token came as a credential, for nobody else to read"):
        file = pathlib.Path(f"/run/credentials/{BOT}/telegram-token")
        assert file.read_text().strip() == TOKEN and file.stat().st_mode & 0o077 == 0
    with checking("the token is in no journal, environment or command line"):
        secret_is_hidden(pid_of(BOT))
    with noticed("the token were in the environment"), drop_in(
        BOT, f"Environment=CLIP_BOT_TOKEN={TOKEN}"
    ):
        restart()
        secret_is_hidden(pid_of(BOT))
    restart()
    with checking("a user of its own, no capabilities, a filter for system calls"):
        confined(pid_of(BOT))
        confined(pid_of(SEARCH))
        state = pathlib.Path("/var/lib/clip-bot")
        assert state.is_symlink() and state.resolve() == pathlib.Path("/var/lib/private/clip-bot")
        assert (state / "inbox.redb").stat().st_uid == os.stat(f"/proc/{pid_of(BOT)}").st_uid
    for loosened in ["CapabilityBoundingSet=~", "DynamicUser=no", UNFILTERED]:
        with noticed(loosened.splitlines()[0]), drop_in(BOT, loosened):
            restart()
            confined(pid_of(BOT))
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


# Without any filter, or else systemd sets NoNewPrivileges by itself.
UNFILTERED = """NoNewPrivileges=no
SystemCallFilter=
SystemCallArchitectures=
RestrictAddressFamilies=
RestrictNamespaces=no
RestrictRealtime=no
RestrictSUIDSGID=no
MemoryDenyWriteExecute=no
LockPersonality=no
PrivateDevices=no
ProtectClock=no
ProtectHostname=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectKernelTunables=no"""


def trouble(telegram):
    """Reload, and all that can be wrong around it."""
    endpoint = Endpoint().start()
    configure()
    restart()
    with checking("reload: the same process, with the new level and the new people"):
        pid = pid_of(BOT)
        telegram.write("first", chat=8)
        telegram.wait_album(8)
        configure(CLIP_BOT_LOG="debug", CLIP_BOT_ALLOWED="7")
        systemctl("reload", BOT)
        assert pid_of(BOT) == pid
        entry(event("reloaded"))
        telegram.write("second", chat=8)
        wait("refusal", lambda: "This bot is private" in str(telegram.heard(8)[-1]))
        telegram.write("third", chat=7)
        telegram.wait_album(7)
        entry(f"_PID={pid}", "PRIORITY=7")
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

        writer = threading.Thread(target=people)
        writer.start()
        wait("some answers", lambda: telegram.albums(list(chats)) > 20)
        since = time.monotonic()
        systemctl("stop", BOT)
        took = time.monotonic() - since
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
    with checking("a refused token: exit 3, and no restarts"):
        telegram.token = "4242:another"
        systemctl("restart", BOT, code=None)
        refuses(BOT, 3, "@BotFather")
        entry(event("token refused"))
        telegram.token = TOKEN
    with noticed("a refused token were tried again"), drop_in(BOT, "RestartPreventExitStatus="):
        telegram.token = "4242:another"
        systemctl("restart", BOT, code=None)
        wait("a restart", lambda: restarts(BOT) > 0 or show(BOT, "ActiveState") == "failed")
        refuses(BOT, 3)
    telegram.token = TOKEN
    for what, names, remedies in [
        ("a wrong setting", {"CLIP_BOT_WORKERS": "many"}, ["CLIP_BOT_WORKERS", "1 to 64"]),
        ("no endpoint", {"CLIP_BOT_SEARCH_URL": ""}, ["CLIP_BOT_SEARCH_URL is not set"]),
    ]:
        with checking(f"{what}: exit 2, and the remedy in systemctl status"):
            configure(**names)
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
    with noticed("there were no watchdog"), drop_in(BOT, "WatchdogSec=0"):
        restart()
        stopped_is_restarted(patience=3 * WATCHDOG)
    # Where the core would go.
    with drop_in(BOT, "WorkingDirectory=/var/lib/clip-bot", "folder"):
        with checking("an abort leaves no core with the token"):
            aborted()
            no_core_holds_the_token()
        with noticed("LimitCORE were infinity"), drop_in(BOT, "LimitCORE=infinity"):
            aborted()
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
    active_under_a_new_pid(pid, 3 * WATCHDOG + 5)


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


def bare(telegram):
    """The negative control of both: somebody pings whatever happens."""
    endpoint = Endpoint().start()
    configure(**BOUNDS)
    with drop_in(BOT, "NotifyAccess=all"):
        for part in "worker-", "poller":
            restart()
            pid = pid_of(BOT)
            with bare_timer(BOT), contextlib.ExitStack() as stack:
                if part == "poller":
                    thread = pid
                else:
                    search_under_way(telegram, endpoint, 7)
                    thread = wait("the busy worker", lambda: busy_worker(pid))
                stack.enter_context(wedged(thread))
                endpoint.set(held=False)
                with noticed(f"a bare timer pinged over a wedged {part.rstrip('-')}"):
                    stuck_is_restarted(pid, part)
                with checking("and the process did run on"):
                    assert pid_of(BOT) == pid


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
        print(f"  {wait_status(SEARCH, 'mock')}")
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
        refuses(SEARCH, 2, "CLIP_SEARCH_ENGINE", "space or mock")
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


def sandbox(_):
    """What the sandboxes forbid, tried from within, under the units' own text."""
    for path in "/home/marker", "/srv/marker", "/tmp/marker":
        pathlib.Path(path).write_text("x")
    settings("clip-bot")
    has_bpf = "+BPF_FRAMEWORK" in run("systemctl", "--version")
    everything = [name for name in attempts.LOOSER if has_bpf or name != "bind a port"]
    for unit in BOT, SEARCH:
        probe = Probe(unit)
        with checking(f"{unit} refuses {len(everything) + 1} attempts"):
            refused(probe.outcomes([*everything, *attempts.BY_USER]))
        with checking(f"{unit} refuses {len(everything)} of them even to root"):
            refused(probe.outcomes(everything, "DynamicUser=no"))
        if unit == BOT:
            for name in [*everything, *attempts.BY_USER]:
                looser = (attempts.LOOSER | attempts.BY_USER)[name]
                with noticed(f"it could {name}"):
                    refused(probe.outcomes([name], looser))
    networks(Probe(BOT))


def refused(outcomes):
    worked = [name for name, outcome in outcomes.items() if outcome == "worked"]
    assert not worked, worked


class Probe:
    """A service like `unit`, but for the program, which makes attempts."""

    def __init__(self, unit):
        self.name = unit.replace(".service", "-probe.service")
        text = pathlib.Path(f"/units/{unit}").read_text()
        pathlib.Path(f"/run/systemd/system/{self.name}").write_text(text)

    def outcomes(self, names, looser=""):
        output = pathlib.Path("/run/attempts")
        output.unlink(missing_ok=True)
        python = os.path.realpath(sys.executable)
        words = " ".join(f'"{name}"' for name in names)
        changes = ["Type=oneshot", "Restart=no", "WatchdogSec=0", "ExecReload=", "ExecStart="]
        changes += [f"ExecStart={python} -I {attempts.__file__} {words}"]
        changes += [f"ExecPaths={python}", f"StandardOutput=file:{output}", looser]
        with drop_in(self.name, "\n".join(changes), "probe"):
            systemctl("start", self.name, code=None)
        said = output.read_text()
        assert said, systemctl("status", "--full", self.name, code=None)
        return json.loads(said)


def networks(probe):
    """The optional drop-in against requests to private networks."""
    # The loopback interface gets an address of a private network.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("16sH2s4s8x", b"lo:1", socket.AF_INET, b"", socket.inet_aton("10.9.8.7"))
        fcntl.ioctl(control, 0x8916, address)
    listener = socket.create_server(("0.0.0.0", 8083))
    here, there = "connect to this machine", "connect to a private network"
    text = pathlib.Path("/units/no-private-networks.conf").read_text()
    with checking("with the drop-in no private network is reached, but this machine is"):
        tried = probe.outcomes([here, there], text.split("[Service]")[1])
        assert tried[here] == "worked", tried
        refused({there: tried[there]})
    with noticed("that drop-in were not there"):
        refused(probe.outcomes([there]))
    listener.close()


SCENES = [bare, life, poller, sandbox, search, stopped, trouble, worker]


def main():
    [scene] = [scene for scene in SCENES if scene.__name__ == sys.argv[1]]
    machine.label = f"systemd {sys.argv[2]} {scene.__name__}:"
    since = time.monotonic()
    machine.install()
    machine.secret("telegram-token", TOKEN)
    settings("clip-search")
    telegram = Telegram(TOKEN).start()
    try:
        with checking("to the end"):
            scene(telegram)
    finally:
        journal_text = run("journalctl", "--no-pager", "--output=short-monotonic", code=None)
        pathlib.Path("/out/journal").write_text(journal_text)
    print(f"{machine.label} {machine.failed} failed, {time.monotonic() - since:.0f} s")
    sys.exit(1 if machine.failed else 0)


if __name__ == "__main__":
    main()
