"""A checkpoint is looked at before anything runs; whatever is wrong with it is told with its remedy."""

import json
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import CheckpointError, HubError
from app.lab.checkpoints import check_checkpoint, fingerprint_checkpoint


def write_weights(path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "tokenizer.json").write_text("{}")
    write_weights(tmp_path / "model.safetensors")
    return tmp_path


def test_a_whole_folder_is_accepted(folder: Path) -> None:
    check_checkpoint(str(folder))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such folder"):
        check_checkpoint(str(tmp_path / "absent"))


def test_a_file_is_no_checkpoint(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="is a file"):
        check_checkpoint(str(folder / "model.safetensors"))


def cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])


def pickle_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
    (lambda folder: (folder / "config.json").write_text("{model"), "is not JSON"),
    (lambda folder: (folder / "config.json").write_text("{}"), "has no model_type"),
    (lambda folder: (folder / "config.json").write_text("[]"), "has no model_type"),
    (
        lambda folder: (folder / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}'),
        "code of its own",
    ),
    (lambda folder: (folder / "model.safetensors").unlink(), "has no weights"),
    (pickle_weights, "pytorch_model.bin but no"),
    (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer"),
    (cut_weights, "no whole safetensors file"),
    (lambda folder: (folder / "model.safetensors").write_bytes(b"abc"), "no whole safetensors file"),
    (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 64), "no whole safetensors file"),
]


@pytest.mark.parametrize(("spoil", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_faulty_folder_is_refused(folder: Path, spoil: Callable[[Path], object], message: str) -> None:
    spoil(folder)
    with pytest.raises(CheckpointError, match=message):
        check_checkpoint(str(folder))


def test_a_fingerprint_follows_the_contents_and_not_the_place(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = fingerprint_checkpoint(str(folder))
    copy = tmp_path_factory.mktemp("copy")
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert fingerprint_checkpoint(str(copy)) == before
    (copy / "config.json").write_text('{"model_type": "bert", "hidden_size": 8}')
    assert fingerprint_checkpoint(str(copy)) != before


def test_what_is_no_folder_and_no_id_is_refused() -> None:
    with pytest.raises(CheckpointError, match="neither a folder nor a hub id"):
        check_checkpoint("a b/c/d")


def test_a_cached_model_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "models--someone--small"
    snapshot = repository / "snapshots" / ("0" * 39 + "1")
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(snapshot.name)
    (snapshot / "config.json").write_text('{"model_type": "bert"}')
    (snapshot / "tokenizer.json").write_text("{}")
    write_weights(snapshot / "model.safetensors")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    check_checkpoint("someone/small")
    assert fingerprint_checkpoint("someone/small") != fingerprint_checkpoint("someone/other")


def test_a_hub_that_does_not_answer_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    started = time.perf_counter()
    with pytest.raises(HubError, match=r"someone/absent: .*HF_HOME"):
        check_checkpoint("someone/absent")
    assert time.perf_counter() - started < 10


def test_the_look_costs_no_import_of_torch() -> None:
    import subprocess

    code = "import sys, app.lab.checkpoints; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
