#!/usr/bin/env python3
"""Leaves out tokens that no name and no keyword of the built-in pictures needs, so that the model stays below 8 MB.

trim.py FOLDER: changes the model in FOLDER. Only pairs that no other is made from are left out, so that all that the
pictures are called is cut as before; of these the ones first that what was learnt needs least.
"""

import collections
import json
import pathlib
import random
import sys

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import data
import texts as said

EMBEDDINGS = "text_model.embeddings.token_embedding.weight"
LEFT_OUT = 680


def asked(concepts):
    """What is said of the built-in pictures in all languages."""
    own = [row for row in concepts.rows if row["own"]]
    said = {text for row in own for field in ("names", "tags") for texts in row[field].values() for text in texts}
    return sorted(said | {word for text in said for word in text.split()})


def learnt(concepts):
    """What the text tower learnt from: also of other things, in frames and among function words."""
    random.seed(0)
    return said.Pool(concepts).texts


def uses(tokenizer, texts):
    """How often each token is used."""
    return collections.Counter(at for row in tokenizer.encode_batch(texts) for at in row.ids)


def trim(folder, texts, more):
    """Leaves out up to LEFT_OUT tokens that `texts` do not need and `more` need least, and renumbers the others."""
    path = folder / "tokenizer.json"
    made = json.loads(path.read_text())
    pairs = [tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ", 1)) for pair in made["model"]["merges"]]
    ids = made["model"]["vocab"]
    tokenizer = Tokenizer.from_str(json.dumps(made))
    used, wanted = uses(tokenizer, texts), uses(tokenizer, more)
    gone = set()
    while len(gone) < LEFT_OUT:
        kept = [pair for pair in pairs if ids["".join(pair)] not in gone]
        parts = {part for pair in kept for part in pair}
        ends = [ids["".join(pair)] for pair in kept if "".join(pair) not in parts]
        unused = sorted((wanted[at], -at) for at in ends if not used[at])
        if not unused:
            break
        # A few at a time: what these were made from may be needed less than the next.
        gone |= {-at for _, at in unused[: min(20, LEFT_OUT - len(gone))]}
    kept = [pair for pair in pairs if ids["".join(pair)] not in gone]
    order = [*range(256), *(ids["".join(pair)] for pair in kept)]
    words = {at: word for word, at in ids.items()}
    made["model"]["merges"] = [list(pair) for pair in kept]
    made["model"]["vocab"] = {words[at]: place for place, at in enumerate(order)}
    weights = load_file(folder / "model.safetensors")
    size = len(weights[EMBEDDINGS])
    weights[EMBEDDINGS] = weights[EMBEDDINGS][torch.tensor([*order, size - 2, size - 1])].contiguous()
    save_file(weights, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    size = len(order) + 2
    config["text_config"] |= {"vocab_size": size, "bos_token_id": size - 2, "eos_token_id": size - 1, "pad_token_id": size - 1}
    (folder / "config.json").write_text(json.dumps(config))
    path.write_text(json.dumps(made, ensure_ascii=False))
    print(f"{len(gone)} tokens left out, {size} kept")


if __name__ == "__main__":
    things = data.Concepts(pathlib.Path(__file__).resolve().parents[2] / "target/sample")
    trim(pathlib.Path(sys.argv[1]), asked(things), learnt(things))
