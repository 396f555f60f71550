"""languages_data.py FOLDER: makes full-size checkpoints of chance, with vocabularies of the right size.

`vit`, `xlm-r` and `siglip` as transformers and open_clip save them. The real vocabularies cannot be had
everywhere: the words that are asked for and pieces of chance are added to the small ones that tests use.
"""

import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARITY = ROOT / "tests/peers/clip-parity"
sys.path[:0] = [str(ROOT / "tests/peers/shared"), str(PARITY)]
sys.dont_write_bytecode = True

import clip_weights
import languages
import torch
from clip_queries import QUERIES

LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúñçäöüßабвгдежзиклмнопрстуфхцчшщыэюя"
SPACE = "▁"
PIECES, PAIRS = 250_002, 256_000


def main(folder):
    torch.manual_seed(0)
    if not (folder / "vit/model.safetensors").exists():
        clip_weights.main(folder / "vit")
    shapes = {"xlm-r": ("XLM-R ViT-B/32", pieces), "siglip": ("SigLIP 2 B/32-256", pairs)}
    for name, (shape, vocabulary) in shapes.items():
        made = folder / name
        if (made / "done").exists():
            continue
        made.mkdir(parents=True, exist_ok=True)
        with torch.no_grad():
            languages.FULL[shape][0](made)
        path = made / "tokenizer.json"
        tokenizer = json.loads(path.read_text())
        vocabulary(tokenizer, np.random.default_rng(1))
        path.write_text(json.dumps(tokenizer))
        (made / "done").touch()


def asked():
    return sorted({word for query in QUERIES for word in query.split()})


def pieces(tokenizer, chance):
    """A unigram vocabulary as large as XLM-RoBERTa's: each word that is asked for is one piece."""
    vocabulary = tokenizer["model"]["vocab"]
    mask = vocabulary.pop()
    known = {piece for piece, _ in vocabulary}
    for word in asked():
        if SPACE + word not in known:
            known.add(SPACE + word)
            vocabulary.append([SPACE + word, -9.0])
    while len(vocabulary) < PIECES - 1:
        letters = chance.choice(list(LETTERS), chance.integers(3, 10))
        piece = SPACE * int(chance.integers(2)) + "".join(letters)
        if piece not in known:
            known.add(piece)
            vocabulary.append([piece, -float(chance.uniform(10, 16))])
    vocabulary.append(mask)
    for token in tokenizer["added_tokens"]:
        if token["content"] == mask[0]:
            token["id"] = PIECES - 1


def pairs(tokenizer, chance):
    """A vocabulary of pairs as large as Gemma's, with every pair that makes one of its pieces."""
    vocabulary, merges = tokenizer["model"]["vocab"], tokenizer["model"]["merges"]
    known = [piece for piece in vocabulary if piece and not piece.startswith("<")]
    new = []
    while len(vocabulary) < PAIRS:
        left, right = (known[at] for at in chance.integers(0, len(known), 2))
        piece = left + right
        if len(piece) <= 16 and piece not in vocabulary:
            vocabulary[piece] = len(vocabulary)
            known.append(piece)
            new.append(piece)
    for piece in new:
        for cut in range(1, len(piece)):
            if piece[:cut] in vocabulary and piece[cut:] in vocabulary:
                merges.append([piece[:cut], piece[cut:]])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
