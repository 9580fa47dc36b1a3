"""The Pareto front: by hand, and by what its definition asks."""

import math

from hypothesis import given
from hypothesis import strategies as st

from app.report.statistics.pareto import beaten_by, dominates, find_front

VALUES = st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.0, 1.0, math.nan]))
POINTS = st.dictionaries(st.text(alphabet="abcdefgh", min_size=1, max_size=2), VALUES, max_size=12)


def test_who_is_cheaper_or_better_than_every_other_is_on_the_front():
    points = {"large": (-0.9, 10.0), "small": (-0.8, 1.0), "slow": (-0.8, 20.0), "bad": (-0.5, 5.0)}
    assert find_front(points) == ("large", "small")
    assert beaten_by(points) == {"slow": "large", "bad": "small"}


def test_equal_points_are_on_the_front_together():
    points = {"a": (-0.9, 1.0), "b": (-0.9, 1.0), "c": (-0.9, 2.0)}
    assert find_front(points) == ("a", "b")
    assert beaten_by(points) == {"c": "a"}


def test_of_two_with_the_same_score_the_cheaper_one_wins_and_of_the_same_cost_the_better_one():
    assert find_front({"dear": (-0.9, 2.0), "cheap": (-0.9, 1.0)}) == ("cheap",)
    assert find_front({"worse": (-0.8, 1.0), "better": (-0.9, 1.0)}) == ("better",)


def test_what_is_not_known_is_on_no_front_and_beats_nobody():
    points = {"a": (-0.9, math.nan), "b": (-0.1, 5.0)}
    assert find_front(points) == ("b",)
    assert beaten_by(points) == {}


def test_a_single_point_is_its_own_front_and_none_is_no_front():
    assert find_front({"only": (0.4, 3.0)}) == ("only",)
    assert find_front({}) == ()


@given(POINTS)
def test_each_known_point_is_on_the_front_or_beaten_by_one_that_is(points):
    front, beaten = find_front(points), beaten_by(points)
    known = [name for name, point in points.items() if not any(map(math.isnan, point))]
    assert sorted([*front, *beaten]) == sorted(known)
    assert all(rival in front and dominates(points[rival], points[name]) for name, rival in beaten.items())


@given(VALUES, VALUES, VALUES)
def test_domination_goes_one_way_and_on(a, b, c):
    assert not (dominates(a, b) and dominates(b, a))
    assert dominates(a, c) or not (dominates(a, b) and dominates(b, c))
