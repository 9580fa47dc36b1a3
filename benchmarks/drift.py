"""How often the watch for drift cries wolf, and how often it sees what is there: `python -m benchmarks.drift`.

The model is a logistic regression on counts of words, and a token is a word: nothing is trained for minutes. With
`--data FOLDER`, in which `banking77` and `imdb` are as parquet files, on those; without, on the built-in corpora. A
look is a reference, and requests that are no part of it: of the same data, for false alarms; of the other, for power.
"""

from __future__ import annotations

import argparse
import functools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from app.lab.corpora import load_corpus
from app.lab.corpora.corpus import Split
from app.serving.drift.checks import ALPHA, Verdict, find_drift
from app.serving.drift.rows import Rows
from app.serving.drift.two_samples import wilson_interval
from app.tasks import CLASSIFICATION

__all__ = ["Model", "World", "open_builtin", "open_files", "simulate"]

LONGEST = 64  # words that the model reads
REFERENCE = 1_000
# requests, share of them that is foreign, and how many looks, as a part of --looks
PLAN = ((200, 0.0, 1.0), (200, 1.0, 0.25), (1000, 0.0, 0.4), (200, 0.05, 0.1), (200, 0.1, 0.1), (200, 0.2, 0.1))
LABELLED = 0.25  # of the requests, by feedback


@dataclass(frozen=True, eq=False)
class Model:
    """A model of counts of words, and what it makes of texts."""

    pipeline: Pipeline
    known: frozenset[str]

    def answer(self, texts: Sequence[str], labels: Sequence[str | None]) -> Rows:
        """The texts as rows that were served; a label where it is given."""
        words = [re.findall(r"\w+", text.lower()) for text in texts]
        likely = self.pipeline.predict_proba(texts)
        return Rows(
            characters=np.asarray([len(text) for text in texts], dtype=np.float64),
            tokens=np.asarray([min(len(row), LONGEST) for row in words], dtype=np.float64),
            unknown=np.asarray([np.mean([word not in self.known for word in row] or [0.0]) for row in words]),
            is_cut=np.asarray([len(row) > LONGEST for row in words]),
            predictions=tuple(self.pipeline.classes_[likely.argmax(axis=1)].tolist()),
            confidence=likely.max(axis=1),
            texts=tuple(texts),
            labels=tuple(labels),
        )


@dataclass(frozen=True, eq=False)
class World:
    """Rows of what a model was made for, that it was not trained on, and rows of something else."""

    own: Rows
    other: Rows


def simulate(
    world: World, *, requests: int, foreign: float, looks: int, with_texts: bool, reference: int = REFERENCE
) -> list[bool]:
    """Whether drift was found, for each of so many looks.

    Args:
        world: where rows are drawn from.
        requests: rows served.
        foreign: share of them that are of the other kind.
        looks: how often to draw anew.
        with_texts: whether texts are kept.
        reference: rows of it.
    """
    random = np.random.default_rng(0)
    found = []
    for look in range(looks):
        places = random.permutation(len(world.own))
        known = world.own.take(places[:reference].tolist())
        strange = round(foreign * requests)
        usual = world.own.take(places[reference : reference + requests - strange].tolist())
        unusual = world.other.take(random.choice(len(world.other), strange, replace=False).tolist())
        served = _keep(_concatenate(usual, unusual), random, with_texts=with_texts)
        findings = find_drift(known, served, kind=CLASSIFICATION.name, seed=look)
        found.append(findings.verdict is Verdict.DRIFT)
    return found


def open_builtin() -> World:
    """Intents of customers, against reviews of films: the built-in corpora."""
    intents, sentiment = load_corpus("intents").splits, load_corpus("sentiment").splits
    own = [row for split in intents.values() for row in _pairs(split)]
    return _open(own, _pairs(sentiment["train"]))


def open_files(folder: Path) -> World:
    """Questions of bank customers (BANKING77), against reviews of films (IMDb)."""
    own = [row for part in ("train", "test") for row in _read(folder / "banking77" / f"{part}.parquet")]
    return _open(own, _read(folder / "imdb" / "test.parquet"))


def _pairs(split: Split) -> list[tuple[str, str]]:
    return [(text, str(label)) for text, label in zip(split.texts[0], split.labels, strict=True)]


def _read(path: Path) -> list[tuple[str, str]]:
    table = pyarrow.parquet.read_table(path, columns=["text", "label_name"])
    return list(zip(table["text"].to_pylist(), table["label_name"].to_pylist(), strict=True))


def _open(own: list[tuple[str, str]], other: list[tuple[str, str]]) -> World:
    order = np.random.default_rng(0).permutation(len(own))
    half = len(own) // 2
    trained, kept = ([own[place] for place in part] for part in (order[:half], order[half:]))
    model = _train([text for text, _ in trained], [label for _, label in trained])
    strangers = [other[place] for place in np.random.default_rng(1).permutation(len(other))[:2000]]
    return World(
        model.answer([text for text, _ in kept], [label for _, label in kept]),
        model.answer([text for text, _ in strangers], [None] * len(strangers)),
    )


def _train(texts: Sequence[str], labels: Sequence[str]) -> Model:
    pipeline = make_pipeline(CountVectorizer(binary=True), LogisticRegression(C=10.0, max_iter=300))
    pipeline.fit(texts, labels)
    return Model(pipeline, frozenset(word for text in texts for word in re.findall(r"\w+", text.lower())))


def _concatenate(first: Rows, second: Rows) -> Rows:
    return Rows(
        **{
            name: (
                (*getattr(first, name), *getattr(second, name))
                if isinstance(getattr(first, name), tuple)
                else np.concatenate([getattr(first, name), getattr(second, name)])
            )
            for name in vars(first)
        }
    )


def _keep(rows: Rows, random: np.random.Generator, *, with_texts: bool) -> Rows:
    """What serving would keep: no texts, unless asked for, and labels as far as there is feedback."""
    labels = [
        label if chosen else None
        for label, chosen in zip(rows.labels, random.random(len(rows)) < LABELLED, strict=True)
    ]
    texts = rows.texts if with_texts else (None,) * len(rows)
    return Rows(**{**vars(rows), "labels": tuple(labels), "texts": texts})


def main() -> None:
    """Print the table of rates."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description="False alarms and power.")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="with banking77/ and imdb/; else built-in corpora")
    parser.add_argument("--looks", type=int, default=400, metavar="N", help="of 200 requests without drift; else fewer")
    arguments = parser.parse_args()
    world = open_files(arguments.data) if arguments.data else open_builtin()
    name = "banking77, against imdb" if arguments.data else "intents, against sentiment"
    print(f"{name}: a reference of {REFERENCE:,} rows; at most {ALPHA:.0%} of looks without drift may find it")
    print(f"{'requests':>8}  {'foreign':>7}  {'texts':>5}  {'drift found':>14}  95 % interval   s/look")
    run: Callable[..., list[bool]] = functools.partial(simulate, world)
    for with_texts in (True, False):
        for requests, foreign, part in PLAN:
            looks = max(1, round(part * arguments.looks))
            began = time.monotonic()
            found = run(requests=requests, foreign=foreign, looks=looks, with_texts=with_texts)
            low, high = wilson_interval(sum(found), looks)
            took = (time.monotonic() - began) / looks
            told = f"{sum(found)} of {looks}"
            print(
                f"{requests:8}  {foreign:7.0%}  {'yes' if with_texts else 'no':>5}  {told:>14}  "
                f"{low:6.2%} to {high:6.2%}  {took:5.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
