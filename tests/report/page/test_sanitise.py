from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.report.page.sanitise import ATTRIBUTES, TAGS, clean_html

PROBES = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//elsewhere.example/'>x</a>",
    "<iframe src='https://elsewhere.example'></iframe>",
    "<b style='background:url(https://elsewhere.example)' onclick='alert(1)'>x</b>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<script>left open",
    "<form action='https://elsewhere.example'><input name=a></form>",
    "<td data-sort='1' data-other='2' onclick='alert(1)'>1</td>",
    "<h2 id=content><h3>x</h2>",
)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    return reader.found


def assert_harmless(html: str) -> None:
    for tag, attributes in elements(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES | {"href", "data-sort"}
        address = (attributes.get("href") or "").lower()
        scheme = re.match(r"[^/?#]*:", address)
        assert not address.startswith(("//", "\\"))
        assert scheme is None or scheme.group() in ("http:", "https:", "mailto:")


@pytest.mark.parametrize("probe", PROBES)
def test_nothing_that_acts_survives(probe: str) -> None:
    assert_harmless(clean_html(probe))


@given(st.lists(st.sampled_from([*PROBES, "<b", ">", "'", '"', "<table><tr><td>", "</td>", "&lt;", "x"])))
def test_nothing_that_acts_survives_in_any_order(pieces: list[str]) -> None:
    assert_harmless(clean_html("".join(pieces)))


def test_what_is_refused_stays_readable() -> None:
    assert clean_html("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert clean_html("</style>") == "&lt;/style&gt;"


def test_escaped_text_stays_escaped() -> None:
    assert clean_html("<p>&lt;script&gt; &amp; co</p>") == "<p>&lt;script&gt; &amp; co</p>"


def test_a_table_with_links_survives() -> None:
    row = '<tr class="best"><th scope="row"><a href="runs/x/notebook.html">0.9</a></th></tr>'
    table = f"<table><tbody>{row}</tbody></table>"
    assert clean_html(table) == table


def test_a_data_frame_keeps_its_table_and_loses_its_style_sheet() -> None:
    frame = "<div>\n<style scoped>\n td { color: red; }\n</style>\n<table><tr><td>1</td></tr></table></div>"
    assert "color" not in clean_html(frame)
    assert "<td>1</td>" in clean_html(frame)


def test_elements_left_open_are_closed_and_stray_ends_dropped() -> None:
    assert clean_html("</div><table><tr><td>1</b>") == "<table><tr><td>1</td></tr></table>"


@pytest.mark.parametrize("key", ["0.0", "-3.25", "1e-07", "9600000.0", "1.5e+16"])
def test_a_number_to_sort_by_survives_in_a_cell(key: str) -> None:
    cells = f'<tr><th data-sort="{key}">a</th><td data-sort="{key}">b</td></tr>'
    assert clean_html(cells) == cells


@pytest.mark.parametrize(
    "key", ["", "nan", "inf", "1 ", "1\n", "0x1", "1;alert(1)", "<b>", "\u0663", "1e", "--1", "+1"]
)
def test_what_is_no_number_is_nothing_to_sort_by(key: str) -> None:
    assert clean_html(f'<td data-sort="{key}">a</td>') == "<td>a</td>"


def test_only_cells_have_something_to_sort_by() -> None:
    assert clean_html('<tr data-sort="1"><td data-sorted="1" data-Sort-x="1"></td></tr>') == "<tr><td></td></tr>"


def named(tag: str, text: str) -> str:
    return f"{tag}-{text}" if text else ""


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        (
            '<h2 class="x" id="own">One &amp; <b>two</b></h2>',
            '<h2 id="h2-One &amp; two" class="x">One &amp; <b>two</b></h2>',
        ),
        ("<h2></h2><p>a</p>", "<h2></h2><p>a</p>"),
        ("<h2>a<h3>b</h3>c</h2>", '<h2>a<h3 id="h3-b">b</h3>c</h2>'),
        ("<h2>a<h3>b</h2>", '<h2>a<h3 id="h3-b">b</h3></h2>'),
        ("<div><h2>a</div><h3>b</h3>", '<div><h2>a</h2></div><h3 id="h3-b">b</h3>'),
        ("<h2>left open", "<h2>left open</h2>"),
        ('<p id="own">a</p>', "<p>a</p>"),
    ],
)
def test_headings_have_the_ids_that_the_page_gives_them(html: str, cleaned: str) -> None:
    assert clean_html(html, named) == cleaned
