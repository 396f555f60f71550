"""Reads what `clip-search model convert` writes back into the model that it was."""

import safetensors.torch
import torch


def load(path, model):
    """Gives `model` the weights of the file, rounded to eight bits as they are."""
    kept = safetensors.torch.load_file(path)

    def matrix(name):
        """From panels of 16 rows."""
        scale = kept[f"{name}.scale"]
        rows = kept[name].transpose(1, 2).flatten(0, 1)[: len(scale)]
        return rows * scale[:, None]

    weights = {"logit_scale": model.logit_scale}
    linear = lambda new, name: {f"{new}.weight": matrix(name), f"{new}.bias": kept[f"{name}.bias"]}
    norm = lambda new, name: {f"{new}.weight": kept[f"{name}.gain"], f"{new}.bias": kept[f"{name}.bias"]}
    towers = [
        ("text", "text_model", "final_layer_norm", "text_projection", model.text_model),
        ("vision", "vision_model", "post_layernorm", "visual_projection", model.vision_model),
    ]
    for name, new, last, projection, tower in towers:
        positions = tower.embeddings.position_embedding.weight
        weights[f"{new}.embeddings.position_embedding.weight"] = kept[f"{name}.positions"].reshape(positions.shape)
        for at in range(len(tower.encoder.layers)):
            layer, old = f"{new}.encoder.layers.{at}", f"{name}.{at}"
            for which, weight, bias in zip("qkv", matrix(f"{old}.qkv").chunk(3), kept[f"{old}.qkv.bias"].chunk(3)):
                weights[f"{layer}.self_attn.{which}_proj.weight"] = weight
                weights[f"{layer}.self_attn.{which}_proj.bias"] = bias
            weights |= norm(f"{layer}.layer_norm1", f"{old}.norm1") | norm(f"{layer}.layer_norm2", f"{old}.norm2")
            weights |= linear(f"{layer}.self_attn.out_proj", f"{old}.out")
            weights |= linear(f"{layer}.mlp.fc1", f"{old}.up") | linear(f"{layer}.mlp.fc2", f"{old}.down")
        weights |= norm(f"{new}.{last}", f"{name}.last")
        weights[f"{projection}.weight"] = matrix(f"{name}.projection")
    patches = model.vision_model.embeddings.patch_embedding.weight
    weights["vision_model.embeddings.patch_embedding.weight"] = matrix("vision.patches").reshape(patches.shape)
    weights["vision_model.embeddings.class_embedding"] = kept["vision.class"]
    weights |= norm("vision_model.pre_layrnorm", "vision.first")
    tokens = kept["text.tokens"] * kept["text.tokens.scale"][:, None]
    weights["text_model.embeddings.token_embedding.weight"] = tokens
    with torch.no_grad():
        model.load_state_dict(weights)
