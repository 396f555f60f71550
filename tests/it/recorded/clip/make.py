"""Makes the checkpoints here, with random weights, and golden.json: what transformers makes of them.

Run with what tests/peers/shared/requirements/clip-parity.txt lists; tests/it/clip_model.rs reads the result.
"""

import json
import pathlib

import torch
from transformers import CLIPConfig, CLIPModel

HERE = pathlib.Path(__file__).resolve().parent
TOKENS = [[598, 320, 511, 599], [598, 599], [598, *range(300, 330), 599]]
SIDE = 40


def part(hidden, heads, inner, act):
    sizes = {"hidden_size": hidden, "num_attention_heads": heads, "intermediate_size": inner}
    return sizes | {"num_hidden_layers": 2, "hidden_act": act, "projection_dim": 24}


def made(name, act, patch):
    torch.manual_seed(1)
    last = {"vocab_size": 600, "bos_token_id": 598, "eos_token_id": 599}
    text = part(32, 2, 96, act) | last | {"max_position_embeddings": 32}
    vision = part(48, 3, 100, act) | {"patch_size": patch, "image_size": SIDE}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)).eval()
    for parameter in (p for n, p in model.named_parameters() if n.endswith("bias")):
        parameter.data.normal_(0, 0.05)
    model.half().save_pretrained(HERE / name)
    model = model.float()
    # Any numbers do, as long as both sides have the same.
    pixels = [((number * 37) % 101) / 50 - 1 for number in range(3 * SIDE * SIDE)]

    def plain(output):
        vector = getattr(output, "pooler_output", output)[0].double()
        return (vector / vector.norm()).tolist()

    with torch.no_grad():
        texts = [plain(model.get_text_features(torch.tensor([tokens]))) for tokens in TOKENS]
        image = torch.tensor(pixels).view(1, 3, SIDE, SIDE)
        return {"tokens": TOKENS, "texts": texts, "picture": plain(model.get_image_features(image))}


golden = {"quick-gelu": made("quick-gelu", "quick_gelu", 8), "gelu": made("gelu", "gelu", 10)}
(HERE / "golden.json").write_text(json.dumps(golden) + "\n")
