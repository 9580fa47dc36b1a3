"""When the alias moves, the other version answers; what cannot be opened leaves the one that answers."""

import asyncio
import shutil

import pytest

from app.errors import RegistryError
from app.layout import PackageFolder
from app.serving.api import reloading
from app.serving.api.opening import open_engine
from app.serving.api.reloading import Reloader
from app.serving.api.source import Found, open_source
from app.serving.package.manifest import read_manifest, write_manifest
from app.serving.registry.registry import Registry
from tests.serving.api.graphs import make_package
from tests.serving.api.serving import Served, wait_until


class Alias:
    """What is meant now, or the error that asking ends in."""

    def __init__(self, found):
        self.now = found

    def find(self):
        if isinstance(self.now, Exception):
            raise self.now
        return self.now


@pytest.fixture
def served(packages, tmp_path, monkeypatch):
    monkeypatch.setattr(reloading, "PERIOD", 0.02)
    with Served(packages("text-classification"), tmp_path) as served:
        served.alias = Alias(served.found)

        async def look():
            def open_found(found):
                return open_engine(found.folder, 1)

            return Reloader(served.alias, served.found, open_found, served.service.swap, served.metrics)

        reloader = served.run(look())
        yield served
        reloader.stop()


def version(served) -> int:
    return served.ask("/v1/predict", {"text": "my card"}).json()["model"]["version"]


def test_another_version_answers_when_the_alias_has_moved_and_no_request_is_lost(served, tmp_path):
    other = make_package(tmp_path / "other", seed=1)

    async def load():
        answers, end = [], asyncio.get_running_loop().time() + 10
        while not answers or answers[-1].json()["model"]["version"] == 1:
            assert asyncio.get_running_loop().time() < end
            many = [served.client.post("/v1/predict", json={"texts": ["my card", "rate"]}) for _ in range(8)]
            answers += await asyncio.gather(*many)
            if len(answers) == 24:
                served.alias.now = Found("mail", 2, other)
        return answers

    answers = served.run(load())
    assert {answer.status_code for answer in answers} == {200}
    by_version = {}
    for answer in answers:
        found = answer.json()
        by_version.setdefault(found["model"]["version"], set()).add(found["answers"][0]["probability"])
    assert {number: len(said) for number, said in by_version.items()} == {1: 1, 2: 1}  # each answers as it does
    assert by_version[1] != by_version[2]
    assert served.figure("serving_reloads_total", outcome="ok") == 1
    info = {"name": "mail", "kind": "text-classification", "precision": "fp32"}
    assert served.figure("serving_model_info", **info, version="2") == 1
    assert served.figure("serving_model_info", **info, version="1") == 0


def test_a_tokenizer_that_cannot_be_read_leaves_the_old_one_serving_and_is_told(served, tmp_path):
    other = make_package(tmp_path / "other", seed=1)
    other.tokenizer.write_text("{}")
    write_manifest(other, read_manifest(other))
    served.alias.now = Found("mail", 2, other)
    wait_until(lambda: served.figure("serving_reload_failing") == 1)
    assert version(served) == 1
    served.alias.now = Found("mail", 3, make_package(tmp_path / "third", seed=2))
    wait_until(lambda: version(served) == 3)


def test_champion_alone_means_the_same_model_when_there_is_another(here, tmp_path):
    registry = Registry("registry")
    registry.add("mail", make_package(tmp_path / "mail"), "champion")
    source = open_source("champion", "registry")
    registry.add("post", make_package(tmp_path / "post"), "champion")
    registry.add("mail", make_package(tmp_path / "mail2", seed=1), "champion")
    assert (source.find().name, source.find().version) == ("mail", 2)


def test_a_package_with_a_changed_byte_leaves_the_old_one_serving_and_is_told(served, tmp_path, caplog):
    broken = PackageFolder(shutil.copytree(served.folder.path, tmp_path / "broken"))
    content = bytearray(broken.model.read_bytes())
    content[-20] ^= 1
    broken.model.write_bytes(content)
    with caplog.at_level("INFO", "serving"):
        served.alias.now = Found("mail", 3, broken)
        wait_until(lambda: served.figure("serving_reload_failing"))
        assert version(served) == 1
        assert served.figure("serving_reloads_total", outcome="failed") == 1
        served.alias.now = served.found
        wait_until(lambda: not served.figure("serving_reload_failing"))
    told = [vars(record)["facts"]["why"] for record in caplog.records if record.message == "reload failed"]
    assert len(told) == 1
    assert "model.onnx: is not the file that was packaged" in told[0]


def test_a_registry_that_is_gone_is_told_and_changes_nothing(served):
    served.alias.now = RegistryError("registry: cannot be reached")
    wait_until(lambda: served.figure("serving_reload_failing"))
    assert version(served) == 1
    served.alias.now = served.found
    wait_until(lambda: not served.figure("serving_reload_failing"))
