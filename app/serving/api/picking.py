"""Which of the rows that wait are computed together: the one that has waited longest, and those as long as it."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["pick_rows"]

WASTE = 0.25  # of a batch, that padding may be


def pick_rows(lengths: Sequence[int], tokens: int) -> list[int]:
    """Places of the rows of the next batch.

    Args:
        lengths: in tokens, of the rows that wait, in the order they came.
        tokens: that a batch may have, padding included; a row that is longer is computed alone.

    Returns:
        The first, and those that are nearest to it in length, as long as no more than a quarter of the batch is
        padding. So nobody waits for ever, and a short text does not pay for a long one.
    """
    if not lengths:
        return []
    first = lengths[0]
    picked, longest, total = [0], first, first
    for place in sorted(range(1, len(lengths)), key=lambda place: abs(lengths[place] - first)):
        width = max(longest, lengths[place])
        area = width * (len(picked) + 1)
        if area > tokens or (total + lengths[place]) < (1 - WASTE) * area:
            break
        picked.append(place)
        longest, total = width, total + lengths[place]
    return picked
