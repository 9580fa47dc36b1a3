"""What is asked for is examined on real rows, and what does not work is recorded and not hidden."""

import functools

import pytest
import torch

from app.config import Architecture, Dataset
from app.lab.competitors import build_competitor, train_competitor
from app.lab.costs import describe_backends, describe_cost, describe_inference, describe_stages, measure_cost
from app.lab.datasets import load_examples
from app.lab.history import History
from app.lab.metrics import score_classes
from app.lab.parameters import Settings
from app.lab.profiling import checks, count_operations, measure_inference, prepare_backends
from app.results import Cost

TOY = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
LENGTH = 24


@pytest.fixture(scope="module")
def intents():
    return load_examples(Dataset(path="builtin/intents", limit=300))


@pytest.fixture(scope="module")
def train(tmp_path_factory, intents):
    """Trains one model of a family, once for all tests."""

    @functools.cache
    def one(family: str = "bert"):
        torch.set_num_threads(1)
        architecture = Architecture(name="toy", family=family, config=TOY if family == "bert" else {})
        competitor = build_competitor(architecture, intents, max_length=LENGTH, seed=0)
        settings = Settings(learning_rate=5e-3, epochs=4, batch_size=16)
        history = History("accuracy")
        return train_competitor(competitor, intents, settings, max_length=LENGTH, metric="accuracy", history=history)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BERT_BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield one


def prepare(trained, examples, *names):
    return prepare_backends(trained, examples, names=names, metric="accuracy", max_length=LENGTH)


@pytest.fixture(scope="module")
def found(train, intents):
    """All backends of the one model but the compiled one: to export it takes seconds."""
    return prepare(train(), intents, "torch", "torch-bf16", "onnxruntime", "onnxruntime-int8")


@pytest.mark.slow
def test_each_backend_is_scored_again_on_real_rows(train, intents, found):
    trained = train()
    plain, half, whole, small = found.records
    test = intents.splits["test"]
    assert [record.available for record in found.records] == [True] * 4
    assert [backend.name for backend in found.ready] == [record.name for record in found.records]
    assert {record.rows for record in found.records} == {len(test)}
    assert (plain.agreement, plain.largest_logit_difference) == (1.0, 0.0)
    assert plain.score == score_classes("accuracy", trained.predict(test), test.labels)
    assert whole.agreement == 1.0
    assert whole.largest_logit_difference < 1e-4
    assert whole.score == plain.score
    for record in (half, small):
        assert record.agreement > 0.95
        assert 0 < record.largest_logit_difference < 1
        assert abs(record.score - plain.score) < 0.03
    assert small.size_bytes < whole.size_bytes / 2


def test_no_more_rows_are_compared_than_the_record_says(train, intents, monkeypatch):
    monkeypatch.setattr(checks, "ROWS", 40)
    _, record = prepare(train(), intents, "torch", "torch-bf16").records
    assert record.rows == 40


def test_plain_torch_alone_has_nothing_to_be_compared_with(train, intents):
    found = prepare(train(), intents, "torch")
    (record,) = found.records
    assert (record.available, record.rows, record.agreement, record.score) == (True, 0, None, None)
    assert len(found.ready) == 1


@pytest.mark.slow
def test_a_backend_that_fails_is_recorded_with_its_reason_and_the_others_go_on(train, intents, monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/compiler")  # a machine without one
    monkeypatch.setenv("TORCHINDUCTOR_FORCE_DISABLE_CACHES", "1")
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", (None, "/nowhere/compiler"))
    torch._dynamo.reset()
    found = prepare(train(), intents, "torch-compile", "torch-bf16")
    compiled, half = found.records
    assert not compiled.available
    assert "compiler" in compiled.reason.lower()
    assert compiled.agreement is None
    assert half.available
    assert [backend.name for backend in found.ready] == ["torch-bf16"]


def test_a_baseline_has_no_backends_and_no_operations(train, intents):
    trained = train("majority")
    found = prepare(trained, intents, "torch", "onnxruntime")
    assert (found.ready, found.records) == ((), ())
    assert count_operations(trained, intents, max_length=LENGTH) is None
    timings = measure_inference(
        trained, intents, batch_sizes=[1], sequence_lengths=[8], max_length=LENGTH, backends=found.ready
    )
    assert [(timing.backend, timing.mfu) for timing in timings] == [("sklearn", None)]


def test_every_backend_is_timed_at_every_shape_and_held_against_the_limit(train, intents, found):
    timings = measure_inference(
        train(), intents, batch_sizes=[1, 4], sequence_lengths=[8, 16], max_length=LENGTH, backends=found.ready
    )
    assert [(timing.backend, timing.batch_size, timing.sequence_length) for timing in timings] == [
        (record.name, rows, length) for record in found.records for rows in (1, 4) for length in (8, 16)
    ]
    for timing in timings:
        assert 0 < timing.p50_seconds <= timing.p90_seconds <= timing.p95_seconds <= timing.p99_seconds
        assert timing.median_low_seconds <= timing.p50_seconds <= timing.median_high_seconds
        assert timing.repeats >= 6
        assert (timing.mfu is None) == (timing.backend == "onnxruntime-int8")
        assert timing.mfu is None or timing.mfu > 0


def test_a_cost_is_told_in_words_and_what_is_not_known_is_said_to_be_so(train, intents, found):
    trained = train()
    timings = measure_inference(
        trained, intents, batch_sizes=[1], sequence_lengths=[8], max_length=LENGTH, backends=found.ready
    )
    operations = count_operations(trained, intents, max_length=LENGTH)
    cost = measure_cost(trained, timings, exclusive=True, backends=found.records, operations=operations)
    assert Cost.model_validate_json(cost.model_dump_json()) == cost
    assert cost.flops_per_example == operations.flops_per_example > 0
    assert "tokens" in describe_cost(cost)["one prediction"]
    assert list(describe_inference(cost)["of the limit"])[-1] == "not available"
    table = describe_backends(cost)
    assert list(table["backend"]) == [record.name for record in found.records]
    assert table.notna().all(axis=None)  # no column without its figure
    assert next(iter(table["file"])) == "not available"
    stages = describe_stages(cost, ["training"])
    assert (stages.loc["training"] == "not available").all()


def test_tables_of_a_baseline_are_empty_or_not_available(train, intents):
    trained = train("majority")
    cost = measure_cost(trained, (), exclusive=False)
    assert describe_backends(cost).empty
    assert describe_cost(cost)["the machine's limit"] == "not available"
