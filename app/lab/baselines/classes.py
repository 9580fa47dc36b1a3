"""Two baselines for classes: the most frequent class, and a bag of words."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from app.lab.baselines.baseline import Baseline, Columns
from app.lab.datasets import Split

__all__ = ["fit_classes"]


def fit_classes(family: str, train: Split, classes: int, seed: int) -> Baseline:
    """Fit `majority` (the most frequent class) or `tfidf-logreg` (tf-idf of words and word pairs, then logistic
    regression with scikit-learn's defaults). It gives class probabilities, of shape (rows, classes).
    """
    texts, labels = _join(train.texts), np.asarray(train.labels)
    began = time.perf_counter()
    pipeline: Pipeline
    if family == "majority":
        pipeline = make_pipeline(DummyClassifier(strategy="prior")).fit(texts, labels)
        parameters = classes
    else:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        pipeline = make_pipeline(words, LogisticRegression(max_iter=1000, random_state=seed)).fit(texts, labels)
        parameters = int(pipeline[-1].coef_.size + pipeline[-1].intercept_.size)

    def answer(columns: Columns) -> npt.NDArray[np.float32]:
        scores = np.zeros((len(columns[0]), classes), dtype=np.float32)
        scores[:, pipeline.classes_] = pipeline.predict_proba(_join(columns))  # a class may be absent from train
        return scores

    return Baseline(answer, parameters, time.perf_counter() - began)


def _join(columns: Columns) -> list[str]:
    return [" [SEP] ".join(texts) for texts in zip(*columns, strict=True)]
