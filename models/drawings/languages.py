#!/usr/bin/env python3
"""Makes languages.tsv: what the built-in pictures are called in eight languages more than collection.tsv has.

Run once, after fetch.py; the result is committed. Needs `npm` and Python, nothing else.
"""
import csv
import hashlib
import io
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unicodedata

HERE = pathlib.Path(__file__).parent
# With the SHA-256 of the package file, as in fetch.py. Licence: LICENSES.
WORDS = ("emojibase-data@17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a")
LANGUAGES = ["de", "fr", "it", "pt", "ru", "uk", "zh", "ja"]
# Written without blanks between words: a keyword is one when it is not in the name as a part.
UNSPACED = {"zh", "ja"}


def main():
    with open(HERE / "collection.tsv", encoding="utf-8", newline="") as file:
        own = [row["id"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    with tempfile.TemporaryDirectory() as folder:
        data = package(folder, *WORDS)
    codes = {identifier(row["label"]): row["hexcode"] for row in data("en/data.json")}
    rows = {language: {row["hexcode"]: row for row in data(f"{language}/data.json")} for language in LANGUAGES}
    lines = [["id", *(field for language in LANGUAGES for field in (f"{language} name", f"{language} keywords"))]]
    for picture in own:
        line = [picture]
        for language in LANGUAGES:
            row = rows[language][codes[picture]]
            line += described(row["label"], row.get("tags", []), language in UNSPACED)
        lines.append(line)
    text = "".join("\t".join(line) + "\n" for line in lines)
    (HERE / "languages.tsv").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(own)} pictures, {len(text.encode())} bytes")


def package(folder, name, checksum):
    """A function that reads JSON files of an npm package."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, name], check=True, capture_output=True, text=True
    )
    data = (pathlib.Path(folder) / packed.stdout.strip().splitlines()[-1]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == checksum, f"{name} is not what it was"
    archive = tarfile.open(fileobj=io.BytesIO(data))
    return lambda path: json.load(archive.extractfile(f"package/{path}"))


def identifier(label):
    """The id of a picture in collection.tsv."""
    plain = unicodedata.normalize("NFD", label.replace("’", "").lower())
    return "-".join(re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def described(name, tags, unspaced):
    """The name, and those keywords, separated by `|`, that are not in it already."""
    clean = lambda text: re.sub(r"[\s|]+", " ", unicodedata.normalize("NFC", text.replace("’", "'"))).strip()
    name = clean(name)
    seen = {name.lower()} | (set() if unspaced else set(re.findall(r"\w+", name.lower())))
    keywords = []
    for tag in map(clean, tags):
        if tag and tag.lower() not in seen:
            seen.add(tag.lower())
            keywords.append(tag)
    return [name, "|".join(keywords)]


if __name__ == "__main__":
    main()
