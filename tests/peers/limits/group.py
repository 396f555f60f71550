"""A memory control group as large as the one that systemd makes for a unit of ours."""

import os
import pathlib
import re
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS = ROOT / "systemd"
V1 = pathlib.Path("/sys/fs/cgroup/memory")
V2 = pathlib.Path("/sys/fs/cgroup")
SAMPLES = 0.01  # seconds between two looks at what the group uses
FACTORS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def limits_of(unit):
    """MemoryHigh and MemoryMax of a unit file in systemd/, in bytes."""
    text = (UNITS / unit).read_text()
    found = [re.search(rf"^{name}=(\d+)([KMG])$", text, re.M) for name in ("MemoryHigh", "MemoryMax")]
    return tuple(int(number) * FACTORS[factor] for number, factor in (f.groups() for f in found))


class Group:
    """Programs of `unit`, within its limits, or others of (MemoryHigh, MemoryMax): cgroup v2 with both where it
    has the memory controller, else v1 with MemoryMax alone. Needs root."""

    def __init__(self, unit, limits=None):
        self.high, self.max = limits or limits_of(unit)
        name = f"limits-{unit.removesuffix('.service')}-{os.getpid()}"
        self.v2 = "memory" in words(V2 / "cgroup.controllers")
        self.folder = (V2 if self.v2 else V1) / name
        self.most = 0
        self.ended = threading.Event()
        self.programs = []

    def __enter__(self):
        if self.v2:
            (V2 / "cgroup.subtree_control").write_text("+memory")
        self.folder.mkdir()
        for file, value in self.settings():
            if (self.folder / file).exists():
                (self.folder / file).write_text(str(value))
        self.sampler = threading.Thread(target=self.sample)
        self.sampler.start()
        return self

    def settings(self):
        if self.v2:
            return [("memory.high", self.high), ("memory.max", self.max), ("memory.swap.max", 0)]
        return [("memory.limit_in_bytes", self.max), ("memory.memsw.limit_in_bytes", self.max)]

    def run(self, argv, **options):
        """Starts a program inside the group; a `subprocess.Popen`."""
        enter = 'echo $$ > "$0" && exec "$@"'
        command = ["sh", "-c", enter, self.folder / "cgroup.procs", *argv]
        program = subprocess.Popen([str(word) for word in command], **options)
        self.programs.append(program)
        return program

    def peak(self):
        """Bytes that the group used at most, without what the kernel may drop: files it keeps."""
        return self.most

    def kills(self):
        """How many of its processes the kernel killed because the group was full."""
        file = "memory.events" if self.v2 else "memory.oom_control"
        return numbers(self.folder / file).get("oom_kill", 0)

    def sample(self):
        usage = self.folder / ("memory.current" if self.v2 else "memory.usage_in_bytes")
        before = "" if self.v2 else "total_"
        while not self.ended.wait(SAMPLES):
            files = numbers(self.folder / "memory.stat")
            kept = files[f"{before}active_file"] + files[f"{before}inactive_file"]
            self.most = max(self.most, int(usage.read_text()) - kept)

    def __exit__(self, *_):
        for program in self.programs:
            if program.poll() is None:
                program.kill()
            program.wait()
        self.ended.set()
        self.sampler.join()
        until = time.monotonic() + 10
        while True:
            try:
                return self.folder.rmdir()
            except OSError:
                # The kernel takes a moment to let go of the last process.
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


def words(file):
    return file.read_text().split() if file.exists() else []


def numbers(file):
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
