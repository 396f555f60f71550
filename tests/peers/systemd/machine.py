"""What the checks do with the booted machine: units, journal, processes."""

import contextlib
import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60  # seconds that something may take on a busy machine
WATCHDOG = 4  # the watchdog's period in the box, in seconds
BOT, SEARCH = "clip-bot.service", "clip-search.service"


def run(*command, code=0, patience=PATIENCE):
    """What `command` printed; it must end with `code` (None: any)."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience,
    )
    assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def systemctl(*words, code=0):
    return run("systemctl", *words, code=code)


def show(unit, name):
    return systemctl("show", "--value", f"--property={name}", unit).strip()


def pid_of(unit):
    pid = int(show(unit, "MainPID"))
    assert pid > 0, f"{unit} does not run:\n{systemctl('status', unit, code=None)}"
    return pid


def wait(what, condition, patience=PATIENCE):
    """The first true value of `condition`."""
    until = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < until, f"after {patience} s not: {what}"
        time.sleep(0.2)
    return value


def wait_status(unit, words, patience=PATIENCE):
    """Waits until the status line has `words`, and gives the line."""
    line = ""

    def has_words():
        nonlocal line
        line = show(unit, "StatusText")
        return words in line

    try:
        wait("", has_words, patience)
    except AssertionError:
        raise AssertionError(f"no {words!r} in the status, but: {line!r}") from None
    return line


def journal(*matches):
    """The entries that match, oldest first."""
    run("journalctl", "--sync", code=None)
    lines = run("journalctl", "--output=json", "--all", "--no-pager", *matches, code=None)
    return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]


def entry(*matches, patience=PATIENCE):
    """The newest entry that matches, as soon as there is one."""
    return wait(f"journal entry {matches}", lambda: journal(*matches), patience)[-1]


@contextlib.contextmanager
def drop_in(unit, service, name="loosened"):
    """Adds lines to the [Service] section of `unit`."""
    folder = pathlib.Path(f"/run/systemd/system/{unit}.d")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.conf"
    path.write_text(f"[Service]\n{service}\n")
    systemctl("daemon-reload")
    try:
        yield
    finally:
        path.unlink()
        systemctl("daemon-reload")


def settings(program, **changes):
    """Writes the settings file of `program`: our example, and the box's own."""
    lines = [pathlib.Path(f"/units/{program}.env").read_text()]
    lines += [f"{name}={value}" for name, value in changes.items()]
    path = pathlib.Path(f"/etc/clip-bot/{program}.env")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def secret(name, text):
    path = pathlib.Path(f"/etc/clip-bot/{name}")
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n")


def install():
    """What the package does, and a watchdog that does not take a minute."""
    home = pathlib.Path("/usr/lib/systemd/system")
    for path in pathlib.Path("/units").iterdir():
        if path.suffix in (".service", ".socket", ".timer"):
            (home / path.name).write_text(path.read_text())
    for unit in BOT, SEARCH:
        folder = pathlib.Path(f"/run/systemd/system/{unit}.d")
        folder.mkdir(parents=True)
        (folder / "box.conf").write_text(f"[Service]\nWatchdogSec={WATCHDOG}\n")
    systemctl("daemon-reload")


def threads(pid):
    """Name and place in the kernel of each thread of `pid`, by thread."""
    found = {}
    for folder in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            name = (folder / "comm").read_text().strip()
            found[int(folder.name)] = name, (folder / "wchan").read_text()
    return found


@contextlib.contextmanager
def wedged(thread):
    """Stops one thread, until the program dies or this ends."""
    command = [sys.executable, HERE / "wedge.py", str(thread)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wedge:
        try:
            assert wedge.stdout.readline() == "wedged\n"
            yield
        finally:
            wedge.kill()


@contextlib.contextmanager
def bare_timer(unit):
    """Feeds the watchdog of `unit` from within its own processes, whatever the program does."""
    code = (
        "import os, socket, sys, time\n"
        "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "while True:\n"
        "    systemd.sendto(b'WATCHDOG=1', '/run/systemd/notify')\n"
        "    time.sleep(0.5)\n"
    )
    group = f"/sys/fs/cgroup{show(unit, 'ControlGroup')}/cgroup.procs"
    with subprocess.Popen([sys.executable, "-c", code, group]) as timer:
        try:
            yield
        finally:
            timer.kill()


def restarts(unit):
    return int(show(unit, "NRestarts"))


failed = 0
label = ""


@contextlib.contextmanager
def checking(name):
    """One line that says whether what is done in here went well."""
    global failed
    since = time.monotonic()
    try:
        yield
        result = "ok"
    except (AssertionError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
        failed += 1
        result = f"FAILED: {type(error).__name__} {error}"
    print(f"{label} {name}: {result} ({time.monotonic() - since:.1f} s)", flush=True)


@contextlib.contextmanager
def noticed(name):
    """A negative control: what is checked in here must fail now that `name`."""
    with checking(f"it would be noticed if {name}"):
        try:
            yield
        except AssertionError:
            return
        raise AssertionError("the check passes all the same")


def play(name, scene, *actors):
    """Runs a scene, keeps the journal, and ends the program: with 1 if a check failed."""
    global label
    label = f"{name}:"
    since = time.monotonic()
    try:
        with checking("to the end"):
            scene(*actors)
    finally:
        text = run("journalctl", "--no-pager", "--output=short-monotonic", code=None)
        pathlib.Path("/out/journal").write_text(text)
    print(f"{label} {failed} failed, {time.monotonic() - since:.0f} s")
    sys.exit(1 if failed else 0)
