"""What models said lines up example by example, whatever order and completeness their files have."""

import numpy as np
import pyarrow.parquet
import pytest

from app.report.answers import MODELS, SEEDS, read_answers
from app.report.gather import read_benchmark
from app.report.statistics.leaderboard import rank
from app.report.statistics.standings import Standing
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_entities, make_lyrics, make_ratings

PAIR = [
    Made(architecture=name, seed=seed, quality=quality) for name, quality in (("a", 0.9), ("b", 0.7)) for seed in (0, 1)
]
BASELINE = Made(architecture="majority", family="majority", quality=0.5)


def read(folder):
    record = read_benchmark(folder)
    return read_answers(record, [Standing(row) for row in rank(record.results, planned=record.planned)])


def predictions(folder, run):
    path = folder.run(run.run_id).predictions
    return path, pyarrow.parquet.read_table(path)


def test_a_row_of_answers_is_what_the_file_of_a_seed_says(tmp_path):
    folder = make_benchmark(tmp_path, [*PAIR, BASELINE], labels=("no", "yes", "so"), examples=50, pages=False)
    answers = read(folder)
    assert [model.architecture for model in answers.models] == ["a", "b"]
    assert answers.baseline.architecture == "majority"
    for model, runs in zip(answers.models, (PAIR[:2], PAIR[2:]), strict=True):
        for place, run in enumerate(runs):
            _, table = predictions(folder, run)
            assert [answers.names[code] for code in model.said[place]] == table["prediction"].to_pylist()
            assert [answers.names[code] for code in answers.truth] == table["label"].to_pylist()
            np.testing.assert_allclose(model.confidence[place], table["score"].to_numpy())


def test_rows_in_another_order_are_put_in_order(tmp_path):
    folder = make_benchmark(tmp_path, PAIR, examples=50, pages=False)
    before = read(folder)
    path, table = predictions(folder, PAIR[1])
    pyarrow.parquet.write_table(table.take(np.random.default_rng(0).permutation(50)), path)
    after = read(folder)
    np.testing.assert_array_equal(before.models[0].said, after.models[0].said)
    np.testing.assert_array_equal(before.models[0].confidence, after.models[0].confidence)


@pytest.mark.parametrize("fault", ["gone", "torn", "fewer", "relabelled", "twice"])
def test_a_model_whose_files_do_not_fit_is_left_out_and_named(tmp_path, fault):
    folder = make_benchmark(tmp_path, PAIR, examples=50, pages=False)
    for run in PAIR[2:]:
        path, table = predictions(folder, run)
        if fault == "gone":
            path.unlink()
        elif fault == "torn":
            path.write_bytes(path.read_bytes()[:-7])
        elif fault == "fewer":
            pyarrow.parquet.write_table(table.slice(1), path)
        elif fault == "twice":
            pyarrow.parquet.write_table(table.set_column(0, "id", [[0, *range(49)]]), path)
        else:
            flipped = [{"acceptable": "unacceptable"}.get(name, "acceptable") for name in table["label"].to_pylist()]
            pyarrow.parquet.write_table(table.set_column(1, "label", [flipped]), path)
    answers = read(folder)
    assert [model.architecture for model in answers.models] == ["a"]
    assert answers.unread == ("b",)


def test_without_any_predictions_there_are_no_answers(tmp_path):
    folder = make_benchmark(tmp_path, PAIR, examples=10, pages=False)
    for path in folder.runs.glob("*/predictions.parquet"):
        path.unlink()
    assert read(folder) is None


def test_no_more_files_are_read_than_the_page_has_room_for(tmp_path):
    runs = [Made(architecture=f"m{n}", seed=seed, quality=0.5 + n / 40) for n in range(MODELS + 2) for seed in (0, 1)]
    runs += [Made(architecture="m13", seed=seed, quality=0.9) for seed in range(2, SEEDS + 3)]
    answers = read(make_benchmark(tmp_path, runs, examples=20, pages=False))
    assert len(answers.models) == MODELS
    assert answers.beyond == 2
    assert len(answers.leader.said) == SEEDS


def test_numbers_tags_and_windows_are_read_as_what_they_are(tmp_path):
    ratings = read(make_ratings(tmp_path / "r", PAIR))
    assert ratings.truth.dtype == np.float64
    assert np.corrcoef(ratings.truth, ratings.models[0].said[0])[0, 1] > 0.9
    entities = read(make_entities(tmp_path / "e", PAIR))
    assert set(entities.names) == {"B-PER O O", "O O O"}
    right = entities.models[0].said == entities.truth
    np.testing.assert_array_equal(right, entities.models[0].entities[:, 1] == 1)
    lyrics = read(make_lyrics(tmp_path / "l", PAIR))
    assert set(lyrics.truth) == {32}
    np.testing.assert_allclose(lyrics.models[0].said[0], np.linspace(1, 3, 120) / 0.9)
