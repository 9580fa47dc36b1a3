"""What a run has left arrives whole, in its place, or not at all."""

import tarfile

import pytest

from app.bench.cluster.parcels import pack_files, read_chunk
from app.bench.cluster.stores import clear_leftovers, fetch_run, send_parcel
from app.layout import BenchmarkFolder


@pytest.fixture
def run():
    return BenchmarkFolder.of("tiny").run("run-00000001")


@pytest.fixture
def parcel(here, run):
    """Packed in a workspace of a node: the run's folder, its W&B run, and the benchmark's examples."""
    node = here / "node"
    for name, content in (("result.json", b"{}"), ("model/model.safetensors", bytes(20_000_000))):
        path = node / run.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (node / "reports/tiny/wandb/wandb/offline-run-1").mkdir(parents=True)
    (node / "reports/tiny/wandb/wandb/offline-run-1/run.wandb").write_text("kept")
    (node / "reports/tiny/examples.parquet").write_text("rows")
    paths = [node / "reports/tiny" / name for name in ("examples.parquet", "wandb/wandb/offline-run-1")]
    return pack_files([node / run.path, *paths], node / "run.tar", root=node)


def sent_by_ray(parcel):
    return str(parcel.path), parcel.size, parcel.digest, read_chunk(parcel.path, 0)


@pytest.mark.parametrize("way", ["ray", "url"])
def test_a_run_is_put_in_place_with_what_lies_beside_it(way, here, run, parcel):
    driver = here / "driver"
    (driver / run.path).mkdir(parents=True)
    (driver / run.path / "of an earlier attempt").touch()
    (driver / "reports/tiny/wandb/wandb/offline-run-0").mkdir(parents=True)
    sent = sent_by_ray(parcel)
    if way == "url":
        sent = (send_parcel(parcel, f"file://{here}/store"), parcel.size, parcel.digest, b"")
    fetch_run(run, sent, lambda place, start: read_chunk(parcel.path, start), workplace=driver)
    assert (driver / run.result).read_text() == "{}"
    assert (driver / run.model / "model.safetensors").stat().st_size == 20_000_000
    assert not (driver / run.path / "of an earlier attempt").exists()
    assert (driver / "reports/tiny/examples.parquet").read_text() == "rows"
    kept = sorted(path.name for path in (driver / "reports/tiny/wandb/wandb").iterdir())
    assert kept == ["offline-run-0", "offline-run-1"]
    assert not list((driver / run.path).parent.glob(".*"))
    assert not list((here / "store").glob("*"))


def test_what_arrives_otherwise_than_it_was_sent_is_not_put_in_place(here, run, parcel):
    driver = here / "driver"
    place, size, digest, first = sent_by_ray(parcel)

    def read(place, start):
        return b"?" * min(1 << 20, size - start)

    with pytest.raises(OSError, match="otherwise than it was sent"):
        fetch_run(run, (place, size, digest, first), read, workplace=driver)
    assert list((driver / run.path).parent.iterdir()) == []


def test_a_parcel_leads_nowhere_else(here, run, parcel):
    driver = here / "driver"
    (here / "evil").write_text("from elsewhere")
    with tarfile.open(parcel.path, "w") as archive:
        archive.add(here / "evil", arcname="../../../../outside")
    evil = type(parcel).of(parcel.path)
    with pytest.raises(tarfile.TarError):
        fetch_run(run, sent_by_ray(evil), lambda place, start: b"", workplace=driver)
    assert not (here / "outside").exists()
    assert not (driver / run.path).exists()


def test_what_was_on_its_way_when_a_driver_was_killed_is_removed(here, run):
    runs = run.path.parent
    (runs / ".arriving-1" / "reports").mkdir(parents=True)
    (runs / ".kernels-of-a-node").mkdir()
    run.path.mkdir()
    clear_leftovers(runs)
    assert [path.name for path in runs.iterdir()] == [run.path.name]
