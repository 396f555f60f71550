"""Compares our tokens with those of transformers, for vocabularies of XLM-RoBERTa's and Gemma's kinds.

The real vocabularies cannot be had everywhere, so two are trained on the words of the built-in pictures. What
transformers saves of them is the tokenizer.json that we read. Prints what was compared; exits with 1 when
something differs.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import sentencepiece
from peers import ROOT, probe
from sentencepiece import sentencepiece_model_pb2 as protobuf
from strings import LINES, strings
from transformers import Siglip2Tokenizer, XLMRobertaTokenizer
from transformers.convert_slow_tokenizer import generate_merges

GOLDEN = ROOT / "crates/clip/src/tokenizer"
SMALL, LARGE = 4_000, 12_000
TAG = "<b>"
ENDLESS = 1 << 20


def corpus(file):
    lines = [line for line in LINES.replace("|", "\n").split("\n") if line] * 20
    for name in ("languages.tsv", "collection.tsv"):
        for line in (ROOT / "models/drawings" / name).read_text(encoding="utf-8").split("\n"):
            lines += [part for part in line.replace("|", "\t").split("\t") if part.strip()]
    file.write_text("\n".join(lines), encoding="utf-8")


def pieces(folder, kind, size, **more):
    prefix = folder / f"{kind}{size}"
    if not prefix.with_suffix(".model").exists():
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "corpus.txt"),
            model_prefix=str(prefix),
            model_type=kind,
            vocab_size=size,
            character_coverage=0.999,
            hard_vocab_limit=False,
            minloglevel=2,
            **more,
        )
    model = protobuf.ModelProto()
    model.ParseFromString(prefix.with_suffix(".model").read_bytes())
    return model


def roberta(folder, size):
    model = pieces(folder, "unigram", size, normalization_rule_name="nmt_nfkc")
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(piece.piece, piece.score) for piece in model.pieces[3:]] + [("<mask>", 0.0)]
    charsmap = model.normalizer_spec.precompiled_charsmap
    return XLMRobertaTokenizer(vocab=vocabulary, _spm_precompiled_charsmap=charsmap), len(vocabulary)


def siglip(folder, size):
    own = {
        "normalization_rule_name": "identity",
        "byte_fallback": True,
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "pad_id": 0,
        "eos_id": 1,
        "bos_id": 2,
        "unk_id": 3,
        "eos_piece": "<eos>",
        "bos_piece": "<bos>",
        "user_defined_symbols": ["<mask>", TAG, "<2mass>"],
    }
    model = pieces(folder, "bpe", size, **own)
    vocabulary = {piece.piece: number for number, piece in enumerate(model.pieces)}
    vocabulary["\t"] = vocabulary.pop("<0x09>")
    merges = generate_merges(vocabulary, {piece.piece: piece.score for piece in model.pieces})
    tokenizer = Siglip2Tokenizer(vocab=vocabulary, merges=merges)
    saved = json.loads(tokenizer._tokenizer.to_str())
    tag = {"id": vocabulary[TAG], "content": TAG, "special": False, "normalized": False}
    saved["added_tokens"].append(tag | {"single_word": False, "lstrip": False, "rstrip": False})
    tokenizer._tokenizer = tokenizer._tokenizer.from_str(json.dumps(saved))
    return tokenizer, len(vocabulary)


def expected(tokenizer, kind, text):
    # Without its own idea of where texts begin and end.
    tokens = tokenizer._tokenizer.encode(text, add_special_tokens=False).ids
    return [0, *tokens, 2] if kind == "unigram" else [*tokens, 1]


def found(program, file, size, texts):
    rows = [
        {"tokens": {"text": text, "vocabulary": size, "context": ENDLESS, "tokenizer": str(file), "exact": True}}
        for text in texts
    ]
    lines = "\n".join(map(json.dumps, rows))
    run = subprocess.run([program, "preprocess"], input=lines, text=True, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return [json.loads(line) for line in run.stdout.splitlines()]


def compare(program, folder, kind, size, texts):
    tokenizer, count = {"unigram": roberta, "letters": siglip}[kind](folder, size)
    file = folder / f"{kind}{size}.json"
    file.write_text(tokenizer._tokenizer.to_str(), encoding="utf-8")
    right = [expected(tokenizer, kind, text) for text in texts]
    pairs = list(zip(texts, right, found(program, file, count, texts)))
    wrong = [pair for pair in pairs if pair[1] != pair[2]]
    print(f"{kind}, {count} tokens: {len(texts)} texts, {len(wrong)} differ", flush=True)
    for text, want, got in wrong[:5]:
        print(f"  {text[:60]!r}\n    {want[:24]}\n    {got[:24]}")
    if os.environ.get("UPDATE") == "1" and size == SMALL:
        few = [list(pair[:2]) for pair in pairs if len(pair[0]) < 120][:300]
        golden = {"tokenizer": json.loads(file.read_text()), "vocabulary": count, "cases": few}
        (GOLDEN / f"{kind}.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    return len(wrong)


def main():
    letters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    texts = [*strings(), "a<b>b</b>\n\n", " x  y ", "▁a▁", "a\tb\x00c"]
    # Each of 85,000 letters between others.
    each = [f"a{letter}b" for letter in letters[:85_000]]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        corpus(folder / "corpus.txt")
        program = probe()
        differ = 0
        for kind in ("unigram", "letters"):
            differ += compare(program, folder, kind, SMALL, texts)
            differ += compare(program, folder, kind, LARGE, texts + each)
    sys.exit(1 if differ else 0)


main()
