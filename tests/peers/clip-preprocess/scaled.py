"""Compares what a model makes of large JPEGs: decoded whole, as pictures that are saved are, and as indexed ones are.

The photos are those of scikit-image, enlarged to 12 megapixels. Returns how many differ by more than they may.
"""

import json
import pathlib
import subprocess

import numpy as np
import skimage
from peers import ROOT
from PIL import Image

LEAST = {"saved": 0.9995, "indexed": 0.999}  # cosine
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


def compare_scaled(program, folder, model=ROOT / "models/sample/sample.clip"):
    files = list(photos(folder))
    kinds = ["picture", *LEAST]
    cases = "\n".join(json.dumps({kind: str(file)}) for kind in kinds for file in files)
    run = subprocess.run([program, "embed", model], input=cases, text=True, stdout=subprocess.PIPE, check=True)
    vectors = np.array([json.loads(line) for line in run.stdout.splitlines()])
    whole, *others = np.split(vectors, len(kinds))
    bad = 0
    for (kind, least), found in zip(LEAST.items(), others):
        cosines = (whole * found).sum(axis=1)
        worse = [(file.name, round(float(cosine), 4)) for file, cosine in zip(files, cosines) if cosine < least]
        print(f"JPEGs of 12 megapixels, {kind}: {len(files)}, least cosine {cosines.min():.5f} {worse or ''}")
        bad += len(worse)
    return bad
