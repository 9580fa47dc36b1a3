"""The models of a benchmark file: frozen, each key with its type, its bounds and its default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.tasks import BASELINES, CAUSAL, CORPORA, DECODERS, KINDS, LANGUAGE, METRICS, VOCABULARIES

__all__ = [
    "BACKENDS",
    "BASELINES",
    "BUILTIN",
    "CORPORA",
    "FAMILIES",
    "HUB",
    "METRICS",
    "Architecture",
    "Benchmark",
    "Dataset",
    "Execution",
    "Files",
    "Hyperparameters",
    "Inference",
    "KnownArchitecture",
    "Task",
    "Tracking",
    "suggest",
]

FAMILIES = (
    "bert",
    "distilbert",
    "roberta",
    "albert",
    "electra",
    "mobilebert",
    "squeezebert",
    "deberta-v2",
    "convbert",
    "modernbert",
    "xlm-roberta",
    "longformer",
)
BUILTIN = "builtin/"
BACKENDS = ("torch", "torch-bf16", "torch-compile", "onnxruntime", "onnxruntime-int8")
HUB = "hub"  # `checkpoint: hub` takes the checkpoint that architectures.yaml names

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _one_of(value: object, allowed: Sequence[str], what: str) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise PydanticCustomError("choice", "{text}", {"text": f"unknown {what} {value!r}{suggest(value, allowed)}"})


def suggest(value: object, allowed: Sequence[str]) -> str:
    """The end of a refusal: the closest of what is allowed, and all of it."""
    close = get_close_matches(str(value), allowed, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else ";"
    return f"{hint} allowed: {', '.join(allowed)}"


def _refuse(text: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{text}", {"text": text})


def _as_axis(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _no_truth(values: object) -> object:
    for value in values if isinstance(values, tuple) else (values,):
        if isinstance(value, bool):
            raise _refuse(f"{str(value).lower()} is no number")
    return values


def _not_twice(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise _refuse("an empty list has nothing to run; give a value or leave the key out")
    repeated = [value for index, value in enumerate(values) if value in values[:index]]
    if repeated:
        raise _refuse(f"{repeated[0]!r} is listed twice; each value is run once")
    return values


class Task(_Frozen):
    """What the models are asked to do, and the metric that ranks them."""

    kind: str
    metric: str = Field("", validate_default=True)  # empty: the customary one of the kind

    @field_validator("kind", mode="before")
    @classmethod
    def _known_kind(cls, value: object) -> str:
        return _one_of(value, tuple(KINDS), "task")

    @field_validator("metric", mode="before")
    @classmethod
    def _suits_the_kind(cls, value: object, info: ValidationInfo) -> object:
        kind = KINDS.get(str(info.data.get("kind")))
        if value == "":
            return kind.ranked_by if kind else value
        if kind is None:  # which is told already
            return _one_of(value, METRICS, "metric")
        return _one_of(value, kind.metrics, f"metric of {kind.name}" if value in METRICS else "metric")


class Files(_Frozen):
    """A data set as files, one a split: csv, tsv, json, jsonl, parquet; for language models also txt, txt.gz."""

    train: Path
    validation: Path | None = None
    test: Path | None = None


class Dataset(_Frozen):
    """Where the examples come from, and which columns hold them."""

    path: str | Files
    name: str | None = None
    revision: str | None = None
    text: tuple[str, ...] = ("text",)
    label: str = "label"
    max_length: int = Field(128, ge=4, le=8192)
    limit: int | None = Field(None, ge=1)
    reference: str | None = None  # by which name config/references.yaml knows these data
    vocabulary: str | None = None  # of a language model from scratch; None: the customary one of the kind

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _known_vocabulary(cls, value: object) -> str | None:
        return None if value is None else _one_of(value, VOCABULARIES, "vocabulary")

    @field_validator("path", mode="before")
    @classmethod
    def _known_corpus(cls, value: object) -> object:
        if isinstance(value, str):
            if not value.strip():
                raise _refuse("is empty; give builtin/<name>, a hub id, a folder, or {train: file, test: file}")
            if value.startswith(BUILTIN):
                _one_of(value.removeprefix(BUILTIN), CORPORA, "built-in corpus")
            return value
        if isinstance(value, dict):
            return Files.model_validate(value)
        if isinstance(value, Files):
            return value
        raise _refuse(f"must be builtin/<name>, a hub id, a folder, or {{train: file, test: file}}, not {value!r}")

    @field_validator("text", mode="before")
    @classmethod
    def _as_columns(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("text")
    @classmethod
    def _one_or_two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not 1 <= len(value) <= 2:
            raise _refuse(f"must name one column or two, not {len(value)}")
        return value

    @field_validator("limit", "max_length", mode="before")
    @classmethod
    def _counts(cls, value: object) -> object:
        return _no_truth(value)

    @model_validator(mode="after")
    def _label_is_no_text(self) -> Self:
        if self.label in self.text:
            raise _refuse(f"label: {self.label!r} is among the text columns too: the model would read the answer")
        return self

    @property
    def shown_path(self) -> str:
        """The path as a person reads it."""
        return self.path if isinstance(self.path, str) else str(self.path.train)

    @property
    def corpus(self) -> str | None:
        """The name of the built-in corpus, if it is one."""
        is_builtin = isinstance(self.path, str) and self.path.startswith(BUILTIN)
        return self.shown_path.removeprefix(BUILTIN) if is_builtin else None


class Architecture(_Frozen):
    """One competitor: a checkpoint to fine-tune, or a configuration to train from scratch, or a baseline."""

    name: Annotated[str, Field(pattern=_NAME, max_length=64)]
    family: str | None = None  # None: the checkpoint says
    checkpoint: str | None = None  # None: from scratch
    config: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def is_baseline(self) -> bool:
        return self.family in BASELINES


class KnownArchitecture(Architecture):
    """An entry of the table of architectures: one competitor, and what is published of its checkpoint."""

    parameters: int | None = Field(None, ge=1)  # of the checkpoint's body, without a head
    licence: str | None = None  # of the checkpoint, as its publisher states it; `unknown` where none was found
    paper: str | None = None
    safetensors: StrictBool | None = None  # None: not known

    @model_validator(mode="after")
    def _described(self) -> Self:
        needed = [name for name in ("parameters", "licence", "paper") if getattr(self, name) is None]
        if self.checkpoint and needed:
            raise _refuse(f"names a checkpoint, and so has to say its {', '.join(needed)}")
        return self


Axis = BeforeValidator(_as_axis)


class Hyperparameters(_Frozen):
    """The grid: each field is an axis, a scalar is an axis of one value."""

    learning_rate: Annotated[tuple[Annotated[float, Field(gt=0, lt=10)], ...], Axis] = (5e-5,)
    epochs: Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], Axis] = (3,)
    batch_size: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], Axis] = (32,)
    weight_decay: Annotated[tuple[Annotated[float, Field(ge=0, lt=10)], ...], Axis] = (0.01,)
    warmup_ratio: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Axis] = (0.1,)
    schedule: Annotated[tuple[str, ...], Axis] = ("linear",)
    label_smoothing: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Axis] = (0.0,)
    max_grad_norm: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Axis] = (1.0,)
    early_stopping_patience: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Axis] = (0,)  # epochs; 0: off
    batching: Annotated[tuple[str, ...], Axis] = ("bucketed",)
    precision: Annotated[tuple[str, ...], Axis] = ("auto",)
    narrow_vocabulary: Annotated[tuple[StrictBool, ...], Axis] = (True,)  # shortcuts that change no result
    first_token_only: Annotated[tuple[StrictBool, ...], Axis] = (True,)
    cheap_dropout: Annotated[tuple[StrictBool, ...], Axis] = (True,)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers(cls, value: object, info: ValidationInfo) -> object:
        is_switch = info.field_name in ("narrow_vocabulary", "first_token_only", "cheap_dropout")
        return _as_axis(value) if is_switch else _no_truth(_as_axis(value))

    @field_validator("*")
    @classmethod
    def _each_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        return _not_twice(value)

    @field_validator("schedule")
    @classmethod
    def _known_schedule(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_one_of(item, ("linear", "cosine", "constant"), "schedule") for item in value)

    @field_validator("batching")
    @classmethod
    def _known_batching(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_one_of(item, ("bucketed", "shuffled"), "batching") for item in value)

    @field_validator("precision")
    @classmethod
    def _known_precision(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_one_of(item, ("auto", "fp32", "bf16"), "precision") for item in value)


class Inference(_Frozen):
    """Which forward passes are timed: every backend with every batch size at every length, in tokens."""

    batch_sizes: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = (1, 32)
    sequence_lengths: tuple[Annotated[int, Field(ge=4, le=8192)], ...] = (16, 64)
    backends: tuple[str, ...] = ("torch",)

    @field_validator("backends", mode="before")
    @classmethod
    def _as_names(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("backends")
    @classmethod
    def _known_backends(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _not_twice(tuple(_one_of(item, BACKENDS, "backend") for item in value))


class Execution(_Frozen):
    """How the runs are carried out; none of it changes a score."""

    executor: Literal["local"] = "local"
    workers: int = Field(1, ge=1, le=256)
    timeout_seconds: float = Field(3600, gt=0)
    retries: int = Field(1, ge=0, le=10)  # when a kernel is lost; an exception would only repeat itself
    kernel: Literal["warm", "cold"] = "warm"  # warm: forked with its imports done, where the system can fork
    keep_models: bool = False


class Tracking(_Frozen):
    """W&B: `auto` is online with credentials and offline without."""

    mode: Literal["auto", "online", "offline", "disabled"] = "auto"
    project: str = Field("bert-benchmark", min_length=1, max_length=128)
    entity: str | None = None
    tags: tuple[str, ...] = ()

    @field_validator("mode", mode="before")
    @classmethod
    def _known_mode(cls, value: object) -> str:
        # YAML 1.1 reads a bare `off` as false
        return _one_of(value, ("auto", "online", "offline", "disabled"), "tracking mode")


class Benchmark(_Frozen):
    """A whole benchmark: one task, one data set, and every run to make on it."""

    name: Annotated[str, Field(pattern=_NAME, max_length=64)]
    task: Task
    dataset: Dataset
    architectures: tuple[Architecture, ...]
    hyperparameters: Hyperparameters = Hyperparameters()
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**32)], ...], Axis] = (0,)
    inference: Inference = Inference()
    execution: Execution = Execution()
    tracking: Tracking = Tracking()

    @field_validator("architectures", mode="before")
    @classmethod
    def _resolved(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise _refuse(f"must be a list of names or of {{name: ..., checkpoint: ...}}, not {value!r}")
        if not value:
            raise _refuse("an empty list has nothing to run; name at least one")
        return tuple(value)

    @field_validator("seeds", mode="before")
    @classmethod
    def _seed_numbers(cls, value: object) -> object:
        return _no_truth(_as_axis(value))

    @field_validator("seeds")
    @classmethod
    def _each_seed_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return _not_twice(value)

    @model_validator(mode="after")
    def _parts_suit_the_task(self) -> Self:
        kind = KINDS[self.task.kind]
        if self.dataset.corpus is not None and self.dataset.corpus not in kind.corpora:
            allowed = ", ".join(f"{BUILTIN}{corpus}" for corpus in kind.corpora)
            raise _refuse(f"dataset.path: {self.dataset.path} is no corpus for {kind.name}; allowed: {allowed}")
        if self.dataset.vocabulary is not None and kind.vocabulary is None:
            allowed = ", ".join(LANGUAGE)
            raise _refuse(f"dataset.vocabulary: is no choice of {kind.name}; leave it out (it is one of {allowed})")
        if self.task.kind in LANGUAGE and len(self.dataset.text) != 1:
            raise _refuse(f"dataset.text: {kind.name} reads one column of text, not {len(self.dataset.text)}")
        for architecture in self.architectures:
            is_decoder = architecture.family in DECODERS
            if architecture.family and not architecture.is_baseline and is_decoder != (kind.name == CAUSAL.name):
                allowed = "" if is_decoder else f"; allowed: {', '.join(DECODERS)}"
                reads = "reads from left to right alone" if is_decoder else "reads both sides of a token"
                raise _refuse(
                    f"architectures: {architecture.name!r} is none for {kind.name}: "
                    f"the family {architecture.family} {reads}{allowed}"
                )
            if architecture.is_baseline and architecture.family not in kind.baselines:
                allowed = ", ".join(kind.baselines)
                raise _refuse(
                    f"architectures: the baseline {architecture.name!r} is none for {kind.name}; allowed: {allowed}"
                )
        return self

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [architecture.name for architecture in self.architectures]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise _refuse(f"architectures: {name!r} is listed twice; give each its own name")
        return self
