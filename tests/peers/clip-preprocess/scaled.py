"""Compares what a model makes of large JPEGs, decoded whole and as small as the index does it.

The photos are those of scikit-image, enlarged to 12 megapixels. Returns how many differ by more than they may.
"""

import json
import pathlib
import subprocess

import numpy as np
import skimage
from peers import ROOT
from PIL import Image

LEAST = 0.998  # cosine
PIXELS = 12_000_000


def photos(folder):
    for path in sorted((pathlib.Path(skimage.__file__).parent / "data").glob("*.[jp][pn]*g")):
        picture = Image.open(path).convert("RGB")
        if min(picture.size) < 200:
            continue
        scale = (PIXELS / (picture.width * picture.height)) ** 0.5
        large = picture.resize([round(side * scale) for side in picture.size], Image.LANCZOS)
        jpeg = folder / f"{path.stem}.jpg"
        large.save(jpeg, quality=90)
        yield jpeg


def compare_scaled(program, folder):
    files = list(photos(folder))
    cases = "\n".join(json.dumps({kind: str(file)}) for file in files for kind in ("picture", "small"))
    command = [program, "embed", ROOT / "models/sample/sample.clip"]
    run = subprocess.run(command, input=cases, text=True, stdout=subprocess.PIPE, check=True)
    vectors = np.array([json.loads(line) for line in run.stdout.splitlines()])
    cosines = (vectors[::2] * vectors[1::2]).sum(axis=1)
    bad = [(file.name, round(float(cosine), 4)) for file, cosine in zip(files, cosines) if cosine < LEAST]
    print(f"JPEGs of 12 megapixels as small as needed: {len(files)}, least cosine {cosines.min():.5f} {bad or ''}")
    return len(bad)
