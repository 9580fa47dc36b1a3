"""The optimisers that a benchmark file may name, and the options that each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.validation import suggest

__all__ = ["OPTIMIZERS", "Option", "option_problems", "with_defaults"]


@dataclass(frozen=True)
class Option:
    """One option of an optimiser: its default, and what it may be."""

    default: Any
    allowed: str  # in words
    allows: Callable[[Any], bool]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _share(default: float) -> Option:
    return Option(default, "a number from 0 to less than 1", lambda value: _is_number(value) and 0 <= value < 1)


def _shares(*default: float) -> Option:
    return Option(
        list(default),
        f"a list of {len(default)} numbers from 0 to less than 1",
        lambda value: (
            isinstance(value, list | tuple)
            and len(value) == len(default)
            and all(_is_number(item) and 0 <= item < 1 for item in value)
        ),
    )


def _positive(default: float) -> Option:
    return Option(default, "a number above 0", lambda value: _is_number(value) and 0 < value < float("inf"))


def _not_negative(default: float) -> Option:
    return Option(default, "0 or a number above", lambda value: _is_number(value) and 0 <= value < float("inf"))


def _negative(default: float) -> Option:
    return Option(default, "a number from -1 to less than 0", lambda value: _is_number(value) and -1 <= value < 0)


def _switch(default: bool) -> Option:
    return Option(default, "true or false", lambda value: isinstance(value, bool))


_ADAM = {"betas": _shares(0.9, 0.999), "eps": _positive(1e-8)}

# docs/optimizers.md says what each is, where it is from and how it is set
OPTIMIZERS: Mapping[str, Mapping[str, Option]] = {
    "adamw": {**_ADAM, "amsgrad": _switch(False)},
    "adam": {**_ADAM, "amsgrad": _switch(False)},
    "sgd": {"momentum": _share(0.9), "nesterov": _switch(False)},
    "rmsprop": {
        "alpha": _share(0.99),
        "eps": _positive(1e-8),
        "momentum": _share(0.0),
        "centered": _switch(False),
    },
    "adafactor": {
        "clip_threshold": _positive(1.0),
        "decay_rate": _negative(-0.8),
        "scale_parameter": _switch(False),
    },
    "lion": {"betas": _shares(0.9, 0.99)},
    "schedulefree-adamw": {**_ADAM, "r": _not_negative(0.0), "weight_lr_power": _not_negative(2.0)},
    "hypergradient-sgd": {"hypergradient_rate": _not_negative(1e-3), "momentum": _share(0.0)},
    "hypergradient-adam": {"hypergradient_rate": _not_negative(1e-7), **_ADAM},
}


def with_defaults(optimizer: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of `optimizer`: as given, or its default."""
    return {name: option.default for name, option in OPTIMIZERS[optimizer].items()} | dict(options)


def option_problems(optimizer: str, options: Mapping[str, Any]) -> list[str]:
    """What is wrong with `options` for `optimizer`, a sentence each; empty if nothing is."""
    known = OPTIMIZERS[optimizer]
    problems = []
    for name, value in options.items():
        if name not in known:
            problems.append(f"{name!r} is no option of {optimizer}{suggest(name, tuple(known))}")
        elif not known[name].allows(value):
            problems.append(f"{name} of {optimizer} must be {known[name].allowed}, not {value!r}")
    if not problems and with_defaults(optimizer, options).get("nesterov") and options.get("momentum") == 0:
        problems.append(f"nesterov of {optimizer} needs a momentum above 0")
    return problems
