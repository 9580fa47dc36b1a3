from __future__ import annotations

from pathlib import Path

from app.report.gather import read_benchmark
from app.report.sections.answer import answer
from app.report.statistics.standings import compare
from app.results import RunFailure
from tests.report.golden import Made, make_benchmark, realistic


def found(folder: Path, runs: list[Made], **options: object) -> tuple[str, ...]:
    record = read_benchmark(make_benchmark(folder, runs, pages=False, **options))  # type: ignore[arg-type]
    return answer(record, compare(record))


def test_a_smaller_one_within_noise_is_named_with_its_size(tmp_path: Path) -> None:
    runs = [
        Made(architecture="large", quality=0.91, parameters=30_000_000),
        Made(architecture="small", quality=0.905, parameters=10_000_000),
    ]
    main = found(tmp_path, runs, examples=300)[0]
    assert main.startswith("large leads at accuracy 0.91")
    assert main.endswith("; small is within noise of it at a third of the size.")


def test_a_clear_lead_is_called_more_than_noise(tmp_path: Path) -> None:
    main = found(tmp_path, [Made(architecture="good", quality=0.95), Made(architecture="bad", quality=0.7)])[0]
    assert main.startswith("good leads at accuracy 0.9")
    assert "more than noise" in main


def test_all_equal_is_said_to_be_so(tmp_path: Path) -> None:
    runs = [Made(architecture=name, quality=1.0) for name in ("a", "b", "c")]
    assert found(tmp_path, runs)[0] == "All 3 architectures reach accuracy 1.000: nothing tells them apart."


def test_a_single_run_claims_no_lead(tmp_path: Path) -> None:
    assert found(tmp_path, [Made(architecture="one")])[0].endswith("there is nothing to compare it with.")


def test_a_baseline_that_leads_is_called_one(tmp_path: Path) -> None:
    runs = [
        Made(architecture="tfidf-logreg", family="tfidf-logreg", quality=0.95),
        Made(architecture="bert", quality=0.7),
    ]
    assert found(tmp_path, runs)[0].startswith("tfidf-logreg, a baseline, leads")


def test_a_leader_no_better_than_the_constant_answer_has_learned_nothing(tmp_path: Path) -> None:
    runs = [
        Made(architecture="majority", family="majority", quality=0.5),
        Made(architecture="bert", quality=0.51),
    ]
    assert found(tmp_path, runs)[0].startswith("Nothing was learned: no architecture is better than majority")


def test_a_baseline_is_never_praised_for_its_size(tmp_path: Path) -> None:
    runs = [
        Made(architecture="bert", quality=0.905),
        Made(architecture="tfidf-logreg", family="tfidf-logreg", quality=0.9, parameters=9000),
        Made(architecture="albert", family="albert", quality=0.6),
    ]
    main, *further = found(tmp_path, runs, examples=300)
    assert "albert follows" in main
    assert "of the size" not in main
    assert "tfidf-logreg, reaches 0.900, which is within noise of the leader" in " ".join(further)


def test_the_best_baseline_is_set_against_the_leader(tmp_path: Path) -> None:
    assert "The best baseline, tfidf-logreg, reaches 0.7" in " ".join(found(tmp_path, realistic()))


def test_failures_are_counted_and_never_hidden(tmp_path: Path) -> None:
    failed = Made(architecture="b", status="failed", error=RunFailure(kind="E", message="m"))
    assert found(tmp_path, [Made(architecture="a"), failed])[-1].startswith("1 of 2 runs have no score")
    assert found(tmp_path / "none", [failed])[0].startswith("No run has a score: 1 of 1 failed")
    missing = [Made(architecture="c", status="missing")]
    assert found(tmp_path / "missing", missing)[0] == "None of the 1 planned runs has been made yet."
