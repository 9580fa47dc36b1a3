"""HTML from a notebook's output, cut down to what can do nothing but be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

__all__ = ["clean_html"]

VOID = {"br", "hr", "wbr", "col"}
TAGS = VOID | {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "caption",
        "code",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
    ),
    *(
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "i",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
    ),
    *(
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
    ),
    *("th", "thead", "time", "tr", "u", "ul", "var"),
}
ATTRIBUTES = {"class", "colspan", "rowspan", "scope", "title", "datetime", "role", "aria-label", "tabindex"}
TAB_STOPS = {"0", "-1"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SORT_KEY = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?\Z")  # a finite number as Python writes it
LINK = re.compile(r"(?:https?://|mailto:)|(?!//)[^\s:\\]*(?:[?#].*)?\Z", re.IGNORECASE)  # or a path without a scheme
PANDAS_STYLE = re.compile(r"\A(\s*<div>\s*)<style scoped>.*?</style>", re.DOTALL)


def clean_html(fragment: str, name_heading: Callable[[str, str], str] | None = None) -> str:
    """The fragment, rewritten from an allowlist: well-formed, without script, style, picture, frame or form.

    What is not on the list is not dropped but shown as the text it is, so that a `<script>` in a training
    example can be read. The result is written anew from parsed tokens and holds no element whose content HTML
    parses by rules of its own (script, style, svg, template ...), so there is nothing for a browser to read
    differently. The page's Content-Security-Policy stands behind it.

    Args:
        fragment: HTML as it comes.
        name_heading: gives the id of a heading from its tag and text, or "" for none; ids of the fragment's own
            are dropped.
    """
    parser = _Cleaner(name_heading)
    # pandas puts a style sheet in front of each table; ours does its work
    parser.feed(PANDAS_STYLE.sub(r"\1", fragment))
    parser.close()
    return parser.result()


class _Cleaner(HTMLParser):
    """Writes allowed tags anew, and all else as text."""

    def __init__(self, name_heading: Callable[[str, str], str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._name_heading = name_heading
        self._heading: tuple[str, int] | None = None  # the last heading, and which part opens it
        self._heading_text: list[str] = []

    def result(self) -> str:
        rest = escape(self.rawdata, quote=False)  # what an element left open has swallowed
        return "".join(self._parts) + rest + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._parts.append(escape(self.get_starttag_text() or ""))
            return
        kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs if _allowed(tag, name, value or ""))
        if tag in HEADINGS:
            self._heading, self._heading_text = (tag, len(self._parts)), []
        self._parts.append(f"<{tag}{kept}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while True:
                last = self._open.pop()
                self._parts.append(f"</{last}>")
                if last == tag:
                    break
            if tag in HEADINGS:
                self._give_id()
        elif tag not in TAGS:
            self._parts.append(f"&lt;/{escape(tag)}&gt;")

    def handle_data(self, data: str) -> None:
        self._heading_text.append(data)
        self._parts.append(escape(data, quote=False))

    def handle_decl(self, decl: str) -> None:
        self._parts.append(escape(f"<!{decl}>"))

    def unknown_decl(self, data: str) -> None:
        self._parts.append(escape(f"<![{data}]>"))

    def handle_pi(self, data: str) -> None:
        self._parts.append(escape(f"<?{data}>"))

    def _give_id(self) -> None:
        if self._name_heading and self._heading:
            tag, place = self._heading
            name = self._name_heading(tag, "".join(self._heading_text))
            attribute = f' id="{escape(name)}"' if name else ""
            self._parts[place] = f"<{tag}{attribute}{self._parts[place].removeprefix(f'<{tag}')}"
        self._heading = None  # of headings within headings, which HTML does not know, the inner one has an id


def _allowed(tag: str, name: str, value: str) -> bool:
    if name == "href":
        return tag == "a" and LINK.match(value) is not None
    if name == "tabindex":
        return value in TAB_STOPS
    if name == "data-sort":
        return tag in ("td", "th") and SORT_KEY.match(value) is not None
    return name in ATTRIBUTES
