"""Reads damaged pictures. Prints a line a format; exits with 1 when a process panicked or had too much memory."""

import collections
import concurrent.futures
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from peers import ROOT, probe

PICTURES = ROOT / "tests/it/recorded/pictures"
FORMATS = "heic jxl tif bmp dng cr2 cr3 nef arw raf rw2 orf jpg".split()
MOST = 200 << 10  # KiB
# More, so that the first to exceed the most is told by its number.
ALLOWED = 256 << 20
SECONDS = 1800
TAKEOUT = {
    "title": "a.jpg",
    "description": "at the sea",
    "photoTakenTime": {"timestamp": "1561939200"},
    "geoData": {"latitude": 41.9, "longitude": 12.5},
    "people": [{"name": "Ann"}],
}
XMP = "<dc:subject><rdf:Bag><rdf:li>dog &amp; cat</rdf:li><rdf:li>beach</rdf:li></rdf:Bag></dc:subject>"


def read(program, file, cases):
    """What the probe said of `file`; text where it failed."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (ALLOWED, ALLOWED))
    command = [program, "damaged", file, cases]
    try:
        run = subprocess.run([str(word) for word in command], preexec_fn=limit, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"not done after {SECONDS} s"
    if run.returncode:
        return f"code {run.returncode}: {run.stderr[-2000:]}"
    return json.loads(run.stdout)


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    program = probe()
    files = sorted(path for path in PICTURES.iterdir() if path.suffix[1:] in FORMATS)
    sums, failed = collections.defaultdict(collections.Counter), 0
    with tempfile.TemporaryDirectory() as folder:
        takeout, xmp = pathlib.Path(folder, "a.jpg.json"), pathlib.Path(folder, "b.jpg.xmp")
        takeout.write_text(json.dumps(TAKEOUT))
        xmp.write_text(XMP)
        files += [takeout, xmp]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(lambda file: read(program, file, cases), files)
            for file, answer in zip(files, answers):
                if isinstance(answer, str) or answer["kibibytes"] > MOST:
                    failed += 1
                    print(f"{file.name}: FAILED: {answer}", flush=True)
                else:
                    of = sums[file.suffix[1:]]
                    of["cases"] += cases
                    of["read"] += answer["read"]
                    of["MiB"] = max(of["MiB"], answer["kibibytes"] >> 10)
    for kind, of in sums.items():
        print(f"{kind}: {of['cases']} damaged, {of['read']} read, the others refused; at most {of['MiB']} MiB")
    cases = sum(of["cases"] for of in sums.values())
    most = max(of["MiB"] for of in sums.values())
    print(f"{cases} damaged files, at most {most} MiB; {failed} failed")
    sys.exit(1 if failed else 0)


main()
