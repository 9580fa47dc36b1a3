"""Every page opens without a word, fits a phone and a sheet of paper, and can be read in any way."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.reports import SHAPES, make_comparison, make_drift_page, make_run_page, make_suite_report
from tests.browser.test_tables import press_until
from tests.seldom import seldom

TEXT = "A line that is long enough to be broken, in one_word_that_is_rather_long_too_and_cannot_be_broken_well."

# what is seen and stands out of the screen to the right, but for what has a scroll bar of its own
OUTSIDE = """() => [...document.querySelectorAll("main *")]
    .filter((e) => e.checkVisibility() && !e.closest(".scroll, pre, .code"))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def run_page(tmp_path_factory):
    """The page of a run with every kind of output."""
    return make_run_page(tmp_path_factory.mktemp("run"), TEXT)


def violations(page: Page) -> list[str]:
    """What axe-core finds fault with, each with the element."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['impact']} {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("shape", [seldom(shape) if shape in ("50 runs", "200 classes") else shape for shape in SHAPES])
def test_a_report_of_any_shape_opens_without_a_word_and_fits_a_phone(report, visit, shape):
    page = visit(report(shape).page)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for width in (1280, 820, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize(
    ("shape", "scheme", "width"),
    [
        ("as usual", "dark", 360),
        seldom("as usual", "light", 1280),
        ("every ending", "light", 360),
    ],
)
def test_a_report_is_accessible_in_light_and_dark(report, visit, shape, scheme, width):
    page = visit(report(shape).page, scheme=scheme, width=width, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_run_is_accessible_in_light_and_dark(run_page, visit, scheme):
    page = visit(run_page, scheme=scheme, width=360, bypass_csp=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []


@pytest.mark.parametrize("make", [make_suite_report, make_comparison, make_drift_page])
def test_so_are_the_pages_of_a_suite_of_a_comparison_and_of_drift(tmp_path, visit, make):
    page = visit(make(tmp_path / "made"), width=360, bypass_csp=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(OUTSIDE) == []
    assert violations(page) == []


def test_dark_and_light_are_two_schemes(report, visit):
    path = report("as usual").page
    grounds = [
        visit(path, scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert [sum(map(int, ground[4:-1].split(","))) > 384 for ground in grounds] == [True, False]


def test_a_link_leads_to_a_run_and_back(report, visit):
    folder = report("as usual")
    page = visit(folder.page)
    link = page.locator("tr.best .seeds a").first
    address = link.get_attribute("href")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fine-tuning deberta-tiny")
    assert page.url == (folder.path / address).as_uri()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which architecture should you take?")
    page.goto((folder.path / address).as_uri())
    page.get_by_role("link", name="all runs").click()
    assert page.url == folder.page.as_uri()


def test_the_contents_lead_to_every_part(report, visit):
    page = visit(report("as usual").page)
    links = page.get_by_role("navigation", name="contents").get_by_role("link")
    assert links.all_inner_texts() == page.get_by_role("heading", level=2).all_inner_texts()
    links.last.click()
    last = page.get_by_role("heading", level=2).last
    expect(last).to_be_in_viewport()
    assert page.url.endswith("#" + last.get_attribute("id"))


def test_the_keyboard_skips_to_the_content_and_sees_where_it_is(report, visit):
    page = visit(report("as usual").page, width=360)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.localName") == "main"
    outlines = []
    while len(outlines) < 300:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        outlines.append(page.evaluate("getComputedStyle(document.activeElement).outline"))
    assert 40 < len(outlines) < 300
    assert all("solid 3px" in outline for outline in outlines)


def wait_until(page, condition: str, most_ms: int = 10_000) -> None:
    """Wait for a condition, asked from outside: `wait_for_function` asks in the page, whose policy forbids eval."""
    for _ in range(most_ms // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} did not come true within {most_ms} ms")


def test_the_keyboard_stops_only_at_what_scrolls(report, visit):
    page = visit(report("as usual").page)
    regions = page.get_by_role("region")
    expect(regions.first).not_to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 360, "height": 800})
    expect(regions.first).to_have_attribute("tabindex", "0")
    press_until(page, "Tab", "e === document.querySelector('.scroll')")
    page.keyboard.press("ArrowRight")
    wait_until(page, "document.activeElement.scrollLeft > 0")


def test_on_paper_there_is_nothing_to_press(report, visit):
    page = visit(report("as usual").page)
    page.get_by_role("searchbox").first.fill("bert")
    page.emulate_media(media="print")
    for hidden in (page.get_by_role("navigation"), page.get_by_role("searchbox").first, page.locator("summary").first):
        expect(hidden).to_be_hidden()
    expect(page.locator("[role=status]").first).to_be_visible()  # that rows are left out is said
    expect(page.locator("[role=status]").last).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
