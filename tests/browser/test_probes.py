"""What data say is shown and never done, in a real browser and under the page's own policy."""

import pytest
from playwright.sync_api import Page

from tests.browser.reports import EVERYTHING, LINK, PICTURE, SCRIPT, make_run_page
from tests.seldom import seldom


@pytest.fixture(scope="module")
def run_page(tmp_path_factory):
    return make_run_page(tmp_path_factory.mktemp("run"), EVERYTHING)


def disturb(page: Page) -> None:
    """Do to a page what a reader might do, and what might set something off."""
    for field in page.get_by_role("searchbox").all():
        field.fill("o")
        field.fill("")
    page.evaluate(
        """() => {
            document.querySelectorAll("summary").forEach((summary) => summary.click());
            document.querySelectorAll("thead button").forEach((button) => button.click());
            document.querySelectorAll("main *").forEach((element) => {
                element.dispatchEvent(new Event("mouseover", { bubbles: true }));
                element.focus?.();
            });
        }"""
    )


def test_a_report_full_of_probes_shows_them_and_does_nothing(hostile, visit):
    page = visit(hostile.page)
    disturb(page)
    assert page.evaluate("window.pwned") is None
    text = page.evaluate("document.body.textContent")
    for probe in (SCRIPT, PICTURE, LINK, EVERYTHING):
        assert probe in text
    scripts = page.evaluate("[...document.scripts].map((script) => script.parentElement.localName)")
    assert scripts == ["body"]
    assert page.evaluate("[...document.querySelectorAll('[onmouseover], [onfocus], [onerror]')].length") == 0


def test_so_does_the_page_of_a_run(run_page, visit):
    page = visit(run_page)
    disturb(page)
    assert page.evaluate("window.pwned") is None
    assert EVERYTHING in page.evaluate("document.body.textContent")
    assert page.evaluate("document.scripts.length") == 0


def test_no_link_of_a_page_full_of_probes_leads_into_a_script(hostile, run_page, visit):
    for path in (hostile.page, run_page):
        addresses = visit(path).evaluate("[...document.links].map((link) => link.protocol)")
        assert set(addresses) <= {"file:", "https:", "http:", "mailto:"}


@pytest.mark.parametrize(
    "probe", [SCRIPT, seldom(PICTURE), seldom("<a id=probe href='javascript:window.pwned=1'>x</a>")]
)
@pytest.mark.parametrize("kind", ["report", "run"])
def test_even_what_had_slipped_through_would_be_stopped_by_the_policy(hostile, run_page, look, tmp_path, probe, kind):
    html = (hostile.page if kind == "report" else run_page).read_text(encoding="utf-8")
    path = tmp_path / "slipped.html"
    path.write_text(html.replace("</main>", f"{probe}</main>"), encoding="utf-8")
    visit = look(path)
    visit.page.evaluate("document.getElementById('probe')?.click()")
    visit.page.wait_for_timeout(50)
    assert visit.page.evaluate("window.pwned") is None
    assert any("Content Security Policy" in message for message in visit.said)


def test_a_page_that_speaks_or_asks_would_be_noticed(look, tmp_path):
    path = tmp_path / "loud.html"
    path.write_text("<script>console.log('a word'); window.pwned = 1</script><img src='http://127.0.0.1:9/x.png'>")
    visit = look(path)
    assert "a word" in visit.said
    assert visit.asked == ["http://127.0.0.1:9/x.png"]
    assert visit.page.evaluate("window.pwned") == 1
