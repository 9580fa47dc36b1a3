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

from app.drawing import BASELINE, LIMIT, MODEL
from app.report.page.markup import Cell, Column, Table
from app.report.page.pages import TEMPLATE, render_page

PROBE = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>x</a>"


SCRIPT = (TEMPLATE / "page.js").read_text(encoding="utf-8")
SHEET = (TEMPLATE / "page.css").read_text(encoding="utf-8")


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


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
    """Nothing is loaded, nothing runs but our script, nothing has a style but by our sheet: the policy names both."""
    page = Page(html)
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "form", "base", "image", "foreignobject")
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
    assert f"style-src '{digest(sheet[1])}'" in policy
    assert policy.startswith("default-src 'none'")
    scripts = re.findall(r"<script[^>]*>.*?</script>", html, re.DOTALL)
    assert [tag for tag, _ in page.elements].count("script") == len(scripts)
    if scripts:
        assert scripts == [f"<script>{SCRIPT}</script>"]
        assert f" script-src '{digest(SCRIPT)}';" in policy
    else:
        assert "script-src" not in policy
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
    assert "50%" not in html.partition("<body>")[2]


def test_code_is_folded_and_left_out_where_it_is_tagged_so(tmp_path: Path) -> None:
    html = rendered(tmp_path, code("visible = 1"), code("hidden = 1", tags=("hide-input",)))
    assert "<summary>code</summary>" in html
    assert "visible" in html
    assert "hidden" not in html.partition("<body>")[2]


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


def table(**asks: bool) -> NotebookNode:
    made = Table("All of them.", (Column("a"), Column("b", number=True)), [("x", Cell("2 k", key=2000))], **asks)
    return code("1", new_output("execute_result", data={"text/html": made._repr_html_()}))


@pytest.mark.parametrize(("asks", "scripts"), [({}, 0), ({"sortable": True}, 1), ({"filterable": True}, 1)])
def test_the_script_is_there_where_a_table_asks_for_it(tmp_path: Path, asks: dict[str, bool], scripts: int) -> None:
    html = rendered(tmp_path, table(**asks), table(**asks))
    assert_self_contained(html)
    assert html.count("<script>") == scripts
    assert '<td class="number" data-sort="2000.0">2 k</td>' in html


def test_text_that_looks_like_such_a_table_asks_for_nothing(tmp_path: Path) -> None:
    text = '<div class="scroll sortable"><table></table></div>'
    html = rendered(tmp_path, code("1", new_output("stream", name="stdout", text=text)), new_raw_cell(text))
    assert "<script>" not in html


def test_the_script_can_stand_in_a_page() -> None:
    assert not re.search(r"</script|<!--|<script", SCRIPT, re.IGNORECASE)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|fetch|Storage|cookie", SCRIPT)


def test_the_contents_lead_to_every_part_of_the_page(tmp_path: Path) -> None:
    parts = [new_markdown_cell(f"# The whole\n\n## {name}") for name in ("Parts & <b>sums</b>", "Other", "Other")]
    parts.append(code("1", shown(text__html='<h2 id="mine">Other</h2><h3>below</h3>')))
    html = rendered(tmp_path, *parts)
    page = Page(html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert links == ["#content", "#parts-sums", "#other", "#other-2", "#other-3"]
    assert {link[1:] for link in links} < set(ids)
    assert "mine" not in ids
    assert '<li><a href="#parts-sums">Parts &amp; sums</a></li>' in html


def test_a_page_of_one_part_has_no_contents(tmp_path: Path) -> None:
    assert "<nav" not in rendered(tmp_path, new_markdown_cell("# The whole\n\n## Its part"))


def test_a_keyboard_reaches_what_scrolls_and_stops_at_nothing_else(tmp_path: Path) -> None:
    def stops(text: str, name: str) -> int:
        html = rendered(tmp_path, code("", new_output("stream", name=name, text=text)))
        return html.count('tabindex="0"')

    assert stops("short\n" * 6, "stderr") == stops("short\n" * 20, "stdout") == stops("x" * 800, "stdout") == 0
    assert stops("short\n" * 9, "stderr") == stops("short\n" * 30, "stdout") == stops("x" * 2000, "stdout") == 1


def test_a_figure_is_also_told_in_words(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0"/></svg>'
    cells = [
        code("1", new_output("display_data", data={"image/svg+xml": drawing}, metadata={"alt": alt}))
        for alt in ("a is <above> b", "")
    ]
    html = rendered(tmp_path, *cells)
    assert "<summary>figure 1 in words</summary><p>a is &lt;above&gt; b</p>" in html
    assert "figure 2 in words" not in html
    assert 'aria-label="figure 2"' in html


@pytest.mark.parametrize("colour", [MODEL, LIMIT, BASELINE])
def test_every_colour_of_a_figure_is_a_brighter_one_in_the_dark(colour: str) -> None:
    for attribute in ("fill", "stroke"):
        assert f'[{attribute}="{colour.lower()}" i]' in SHEET


def test_the_empty_corner_of_a_data_frame_is_no_heading(tmp_path: Path) -> None:
    frame = '<table class="dataframe"><thead><tr><th></th><th>a</th></tr></thead></table>'
    html = rendered(tmp_path, code("1", shown(text__html=frame)))
    assert "<tr><td></td><th>a</th></tr>" in html
