"""What counts as done is what a whole result.json says now, whatever it said before."""

import json
import os
from datetime import timedelta

import pytest

from app.bench.plan import plan_runs
from app.bench.resume import estimate_seconds, find_done
from app.checksums import seal_document
from app.config import load_config
from app.results import read_results, write_result
from tests.report.golden import Made, make_benchmark


@pytest.fixture
def runs(write_config):
    """Three runs that are done."""
    benchmark = load_config(write_config(architectures=["bert-tiny"], seeds=[0, 1, 2]))
    planned = plan_runs(benchmark, template_source="cells", data_fingerprint="0123", checkpoints={})
    made = make_benchmark(planned[0].folder.path.parent / "made", [Made(architecture="bert-tiny")], pages=False)
    (result,) = read_results([next(made.runs.glob("*/result.json"))])
    for run in planned:
        write_result(result.model_copy(update={"run_id": run.run_id, "seed": run.seed}), run.folder.result)
    assert list(find_done(planned)) == [run.run_id for run in planned]
    return planned


def change(runs, number, **keys):
    """What the kernel itself could have written there, whole and with its checksum."""
    path = runs[number].folder.result
    document = {**json.loads(path.read_text()), **keys}
    del document["checksum"]
    path.write_text(seal_document(document))


def ids(runs, *numbers):
    return [runs[number].run_id for number in numbers]


def test_a_result_that_is_gone_is_not_done(runs):
    runs[1].folder.result.unlink()
    assert list(find_done(runs)) == ids(runs, 0, 2)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_torn_result_is_not_done(runs, share):
    path = runs[0].folder.result
    content = path.read_bytes().rstrip()
    path.write_bytes(content[: int(len(content) * share)])
    assert list(find_done(runs)) == ids(runs, 1, 2)


def test_a_result_that_says_failed_now_is_not_done(runs):
    change(runs, 2, status="failed")
    assert list(find_done(runs)) == ids(runs, 0, 1)


def test_a_change_that_keeps_size_and_time_is_seen(runs):
    path = runs[1].folder.result
    before = path.stat()
    text = path.read_text()
    path.write_text(text.replace('"status": "ok"', '"status": "no"'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(find_done(runs)) == ids(runs, 0, 2)


def test_equal_parts_are_shared_and_different_ones_are_not(runs):
    change(runs, 2, environment={"torch": "other"})
    first, second, third = find_done(runs).values()
    assert first.environment is second.environment
    assert first.dataset is third.dataset
    assert third.environment.torch == "other" != first.environment.torch


def test_a_part_that_is_wrong_in_one_result_costs_that_one(runs):
    change(runs, 0, environment=["a list"])
    assert list(find_done(runs)) == ids(runs, 1, 2)


def test_the_rest_is_expected_to_take_as_long_as_what_is_done_of_its_architecture(write_config):
    config = load_config(write_config(architectures=["bert-tiny", "albert-tiny", "electra-tiny"], seeds=[0, 1]))
    planned = plan_runs(config, template_source="", data_fingerprint="", checkpoints={})
    made = make_benchmark(planned[0].folder.path.parent / "made", [Made(architecture="x")], pages=False)
    (result,) = read_results([next(made.runs.glob("*/result.json"))])

    def took(seconds, name):
        finished = result.started + timedelta(seconds=seconds)
        return result.model_copy(update={"architecture": name, "finished": finished})

    done = {planned[0].run_id: took(10, "bert-tiny"), planned[2].run_id: took(30, "albert-tiny")}
    assert estimate_seconds(planned, done, workers=1) == pytest.approx(10 + 30 + 2 * 20)
    assert estimate_seconds(planned, done, workers=2) == pytest.approx(40)
    assert estimate_seconds(planned, {}, workers=1) is None
