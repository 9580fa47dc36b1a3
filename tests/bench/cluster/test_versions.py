"""Two machines that would compute something else are told apart, each thing with what to do."""

from app.bench.cluster import versions
from app.bench.cluster.versions import describe_differences, digest_project, read_versions


def test_alike_is_alike():
    here = read_versions()
    assert describe_differences("10.0.0.7", dict(here), here) == []
    assert {"project", "python", "torch", "numpy"} <= set(here)


def test_each_difference_is_named_with_its_remedy():
    here = {"project": "1 (aaaa)", "python": "3.11.7", "torch": "2.13.0"}
    lines = describe_differences("10.0.0.7", {"project": "1 (bbbb)", "python": "3.11.7", "torch": "none"}, here)
    assert lines[0].startswith("node 10.0.0.7: project 1 (bbbb), the driver has 1 (aaaa); bring both to one commit")
    assert lines[1] == (
        "node 10.0.0.7: torch none, the driver has 2.13.0; run make setup there, on the same Pipfile.lock"
    )
    assert len(lines) == 2


def test_a_template_that_differs_is_another_project(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(versions, "PROJECT", tmp_path)
    found = set()
    for text in ("x = 1", "x = 2"):
        (tmp_path / "notebooks" / "finetune.py").write_text(text)
        digest_project.cache_clear()
        found.add(digest_project())
    digest_project.cache_clear()
    assert len(found) == 2
