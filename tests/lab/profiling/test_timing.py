"""A timing says how well its median is known, and does not claim more."""

import itertools
import random
import statistics
import time

import pytest

from app.lab.profiling import timing
from app.lab.profiling.timing import Timing, median_interval, time_passes


def after(seconds) -> None:
    """Keeps the processor busy: sleeping is far less exact."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


@pytest.fixture
def measured(monkeypatch):
    """Times passes of known lengths by a clock that only they move."""

    def measure(lengths) -> Timing:
        now, passes = [0.0], iter(lengths)

        def one() -> None:
            now[0] += next(passes)

        monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
        return time_passes(one)

    return measure


def test_percentiles_come_in_order_and_lie_among_the_passes():
    found = time_passes(lambda: after(0.0005))
    percentiles = [found.percentile(share) for share in (0, 50, 90, 95, 99, 100)]
    assert percentiles == sorted(percentiles)
    assert percentiles[0] == found.seconds[0] >= 0.0005
    assert percentiles[-1] == found.seconds[-1]
    low, high = found.interval
    assert low <= found.percentile(50) <= high


def test_the_interval_has_the_ranks_of_the_published_table():
    # Conover 1999 and Gibbons 1971, table of confidence intervals for the median: n -> rank from below, from 1
    for count, rank in {6: 1, 8: 1, 9: 2, 10: 2, 15: 4, 20: 6, 25: 8, 30: 10, 50: 18, 100: 40}.items():
        assert median_interval(range(1, count + 1)) == (rank, count + 1 - rank)


@pytest.mark.parametrize("count", range(6))
def test_fewer_than_six_passes_have_no_interval(count):
    assert median_interval([1.0] * count) is None


@pytest.mark.parametrize("count", [6, 20, 101])
def test_the_interval_holds_the_median_in_95_of_100_draws_whatever_the_distribution(count):
    draw = random.Random(1)
    held = 0
    for _ in range(2000):
        low, high = median_interval(sorted(draw.expovariate(1) for _ in range(count)))
        held += low <= 0.6931 <= high  # the median of that distribution is ln 2
    assert held / 2000 > 0.94


def test_the_interval_shrinks_with_the_number_of_passes():
    draw = random.Random(2)
    passes = [draw.gauss(1, 0.1) for _ in range(5000)]
    widths = []
    for count in (10, 100, 1000, 5000):
        low, high = median_interval(sorted(passes[:count]))
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 10


def test_a_steady_callable_is_settled_after_a_hundred_passes(measured):
    found = measured(itertools.repeat(0.001))
    assert found.settled
    assert len(found.seconds) == timing.WANTED


def test_a_jittery_callable_is_not_called_settled(measured):
    draw = random.Random(0)
    found = measured(draw.choice((0.001, 0.004)) for _ in itertools.count())
    assert not found.settled
    assert timing.LEAST_SECONDS <= sum(found.seconds) < timing.LEAST_SECONDS + 0.01


def test_what_it_does_before_it_is_warm_is_not_counted(measured):
    found = measured(itertools.chain([30.0, 0.05, 0.01, 0.005, 0.002], itertools.repeat(0.001)))
    assert max(found.seconds) == pytest.approx(0.001)


def test_a_slow_callable_has_its_six_passes_and_no_more(measured):
    found = measured(itertools.repeat(2.0))
    assert len(found.seconds) == timing.AT_LEAST
    assert found.mean == pytest.approx(2.0)


def test_few_passes_that_agree_are_settled_and_few_that_do_not_are_not():
    assert Timing((1.0, 1.001, 1.002, 1.003, 1.004, 1.005)).settled
    assert not Timing((1.0, 1.001, 1.002, 1.003, 1.004, 1.2)).settled
    assert not Timing((1.0,) * 5).settled


def test_the_middle_of_an_even_number_of_passes_is_between_the_two():
    passes = (1.0, 2.0, 3.0, 10.0)
    assert Timing(passes).percentile(50) == statistics.median(passes)
