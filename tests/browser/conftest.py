"""A real browser, and pages that are watched while they are open."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.layout import BenchmarkFolder
from tests.browser.reports import make_hostile_report, make_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Visit:
    """A page that is open, and all that it said and asked for since."""

    page: Page
    said: list[str] = field(default_factory=list)  # in the console, as an error, in a dialogue
    asked: list[str] = field(default_factory=list)  # addresses that are neither a file nor in the page

    def watch(self) -> None:
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, address: str) -> None:
        if not address.startswith(("file:", "data:")):
            self.asked.append(address)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the tests of this folder are skipped."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the path")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # of a module and not of the session: while Playwright is at work its event loop stands in the way of kernels
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])  # root has no sandbox
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page without holding it to anything: options are those of Playwright's contexts."""
    contexts = []

    def look(path: Path, *, width: int = 1280, scheme: str = "light", **options: object) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.watch()
        visit.page.goto(path.as_uri())
        return visit

    yield look
    for context in contexts:
        context.close()


@pytest.fixture
def visit(look: Callable[..., Visit]) -> Iterator[Callable[..., Page]]:
    """Opens a page which has to keep quiet and to itself as long as it is open."""
    visits = []

    def visit(path: Path, **options: object) -> Page:
        visits.append(look(path, **options))
        return visits[-1].page

    yield visit
    for made in visits:
        assert made.said == []
        assert made.asked == []


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Callable[[str], BenchmarkFolder]:
    """The report of a benchmark of that shape, made once."""
    made: dict[str, BenchmarkFolder] = {}

    def report(shape: str) -> BenchmarkFolder:
        if shape not in made:
            made[shape] = make_report(tmp_path_factory.mktemp("reports") / "x", shape)
        return made[shape]

    return report


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> BenchmarkFolder:
    return make_hostile_report(tmp_path_factory.mktemp("reports") / "hostile")
