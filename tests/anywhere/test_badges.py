"""Badges are written from the slug alone, between two marks of the README."""

import re
import shutil
import subprocess
import sys

import pytest

from app.anywhere import badges
from app.anywhere.badges import badge_table, main, write_badges
from app.errors import UsageError
from tests.conftest import PROJECT

MARKED = "# Title\n\n<!-- badges -->\nnone yet\n<!-- /badges -->\n\nThe rest.\n"


@pytest.fixture
def readme(tmp_path, monkeypatch):
    monkeypatch.setattr(badges, "PROJECT", tmp_path)
    (tmp_path / "README.md").write_text(MARKED)
    return tmp_path / "README.md"


def test_they_replace_what_is_between_the_marks_and_nothing_else(readme):
    write_badges(readme, "a/b")
    text = readme.read_text()
    assert text.startswith("# Title\n\n<!-- badges -->\n|")
    assert text.endswith("\n<!-- /badges -->\n\nThe rest.\n")
    assert "none yet" not in text


def test_to_write_them_again_changes_what_the_slug_changes(readme):
    write_badges(readme, "a/b")
    first = readme.read_text()
    write_badges(readme, "c/d")
    assert readme.read_text() == first.replace("a/b", "c/d")
    write_badges(readme, "a/b")
    assert readme.read_text() == first


def test_each_notebook_has_a_badge_for_each_place_with_a_text_for_who_sees_no_pictures():
    table = badge_table("a/b")
    links = re.findall(r"\[!\[([^\]]+)\]\[([a-z-]+)\]\]\((https://[^)]+)\)", table)
    assert [picture for _, picture, _ in links] == ["colab", "binder", "studio-lab"] * 2
    assert all("/a/b/" in link and "notebooks/" in link for *_, link in links)
    assert len({alt for alt, *_ in links}) == 6
    assert set(re.findall(r"^\[([a-z-]+)\]: https://", table, re.MULTILINE)) == {"colab", "binder", "studio-lab"}


def test_every_notebook_that_is_linked_has_its_template():
    stems = set(re.findall(r"notebooks/([a-z_]+)\.ipynb", badge_table("a/b")))
    assert stems == {"finetune", "language_model"}
    assert all((PROJECT / "notebooks" / f"{stem}.py").exists() for stem in stems)


@pytest.mark.parametrize("text", ["# Title\n", "<!-- /badges -->\n<!-- badges -->\n", MARKED + MARKED])
def test_a_readme_without_one_place_for_them_is_left_as_it_is(readme, text):
    readme.write_text(text)
    with pytest.raises(UsageError, match="no place for the badges; write <!-- badges -->"):
        write_badges(readme, "a/b")
    assert readme.read_text() == text


def test_the_command_writes_them_for_the_slug_it_is_given(readme, capsys):
    assert main(["a/b"]) == 0
    assert capsys.readouterr().out == "README.md: badges of a/b\n"
    assert "/a/b/" in readme.read_text()


def test_a_slug_that_is_none_changes_nothing(readme, capsys):
    assert main(["nobody"]) == 2
    assert "write owner/name" in capsys.readouterr().err
    assert readme.read_text() == MARKED


def test_without_a_slug_and_a_remote_make_says_what_to_say(tmp_path):
    for name in ("Makefile", "README.md"):
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    before = (tmp_path / "README.md").read_text()
    words = ["make", "badges", f"PYTHON={sys.executable}"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no SLUG is given and git has no remote; say SLUG=owner/name" in done.stderr
    assert (tmp_path / "README.md").read_text() == before
    assert subprocess.run([*words, "SLUG=a/b"], cwd=tmp_path, capture_output=True, timeout=60).returncode == 0
    assert badge_table("a/b") in (tmp_path / "README.md").read_text()


def test_the_readme_of_the_project_has_a_place_for_them(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_text((PROJECT / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    write_badges(copy, "a/b")
    assert badge_table("a/b") in copy.read_text(encoding="utf-8")


def test_the_slug_stands_nowhere_else():
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    slugs = set(re.findall(r"(?:github/|gh/)([\w.-]+/[\w.-]+)/(?:blob/)?notebooks", text))
    assert len(slugs) <= 1
    for slug in slugs:
        elsewhere = [*PROJECT.glob("app/**/*.py"), *PROJECT.glob("notebooks/*.py"), PROJECT / "Makefile"]
        assert not [path for path in elsewhere if slug in path.read_text(encoding="utf-8")]
