"""The text tower's training, and that of both together.

It first learns what texts mean from the sentence model's vectors, and then, together with the picture tower, which
pictures they are about.
"""

import json
import math
import shutil
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

import data
import images
import tokens

# Longer texts are left out of training.
LENGTH = 16
# What similarities are multiplied by.
SCALE = 30.0


class Words(nn.Module):
    """The text tower alone."""

    def __init__(self, model):
        super().__init__()
        self.model, self.projection = model.text_model, model.text_projection

    def forward(self, rows):
        """Vectors of token rows; those of about one length go together, to pad little."""
        order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
        found = []
        for some in numpy.array_split(order, 1 + len(order) // 64):
            longest = len(rows[some[-1]])
            ids = torch.tensor([rows[at] + [tokens.VOCABULARY - 1] * (longest - len(rows[at])) for at in some])
            found.append(self.projection(self.model(input_ids=ids).pooler_output))
        return functional.normalize(torch.cat(found)[numpy.argsort(order)], dim=-1)


class Split:
    """Token rows of texts."""

    def __init__(self, work):
        self.tokenizer = tokens.tokenizer(work)

    def rows(self, texts):
        return self.tokenizer(texts)["input_ids"]


def begin(tower, work, taught):
    """Starts as the mean of the sentence model's vectors of the words."""
    vocabulary = json.loads((work / "tokenizer/vocab.json").read_text())
    with torch.no_grad():
        table = tower.model.embeddings.token_embedding.weight
        table.normal_(std=0.02)
        tower.model.embeddings.position_embedding.weight.normal_(std=0.005)
        for token, at in vocabulary.items():
            vector = taught.get(token.removesuffix("</w>")) if token.endswith("</w>") else None
            if vector is not None:
                table[at] = vector
        table[-2:] *= 0.1
        first = tower.model.encoder.layers[0].self_attn
        for part, size in [(first.q_proj, 0.1), (first.k_proj, 0.1), (first.v_proj, 0.5), (first.out_proj, 0.5)]:
            part.weight.mul_(size)
        same = torch.eye(len(first.v_proj.weight))
        first.v_proj.weight.add_(same)
        first.out_proj.weight.add_(same)
        tower.projection.weight.mul_(0.2).add_(same)


def spin(tower, minutes, rate, step_of, said, every=120):
    """Trains with the losses of `step_of` for this long."""
    optimizer = torch.optim.AdamW(tower.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    smooth = torch.optim.swa_utils.AveragedModel(tower, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    start, asked, step = time.time(), time.time(), 0
    while (done := (time.time() - start) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done)))
        loss = step_of()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        smooth.update_parameters(tower)
        step += 1
        if step % 10 == 0 and time.time() - asked > every:
            asked = time.time()
            said(smooth.module, f"step {step} {done:.0%} loss {loss.item():.3f}")
    said(smooth.module, f"step {step} end loss {loss.item():.3f}")
    tower.load_state_dict(smooth.module.state_dict())


class Taught:
    """The sentence model's vectors: what a text should become."""

    def __init__(self, concepts, work, split):
        texts = torch.load(work / "texts.pt")
        known = dict(zip(texts["extra"], texts["more"])) | dict(zip(texts["kept"], texts["words"]))
        for at, row in enumerate(concepts.rows):
            known[row["label"].lower()] = texts["labels"][at]
            for name in row["nombres"]:
                known.setdefault(name, texts["labels"][at])
        self.known = known
        rows = split.rows(list(known))
        chosen = [at for at, row in enumerate(rows) if len(row) <= LENGTH]
        self.rows = [rows[at] for at in chosen]
        self.vectors = torch.stack(list(known.values()))[chosen]
        # Names and keywords come more often than bare words of the language.
        important = set(texts["kept"]) | {name for row in concepts.rows for name in row["names"] + row["nombres"]}
        names = list(known)
        self.weights = torch.tensor([4.0 if names[at] in important else 1.0 for at in chosen])

    def batch(self, size):
        chosen = torch.multinomial(self.weights, size)
        return [self.rows[at] for at in chosen], self.vectors[chosen]


def likeness(found, wanted):
    """The loss of a text's vector that should be another."""
    near = functional.cross_entropy(found @ wanted.T * 20, torch.arange(len(found)))
    return 5 * (1 - (found * wanted).sum(1)).mean() + 0.5 * near


def learn_language(concepts, work, model, minutes):
    split = Split(work)
    taught = Taught(concepts, work, split)
    tower = Words(model)
    begin(tower, work, taught.known)

    def step():
        rows, wanted = taught.batch(384)
        return likeness(tower(rows), wanted)

    def said(smooth, progress):
        torch.save(smooth.state_dict(), work / "language.pt")
        rows, wanted = taught.batch(512)
        with torch.inference_mode():
            same = (smooth(rows) * wanted).sum(1).mean()
        print(time.strftime("%H:%M:%S"), progress, f"cosine {same:.3f}", flush=True)

    spin(tower, minutes, 1e-3, step, said)


class Said:
    """Texts with the concepts that they are about, in groups that are drawn from evenly."""

    def __init__(self, concepts, split):
        rows = concepts.rows
        pick = lambda choices: choices[int(torch.randint(len(choices), ()))]
        known = {text for row in rows for text in row["names"] + row["tags"]}
        english = data.keywords(rows, ["names", "tags", "more"])
        english = {text: about for text, about in english.items() if text in known or not data.held_out(text)}
        spanish = data.keywords(rows, ["nombres", "palabras"])
        groups = [[] for _ in range(7)]
        called = data.keywords([{"all": row["names"] + row["nombres"]} for row in rows], ["all"])
        called = {name: {at for at in about if name in rows[at]["names"] + rows[at]["nombres"]} for name, about in called.items()}
        for at, row in enumerate(rows):
            if not row["own"]:
                continue
            for names, group, frames, of_frames in [
                ("names", 0, tokens.FRAMES, 1), ("nombres", 2, tokens.MARCOS, 3)
            ]:
                for name in row[names]:
                    exact = called[name]
                    groups[group].append((name, exact))
                    groups[of_frames] += [(pick(frames).format(name), exact) for _ in range(4)]
            for tag in row["tags"]:
                if tag in data.COLOURS:
                    groups[1] += [(f"{pick(['a ', '', 'the '])}{tag} {name}", {at}) for name in row["names"]]
            for tag in row["palabras"]:
                if tag in data.COLOURS:
                    groups[3] += [(f"{pick(['un ', '', 'una '])}{name} {tag}", {at}) for name in row["nombres"]]
        mine = {at for at, row in enumerate(rows) if row["own"]}
        english = {text: about for text, about in english.items() if about & mine}
        spanish = {text: about for text, about in spanish.items() if about & mine}
        groups[4] = list(english.items())
        groups[5] = list(spanish.items())
        groups[6] = [
            (pick(tokens.FRAMES_ABOUT + tokens.FRAMES).format(text), about) for text, about in english.items() if text not in data.COLOURS
        ]
        self.groups = []
        for group in groups:
            found = split.rows([text for text, _ in group])
            coloured = [bool(data.COLOURS & set(text.split())) for text, _ in group]
            self.groups.append([
                (row, sorted(about), colour)
                for row, (_, about), colour in zip(found, group, coloured)
                if len(row) <= LENGTH
            ])
        self.concepts = len(rows)

    def batch(self, size):
        rows, about, coloured = [], torch.zeros(size, self.concepts, dtype=torch.bool), torch.zeros(size, dtype=torch.bool)
        for place in range(size):
            group = self.groups[int(torch.multinomial(torch.tensor([3.0, 2, 2, 1, 5, 3, 2]), 1))]
            row, concepts, colour = group[int(torch.randint(len(group), ()))]
            rows.append(row)
            about[place, concepts] = True
            coloured[place] = colour
        return rows, about, coloured


def nonsense():
    """Letters in no order."""
    size = lambda: int(torch.randint(3, 11, ()))
    word = lambda: "".join(chr(97 + int(torch.randint(26, ()))) for _ in range(size()))
    return " ".join(word() for _ in range(int(torch.randint(1, 3, ()))))


def pointed(found, pictures, wanted):
    """The loss of texts that should find any, and all, of the wanted pictures."""
    some = wanted.any(1)
    if not some.any():
        return 0.0
    logs = functional.log_softmax(found[some] @ pictures.T * SCALE, 1)
    wanted = wanted[some].float()
    every = -(logs * wanted).sum(1) / wanted.sum(1)
    first = -(logs + wanted.log()).logsumexp(1)
    return (0.5 * every + first).mean()


class Both(nn.Module):
    """Both towers of a model."""

    def __init__(self, model, tower):
        super().__init__()
        self.words, self.sight = Words(model), tower(model)


def learn_pointing(concepts, work, model, tower, minutes, rate=5e-4, again=False):
    """From the towers trained apart or, `again`, from where this ended."""
    split = Split(work)
    taught, said, pictures = Taught(concepts, work, split), Said(concepts, split), images.Pictures(concepts, work)
    both = Both(model, tower)
    if again:
        both.load_state_dict(torch.load(work / "both.pt"))
    else:
        both.words.load_state_dict(torch.load(work / "language.pt"))
        both.sight.load_state_dict(torch.load(work / "pictures.pt"))
    model.logit_scale.data.fill_(math.log(SCALE))
    names = split.rows([row["names"].split("|")[0].lower() for row in concepts.own])
    place = torch.zeros(len(concepts.rows), dtype=torch.long)
    place[pictures.own_about] = torch.arange(len(names))
    kept = {}

    def looked(towers):
        with torch.no_grad():
            return towers.words(names), images.embedded(towers.sight, pictures.own)

    def step():
        # All names and pictures, as they were a moment ago.
        if kept.setdefault("age", 0) % 25 == 0:
            kept["called"], kept["own"] = looked(both)
        kept["age"] += 1
        rows, about, coloured = said.batch(128)
        more, wanted = taught.batch(40)
        junk = split.rows([nonsense() for _ in range(16)])
        seen, truth = pictures.batch(96, 1 / 3)
        found = both.words(rows + more + [row[: LENGTH - 1] + row[-1:] for row in junk])
        shown = functional.normalize(both.sight(seen), dim=-1)
        asked, same, junk = found[:128], found[128:168], found[168:]
        plain = about & ~coloured[:, None]
        loss = pointed(asked, kept["own"], about[:, pictures.own_about]) + 0.5 * pointed(asked, shown, plain[:, truth])
        loss = loss + functional.cross_entropy(shown @ kept["called"].T * SCALE, place[truth])
        return loss + 0.5 * likeness(same, wanted) + 2 * functional.relu((junk @ kept["own"].T).amax(1) - 0.2).mean()

    def report(smooth, progress):
        torch.save(smooth.state_dict(), work / "both.pt")
        called, own = looked(smooth)
        near = called @ own.T
        rank = (near > near.diagonal()[:, None]).sum(1)
        print(time.strftime("%H:%M:%S"), progress, f"own R@1 {(rank < 1).float().mean():.3f}", flush=True)

    spin(both, minutes, rate, step, report)
    folder = work / "sample"
    folder.mkdir(exist_ok=True)
    model.save_pretrained(folder)
    split.tokenizer.save_pretrained(folder)
    shutil.copy(data.HERE / "README.md", folder)
