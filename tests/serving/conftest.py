"""One exported model for all tests of serving: an export takes seconds, and so does the import of torch."""

import pytest

from app.layout import PackageFolder


@pytest.fixture(scope="session")
def classifier():
    from tests.serving.packages import build_classifier

    return build_classifier()


@pytest.fixture(scope="session")
def package(classifier, tmp_path_factory) -> PackageFolder:
    """Whoever changes a file of it takes a copy first."""
    from tests.serving.packages import make_package

    return make_package(tmp_path_factory.mktemp("packages") / "tiny", classifier)
