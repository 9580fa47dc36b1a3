"""The badges of the README: where each notebook opens with a click, once the project is published.

`python -m app.anywhere.badges [owner/name]` writes them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from app.anywhere.repository import find_slug
from app.errors import UsageError
from app.layout import FINETUNE, LANGUAGE_MODEL, PROJECT

__all__ = ["badge_table", "write_badges"]

BRANCH = "notebooks"  # where .github/workflows/publish-notebooks.yml puts them, beside their templates
SHOWN = {FINETUNE: "Fine-tuning one model", LANGUAGE_MODEL: "A language model"}  # those that need no earlier runs

_BLOCK = re.compile(r"(<!-- badges -->\n).*?(<!-- /badges -->)", re.DOTALL)


def main(words: list[str]) -> int:
    """Write them into the README; 2 where it is not known where the project is published."""
    try:
        slug = find_slug("".join(words[:1]))
        write_badges(PROJECT / "README.md", slug)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"README.md: badges of {slug}\n")
    return 0


def write_badges(readme: Path, slug: str) -> None:
    """Put the table of badges between the two marks of `readme`.

    Raises:
        UsageError: the marks are not there, once each.
    """
    text = readme.read_text(encoding="utf-8")
    if len(_BLOCK.findall(text)) != 1:
        remedy = "write <!-- badges --> and <!-- /badges -->, each on a line of its own, where they shall stand"
        raise UsageError(f"{readme.name}: no place for the badges; {remedy}")
    readme.write_text(_BLOCK.sub(lambda block: block[1] + badge_table(slug) + block[2], text), encoding="utf-8")


def badge_table(slug: str) -> str:
    """A line for each notebook, with a badge for each place that opens it, as Markdown."""
    lines = ["| | Colab | Binder | Studio Lab |", "| --- | --- | --- | --- |"]
    for template, title in SHOWN.items():
        notebook = f"notebooks/{template.stem}.ipynb"
        places = {
            "colab": f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/{notebook}",
            "binder": f"https://mybinder.org/v2/gh/{slug}/{BRANCH}?urlpath=lab/tree/{notebook}",
            "studio-lab": f"https://studiolab.sagemaker.aws/import/github/{slug}/blob/{BRANCH}/{notebook}",
        }
        badges = [f"[![{_ALT[name].format(title)}][{name}]]({link})" for name, link in places.items()]
        lines.append(f"| {' | '.join([title, *badges])} |")
    pictures = [f"[{name}]: {picture}" for name, picture in _PICTURES.items()]
    return "\n".join([*lines, "", *pictures, ""])


_ALT = {"colab": "{} in Colab", "binder": "{} on Binder", "studio-lab": "{} in Studio Lab"}
_PICTURES = {
    "colab": "https://colab.research.google.com/assets/colab-badge.svg",
    "binder": "https://mybinder.org/badge_logo.svg",
    "studio-lab": "https://studiolab.sagemaker.aws/studiolab.svg",
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
