"""A packaged version as W&B gets it."""

import json
import sys

import pytest

SCRIPT = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from app.config import Tracking
from app.lab import tracking
tracking.START_SECONDS, tracking.FINISH_SECONDS = 6, 9
from app.layout import BenchmarkFolder, PackageFolder
from app.packaging import publish_version
from app.serving.registry.registry import Version

chosen = SimpleNamespace(
    folder=BenchmarkFolder(Path("reports/tiny")),
    record=SimpleNamespace(name="tiny"),
    benchmark=SimpleNamespace(tracking=Tracking(mode=sys.argv[1], project="tests")),
)
record = publish_version(chosen, Version("tiny", 3, PackageFolder(Path(sys.argv[2])), None))
print(json.dumps(record and record.model_dump()), flush=True)
import os; os._exit(0)
"""


@pytest.fixture
def publish(here, call, package):
    (here / "script.py").write_text(SCRIPT)
    return lambda mode, **more: json.loads(
        call(sys.executable, "script.py", mode, str(package.path), **more).splitlines()[-1]
    )


@pytest.fixture
def package(tmp_path):
    from tests.serving.packages import build_classifier, make_package

    return make_package(tmp_path / "package", build_classifier())


def test_a_version_is_a_model_artifact_where_tracking_is_online(server, publish):
    said = publish("auto")
    (run,) = server.runs.values()
    assert said == {"id": run.name, "mode": "online", "path": f"team/tests/{run.name}"}
    assert (run.group, run.display_name) == ("tiny", "package-3")
    assert "model:tiny" in run.artifacts
    assert run.exit_code == 0


@pytest.mark.slow
def test_one_that_is_told_nothing_is_told_nothing(server, publish):
    assert publish("offline") is None
    assert publish("disabled") is None
    assert server.runs == {}


@pytest.mark.slow
def test_a_wandb_that_fails_fails_no_packaging(server, publish):
    server.failing = True
    assert publish("auto")["mode"] == "offline"
