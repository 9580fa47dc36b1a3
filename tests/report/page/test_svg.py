from __future__ import annotations

from app.drawing import draw, new_figure
from app.report.page.svg import clean_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


def test_script_and_references_elsewhere_are_dropped() -> None:
    bad = (
        '<script>alert(1)</script><image href="https://elsewhere.example/x.png"/><foreignObject><b/></foreignObject>'
        '<use xlink:href="https://elsewhere.example/#a"/><rect onclick="alert(1)" fill="url(https://elsewhere.example)"/>'
        '<a href="javascript:alert(1)"><rect/></a><style>@import "https://elsewhere.example"</style>'
        '<animate attributeName="href" values="javascript:alert(1)"/>'
    )
    cleaned = clean_svg(f"{HEAD}{bad}</svg>", prefix="a-")
    assert cleaned is not None
    for word in ("script", "elsewhere", "onclick", "foreign", "import", "animate"):
        assert word not in cleaned


def test_styles_become_attributes_that_a_strict_page_lets_through() -> None:
    cleaned = clean_svg(f"{HEAD}<path style='fill: none; stroke: #010203; behavior: x' d='M 0 0'/></svg>", prefix="a-")
    assert cleaned is not None
    assert 'fill="none"' in cleaned
    assert 'stroke="#010203"' in cleaned
    assert "style" not in cleaned
    assert "behavior" not in cleaned


def test_ids_are_unique_in_the_page_and_only_kept_where_used() -> None:
    inside = '<defs><path id="m" d="M 0 0"/></defs><g id="unused"><use xlink:href="#m"/></g>'
    cleaned = clean_svg(f"{HEAD}{inside}</svg>", prefix="f7-")
    assert cleaned is not None
    assert 'id="f7-m"' in cleaned
    assert 'href="#f7-m"' in cleaned
    assert "unused" not in cleaned


def test_entities_and_what_is_no_drawing_are_refused() -> None:
    assert clean_svg('<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>', prefix="a-") is None
    assert clean_svg("<html/>", prefix="a-") is None
    assert clean_svg("no drawing", prefix="a-") is None


def test_a_drawing_of_ours_takes_the_colour_of_the_page_and_says_what_it_shows() -> None:
    figure, (axes,) = new_figure(200, 100)
    axes.plot([1, 2], [3, 4])
    axes.set_title("$x$ <script>")
    picture = draw(figure, 'a "line" <b>')
    cleaned = clean_svg(picture.svg, prefix="a-", description=picture.alt)
    assert cleaned is not None
    assert "currentColor" in cleaned
    assert "#010203" not in cleaned
    assert 'aria-label="a &quot;line&quot; &lt;b&gt;"' in cleaned
    assert "$x$ &lt;script&gt;" in cleaned
