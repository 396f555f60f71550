"""clip_pictures.py FOLDER COUNT: makes COUNT different JPEG files of one megapixel.

Built-in drawings on a ground of noise, which takes a decoder about as long as a photo does.
"""

import io
import pathlib
import sys

import numpy as np
from PIL import Image

COLLECTION = pathlib.Path(__file__).resolve().parents[3] / "models/drawings"
SIZES = [(1152, 864), (864, 1152), (1000, 1000), (1280, 780)]


def main(folder, count):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    drawn = drawings()
    grounds = [ground(chance, *SIZES[number % len(SIZES)]) for number in range(12)]
    for number in range(int(count)):
        file = folder / f"{number:05}.jpg"
        if file.exists():
            continue
        chance = np.random.default_rng(number)
        pixels = np.roll(grounds[number % len(grounds)], chance.integers(0, 700, 2), (0, 1))
        picture = Image.fromarray(pixels)
        for _ in range(3):
            drawing = drawn[chance.integers(len(drawn))]
            side = int(chance.integers(200, 600))
            at = (int(chance.integers(0, picture.width - 150)), int(chance.integers(0, picture.height - 150)))
            picture.paste(drawing.resize((side, side)), at)
        picture.save(file, quality=88)


def drawings():
    data = (COLLECTION / "collection.bin").read_bytes()
    found = []
    for line in (COLLECTION / "collection.tsv").read_text().splitlines()[1:200]:
        *_, offset, length = line.split("\t")
        picture = data[int(offset) : int(offset) + int(length)]
        found.append(Image.open(io.BytesIO(picture)).convert("RGB"))
    return found


def ground(chance, width, height):
    """Noise with as much detail at each size as pictures of the world have."""
    values = chance.normal(0, 5, (height, width, 3))
    for octave in range(2, 9):
        tile = Image.fromarray(chance.integers(0, 255, (2**octave, 2**octave, 3), dtype=np.uint8))
        values += np.asarray(tile.resize((width, height), Image.BICUBIC), float) / 2 ** (octave * 0.7)
    values -= values.min()
    return (values * (255 / values.max())).astype(np.uint8)


if __name__ == "__main__":
    main(*sys.argv[1:])
