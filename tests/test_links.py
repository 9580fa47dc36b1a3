"""The check of the docs' links finds what is broken, and nothing else."""

import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "check_links.py"


@pytest.fixture
def check(tmp_path):
    """Checks a project of the given Markdown files; returns the exit code and the lines it printed."""

    def run(*words: str, **documents: str) -> tuple[int, list[str]]:
        (tmp_path / ".ci").mkdir()
        script = shutil.copy(SCRIPT, tmp_path / ".ci")
        for name, text in documents.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        found = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, timeout=60)
        assert not found.stderr
        return found.returncode, found.stdout.splitlines()

    return run


@pytest.fixture
def site():
    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200 if self.path == "/there" else 404)
            self.end_headers()

        def do_GET(self):
            self.do_HEAD()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_links_to_files_and_headings_that_are_there_are_right(check):
    text = "# A `title`, & more\n\n[b](other.md#twice-1) [self](#a-title--more) [file](.ci/check_links.py)\n"
    code, lines = check(one=text, other="# Twice\n\n# Twice\n")
    assert (code, lines[-1]) == (0, "3 links, 0 broken; 0 to other sites, not asked; --online asks them")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("[x](gone.md)", "there is no gone.md"),
        ("![x](pictures/gone.png 'title')", "there is no pictures/gone.png"),
        ("[x](other.md#nowhere)", "other.md has no such heading"),
        ("[x](../outside.md)", "leads out of the project"),
        ("[x][y]\n\n[y]: gone.md", "there is no gone.md"),
        ('<a href="gone.md">x</a>', "there is no gone.md"),
    ],
)
def test_a_broken_link_is_named_with_its_file_and_line(check, link, reason):
    code, lines = check(one=f"# Title\n\n{link}\n", other="# Other\n")
    assert code == 1
    assert lines[0].startswith("one.md:")
    assert reason in lines[0]


def test_links_in_code_and_comments_are_no_links(check):
    text = "`[x](gone.md)`\n\n```\n[x](gone.md)\n```\n\n<!-- [x](gone.md) -->\n"
    assert check(one=text)[0] == 0


def test_other_sites_are_asked_only_online(check, site):
    code, lines = check(one=f"[x]({site}/gone)\n")
    assert code == 0
    assert "1 to other sites, not asked" in lines[-1]


def test_a_site_without_the_page_is_a_broken_link(check, site):
    code, lines = check("--online", one=f"[x]({site}/there#part) [y]({site}/gone)\n")
    assert code == 1
    assert lines[0] == f"one.md:1: {site}/gone: answers 404"
    assert "2 links, 1 broken" in lines[-1]
