"""What the scripts that measure our CLIP engine share: programs on one processor, and what they use."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.parse

# The last processor: the first has most of the interrupts.
PROCESSOR = max(os.sched_getaffinity(0))
ALONE = ["taskset", "-c", str(PROCESSOR)]


@contextlib.contextmanager
def started(command, environment, sign):
    """A program on one processor, once it said `sign`; with what that has in its parentheses."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    program = subprocess.Popen([str(word) for word in [*ALONE, *command]], env=environment, **pipes)
    try:
        said = ""
        while not (found := re.search(sign, said)):
            line = program.stdout.readline()
            said += line
            if not line:
                sys.exit(f"{command[0]} did not start:\n{said}")
        yield program, found[1]
    finally:
        program.kill()
        program.communicate()


def over_http(address):
    """A function that asks clip-search, each time over a new connection."""

    def ask(query):
        connection = http.client.HTTPConnection(address, timeout=600)
        connection.request("GET", "/search?limit=10&query=" + urllib.parse.quote(query))
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        assert answer.status == 200 and len(found) == 10, found

    return ask


def spent(program, work):
    """Milliseconds of CPU time that `program` took for `work`, and how long it took."""
    # What clock_getcpuclockid() gives.
    clock = (~program.pid << 3) | 2
    cpu, wall = time.clock_gettime(clock), time.monotonic()
    work()
    return (time.clock_gettime(clock) - cpu) * 1000, (time.monotonic() - wall) * 1000


def whole(command, environment):
    """The same of a program from its start to its end."""
    command = [str(word) for word in [*ALONE, *command]]
    since = time.monotonic()
    program = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = program.stderr.read()
    _, status, used = os.wait4(program.pid, 0)
    wall = time.monotonic() - since
    program.returncode = os.waitstatus_to_exitcode(status)
    assert program.returncode == 0, said.decode()
    return (used.ru_utime + used.ru_stime) * 1000, wall * 1000


def memory(program, name):
    """In MiB."""
    status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) / 1024


def dropped(*files):
    """Has the kernel forget what it keeps of the files."""
    for file in files:
        with open(file, "rb") as open_file:
            os.posix_fadvise(open_file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def spread(values):
    middle, least, most = map(short, (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}–{most})"


def short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def row(*cells):
    return f"| {' | '.join(cells)} |"


def say(line):
    print(line, file=sys.stderr, flush=True)


def written(program, environment):
    """Has a writer make what lies beside the segments of a made-up index; it says that the list of pictures is gone."""
    command = [program, "index", "add"]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert said.returncode == 1 and "cannot read /srv/pictures.tsv" in said.stdout, said.stdout
