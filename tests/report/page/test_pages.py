from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from app.report.page.pages import render_page

PROBE = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>x</a>"


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_self_contained(html: str) -> None:
    """Nothing runs, nothing is loaded, nothing has a style but by the sheet that the policy names."""
    page = Page(html)
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed", "form", "base", "image", "foreignobject")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert attributes.get("src", "data:").startswith("data:")
        if tag == "link":
            assert attributes["href"] == "data:,"
        elif tag == "use":
            assert attributes["href"].startswith("#")
        elif "href" in attributes:
            assert not attributes["href"].lower().startswith(("javascript:", "data:", "//"))
    assert [tag for tag, _ in page.elements].count("style") == 1
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    sheet = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert sheet is not None
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"url\((?!#)|@import", sheet[1])


def rendered(folder: Path, *cells: NotebookNode, title: str = "a run", home: str | None = None) -> str:
    nbformat.write(new_notebook(cells=list(cells)), folder / "n.ipynb")
    render_page(folder / "n.ipynb", folder / "n.html", title=title, home=home)
    return (folder / "n.html").read_text(encoding="utf-8")


def code(source: str = "1", *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def shown(**data: str) -> NotebookNode:
    return new_output("display_data", data={kind.replace("__", "/").replace("_", "+"): v for kind, v in data.items()})


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell(f"# title\n\n{PROBE}\n\n[x](javascript:alert(1)) ![x](https://elsewhere.example/x.png)"),
        new_raw_cell(PROBE),
        code(f"# {PROBE}"),
        code("1", new_output("stream", name="stdout", text=PROBE)),
        code("1", new_output("stream", name="stderr", text=f"\x1b[31m{PROBE}\x1b[0m")),
        code("1", new_output("error", ename=PROBE, evalue=PROBE, traceback=[f"\x1b[38;5;28m{PROBE}"])),
        code("1", shown(text__plain=PROBE)),
        code("1", shown(text__html=PROBE)),
        code("1", shown(text__markdown=PROBE)),
        code("1", shown(text__latex=PROBE, text__plain=PROBE)),
        code("1", shown(image__svg_xml=f"<svg xmlns='http://www.w3.org/2000/svg'><text>{PROBE}</text></svg>")),
        code("1", shown(image__png='x" onerror="alert(1)', text__plain=PROBE)),
        code("1", shown(application__javascript="alert(1)", text__plain="code")),
    ],
)
def test_a_probe_in_any_part_of_a_notebook_stays_text(tmp_path: Path, cell: NotebookNode) -> None:
    html = rendered(tmp_path, new_markdown_cell("# A run"), cell, title=PROBE, home="../../index.html")
    assert_self_contained(html)
    assert "alert(1)" not in "".join(str(attributes) for _, attributes in Page(html).elements)


def test_what_is_refused_can_still_be_read(tmp_path: Path) -> None:
    html = rendered(tmp_path, code("1", new_output("stream", name="stdout", text=PROBE)))
    assert PROBE in Page(html).text


def test_a_notebook_that_failed_half_way_shows_its_error_and_the_cells_it_never_ran(tmp_path: Path) -> None:
    failed = code("boom()", new_output("error", ename="OutOfMemory", evalue="no memory", traceback=["\x1b[31mat 7"]))
    html = rendered(tmp_path, code("1", shown(text__plain="fine")), failed, code("never_run()"))
    text = Page(html).text
    assert "OutOfMemory: no memory" in text
    assert "at 7" in text
    assert "\x1b" not in text
    assert "never_run()" in text


def test_a_progress_bar_shows_its_last_state_only(tmp_path: Path) -> None:
    html = rendered(tmp_path, code("1", new_output("stream", name="stderr", text="10%\r50%\r100%\ndone\r\n")))
    assert "100%\ndone" in html
    assert "50%" not in html


def test_code_is_folded_and_left_out_where_it_is_tagged_so(tmp_path: Path) -> None:
    html = rendered(tmp_path, code("visible = 1"), code("hidden = 1", tags=("hide-input",)))
    assert "<summary>code</summary>" in html
    assert "visible" in html
    assert "hidden" not in html


def test_a_picture_keeps_its_description(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0"/></svg>'
    output = new_output("display_data", data={"image/svg+xml": drawing}, metadata={"alt": "two lines"})
    pixels = new_output("display_data", data={"image/png": "aGVsbG8=\n"}, metadata={"alt": "a photo"})
    html = rendered(tmp_path, code("1", output, pixels))
    assert 'role="img" aria-label="two lines"' in html
    assert '<img src="data:image/png;base64,aGVsbG8=" alt="a photo">' in html


def test_text_of_any_script_and_even_broken_text_is_written(tmp_path: Path) -> None:
    html = rendered(tmp_path, code("1", new_output("stream", name="stdout", text="naïve 漢字 \u202e 🙂 \x00 \ufffe")))
    assert "naïve 漢字" in html


def test_a_page_leads_home_only_where_there_is_one(tmp_path: Path) -> None:
    assert 'href="../../index.html"' in rendered(tmp_path, home="../../index.html")
    assert "all runs" not in rendered(tmp_path, home=None)
