import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from app.errors import PackageError, RegistryError
from app.layout import PackageFolder
from app.serving.package.manifest import read_manifest, verify_package, write_manifest
from app.serving.registry.registry import Decision, Registry
from tests.conftest import PROJECT


@pytest.fixture(params=["folder", "file://", "local://", "memory://"])
def registry(request, here) -> Registry:
    roots = {
        "folder": "registry",
        "file://": f"file://{here}/registry",
        "local://": f"local://{here}/registry",
        "memory://": f"memory://{uuid.uuid4()}/models",
    }
    return Registry(roots[request.param])


def promote(registry: Registry, number: int, name: str = "tiny") -> Decision:
    return registry.decide(
        name,
        lambda state: Decision(
            kind="promoted", version=number, against=state.champion, reason="better", figures={"p": 0.01}
        ),
    )


def test_a_version_is_found_by_number_alias_and_name(registry, package):
    assert registry.names() == []
    assert [registry.add("tiny", package), registry.add("tiny", package)] == [1, 2]
    assert registry.names() == ["tiny"]
    assert registry.find("tiny@candidate").number == 2
    assert registry.find("1").alias is None
    promote(registry, 1)
    assert [registry.find(word).number for word in ("champion", "tiny", "tiny@champion", "tiny@2")] == [1, 1, 1, 2]
    found = registry.find("champion")
    assert found.alias == "champion"
    assert verify_package(found.folder) == read_manifest(package)


def test_what_is_not_there_is_said_with_what_is(registry, package):
    with pytest.raises(RegistryError, match=r"no model in it; make one with .*package --config"):
        registry.find("champion")
    registry.add("tiny", package)
    with pytest.raises(RegistryError, match=r"tiny: has no champion; there are candidate \(version 1\), versions 1"):
        registry.find("champion")
    with pytest.raises(RegistryError, match="tiny: has no version 7"):
        registry.find("tiny@7")
    with pytest.raises(RegistryError, match=r"no model \.\./tiny; there are tiny"):
        registry.find("../tiny@1")
    registry.add("other", package, "champion")
    with pytest.raises(RegistryError, match="give NAME@champion; there are other, tiny"):
        registry.find("champion")
    assert registry.find("other").number == 1


def test_rolling_back_leads_to_the_champion_before(registry, package):
    for _ in range(3):
        promote(registry, registry.add("tiny", package))
    assert [registry.roll_back("tiny").version, registry.roll_back("tiny").version] == [2, 1]
    with pytest.raises(RegistryError, match="version 1 is the first champion"):
        registry.roll_back("tiny")
    promote(registry, 3)
    assert registry.roll_back("tiny").version == 1
    kinds = [event.kind for event in registry.state("tiny").history]
    assert kinds == ["added", "promoted"] * 3 + ["rolled-back"] * 2 + ["promoted", "rolled-back"]


def test_a_refused_version_stays_the_candidate_and_a_promoted_one_does_not(registry, package):
    promote(registry, registry.add("tiny", package))
    registry.add("tiny", package)
    refusal = Decision(kind="refused", version=2, against=1, reason="not better", figures={"p": 0.4})
    registry.decide("tiny", lambda _: refusal)
    state = registry.state("tiny")
    assert state.aliases == {"champion": 1, "candidate": 2}
    assert (state.history[-1].reason, state.history[-1].figures) == ("not better", {"p": 0.4})
    promote(registry, 2)
    assert registry.state("tiny").aliases == {"champion": 2}


def test_another_instance_sees_what_has_happened_since(registry, package):
    registry.add("tiny", package, "champion")
    reader = Registry(registry.root)
    assert reader.find("champion").number == 1
    registry.add("tiny", package, "champion")
    assert reader.find("champion").number == 2


def test_a_package_with_a_changed_byte_is_not_added(registry, package, tmp_path):
    changed = PackageFolder(shutil.copytree(package.path, tmp_path / "changed"))
    changed.labels.write_text('["yes", "no"]\n')
    with pytest.raises(PackageError, match="its checksum differs"):
        registry.add("tiny", changed)
    assert registry.names() == []


def test_a_package_in_place_of_another_is_refused(here, package):
    registry = Registry("registry")
    registry.add("tiny", package)
    folder = registry.find("candidate").folder
    write_manifest(folder, read_manifest(folder).model_copy(update={"precision_reason": "another"}))
    assert registry.find("candidate").folder == folder  # whoever has it knows it, and opens it by its checksums
    with pytest.raises(RegistryError, match="is not the package that was added"):
        Registry("registry").find("candidate")


def test_a_damaged_event_is_named(here, package):
    registry = Registry("registry")
    registry.add("tiny", package)
    event = here / "registry" / "tiny" / "events" / "1.json"
    event.write_text(event.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(RegistryError, match=r"events/1\.json: it was altered"):
        Registry("registry").state("tiny")


def test_a_version_without_its_event_is_none_and_its_number_is_not_given_again(here, package):
    registry = Registry("registry")
    registry.add("tiny", package)
    shutil.copytree(package.path, here / "registry" / "tiny" / "2")  # a writer that was killed in between
    with pytest.raises(RegistryError, match="has no version 2"):
        registry.find("tiny@2")
    assert registry.add("tiny", package) == 3


def test_a_url_of_an_unknown_kind_is_refused():
    with pytest.raises(RegistryError, match="fsspec cannot open it"):
        Registry("nowhere://models")
    with pytest.raises(RegistryError, match="its driver cannot create a file only where there is none"):
        Registry("dir::memory://models")


def test_a_store_that_only_looks_before_it_writes_is_refused(monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem
    from fsspec.spec import AbstractFileSystem

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", AbstractFileSystem.pipe_file)
    with pytest.raises(RegistryError, match="its driver cannot create a file only where there is none"):
        Registry("memory://models")


WRITER = """
import sys
from pathlib import Path
from app.layout import PackageFolder
from app.serving.registry.registry import Decision, Registry

registry, package, ready = Registry("registry"), PackageFolder(Path(sys.argv[1])), Path(sys.argv[2])
heavy = {"torch", "transformers", "pandas", "fsspec", "onnxruntime"} & set(sys.modules)
assert not heavy, heavy
ready.touch()
while len(list(ready.parent.glob("ready-*"))) < 2:
    pass
for _ in range(40):
    number = registry.add("tiny", package)
    registry.decide("tiny", lambda state: Decision(
        kind="promoted", version=number, against=state.champion, reason="better", figures={}
    ))
    print(number)
"""


def test_two_writers_lose_no_number_and_no_event(here, package):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(package.path), str(here / f"ready-{place}")],
            env={"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(2)
    ]
    given = [int(line) for writer in writers for line in writer.communicate(timeout=120)[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(given) == list(range(1, 81))
    state = Registry("registry").state("tiny")
    assert [event.number for event in state.history] == list(range(1, 161))
    assert sorted(state.versions) == list(range(1, 81))
    promotions = [event for event in state.history if event.kind == "promoted"]
    assert sorted(event.version for event in promotions) == list(range(1, 81))
    # each was decided on against the champion that stood, not one that another had replaced by then
    assert [event.against for event in promotions] == [None, *(event.version for event in promotions[:-1])]
    assert not list(Path("registry").rglob(".new-*"))
    for number in (1, 80):
        verify_package(PackageFolder(Path("registry/tiny") / str(number)))


def test_an_event_that_is_torn_is_named(here, package):
    registry = Registry("registry")
    registry.add("tiny", package)
    event = here / "registry" / "tiny" / "events" / "1.json"
    event.write_bytes(event.read_bytes()[:-40])
    with pytest.raises(RegistryError, match=r"events/1\.json: it is torn"):
        Registry("registry").find("candidate")


def test_a_registry_that_cannot_be_written_says_so(here, package):
    (here / "registry").write_text("a file where a folder should be")
    with pytest.raises(RegistryError, match="registry"):
        Registry("registry").add("tiny", package)
