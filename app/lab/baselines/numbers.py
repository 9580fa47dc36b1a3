"""Two baselines for numbers: their mean, and a ridge regression on words."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from app.lab.baselines.baseline import Baseline, Columns
from app.lab.datasets import Split

__all__ = ["fit_numbers"]


def fit_numbers(family: str, train: Split) -> Baseline:
    """Fit `mean` (the same number for every row) or `tfidf-ridge`. It gives numbers of shape (rows,).

    `tfidf-ridge` is ridge regression with scikit-learn's defaults on the tf-idf of words and word pairs. Of a pair it
    sees what the two texts share (the products of their weights), where they differ (the absolute differences), and
    the cosine of the two.
    """
    labels = np.asarray(train.labels, dtype=np.float64)
    began = time.perf_counter()
    if family == "mean":
        mean = float(labels.mean())
        return Baseline(lambda columns: np.full(len(columns[0]), mean), 1, time.perf_counter() - began)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(
        [text for column in train.texts for text in column]
    )
    model = Ridge().fit(_features(words, train.texts), labels)

    def answer(columns: Columns) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = model.predict(_features(words, columns))
        return found

    return Baseline(answer, model.coef_.size + 1, time.perf_counter() - began)


def _features(words: TfidfVectorizer, columns: Columns) -> sparse.csr_matrix:
    first, *rest = (words.transform(column) for column in columns)
    if not rest:
        return first
    second = rest[0]
    shared = first.multiply(second)
    return sparse.hstack([shared, abs(first - second), sparse.csr_matrix(shared.sum(axis=1))]).tocsr()
