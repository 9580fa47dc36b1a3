"""What is drawn follows the distribution that the file names, by its definition."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from app.search.distributions import DISTRIBUTIONS, TAIL, Choices, infer_distribution

SHARES = np.linspace(0.002, 0.998, 101)


def make(**fields):
    name = fields.get("distribution") or infer_distribution(fields)
    return DISTRIBUTIONS[name].model_validate({**fields, "distribution": name})


def at_share(distribution, share: float):
    """The value below which that share of the draws lie, from how the domain is drawn: evenly, or by the logarithm."""
    domain = distribution.domain
    if domain.log:
        return distribution.value_of(domain.low * (domain.high / domain.low) ** share)
    return distribution.value_of(domain.low + (domain.high - domain.low) * share)


def cut(share: float) -> float:
    """The share of the whole distribution, of one whose tails are cut off."""
    return TAIL + (1 - 2 * TAIL) * share


CONTINUOUS = {
    "uniform": ({"min": -1.0, "max": 3.0}, lambda u: stats.uniform(-1, 4).ppf(u)),
    "log_uniform": ({"min": -5, "max": -1}, lambda u: stats.loguniform(math.exp(-5), math.exp(-1)).ppf(u)),
    "log_uniform_values": ({"min": 1e-5, "max": 0.1}, lambda u: stats.loguniform(1e-5, 0.1).ppf(u)),
    "inv_log_uniform_values": ({"min": 1e-5, "max": 0.1}, lambda u: stats.loguniform(1e-5, 0.1).ppf(u)),
    "normal": ({"mu": 2, "sigma": 0.5}, lambda u: stats.norm(2, 0.5).ppf(cut(u))),
    "log_normal": ({"mu": -3, "sigma": 0.7}, lambda u: stats.lognorm(s=0.7, scale=math.exp(-3)).ppf(cut(u))),
    "beta": ({"a": 2, "b": 5}, lambda u: stats.beta(2, 5).ppf(cut(u))),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_are_those_of_the_definition(name):
    fields, quantile = CONTINUOUS[name]
    distribution = make(distribution=name, **fields)
    found = [at_share(distribution, share) for share in SHARES]
    np.testing.assert_allclose(found, quantile(SHARES), rtol=1e-9)


def test_the_inverse_of_an_inverse_log_uniform_number_has_an_even_logarithm():
    distribution = make(distribution="inv_log_uniform", min=1, max=4)
    found = sorted(math.log(1 / at_share(distribution, share)) for share in SHARES)
    np.testing.assert_allclose(found, 1 + 3 * SHARES, rtol=1e-9)


@pytest.mark.parametrize("name", ["q_uniform", "q_log_uniform_values", "q_normal", "q_log_normal", "q_beta"])
def test_quantised_numbers_are_the_plain_ones_rounded_to_multiples_of_q(name):
    fields = {"min": 0.01, "max": 3.0} if "uniform" in name else {}
    plain_name = name.removeprefix("q_")
    rounded, plain = make(distribution=name, q=0.25, **fields), make(distribution=plain_name, **fields)
    for share in SHARES:
        value = at_share(rounded, share)
        assert value == pytest.approx(round(at_share(plain, share) / 0.25) * 0.25)
        assert value / 0.25 == round(value / 0.25)


def test_a_whole_q_gives_whole_numbers_and_none_is_one():
    assert {type(at_share(make(distribution="q_uniform", min=0, max=9, q=3), u)) for u in SHARES} == {int}
    assert {at_share(make(distribution="q_log_uniform", min=0, max=2), u) for u in SHARES} == set(range(1, 8))


def test_choices_come_up_as_often_as_their_probabilities_say():
    distribution = make(values=["a", "b", "c"], probabilities=[0.2, 0.0, 0.8])
    drawn = [distribution.value_of(share) for share in np.linspace(0, 1, 1001)]
    assert drawn.count("a") == pytest.approx(200, abs=2)
    assert "b" not in drawn


def test_whole_numbers_have_both_ends():
    distribution = make(min=3, max=5)
    assert (distribution.domain.low, distribution.domain.high, distribution.domain.whole) == (3, 5, True)
    assert distribution.grid == (3, 4, 5)


def test_choices_of_any_kind_come_back_as_they_were():
    values = [1, "1", None, True, 1.5, {"momentum": 0.9}, [1, 2], 1]
    distribution = make(values=values)
    assert isinstance(distribution.domain, Choices)
    drawn = [distribution.value_of(label) for label in distribution.domain.labels]
    assert [(type(value), value) for value in drawn] == [(type(value), value) for value in values[:-1]]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"value": 1}, "constant"),
        ({"values": [1, 2]}, "categorical"),
        ({"values": [1, 2], "probabilities": [0.5, 0.5]}, "categorical_w_probabilities"),
        ({"min": 1, "max": 2}, "int_uniform"),
        ({"min": 1, "max": 2.0}, "uniform"),
        ({"min": 1.0, "max": 2}, "uniform"),
        ({"mu": 1}, None),
    ],
)
def test_what_is_not_named_is_inferred_as_w_and_b_does(fields, name):
    assert infer_distribution(fields) == name


def test_a_grid_of_rounded_numbers_goes_up_to_the_end_without_it():
    assert make(distribution="q_uniform", min=0.1, max=0.5, q=0.1).grid == (0.1, 0.2, 0.3, 0.4)
    assert make(distribution="q_uniform", min=0, max=7, q=2).grid == (0, 2, 4, 6)


def test_the_ends_of_a_range_are_its_bounds_and_something_between_that_is_not_round():
    low, middle, high = make(min=1.0, max=5.0).ends
    assert (low, high) == (1, 5)
    assert middle != round(middle)


def test_the_tails_of_a_distribution_without_ends_are_cut_off():
    assert make(distribution="normal").ends[0] == pytest.approx(NormalDist().inv_cdf(TAIL))
