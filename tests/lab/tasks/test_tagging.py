"""Tags of words are learned, scored and shown by the same route as classes."""

import json

import numpy as np
import pyarrow.parquet
import pytest
import torch

from app.config import FAMILIES, Architecture, Dataset, Files, load_architectures
from app.lab import charts
from app.lab.architectures import build_model
from app.lab.baselines import fit_tags
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import Split, load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.history import History
from app.lab.last_layer import first_token_only
from app.lab.parameters import Settings, read_architecture
from app.lab.profiling import count_operations, measure_inference, prepare_backends
from app.lab.tasks import task_of
from app.tasks import TAGGING

NAMES = ("O", "B-LOC", "B-PER", "I-PER")
TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}
TASK = task_of(TAGGING.name)
# two sentences, of which the model saw all, and the first word alone
SPLIT = Split(((("Ada", "Bell", "left"), ("Rome", "fell")),), ((2, 3, 0), (1, 0)), names=NAMES)


@pytest.fixture
def sentences(here):
    """After `in` stands a place, before `said` a person, whatever the name."""
    rows = []
    for row in range(240):
        name = ("Norton", "Oxley", "Ashby", "Selby")[row % 4]
        if row % 3:
            rows.append({"tokens": ["rain", "in", name, "."], "tags": ["O", "O", "B-LOC", "O"]})
        else:
            rows.append({"tokens": ["Dr", name, "said", "so"], "tags": ["B-PER", "I-PER", "O", "O"]})
    path = here / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    torch.set_num_threads(1)
    return load_examples(Dataset(path=Files(train=path), text=("tokens",), label="tags"), TAGGING.name)


def train(examples, family, *, max_length=12):
    architecture = read_architecture(family, family="", checkpoint="", config={})
    settings = Settings(learning_rate=3e-3, epochs=3, batch_size=16)
    competitor = build_competitor(architecture, examples, max_length=max_length, seed=0)
    history = History("entity_f1")
    trained = train_competitor(
        competitor, examples, settings, max_length=max_length, metric="entity_f1", history=history
    )
    return trained, evaluate_competitor(trained, examples, "entity_f1"), history


def sure(*rows):
    """Outputs that leave no doubt of these tags."""
    return [np.eye(len(NAMES), dtype=np.float32)[list(tags)] for tags in rows]


@pytest.mark.slow
def test_tags_that_follow_from_the_context_are_learned(sentences, here):
    trained, evaluation, history = train(sentences, "bert-tiny")
    _, baseline, _ = train(sentences, "most-frequent-tag")
    assert evaluation.primary.value == 1.0
    assert baseline.primary.value < 0.9
    assert evaluation.divergent is None
    assert max(history.series("eval_entity_f1")[1]) == evaluation.scores["validation"]["entity_f1"]
    evaluation.predictions_table().to_parquet(here / "predictions.parquet")
    kept = pyarrow.parquet.read_table(here / "predictions.parquet").to_pylist()
    assert kept[0].keys() == {"id", "label", "prediction", "entities", "predicted", "correct"}
    assert all(row["prediction"] == row["label"] for row in kept)
    assert sum(row["correct"] for row in kept) == len(kept)

    names = ("torch", "onnxruntime")
    backends = prepare_backends(trained, sentences, names=names, metric="entity_f1", max_length=12)
    assert [(record.available, record.agreement, record.score) for record in backends.records] == [(True, 1.0, 1.0)] * 2
    assert 0 < backends.records[1].largest_logit_difference < 1e-3
    assert count_operations(trained, sentences, max_length=12).flops_per_example > 0


def test_a_baseline_is_timed_on_words(sentences):
    trained, _, _ = train(sentences, "most-frequent-tag")
    (timing,) = measure_inference(trained, sentences, batch_sizes=[2], sequence_lengths=[8], max_length=12)
    assert (timing.backend, timing.p50_seconds > 0) == ("sklearn", True)


def test_words_that_were_cut_off_count_as_outside(sentences):
    _, whole, _ = train(sentences, "bert-tiny")
    trained, cut, _ = train(sentences, "bert-tiny", max_length=4)  # two words of each sentence
    assert [len(found) for found in trained.predict(sentences.splits["validation"])] == [2] * len(cut.split)
    places = sum(1 in tags for tags in cut.split.labels)
    people = len(cut.split) - places
    assert cut.primary.value == pytest.approx(2 * people / (2 * people + places))  # every place is missed
    assert whole.primary.value == 1.0


def test_scores_are_over_all_words_also_those_that_were_not_seen():
    outputs = sure((2, 3, 0), ())
    assert TASK.score("entity_recall", outputs, SPLIT) == 0.5
    assert TASK.score("entity_precision", outputs, SPLIT) == 1.0
    assert TASK.score("token_accuracy", outputs, SPLIT) == 4 / 5
    assert np.isnan(TASK.score("entity_f1", [row * np.nan for row in outputs], SPLIT))


def test_the_loss_is_that_of_the_words_that_were_seen():
    even = [np.full((3, 4), 0.25, dtype=np.float32), np.full((1, 4), 0.25, dtype=np.float32)]
    assert TASK.mean_loss(even, SPLIT) == pytest.approx(np.log(4))
    assert TASK.mean_loss(sure((2, 3, 0), ()), SPLIT) == pytest.approx(0)


def test_two_models_agree_on_sentences():
    assert TASK.agreement(sure((2, 3, 0), (1, 0)), sure((2, 3, 0), (1, 1))) == 0.5


def test_a_model_that_finds_nothing_is_no_better_than_chance():
    many = Split(SPLIT.texts * 1, SPLIT.labels, names=NAMES).take([0, 1] * 50)
    assert TASK.is_at_chance(sure(*[(0, 0, 0), (0, 0)] * 50), many)
    assert not TASK.is_at_chance(sure(*[(2, 3, 0), (0, 0)] * 50), many)


def test_the_ceiling_is_the_score_of_the_tags_before_noise():
    noisy = Split(SPLIT.texts, SPLIT.labels, clean=((2, 3, 0), (2, 0)), names=NAMES)
    assert TASK.ceiling("entity_f1", noisy) == 0.5
    assert TASK.ceiling("entity_f1", SPLIT) is None


def test_the_worst_sentences_come_first_with_their_entities(sentences):
    examples = sentences
    split = Split(SPLIT.texts, SPLIT.labels, names=examples.labels)
    assert examples.labels == NAMES
    table = TASK.worst(sure((0, 2, 0), (1, 0)), examples, split, rows=5)
    assert table.to_dict("records") == [
        {"text": "Ada Bell left", "label": "Ada Bell (PER)", "prediction": "Bell (PER)", "wrong": 2}
    ]


def test_the_baseline_knows_words_by_their_case_and_guesses_the_others():
    train = Split(((("May", "may", "fall"), ("May", "left")),), ((2, 0, 0), (2, 0)), names=NAMES)
    (found,) = fit_tags(train, len(NAMES)).answer([[("May", "may", "Oslo")]])
    assert found.argmax(1).tolist() == [2, 0, 0]
    assert found.sum(1) == pytest.approx([1, 1, 1])


def test_charts_say_in_words_what_they_show(sentences):
    assert "3 tags of words in entities" in charts.plot_tags(sentences).alt
    picture = TASK.plot_outcome(sure((2, 3, 0), (1, 0)), sentences, SPLIT)
    assert "5 of 5 words" in picture.alt


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_reads_every_token(family, here):
    built = build_model(
        Architecture(name="x", family=family, config=TINY[family].config),
        task=TASK,
        labels=NAMES,
        texts=("Rome is old", "Ada is not") * 2,
        max_length=12,
    )
    encoded = built.tokenizer(["Rome", "is"], is_split_into_words=True, return_tensors="pt")
    assert built.model(**encoded).logits.shape == (1, 4, len(NAMES))
    assert built.model.config.id2label == dict(enumerate(NAMES))
    with first_token_only(built.model) as able:
        assert not able
