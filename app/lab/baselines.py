"""Two competitors that no transformer should lose to: the most frequent class, and a bag of words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from app.lab.datasets import Split

__all__ = ["Baseline", "fit_baseline"]

Scores = npt.NDArray[np.float32]


class _Predictor(Protocol):
    classes_: npt.NDArray[np.int64]

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float64]: ...


@dataclass(frozen=True)
class Baseline:
    """A fitted baseline."""

    pipeline: _Predictor
    classes: int
    parameters: int  # coefficients, intercepts included
    train_seconds: float

    def predict(self, split: Split) -> Scores:
        """Class probabilities, of shape (rows, classes)."""
        return self.predict_texts(_join(split))

    def predict_texts(self, texts: Sequence[str]) -> Scores:
        """Class probabilities of the texts, of shape (len(texts), classes)."""
        found = self.pipeline.predict_proba(texts)
        scores = np.zeros((len(texts), self.classes), dtype=np.float32)
        scores[:, self.pipeline.classes_] = found  # a class may be absent from train
        return scores


def fit_baseline(family: str, train: Split, classes: int, seed: int) -> Baseline:
    """Fit `majority` (the most frequent class) or `tfidf-logreg` (tf-idf of words and word pairs, then logistic
    regression with scikit-learn's defaults).
    """
    texts, labels = _join(train), np.asarray(train.labels)
    began = time.perf_counter()
    pipeline: Pipeline
    if family == "majority":
        pipeline = make_pipeline(DummyClassifier(strategy="prior")).fit(texts, labels)
        parameters = classes
    else:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        pipeline = make_pipeline(words, LogisticRegression(max_iter=1000, random_state=seed)).fit(texts, labels)
        parameters = int(pipeline[-1].coef_.size + pipeline[-1].intercept_.size)
    return Baseline(pipeline, classes, parameters, time.perf_counter() - began)


def _join(split: Split) -> list[str]:
    return [" [SEP] ".join(texts) for texts in zip(*split.texts, strict=True)]
