"""bombs.py FOLDER: writes picture files that are small on disk and large in memory, each named after what
is large about it. Needs Pillow."""

import pathlib
import struct
import sys
import zlib

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
# Inflated, or as it is, of metadata that a decoder may keep.
METADATA = 300 << 20
# Where the seven passes of an interlaced PNG begin, and their steps: x, y, step of x, step of y.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def deflated(length):
    """`length` zeros, deflated."""
    return zlib.compress(bytes(length), 9)


def png(width, height, bits, colour, pixel, *chunks, is_interlaced=False):
    """A PNG file of one colour, with pixels of `pixel` bits; `chunks` stand before its data."""
    passes = PASSES if is_interlaced else [(0, 0, 1, 1)]
    length = 0
    for x, y, across, down in passes:
        columns, rows = -(-(width - x) // across), -(-(height - y) // down)
        length += rows * (1 + -(-columns * pixel // 8))
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, is_interlaced)
    parts = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", deflated(length)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def webp_with(name, body, path):
    """Puts a chunk of metadata into the WebP file at `path`."""
    flags = {b"ICCP": 0x20, b"EXIF": 0x08}[name]
    picture = path.read_bytes()[12:]
    extended = b"VP8X" + struct.pack("<IB3x", 10, flags) + struct.pack("<I", 99)[:3] * 2
    part = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    content = extended + (part + picture if name == b"ICCP" else picture + part)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content)


def gradient(mode, size):
    """A picture whose rows differ, so that no decoder can take it for one colour."""
    return Image.linear_gradient("L").resize(size).convert(mode)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    profile = chunk(b"iCCP", b"p\0\0" + deflated(METADATA))
    text = chunk(b"zTXt", b"Comment\0\0" + deflated(METADATA))
    written = {
        "profile.png": png(7000, 7000, 8, 2, 24, profile),
        "text.png": png(64, 64, 8, 2, 24, text),
        "exif.png": png(64, 64, 8, 2, 24, chunk(b"eXIf", b"II*\0" + bytes(40 << 20))),
        "interlaced-16-bit.png": png(6000, 6000, 16, 6, 64, is_interlaced=True),
        "grey-16-bit.png": png(9000, 9000, 16, 0, 16),
        "one-bit.png": png(30000, 30000, 1, 0, 1),
        "wide.png": png(65535, 1000, 8, 6, 32),
        "high.png": png(10, 65535, 8, 2, 24),
    }
    for name, content in written.items():
        (folder / name).write_bytes(content)
    gradient("RGB", (6400, 6400)).convert("RGBA").save(folder / "alpha.webp", quality=30)
    transparent = gradient("RGB", (6400, 6400))
    transparent.putalpha(gradient("L", (6400, 6400)))
    transparent.save(folder / "alpha-lossy.webp", quality=30, alpha_quality=30)
    gradient("RGB", (7000, 7000)).save(folder / "lossless.webp", lossless=True, quality=0)
    gradient("RGB", (16383, 16383)).save(folder / "largest.webp", quality=1)
    for name in b"ICCP", b"EXIF":
        path = folder / f"{name.decode().lower()}.webp"
        gradient("RGB", (100, 100)).save(path, quality=30)
        webp_with(name, bytes(40 << 20), path)
    for name, mode, size, options in [
        ("progressive.jpg", "RGB", (9000, 9000), {"progressive": True}),
        ("progressive-cmyk.jpg", "CMYK", (8000, 8000), {"progressive": True}),
        ("108-megapixels.jpg", "RGB", (12000, 9000), {}),
        ("widest.jpg", "RGB", (65500, 1000), {}),
        ("largest.jpg", "L", (65500, 16000), {}),
        ("profile.jpg", "RGB", (4000, 3000), {"icc_profile": bytes(16_000_000)}),
    ]:
        gradient(mode, size).save(folder / name, quality=30, **options)
    frames = [gradient("L", (5000, 5000 - number)).resize((5000, 5000)) for number in range(20)]
    frames[0].save(folder / "frames.gif", save_all=True, append_images=frames[1:])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
