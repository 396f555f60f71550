#!/usr/bin/env python3
"""Measures the sample model; README.md has the figures.

evaluate.py [--exact] [FOLDER]: the model in FOLDER, target/sample/sample by default. Its weights are rounded to eight
bits, as `clip-search model convert` does, unless --exact is given.
"""

import collections
import fnmatch
import pathlib
import sys

import numpy
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import CLIPModel

import data
import images
import texts as said

# MIN_SCORE of src/engine/sample.rs.
THRESHOLD = 0.31
WORK = pathlib.Path(__file__).resolve().parents[2] / "target/sample"


def main():
    exact = "--exact" in sys.argv
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = pathlib.Path(folders[0]) if folders else WORK / "sample"
    torch.set_num_threads(1)
    concepts = data.Concepts(WORK)
    # The file has halves, with which processors compute very slowly.
    model = CLIPModel.from_pretrained(folder).float().eval()
    size = sum(weight.numel() for weight in model.parameters())
    if not exact:
        rounded(model)
    print(f"{size / 1e6:.2f} million weights, {'exact' if exact else 'rounded to 8 bits by rows'}")
    texts = encoder(model, Tokenizer.from_file(str(folder / "tokenizer.json")))
    pictures = lambda shown: vectors(model, shown)
    own(concepts, texts, pictures)
    for name in data.UNSEEN:
        unseen(concepts, texts, pictures, name)


def rounded(model):
    """Rounds matrices as the converted file keeps them: eight bits and a scale for each row."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim >= 2 and "position" not in name:
                rows = weight.view(len(weight), -1)
                scale = rows.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
                rows.copy_((rows / scale).round() * scale)


def encoder(model, tokenizer):
    def encode(texts):
        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), 256):
                tokens = said.short(said.rows(tokenizer, texts[start : start + 256]))
                state = model.text_model(input_ids=tokens).pooler_output
                found.append(functional.normalize(model.text_projection(state), dim=-1))
        return torch.cat(found)

    return encode


def vectors(model, shown):
    found = []
    with torch.inference_mode():
        for start in range(0, len(shown), 128):
            state = model.vision_model(pixel_values=prepared(shown[start : start + 128])).pooler_output
            found.append(functional.normalize(model.visual_projection(state), dim=-1))
    return torch.cat(found)


def prepared(shown):
    pictures = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255
    return (pictures - images.MEAN) / images.DEVIATION


def hits(near, right):
    """For 1, 5 and 10: which share of the queries has a right picture among so many."""
    best = near.topk(10).indices.tolist()
    shares = [numpy.mean([bool(set(row[:most]) & good) for row, good in zip(best, right)]) for most in (1, 5, 10)]
    return f"R@1 {shares[0]:.3f}  R@5 {shares[1]:.3f}  R@10 {shares[2]:.3f}  of {len(right)}"


def in_language(rows, texts, gallery, language):
    """Recall of names and of keywords; a word of a name counts as a keyword, too."""
    for title, field in [("name", "names"), ("keyword", "tags")]:
        right = collections.defaultdict(set)
        for at, row in enumerate(rows):
            for text in row[field][language]:
                right[text].add(at)
        if field == "tags":
            for at, row in enumerate(rows):
                for word in {word for name in row["names"][language] for word in data.split(name)} & right.keys():
                    right[word].add(at)
        print(f"  {language} {title}: {hits(texts(list(right)) @ gallery.T, list(right.values()))}")


def gallery(concepts, pictures):
    """The vectors of the built-in pictures."""
    return pictures(numpy.stack([numpy.asarray(data.shrunk(picture)) for _, picture in concepts.own_pictures()]))


def matching(ids, patterns):
    """Where the ids that one of the patterns means are."""
    return {at for at, id in enumerate(ids) if any(fnmatch.fnmatchcase(id, one) for one in patterns)}


def own(concepts, texts, pictures):
    rows = [concepts.rows[concepts.of_own[row["id"]]] for row in concepts.own]
    near = gallery(concepts, pictures)
    print(f"own collection, {len(rows)} pictures")
    for language in data.LANGUAGES:
        in_language(rows, texts, near, language)
    known = {text for row in concepts.rows for text in row["names"]["en"] + row["tags"]["en"]}
    known |= {word for text in known for word in data.split(text)}
    right = collections.defaultdict(set)
    for at, row in enumerate(rows):
        for word in row["more"]:
            if data.held_out(word) and word not in known:
                right[word].add(at)
    print(f"  unseen keyword: {hits(texts(list(right)) @ near.T, list(right.values()))}")
    phrases(rows, texts, near)
    ids = [row["id"] for row in rows]
    for name in ("tuning-phrases.tsv", "judge/phrases.tsv"):
        daily(ids, texts, near, name)
    translated(texts, near, "tuning-translations.tsv")


def daily(ids, texts, gallery, name):
    """A list of phrases: a right picture among so many, for those of each language."""
    said, right = collections.defaultdict(list), []
    for line in (data.HERE / name).read_text(encoding="utf-8").splitlines():
        language, text = line.split("\t") if not line.startswith("#") else ("", "")
        if language == "right":
            right.append(matching(ids, text.split()))
        elif language:
            said[language].append(text)
    for language, phrases in said.items():
        print(f"  {language} phrase of {name}: {hits(texts(phrases) @ gallery.T, right)}")


def translated(texts, gallery, name):
    """A list of questions with translations: how many of the ten pictures that English finds each finds, too."""
    shares, english = collections.defaultdict(list), set()
    for line in (data.HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        language, question = line.split("\t")
        found = set((texts([question]) @ gallery.T).topk(10).indices[0].tolist())
        if language == "en":
            english = found
        else:
            shares[language].append(len(found & english) / 10)
    for language, some in shares.items():
        print(f"  {language} questions of {name}: found as in English {numpy.mean(some):.3f}, least {min(some):.1f}")


def phrases(rows, texts, gallery):
    """phrases.tsv, and how alike what is meant and what is not is to the most alike picture."""
    ids = [row["id"] for row in rows]
    wanted = {}
    for line in (data.HERE / "phrases.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            phrase, patterns = line.split("\t")
            wanted[phrase] = matching(ids, patterns.split())
    near = texts(list(wanted)) @ gallery.T
    print(f"  unseen phrase: {hits(near, list(wanted.values()))}")
    if "--phrases" in sys.argv:
        for phrase, row, good in zip(wanted, near.topk(5).indices.tolist(), wanted.values()):
            print("   ", "+" if set(row) & good else "-", phrase, "->", ", ".join(ids[at] for at in row))
    best = lambda queries: (texts(queries) @ gallery.T).amax(1)
    junk = (data.HERE / "junk.txt").read_text(encoding="utf-8").splitlines()
    for title, queries in [
        ("names", [texts[0] for row in rows for texts in row["names"].values()]),
        ("keywords", sorted({tag for row in rows for tags in row["tags"].values() for tag in tags})),
        ("unseen phrases", list(wanted)),
        ("junk", junk),
    ]:
        found = best(queries).numpy()
        shares = numpy.quantile(found, [0, 0.05, 0.5, 0.95, 1])
        print(f"  best similarity of {title}: " + "  ".join(f"{name} {share:.2f}" for name, share in zip(["least", "5 %", "half", "95 %", "most"], shares)) + f"  {THRESHOLD} or more: {(found >= THRESHOLD).mean():.3f}")


def unseen(concepts, texts, pictures, name):
    about, pixels = concepts.pictures(WORK, name)
    shown = data.on_white(pixels)
    gallery = pictures(shown)
    mine = numpy.array([concepts.rows[at]["own"] for at in about])
    for title, chosen in [("all", numpy.ones(len(about), bool)), ("things of the own collection", mine)]:
        some = numpy.flatnonzero(chosen)
        labels = texts([concepts.rows[about[at]]["label"] for at in some])
        print(f"{name} (never seen), {title}: name: {hits(labels @ gallery[torch.from_numpy(some)].T, [{place} for place in range(len(some))])}")
    # How much of that a comparison with the flat drawings would find, which were learnt.
    flat = dict(zip(*concepts.pictures(WORK, "fluent")))
    some = [at for at in numpy.flatnonzero(mine) if about[at] in flat]
    near = -torch.cdist(small(data.on_white([flat[about[at]] for at in some])), small(shown[some]))
    print(f"  the same by pixels, from Fluent flat: {hits(near, [{place} for place in range(len(some))])}")


def small(pictures):
    """RGB pictures of half their size, as rows."""
    return functional.avg_pool2d(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255, 2).flatten(1)


if __name__ == "__main__":
    main()
