"""What a model writes follows from its seed, its temperature and its length."""

from app.lab.baselines import fit_counts
from app.lab.competitors import Trained
from app.lab.language.generation import fill_gaps, keep_sample, write_sample
from tests.lab.language.conftest import ATTENTION, ENCODER


def bigram(examples):
    return Trained(fit_counts("bigram", examples.splits["train"], examples.kind), 1, 0.0, 0.0, None, "fp64")


def test_a_sample_is_the_same_for_the_same_seed(train, songs):
    trained, _ = train(ATTENTION, songs, epochs=1)
    first, second = (write_sample(trained, songs, length=80, temperature=0.8, seed=1) for _ in range(2))
    assert first == second
    assert first != write_sample(trained, songs, length=80, temperature=0.8, seed=2)
    assert 40 < len(first) <= 80  # more than the model sees at once; line ends at either end are cut off
    assert "[" not in first


def test_at_no_temperature_the_likeliest_token_is_taken(here, songs):
    first, second = (write_sample(bigram(songs), songs, length=30, temperature=0, seed=seed) for seed in (0, 1))
    assert first == second


def test_counts_write_what_their_training_text_has(here, songs):
    text = write_sample(bigram(songs), songs, length=300, temperature=1.0, seed=0)
    train = "\n\n".join(songs.splits["train"].texts[0])
    pairs = {text[place : place + 2] for place in range(len(text) - 1)}
    assert sum(pair in train for pair in pairs) > 0.9 * len(pairs)


def test_a_masked_model_fills_gaps_and_writes_nothing(train, hidden_songs, songs):
    trained, _ = train(ENCODER, hidden_songs, epochs=1)
    assert write_sample(trained, hidden_songs, length=10, temperature=1.0, seed=0) == ""
    table = fill_gaps(trained, hidden_songs, rows=2)
    assert len(table) == 2
    assert table["text"].str.contains("[MASK]", regex=False).all()
    assert fill_gaps(bigram(songs), songs, rows=2).empty


def test_a_sample_is_kept_where_there_is_a_folder_and_a_text(here):
    keep_sample("", "text")
    keep_sample(str(here), "")
    assert list(here.glob("*.txt")) == []
    keep_sample(str(here), "la la")
    assert (here / "sample.txt").read_text() == "la la\n"
