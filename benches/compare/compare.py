"""Measures clip-bot, as it is shipped, and the reference's stack in turns; see run, which starts it.

compare.py CONTROL CLIP_BOT [--quick]: main.rs serves Telegram and the search endpoint, and CONTROL
makes a fresh pair of them, lets users ask, and tells what was seen.
"""

import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import plot
from reference_bot import installed

CANDIDATES = {
    "reference, 2 threads": ("seed", 2),
    "reference, 16 threads": ("seed", 16),
    "reference, 32 threads": ("seed", 32),
    "reference used well, 2 threads": ("album", 2),
    "reference used well, 32 threads": ("album", 32),
    "clip-bot, 2 workers": ("clip-bot", 2),
    "clip-bot, 16 workers": ("clip-bot", 16),
    "clip-bot, 32 workers": ("clip-bot", 32),
    "clip-bot without inbox, 32 workers": ("without inbox", 32),
}
# Both at their defaults.
REFERENCE, OURS = "reference, 2 threads", "clip-bot, 32 workers"

# Name, unit, and whether more is better.
FIGURES = {
    "start": ("start to first poll", "ms", False),
    "idle": ("idle memory", "MiB", False),
    "rate": ("queries a second", "", True),
    "cpu": ("CPU a query", "ms", False),
    "loaded": ("memory after load", "MiB", False),
    "word": ("B's acknowledgement", "ms", False),
    "wait": ("B's pictures", "ms", False),
}

SEARCH_MS = 50  # as in main.rs
# What is measured, ours, theirs, and how many times better ours must be (None: only told).
TARGETS = [
    ("rate", OURS, REFERENCE, 15),
    ("rate", OURS, "reference, 32 threads", 2.5),
    ("rate", "clip-bot, 16 workers", "reference, 16 threads", None),
    ("rate", OURS, "reference used well, 32 threads", None),
    ("idle", OURS, REFERENCE, 6),
    ("start", OURS, REFERENCE, 15),
    ("cpu", OURS, REFERENCE, 6),
]
LONGEST_WAIT = 2 * SEARCH_MS
ROUNDS, QUERIES, FLOOD = 5, 500, 200
A, B = 1, 2
PATIENCE = 180

here = Path(__file__).parent
root = here.parent.parent


def control(order, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{control_url}/{order}", data, PATIENCE) as answer:
        return json.load(answer)


def start(kind, workers, served, folder):
    if kind in ("seed", "album"):
        words = [kind, str(workers), served["telegram"], served["endpoint"] + "/search"]
        return subprocess.Popen([sys.executable, here / "reference_bot.py", *words], env={})
    (folder / "token").write_text("4242:compare")
    environment = {
        "CLIP_BOT_TOKEN_FILE": str(folder / "token"),
        "CLIP_BOT_ALLOWED": "everyone",
        "CLIP_BOT_API_URL": served["telegram"],
        "CLIP_BOT_SEARCH_URL": served["endpoint"],
        "CLIP_BOT_RATE": "none",
        "CLIP_BOT_WORKERS": str(workers),
        "CLIP_BOT_LOG": "warn",
    }
    if kind == "clip-bot":
        environment["CLIP_BOT_STATE_DIR"] = str(folder)
    return subprocess.Popen([clip_bot, "run"], env=environment)


def measure(kind, workers, queries, flood):
    """One bot, from its start to user B's pictures."""
    # Below target, which is on a disk where /tmp may be memory.
    folder = Path(tempfile.mkdtemp(prefix="compare-", dir=root / "target"))
    served = control("fresh")
    started = time.time()
    bot = start(kind, workers, served, folder)

    def wait_for(wanted):
        until = time.time() + PATIENCE
        while not (found := wanted(control("seen"))):
            if bot.poll() is not None or time.time() > until:
                sys.exit(f"{kind}, {workers}: it ended or stalled: {control('seen')}")
            time.sleep(0.03)
        return found

    def memory():
        status = Path(f"/proc/{bot.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu():
        fields = Path(f"/proc/{bot.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000

    try:
        polled = wait_for(lambda seen: seen["times"].get("first_poll"))
        time.sleep(1)  # what else it does at its start
        idle, cpu_before = memory(), cpu()
        asked = control("ask", list(range(1000, 1000 + queries)))
        last = wait_for(lambda seen: seen["complete"] == queries and seen["times"]["last_complete"])
        wait_for(lambda seen: time.time() - seen["times"]["last_request"] > 0.3)
        used, loaded = cpu() - cpu_before, memory()
        flooded = control("ask", [A] * flood + [B])
        times = wait_for(lambda seen: "b_complete" in seen["times"] and seen["times"])
    finally:
        bot.kill()
        bot.wait()
        shutil.rmtree(folder)
    return {
        "start": (polled - started) * 1000,
        "idle": idle,
        "rate": queries / (last - asked),
        "cpu": used / queries,
        "loaded": loaded,
        "word": (times["b_acknowledged"] - flooded) * 1000,
        "wait": (times["b_complete"] - flooded) * 1000,
    }


def judge(medians):
    """Rows of the first table, and whether every target was met."""
    rows, all_met = ["| target | clip-bot | reference | better | needed | |", "|---|--:|--:|--:|--:|---|"], True
    for figure, ours, theirs, least in TARGETS:
        name, unit, more = FIGURES[figure]
        mine, other = medians[ours][figure], medians[theirs][figure]
        better = mine / other if more else other / mine
        met = least is None or better >= least
        all_met &= met
        needed = ["", ""] if least is None else [f"{least} ×", "pass" if met else "**fail**"]
        values = [f"{plot.short(value)} {unit}".strip() for value in (mine, other)]
        rows.append(row(f"{name}: {ours} against {theirs}", *values, f"{better:.1f} ×", *needed))
    wait = medians[OURS]["wait"]
    met = wait <= LONGEST_WAIT
    verdict = "pass" if met else "**fail**"
    theirs = f"{plot.short(medians[REFERENCE]['wait'])} ms"
    better = f"{medians[REFERENCE]['wait'] / wait:.0f} ×"
    rows.append(row(f"B's pictures: {OURS}", f"{plot.short(wait)} ms", theirs, better, f"≤ {LONGEST_WAIT} ms", verdict))
    return rows, all_met and met


def row(*cells):
    return f"| {' | '.join(cells)} |"


def all_figures(taken):
    rows = [row("median (least–most)", *(f"{name}, {unit}".rstrip(", ") for name, unit, _ in FIGURES.values()))]
    rows.append("|---" + "|--:" * len(FIGURES) + "|")
    for name, rounds in taken.items():
        cells = []
        for figure in FIGURES:
            values = [one[figure] for one in rounds]
            parts = map(plot.short, (statistics.median(values), min(values), max(values)))
            cells.append("{} ({}–{})".format(*parts))
        rows.append(row(name, *cells))
    return rows


def machine():
    def said(*command):
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    model = Path("/proc/cpuinfo").read_text().split("model name\t: ")[-1].splitlines()[0]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyTelegramBotAPI", "requests"))
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {model}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Linux {platform.release()}. clip-bot at {said('git', 'describe', '--always', '--dirty')}, "
        f"{said('rustc', '--version')}; CPython {platform.python_version()}, {packages}."
    )


def main():
    quick = "--quick" in sys.argv
    rounds, queries, flood = (1, 100, 40) if quick else (ROUNDS, QUERIES, FLOOD)
    before = os.getloadavg()[0]
    taken = {name: [] for name in CANDIDATES}
    for number in range(1, rounds + 1):
        for name, candidate in CANDIDATES.items():
            print(f"round {number} of {rounds}: {name}", file=sys.stderr, flush=True)
            taken[name].append(measure(*candidate, queries, flood))
    medians = {
        name: {figure: statistics.median(one[figure] for one in rounds) for figure in FIGURES}
        for name, rounds in taken.items()
    }
    targets, all_met = judge(medians)
    tables = "\n".join([*targets, "", *all_figures(taken)])
    print(tables)
    if quick:
        return 0
    sizes = {"clip-bot": os.path.getsize(clip_bot)} | dict(installed())
    page = (here / "page.md").read_text().format(
        tables=tables,
        rounds=rounds,
        machine=machine(),
        load=f"{before:.1f} before, {os.getloadavg()[0]:.1f} after it",
        sizes=", ".join(f"{what} {size / 1e6:.1f} MB" for what, size in sizes.items()),
        search=SEARCH_MS,
        queries=queries,
        flood=flood,
    )
    # cold_start's part stays.
    written = root / "docs/performance.md"
    mark = "<!-- benches/compare/cold_start -->"
    _, found, cold_start = written.read_text().partition(mark)
    written.write_text(f"{page}\n{found}{cold_start}" if found else page)
    (root / "docs/performance.svg").write_text(plot.svg(medians, sizes, REFERENCE, OURS, queries, flood))
    return 0 if all_met else 1


if __name__ == "__main__":
    control_url, clip_bot = sys.argv[1:3]
    # So that the bot being measured ends, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
