"""An application for each kind of model, shared by the tests of a module."""

from collections.abc import Callable, Iterator

import pytest

from app.layout import PackageFolder
from tests.serving.api.graphs import make_package
from tests.serving.api.serving import Served


@pytest.fixture(scope="session")
def packages(tmp_path_factory) -> Callable[[str], PackageFolder]:
    """The package of a kind, made once."""
    made: dict[str, PackageFolder] = {}

    def package(kind: str) -> PackageFolder:
        if kind not in made:
            made[kind] = make_package(tmp_path_factory.mktemp("packages") / kind, kind)
        return made[kind]

    return package


@pytest.fixture(scope="module")
def serve(packages, tmp_path_factory) -> Iterator[Callable[..., Served]]:
    """An application that serves that kind, one for each set of options."""
    made: dict[tuple[object, ...], Served] = {}

    def serve(kind: str = "text-classification", **options: object) -> Served:
        key = (kind, *((name, str(value)) for name, value in options.items()))
        if key not in made:
            served = Served(packages(kind), tmp_path_factory.mktemp("served"), **options)
            made[key] = served.__enter__()
        return made[key]

    yield serve
    for served in made.values():
        served.__exit__()
