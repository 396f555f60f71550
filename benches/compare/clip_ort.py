"""clip_ort.py ONNX FILE TIMES: a picture's vector by onnxruntime, as a Python program makes it.

Prints a JSON object of milliseconds of the processor, the least of TIMES: to decode FILE with Pillow,
by `draft` as small as CLIP needs it, to scale it, and to run the tower in the file ONNX on one thread.
"""

import json
import sys
import time

import numpy as np
import onnxruntime
from PIL import Image

SIDE = 224
ENOUGH = 672  # as our own index asks of a decoder
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def main(onnx, file, times):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    taken = {"decode": [], "scale": [], "encode": []}
    for _ in range(int(times)):
        picture = timed(taken["decode"], lambda: decoded(file))
        pixels = timed(taken["scale"], lambda: scaled(picture))
        timed(taken["encode"], lambda: session.run(None, {"values": pixels}))
    print(json.dumps({what: 1000 * min(all) for what, all in taken.items()}))


def timed(taken, work):
    before = time.process_time()
    result = work()
    taken.append(time.process_time() - before)
    return result


def decoded(file):
    picture = Image.open(file)
    picture.draft("RGB", (ENOUGH, ENOUGH))
    return picture.convert("RGB")


def scaled(picture):
    """As CLIPImageProcessor does it."""
    share = SIDE / min(picture.size)
    width, height = (max(SIDE, int(side * share)) for side in picture.size)
    picture = picture.resize((width, height), Image.BICUBIC)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    middle = picture.crop((left, top, left + SIDE, top + SIDE))
    values = (np.asarray(middle, np.float32) / 255 - MEAN) / DEVIATION
    return np.ascontiguousarray(values.transpose(2, 0, 1))[None]


if __name__ == "__main__":
    main(*sys.argv[1:])
