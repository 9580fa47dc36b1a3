"""Tables are sorted and searched, with a mouse or without one."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.seldom import seldom

LEADERBOARD, RUNS = 0, 1  # the tables that ask for the script, in their order


@pytest.fixture
def page(report, visit):
    return visit(report("as usual").page)


def table(page: Page, place: int) -> Locator:
    return page.locator(".scroll.sortable table").nth(place)


def field_of(page: Page, place: int) -> Locator:
    return page.get_by_role("searchbox", name="search the rows").nth(place)


def cells(table: Locator, column: int) -> list[dict[str, str | None]]:
    """The cells of a column that are shown, from the top: the text, and the key that the row is sorted by."""
    return table.evaluate(
        """(table, column) => [...table.tBodies[0].rows].filter((row) => row.checkVisibility()).map((row) => {
            const cell = row.cells[column];
            return { text: cell.firstChild?.textContent ?? "", key: cell.getAttribute("data-sort") };
        })""",
        column,
    )


def column_of(table: Locator, heading: str) -> int:
    headings = table.locator("thead th").all_inner_texts()
    return next(place for place, text in enumerate(headings) if text.strip().startswith(heading))


def button(table: Locator, heading: str) -> Locator:
    return table.locator("thead th").nth(column_of(table, heading)).get_by_role("button")


def shown(table: Locator, heading: str = "architecture") -> list[str | None]:
    return [cell["text"] for cell in cells(table, column_of(table, heading))]


def assert_in_order(table: Locator, column: int, *, downwards: bool) -> None:
    """Cells with a key stand in their order, and those without one below them."""
    keys = [None if cell["key"] is None else float(cell["key"]) for cell in cells(table, column)]
    present = [key for key in keys if key is not None]
    assert present == sorted(present, reverse=downwards)
    assert keys == [*present, *[None] * (len(keys) - len(present))]


@pytest.mark.parametrize("place", [seldom(LEADERBOARD), RUNS])
def test_every_column_of_numbers_is_sorted_upwards_and_then_downwards(page, place):
    rows = table(page, place)
    heads = rows.locator("thead th")
    numbers = heads.evaluate_all("heads => heads.map((head) => head.matches('.number:has(button)'))")
    sorted_by = [column for column, is_sorted in enumerate(numbers) if is_sorted]
    for column in sorted_by:
        head = heads.nth(column)
        for order in ("ascending", "descending"):
            head.locator("button").evaluate("button => button.click()")
            assert rows.locator("[aria-sort]").count() == 1
            assert head.get_attribute("aria-sort") == order
            assert_in_order(rows, column, downwards=order == "descending")
    assert len(sorted_by) >= 4


def test_numbers_are_sorted_as_numbers_and_not_as_they_are_written(page):
    rows = table(page, LEADERBOARD)
    button(rows, "parameters").click()
    written = shown(rows, "parameters")
    assert written[:3] == ["2", "3.21 k", "3.10 M"]


def test_what_is_absent_is_last_in_both_directions(report, visit):
    rows = table(visit(report("every ending").page), RUNS)
    for _ in range(2):
        button(rows, "test").click()
        assert shown(rows, "test")[2:] == ["–"] * 4
        assert "–" not in shown(rows, "test")[:2]


def test_names_are_sorted_as_a_reader_would_and_equal_ones_stay_as_they_were(page):
    rows = table(page, RUNS)
    for heading in ("seed", "architecture", "architecture"):
        button(rows, heading).click()
    models = ("modernbert", "electra", "deberta", "bert", "albert")
    four = [f"{name}-tiny" for name in models for _ in range(4)]
    assert shown(rows) == ["tfidf-logreg", *four[:4], "majority", *four[4:]]
    assert shown(rows, "seed") == ["0", "0", "0", "1", "1", "0", *["0", "0", "1", "1"] * 4]


def test_links_to_seeds_have_no_order_and_no_button(page):
    head = table(page, LEADERBOARD).locator("thead th.unordered")
    expect(head).to_have_count(1)
    expect(head.get_by_role("button")).to_have_count(0)


def test_a_search_leaves_the_rows_with_all_its_words(page):
    rows, field = table(page, RUNS), field_of(page, RUNS)
    field.fill("ALBERT 0.001")
    assert shown(rows) == ["albert-tiny"] * 2
    expect(page.get_by_role("status").nth(RUNS)).to_have_text("2 of 22 rows shown")
    assert len(shown(table(page, LEADERBOARD))) == 7  # the other table is left alone
    field.fill("albert nonsense")
    assert shown(rows) == []
    expect(page.get_by_role("status").nth(RUNS)).to_have_text("0 of 22 rows shown")
    field.fill("")
    assert len(shown(rows)) == 22


def test_what_was_searched_for_stays_so_when_it_is_sorted(page):
    rows = table(page, RUNS)
    field_of(page, RUNS).fill("bert-tiny-")
    button(rows, "test").click()
    assert sorted(set(shown(rows))) == ["albert-tiny", "bert-tiny", "modernbert-tiny"]
    assert_in_order(rows, column_of(rows, "test"), downwards=False)
    field_of(page, RUNS).fill("")
    assert len(shown(rows)) == 22
    assert_in_order(rows, column_of(rows, "test"), downwards=False)


def press_until(page: Page, key: str, found: str, most: int = 60) -> None:
    """Press a key until the element that has the focus fulfils a condition on `e`."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate(f"(() => {{ const e = document.activeElement; return {found}; }})()"):
            return
    raise AssertionError(f"{most} times {key}, and never {found}")


def test_the_keyboard_alone_sorts_and_searches(page):
    rows = table(page, LEADERBOARD)
    before = shown(rows)
    press_until(page, "Tab", "e.type === 'search'")
    page.keyboard.type("deberta")
    assert shown(rows) == ["deberta-tiny"]
    page.keyboard.press("Escape")
    assert shown(rows) == before
    assert page.evaluate("document.activeElement.value") == ""
    press_until(page, "Tab", "e.matches('th button') && e.textContent.includes('parameters')")
    page.keyboard.press("Space")
    assert shown(rows)[0] == "majority"
    page.keyboard.press("Enter")
    assert shown(rows)[0] == "deberta-tiny"
    assert page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") == "descending"


def test_without_its_script_the_page_is_whole(report, visit):
    page = visit(report("as usual").page, java_script_enabled=False)
    expect(page.get_by_role("table").first.locator("tbody tr")).to_have_count(7)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    expect(page.get_by_role("region").first).to_have_attribute("tabindex", "0")
