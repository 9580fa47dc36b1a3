from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from app.report.statistics.leaderboard import Row, rank, varied_hyperparameters
from app.results import Cost, InferenceCost, Primary, RunFailure, RunResult, Status

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def run(
    architecture: str,
    *,
    test: float = 0.0,
    validation: float = 0.0,
    seed: int = 0,
    rate: float = 0.001,
    direction: str = "max",
    status: Status = Status.OK,
    family: str = "bert",
    cost: Cost | None = None,
) -> RunResult:
    ok = status is Status.OK
    primary = {"name": "accuracy", "split": "test", "value": test, "direction": direction}
    return RunResult(
        run_id=f"{architecture}-{rate}-{seed}",
        benchmark="b",
        status=status,
        error=None if ok else RunFailure(kind="OutOfMemory", message="no memory left"),
        architecture=architecture,
        family=family,
        seed=seed,
        hyperparameters={"learning_rate": rate},
        primary=Primary.model_validate(primary) if ok else None,
        metrics={"validation": {"accuracy": validation}, "test": {"accuracy": test}} if ok else {},
        cost=cost,
        started=NOW,
        finished=NOW,
    )


def names(rows: tuple[Row, ...]) -> list[str]:
    return [row.architecture for row in rows]


def test_the_setting_is_chosen_on_validation_and_the_score_is_read_from_test() -> None:
    (row,) = rank([run("a", validation=0.9, test=0.7, rate=0.1), run("a", validation=0.8, test=0.95, rate=0.2)])
    assert row.hyperparameters == {"learning_rate": 0.1}
    assert row.score == 0.7


def test_seeds_are_averaged_before_settings_are_compared() -> None:
    lucky = [run("a", validation=v, test=v, seed=s, rate=0.1) for s, v in enumerate((0.99, 0.5))]
    steady = [run("a", validation=v, test=v, seed=s, rate=0.2) for s, v in enumerate((0.8, 0.82))]
    (row,) = rank(lucky + steady)
    assert row.scores == (0.8, 0.82)
    assert row.score == pytest.approx(0.81)
    assert row.seeds == 2


def test_where_less_is_better_the_smallest_validation_and_the_smallest_score_win() -> None:
    low = [run("a", validation=v, test=v + 1, rate=v, direction="min") for v in (0.5, 0.4)]
    rows = rank([*low, run("b", validation=0.1, test=1.2, direction="min")])
    assert [(row.architecture, row.score, row.position) for row in rows] == [("b", 1.2, 1), ("a", 1.4, 2)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_score_that_is_no_finite_number_never_wins(bad: float, direction: str) -> None:
    wild = [run("wild", validation=bad, test=bad, direction=direction)]
    rows = rank([*wild, run("tame", validation=0.1, test=0.1, direction=direction)])
    assert names(rows) == ["tame", "wild"]
    assert rows[1].position is None
    assert rows[1].reason == "the score is not a finite number"


def test_a_setting_of_which_a_seed_diverged_is_not_chosen() -> None:
    diverged = [run("a", validation=v, test=0.9, seed=s, rate=0.1) for s, v in enumerate((0.99, math.nan))]
    (row,) = rank([*diverged, run("a", validation=0.6, test=0.6, rate=0.2)])
    assert row.score == 0.6


def test_equal_scores_share_a_place() -> None:
    rows = rank([run("a", test=0.9), run("b", test=0.9), run("c", test=0.8)])
    assert [row.position for row in rows] == [1, 1, 3]


def test_an_architecture_that_only_failed_comes_last_with_its_reason() -> None:
    rows = rank([run("a", status=Status.FAILED), run("b", test=0.1), run("c", status=Status.KILLED)])
    assert names(rows) == ["b", "a", "c"]
    assert rows[1].reason == "OutOfMemory: no memory left"
    assert rows[1].failed == 1
    assert math.isnan(rows[1].score)


def test_planned_runs_without_a_result_are_counted_as_missing() -> None:
    rows = rank([run("a", test=0.5)], planned={"a": 3, "b": 2})
    assert [(row.architecture, row.missing, row.reason) for row in rows] == [
        ("a", 2, None),
        ("b", 2, "not run yet"),
    ]


def test_nothing_at_all_is_an_empty_leaderboard() -> None:
    assert rank([]) == ()


def test_latency_is_that_of_plain_torch_with_the_smallest_batch_at_the_smallest_length() -> None:
    def timing(batch: int, length: int, seconds: float, backend: str = "torch") -> InferenceCost:
        return InferenceCost(
            backend=backend,
            batch_size=batch,
            sequence_length=length,
            p50_seconds=seconds,
            p95_seconds=seconds,
            samples_per_second=batch / seconds,
        )

    cost = Cost(
        parameters=10,
        train_seconds=2,
        train_samples_per_second=50,
        peak_memory_bytes=7,
        exclusive=False,
        inference=(timing(1, 4, 0.01, "onnxruntime"), timing(32, 8, 0.1), timing(1, 64, 0.2), timing(1, 8, 0.05)),
    )
    (row,) = rank([run("a", cost=cost)])
    assert (row.latency_seconds, row.parameters, row.exclusive) == (0.05, 10, False)


def test_only_what_varies_is_named() -> None:
    assert varied_hyperparameters([run("a", rate=0.1), run("b", rate=0.2)]) == ("learning_rate",)
    assert varied_hyperparameters([run("a"), run("b")]) == ()


def test_the_terminal_needs_no_plotting_library_to_print_it() -> None:
    heavy = "{'numpy', 'pandas', 'matplotlib', 'pyarrow', 'nbconvert'}"
    code = f"import sys, app.report.statistics.leaderboard; sys.exit(str({heavy} & set(sys.modules) or 0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() in ("", "0"), done.stderr


def test_size_energy_and_the_slow_answers_are_those_of_the_runs() -> None:
    timings = tuple(
        InferenceCost(
            backend="torch",
            batch_size=batch,
            sequence_length=16,
            p50_seconds=0.001 * batch,
            p95_seconds=0.003 * batch,
            samples_per_second=1.0,
        )
        for batch in (8, 1)
    )
    plain = Cost(
        parameters=10,
        model_bytes=40,
        train_seconds=1.0,
        train_samples_per_second=1.0,
        peak_memory_bytes=1,
        exclusive=True,
        inference=timings,
    )
    metered = [plain.model_copy(update={"energy_joules": {"training": joules, "data": 99.0}}) for joules in (4.0, 6.0)]
    (row,) = rank([run("a", seed=seed, cost=cost) for seed, cost in enumerate([*metered, plain])])
    assert row.model_bytes == 40
    assert row.latency_p95_seconds == pytest.approx(0.003)
    assert row.energy_joules == pytest.approx(5.0)  # of the two runs that have a meter
    (without,) = rank([run("a", cost=plain)])
    assert without.energy_joules is None
    (failed,) = rank([run("a", status=Status.FAILED)])
    assert failed.model_bytes is None
    assert math.isnan(failed.latency_p95_seconds)
