"""Packages of each kind of task, made step by step as the notebook makes them."""

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from app.errors import PackageError
from app.layout import BenchmarkFolder, PackageFolder
from app.serving.engine.answers import read_answer
from app.serving.engine.engine import Engine
from app.serving.package.finish import Workshop, calibrate, finish_package
from app.serving.package.graphs import Measured, make_graphs, measure_graphs
from app.serving.package.manifest import verify_package
from app.serving.package.parity import check_parity, measure_parity
from app.serving.package.prediction import ask_package, read_outputs
from app.serving.package.subject import Subject, load_subject
from tests.serving.runs import SHAPE, TOY, run_benchmark, write_file


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("packages")
        patch.chdir(path)
        patch.setenv("BERT_BENCHMARK_CACHE", str(path / "cache"))
        yield path


class Making(NamedTuple):
    subject: Subject
    measured: Measured
    package: PackageFolder
    workshop: Workshop  # whose drafts go with it


def make(folder: BenchmarkFolder) -> Making:
    subject = load_subject(folder)
    workshop = Workshop(str(folder.package))
    measured = measure_graphs(subject, make_graphs(subject, workshop.drafts), max_loss=0.5)
    calibration = calibrate(subject, measured)
    finish_package(subject, measured, calibration, workshop, keep_texts=True, command="app.py package")
    return Making(subject, measured, workshop.package, workshop)


@pytest.fixture(scope="module")
def classified(place):
    return make(run_benchmark(write_file(place, architectures=[TOY, "majority"], seeds=[0, 1])))


def test_a_package_has_all_that_serving_takes(classified):
    package = classified.package
    names = {path.name for path in package.contents()}
    assert names == {
        *("model.onnx", "tokenizer.json", "labels.json", "predictions.parquet", "reference.parquet", "card.md"),
        "manifest.json",
    }
    manifest = verify_package(package)
    assert set(manifest.files) == names - {"manifest.json"}
    assert json.loads(package.labels.read_text()) == list(manifest.labels) == ["negative", "positive"]


def test_what_is_packaged_is_the_seed_that_did_best_on_validation(classified):
    subject, _, package, _ = classified
    scores = {
        run.run_id: run.metrics["validation"]["accuracy"]
        for run in subject.record.complete
        if run.architecture == "toy"
    }
    assert len(scores) == 2
    source = verify_package(package).source
    assert scores[source.run_id] == max(scores.values())
    assert source.family == "bert"


def test_the_graph_says_what_the_run_has_said(classified):
    subject, _, package, _ = classified
    manifest = verify_package(package)
    assert manifest.parity.rows == len(subject.split)
    assert manifest.parity.agreement >= 0.999
    ours, theirs = pd.read_parquet(package.predictions), pd.read_parquet(subject.folder.predictions)
    assert list(ours.columns) == list(theirs.columns)
    assert manifest.score.value == pytest.approx((ours["label"] == ours["prediction"]).mean())
    assert manifest.score.low < manifest.score.value < manifest.score.high
    assert manifest.score.trained == subject.primary.value


def test_the_temperature_loses_no_likelihood_on_validation_and_changes_no_prediction(classified):
    subject, _, package, _ = classified
    engine = Engine(package)
    validation = subject.examples.splits["validation"]
    raw, labels = ask_package(engine, validation), np.asarray(validation.labels)

    def loss(temperature):
        likely = read_outputs(engine.manifest, raw, temperature=temperature)
        return -np.log(likely[np.arange(len(labels)), labels]).mean()

    fitted = engine.manifest.temperature
    assert fitted != 1.0
    assert loss(fitted) <= min(loss(1.0), loss(fitted * 1.1), loss(fitted / 1.1))
    ours = pd.read_parquet(package.predictions)
    (encoded,) = engine.encode([(subject.split.texts[0][0],)])
    answer = read_answer(engine.manifest, encoded, engine.compute([encoded])[0])
    assert answer.choices[0].label == ours["prediction"][0]
    assert answer.choices[0].probability == pytest.approx(ours["score"][0], abs=1e-3)


def test_the_reference_has_what_drift_asks_for(classified):
    subject, _, package, _ = classified
    found = pd.read_parquet(package.reference)
    assert list(found.columns) == [
        *("id", "text", "characters", "tokens", "unknown", "is_cut", "label", "prediction", "confidence")
    ]
    assert found["id"].is_monotonic_increasing
    assert found["text"][0] == subject.split.texts[0][found["id"][0]]
    assert found["characters"][0] == len(found["text"][0])
    assert found["confidence"].between(0.5, 1).all()


def test_the_card_says_how_good_on_what_and_against_what(classified):
    subject, _, package, _ = classified
    card, manifest = package.card.read_text(), verify_package(package)
    for said in (
        f"**accuracy {manifest.score.value:.3f}** on test, {len(subject.split):,} rows, 95 % interval",
        f"`{manifest.dataset.fingerprint}`",
        "majority",
        f"Packaged in {manifest.precision}: int8",
        "Trained from random weights",
        f"`{manifest.source.run_id}`",
        "## Limits",
    ):
        assert said in card, said


def test_without_texts_no_text_of_the_data_is_in_the_package(classified, tmp_path):
    subject, measured, *_ = classified
    workshop = Workshop(str(tmp_path / "package"))
    finish_package(subject, measured, None, workshop, keep_texts=False, command="app.py package")
    texts = sorted(subject.split.texts[0], key=len)[-20:]
    for path in workshop.package.contents():
        content = path.read_bytes()
        assert not [text for text in texts if text.encode() in content], path
    assert "text" not in pd.read_parquet(workshop.package.reference)


def test_a_graph_that_says_something_else_is_refused_with_by_how_much(classified):
    subject, measured, package, _ = classified
    said, run = pd.read_parquet(package.predictions), subject.folder.predictions
    names = subject.examples.labels
    said.loc[:9, "prediction"] = [names[1 - names.index(name)] for name in said["prediction"][:10]]
    parity = measure_parity("text-classification", said, run, precision="fp32")
    with pytest.raises(
        PackageError, match=r"does not say what the run has said: 10 of 300 rows differ \(at most 0 may"
    ):
        check_parity("text-classification", parity, precision="fp32")
    check_parity("text-classification", measured.chosen.parity, precision="fp32")
    with pytest.raises(PackageError, match="has 300 rows, the reported split 299"):
        measure_parity("text-classification", said[:299], run, precision="fp32")


def test_data_that_have_changed_since_are_refused(place, classified):
    folder = BenchmarkFolder.of("tiny")
    record = folder.record.read_text()
    folder.record.write_text(record.replace('"limit": 300', '"limit": 200'))
    try:
        with pytest.raises(PackageError, match="is not what the run was trained on any more"):
            load_subject(folder)
    finally:
        folder.record.write_text(record)


@pytest.mark.slow
def test_numbers_are_packaged_with_an_error_that_counts_downwards(place):
    file = write_file(
        place,
        name="numbers",
        task={"kind": "text-regression", "metric": "mae"},
        dataset={"path": "builtin/ratings", "max_length": 32, "limit": 150},
        hyperparameters={"learning_rate": 3e-3, "epochs": 1, "batch_size": 16},
    )
    subject, _, package, _ = make(run_benchmark(file))
    manifest = verify_package(package)
    assert (manifest.score.direction, manifest.labels, manifest.temperature) == ("min", (), 1.0)
    said = pd.read_parquet(package.predictions)
    assert manifest.score.value == pytest.approx((said["label"] - said["prediction"]).abs().mean())
    assert manifest.parity.agreement == 1
    assert pd.read_parquet(package.reference)["confidence"].isna().all()
    assert "lower is better" in package.card.read_text()
    assert subject.examples.kind == manifest.kind


@pytest.mark.slow
def test_a_language_model_is_packaged_with_its_window(place):
    file = write_file(
        place,
        name="songs",
        task={"kind": "causal-lm"},
        dataset={"path": "builtin/lyrics", "max_length": 32, "limit": 30},
        architectures=[{"name": "toy", "family": "gpt2", "config": {"n_embd": 32, "n_layer": 1, "n_head": 2}}],
        hyperparameters={"learning_rate": 3e-3, "epochs": 1, "batch_size": 16},
    )
    subject, _, package, _ = make(run_benchmark(file))
    manifest = verify_package(package)
    assert manifest.parity.agreement == 1
    assert manifest.score.value == pytest.approx(subject.primary.value, rel=1e-3)
    assert (manifest.max_length, manifest.score.metric, manifest.score.direction) == (32, "perplexity", "min")
    reference = pd.read_parquet(package.reference)
    assert reference["prediction"].isna().all()
    assert reference["tokens"].max() <= 32


@pytest.mark.slow
def test_tags_are_packaged_word_by_word(place):
    file = write_file(
        place,
        name="tags",
        task={"kind": "token-classification"},
        dataset={"path": "builtin/entities", "text": ["tokens"], "label": "tags", "max_length": 32, "limit": 100},
        architectures=[{"name": "toy", "family": "bert", "config": {**SHAPE, "intermediate_size": 64}}],
        hyperparameters={"learning_rate": 1e-2, "epochs": 2, "batch_size": 16},
    )
    subject, _, package, _ = make(run_benchmark(file))
    manifest = verify_package(package)
    assert manifest.parity.agreement >= 0.99
    assert "O" in manifest.labels
    row = Engine(package)
    (encoded,) = row.encode([subject.split.texts[0][0]])
    tags = read_answer(manifest, encoded, row.compute([encoded])[0]).tags
    assert [tag.label for tag in tags] == list(pd.read_parquet(package.predictions)["prediction"][0])[: len(tags)]


@pytest.mark.slow
def test_a_model_that_torch_cannot_export_is_refused_by_name(place):
    file = write_file(
        place,
        name="long",
        dataset={"path": "builtin/sentiment", "max_length": 24, "limit": 40},
        architectures=["longformer-tiny"],
        hyperparameters={"learning_rate": 1e-3, "epochs": 1, "batch_size": 16},
    )
    subject = load_subject(run_benchmark(file))
    with pytest.raises(PackageError, match=r"longformer-tiny: torch cannot export a longformer .*--run RUN_ID"):
        make_graphs(subject, Workshop("").drafts)
