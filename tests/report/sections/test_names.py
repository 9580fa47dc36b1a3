"""Names beside points stand free where they can."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.drawing import new_figure
from app.report.sections.names import Named, name_points


def panel() -> tuple[Figure, Axes]:
    figure, (axes,) = new_figure(340, 250)
    axes.set_xscale("log")
    axes.set_xlim(1, 100)
    axes.set_ylim(0, 1)
    return figure, axes


def test_two_points_close_together_have_names_apart() -> None:
    figure, axes = panel()
    figure.draw_without_rendering()
    assert name_points(axes, [Named(10, 0.50, "first"), Named(11, 0.52, "second")]) == 0
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == ["first", "second"]
    assert not boxes[0].overlaps(boxes[1])


def test_where_there_is_no_room_what_matters_has_a_name_and_the_rest_has_none() -> None:
    _, axes = panel()
    crowd = [Named(10 + number / 50, 0.5, f"quiet-{number}", matters=False) for number in range(30)]
    nameless = name_points(axes, [*crowd, Named(10, 0.5, "important")])
    assert 0 < nameless < 30
    bold = [text for text in axes.texts if text.get_fontweight() == "bold"]
    assert [text.get_text() for text in bold] == ["important"]
    assert len(axes.texts) == 31 - nameless


def test_a_name_keeps_off_the_line() -> None:
    figure, axes = panel()
    figure.draw_without_rendering()
    name_points(axes, [Named(10, 0.5, "name")], line=[(10, 0.5), (100, 0.5)])
    (text,) = axes.texts
    box = text.get_window_extent()
    (_, height) = axes.transData.transform((10, 0.5))
    assert not (box.y0 < height < box.y1 and box.x1 > axes.transData.transform((10, 0.5))[0])
