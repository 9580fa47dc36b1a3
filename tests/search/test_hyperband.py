"""Hyperband stops at the bands that W&B's rule names, and whom it names."""

import pytest

from app.search.hyperband import find_bands, should_stop


@pytest.mark.parametrize(
    ("rule", "bands"),
    [
        ({"min_iter": 3, "eta": 3}, (3, 9, 27, 81)),
        ({"min_iter": 1, "eta": 1.5}, (1, 2, 3, 5)),
        ({"max_iter": 27, "s": 2, "eta": 3}, (3, 9)),
        ({"max_iter": 5, "s": 9, "eta": 2}, (1, 2)),
    ],
)
def test_bands_rise_by_eta_from_the_first_or_fall_from_the_last(rule, bands):
    found = find_bands(**{"min_iter": None, "max_iter": None, "s": None, **rule})
    assert found[: len(bands)] == bands


# at the second band the values are 6 to 10, of which the best half are those up to 8; W&B's code says the same of them
HISTORIES = {"a": [10, 9], "b": [10, 10], "c": [10, 8, 8], "d": [10, 7, 7], "e": [10, 6, 6]}


@pytest.mark.parametrize(("name", "is_stopped"), [("a", True), ("b", True), ("c", False), ("e", False)])
def test_who_is_not_among_the_best_at_the_last_band_it_passed_is_stopped(name, is_stopped):
    bands = find_bands(min_iter=None, max_iter=5, s=2, eta=2)
    others = [history for other, history in HISTORIES.items() if other != name]
    assert should_stop(HISTORIES[name], others, bands=bands, eta=2, strict=True) is is_stopped


def test_before_the_first_band_and_alone_nobody_is_stopped():
    assert not should_stop([9.0], [[1.0, 1.0]], bands=(2,), eta=3, strict=True)
    assert not should_stop([9.0, 9.0], [], bands=(2,), eta=3, strict=True)


def test_without_strict_the_best_value_so_far_counts():
    own, others = [1.0, 9.0], [[5.0, 5.0], [4.0, 4.0]]
    assert should_stop(own, others, bands=(2,), eta=3, strict=True)
    assert not should_stop(own, others, bands=(2,), eta=3, strict=False)
