"""A lifecycle file read: which benchmark is run again, what for, and what its winner has to be to take over."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, ValidationError, field_validator

from app.config import Benchmark, explain, load_config
from app.documents import assign, parse_value, read_document
from app.errors import ConfigError, Problem
from app.tasks import MASKED
from app.validation import Frozen, no_truth, refuse

__all__ = ["Lifecycle", "Triggers", "is_lifecycle", "load_lifecycle"]


class Triggers(Frozen):
    """What a new round is begun for."""

    drift: StrictBool = True  # requests are unlike what the champion was tested on
    feedback: int | None = Field(50, ge=1)  # so many answers have been put right since the last round; None: never
    data: StrictBool = True  # the data of the benchmark have another fingerprint
    code: StrictBool = True  # the template or what it calls is another

    @field_validator("feedback", mode="before")
    @classmethod
    def _is_a_count(cls, value: object) -> object:
        return no_truth(value)


class _Keys(Frozen):
    benchmark: str
    registry: str = Field("registry", min_length=1)
    served: str = Field("served", min_length=1)
    triggers: Triggers = Triggers()
    test_share: float = Field(0.2, ge=0, lt=1)  # of what feedback has labelled, held out of train
    max_loss: float = Field(0.5, ge=0, le=100)  # points that int8, or a smaller or faster model, may lose
    within_noise: Literal["smaller", "faster"] | None = None  # what may win without being better
    server: str | None = None  # where the champion is served, to see it taken over

    @field_validator("server")
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise refuse(f"must be a URL such as http://127.0.0.1:8000, not {value!r}")
        return value


class Lifecycle(_Keys):
    """A lifecycle file, with its benchmark read and checked."""

    file: Path  # of the benchmark
    settled: Benchmark


def is_lifecycle(path: Path) -> bool:
    """Whether the file at `path` is a lifecycle rather than a benchmark.

    Raises:
        ConfigError: it cannot be read.
    """
    keys = read_document(path).data
    return "benchmark" in keys and "name" not in keys


def load_lifecycle(path: Path, *, overrides: tuple[str, ...] = ()) -> Lifecycle:
    """Read and validate a lifecycle file and the benchmark it names, whose path is relative to it.

    Args:
        path: the YAML file.
        overrides: `KEY.PATH=VALUE` words of `--set`, in order.

    Raises:
        ConfigError: with every problem of the file, or of the benchmark.
    """
    document = read_document(path)
    problems: list[Problem] = []
    for words in overrides:
        key, separator, text = words.partition("=")
        if not separator or not key.strip():
            message = "must read KEY.PATH=VALUE, as in triggers.feedback=20"
            problems.append(Problem(where=f"--set {words}", key="", message=message))
            continue
        try:
            assign(document, tuple(key.strip().split(".")), parse_value(text), f"--set {words}")
        except ConfigError as error:
            problems += error.problems
    try:
        keys = _Keys.model_validate(document.data)
    except ValidationError as error:
        problems += [explain(document, (), details, _Keys) for details in error.errors()]
    if problems:
        raise ConfigError(problems)
    file = path.parent / Path(keys.benchmark).expanduser()
    try:
        benchmark = load_config(file)
    except ConfigError as error:
        if file.exists():
            raise
        message = f"{file}: {error.problems[0].message}"
        raise ConfigError([Problem(where=document.where(("benchmark",)), key="benchmark", message=message)]) from None
    if benchmark.task.kind == MASKED.name:
        message = f"{file}: a masked language model answers nothing by itself and is not served; name another benchmark"
        raise ConfigError([Problem(where=document.where(("benchmark",)), key="benchmark", message=message)])
    return Lifecycle(**{name: getattr(keys, name) for name in _Keys.model_fields}, file=file, settled=benchmark)
