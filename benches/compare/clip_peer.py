"""clip_peer.py KIND CHECKPOINT VECTORS [QUERY]: searches as a Python program does; see clip.

Answers QUERY and ends, or reads lines from standard input: `padded QUERY` (all 77 tokens, as CLIP's
own code and most examples do it) and `unpadded QUERY`, answered with the ten best rows, or `picture
FILE`, answered with an empty list once its vector is known; `text-vector QUERY` and `picture-vector
FILE` are answered with the vector. KIND is `transformers`, `faster-clip`, or `onnxruntime` or
`onnxruntime-int8`, whose CHECKPOINT is what clip_onnx.py made, beside the folder `checkpoint`.
"""

import json
import pathlib
import sys

import numpy as np

BEST = 10


def main():
    kind, checkpoint, vectors, *query = sys.argv[1:]
    peer = peer_of(kind, checkpoint)
    vectors = np.load(vectors)

    def search(how, text):
        scores = vectors @ unit(peer.text(text, how == "padded"))
        best = np.argpartition(scores, -BEST)[-BEST:]
        return best[np.argsort(-scores[best])].tolist()

    if query:
        print(search("padded", query[0]))
        return
    print("ready", flush=True)
    for line in sys.stdin:
        what, _, value = line.rstrip("\n").partition(" ")
        if what == "picture":
            unit(peer.picture(value))
            answer = []
        elif what == "picture-vector":
            answer = unit(peer.picture(value)).tolist()
        elif what == "text-vector":
            answer = unit(peer.text(value, False)).tolist()
        else:
            answer = search(what, value)
        print(json.dumps(answer), flush=True)


def peer_of(kind, checkpoint):
    if kind == "faster-clip":
        return FasterClip()
    if kind.startswith("onnxruntime"):
        return OnnxRuntime(pathlib.Path(checkpoint), kind.removeprefix("onnxruntime").replace("-", "."))
    return Transformers(checkpoint)


def unit(vector):
    return vector / np.linalg.norm(vector)


class Transformers:
    def __init__(self, checkpoint):
        import torch
        from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        self.model = CLIPModel.from_pretrained(checkpoint).eval()
        self.tokenizer = CLIPTokenizer.from_pretrained(checkpoint)
        self.processor = CLIPImageProcessorPil()

    def text(self, text, padded):
        padding = {"padding": "max_length", "max_length": 77} if padded else {}
        tokens = self.tokenizer(text, return_tensors="pt", truncation=True, **padding)
        return pooled(self.model.get_text_features(**tokens))

    def picture(self, path):
        from PIL import Image

        values = self.processor(Image.open(path).convert("RGB"), return_tensors="pt")
        return pooled(self.model.get_image_features(**values))


class OnnxRuntime:
    """As immich's machine learning has it; `ending` is empty, or `.int8`."""

    def __init__(self, folder, ending):
        import onnxruntime
        from transformers import CLIPImageProcessorPil, CLIPTokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        provider = {"sess_options": options, "providers": ["CPUExecutionProvider"]}
        # One that only searches by words never loads the other.
        self.session = lambda name: onnxruntime.InferenceSession(folder / f"{name}{ending}.onnx", **provider)
        self.texts, self.pictures = self.session("text"), None
        self.tokenizer = CLIPTokenizer.from_pretrained(folder.parent / "checkpoint")
        self.processor = CLIPImageProcessorPil()

    def text(self, text, _):
        tokens = self.tokenizer(text, return_tensors="np", truncation=True)["input_ids"]
        return self.texts.run(None, {"values": tokens.astype(np.int64)})[0][0]

    def picture(self, path):
        from PIL import Image

        self.pictures = self.pictures or self.session("picture")
        values = self.processor(Image.open(path).convert("RGB"), return_tensors="np")["pixel_values"]
        return self.pictures.run(None, {"values": values.astype(np.float32)})[0][0]


def pooled(output):
    return getattr(output, "pooler_output", output)[0].numpy()


class FasterClip:
    """Finds its weights in $FASTER_CLIP_CACHE; clip says which."""

    def __init__(self):
        from faster_clip import ClipModel

        self.model = ClipModel()

    def text(self, text, _):
        return np.asarray(self.model.encode_text([text])[0], np.float32)

    def picture(self, path):
        with open(path, "rb") as file:
            return np.asarray(self.model.encode_image([file.read()])[0], np.float32)


if __name__ == "__main__":
    main()
