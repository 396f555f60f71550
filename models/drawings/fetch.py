#!/usr/bin/env python3
"""Makes the built-in collection: collection.tsv (the index) and collection.bin (the JPEG files).

Run once; the results are committed. Needs `npm`, and Python with requirements.txt beside this file:
  python3 -m venv target/collection
  target/collection/bin/pip install --require-hashes --only-binary :all: -r models/drawings/requirements.txt
  target/collection/bin/python models/drawings/fetch.py
"""
import collections
import colorsys
import fnmatch
import hashlib
import io
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unicodedata

import resvg_py
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
# What is downloaded, with the SHA-256 of the package file. Licences: LICENSES.
DRAWINGS = (
    "@iconify-json/fluent-emoji-flat@1.2.6",
    "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
)
WORDS = (
    "emojibase-data@17.0.0",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)

SIDE = 256
DRAWN = 208
BACKGROUND = "#d6e1ed"
QUALITY = 80

# Kinds of pictures that nobody looks for: signs, buttons, arrows, letters.
LEFT_OUT_KINDS = """
    hair-style skin-tone transport-sign arrow av-symbol gender math punctuation currency other-symbol keycap alphanum
    hand-single-finger face-neutral-skeptical emotion person-symbol religion zodiac warning
""".split()
# Names: variants, and what would make the file too large.
LEFT_OUT = """
    man *, woman *, men *, women *, deaf *, *: *, *facing*, *o’clock, *-thirty, * button, *mailbox*, *banknote, wilted flower,
    *inbox*, *outbox*,
    kissing face, kissing face with closed eyes, kissing face with smiling eyes, relieved face, pensive face, face
    with diagonal mouth, slightly frowning face, hushed face, frowning face with open mouth, anguished face, sad but
    relieved face, confounded face, persevering face, downcast face with sweat, face with symbols on mouth, skull and
    crossbones, heart decoration, heart exclamation, light blue heart, raised back of hand, hand with fingers splayed,
    vulcan salute, palm down hand, palm up hand, pinching hand, hand with index finger and thumb crossed, sign of the
    horns, call me hand, oncoming fist, palms up together, folded hands, person frowning, person pouting, person
    gesturing NO, person gesturing OK, person with skullcap, pregnant man, pregnant person, person feeding baby, Mx
    Claus, person standing, person kneeling, shallow pan of food, globe with meridians, Japanese post office, love
    hotel, barber pole, articulated lorry, mountain cableway, hourglass not done, timer clock, first quarter moon,
    waxing gibbous moon, waning gibbous moon, last quarter moon, first quarter moon face, last quarter moon face,
    umbrella on ground, snowman without snow, tanabata tree, pine decoration, Japanese dolls, carp streamer, field
    hockey, lacrosse, curling stone, spade suit, heart suit, diamond suit, club suit, mahjong red dragon, hair pick,
    prayer beads, muted speaker, speaker low volume, speaker medium volume, speaker high volume, postal
    horn, bell with slash, level slider, control knobs, fax machine, low battery, trackball, optical disk, film
    frames, videocassette, magnifying glass tilted right, closed book, ledger, page with curl, bookmark tabs, receipt,
    chart increasing with yen, e-mail, incoming envelope, envelope with arrow, black nib, open file folder, card index
    dividers, tear-off calendar, card index, chart increasing, chart decreasing, round pushpin, linked paperclips,
    triangular ruler, card file box, locked with pen, locked with key, alembic, cigarette, coffin, funeral
    urn, nazar amulet, hamsa, placard, identification card, red square, orange square, yellow square, green square,
    blue square, purple square, brown square, black large square, white large square, black medium square, white
    medium square, black medium-small square, white medium-small square, black small square, white small square, large
    orange diamond, large blue diamond, diamond with a dot, triangular flag
"""
LEFT_OUT = [" ".join(name.split()) for name in LEFT_OUT.split(",")]
KEPT = ["woman dancing", "man dancing"]

# Everyday names that the data have as keywords or not at all.
EVERYDAY = {
    "automobile": ["car", "carro"], "airplane": ["plane", "avión"], "bicycle": ["bike", "bici"],
    "motorcycle": ["motorbike", "moto"], "television": ["TV", "tele"], "mobile phone": ["phone", "celular"],
}

# (English, Spanish) names of colours. The pictures' own colours are keywords, too.
SPANISH = {
    "red": "rojo", "orange": "naranja", "yellow": "amarillo", "green": "verde", "blue": "azul", "purple": "morado",
    "pink": "rosa", "brown": "marrón", "black": "negro", "white": "blanco", "gray": "gris",
}
COLOUR_SHARE = 0.18


def main():
    with tempfile.TemporaryDirectory() as folder:
        drawings = package(folder, *DRAWINGS)
        words = package(folder, *WORDS)
    icons, names = drawings("icons.json"), drawings("chars.json")
    kinds = words("meta/groups.json")["subgroups"]
    languages = [{row["hexcode"]: row for row in words(f"{name}/data.json")} for name in ["en", "en-gb", "es", "es-mx"]]
    index, files, ids = [], bytearray(), set()
    for code, row in sorted(languages[0].items(), key=lambda item: item[1].get("order", 0)):
        icon = names.get(code.lower()) or names.get(code.lower().replace("-fe0f", ""))
        if not icon or not wanted(row, kinds):
            continue
        picture = drawn(icons, icon)
        english, british, spanish, mexican = (language[code] for language in languages)
        shown = colours(picture)
        everyday = EVERYDAY.get(row["label"], ["", ""])
        called, keywords = described(english, british, everyday[0], shown)
        nombres, palabras = described(spanish, mexican, everyday[1], [SPANISH[colour] for colour in shown])
        id = "-".join(split(folded(row["label"].replace("’", ""))))
        assert re.fullmatch(r"[a-z0-9-]+", id) and id not in ids, id
        ids.add(id)
        file = jpeg(picture)
        index.append([id, called, keywords, nombres, palabras, str(len(files)), str(len(file))])
        files += file
    head = ["id", "names", "keywords", "nombres", "palabras", "offset", "length"]
    text = "".join("\t".join(line) + "\n" for line in [head, *index])
    (HERE / "collection.tsv").write_text(text, encoding="utf-8", newline="\n")
    (HERE / "collection.bin").write_bytes(files)
    print(f"{len(index)} pictures, {len(files)} bytes, index {len(text.encode())} bytes")


def package(folder, name, checksum):
    """A function that reads JSON files of an npm package."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, name], check=True, capture_output=True, text=True
    )
    data = (pathlib.Path(folder) / packed.stdout.strip().splitlines()[-1]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == checksum, f"{name} is not what it was"
    archive = tarfile.open(fileobj=io.BytesIO(data))
    return lambda path: json.load(archive.extractfile(f"package/{path}"))


def wanted(row, kinds):
    kind = kinds.get(str(row.get("subgroup")))
    label = row["label"]
    return kind and kind not in LEFT_OUT_KINDS and (label in KEPT or not any(fnmatch.fnmatchcase(label, name) for name in LEFT_OUT))


def described(row, neighbour, everyday, shown):
    """The different names, and the words of the keywords that they lack."""
    names = [row["label"], neighbour["label"], everyday]
    names = [unicodedata.normalize("NFC", name.replace("’", "'")) for name in names if name]
    names = "|".join(dict.fromkeys(names))
    extra = [*row.get("tags", []), *neighbour.get("tags", []), *shown]
    seen = set(split(folded(names)))
    keywords = []
    for word in split(unicodedata.normalize("NFC", " ".join(extra))):
        if folded(word) not in seen:
            seen.add(folded(word))
            keywords.append(word)
    return names, " ".join(keywords)


def split(text):
    return [word for word in re.split(r"[\W_]+", text) if word]


def folded(text):
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def drawn(icons, name):
    """The drawing on nothing."""
    alias = icons.get("aliases", {}).get(name, {})
    body = icons["icons"][alias.get("parent", name)]["body"]
    width, height = icons["width"], icons["height"]
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{body}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, width=DRAWN, height=DRAWN)
    picture = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    return ImageOps.mirror(picture) if alias.get("hFlip") else picture


def jpeg(picture):
    canvas = Image.new("RGB", (SIDE, SIDE), BACKGROUND)
    edge = (SIDE - DRAWN) // 2
    canvas.paste(picture, (edge, edge), picture)
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY, subsampling="4:2:0", optimize=True, progressive=True)
    return out.getvalue()


def colours(picture):
    """The colours that cover a good part of the drawing, most first."""
    small = picture.resize((48, 48), Image.Resampling.BOX)
    data = small.tobytes()
    pixels = [data[at : at + 4] for at in range(0, len(data), 4)]
    counts = collections.Counter(colour(*pixel[:3]) for pixel in pixels if pixel[3] > 200)
    total = sum(counts.values())
    return [name for name, count in counts.most_common() if count >= COLOUR_SHARE * total]


def colour(red, green, blue):
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    hue *= 360
    if value < 0.25:
        return "black"
    if saturation < 0.14:
        return "white" if value > 0.85 else "gray" if value > 0.35 else "black"
    if saturation < 0.3 and value < 0.4:
        return "black"
    if 8 <= hue < 45 and (value < 0.7 or hue < 34 and saturation < 0.65):
        return "brown"
    if 290 <= hue < 340 and value < 0.8:
        return "purple"
    if hue < 12 or hue >= 340:
        return "pink" if saturation < 0.5 and value > 0.8 else "red"
    for limit, name in [(36, "orange"), (66, "yellow"), (165, "green"), (250, "blue"), (295, "purple"), (340, "pink")]:
        if hue < limit:
            return name
    raise AssertionError(hue)


if __name__ == "__main__":
    main()
