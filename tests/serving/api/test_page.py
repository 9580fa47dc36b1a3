"""The page in a real browser: everybody can use it, it says what is wrong, and text stays text."""

import contextlib
import csv
import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.serving.api.border import Access
from tests.browser.conftest import browser, chromium  # noqa: F401  fixtures
from tests.serving.api.serving import Served

MAIL = "where is my card"
HOSTILE = '<img src=x onerror="document.title=1">'
LINES = "\n".join([MAIL, "what is the rate", HOSTILE, "my money is lost " * 12])
# what is seen and stands out of the screen to the right
OUTSIDE = """() => [...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && !e.closest(".scroll"))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def address(packages, tmp_path_factory):
    """Of a server of that kind, which needs the key if there is one."""
    with contextlib.ExitStack() as stack:
        made = {}

        def address(kind: str, key: str) -> str:
            if kind not in made:
                access = Access(key, loopback_only=not key)
                served = Served(packages(kind), tmp_path_factory.mktemp("served"), access=access)
                made[kind] = stack.enter_context(served).listen()
            return made[kind]

        yield address


@pytest.fixture
def visit(browser, address):  # noqa: F811
    """Opens the page of a kind; it has to keep quiet, and to its own server, as long as it is open."""
    opened = []

    def visit(kind="text-classification", *, width=1280, scheme="light", key="", **options) -> Page:
        at = address(kind, key)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        page, said, asked = context.new_page(), [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        opened.append((context, at, said, asked))
        page.goto(at)
        expect(page.get_by_role("heading", level=1)).not_to_have_text("One moment")
        return page

    yield visit
    for context, at, said, asked in opened:
        context.close()
        assert [line for line in said if "status of 401" not in line] == []
        assert all(url.startswith((at, "data:", "blob:")) for url in asked)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['impact']} {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def ask_lines(page: Page) -> None:
    page.get_by_role("radio", name="many lines").check()
    page.get_by_label("Texts, one on each line").fill(LINES)
    page.get_by_role("button", name="sort").click()
    expect(page.locator("tbody tr")).to_have_count(4)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_it_is_accessible_in_light_and_dark_and_fits_a_phone(visit, scheme, width):
    page = visit(scheme=scheme, width=width, bypass_csp=True)
    assert violations(page) == []
    ask_lines(page)
    page.get_by_role("button", name="wrong?").first.click()
    assert violations(page) == []
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 384) is (scheme == "light")


def test_many_lines_are_answered_in_a_table_and_text_stays_text(visit):
    page = visit()
    ask_lines(page)
    rows = page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text(MAIL)
    expect(rows.nth(2)).to_contain_text(HOSTILE)
    expect(rows.nth(3)).to_contain_text("the end was not read")
    assert page.locator("tbody img").count() == 0
    expect(page.get_by_role("status").first).to_contain_text("4 texts answered")
    assert page.title().startswith("mail")


def test_the_keyboard_alone_is_enough(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="one text")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(MAIL)
    page.keyboard.press("Control+Enter")
    wrong = page.get_by_role("button", name="wrong?")
    expect(wrong).to_be_visible()
    wrong.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("should be")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("kept: should be")).to_be_focused()


def test_a_csv_file_is_asked_by_its_column_and_downloaded_with_its_answers(visit, tmp_path):
    page = visit()
    file = tmp_path / "mails.csv"
    texts = [f'card number {number}, "lost"' for number in range(39)] + ["=1+1"]
    rows = [
        ["id", "body", "subject"],
        *[[str(number), text, "hi"] for number, text in enumerate(texts)],
        ["40", "", "hi"],
    ]
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(rows)
    file.write_text(written.getvalue(), encoding="utf-8")
    page.get_by_role("radio", name="a csv file").check()
    page.get_by_label("A csv file, dropped here or chosen").set_input_files(file)
    expect(page.get_by_label("column with the texts")).to_have_value("1")
    page.get_by_role("button", name="sort").click()
    expect(page.get_by_role("status").first).to_contain_text("40 texts answered")
    with page.expect_download() as download:
        page.get_by_role("button", name="download").click()
    found = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert [row["text"] for row in found] == [*texts[:-1], "'=1+1"]
    assert all(row["label"] and 0 <= float(row["probability"]) <= 1 for row in found)


def test_what_is_wrong_is_said_in_words(visit, tmp_path):
    page = visit()
    alert = page.get_by_role("alert")
    page.get_by_role("button", name="sort").click()
    expect(alert).to_have_text("Please write a text first.")
    page.get_by_label("Text", exact=True).fill("a" * 20_001)
    page.get_by_role("button", name="sort").click()
    expect(alert).to_contain_text("too long: 20,000 characters at most")
    page.get_by_role("radio", name="a csv file").check()
    page.get_by_role("button", name="sort").click()
    expect(alert).to_have_text("Choose a csv file first.")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    page.get_by_label("A csv file, dropped here or chosen").set_input_files(empty)
    expect(alert).to_contain_text("has no rows below its first line")


def test_a_server_that_is_gone_is_said_to_be_and_loses_no_answers(browser, packages, tmp_path):  # noqa: F811
    with Served(packages("text-classification"), tmp_path) as served:
        page = browser.new_page()
        page.goto(served.listen())
        page.get_by_label("Text", exact=True).fill(MAIL)
        page.get_by_role("button", name="sort").click()
        expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="sort").click()
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Is it still running?")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.close()


def test_a_pair_has_two_fields_and_words_are_shown_with_their_tags(visit):
    page = visit("pairs", bypass_csp=True)
    page.get_by_label("First text").fill(MAIL)
    page.get_by_label("Second text").fill("my card is lost")
    page.get_by_role("button", name="sort").click()
    expect(page.locator("tbody th p")).to_have_count(2)
    assert violations(page) == []
    page = visit("token-classification", bypass_csp=True)
    page.get_by_label("Text", exact=True).fill("Ada lives in Paris")
    page.get_by_role("button", name="tag").click()
    expect(page.locator(".tagged")).to_contain_text("Paris")
    assert violations(page) == []
    page = visit("text-regression")
    page.get_by_label("Text", exact=True).fill(MAIL)
    page.get_by_role("button", name="rate").click()
    expect(page.locator(".answer")).to_have_text(page.locator("td.label").inner_text())


def test_a_language_model_goes_on_with_a_line_once_it_has_the_key(visit):
    page = visit("causal-lm", key="sesame", bypass_csp=True, width=360)
    expect(page.get_by_role("heading", level=1)).to_have_text("A key is needed")
    field = page.get_by_label("Key of this server")
    expect(field).to_be_focused()
    assert violations(page) == []
    field.fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("the key is wrong")
    field.fill("sesame")
    page.keyboard.press("Enter")
    expect(field).to_be_hidden()
    page.get_by_label("First line").fill("the moon")
    page.get_by_role("button", name="continue").click()
    expect(page.get_by_role("status").first).to_contain_text("written in")
    story = page.locator(".story")
    assert len(story.inner_text()) > len("the moon") + 100
    assert violations(page) == []
    before = story.inner_text()
    page.get_by_role("button", name="go on from there").click()
    expect(page.get_by_role("status").first).to_contain_text("written in")
    assert story.inner_text()[:20] == before[:20]
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
