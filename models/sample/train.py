#!/usr/bin/env python3
"""Trains the sample model; README.md tells how to run it, what it learns from and how well.

train.py [FOLDER]: writes FOLDER, target/sample/sample by default. It uses a GPU where there is one; without, it does
as many steps as time allows and is the worse for it. MINUTES of the clock, 8 by default.
"""

import math
import os
import pathlib
import random
import sys
import time

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel

import data
import images
import teacher
import texts
import trim

WORK = pathlib.Path(__file__).resolve().parents[2] / "target/sample"
DIMENSIONS = 256
RATE = 1e-3
SEED = 8


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else WORK / "sample"
    minutes = float(os.environ.get("MINUTES", 8))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    random.seed(SEED), torch.manual_seed(SEED), numpy.random.seed(SEED)
    WORK.mkdir(parents=True, exist_ok=True)
    concepts = data.Concepts(WORK)
    pool = texts.Pool(concepts)
    made = texts.tokenizer(pool)
    print(f"{len(pool.texts)} texts, {made.get_vocab_size() + 2} tokens, on {device}", flush=True)
    trainer = Trainer(concepts, pool, made, device)
    weights = trainer.run(minutes)
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: weight.half().contiguous().cpu() for name, weight in weights.items() if weight.is_floating_point()}
    save_file(halves, folder / "model.safetensors")
    (folder / "config.json").write_text(trainer.model.config.to_json_string())
    made.save(str(folder / "tokenizer.json"))
    trim.trim(folder, trim.asked(concepts), pool.texts)


def configuration(vocabulary):
    return CLIPConfig(
        text_config={
            "vocab_size": vocabulary,
            "hidden_size": 256,
            "intermediate_size": 1024,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "max_position_embeddings": texts.CONTEXT,
            "hidden_act": "quick_gelu",
            "bos_token_id": vocabulary - 2,
            "eos_token_id": vocabulary - 1,
            "pad_token_id": vocabulary - 1,
            "projection_dim": DIMENSIONS,
        },
        vision_config={
            "hidden_size": 192,
            "intermediate_size": 768,
            "num_hidden_layers": 6,
            "num_attention_heads": 3,
            "image_size": data.SIDE,
            "patch_size": 16,
            "hidden_act": "quick_gelu",
            "projection_dim": DIMENSIONS,
        },
        projection_dim=DIMENSIONS,
    )


class Trainer:
    """Both towers, and all that they learn from, on one device."""

    def __init__(self, concepts, pool, made, device):
        self.device, self.big = device, device == "cuda"
        self.model = CLIPModel(configuration(made.get_vocab_size() + 2)).to(device)
        self.model.logit_scale.data.fill_(math.log(15))
        self.pictures = images.Pictures(concepts, WORK, device)
        self.tokens = texts.rows(made, pool.texts).to(device)
        self.about = torch.zeros(len(pool.texts), len(concepts.rows), dtype=torch.bool)
        for row, about in zip(self.about, pool.sets):
            row[list(about)] = True
        self.about = self.about.to(device)
        self.weights = torch.tensor([texts.WEIGHTS[kind] for kind in pool.kinds], device=device)
        first = lambda row, language: (row["names"][language] or row["names"]["en"])[0]
        self.names = [
            texts.rows(made, [first(row, language) for row in concepts.rows]).to(device) for language in data.LANGUAGES
        ]
        said, self.vectors = teacher.taught(concepts, WORK, device)
        self.vectors = self.vectors.to(device)
        self.taught = texts.rows(made, said).to(device)
        place = {text: at for at, text in enumerate(said)}
        # What a thing is called in another language means what its English name does.
        same = [
            (name, place[row["names"]["en"][0]])
            for language in data.LANGUAGES
            for row in concepts.rows
            for name in row["names"][language][:2]
            if row["names"]["en"][0] in place
        ]
        self.same = texts.rows(made, [name for name, _ in same]).to(device)
        self.meant = torch.tensor([at for _, at in same], device=device)
        self.head = nn.Linear(DIMENSIONS, teacher.DIMENSIONS).to(device)

    def said(self, tokens):
        with torch.autocast(self.device, torch.bfloat16, enabled=self.big):
            found = self.model.text_projection(self.model.text_model(input_ids=tokens).pooler_output)
        return functional.normalize(found.float(), dim=-1)

    def seen(self, pictures):
        with torch.autocast(self.device, torch.bfloat16, enabled=self.big):
            found = self.model.visual_projection(self.model.vision_model(pixel_values=pictures).pooler_output)
        return functional.normalize(found.float(), dim=-1)

    def loss(self, count):
        """Of `count` pictures and twice as many texts."""
        shown, truth = self.pictures.batch(count)
        chosen = torch.multinomial(self.weights, 2 * count, True)
        looked, asked = self.seen(shown), self.said(self.tokens[chosen])
        called = self.said(random.choice(self.names))
        scale = self.model.logit_scale.exp().clamp(max=60)
        right = self.about[chosen]
        loss = pointed(scale * asked @ looked.T, right[:, truth])
        loss = loss + pointed(scale * looked @ asked.T, right[:, truth].T)
        loss = loss + functional.cross_entropy(scale * looked @ called.T, truth, label_smoothing=0.05)
        some = torch.randperm(len(asked), device=self.device)[:count]
        loss = loss + 0.5 * pointed(scale * asked[some] @ called.T, right[some])
        return loss + self.likeness(3 * count // 2, count // 2)

    def likeness(self, english, others):
        """How far texts are from where, and from each other as, the sentence model has them."""
        chosen = torch.randint(len(self.taught), (english,), device=self.device)
        same = torch.randint(len(self.same), (others,), device=self.device)
        found = self.said(torch.cat([self.taught[chosen], self.same[same]]))
        wanted = self.vectors[torch.cat([chosen, self.meant[same]])]
        away = (1 - functional.cosine_similarity(self.head(found), wanted, dim=-1)).mean()
        few, ours = wanted[:1024], found[:1024]
        return 3 * away + 10 * ((ours @ ours.T - few @ few.T) ** 2).mean()

    def run(self, minutes):
        """Trains for so long; returns the mean of the last weights."""
        weights = [*self.model.parameters(), *self.head.parameters()]
        optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.98), weight_decay=0.1)
        start, step, smooth = time.time(), 0, None
        while (done := (time.time() - start) / 60 / minutes) < 1:
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, step / 300) * (0.5 + 0.5 * math.cos(math.pi * done))
            loss = self.loss(2048 if self.big else 64)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            step += 1
            with torch.no_grad():
                now = self.model.state_dict()
                smooth = smooth or {name: weight.detach().clone() for name, weight in now.items()}
                for name, weight in now.items():
                    if weight.is_floating_point():
                        smooth[name].lerp_(weight, 0.002)
            if step % 500 == 0:
                print(f"{time.time() - start:.0f} s, step {step}, loss {loss.item():.3f}", flush=True)
        print(f"{step} steps", flush=True)
        return smooth


def pointed(scores, right):
    """The loss of rows that should find any of the columns that are right; rows without one have none."""
    some = right.any(1)
    hidden = scores.masked_fill(~right, torch.finfo(scores.dtype).min)
    return (torch.logsumexp(scores, 1) - torch.logsumexp(hidden, 1))[some].mean()


if __name__ == "__main__":
    main()
