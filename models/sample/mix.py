#!/usr/bin/env python3
"""Mixes the weights of a model and of the same model after a lesson: some of what it forgot comes back.

mix.py BEFORE AFTER SHARE FOLDER: writes FOLDER, with SHARE of AFTER, from 0 to 1, and the rest of BEFORE. Both have the
same tokens. (Wortsman and others, "Robust fine-tuning of zero-shot models", 2022.)
"""

import pathlib
import shutil
import sys

from safetensors.torch import load_file, save_file


def main():
    before, after, folder = (pathlib.Path(sys.argv[at]) for at in (1, 2, 4))
    share = float(sys.argv[3])
    tokens = [(source / "tokenizer.json").read_bytes() for source in (before, after)]
    assert tokens[0] == tokens[1], "they have other tokens"
    shutil.copytree(after, folder, dirs_exist_ok=True)
    old, new = (load_file(source / "model.safetensors") for source in (before, after))
    mixed = {name: ((1 - share) * old[name].float() + share * new[name].float()).half() for name in old}
    save_file({name: weight.contiguous() for name, weight in mixed.items()}, folder / "model.safetensors")


if __name__ == "__main__":
    main()
