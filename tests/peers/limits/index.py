"""Pictures that are small on disk and large in memory, within the memory of clip-search-index.service
and of clip-search.service: each is indexed or named, as a folder and as a query, and nobody is killed."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from group import ROOT, Group
from peers import ask, python_of, run

PEAK = 300 << 20
ORDINARY = 40
# Of which one was enough to end every run.
ATTACKS = "profile.png", "alpha.webp", "lossless.webp", "progressive.jpg"
PROGRAM = pathlib.Path(os.environ["BIN"]) / "clip-search"
# Real pictures of every format, where a checkout has them beside it.
FIXTURES = ROOT.parent / "shared/cases/formats"
# Found, named, or more work than a search may take.
FOUND = {200, 400, 413, 415, 504}


def index(folder, index):
    """Indexes `folder` in the unit's group: what the program said, and the group's peak."""
    with Group("clip-search-index.service") as group:
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        environment = {"CLIP_SEARCH_INDEX": str(index), "CLIP_SEARCH_LOG": "info"}
        program = group.run([PROGRAM, "index", "add", folder, "--list-skipped"], env=environment, **pipe)
        said, _ = program.communicate(timeout=900)
        peak, kills = group.peak(), group.kills()
    assert kills == 0 and program.returncode == 0, f"{kills} killed, code {program.returncode}:\n{said}"
    return said, peak


def indexed(index):
    """How many pictures are in an index."""
    told = run([PROGRAM, "index", "info", "--json"], env={"CLIP_SEARCH_INDEX": str(index)})
    return json.loads(told)["pictures"]


def each_is_indexed_or_named(name, folder, work):
    files = [path for path in folder.iterdir() if path.is_file()]
    said, peak = index(folder, work / f"index-{name}")
    held = indexed(work / f"index-{name}")
    named = [path for path in files if f"{path}:" in said]
    alike = len(files) - held - len(named)
    print(f"{name}: {len(files)} files, {held} indexed, {len(named)} named, peak {peak >> 20} MiB")
    assert alike == 0, f"{alike} files are neither indexed nor named:\n{said}"
    assert peak < PEAK, f"{peak >> 20} MiB"


def a_bomb_leaves_a_whole_index(bomb, work):
    folder = work / "among"
    folder.mkdir()
    for number in range(ORDINARY):
        shutil.copy(ROOT / "docs/playground-chat.png", folder / f"{number}.png")
    shutil.copy(bomb, folder)
    index(folder, work / "index-among")
    held = indexed(work / "index-among")
    print(f"{bomb.name} among {ORDINARY} pictures: {held} indexed")
    assert held >= ORDINARY, held
    shutil.rmtree(folder)
    shutil.rmtree(work / "index-among")


def as_a_query(bombs, work):
    """Posts each bomb that a query may be; the endpoint goes on."""
    environment = {"CLIP_SEARCH_INDEX": str(work / "index-bombs"), "CLIP_SEARCH_LISTEN": "127.0.0.1:0"}
    with Group("clip-search.service") as group:
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        program = group.run([PROGRAM, "serve"], env=environment, **pipe)
        line = next(line for line in program.stdout if "listening on" in line)
        address = re.search(r"http://[\d.]+:\d+", line)[0]
        for bomb in bombs:
            status, _, body = ask(f"{address}/search", bomb.read_bytes(), {"content-type": "image/*"})
            print(f"{bomb.name} as a query: {status}")
            assert status in FOUND, body
        assert program.poll() is None and group.kills() == 0, "it was killed"
        peak = group.peak()
    print(f"queries: peak {peak >> 20} MiB")
    assert peak < PEAK, f"{peak >> 20} MiB"


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        run([python_of("clip"), pathlib.Path(__file__).with_name("bombs.py"), work / "bombs"])
        bombs = sorted((work / "bombs").iterdir())
        each_is_indexed_or_named("bombs", work / "bombs", work)
        if FIXTURES.is_dir():
            shutil.copytree(FIXTURES, work / "formats", copy_function=shutil.copy)
            each_is_indexed_or_named("formats", work / "formats", work)
        for name in ATTACKS:
            a_bomb_leaves_a_whole_index(work / "bombs" / name, work)
        as_a_query([bomb for bomb in bombs if bomb.stat().st_size < 9 << 20], work)
    print("index: all passed")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"index: FAILED: {error}")
