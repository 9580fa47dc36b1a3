"""Tables escape what they show, and say what their rows can be sorted by."""

import math

from markupsafe import Markup

from app.report.page.markup import Cell, Column, Table, link
from app.report.page.sanitise import clean_html

COLUMNS = (Column("name"), Column("size", "bytes", number=True), Column("links", ordered=False))


def html_of(*rows, **options):
    return str(Table("A caption.", COLUMNS, rows, **options)._repr_html_())


def test_values_are_text_unless_they_are_markup():
    html = html_of(("<b>", Cell("&", "<i>"), link('a"b', "<c>")))
    assert '<th scope="row">&lt;b&gt;</th><td class="number">&amp;<small>&lt;i&gt;</small></td>' in html
    assert '<td class="unordered"><a href="a&#34;b">&lt;c&gt;</a></td>' in html


def test_a_cell_carries_the_number_behind_what_it_shows():
    html = html_of(("a", Cell("4.39 M", key=4_386_000), ""), ("b", Cell("1 µs", key=1e-6), ""))
    assert 'data-sort="4386000.0"' in html
    assert 'data-sort="1e-06"' in html
    assert clean_html(html).count("data-sort") == 2


def test_what_is_absent_has_none():
    assert "data-sort" not in html_of(*(("a", Cell("–", key=key), "") for key in (None, math.nan, math.inf)))


def test_a_table_asks_for_no_more_than_it_was_made_with():
    rows = [("a", "1", Markup(""))]
    assert '<div class="scroll" ' in html_of(*rows)
    assert '<div class="scroll sortable" ' in html_of(*rows, sortable=True)
    assert '<div class="scroll sortable filterable" ' in html_of(*rows, sortable=True, filterable=True)
