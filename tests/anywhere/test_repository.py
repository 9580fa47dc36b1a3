"""The slug is the one that is given, or that of git's remote on GitHub; nothing is guessed."""

import subprocess

import pytest

from app.anywhere.repository import find_slug
from app.errors import UsageError


@pytest.fixture
def repository(tmp_path):
    """A repository with the given remotes."""

    def make(**remotes: str):
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        for name, address in remotes.items():
            subprocess.run(["git", "-C", tmp_path, "remote", "add", name, address], check=True)
        return tmp_path

    return make


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/some-one/bert.benchmark",
        "https://github.com/some-one/bert.benchmark.git",
        "https://github.com/some-one/bert.benchmark/",
        "https://user:secret@github.com/some-one/bert.benchmark.git",
        "git@github.com:some-one/bert.benchmark.git",
        "ssh://git@github.com/some-one/bert.benchmark.git",
        "ssh://git@github.com:22/some-one/bert.benchmark",
    ],
)
def test_it_is_that_of_the_remote_in_every_form_that_git_takes(repository, address):
    assert find_slug(project=repository(origin=address)) == "some-one/bert.benchmark"


def test_what_is_given_comes_first(repository):
    assert find_slug("a/b", repository(origin="https://github.com/c/d")) == "a/b"


def test_origin_comes_before_other_remotes(repository):
    remotes = {"fork": "https://github.com/a/b", "origin": "https://github.com/c/d"}
    assert find_slug(project=repository(**remotes)) == "c/d"


def test_the_only_remote_may_have_any_name(repository):
    assert find_slug(project=repository(upstream="https://github.com/a/b")) == "a/b"


@pytest.mark.parametrize("given", ["name", "a/b/c", "/b", "a/", "a b/c", "-a/b", "https://github.com/a/b"])
def test_what_is_no_slug_is_refused(given):
    with pytest.raises(UsageError, match="write owner/name"):
        find_slug(given)


@pytest.mark.parametrize(
    ("remotes", "reason"),
    [
        ({}, "no SLUG is given and git has no remote"),
        ({"origin": "https://user:secret@example.org/a/b.git"}, "origin is not on github.com"),
        ({"origin": "/srv/git/a/b.git"}, "origin is not on github.com"),
        ({"origin": "https://notgithub.com/a/b"}, "origin is not on github.com"),
        ({"one": "https://github.com/a/b", "two": "https://github.com/c/d"}, "several remotes \\(one, two\\)"),
    ],
)
def test_where_none_is_known_the_message_says_what_to_say_and_no_password(repository, remotes, reason):
    with pytest.raises(UsageError, match=reason) as error:
        find_slug(project=repository(**remotes))
    assert "SLUG=owner/name" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_repository_around_the_project_is_not_its_own(repository):
    inner = repository(origin="https://github.com/a/b") / "inner"
    inner.mkdir()
    with pytest.raises(UsageError, match="git has no remote"):
        find_slug(project=inner)
