"""The built-in corpora are the same everywhere, have a known ceiling, and are no task for counting words."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from statistics import stdev

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from app.config import CORPORA
from app.lab.baselines import fit_numbers
from app.lab.corpora import Corpus, load_corpus
from app.lab.corpora.lyrics import RHYMES
from app.lab.datasets import Split as Examples
from app.lab.metrics import score_numbers
from app.tasks import CAUSAL, CLASSIFICATION, TAGGING

GOLDEN = {
    "entities": "9f6130599e1f07866efdd9a034973956adab34fd3830d5744691a3e1effcac7b",
    "acceptability": "cf4209ec547ae0194d29b67b3fefbfd6942290c3dd0a09edaaea42dc361ebd63",
    "intents": "e9a0d52c5940ab572a34074895db14fdd17667ca902abf6dd6f393c7617178b3",
    "lyrics": "ce690b3299d0882d7f7fa96b4d04598750620ef9a0652f775b3421c540ef8250",
    "ratings": "0a63324235d25674e2b76b1e68b2972057147f4bc5f468587b200d49fef2f940",
    "sentiment": "f0a66709694c4c46eb027e2df1f20297b3ef7156b0ead9805e9f9fb43d1144b6",
}


def digest(corpus: Corpus) -> str:
    # one column as it was before there were pairs: the digest of a corpus is for good
    rows = {
        name: [split.texts[0] if len(split.texts) == 1 else split.texts, split.labels, split.clean]
        for name, split in corpus.splits.items()
    }
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def bag_of_words_accuracy(corpus: Corpus) -> float:
    train, test = corpus.splits["train"], corpus.splits["test"]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    return float(model.fit(train.texts[0], train.labels).score(test.texts[0], test.labels))


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_is_the_same_on_every_machine(name: str) -> None:
    assert digest(load_corpus(name)) == GOLDEN[name]


def test_a_corpus_is_the_same_in_another_process() -> None:
    code = "from app.lab.corpora import load_corpus; print(load_corpus('intents').splits['test'].texts[0][-1])"
    environment = {"PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert there.stdout.strip() == load_corpus("intents").splits["test"].texts[0][-1]


def test_another_seed_draws_other_sentences() -> None:
    first, second = load_corpus("acceptability", 0), load_corpus("acceptability", 1)
    assert first.splits["train"].texts != second.splits["train"].texts


def test_an_unknown_corpus_is_refused() -> None:
    with pytest.raises(KeyError):
        load_corpus("no-such-corpus")


@pytest.mark.parametrize("name", CORPORA)
def test_no_sentence_occurs_twice_in_a_split_or_in_two(name: str) -> None:
    texts = [row for split in load_corpus(name).splits.values() for row in zip(*split.texts, strict=True)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", CORPORA)
def test_splits_are_rows_of_text_label_and_clean_label(name: str) -> None:
    corpus = load_corpus(name)
    assert list(corpus.splits) == ["train", "validation", "test"]
    for split in corpus.splits.values():
        labelled = {len(split.labels), len(split.clean)}
        assert labelled == ({0} if name in CAUSAL.corpora else {*map(len, split.texts)})
        in_words = name in TAGGING.corpora
        clean = [tag for tags in split.clean for tag in tags] if in_words else split.clean
        assert not corpus.labels or set(clean) == set(range(len(corpus.labels)))
        texts = [" ".join(text) if in_words else text for column in split.texts for text in column]
        assert all(text == text.strip() and "{" not in text and "  " not in text for text in texts)


@pytest.mark.parametrize("name", CLASSIFICATION.corpora)
def test_the_share_of_replaced_labels_is_the_one_told(name: str) -> None:
    corpus = load_corpus(name)
    for split in corpus.splits.values():
        replaced = sum(label != clean for label, clean in zip(split.labels, split.clean, strict=True))
        assert replaced == round(corpus.noise * len(split.labels))


def test_the_mood_of_ratings_is_small_beside_what_the_house_deserves() -> None:
    for split in load_corpus("ratings").splits.values():
        moods = [label - clean for label, clean in zip(split.labels, split.clean, strict=True)]
        assert 0.25 < stdev(moods) < 0.35 < 1.0 < stdev(split.clean)
        assert all(1 <= label <= 5 for label in split.labels)


def test_words_and_pairs_of_words_stay_far_below_the_ceiling_of_ratings() -> None:
    train, test = (load_corpus("ratings").splits[name] for name in ("train", "test"))
    found = fit_numbers("tfidf-ridge", Examples(train.texts, train.labels)).answer(test.texts)
    assert 0.3 < score_numbers("spearman", found, test.labels) < 0.65
    assert score_numbers("spearman", test.clean, test.labels) > 0.95


def test_half_of_the_acceptability_sentences_are_acceptable() -> None:
    for split in load_corpus("acceptability").splits.values():
        assert Counter(split.clean) == {0: len(split.clean) // 2, 1: len(split.clean) // 2}


def test_words_and_pairs_of_words_say_nothing_about_acceptability() -> None:
    assert bag_of_words_accuracy(load_corpus("acceptability")) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("name", "most"), [("sentiment", 0.8), ("intents", 0.92)])
def test_words_and_pairs_of_words_stay_below_the_ceiling(name: str, most: float) -> None:
    assert 0.5 < bag_of_words_accuracy(load_corpus(name)) < most


def test_the_commonest_intent_is_several_times_as_common_as_the_rarest() -> None:
    counts = Counter(load_corpus("intents").splits["train"].clean)
    assert len(counts) >= 20
    assert 4 < max(counts.values()) / min(counts.values()) < 10


def test_an_unacceptable_sentence_has_words_that_acceptable_ones_have() -> None:
    train = load_corpus("acceptability").splits["train"]
    words: tuple[set[str], set[str]] = (set(), set())
    for text, clean in zip(train.texts[0], train.clean, strict=True):
        words[clean].update(text.lower().split())
    assert words[0] == words[1]


def test_every_word_of_the_entities_has_a_tag_and_one_in_twenty_another_type() -> None:
    corpus = load_corpus("entities")
    for split in corpus.splits.values():
        assert list(map(len, split.texts[0])) == list(map(len, split.labels)) == list(map(len, split.clean))
        begins = [corpus.labels[tag][:2] == "B-" for tags in split.clean for tag in tags]
        pairs = zip(*(sum(tags, ()) for tags in (split.labels, split.clean)), begins, strict=True)
        changed = sum(label != clean for label, clean, begin in pairs if begin)
        assert changed == round(corpus.noise * sum(begins))


def test_a_name_of_the_entities_may_be_of_any_type_and_some_are_new() -> None:
    corpus = load_corpus("entities")
    types: dict[str, set[str]] = {}
    for words, tags in zip(corpus.splits["train"].texts[0], corpus.splits["train"].clean, strict=True):
        for word, tag in zip(words, tags, strict=True):
            types.setdefault(word, set()).add(corpus.labels[tag])
    assert {"B-PER", "B-LOC", "B-ORG"} <= types["Norton"]
    assert {"B-PER", "I-DATE"} <= types["April"]
    test = corpus.splits["test"]
    rows = zip(test.texts[0], test.clean, strict=True)
    named = [word for words, tags in rows for word, tag in zip(words, tags, strict=True) if tag]
    assert 0.1 < sum(word not in types for word in named) / len(named) < 0.3


def test_a_song_rhymes_keeps_to_its_person_and_comes_back_to_its_refrain() -> None:
    for song in load_corpus("lyrics").splits["test"].texts[0]:
        lines = song.split("\n")
        assert len(lines) == 12
        assert lines[4:6] == lines[10:12]
        he, she = ({word, of} for word, of in (("he", "his"), ("she", "her")))
        words = set(song.replace(",", " ").split())
        assert not (words & he and words & she)
        for verse in (lines[:4], lines[4:6], lines[6:10]):
            assert any({line.split()[-1] for line in verse} <= set(family) for family in RHYMES)


@pytest.mark.parametrize("name", ["acceptability", "intents", "ratings", "sentiment"])
def test_every_construction_of_a_corpus_is_frequent_enough_to_be_scored(name: str) -> None:
    corpus = load_corpus(name)
    for split in corpus.splits.values():
        counts = Counter(split.columns["construction"])
        assert counts.total() == len(split.texts[0])
        assert len(counts) > 1
        assert min(counts.values()) > 0.04 * counts.total()


def test_a_construction_is_what_the_sentence_shows() -> None:
    acceptability, sentiment = load_corpus("acceptability").splits["test"], load_corpus("sentiment").splits["test"]
    for text, construction in zip(acceptability.texts[0], acceptability.constructions, strict=True):
        assert text.endswith("?") == (construction == "agreement in a question")
        assert construction != "agreement across a clause" or " that " in text
    for text, construction in zip(sentiment.texts[0], sentiment.constructions, strict=True):
        assert any(word in text for word in (" not ", "never", "hardly")) == (construction != "no negation")
