"""The scene of the sandboxes."""

import contextlib
import fcntl
import json
import os
import pathlib
import socket
import struct
import sys

import attempts
import machine
from machine import BOT, SEARCH, checking, run, settings, systemctl


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
        probes.add(f"{unit} as root", unit, names, "DynamicUser=no\nUser=root")
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
