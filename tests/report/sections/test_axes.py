"""Logarithmic axes have a few round values, in words."""

import pytest

from app.drawing import new_figure
from app.report.page.wording import duration
from app.report.sections.axes import log_ticks, set_log_axis


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.8, 6.0, [1, 2, 5]),
        (0.8, 40.0, [1, 2, 5, 10, 20]),
        (0.8, 400.0, [1, 3, 10, 30, 100, 300]),
        (1e-5, 1e5, None),
        (1.2, 1.8, []),
    ],
)
def test_ticks_are_round_and_few(low, high, ticks):
    found = log_ticks(low, high)
    assert len(found) <= 5
    assert all(low <= tick <= high for tick in found)
    if ticks is not None and len(ticks) <= 5:
        assert found == pytest.approx(ticks)


def test_an_axis_tells_its_values_with_their_unit():
    _, (axes,) = new_figure(300, 200)
    set_log_axis(axes, 0.0008, 0.03, duration, least=0.001)
    labels = [axes.xaxis.get_major_formatter()(tick, None) for tick in axes.get_xticks()]
    assert labels == ["1 ms", "2 ms", "5 ms", "10 ms", "20 ms"]
