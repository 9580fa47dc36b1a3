"""Tables as HTML in which every value is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

__all__ = ["FILTERABLE", "SORTABLE", "Cell", "Column", "Fragment", "Table", "link"]

SORTABLE = "sortable"  # the classes by which a table asks for the page's script
FILTERABLE = "filterable"


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML as the last value of a notebook cell: Jupyter shows it."""

    html: Markup

    def _repr_html_(self) -> str:
        return str(self.html)


@dataclass(frozen=True)
class Column:
    """A heading, and the unit or remark below it. Numbers are set to the right."""

    heading: str
    note: str = ""
    number: bool = False
    kind: str = ""  # a class of page.css
    ordered: bool = True  # False where its values have no order, as a list of links has none


@dataclass(frozen=True)
class Cell:
    """A value, and the remark below it. Text is escaped when shown; Markup has been already."""

    value: str | Markup
    note: str | Markup = ""
    kind: str = ""
    key: float | None = None  # the number that a shown number stands for: rows are sorted by it


@dataclass(frozen=True)
class Table:
    """A table with a caption and headed columns; the first cell of each row heads the row.

    A sortable one can be sorted by any ordered column of text, and by those of numbers whose cells have keys; of a
    filterable one rows can be searched for. Both are the page's doing: without its script the table is whole.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | str | Markup]]
    kinds: Sequence[str] = field(default=())  # a class of page.css for each row, or none for any
    sortable: bool = False
    filterable: bool = False

    def _repr_html_(self) -> str:
        head = Markup("").join(
            Markup('<th scope="col" class="{}">{}{}</th>').format(_classes(column), column.heading, _note(column.note))
            for column in self.columns
        )
        kinds = self.kinds or [""] * len(self.rows)
        body = Markup("\n").join(self._row(row, kind) for row, kind in zip(self.rows, kinds, strict=True))
        asks = "".join([f" {SORTABLE}"] * self.sortable + [f" {FILTERABLE}"] * self.filterable)
        return Markup(
            '<div class="scroll{asks}" tabindex="0" role="region" aria-label="{caption}"><table>'
            "<caption>{caption}</caption><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
        ).format(asks=asks, caption=self.caption, head=head, body=body)

    def _row(self, row: Sequence[Cell | str | Markup], kind: str) -> Markup:
        cells = []
        for place, (column, given) in enumerate(zip(self.columns, row, strict=True)):
            cell = given if isinstance(given, Cell) else Cell(given)
            tag = Markup('th scope="row"') if place == 0 else Markup("td")
            classes = " ".join(filter(None, (_classes(column), cell.kind)))
            attributes = Markup(' class="{}"').format(classes) if classes else Markup("")
            if cell.key is not None and math.isfinite(cell.key):
                attributes += Markup(' data-sort="{}"').format(float(cell.key))
            cells.append(Markup("<{}{}>{}{}</{}>").format(tag, attributes, cell.value, _note(cell.note), tag[:2]))
        attribute = Markup(' class="{}"').format(kind) if kind else Markup("")
        return Markup("<tr{}>{}</tr>").format(attribute, Markup("").join(cells))


def link(address: str, text: str) -> Markup:
    """A link, both parts escaped."""
    return Markup('<a href="{}">{}</a>').format(address, text)


def _classes(column: Column) -> str:
    return " ".join(
        filter(None, ("number" if column.number else "", "" if column.ordered else "unordered", column.kind))
    )


def _note(text: str | Markup) -> Markup:
    return Markup("<small>{}</small>").format(text) if text else escape("")
