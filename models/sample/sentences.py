#!/usr/bin/env python3
"""Teaches a trained model's text tower what people say of daily life; README.md tells how well.

sentences.py FROM [FOLDER]: reads the model in FROM and writes FOLDER, target/sample/sample by default; a model with all
its tokens is trimmed first. The picture tower stays as it is, so the vectors of pictures do. One processor is enough.
From the environment: MINUTES of the clock, 15 by default, and RATE and ALIKE, which are below.
"""

import collections
import os
import pathlib
import random
import shutil
import sys
import time
import typing

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import CLIPModel

import data
import evaluate
import texts as said
import train
import trim

SENTENCES = data.HERE / "sentences.txt"
KINDS = data.COLLECTION / "kinds.txt"
RATE = float(os.environ.get("RATE", 6e-4))
BATCH = 128
SCALE = 30
# How much it counts that other languages say the same as English.
ALIKE = float(os.environ.get("ALIKE", 6))
# How much it counts that what no drawing shows is like none of them: no more than this.
NOTHING, UNLIKE = 20, 0.18
# After so many steps what English says is asked again.
ENGLISH_STEPS = 20
# How many of the texts learnt before are asked again.
REMEMBERED = 20_000
# Ends of words, that others take the place of: so that what is learnt is the beginning.
ENDS = {
    "en": ["s", "ed", "ing", "er", "y"],
    "es": ["o", "a", "as", "os", "ar", "amos", "an", "ando", "ado", "é", "ó", "e", "en", "er", "ir"],
    "de": ["e", "en", "er", "es", "em", "t", "st", "te", "ten", "n", "s", "chen", "ung"],
    "fr": ["e", "es", "er", "ons", "ez", "ent", "é", "ée", "ait", "s", "eur", "euse"],
    "it": ["o", "a", "i", "e", "are", "ere", "ire", "iamo", "ano", "ato", "ando", "ino"],
    "pt": ["o", "a", "os", "as", "ar", "er", "amos", "am", "ando", "ado", "ou", "ei", "inho"],
    "ru": ["а", "у", "ы", "и", "е", "ой", "ом", "ем", "ами", "ах", "ов", "ый", "ого", "ую", "ая", "ть", "ю", "ет", "ит", "л", "ла", "ли", "ка", "ку"],
    "uk": ["а", "у", "и", "і", "е", "ою", "ом", "ем", "ами", "ах", "ів", "ий", "ого", "у", "ти", "ю", "є", "ить", "в", "ла", "ли", "ка", "ку"],
}


def blocks(path):
    """(ids, texts by language) of each block of a file such as kinds.txt."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            yield lines[0].split(), {line[:2]: line[3:].lower().split("|") for line in lines[1:]}


class Exercise(typing.NamedTuple):
    """A text with the built-in pictures that are right for it, and the block whose English it is to be like."""

    text: str
    right: set
    block: int | None = None


class Lessons:
    """Texts by language, each with the built-in pictures that are right."""

    def __init__(self, concepts):
        self.concepts = concepts
        ids = [row["id"] for row in concepts.own]
        self.frames, self.nothing, self.told, self.known, self.english = {}, {}, [], [], []
        for path in (SENTENCES, KINDS):
            for patterns, texts in blocks(path):
                if patterns == ["{}"]:
                    self.frames = texts
                    continue
                if patterns == ["-"]:
                    self.nothing = texts
                    continue
                right = evaluate.matching(ids, patterns)
                assert right and len(texts) == len(data.LANGUAGES), patterns
                self.told += [(language, some, right, len(self.english)) for language, some in texts.items()]
                self.english.append(texts["en"])
        place = {concepts.of_own[id]: at for at, id in enumerate(ids)}
        about = said.Pool(concepts).about
        for (language, text), all in about.items():
            right = {place[at] for at in all if at in place}
            if right and len(all) < said.COMMON:
                self.known.append((language, text, right))
        self.named = {language: collections.defaultdict(set) for language in data.LANGUAGES}
        for at, id in enumerate(ids):
            for language, texts in concepts.rows[concepts.of_own[id]]["names"].items():
                for text in texts:
                    self.named[language][text].add(at)
        self.named = {language: list(names.items()) for language, names in self.named.items()}

    def plain(self):
        """All that is told, for the tokenizer to be trimmed by."""
        return [text for _, some, *_ in self.told for text in some] + sum([*self.frames.values(), *self.nothing.values()], [])

    def sentence(self):
        """A text of a block at random, varied; if it is not English, it is to be like what the block says so."""
        language, some, right, block = random.choice(self.told)
        text = random.choice(some)
        if random.random() < 0.2:
            text += said.joint(language) + random.choice(some)
        if len(text.split()) < 3 and random.random() < 0.4:
            text = random.choice(self.frames[language]).replace("{}", text)
        return Exercise(varied(language, text), right, None if language == "en" else block)

    def word(self):
        """A name or keyword in a sentence of everyday life, varied."""
        language, text, right = random.choice(self.known)
        if random.random() < 0.75:
            text = random.choice(self.frames[language]).replace("{}", text)
        return Exercise(varied(language, text), right)

    def name(self):
        """A built-in picture's name as it is, in English half of the time."""
        language = random.choice(["en", random.choice(list(self.named))])
        return Exercise(*random.choice(self.named[language]))

    def senseless(self):
        """What no drawing shows: words of no meaning, or a text of the block for it, varied."""
        language, some = random.choice(list(self.nothing.items()))
        if random.random() < 0.3:
            known, text, _ = random.choice(self.known)
            letters = random.sample(text.replace(" ", ""), len(text.replace(" ", "")))
            return "".join(letters) if len(text) > 6 and known in ENDS else random.choice(some)
        return varied(language, random.choice(some))


def varied(language, text):
    """With other ends of words, words left out, and function words among them."""
    if language not in ENDS:
        if random.random() < 0.3:
            filler = random.choice(said.FUNCTION_WORDS[language].split())
            text = random.choice([filler + text, text + filler])
        return text
    words = []
    for word in text.split():
        if len(word) > 4 and random.random() < 0.15:
            word = word[: len(word) - random.choice([0, 1, 1, 2])] + random.choice(ENDS[language])
        words.append(word)
    if len(words) > 2 and random.random() < 0.3:
        words.pop(random.randrange(len(words)))
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        words.insert(random.randint(0, len(words)), random.choice(said.FUNCTION_WORDS[language].split()))
    return " ".join(words)


def remembered(concepts):
    """Some names and keywords of all things: texts whose vectors are to stay."""
    found = []
    for row in concepts.rows:
        for language in data.LANGUAGES:
            found += row["names"][language] + row["tags"][language]
        found += [text for text in row["more"] if not data.held_out(text)]
    return random.sample(list(dict.fromkeys(found)), REMEMBERED)


def main():
    source = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else train.WORK / "sample"
    random.seed(train.SEED), torch.manual_seed(train.SEED), torch.set_num_threads(1)
    concepts = data.Concepts(train.WORK)
    lessons = Lessons(concepts)
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size() == said.VOCABULARY - 2:
        trim.trim(folder, trim.asked(concepts), trim.learnt(concepts) + 20 * lessons.plain())
    model = CLIPModel.from_pretrained(folder).float()
    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encode = evaluate.encoder(model, made)
    gallery = evaluate.gallery(concepts, lambda shown: evaluate.vectors(model, shown))
    texts = remembered(concepts)
    old = encode(texts).clone()
    print(f"{len(lessons.told)} lines of sentences, {len(lessons.known)} names and words", flush=True)
    ids = [row["id"] for row in concepts.own]
    learn(model, made, lessons, gallery, (texts, old))
    evaluate.daily(ids, encode, gallery, "tuning-phrases.tsv")
    evaluate.translated(encode, gallery, "tuning-translations.tsv")
    weights = load_file(folder / "model.safetensors")
    taught = model.state_dict()
    save_file({name: taught[name].half().contiguous() for name in weights}, folder / "model.safetensors")


def learn(model, made, lessons, gallery, memory):
    """Changes the text tower of `model`, in the end to the mean of its last weights."""
    minutes = float(os.environ.get("MINUTES", 15))
    tower = [*model.text_model.parameters(), *model.text_projection.parameters()]
    optimizer = torch.optim.AdamW(tower, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    smooth = [weight.detach().clone() for weight in tower]
    start, step, losses, gallery = time.time(), 0, [], gallery.clone()

    def vectors(texts):
        state = model.text_model(input_ids=said.short(said.rows(made, texts))).pooler_output
        return functional.normalize(model.text_projection(state), dim=-1)

    def in_english():
        """What each block says in English: the mean of its texts."""
        texts = [text for some in lessons.english for text in some]
        with torch.no_grad():
            found = torch.cat([vectors(texts[at : at + 256]) for at in range(0, len(texts), 256)])
        means = [some.mean(0) for some in found.split([len(some) for some in lessons.english])]
        return functional.normalize(torch.stack(means), dim=-1)

    while (done := (time.time() - start) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 40, 1.05 - done)
        if step % ENGLISH_STEPS == 0:
            english = in_english()
        lesson = [lessons.sentence() for _ in range(BATCH // 2)] + [lessons.word() for _ in range(BATCH // 4)]
        lesson += [lessons.name() for _ in range(BATCH // 4)]
        right = torch.zeros(BATCH, len(gallery), dtype=torch.bool)
        for row, exercise in zip(right, lesson):
            row[list(exercise.right)] = True
        said_now = vectors([exercise.text for exercise in lesson])
        told = train.pointed(SCALE * said_now @ gallery.T, right)
        here = [at for at, exercise in enumerate(lesson) if exercise.block is not None]
        blocks_of = [lesson[at].block for at in here]
        unlike = (1 - (said_now[here] * english[blocks_of]).sum(1)).mean()
        kept = random.sample(range(len(memory[0])), BATCH // 2)
        away = (1 - (vectors([memory[0][at] for at in kept]) * memory[1][kept]).sum(1)).mean()
        near = vectors([lessons.senseless() for _ in range(BATCH // 8)]) @ gallery.T
        chance = (near.topk(5).values - UNLIKE).clamp(min=0).mean()
        optimizer.zero_grad(set_to_none=True)
        (told + 20 * away + ALIKE * unlike + NOTHING * chance).backward()
        torch.nn.utils.clip_grad_norm_(tower, 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            for mean, weight in zip(smooth, tower):
                mean.lerp_(weight, max(0.02, 1 / step))
        losses.append((told.item(), away.item(), unlike.item(), chance.item()))
        if step % 100 == 0:
            print(f"{time.time() - start:.0f} s, step {step}, told, forgotten, unlike English and found by chance {torch.tensor(losses).mean(0)}", flush=True)
            losses.clear()
    for weight, mean in zip(tower, smooth):
        weight.data.copy_(mean)
    print(f"{step} steps", flush=True)


if __name__ == "__main__":
    main()
