"""Makes checkpoints with random weights, encodes texts and pictures with transformers and with our
engine, and compares the vectors; for clip-parity. One line a check; exits 1 if any failed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from languages import check_all, record
from peers import build, probe
from transformers import CLIPConfig, CLIPModel

# Least cosine by precision.
LEAST = {"f32": 0.9999, "f16": 0.9999, "i8": 0.999}
# With values of 8 or 7 bits besides: what `index add` asks for. Those of 8 bits, on a processor with
# AVX-512 VNNI, may come less near with outliers.
COARSE = 0.999
failed = 0


def config(text, vision, patch, side, dimensions, act="quick_gelu", vocabulary=49408, end=None):
    """`text` and `vision` are (hidden, heads, inner, layers); `end` is what ends a text: 2, as OpenAI's
    checkpoints have it, stands for the last of the vocabulary."""

    def part(hidden, heads, inner, layers):
        return {
            "hidden_size": hidden,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "hidden_act": act,
            "projection_dim": dimensions,
        }

    last = {"vocab_size": vocabulary, "eos_token_id": end or vocabulary - 1, "bos_token_id": vocabulary - 2}
    return CLIPConfig(
        text_config=part(*text) | last,
        vision_config=part(*vision) | {"patch_size": patch, "image_size": side},
        projection_dim=dimensions,
    )


SMALL = {
    "like B/32": (config((512, 8, 2048, 2), (768, 12, 3072, 2), 32, 224, 512, vocabulary=2000), "float32"),
    "gelu, patch 16": (config((64, 1, 256, 2), (96, 3, 200, 2), 16, 64, 40, "gelu", 1000), "float32"),
    "patch 14, f16": (config((96, 3, 384, 2), (160, 5, 640, 2), 14, 70, 72, "gelu", 1000, 2), "float16"),
    "odd heads, bf16": (config((84, 7, 100, 3), (66, 11, 77, 3), 8, 40, 33, vocabulary=777), "bfloat16"),
    "outliers": (config((256, 4, 1024, 4), (384, 6, 1536, 4), 32, 224, 256, vocabulary=2000), "float32"),
}
FULL = {
    "ViT-B/32": (config((512, 8, 2048, 12), (768, 12, 3072, 12), 32, 224, 512, end=2), "float32"),
    "ViT-B/32 with outliers": (config((512, 8, 2048, 12), (768, 12, 3072, 12), 32, 224, 512), "float32"),
    "ViT-B/16": (config((512, 8, 2048, 12), (768, 12, 3072, 12), 16, 224, 512, end=2), "float32"),
    "ViT-L/14": (config((768, 12, 3072, 12), (1024, 16, 4096, 24), 14, 224, 768, end=2), "float32"),
    "LAION B/32 (gelu)": (config((512, 8, 2048, 12), (768, 12, 3072, 12), 32, 224, 512, "gelu"), "float32"),
    "TinyCLIP 8M": (config((256, 4, 1024, 3), (256, 4, 1024, 10), 16, 224, 512), "float32"),
    "TinyCLIP 39M": (config((512, 8, 2048, 6), (512, 8, 2048, 12), 16, 224, 512), "float32"),
}


def add_outliers(model):
    """Some channels much larger than others, as trained transformers have them: normalisation makes
    them so, and the matrices that follow have small weights for them."""
    chance = torch.Generator().manual_seed(1)
    for name, gain in model.named_parameters():
        if "encoder" not in name or "layer_norm" not in name or not name.endswith("weight"):
            continue
        few = torch.randperm(gain.numel(), generator=chance)[:6]
        gain[few] *= 25
        layer, norm = name.removesuffix(".weight").rsplit(".", 1)
        first = ["q_proj", "k_proj", "v_proj"]
        following = [f"self_attn.{part}" for part in first] if norm.endswith("1") else ["mlp.fc1"]
        for matrix in following:
            model.get_parameter(f"{layer}.{matrix}.weight")[:, few] *= 0.15


def plain(output):
    vectors = getattr(output, "pooler_output", output)
    return torch.nn.functional.normalize(vectors.double(), dim=-1)[0].numpy()


@torch.no_grad()
def check(programs, name, config, dtype, folder):
    global failed
    search, ours = programs
    torch.manual_seed(0)
    model = CLIPModel(config).eval()
    for parameter in (p for n, p in model.named_parameters() if n.endswith("bias")):
        parameter.normal_(0, 0.05)
    if "outliers" in name:
        add_outliers(model)
    model.to(getattr(torch, dtype)).save_pretrained(folder / "checkpoint")
    model = model.float()
    last, side = config.text_config.vocab_size - 1, config.vision_config.image_size
    chance = numpy.random.default_rng(2)
    cases, expected = [], []
    for words in (0, 1, 5, 30, 75):
        tokens = [last - 1, *map(int, chance.integers(0, last - 1, words)), last]
        padded = torch.tensor([tokens + [last] * (77 - len(tokens))])
        cases.append({"tokens": tokens})
        expected.append(plain(model.get_text_features(input_ids=padded)))
    for number in range(2):
        pixels = chance.normal(0, 1, (3, side, side)).astype("<f4")
        path = folder / f"{number}.f32"
        pixels.tofile(path)
        cases.append({"pixels": str(path)})
        expected.append(plain(model.get_image_features(pixel_values=torch.from_numpy(pixels)[None])))
    for path in [case["pixels"] for case in cases if "pixels" in case]:
        cases.append({"coarse": path})
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    for precision, least in LEAST.items():
        file = folder / "model.clip"
        command = [search, "model", "convert", folder / "checkpoint", file, precision]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = subprocess.run(
            [ours, "embed", file], input=lines, check=True, stdout=subprocess.PIPE, text=True
        )
        vectors = [numpy.array(json.loads(line)) for line in found.stdout.splitlines()]
        assert len(vectors) == len(cases)
        alike = [float(x @ y) for x, y in zip(vectors, expected + expected[5:])]
        texts, pictures, coarse = min(alike[:5]), min(alike[5:7]), min(alike[7:])
        is_near = coarse >= COARSE or "outliers" in name
        verdict = "ok" if min(texts, pictures) >= least and is_near else "FAILED"
        failed += verdict != "ok"
        figures = f"text {texts:.7f}, picture {pictures:.7f}"
        if precision == "i8":
            figures += f", with 8-bit values {coarse:.5f}"
        print(f"{name}, {precision}: {verdict} ({figures})", flush=True)


def main():
    global failed
    shapes = SMALL | (FULL if sys.argv[1:] == ["--full"] else {})
    torch.set_num_threads(1)
    programs = os.environ.get("CLIP_SEARCH") or build("clip-search"), probe()
    for name, (config, dtype) in shapes.items():
        with tempfile.TemporaryDirectory() as folder:
            check(programs, name, config, dtype, pathlib.Path(folder))
    if os.environ.get("UPDATE") == "1":
        record()
    failed += check_all(programs, LEAST, "--full" in sys.argv)
    print(f"{failed} failed" if failed else "all passed")
    sys.exit(1 if failed else 0)


main()
