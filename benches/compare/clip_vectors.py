"""clip_vectors.py INDEX ENCODER SEGMENTS ROWS [DIMENSIONS [FILE]]: makes an index of vectors.

They are made up like CLIP's, which have much in common, lie in clusters and have some noise; or are those in FILE,
32-bit floats. They are written in the form that src/collection/index/segment.rs tells, of which `clip-search index
verify` is the judge. SEGMENTS keeps the files for indexes of other encoders.
"""

import hashlib
import os
import pathlib
import struct
import sys
import zlib

import numpy as np

DIMENSIONS = 512
CLUSTERS = 2000
# Rows of a segment; a multiple of it is what an index has, if it has more.
TOGETHER = 250_000
LIST = b"/srv/pictures.tsv"


def chunk(number, rows, dimensions=DIMENSIONS):
    """The vectors of segment `number`, as long as 1."""
    shape = np.random.default_rng(0)
    middle = shape.standard_normal(dimensions, dtype=np.float32)
    centres = shape.standard_normal((CLUSTERS, dimensions), dtype=np.float32) * np.float32(0.7)
    chance = np.random.default_rng([1, number])
    vectors = chance.standard_normal((rows, dimensions), dtype=np.float32) * np.float32(0.5)
    vectors += middle
    vectors += centres[chance.integers(0, CLUSTERS, rows)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def given(file, dimensions):
    """`chunk`, of the vectors in a file."""
    vectors = np.fromfile(file, "<f4").reshape(-1, dimensions)
    return lambda number, rows, _: vectors[number * TOGETHER :][:rows]


def segments(folder, rows, dimensions, vectors=chunk):
    """Writes the segments of an index with so many rows, unless they are there: (length, CRC-32, rows)."""
    known = folder / "segments.txt"
    if not known.exists():
        folder.mkdir(parents=True, exist_ok=True)
        told = []
        for number, first in enumerate(range(0, rows, TOGETHER)):
            made = vectors(number, min(TOGETHER, rows - first), dimensions)
            told.append(segment(folder / f"{number:08}.segment", first, made))
        known.write_text("\n".join(" ".join(map(str, entry)) for entry in told))
    return [tuple(map(int, line.split())) for line in known.read_text().splitlines()]


def segment(path, first, vectors):
    rows, dimensions = vectors.shape
    halves = vectors.astype("<f2")
    vectors = halves.astype(np.float32)
    scale = np.float32(127) / np.abs(vectors).max()
    bytes_ = np.rint(vectors * scale).astype(np.int8)
    records, ends, content, place = [], [], [], []
    end = 0
    for row in range(rows):
        digest = hashlib.sha256(b"%d" % (first + row)).digest()
        url = b"https://example.org/pictures/%08d.jpg" % (first + row)
        record = struct.pack("<QQ", 0, 0) + sized(url) + sized(b"picture %d" % (first + row))
        record += struct.pack("<QQQQQ", 1152, 864, 250_000, 2**64 - 1, 0) + sized(digest)
        record += struct.pack("<I", zlib.crc32(record))
        records.append(record)
        end += len(record)
        ends.append(end)
        content.append((key(digest), row))
        place.append((key(hashlib.sha256(struct.pack("<Q", 0) + sized(url)).digest()), row))
    scale_bits = struct.unpack("<I", struct.pack("<f", scale))[0]
    head = b"clipseg1" + struct.pack("<QQQQ", dimensions, rows, end, scale_bits)
    head = head.ljust(60, b"\0")
    parts = [head + struct.pack("<I", zlib.crc32(head)), bytes_.data, halves.data]
    for table in content, place:
        parts.append(b"".join(struct.pack("<QI", *entry) for entry in sorted(table)))
    parts += [np.array(ends, dtype="<u8").data, b"".join(records)]
    length = checksum = 0
    with open(path, "wb") as file:
        for part in parts:
            part = memoryview(part).cast("B")
            checksum = zlib.crc32(part, checksum)
            length += file.write(part)
    return length, checksum, rows


def main(folder, encoder, made, rows, dimensions=DIMENSIONS, file=None):
    dimensions = int(dimensions)
    folder, made = pathlib.Path(folder), pathlib.Path(made)
    vectors = given(file, dimensions) if file else chunk
    entries = segments(made, int(rows), dimensions, vectors)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = b"clipidx1" + sized(encoder.encode())
    manifest += struct.pack("<QQQ", dimensions, 0, len(entries))
    manifest += struct.pack("<Q", 1) + sized(LIST) + struct.pack("<QQQ", 1, 0, 0)
    manifest += struct.pack("<Q", len(entries))
    for number, (length, checksum, rows) in enumerate(entries):
        link = folder / f"{number:08}.segment"
        if not link.exists():
            os.link(made / link.name, link)
        manifest += struct.pack("<QQQQQ", number, length, checksum, rows, 0)
    (folder / "manifest").write_bytes(manifest + struct.pack("<I", zlib.crc32(manifest)))


def sized(value):
    return struct.pack("<Q", len(value)) + value


def key(digest):
    return int.from_bytes(digest[:8], "big")


if __name__ == "__main__":
    main(*sys.argv[1:])
