"""Workers share the cores and the GPUs, and none is started into memory that is not there."""

import os

import psutil
import pytest

from app.bench import shares
from app.bench.shares import has_memory, share_environment


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch):
    for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


def test_a_worker_alone_is_told_nothing():
    assert share_environment(0, 1) == {}


def test_cores_are_shared_out_and_nobody_is_left_without(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(6), raising=False)
    assert share_environment(1, 2)["OMP_NUM_THREADS"] == "3"
    assert share_environment(1, 2)["BERT_BENCHMARK_CORES"] == "6"
    assert share_environment(7, 8)["MKL_NUM_THREADS"] == "1"


def test_the_threads_that_the_user_allows_are_what_is_shared(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert share_environment(0, 2)["OMP_NUM_THREADS"] == "2"


def test_each_worker_has_a_gpu_of_those_the_user_allows(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert [share_environment(worker, 3)["CUDA_VISIBLE_DEVICES"] for worker in range(3)] == ["3", "5", "3"]


def test_gpus_are_counted_where_the_driver_lists_them(monkeypatch, tmp_path):
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(shares, "_GPUS", tmp_path)
    assert [share_environment(worker, 2)["CUDA_VISIBLE_DEVICES"] for worker in range(2)] == ["0", "1"]


def test_a_machine_without_gpus_is_told_of_none(monkeypatch, tmp_path):
    monkeypatch.setattr(shares, "_GPUS", tmp_path / "none")
    assert "CUDA_VISIBLE_DEVICES" not in share_environment(0, 2)


def test_a_run_is_started_where_it_fits_and_not_where_it_does_not():
    free = psutil.virtual_memory().available
    assert has_memory([os.getpid()], peaks=[50_000_000])
    assert not has_memory([os.getpid()], peaks=[free])


def test_what_those_under_way_will_still_take_is_counted():
    memory = psutil.virtual_memory()
    third = (memory.available - memory.total // 20) // 3
    assert has_memory([os.getpid()], peaks=[third])
    assert not has_memory([os.getpid()] * 3, peaks=[third])
