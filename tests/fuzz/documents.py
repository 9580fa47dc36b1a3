"""Benchmark and sweep files gone wrong: valid ones with keys taken out, added and given what nobody meant."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

__all__ = ["BENCHMARK", "LYRICS", "SWEEP", "change", "files", "json_values", "overrides", "texts"]

BENCHMARK: dict[str, Any] = {
    "name": "tiny",
    "task": {"kind": "text-classification", "metric": "accuracy"},
    "dataset": {
        "path": "builtin/acceptability",
        "name": None,
        "revision": None,
        "text": ["text"],
        "label": "label",
        "max_length": 16,
        "limit": 60,
        "slices": ["construction"],
    },
    "architectures": ["majority", {"name": "toy", "family": "bert", "config": {"hidden_size": 16}}],
    "hyperparameters": {
        "learning_rate": [1e-3, 2e-3],
        "epochs": 2,
        "batch_size": 16,
        "optimizer": "sgd",
        "optimizer_options": {"momentum": 0.9},
        "loss": "focal",
        "freeze": "embeddings",
        "schedule": "linear",
    },
    "seeds": [0, 1],
    "inference": {"batch_sizes": [1], "sequence_lengths": [8], "backends": ["torch"]},
    "execution": {"executor": "local", "workers": 1, "timeout_seconds": 60, "retries": 1, "kernel": "warm"},
    "tracking": {"mode": "disabled", "project": "p", "entity": None, "tags": ["a"]},
}
LYRICS: dict[str, Any] = {
    "name": "verses",
    "task": {"kind": "causal-lm", "metric": "perplexity"},
    "dataset": {"path": "builtin/lyrics", "max_length": 32, "vocabulary": "characters"},
    "architectures": ["bigram"],
    "hyperparameters": {"epochs": 1},
}
SWEEP: dict[str, Any] = {
    "program": "app.py",
    "command": ["${env}", "${interpreter}", "${program}", "--config", "x.yaml", "${args}"],
    "name": "search",
    "method": "random",
    "metric": {"name": "eval_accuracy", "goal": "maximize"},
    "parameters": {
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
        "architecture": {"values": ["majority", "toy"], "probabilities": [0.5, 0.5]},
        "weight_decay": {"distribution": "q_uniform", "min": 0, "max": 0.2, "q": 0.05},
        "epochs": {"distribution": "int_uniform", "min": 1, "max": 4},
        "seed": {"value": 0},
    },
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    "run_cap": 4,
}

_WORDS = (
    *(
        "",
        " ",
        "nan",
        "null",
        "~",
        "torch",
        "hub",
        "majority",
        "bert",
        "true",
        "0",
        "-1",
        "1e400",
        "run:a/b",
        "../../x",
    ),
    *("/etc/passwd", "a" * 300, "\u202e", "ü", "<script>alert(1)</script>", "{x}", "{0}", "%s", "a.b", "--force", "\t"),
    *("\x00", "\x1b[31m", "\ud83d", "[bold]", "[/]", "x\ny", "${args}", "name", "hyperparameters"),
)
_keys = st.one_of(st.sampled_from(_WORDS), st.text(max_size=8), st.integers(-1, 3), st.none(), st.booleans())
_numbers = st.one_of(
    st.integers(-3, 3), st.integers(), st.sampled_from([10**30, -(10**30), 2**63, 1e308, 5e-324, -0.0])
)
_texts = st.one_of(st.sampled_from(_WORDS), st.text(max_size=20))
_scalars = st.one_of(st.none(), st.booleans(), _numbers, st.floats(), _texts, st.binary(max_size=4), st.dates())
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4), max_leaves=8
)


def json_values() -> st.SearchStrategy[Any]:
    """Whatever JSON can say."""
    scalars = st.one_of(
        st.none(), st.booleans(), _numbers, st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


def _places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from _places(value, (*path, key))


def change(draw: st.DrawFn, document: dict[str, Any], values: st.SearchStrategy[Any], keys: Any = _keys) -> None:
    """Replace, take out or add something somewhere in `document`."""
    places = list(_places(document))
    if not places:
        return
    *above, last = draw(st.sampled_from(places))
    target: Any = document
    for key in above:
        target = target[key]
    match draw(st.sampled_from(["replace", "replace", "remove", "add"])):
        case "replace":
            target[last] = draw(values)
        case "remove":
            del target[last]
        case "add" if isinstance(target, dict):
            target[draw(keys)] = draw(values)
        case "add":
            target.insert(0, draw(values))


@st.composite
def files(draw: st.DrawFn, base: dict[str, Any]) -> str:
    """The text of a file: `base` with one to four changes."""
    document = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, 4))):
        change(draw, document, _values)
    return yaml.safe_dump(document, allow_unicode=draw(st.booleans()), sort_keys=False)


@st.composite
def texts(draw: st.DrawFn, base: dict[str, Any]) -> bytes:
    """The bytes of a file: those of `base` with some of them replaced, taken out, doubled, or by something else."""
    content = yaml.safe_dump(base, sort_keys=False).encode()
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 30)))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b"&a ", b"*a", b"<<: *a", b"!!python/name:os.system ", b"- ", b"? ", b": ", b"{", b"["]
                ),
                st.sampled_from(
                    [b"|\n", b">\n", b"#", b"%YAML 1.2\n---\n", b"...\n", b"\t", b"\xff\xfe", b"0x" + b"f" * 5000]
                ),
                st.just(content[at:end] * 2),
            )
        )
        content = content[:at] + piece + content[end:]
    return content


@st.composite
def overrides(draw: st.DrawFn, base: dict[str, Any]) -> list[str]:
    """Words after `--set`: paths that are there, and some that are not, with values of every kind."""
    words = []
    for _ in range(draw(st.integers(1, 3))):
        path = ".".join(map(str, draw(st.sampled_from(list(_places(base))))))
        path = draw(st.one_of(st.just(path), st.just(path + ".x"), st.just(path + ".0"), st.sampled_from(_WORDS)))
        value = draw(
            st.one_of(_scalars.map(str), st.sampled_from(["{a: &x [*x]}", "[" * 80, "{", "a: b: c", "!!set {a}"]))
        )
        words.append(
            f"{path}{draw(st.sampled_from(['=', '=', '=', '', '==']))}{value}".encode(errors="replace").decode()
        )
    return words
