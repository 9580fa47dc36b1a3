"""Every family is built, takes a training step and evaluates; what it cannot be is told beforehand."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers.utils import logging

from app.config import FAMILIES, Architecture, load_architectures
from app.errors import CheckpointError, ConfigError
from app.lab.architectures import Built, build_model, check_architecture

LABELS = ("no", "yes")
TEXTS = ("The keys to the cabinet are rusty.", "The key to the cabinets is rusty.", "Is it?", "Are they?") * 2
LENGTH = 12
TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_BENCHMARK_CACHE", str(tmp_path / "cache"))
    torch.set_num_threads(1)


def from_scratch(family: str, **config: object) -> Architecture:
    return Architecture(name="x", family=family, config={**TINY[family].config, **config})


def build(architecture: Architecture, length: int = LENGTH) -> Built:
    return build_model(architecture, labels=LABELS, texts=TEXTS, max_length=length)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_trains_a_step_and_evaluates_at_any_length_up_to_the_longest(family: str) -> None:
    built = build(from_scratch(family))
    assert built.family == family
    assert built.parameters == sum(parameter.numel() for parameter in built.model.parameters())
    assert built.model.config.id2label == {0: "no", 1: "yes"}
    inputs = built.tokenizer(
        list(TEXTS[:2]), ["keys " * 40, "Is it?"], truncation=True, padding=True, return_tensors="pt"
    )
    assert inputs["input_ids"].shape[1] == LENGTH
    built.model.train()
    optimiser = torch.optim.SGD(built.model.parameters(), lr=0.01)
    before = built.model(**inputs, labels=torch.tensor([0, 1])).loss
    before.backward()
    optimiser.step()
    built.model.eval()
    with torch.inference_mode():
        logits = built.model(**built.tokenizer(["Is it?"], return_tensors="pt")).logits
    assert torch.isfinite(before)
    assert logits.shape == (1, 2)


@pytest.mark.parametrize("mode", ["training", "evaluation"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_takes_a_row_of_any_length(family: str, mode: str) -> None:
    built = build(from_scratch(family), length=40)  # more than two windows of the longformer's toy
    built.model.train(mode == "training")
    for length in (1, 2, 3, 15, 16, 17, 33, 40):
        ids = torch.full((2, length), built.tokenizer.sep_token_id)
        ids[0, (length + 1) // 2 :] = built.tokenizer.pad_token_id
        output = built.model(
            input_ids=ids, attention_mask=(ids != built.tokenizer.pad_token_id).long(), labels=torch.tensor([0, 1])
        )
        assert output.logits.shape == (2, 2)
        assert torch.isfinite(output.loss)
        output.loss.backward()


@pytest.mark.parametrize("family", ["roberta", "xlm-roberta", "longformer"])
def test_a_row_scores_the_same_however_far_its_batch_is_padded(family: str) -> None:
    built = build(from_scratch(family), length=40)
    alone = built.tokenizer(TEXTS[0], return_tensors="pt")
    padded = built.tokenizer(TEXTS[0], padding="max_length", max_length=40, return_tensors="pt")
    assert padded["input_ids"].shape[1] > 2 * alone["input_ids"].shape[1]
    with torch.inference_mode():
        assert torch.allclose(built.model(**alone).logits, built.model(**padded).logits, atol=1e-5)


def test_a_longformer_pads_to_its_window_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    built = build(from_scratch("longformer"))
    logging.warning_once.cache_clear()  # what it says it says once
    speaker = logging.get_logger("transformers.models.longformer.modeling_longformer")
    speaker.addHandler(caplog.handler)
    built.model(**built.tokenizer("Is it?", return_tensors="pt"))
    speaker.removeHandler(caplog.handler)
    assert caplog.messages == []


def test_the_second_text_of_a_pair_is_marked() -> None:
    inputs = build(from_scratch("bert")).tokenizer("Is it?", "Are they?")
    assert inputs["token_type_ids"] == [0] * 5 + [1] * 4


@pytest.mark.parametrize("name", load_architectures())
def test_every_entry_of_the_table_is_one_its_family_takes(name: str) -> None:
    check_architecture(load_architectures()[name].model_copy(update={"checkpoint": None}))


def test_a_misspelt_key_is_refused_with_the_key_that_was_meant() -> None:
    with pytest.raises(ConfigError, match=r"config.hiden_size.*did you mean hidden_size"):
        check_architecture(from_scratch("bert", hiden_size=64))


@pytest.mark.parametrize("config", [{"hidden_size": 130, "num_attention_heads": 4}, {"hidden_size": "wide"}])
def test_values_that_make_no_model_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="the family bert refuses these values"):
        check_architecture(from_scratch("bert", **config))


def test_what_follows_from_the_data_is_no_key() -> None:
    with pytest.raises(ConfigError, match=r"config.vocab_size.*leave it out"):
        check_architecture(from_scratch("bert", vocab_size=100))


def test_a_trained_tokenizer_is_the_same_in_another_process() -> None:
    code = (
        "import sys, json; from app.lab.vocabulary import train_tokenizer;"
        "from app.lab.corpora import load_corpus;"
        "texts = load_corpus('acceptability').splits['train'].texts[0];"
        "sys.stdout.write(json.dumps(train_tokenizer(texts).get_vocab(), sort_keys=True))"
    )
    vocabularies = set()
    for folder in ("one", "two"):
        program = f"import os; os.environ['BERT_BENCHMARK_CACHE'] += '/{folder}'; {code}"
        there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        vocabularies.add(there.stdout)
    assert len(vocabularies) == 1


def save(built: Built, folder: Path) -> Architecture:
    built.model.save_pretrained(folder)
    built.tokenizer.save_pretrained(folder)
    return Architecture(name="saved", checkpoint=str(folder))


def test_a_saved_model_is_loaded_with_a_head_for_the_labels_at_hand_and_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    built = build(from_scratch("bert"))
    saved = save(built, tmp_path / "model")
    capfd.readouterr()
    loaded = build_model(saved, labels=("a", "b", "c"), texts=(), max_length=LENGTH)
    assert capfd.readouterr() == ("", "")
    assert loaded.model.config.num_labels == 3
    assert torch.equal(
        loaded.model.base_model.embeddings.word_embeddings.weight,
        built.model.base_model.embeddings.word_embeddings.weight,
    )
    assert loaded.tokenizer(TEXTS[0])["input_ids"] == built.tokenizer(TEXTS[0])["input_ids"]


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_checkpoint_is_not_asked_for_more_tokens_than_it_reads(family: str, tmp_path: Path) -> None:
    saved = save(build(from_scratch(family)), tmp_path)
    assert build(saved, LENGTH).tokenizer.model_max_length == LENGTH
    with pytest.raises(CheckpointError, match=f"at most {LENGTH} tokens"):
        build(saved, LENGTH + 1)


def test_weights_of_another_shape_than_the_configuration_are_refused(tmp_path: Path) -> None:
    saved = save(build(from_scratch("bert")), tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"intermediate_size": 256', '"intermediate_size": 128'))
    with pytest.raises(CheckpointError, match="do not belong together"):
        build(saved)
