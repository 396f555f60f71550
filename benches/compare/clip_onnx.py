"""clip_onnx.py CHECKPOINT FOLDER: puts both towers of a checkpoint into FOLDER as ONNX, for rten.

`text.onnx` takes any number of tokens; `text.int8.onnx` and `picture.int8.onnx` have 8-bit weights.
"""

import logging
import pathlib
import sys
import warnings


def main(checkpoint, folder):
    if folder.exists():
        return
    new = folder.with_suffix(".new")
    new.mkdir(exist_ok=True)

    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import CLIPModel
    from transformers.utils.logging import disable_progress_bar

    # They are about older ways, and ifs that do not depend on values; clip compares what comes out.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    disable_progress_bar()

    class Tower(torch.nn.Module):
        def __init__(self, features):
            super().__init__()
            self.model, self.features = model, features

        def forward(self, values):
            output = self.features(values)
            return getattr(output, "pooler_output", output)

    # Attention in plain steps, which rten puts together again.
    model = CLIPModel.from_pretrained(checkpoint, attn_implementation="eager").eval()
    tokens = torch.tensor([[49406, 320, 736, 2840, 49407]])
    towers = {
        "text": (Tower(lambda tokens: model.get_text_features(input_ids=tokens)), tokens, {"values": {1: "length"}}),
        "picture": (Tower(model.get_image_features), torch.zeros(1, 3, 224, 224), None),
    }
    for name, (tower, example, axes) in towers.items():
        file = new / f"{name}.onnx"
        names = {"input_names": ["values"], "output_names": ["vector"], "dynamic_axes": axes}
        torch.onnx.export(tower, (example,), file, opset_version=17, dynamo=False, **names)
        # As onnxruntime's page advises for transformers: weights beforehand, values as they come.
        quantize_dynamic(file, new / f"{name}.int8.onnx", ["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8)
    # All or nothing.
    new.rename(folder)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
