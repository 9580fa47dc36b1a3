"""One exported model for all tests of serving: an export takes seconds."""

import pytest

from app.layout import PackageFolder
from tests.serving.packages import build_classifier, make_package


@pytest.fixture(scope="session")
def classifier():
    return build_classifier()


@pytest.fixture(scope="session")
def package(classifier, tmp_path_factory) -> PackageFolder:
    """Whoever changes a file of it takes a copy first."""
    return make_package(tmp_path_factory.mktemp("packages") / "tiny", classifier)
