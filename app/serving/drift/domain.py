"""A classifier that is asked which rows are new: where it cannot tell, nothing that it sees has drifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import linalg, stats

from app.serving.drift.rows import Floats, Rows
from app.serving.drift.two_samples import Measured

__all__ = ["Domain", "classify_features", "classify_texts"]

Row = TypeVar("Row")

FOLDS = 5
PERMUTATIONS = 1_999
MOST = 1_000  # rows of either side: the time taken grows with their square
RIDGE = 1.0  # added to the diagonal of a kernel whose own is 1
WORDS = 12  # told for either side
LABELS = 20  # the commonest predictions, as features
VOCABULARY = 20_000
WORD = r"(?u)\w+"


@dataclass(frozen=True)
class Domain:
    """How well rows of the two sides are told apart.

    Attributes:
        found: the effect is the area under the ROC curve less a half: 0 where they cannot be told apart, 0.5 where
            every row can.
        new_words: of texts, those that speak most for a served row, the most telling first.
        old_words: those that speak most for a row of the reference.
    """

    found: Measured
    new_words: tuple[str, ...] = ()
    old_words: tuple[str, ...] = ()


def classify_texts(reference: Sequence[str], served: Sequence[str], *, seed: int = 0) -> Domain | None:
    """Tell texts apart by their words, weighted by tf-idf; None where no word is in two of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    reference, served = _thin(reference, seed), _thin(served, seed)
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=VOCABULARY, token_pattern=WORD)
    try:
        weights = words.fit_transform([*reference, *served])
    except ValueError:  # an empty vocabulary
        return None
    kernel = np.asarray((weights @ weights.T).todense())
    is_new = np.repeat([False, True], [len(reference), len(served)])
    found = _test(kernel, is_new, seed)
    told = _fit(kernel, _centred(is_new))
    # a word's weight, times how much more of it there is in new texts: what it adds to telling the two apart
    more = np.asarray(weights[is_new].mean(axis=0) - weights[~is_new].mean(axis=0)).ravel()
    telling = (weights.T @ told) * np.abs(more)
    order, names = np.argsort(-telling, kind="stable"), words.get_feature_names_out()
    return Domain(
        found,
        tuple(str(names[place]) for place in order[:WORDS] if telling[place] > 0),
        tuple(str(names[place]) for place in order[::-1][:WORDS] if telling[place] < 0),
    )


def classify_features(reference: Rows, served: Rows, *, seed: int = 0) -> Domain:
    """The same by lengths, unknown and cut words, predictions and confidence, all of them together."""
    sides = [side.take(_thin(range(len(side)), seed)) for side in (reference, served)]
    known = not any(np.isnan(side.confidence).any() for side in sides)
    names = ("characters", "tokens", "unknown", "is_cut", *(["confidence"] if known else []))
    columns = [np.concatenate([getattr(side, name) for side in sides]) for name in names]
    predictions = np.asarray([prediction for side in sides for prediction in side.predictions])
    labels, counts = np.unique(predictions, return_counts=True)
    common = labels[np.argsort(-counts, kind="stable")][:LABELS]
    ranks = [stats.rankdata(column) / len(column) for column in columns]
    features = np.stack([*ranks, *(predictions == label for label in common)], axis=1).astype(np.float64)
    squares = (features**2).sum(axis=1)
    apart = np.maximum(0.0, squares[:, None] + squares - 2 * features @ features.T)
    kernel = np.exp(-apart / max(float(np.median(apart)), 1e-6))
    return Domain(_test(kernel, np.repeat([False, True], [len(side) for side in sides]), seed))


def _test(kernel: Floats, is_new: npt.NDArray[np.bool_], seed: int) -> Measured:
    """The area under the ROC curve on held-out rows, and how often chance does as well.

    A classifier as a two-sample test: Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests (ICLR 2017). It is
    trained on four fifths and asked about the last, five times over. The permutations are exact: which rows are new is
    drawn anew within each fold, and the classifier trained anew. It can be, 1,999 times, since it is a kernel ridge
    regression on 0 and 1: what it says of held-out rows is linear in what it was told of the others, by one matrix.
    What is compared with the permutations is by how much the mean score of new rows is above that of old ones, since
    that needs no sorting; the area says the same in a figure that one knows.
    """
    random = np.random.default_rng(seed)
    parts = [np.array_split(random.permutation(np.flatnonzero(is_new == side)), FOLDS) for side in (False, True)]
    folds = [np.concatenate(pair) for pair in zip(*parts, strict=True)]
    order = np.concatenate(folds)  # in which each fold is in one piece
    kernel, is_new = kernel[np.ix_(order, order)].astype(np.float32), is_new[order]
    ends = np.cumsum([len(fold) for fold in folds])
    pieces = [slice(end - len(fold), end) for fold, end in zip(folds, ends, strict=True)]
    told = np.repeat(_centred(is_new).astype(np.float32)[None, :], 1 + PERMUTATIONS, axis=0)  # first: how it is
    for held in pieces:
        told[1:, held] = random.permuted(told[1:, held], axis=1)
    area, margins = 0.0, np.zeros(1 + PERMUTATIONS)
    for held in pieces:
        trained = np.ones(len(order), dtype=np.bool_)
        trained[held] = False
        weights = np.zeros((len(order), held.stop - held.start), dtype=np.float32)
        inverse = linalg.cho_factor(kernel[trained][:, trained] + RIDGE * np.eye(int(trained.sum()), dtype=np.float32))
        weights[trained] = linalg.cho_solve(inverse, kernel[trained, held])
        scores = told @ weights
        area += _area(scores[0], is_new[held]) / FOLDS
        # what is told sums to the same in every permutation: this is the difference of the means, but for a factor
        share = float(is_new[held].mean())
        margins += np.einsum("ij,ij->i", scores, told[:, held] - told[0, held].mean()) / (
            len(weights[0]) * share * (1 - share)
        )
    p_value = (1 + int((margins[1:] >= margins[0] - 1e-6).sum())) / (1 + PERMUTATIONS)
    return Measured(max(0.0, area - 0.5), p_value)


def _area(scores: npt.NDArray[np.float32], is_new: npt.NDArray[np.bool_]) -> float:
    """The share of pairs of a new and an old row in which the new one has the higher score.

    That is the U of Mann and Whitney over the number of pairs: Hanley & McNeil, Radiology 143 (1982).
    """
    new = int(is_new.sum())
    above = float(stats.rankdata(scores)[is_new].sum()) - new * (new + 1) / 2
    return above / (new * (len(scores) - new))


def _centred(is_new: npt.NDArray[np.bool_]) -> Floats:
    found: Floats = is_new - is_new.mean()
    return found


def _fit(kernel: Floats, told: Floats) -> Floats:
    found: Floats = linalg.cho_solve(linalg.cho_factor(kernel + RIDGE * np.eye(len(told))), told)
    return found


def _thin(rows: Sequence[Row], seed: int) -> Sequence[Row]:
    """All of them, or `MOST` drawn from them, in their order."""
    if len(rows) <= MOST:
        return rows
    return [rows[place] for place in sorted(np.random.default_rng(seed).choice(len(rows), MOST, replace=False))]
