"""Answers of the engine as they go over the wire, and as the store keeps them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from app.serving.api.batching import Answered
from app.serving.api.rows import Given
from app.serving.api.wire import Alternative, Prediction, Tag
from app.serving.engine.answers import Choice
from app.serving.package.manifest import Manifest
from app.serving.store.records import Served
from app.tasks import TAGGING

__all__ = ["describe_row", "predict_row"]

DIGITS = 6


def predict_row(given: Given, answered: Answered) -> Prediction:
    """The answer to one text, with an id of its own."""
    answer, row_id, is_cut = answered.answer, os.urandom(16).hex(), answered.encoded.is_cut
    if answer.value is not None:
        return Prediction(id=row_id, value=round(answer.value, DIGITS), is_cut=is_cut)
    if answer.choices:
        first, *others = answer.choices
        return Prediction(
            id=row_id,
            label=first.label,
            probability=round(first.probability, DIGITS),
            alternatives=[Alternative(label=one.label, probability=round(one.probability, DIGITS)) for one in others],
            is_cut=is_cut,
        )
    tags = dict(zip(answered.encoded.words, answer.tags, strict=True))
    words = [_tag(given, place, tags.get(place)) for place in range(len(given.row))]
    return Prediction(id=row_id, words=words, is_cut=is_cut)


def describe_row(
    manifest: Manifest, version: int, given: Given, answered: Answered, prediction: Prediction, *, keep_text: bool
) -> Served:
    """What the store is to know of the row: features, and the text only where it may be kept."""
    shown = prediction.label if prediction.value is None else f"{prediction.value:g}"
    return Served(
        id=prediction.id,
        time=datetime.now(UTC).isoformat(),
        version=version,
        characters=given.characters,
        tokens=len(answered.encoded),
        unknown=answered.encoded.unknown,
        is_cut=answered.encoded.is_cut,
        prediction=shown or "",
        confidence=prediction.probability,
        texts=_texts(manifest, given) if keep_text else (),
    )


def _texts(manifest: Manifest, given: Given) -> tuple[str, ...]:
    return (" ".join(given.row),) if manifest.kind == TAGGING.name else given.row


def _tag(given: Given, place: int, found: Choice | None) -> Tag:
    start, end = given.places[place] if given.places else (None, None)
    tag = Tag(word=given.row[place], start=start, end=end)
    if found is not None:
        tag.tag, tag.probability = found.label, round(found.probability, DIGITS)
    return tag
