"""The commands are run in this process; all of its tests share one parent of warm kernels."""

import contextlib

import pytest


@pytest.fixture(autouse=True)
def _share_parent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lend the shared parent to a benchmark that asks for warm kernels; a test marked `own_parent` has its own."""
    if request.node.get_closest_marker("own_parent"):
        return
    from app.bench import kernels

    begin = kernels.open_parent

    def lend(kind: str, **options: bool):
        if kind == "cold":
            return begin(kind, **options)
        return contextlib.nullcontext(request.getfixturevalue("warm_parent"))

    monkeypatch.setattr(kernels, "open_parent", lend)
