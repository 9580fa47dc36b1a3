"""Packages of every kind, made in milliseconds: a real graph that looks up a row of numbers for each token."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from app.layout import PackageFolder
from app.results import DatasetRecord
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, write_manifest

WORDS = ("card", "lost", "money", "rate", "the", "my", "is", "where", "ada", "paris", "in", "lives", "word")
LABELS = ("card_lost", "exchange_rate", "other")
TAGS = ("O", "B-PER", "B-LOC")
LETTERS = tuple("\n abcdefghijklmnopqrstuvwxyz,.!?'ä")
KINDS = ("text-classification", "pairs", "text-regression", "token-classification", "causal-lm", "masked-lm")


def make_graph(path: Path, rows: int, width: int, *, per_token: bool, shift: float = 0.0, seed: int = 0) -> None:
    """input_ids and attention_mask to logits: (rows, tokens, width), or their mean over tokens that are no padding."""
    table = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32) * 3 + shift
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["found"], axis=0)]
    axes = numpy_helper.from_array(np.asarray([1], dtype=np.int64), "axes")
    last = numpy_helper.from_array(np.asarray([2], dtype=np.int64), "last")
    shape = ("rows", "tokens", width)
    if per_token:
        nodes.append(helper.make_node("Identity", ["found"], ["logits"]))
    else:
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["filled"]),
            helper.make_node("Mul", ["found", "filled"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "axes"], ["sum"], keepdims=0),
            helper.make_node("ReduceSum", ["mask", "axes"], ["number"], keepdims=1),
            helper.make_node("Div", ["sum", "number"], ["logits"]),
        ]
        shape = ("rows", width)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ("rows", "tokens"))
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
    tensors = [numpy_helper.from_array(table, "table"), axes, last]
    graph = helper.make_graph(nodes, "lookup", inputs, [output], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)


def make_tokenizer(kind: str) -> Tokenizer:
    """Whole words between two marks, or single letters where text is written."""
    if kind == "causal-lm":
        letters = {letter: place for place, letter in enumerate(LETTERS)}
        tokenizer = Tokenizer(models.WordLevel(letters, unk_token="?"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[\\s\\S]"), "isolated")
        tokenizer.decoder = decoders.Fuse()
        return tokenizer
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [("[CLS]", 2), ("[SEP]", 3)]
    pair = "[CLS] $A [SEP] $B:1 [SEP]:1"
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair=pair, special_tokens=marks)
    return tokenizer


def make_package(
    path: Path, kind: str = "text-classification", *, name: str = "mail", seed: int = 0, max_length: int = 16
) -> PackageFolder:
    """A package of that kind; `pairs` are classified, too."""
    folder, is_pair = PackageFolder(path), kind == "pairs"
    kind = "text-classification" if is_pair else kind
    path.mkdir(parents=True)
    labels = {"text-classification": LABELS, "token-classification": TAGS}.get(kind, ())
    tokenizer = make_tokenizer(kind)
    rows = tokenizer.get_vocab_size()
    per_token = kind in ("token-classification", "causal-lm", "masked-lm")
    width = rows if kind in ("causal-lm", "masked-lm") else len(labels) or 1
    make_graph(folder.model, rows, width, per_token=per_token, seed=seed)
    tokenizer.save(str(folder.tokenizer))
    folder.labels.write_text(json.dumps(labels))
    metric = {"text-regression": "spearman", "token-classification": "entity_f1", "causal-lm": "perplexity"}
    source = Source(benchmark=name, run_id="x-0", architecture="lookup", family="bert", seed=0, hyperparameters={})
    direction = "min" if kind == "causal-lm" else "max"
    scores = {"metric": metric.get(kind, "accuracy"), "split": "test", "direction": direction}
    write_manifest(
        folder,
        Manifest(
            name=name,
            made=datetime(2026, 1, 1, tzinfo=UTC),
            kind=kind,
            labels=labels,
            text_columns=("first", "second") if is_pair else ("text",),
            max_length=max_length,
            inputs=("input_ids", "attention_mask"),
            unknown_token_id=None if kind == "causal-lm" else 1,
            precision="fp32",
            precision_reason="int8 was not tried",
            parameters=rows * width,
            source=source,
            dataset=DatasetRecord(path="made up", fingerprint="0" * 64, rows={"test": 8}, labels=labels),
            score=PackageScore(**scores, value=0.875, low=0.8, high=0.95, rows=8, trained=0.875),
            parity=Parity(rows=8, agreement=1.0, largest_difference=0.0),
        ),
    )
    return folder
