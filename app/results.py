"""The record of one run: `result.json`, written last and atomically, and read back from disk alone."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from app.checksums import seal_document, unseal_document

__all__ = [
    "STOPPED",
    "Artefact",
    "Attempt",
    "BackendRecord",
    "Cost",
    "DatasetRecord",
    "Environment",
    "InferenceCost",
    "Primary",
    "RunFailure",
    "RunResult",
    "Status",
    "TrackingRecord",
    "Truncated",
    "read_result",
    "read_results",
    "settle_folder",
    "write_atomically",
    "write_result",
]


PLAIN_BACKENDS = ("torch", "sklearn")
STOPPED = "Stopped"  # the kind of failure of a run that was ended early on purpose


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    FAILED = "failed"  # an exception in the notebook
    TIMEOUT = "timeout"  # over execution.timeout_seconds
    KILLED = "killed"  # the kernel died


def _read_number(value: object) -> object:
    return float("nan") if value is None else value


def _write_number(value: float) -> float | None:
    return None if value != value or value in (float("inf"), float("-inf")) else value


# JSON has no word for "not a number": such a value is written as null and read back as nan.
Number = Annotated[float, BeforeValidator(_read_number), PlainSerializer(_write_number, when_used="json")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=True)


class RunFailure(_Record):
    """Why a run has no result: the exception's name, its message, and the notebook cell it rose in."""

    kind: str
    message: str
    cell: int | None = None


class Primary(_Record):
    """The one figure a run is ranked by."""

    name: str
    split: Literal["test", "validation"]
    value: Number
    direction: Literal["max", "min"]


class InferenceCost(_Record):
    """One timing of a forward pass: seconds per batch, samples per second."""

    backend: str
    batch_size: int
    sequence_length: int
    p50_seconds: Number
    p90_seconds: float | None = None
    p95_seconds: Number
    p99_seconds: float | None = None
    samples_per_second: Number
    repeats: int = 0
    median_low_seconds: float | None = None  # 95 % interval of the median; null with too few repeats for one
    median_high_seconds: float | None = None
    settled: bool = False  # that interval is narrower than 3 % of the median
    mfu: float | None = None  # share of the machine's measured limit of matrix products, where there is one


class BackendRecord(_Record):
    """One way to compute the trained model's predictions, held against plain torch on real rows.

    Agreement, difference and score are null where nothing was compared: the backend does not work here, or plain
    torch stands alone.
    """

    name: str
    available: bool
    reason: str | None = None  # why not
    made: str = ""  # how it was made, in words
    rows: int = 0  # of the reported split, that the figures below are over
    agreement: float | None = None  # share of the rows with the prediction of plain torch
    largest_logit_difference: float | None = None  # from plain torch's logits, absolute
    score: float | None = None  # the primary metric measured again, on those rows
    size_bytes: int | None = None  # of its file, where it has one


class Cost(_Record):
    """What a run cost. Seconds, bytes, rows per second, floating-point operations, joules."""

    parameters: int  # trainable weights; for a bag-of-words baseline, its coefficients
    model_bytes: int | None = None  # of the weights as a safetensors file holds them, its header left out
    train_seconds: Number  # evaluation left out
    train_samples_per_second: Number
    peak_memory_bytes: int  # of the kernel's process, or of the GPU where there is one
    exclusive: bool  # nothing else of this benchmark was at work while inference was measured
    training_exclusive: bool | None = None  # the same of the training; None: not known
    inference: tuple[InferenceCost, ...] = ()
    backends: tuple[BackendRecord, ...] = ()
    flops_per_example: int | None = None  # matrix products of one forward pass over a row of average length
    tokens_per_example: int | None = None  # that length: the mean of the reported split, rounded up
    matrix_limit_flops: float | None = None  # operations a second: the most measured of fp32 products on this machine
    stage_peak_memory_bytes: Mapping[str, int] = {}  # stage of the notebook -> the most memory held in it
    energy_joules: Mapping[str, float] = {}  # stage -> by the machine's own meters; empty where it has none
    energy_sources: tuple[str, ...] = ()  # what they measure: processor, GPU; all that runs there is counted

    @property
    def training_energy_joules(self) -> float | None:
        """The energy of the training alone; None without a meter."""
        return self.energy_joules.get("training")

    @property
    def plain_inference(self) -> tuple[InferenceCost, ...]:
        """The timings that every run of its kind has: of plain torch, or of scikit-learn for a baseline."""
        return tuple(timing for timing in self.inference if timing.backend in PLAIN_BACKENDS)


class Truncated(_Record):
    """What max_length cut off the rows of a split, in the tokens of the run's own tokenizer."""

    rows: int  # that were cut
    tokens: int  # that they lost, all together
    of_tokens: int  # of all rows, before


class DatasetRecord(_Record):
    """The data a run saw."""

    kind: str = "text-classification"  # of the task
    path: str
    revision: str | None = None
    fingerprint: str
    versions: Mapping[str, str] = {}  # split -> md5 of its file, where DVC tracks it
    rows: Mapping[str, int]
    labels: tuple[str, ...] = ()  # class names; scores in predictions.parquet are in this order
    validation_from_train: bool = False  # no validation split in the source: 10 % of train, stratified
    cut: str | None = None  # of running text, in words: which splits the source lacked, and what became them
    question: str | None = None  # what a built-in corpus asks
    description: str | None = None
    noise: float | None = None  # the share of labels that a built-in corpus replaced on purpose
    ceiling: float | None = None  # the primary metric of the labels before that noise: nobody can do better


class TrackingRecord(_Record):
    """The W&B run."""

    id: str
    mode: str
    path: str  # online: entity/project/id; offline: the folder for `wandb sync`


class Environment(_Record):
    """Versions of what computed the figures."""

    python: str = ""
    torch: str = ""
    transformers: str = ""
    device: str = ""
    cpu: str = ""
    git: str = ""
    precision: str = ""


class Artefact(_Record):
    """A file beside the record, as it was when the record was written."""

    bytes: int
    sha256: str


class Attempt(_Record):
    """A try that came to nothing, and was followed by another."""

    kind: str
    message: str
    seconds: Number


class RunResult(_Record):
    """The record of one run, complete or failed."""

    schema_version: Literal[1] = 1
    run_id: str
    benchmark: str
    status: Status
    error: RunFailure | None = None
    architecture: str
    family: str
    checkpoint: str | None = None
    seed: int
    hyperparameters: Mapping[str, object]
    primary: Primary | None = None
    metrics: Mapping[str, Mapping[str, Number]] = {}
    cost: Cost | None = None
    dataset: DatasetRecord | None = None
    wandb: TrackingRecord | None = None
    environment: Environment = Environment()
    best_epoch: float | None = None
    divergent: str | None = None  # why the training came to nothing, in words; its score counts all the same
    truncated: Mapping[str, Truncated] = {}  # split -> what max_length cut off; empty for a baseline, which reads all
    tokens: Mapping[str, int] = {}  # of a language model: split -> tokens that were scored, in its own vocabulary
    attempts: int = 1
    earlier_attempts: tuple[Attempt, ...] = ()  # those before the one that this is the record of
    batch_parts: int = 1  # in how many parts each training batch was computed: 2 after a try that was out of memory
    resumed_epoch: float | None = None  # where training was carried on from a checkpoint
    files: Mapping[str, Artefact] = {}  # beside the record: predictions, history, as they were then
    started: datetime
    finished: datetime

    @property
    def was_stopped(self) -> bool:
        """Whether it was ended early on purpose, which is no fault of it."""
        return self.status is Status.KILLED and self.error is not None and self.error.kind == STOPPED

    @property
    def seconds(self) -> float:
        """Wall-clock time of the run from the notebook's first cell to its result, in seconds."""
        return (self.finished - self.started).total_seconds()


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` so that a reader sees the whole of it or nothing, also after a crash or a loss of power.

    Text becomes UTF-8. The content is on the disk before it gets its name, and so is the name when this returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        settle_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_result(result: RunResult, path: Path) -> None:
    """Write one run's record. The file exists only if the run ended."""
    document = result.model_dump(mode="json")
    document = {"schema": document.pop("schema_version"), **document}
    write_atomically(path, seal_document(document))


def settle_folder(folder: Path) -> None:
    """Put a folder's own entries on the disk: a file that was renamed may else lose its new name with the power."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_result(path: Path) -> RunResult | None:
    """The record at `path`, or None where there is none that is whole: absent, torn, altered, or of another schema."""
    return read_results([path])[0]


def read_results(paths: Sequence[Path]) -> list[RunResult | None]:
    """The records at `paths`, in their order; None where there is none that is whole.

    Every file is read and checked, each time: 10,000 of them take half a second on one core, so there is no index
    that could say something else than they do. Runs of one benchmark have data and machine in common: records that
    are equal there share one object, which is half of the memory.
    """
    known: dict[str, tuple[object, _Record]] = {}
    with _collector_paused():
        return [_read_one(path, known) for path in paths]


def _read_one(path: Path, known: dict[str, tuple[object, _Record]]) -> RunResult | None:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # ten thousand of these: a Path's open costs more
            document = unseal_document(file.readall())
        document["schema_version"] = document.pop("schema")
        for name, model in _ALIKE.items():
            given = document.get(name)
            if given is not None:
                if name not in known or known[name][0] != given:
                    known[name] = given, model.model_validate(given)
                document[name] = known[name][1]
        return _share_names(RunResult.model_validate(document))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, ValidationError):
        return None


def _share_names(result: RunResult) -> RunResult:
    """The result; with others that were given the same fields it shares the set of their names, a third of a record."""
    parts: list[_Record | None] = [result, result.primary, result.cost, result.wandb, *result.files.values()]
    if result.cost is not None:
        parts += [*result.cost.inference, *result.cost.backends]
    for part in parts:
        if part is not None:
            names = part.model_fields_set
            object.__setattr__(part, "__pydantic_fields_set__", _NAMES.setdefault(frozenset(names), names))
    return result


_NAMES: dict[frozenset[str], set[str]] = {}
_ALIKE: Mapping[str, type[_Record]] = {"dataset": DatasetRecord, "environment": Environment}


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for garbage while nothing but records are made: it would walk over all of them, time and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
