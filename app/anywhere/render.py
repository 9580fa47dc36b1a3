"""The templates rendered as notebooks that any notebook program opens, into build/notebooks/.

`python -m app.anywhere.render [owner/name]` does so for all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

from app.anywhere.repository import find_slug
from app.errors import UsageError
from app.layout import NOTEBOOKS, PROJECT

__all__ = ["render_template"]

PLACE = "OWNER/NAME"  # what a template's first cell has where a notebook has the slug


def main(words: list[str]) -> int:
    """Render every template and print where to; 2 for a SLUG that is none."""
    slug = None
    try:
        slug = find_slug("".join(words[:1]))
    except UsageError as error:
        if words:
            sys.stderr.write(f"{error}\n")
            return 2
        sys.stderr.write(f"{error}; without it the notebooks open everywhere but in Colab\n")
    folder = PROJECT / "build" / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for template in sorted(NOTEBOOKS.glob("*.py")):
        notebook = folder / f"{template.stem}.ipynb"
        notebook.write_text(render_template(template, slug), encoding="utf-8")
        sys.stdout.write(f"{notebook.relative_to(PROJECT)}\n")
    return 0


def render_template(template: Path, slug: str | None) -> str:
    """The template as the JSON of a notebook without outputs; the same template gives the same text.

    Args:
        template: a notebook in jupytext's percent format.
        slug: where Colab is to find the project; None leaves a name that nobody has.
    """
    notebook = jupytext.read(template)
    notebook.metadata.pop("jupytext", None)  # of the text, not of the notebook
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"  # jupytext draws them at random
        if slug:
            cell.source = cell.source.replace(f"github.com/{PLACE}", f"github.com/{slug}")
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
