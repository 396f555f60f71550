"""licences.py: licence and notices of every Rust library in the two programs, for the package.

Each text stands once, under the names of the libraries that bring it.
"""

import json
import pathlib
import subprocess

NOTICES = ["LICEN[CS]E*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*"]
# What there is no file for stands where everybody can read it.
ELSEWHERE = "(the package has no file with the text)"


def cargo(*words):
    command = ["cargo", *words, "--locked", "--no-default-features", "--features", "search"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


linked = set(cargo("tree", "--edges", "normal", "--prefix", "none", "--format", "{p}").splitlines())
linked = {tuple(line.split()[:2]) for line in linked if line}
texts, names = {}, []
for package in json.loads(cargo("metadata", "--format-version", "1"))["packages"]:
    if (package["name"], "v" + package["version"]) not in linked or package["name"] == "clip-bot":
        continue
    title = f"{package['name']} {package['version']}"
    names.append(f"{title}: {package['license']}")
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted({file for pattern in NOTICES for file in folder.glob(pattern) if file.is_file()})
    for text in [file.read_text(errors="replace").strip() for file in files] or [ELSEWHERE]:
        texts.setdefault(text, []).append(title)

print("Rust libraries in clip-bot and clip-search, and what their packages say about their use.\n")
print("\n".join(sorted(names)))
for text, titles in sorted(texts.items(), key=lambda item: item[1]):
    print("\n" + "-" * 100 + "\n")
    print(", ".join(titles) + ":\n\n" + text)
