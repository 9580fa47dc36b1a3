"""An executed notebook as one HTML file that needs nothing from elsewhere and runs nothing it is shown."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import ansi2html, markdown2html
from nbformat import NotebookNode
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from app.layout import RunFolder
from app.report.attempts import describe_end
from app.report.page.headings import CONTENT, Headings
from app.report.page.markup import FILTERABLE, SORTABLE
from app.report.page.sanitise import clean_html
from app.report.page.svg import clean_svg
from app.results import read_result, write_atomically

__all__ = ["render_page", "render_run"]

TEMPLATE = Path(__file__).parent / "template"
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
HIDDEN = ("hide-input", "remove-input")
ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')
ASKING = re.compile(rf'<div class="scroll (?:{SORTABLE}|{FILTERABLE})\b')  # in text, < is escaped
NARROW = 36  # characters in a line of a box on a phone
LOW, HIGH = 8, 24  # lines that boxes show without being scrolled: those of stderr, and all others
INLINE_STYLE = re.compile(r' style="[^"]*"')


@dataclass(frozen=True)
class Drawn:
    """The picture of an output, its number in the page, and what it shows in words where they are known."""

    element: Markup
    number: int
    words: str


def render_page(
    notebook: Path, page: Path, *, title: str, home: str | None, back: str = "all runs", notes: Sequence[str] = ()
) -> None:
    """Write the notebook at `notebook`, finished or not, as one self-contained HTML file, atomically.

    Nothing a notebook shows is trusted. nbconvert's own templates hand outputs on as they are, so that a
    script in a training example would run. Here the template escapes every value (autoescape), and what may
    hold markup (HTML tables, SVG drawings, Markdown) is rewritten from an allowlist first. By its Content
    Security Policy the page forbids itself all but its own style sheet, embedded pictures and, where one of its
    tables can be sorted or searched, the one script of ours that does so.

    Args:
        notebook: an .ipynb file.
        page: the HTML file to write.
        title: what the page is about, in a few words of plain text.
        home: a relative address to lead back to, or None.
        back: what is there.
        notes: sentences of plain text to stand before all else.

    Raises:
        OSError, ValueError: the notebook cannot be read, or the page cannot be written.
    """
    node = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    sheet, script = _read_part("page.css"), _read_part("page.js")
    resources = {
        "title": title,
        "home": home,
        "back": back,
        "notes": notes,
        "style_sheet": _safe(sheet),
        "style_hash": _hash(sheet),
        "script": _safe(script),
        "script_hash": _hash(script),
        "content": CONTENT,
        "headings": Headings(),
        "numbers": iter(range(1, sys.maxsize)),  # nbconvert copies it; Python 3.12 warns of a copied itertools.count
    }
    text, _ = _exporter().from_notebook_node(node, resources)
    # an unpaired surrogate, which a notebook may hold, has no place in a UTF-8 file
    write_atomically(page, text.encode("utf-8", "replace").decode("utf-8"))


def render_run(folder: RunFolder, run_id: str) -> None:
    """The page of one run. What is left of a run that was torn off may be no notebook: then it has no page."""
    result = read_result(folder.result)
    notes = describe_end(result) if result else ["This run has no whole result.json: it counts for nothing."]
    with contextlib.suppress(OSError, ValueError):
        render_page(folder.notebook, folder.page, title=run_id, home="../../index.html", notes=notes)


@functools.cache
def _exporter() -> TemplateExporter:
    # not the HTMLExporter, which would read the finished page with a parser and write it out another way
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        template_name=TEMPLATE.name,
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATE.parent)],
    )
    exporter.preprocessors = []
    exporter.environment.autoescape = True
    filters = {
        "as_html": _html,
        "as_markdown": lambda text, headings: _html(ANCHOR.sub("", markdown2html(_joined(text))), headings),
        "as_picture": _picture,
        "as_terminal": _terminal,
        "as_code": _highlighted,
        "folds": _folds,
        "scrolls": _scrolls,
        "asks_for_script": lambda body: ASKING.search(body) is not None,
    }
    for name, function in filters.items():
        exporter.register_filter(name, function)  # type: ignore[no-untyped-call]
    return exporter


def _html(text: str | Sequence[str], headings: Headings) -> Markup:
    # the corner of a pandas table heads nothing
    return _safe(clean_html(_joined(text), headings.add).replace("<th></th>", "<td></td>"))


def _terminal(text: str | Sequence[str]) -> Markup:
    """Text as a terminal leaves it: colours as classes, and of a line written over itself the last state."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in _joined(text).split("\n"))
    coloured: str = ansi2html("\n".join(lines))  # type: ignore[no-untyped-call]
    return _safe(INLINE_STYLE.sub("", coloured))


def _safe(html: str) -> Markup:
    """Mark as HTML what a filter of this module has escaped or rewritten."""
    return Markup(html)  # noqa: S704  # nosec B704


def _folds(cell: NotebookNode) -> bool:
    return not any(tag in HIDDEN for tag in cell.metadata.get("tags", ()))


def _scrolls(text: str | Sequence[str], lines: int = HIGH) -> bool:
    """Whether text may be higher than its box on a narrow screen, so that a keyboard has to reach it."""
    return sum(1 + len(line) // NARROW for line in _joined(text).split("\n")) > lines


def _highlighted(source: str) -> Markup:
    return _safe(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))


def _picture(output: NotebookNode, numbers: Iterator[int]) -> Drawn | None:
    """The picture of an output, the drawing before the pixels; None where it holds none."""
    data: dict[str, Any] = output.data
    description = str(output.metadata.get("alt", ""))
    if "image/svg+xml" in data:
        number = next(numbers)
        drawing = clean_svg(_joined(data["image/svg+xml"]), prefix=f"f{number}_", description=description)
        if drawing:
            return Drawn(_safe(drawing), number, description)
    kind = next((kind for kind in PICTURES if kind in data), None)
    if kind is None:
        return None
    pixels = re.sub(r"\s", "", _joined(data[kind]))
    try:
        base64.b64decode(pixels, validate=True)
    except ValueError:
        return None
    image = f'<img src="data:{kind};base64,{pixels}" alt="{escape(description or "figure")}">'
    return Drawn(_safe(image), next(numbers), description)


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


@functools.cache
def _read_part(name: str) -> str:
    return (TEMPLATE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
