"""Checkpoints with random weights of the models of many languages: XLM-RoBERTa's text tower as open_clip saves
it, and SigLIP 2 as transformers saves it. For clip-parity.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile

import numpy
import torch
from peers import ROOT
from transformers import AutoModel, SiglipConfig, SiglipModel, XLMRobertaConfig

TOKENIZERS = ROOT / "crates/clip/src/tokenizer"
RECORDED = ROOT / "crates/clip/src/model/tests/recorded"


def tokenizer(name, folder):
    """Puts the recorded tokenizer there, and returns how many tokens it has."""
    golden = json.loads((TOKENIZERS / f"{name}.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps(golden["tokenizer"]))
    return golden["vocabulary"]


class OpenClip(torch.nn.Module):
    """What open_clip 3.3.0 computes for `xlm-roberta-base-ViT-B-32`, under its names of tensors."""

    def __init__(self, text, vision, patch, side, dimensions, vocabulary):
        super().__init__()
        from open_clip.hf_model import MeanPooler
        from open_clip.transformer import VisionTransformer

        hidden, heads, inner, layers = text
        self.config = XLMRobertaConfig(
            vocab_size=vocabulary,
            hidden_size=hidden,
            num_attention_heads=heads,
            intermediate_size=inner,
            num_hidden_layers=layers,
            max_position_embeddings=514,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            pad_token_id=1,
        )
        width, vision_heads, vision_inner, vision_layers = vision
        self.visual = VisionTransformer(
            side, patch, width, vision_layers, vision_heads, vision_inner / width, output_dim=dimensions
        )
        self.text = torch.nn.Module()
        self.text.transformer = AutoModel.from_config(self.config, add_pooling_layer=False)
        middle = (hidden + dimensions) // 2
        self.text.proj = torch.nn.Sequential(
            torch.nn.Linear(hidden, middle, bias=False),
            torch.nn.GELU(),
            torch.nn.Linear(middle, dimensions, bias=False),
        )
        self.logit_scale = torch.nn.Parameter(torch.tensor(4.6))
        self.pooler = MeanPooler()

    def texts(self, tokens):
        tokens = torch.tensor([tokens + [1] * (77 - len(tokens))])
        mask = (tokens != 1).long()
        out = self.text.transformer(input_ids=tokens, attention_mask=mask)
        return self.text.proj(self.pooler(out, mask))

    def pictures(self, pixels):
        return self.visual(pixels)


def roberta(text, vision, patch, side, dimensions, folder, vocabulary=None):
    """The model, whose files are in `folder`: a pickle, as upstream has it."""
    size = tokenizer("unigram", folder)
    model = OpenClip(text, vision, patch, side, dimensions, vocabulary or size).eval()
    noisy(model)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    parts = {
        "embed_dim": dimensions,
        "vision_cfg": {"image_size": side, "layers": vision[3], "width": vision[0], "patch_size": patch},
        "text_cfg": {"hf_model_name": "xlm-roberta-base", "hf_pooler_type": "mean_pooler"},
    }
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": parts}))
    return model, [0, *range(5, 9), 2], size


class Siglip:
    def __init__(self, model):
        self.model = model

    def texts(self, tokens):
        tokens = torch.tensor([tokens + [0] * (64 - len(tokens))])
        return self.model.get_text_features(input_ids=tokens)

    def pictures(self, pixels):
        return self.model.get_image_features(pixel_values=pixels)


def siglip(text, vision, patch, side, folder, vocabulary=None):
    size = tokenizer("letters", folder)

    def part(hidden, heads, inner, layers):
        return {
            "hidden_size": hidden,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
        }

    config = SiglipConfig(
        text_config=part(*text) | {"vocab_size": vocabulary or size, "projection_size": vision[0]},
        vision_config=part(*vision) | {"patch_size": patch, "image_size": side},
    )
    model = SiglipModel(config).eval()
    noisy(model)
    model.save_pretrained(folder)
    preprocessing = {"resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    return Siglip(model), [5, 6, 7, 8, 1], size


@torch.no_grad()
def noisy(model):
    """Biases that are not zero, as trained ones are, and gains that are not one."""
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.normal_(0, 0.05)
        elif "norm" in name.lower() and name.endswith("weight"):
            parameter.normal_(1, 0.1)


SMALL_TOWER, SMALL_VISION = (128, 2, 256, 3), (128, 2, 512, 2)
BASE = (768, 12, 3072, 12)
# What makes each model, the tokens around a text's own, and the side of pictures.
SMALL = {
    "XLM-R": (lambda folder: roberta(SMALL_TOWER, SMALL_VISION, 16, 64, 64, folder), ([0], [2]), 64),
    "SigLIP 2": (lambda folder: siglip(SMALL_TOWER, SMALL_VISION, 16, 64, folder), ([], [1]), 64),
}
FULL = {
    "XLM-R ViT-B/32": (lambda folder: roberta(BASE, BASE, 32, 224, 512, folder, 250_002), ([0], [2]), 224),
    "SigLIP 2 B/32-256": (lambda folder: siglip(BASE, BASE, 32, 256, folder, 256_000), ([], [1]), 256),
}
TINY = {
    "roberta": (lambda folder: roberta((16, 2, 24, 2), (32, 1, 48, 2), 4, 8, 12, folder, 300), ([0], [2]), 8),
    "siglip": (lambda folder: siglip((16, 2, 24, 2), (12, 3, 20, 2), 4, 8, folder, 300), ([], [1]), 8),
}


def plain(output):
    vectors = getattr(output, "pooler_output", output)
    return torch.nn.functional.normalize(vectors.double(), dim=-1)[0].numpy()


@torch.no_grad()
def record():
    """Writes the models and vectors that `cargo test` compares with."""
    chance = numpy.random.default_rng(4)
    torch.manual_seed(3)
    for name, (make, (start, end), side) in TINY.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model, _, _ = make(folder)
            texts = []
            for words in (0, 1, 9):
                tokens = [*start, *map(int, chance.integers(5, 299, words)), *end]
                texts.append([tokens, plain(model.texts(tokens)).round(7).tolist()])
            pixels = chance.integers(-9, 9, (3, side, side))
            vector = plain(model.pictures(torch.from_numpy(pixels.astype("<f4"))[None])).round(7).tolist()
            made = {"texts": texts, "picture": [pixels.flatten().tolist(), vector]}
            (folder / "vectors.json").write_text(json.dumps(made) + "\n")
            (folder / "tokenizer.json").unlink()
            shutil.rmtree(RECORDED / name, ignore_errors=True)
            shutil.copytree(folder, RECORDED / name)


@torch.no_grad()
def check(programs, name, recipe, least, folder):
    search, ours = programs
    make, (start, end), side = recipe
    torch.manual_seed(0)
    model, _, size = make(folder)
    chance = numpy.random.default_rng(2)
    cases, right = [], []
    for words in (0, 1, 5, 30, 60):
        tokens = [*start, *map(int, chance.integers(300, size - 5, words)), *end]
        cases.append({"tokens": tokens})
        right.append(plain(model.texts(tokens)))
    for number in range(2):
        pixels = chance.normal(0, 1, (3, side, side)).astype("<f4")
        path = folder / f"{number}.f32"
        pixels.tofile(path)
        cases.append({"pixels": str(path)})
        right.append(plain(model.pictures(torch.from_numpy(pixels)[None])))
    failed = 0
    for precision, bound in least.items():
        file = folder / "model.clip"
        convert = [search, "model", "convert", folder, file, precision]
        subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
        lines = "".join(json.dumps(case) + "\n" for case in cases)
        run = subprocess.run([ours, "embed", file], input=lines, check=True, stdout=subprocess.PIPE, text=True)
        vectors = [numpy.array(json.loads(line)) for line in run.stdout.splitlines()]
        alike = [float(x @ y) for x, y in zip(vectors, right, strict=True)]
        verdict = "ok" if min(alike) >= bound else "FAILED"
        failed += verdict != "ok"
        print(f"{name}, {precision}: {verdict} (text {min(alike[:5]):.7f}, picture {min(alike[5:]):.7f})", flush=True)
    return failed


def check_all(programs, least, is_full):
    failed = 0
    for name, recipe in (SMALL | (FULL if is_full else {})).items():
        with tempfile.TemporaryDirectory() as folder:
            failed += check(programs, name, recipe, least, pathlib.Path(folder))
    return failed
