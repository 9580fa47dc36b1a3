"""A package is what was packaged, to the byte, or it is refused."""

import shutil

import pytest

from app.errors import PackageError
from app.layout import PackageFolder
from app.serving.package.manifest import read_manifest, verify_package, write_manifest


@pytest.fixture
def copy(package, tmp_path) -> PackageFolder:
    return PackageFolder(shutil.copytree(package.path, tmp_path / "copy"))


def test_a_manifest_is_read_as_it_was_written(package):
    manifest = verify_package(package)
    assert manifest == read_manifest(package)
    assert set(manifest.files) == {"model.onnx", "tokenizer.json", "labels.json"}
    assert manifest.size_bytes == package.model.stat().st_size


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "labels.json", "manifest.json"])
def test_one_changed_byte_is_refused(copy, name):
    path = copy.path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(PackageError, match=name.replace(".", r"\.")):
        verify_package(copy)


def test_a_missing_file_is_named(copy):
    copy.tokenizer.unlink()
    with pytest.raises(PackageError, match=r"tokenizer\.json: cannot be read"):
        verify_package(copy)


def test_a_manifest_that_does_not_vouch_for_a_file_is_refused(copy):
    held = copy.labels.rename(copy.path.parent / "labels.json")
    write_manifest(copy, read_manifest(copy))
    held.rename(copy.labels)
    with pytest.raises(PackageError, match=r"has no checksum of labels\.json"):
        verify_package(copy)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/b", ""])
def test_a_name_that_is_no_folder_of_its_own_is_refused(copy, name):
    write_manifest(copy, read_manifest(copy).model_copy(update={"name": name}))
    with pytest.raises(PackageError, match="is no manifest of this schema"):
        verify_package(copy)


def test_a_folder_without_a_manifest_is_no_package(tmp_path):
    with pytest.raises(PackageError, match=r"is no package, it has no manifest\.json"):
        verify_package(PackageFolder(tmp_path))
