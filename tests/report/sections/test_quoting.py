"""What the data say is shown on a line, as text and nothing else."""

import pytest

from app.report.sections.quoting import passage, quote, quote_texts
from tests.report.page.test_pages import PROBE


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("a short one", 20, "a short one"),
        ("two\nlines\tand  gaps ", 40, "two lines and gaps"),
        ("longer than it may be", 10, "longer th…"),
        ("exactly 10", 10, "exactly 10"),
        ("\x00a\x1b[31m\u202eb\u200bc\ud800", 20, "a [31m b c"),
        ("", 5, ""),
        ("x" * 1000, 3, "xx…"),
        (" " * 1000 + "far", 10, "…"),
        ("日本語 \N{FIRE}", 20, "日本語 \N{FIRE}"),
    ],
)
def test_a_text_is_cut_to_a_line(text, length, shown):
    assert quote(text, length) == shown


def test_a_pair_is_two_texts_with_a_stroke_between():
    assert quote_texts(("one", "other")) == "one ‖ other"


def test_a_passage_escapes_what_it_is_given():
    html = str(passage("A heading", PROBE, "", "more").html)
    assert "<script>" not in html
    assert html.startswith("<h3>A heading</h3><p>&lt;/style")
    assert html.endswith(" more</p>")
