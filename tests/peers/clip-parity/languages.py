"""Checkpoints with random weights of the models of many languages: XLM-RoBERTa's text tower as open_clip saves
it, and SigLIP 2 as transformers saves it. For clip-parity.
"""

import json

import torch
from peers import ROOT
from transformers import AutoModel, SiglipConfig, SiglipModel, XLMRobertaConfig

TOKENIZERS = ROOT / "crates/clip/src/tokenizer"


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
