"""clip_data.py FOLDER: makes what clip measures with.

`checkpoint` as transformers loads it, `vectors.npy` of 100,000, and `faster-clip` as that finds it.
"""

import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/peers/shared"))
sys.dont_write_bytecode = True

import clip_vectors
import clip_weights
from clip_queries import QUERIES

MERGES = ROOT / "crates/clip/src/tokenizer/merges.bin"
COUNT = 100_000


def main(folder):
    checkpoint = folder / "checkpoint"
    if not (checkpoint / "model.safetensors").exists():
        clip_weights.main(checkpoint)
    if not (checkpoint / "tokenizer.json").exists():
        tokenizer().save_pretrained(checkpoint)
    if not (folder / "vectors.npy").exists():
        np.save(folder / "vectors.npy", clip_vectors.chunk(0, COUNT))
    faster_clip(folder / "faster-clip", checkpoint)


def tokenizer():
    """transformers' own, with the vocabulary that is in this repository."""
    from transformers import CLIPTokenizer

    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(byte) for byte in prints] + [chr(0x100 + number) for number in range(0x100 - len(prints))]
    tokens = letters + [letter + "</w>" for letter in letters]
    numbers = np.frombuffer(MERGES.read_bytes(), ">u2").reshape(-1, 3)
    merges = []
    for left, right, _ in numbers[np.argsort(numbers[:, 2])].tolist():
        merges.append((tokens[left], tokens[right]))
        tokens.append(tokens[left] + tokens[right])
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=merges)


def faster_clip(folder, checkpoint):
    """The same tower for pictures; for texts it has only DistilBERT, of chance here as well."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    clip = folder / "sentence-transformers__clip-ViT-B-32"
    pictures = clip / "0_CLIPModel/model.safetensors"
    texts = folder / f"{clip.name}-multilingual-v1"
    if (texts / "tokenizer.json").exists():
        return
    pictures.parent.mkdir(parents=True, exist_ok=True)
    (texts / "2_Dense").mkdir(parents=True, exist_ok=True)
    pictures.symlink_to(checkpoint / "model.safetensors")
    clip_weights.save(texts / "model.safetensors", list(distilbert()))
    dense = [("linear.weight", [512, 768], 0, 768**-0.5)]
    clip_weights.save(texts / "2_Dense/model.safetensors", dense)
    # One token a word, which is the least that its own tokenizer makes.
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *{word: 0 for query in QUERIES for word in query.split()}]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(texts / "tokenizer.json"))


def distilbert():
    width, inner = 768, 3072
    yield "embeddings.word_embeddings.weight", [119_547, width], 0, 0.3
    yield "embeddings.position_embeddings.weight", [512, width], 0, 0.3
    yield from clip_weights.norm("embeddings.LayerNorm", width)
    for number in range(6):
        layer = f"transformer.layer.{number}"
        for projection in "q_lin", "k_lin", "v_lin", "out_lin":
            yield from clip_weights.linear(f"{layer}.attention.{projection}", width, width)
        yield from clip_weights.linear(f"{layer}.ffn.lin1", inner, width)
        yield from clip_weights.linear(f"{layer}.ffn.lin2", width, inner)
        for place in "sa_layer_norm", "output_layer_norm":
            yield from clip_weights.norm(f"{layer}.{place}", width)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
