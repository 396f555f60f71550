"""clip_weights.py FOLDER: makes a CLIP ViT-B/32 checkpoint of chance, as `CLIPModel` would save it.

What is found with it means nothing; how long it takes and how much memory, what it does with OpenAI's.
"""

import json
import pathlib
import struct
import sys

import numpy as np

DIMENSIONS = 512
TEXT = {"hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048}
TEXT |= {"vocab_size": 49408, "max_position_embeddings": 77, "bos_token_id": 49406, "eos_token_id": 49407}
VISION = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
VISION |= {"image_size": 224, "patch_size": 32}


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "clip", "architectures": ["CLIPModel"], "projection_dim": DIMENSIONS}
    config |= {"text_config": TEXT, "vision_config": VISION, "logit_scale_init_value": 2.6592}
    (folder / "config.json").write_text(json.dumps(config))
    save(folder / "model.safetensors", list(tensors()))


def save(path, tensors):
    """Writes tensors of chance: name, shape, mean and deviation of each."""
    header, end = {}, 0
    for name, shape, _, _ in tensors:
        length = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + length]}
        end += length
    head = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    head += b" " * (-len(head) % 8)
    chance = np.random.default_rng(0)
    new = path.with_suffix(".new")
    with open(new, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for _, shape, middle, spread in tensors:
            values = chance.standard_normal(shape, dtype=np.float32) * np.float32(spread) + np.float32(middle)
            file.write(values.tobytes())
    # A whole file or none.
    new.rename(path)


def tensors():
    """Such that values keep their size from layer to layer."""
    yield "logit_scale", [], np.log(100), 0
    yield from tower("text_model", TEXT, "final_layer_norm")
    yield from tower("vision_model", VISION, "post_layernorm")
    yield from norm("vision_model.pre_layrnorm", VISION["hidden_size"])
    side, patch, width = VISION["image_size"], VISION["patch_size"], VISION["hidden_size"]
    yield "vision_model.embeddings.class_embedding", [width], 0, 0.3
    yield "vision_model.embeddings.patch_embedding.weight", [width, 3, patch, patch], 0, (3 * patch**2) ** -0.5
    yield "vision_model.embeddings.position_embedding.weight", [(side // patch) ** 2 + 1, width], 0, 0.3
    width = TEXT["hidden_size"]
    yield "text_model.embeddings.token_embedding.weight", [TEXT["vocab_size"], width], 0, 0.3
    yield "text_model.embeddings.position_embedding.weight", [TEXT["max_position_embeddings"], width], 0, 0.3
    for name, part in ("text", TEXT), ("visual", VISION):
        yield f"{name}_projection.weight", [DIMENSIONS, part["hidden_size"]], 0, part["hidden_size"] ** -0.5


def tower(name, part, last):
    width, inner = part["hidden_size"], part["intermediate_size"]
    for number in range(part["num_hidden_layers"]):
        layer = f"{name}.encoder.layers.{number}"
        for projection in "q_proj", "k_proj", "v_proj", "out_proj":
            yield from linear(f"{layer}.self_attn.{projection}", width, width)
        yield from linear(f"{layer}.mlp.fc1", inner, width)
        yield from linear(f"{layer}.mlp.fc2", width, inner)
        for place in "layer_norm1", "layer_norm2":
            yield from norm(f"{layer}.{place}", width)
    yield from norm(f"{name}.{last}", width)


def linear(name, rows, columns):
    yield f"{name}.weight", [rows, columns], 0, columns**-0.5
    yield f"{name}.bias", [rows], 0, 0.05


def norm(name, width):
    yield f"{name}.weight", [width], 1, 0.1
    yield f"{name}.bias", [width], 0, 0.1


if __name__ == "__main__":
    main(*sys.argv[1:])
