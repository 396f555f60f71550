"""What is said about the things, in ten languages: texts with the things that they are about, and their tokens."""

import random
import re

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import data

VOCABULARY = 10_000
CONTEXT = 24
# A word of so many things says nothing about any.
COMMON = 250

FRAMES = {
    "en": ["a {}", "the {}", "a photo of a {}", "a picture of {}", "some {}", "two {}s", "something to {}", "my {}", "{} and so on", "a very {}", "{} things"],
    "es": ["un {}", "una {}", "el {}", "la {}", "foto de {}", "algo para {}", "unos {}s"],
    "de": ["ein {}", "eine {}", "der {}", "die {}", "das {}", "foto von {}", "etwas zu {}", "zwei {}"],
    "fr": ["un {}", "une {}", "le {}", "la {}", "des {}", "photo de {}", "quelque chose à {}"],
    "it": ["un {}", "una {}", "il {}", "la {}", "foto di {}", "qualcosa da {}"],
    "pt": ["um {}", "uma {}", "o {}", "a {}", "foto de {}", "algo para {}"],
    "ru": ["{} фото", "фото {}", "картинка {}", "что-то {}", "мой {}"],
    "uk": ["{} фото", "фото {}", "зображення {}", "щось {}", "мій {}"],
    "zh": ["{}的照片", "一个{}", "一只{}", "{}图片"],
    "ja": ["{}の写真", "{}の絵", "{}です", "かわいい{}"],
}
# Words that tell nothing: mixed in at random.
FUNCTION_WORDS = {
    "en": "a an the of in on at with and for to from very small big my some that is are things something people who live show me picture",
    "es": "un una el la los las de en con y para a muy pequeño grande mi que es son cosas algo gente viven del hace mucho",
    "de": "ein eine einen der die das den dem des im in und mit für zu von sehr kleiner kleine großer mein ist sind sachen etwas leute leben zum bei",
    "fr": "un une le la les des de du d' l' en dans et avec pour à très petit grand mon qui est sont choses quelque chose gens vivent il fait",
    "it": "un una il la lo gli le di del nel in con e per da molto piccolo grande mio che è sono cose qualcosa persone vivono",
    "pt": "um uma o a os as de do na em com e para muito pequeno grande meu que é são coisas algo pessoas vivem",
    "ru": "и в на с для из по очень маленький большой мой что это есть вещи люди который которые живут нибудь чтобы",
    "uk": "і в на з для із по дуже маленький великий мій що це є речі люди який які живуть",
    "zh": "的 了 在 和 是 有 很 小 大 我 个 人 用 里 一只 一个 东西",
    "ja": "の を に は が で と も です いる ある 小さな 大きな とても もの 人 する 道具",
}
WEIGHTS = {"word": 1.0, "name": 1.0, "frame": 0.7, "pair": 0.7}


def joint(language):
    """What stands between two words."""
    return "" if language in ("zh", "ja") else " "


class Pool:
    """Texts, the things (rows of the concepts) that each is about, and kinds of texts: keys of WEIGHTS."""

    def __init__(self, concepts):
        self.rows = concepts.rows
        self.texts, self.sets, self.kinds = [], [], []
        self.about = {}
        for language in data.LANGUAGES:
            for at, row in enumerate(self.rows):
                for text in row["names"][language] + self.tags(row, language):
                    for said in [text, *(word for word in re.split(r"[\W_]+", text) if len(word) > 2)]:
                        self.about.setdefault((language, said), set()).add(at)
        for (_, text), about in self.about.items():
            if len(about) < COMMON:
                self.put(text, about, "word")
        for language in data.LANGUAGES:
            for at, row in enumerate(self.rows):
                self.describe(language, at, row)
        for language in data.LANGUAGES:
            for at, row in enumerate(self.rows):
                self.mix(language, at, row)

    def tags(self, row, language):
        """All keywords of a thing that training may see."""
        more = [text for text in row["more"] if not data.held_out(text)] if language == "en" else []
        return list(dict.fromkeys(row["tags"][language] + more))

    def telling(self, row, language):
        """Keywords that few things have."""
        return [tag for tag in self.tags(row, language) if len(self.about[language, tag]) < COMMON]

    def put(self, text, about, kind):
        self.texts.append(text)
        self.sets.append(about)
        self.kinds.append(kind)

    def describe(self, language, at, row):
        """Names and keywords as they are, in frames and together."""
        between, frames, about = joint(language), FRAMES[language], self.about
        tags = self.telling(row, language)
        some = lambda choices, most: random.sample(choices, min(most, len(choices)))
        for name in row["names"][language]:
            for text in [name, name, *(frame.format(name) for frame in some(frames, 3))]:
                self.put(text, {at}, "name")
            for tag in some(tags, 2):
                self.put(tag + between + name, {at}, "name")
        for tag in some(tags, 6):
            self.put(random.choice(frames).format(tag), about[language, tag], "frame")
        for _ in range(min(6, len(tags) * (len(tags) - 1) // 2)):
            one, other = random.sample(tags, 2)
            self.put(one + between + other, about[language, one] & about[language, other], "pair")
        if len(tags) > 2:
            three = random.sample(tags, 3)
            self.put((between or " ").join(three), set.intersection(*(about[language, tag] for tag in three)), "pair")

    def mix(self, language, at, row):
        """Names and keywords among function words, in any order."""
        names, tags = row["names"][language], self.telling(row, language)
        for _ in range(4):
            is_name = random.random() < 0.4 or not tags
            base = random.choice((names or [""]) if is_name else tags)
            if not base:
                continue
            wanted = self.about.get((language, base), set()) | ({at} if base in names else set())
            words = [base, *random.choices(FUNCTION_WORDS[language].split(), k=random.choice([1, 2, 3, 4]))]
            if len(tags) > 1 and random.random() < 0.35:
                other = random.choice(tags)
                words.append(other)
                wanted = wanted & self.about[language, other] or {at}
            random.shuffle(words)
            self.put(joint(language).join(words), wanted, "frame")


def tokenizer(pool):
    """Byte-level pairs, learnt from the words and names. Start and end are the two ids behind its own."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    plain = [text for text, kind in zip(pool.texts, pool.kinds) if kind in ("word", "name")]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learner = trainers.BpeTrainer(vocab_size=VOCABULARY - 2, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(plain, learner)
    return made


def rows(made, texts):
    """Ids of texts, each between start and end, filled up with ends."""
    start = made.get_vocab_size()
    found = torch.full((len(texts), CONTEXT), start + 1, dtype=torch.long)
    for row, encoded in zip(found, made.encode_batch(texts)):
        ids = [start, *encoded.ids[: CONTEXT - 2], start + 1]
        row[: len(ids)] = torch.tensor(ids)
    return found


def short(tokens):
    """Without the columns in which all texts have ended: the end is the last id of each."""
    longest = int((tokens != tokens[0, -1]).sum(1).max())
    return tokens[:, : longest + 1]
