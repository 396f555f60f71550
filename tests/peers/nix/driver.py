"""driver.py ROOT TEST: runs the script of a NixOS VM test against booted containers.

ROOT is the folder of a Debian with systemd. TEST is what pkgs.testers.runNixOSTest of stand-in
makes: for each node its /etc and commands, as the module made them, and the script. Each node is
systemd, booted by systemd-nspawn on a throw-away copy of ROOT, with the Nix store of this machine.
Here is the part of NixOS's own test driver that the scripts use.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PATIENCE = 120  # seconds that something may take on a busy machine
TOOLS = "/run/current-system/sw/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class Machine:
    def __init__(self, name, root, system, work):
        self.name = name
        self.root = work / "root"
        for folder in "upper", "work", "root":
            (work / folder).mkdir()
        layers = f"lowerdir={root},upperdir={work}/upper,workdir={work}/work"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        (self.root / "nix/store").mkdir(parents=True, exist_ok=True)
        (self.root / "etc/machine-id").write_text("")
        (self.root / "etc/tmpfiles.d/nixos.conf").write_text(
            f"L /run/current-system - - - - {os.path.realpath(system)}\n"
        )
        install(system / "etc", self.root / "etc")
        self.console = open(work / "console", "w+")
        command = ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}"]
        command += ["--bind-ro=/nix/store", f"--machine=nix-{name}-{os.getpid()}", "--register=no"]
        command += ["--keep-unit", "--private-network", "--link-journal=no", "--resolv-conf=off"]
        command += ["--timezone=off", "--console=pipe", f"--hostname={name}"]
        # systemd loads its network filters (BPF) with these.
        command += ["--capability=CAP_BPF,CAP_NET_ADMIN,CAP_SYS_ADMIN", "--system-call-filter=bpf"]
        self.nspawn = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.console,
            stderr=self.console,
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )
        self.leader = None

    def start(self):
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")

        def is_booted():
            assert self.nspawn.poll() is None, self.said()
            [self.leader, *_] = children.read_text().split() or [None]
            # What it runs as 1 is nspawn itself at first.
            return self.leader and self.execute("systemctl list-units")[0] == 0

        wait(f"{self.name} has booted", is_booted)

    def said(self):
        self.console.seek(0)
        return self.console.read()

    def execute(self, command, timeout=PATIENCE):
        done = subprocess.run(
            ["nsenter", "--target", self.leader, "--all", "bash", "-c", f"set -o pipefail; {command}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env={"PATH": TOOLS, "LANG": "C.UTF-8"},
        )
        return done.returncode, done.stdout

    def succeed(self, *commands, timeout=PATIENCE):
        output = ""
        for command in commands:
            code, said = self.execute(command, timeout)
            assert code == 0, f"{command}: {code}\n{said}"
            output += said
        return output

    def fail(self, *commands, timeout=PATIENCE):
        for command in commands:
            code, said = self.execute(command, timeout)
            assert code != 0, f"{command} succeeds:\n{said}"

    def wait_until_succeeds(self, command, timeout=PATIENCE):
        wait(command, lambda: self.execute(command)[0] == 0, timeout)

    def wait_until_fails(self, command, timeout=PATIENCE):
        wait(f"{command} fails", lambda: self.execute(command)[0] != 0, timeout)

    def wait_for_unit(self, unit, timeout=PATIENCE):
        def is_active():
            state = self.execute(f"systemctl show --value --property ActiveState {unit}")[1].strip()
            assert state != "failed", self.execute(f"systemctl status --full {unit}")[1]
            return state == "active"

        wait(f"{unit} is active", is_active, timeout)

    def stop(self):
        if self.leader and self.nspawn.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.execute("systemctl poweroff --force --force", 10)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.nspawn.wait(10)
        self.nspawn.kill()
        self.nspawn.wait()


def install(folder, etc):
    """Puts what NixOS has in its /etc over Debian's; units with their links."""
    for source in folder.rglob("*"):
        target = etc / source.relative_to(folder)
        if source.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        target.chmod(0o600 if "token" in source.name else 0o644)
    for source in (folder / "systemd/system").resolve().rglob("*"):
        target = etc / "systemd/system" / source.relative_to((folder / "systemd/system").resolve())
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.readlink(source))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def wait(what, condition, patience=PATIENCE):
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, f"after {patience} s not: {what}"
        time.sleep(0.2)


@contextlib.contextmanager
def subtest(name):
    since = time.monotonic()
    yield
    print(f"  {name}: ok ({time.monotonic() - since:.1f} s)", flush=True)


def main(root, test):
    with contextlib.ExitStack() as stack:
        names = {"subtest": subtest}
        for node in sorted((test / "nodes").iterdir()):
            work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nix-")))
            run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", work)
            stack.callback(run, "umount", "--lazy", work)
            machine = Machine(node.name, root, node, work)
            stack.callback(machine.stop)
            machine.start()
            names[node.name] = machine
        script = test / "test.py"
        try:
            exec(compile(script.read_text(), script, "exec"), names)
        except Exception as error:
            for name in (test / "nodes").iterdir():
                print(names[name.name].execute("journalctl --no-pager | tail -40")[1])
            sys.exit(f"  FAILED: {type(error).__name__} {error}")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
