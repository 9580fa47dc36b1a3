"""Importances are what the trials were made with, and nothing is told that they do not tell."""

import numpy as np
import pytest

from app.report.statistics.importance import FEWEST, measure_importance
from app.trials import SearchRecord, SpaceAxis, TrialRecord

SPACE = (
    SpaceAxis(name="learning_rate", distribution="log_uniform_values", fields={"min": 1e-5, "max": 1e-2}, is_log=True),
    SpaceAxis(name="optimizer", distribution="categorical", fields={"values": ["adamw", "lion", "sgd"]}),
    SpaceAxis(name="dropout", distribution="uniform", fields={"min": 0, "max": 0.5}),
    SpaceAxis(name="seed", distribution="constant", fields={"value": 0}),
)


def make(number: int, value) -> SearchRecord:
    """Trials drawn at random, each with the `value` of its parameters."""
    random = np.random.default_rng(3)
    trials = []
    for place in range(number):
        values = {
            "learning_rate": float(10 ** random.uniform(-5, -2)),
            "optimizer": str(random.choice(["adamw", "lion", "sgd"])),
            "dropout": float(random.uniform(0, 0.5)),
            "seed": 0,
        }
        trials.append(TrialRecord(number=place, state="complete", values=values, value=value(values, random)))
    return SearchRecord(
        name="x", method="random", sampler="", metric="m", goal="maximize", space=SPACE, trials=tuple(trials)
    )


def shares(measured) -> dict[str, float]:
    return {item.name: item.share for item in measured.parameters}


def test_a_sum_of_effects_is_split_as_their_variances_are():
    # over the space the logarithm has variance 9/12 = 0.75 and the choice 2/9: 77 % and 23 %
    measured = make(300, lambda values, _: np.log10(values["learning_rate"]) + (values["optimizer"] == "sgd") * 1.0)
    found = shares(measure_importance(measured))
    assert list(found) == ["learning_rate", "optimizer", "dropout"]
    assert found["learning_rate"] == pytest.approx(0.77, abs=0.06)
    assert found["optimizer"] == pytest.approx(0.23, abs=0.06)
    assert found["dropout"] < 0.02


def test_what_works_only_together_is_told_apart():
    record = make(300, lambda values, _: ((values["learning_rate"] > 3e-4) == (values["dropout"] > 0.25)) * 1.0)
    measured = measure_importance(record)
    assert measured.together > 0.7
    assert measured.known > 0.5


def test_noise_is_known_to_be_noise():
    measured = measure_importance(make(60, lambda _, random: float(random.normal())))
    assert measured.known <= 0.1


@pytest.mark.parametrize(("number", "value"), [(FEWEST - 1, lambda v, r: r.normal()), (50, lambda v, r: 0.5)])
def test_too_few_trials_and_equal_ones_tell_nothing(number, value):
    assert measure_importance(make(number, value)) is None
