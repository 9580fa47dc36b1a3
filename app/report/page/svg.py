"""Vector drawings that may stand in a page: known elements only, colours as attributes, ids of their own."""

from __future__ import annotations

import re
from xml.etree import ElementTree

__all__ = ["clean_svg"]

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
ELEMENTS = {
    *("svg", "g", "defs", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
    *("text", "tspan", "clipPath"),
}
# what matplotlib writes into style="..." and SVG also takes as an attribute of its own
PROPERTIES = {
    *("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"),
    *("stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "clip-path"),
    *("font-size", "font-weight", "font-style", "text-anchor"),
}
ATTRIBUTES = PROPERTIES | {
    *("id", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "points"),
    *("width", "height", "viewBox", "transform", "clipPathUnits"),
}
REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")


def clean_svg(text: str, *, prefix: str, description: str = "") -> str | None:
    """The drawing as an `<svg>` element for a page that allows no inline style; None where it is no drawing.

    Elements and attributes that are not on the lists above are dropped, with what they contain; so is every
    reference that leaves the drawing. Ids get `prefix`, so that two drawings in a page stay apart.

    Args:
        text: an SVG document.
        prefix: unique in the page.
        description: for readers who do not see it; without one, the drawing's own title.
    """
    if "<!ENTITY" in text:  # the one way for XML to grow or to read files; no drawing needs it
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # nosec B314  # entities are refused above
    except ElementTree.ParseError:
        return None
    if root.tag != f"{SVG}svg":
        return None
    title = root.find(f"{SVG}title")
    label = description or (title.text or "" if title is not None else "")
    cleaned = _clean(root, prefix)
    used = {match for element in cleaned.iter() for match in _references(element)}
    for element in cleaned.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    cleaned.attrib.update({"role": "img", "aria-label": " ".join(label.split()) or "figure"})
    return ElementTree.tostring(cleaned, encoding="unicode")


def _clean(element: ElementTree.Element, prefix: str) -> ElementTree.Element:
    copy = ElementTree.Element(element.tag.removeprefix(SVG))
    copy.text, copy.tail = element.text, element.tail
    for name, value in [*element.attrib.items(), *_declarations(element.get("style", ""))]:
        if name in ("href", f"{XLINK}href"):
            if value.startswith("#"):
                copy.set("href", f"#{prefix}{value[1:]}")
        elif name == "id":
            copy.set("id", prefix + value)
        elif name in ATTRIBUTES:
            local = REFERENCE.sub(rf"url(#{prefix}\1)", value)
            if "url(" not in REFERENCE.sub("", value):
                copy.set(name, local)
    for child in element:
        if isinstance(child.tag, str) and child.tag.removeprefix(SVG) in ELEMENTS:
            copy.append(_clean(child, prefix))
    return copy


def _declarations(style: str) -> list[tuple[str, str]]:
    found = []
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":  # "bold 10px 'DejaVu Sans'": the page brings the family
            found += [("font-size", size) for size in re.findall(r"[\d.]+px", value)[:1]]
            found += [("font-weight", "bold")] if re.search(r"\b(bold|[6-9]00)\b", value) else []
        elif name in PROPERTIES:
            found.append((name, value))
    return found


def _references(element: ElementTree.Element) -> list[str]:
    href = [element.attrib["href"][1:]] if "href" in element.attrib else []
    return href + [match for value in element.attrib.values() for match in REFERENCE.findall(value)]
