"""Lines for pip follow from Pipfile and its lock, and from nothing else."""

import json
import re
import sys
import tomllib

import pytest

from app.anywhere.packages import lacking_lines, locked_lines, machine_lines, main
from tests.anywhere.colab import INSTALLED
from tests.conftest import PROJECT

LOCK = json.loads((PROJECT / "Pipfile.lock").read_text(encoding="utf-8"))
PIPFILE = tomllib.loads((PROJECT / "Pipfile").read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path):
    """A project of a few packages, each with something of its own."""
    (tmp_path / "Pipfile").write_text(
        '[packages]\nplain = "*"\nclose = "~=0.4.6"\nwide = "~=1.23"\nScikit_Learn = "~=1.9"\n'
        '[dev-packages]\ntool = "*"\n'
        '[torch]\ntorch = "==2.13.0"\nmaconly = {version = "==1.0", markers = "sys_platform == \'nowhere\'"}\n'
    )
    entry = {"version": "==1.2", "hashes": ["sha256:aa", "sha256:bb"], "extras": ["http"], "markers": "os_name == 'x'"}
    lock = {"default": {"plain": entry}, "develop": {"tool": {"version": "==9", "hashes": ["sha256:cc"]}}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps(lock))
    return tmp_path


def test_a_locked_package_has_its_version_its_hashes_and_what_it_is_for(project):
    assert locked_lines(project) == ["plain[http]==1.2 ; os_name == 'x' --hash=sha256:aa --hash=sha256:bb"]


def test_the_locked_packages_are_those_of_the_lock_without_the_developers():
    found = {line.split("=")[0].split("[")[0] for line in locked_lines()}
    assert found == set(LOCK["default"])
    assert not found & (set(LOCK["develop"]) - set(LOCK["default"]))


def test_what_depends_on_the_machine_is_the_category_that_is_not_locked(project):
    assert machine_lines(project) == ["torch==2.13.0", "maconly==1.0 ; sys_platform == 'nowhere'"]


def test_what_is_lacking_is_what_is_there_under_no_spelling_of_its_name(project):
    assert lacking_lines(["Plain", "scikit-learn", "torch"], project) == ["close<0.5", "wide<2"]


def test_what_is_lacking_may_be_older_than_the_pipfile_asks_but_not_newer(project):
    assert lacking_lines([], project) == ["plain", "close<0.5", "wide<2", "Scikit_Learn<2", "torch==2.13.0"]


def test_where_nothing_is_lacking_nothing_is_asked_for(project):
    assert lacking_lines(["plain", "close", "wide", "scikit_learn", "torch"], project) == []


def test_what_colab_lacks_is_the_pipfile_less_what_colab_has():
    found = {re.split("[ ;<=]", line)[0] for line in lacking_lines(INSTALLED)}
    there = {name.lower().replace("_", "-") for name in INSTALLED}
    everywhere = {name for name, entry in PIPFILE["torch"].items() if isinstance(entry, str)}
    expected = (set(PIPFILE["packages"]) | everywhere) - there
    assert found - (set() if sys.platform == "linux" else {"appnope"}) == expected
    assert not found & {"numpy", "torch", "ipykernel"}


def test_a_list_is_printed_by_its_name(capsys):
    assert main(["machine"]) == 0
    assert "torch==" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["develop"], ["locked", "machine"]])
def test_another_name_is_refused(words, capsys):
    assert main(words) == 2
    assert "say one of locked, machine" in capsys.readouterr().err
