"""The models of a benchmark file: frozen, each key with its type, its bounds and its default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, ValidationInfo, field_validator, model_validator

from app.hyperparameters import LOSSES, Hyperparameters
from app.tasks import BASELINES, CAUSAL, CORPORA, DECODERS, KINDS, LANGUAGE, METRICS, TAGGING, VOCABULARIES
from app.validation import Axis, Frozen, as_axis, no_truth, not_twice, one_of, refuse, suggest

__all__ = [
    "AUTO",
    "BACKENDS",
    "BASELINES",
    "BUILTIN",
    "CORPORA",
    "FAMILIES",
    "HUB",
    "METRICS",
    "NAME",
    "RAY",
    "SUITABLE_LOSSES",
    "Architecture",
    "Benchmark",
    "Dataset",
    "Execution",
    "Files",
    "Hyperparameters",
    "Inference",
    "KnownArchitecture",
    "Resources",
    "Splits",
    "Task",
    "Tracking",
    "check_losses",
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

RAY = "ray"  # `executor: ray`; and `store: ray`, by which results come back through Ray itself
AUTO = "auto"

# the losses that suit each kind of task; the head's own is the default, and of language models the only one
SUITABLE_LOSSES: Mapping[str, tuple[str, ...]] = {
    "text-classification": LOSSES,
    "token-classification": LOSSES,
    "text-regression": ("default",),
    "masked-lm": ("default",),
    "causal-lm": ("default",),
}
SMOOTHABLE = ("text-classification", "token-classification", "masked-lm", "causal-lm")  # labels are classes

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_SPLIT_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ADDRESS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


class Task(Frozen):
    """What the models are asked to do, and the metric that ranks them."""

    kind: str
    metric: str = Field("", validate_default=True)  # empty: the customary one of the kind

    @field_validator("kind", mode="before")
    @classmethod
    def _known_kind(cls, value: object) -> str:
        return one_of(value, tuple(KINDS), "task")

    @field_validator("metric", mode="before")
    @classmethod
    def _suits_the_kind(cls, value: object, info: ValidationInfo) -> object:
        kind = KINDS.get(str(info.data.get("kind")))
        if value == "":
            return kind.ranked_by if kind else value
        if kind is None:  # which is told already
            return one_of(value, METRICS, "metric")
        return one_of(value, kind.metrics, f"metric of {kind.name}" if value in METRICS else "metric")


def _name_splits(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in extra:
        if name in ("train", "validation", "test"):
            raise refuse(f"{name!r} has a key of its own; a further split takes another name")
        if not _SPLIT_NAME.fullmatch(name):
            raise refuse(f"{name!r} cannot name a split: small letters, digits and _, beginning with a letter")
    return extra


class Files(Frozen):
    """A data set as files, one a split: csv, tsv, json, jsonl, parquet; conll for words and their tags; txt, txt.gz."""

    train: Path
    validation: Path | None = None
    test: Path | None = None
    extra: Mapping[str, Path] = Field(default_factory=dict)  # further splits that are scored, each by a name

    @field_validator("extra")
    @classmethod
    def _named(cls, value: Mapping[str, Path]) -> Mapping[str, Path]:
        return _name_splits(value)


class Splits(Frozen):
    """What a folder or a hub calls the splits; None: by their usual names."""

    train: str | None = None
    validation: str | None = None
    test: str | None = None
    extra: Mapping[str, str] = Field(default_factory=dict)  # further splits that are scored: our name -> its name

    @field_validator("extra")
    @classmethod
    def _named(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return _name_splits(value)


class Dataset(Frozen):
    """Where the examples come from, and which columns hold them."""

    path: str | Files
    name: str | None = None
    revision: str | None = None
    splits: Splits = Splits()
    text: tuple[str, ...] = ("text",)
    label: str = "label"
    max_length: int = Field(128, ge=4, le=8192)
    limit: int | None = Field(None, ge=1)
    reference: str | None = None  # by which name config/references.yaml knows these data
    slices: tuple[str, ...] = ()  # columns by whose values the report shows scores apart
    vocabulary: str | None = None  # of a language model from scratch; None: the customary one of the kind

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _known_vocabulary(cls, value: object) -> str | None:
        return None if value is None else one_of(value, VOCABULARIES, "vocabulary")

    @field_validator("path", mode="before")
    @classmethod
    def _known_corpus(cls, value: object) -> object:
        if isinstance(value, str):
            if not value.strip():
                raise refuse("is empty; give builtin/<name>, a hub id, a folder, or {train: file, test: file}")
            if value.startswith(BUILTIN):
                one_of(value.removeprefix(BUILTIN), CORPORA, "built-in corpus")
            return value
        if isinstance(value, dict):
            return Files.model_validate(value)
        if isinstance(value, Files):
            return value
        raise refuse(f"must be builtin/<name>, a hub id, a folder, or {{train: file, test: file}}, not {value!r}")

    @field_validator("text", "slices", mode="before")
    @classmethod
    def _as_columns(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("text")
    @classmethod
    def _one_or_two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not 1 <= len(value) <= 2:
            raise refuse(f"must name one column or two, not {len(value)}")
        return value

    @field_validator("slices")
    @classmethod
    def _each_column_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return not_twice(value) if value else value

    @field_validator("limit", "max_length", mode="before")
    @classmethod
    def _counts(cls, value: object) -> object:
        return no_truth(value)

    @model_validator(mode="after")
    def _label_is_no_text(self) -> Self:
        if self.label in self.text:
            raise refuse(f"label: {self.label!r} is among the text columns too: the model would read the answer")
        return self

    @model_validator(mode="after")
    def _slices_are_no_texts(self) -> Self:
        texts = [name for name in self.slices if name in self.text]
        if texts:
            raise refuse(f"slices: {texts[0]!r} is a text column; name one with few values, such as a topic")
        return self

    @model_validator(mode="after")
    def _splits_have_no_names(self) -> Self:
        if self.splits != Splits() and isinstance(self.path, Files):
            raise refuse("splits: files are named by dataset.path itself; a further one stands in dataset.path.extra")
        if self.splits != Splits() and self.corpus is not None:
            raise refuse("splits: a built-in corpus has train, validation and test, and no other names for them")
        return self

    @property
    def extra_splits(self) -> tuple[str, ...]:
        """The names of the splits that are scored beside validation and test."""
        return tuple(self.path.extra if isinstance(self.path, Files) else self.splits.extra)

    @property
    def shown_path(self) -> str:
        """The path as a person reads it."""
        return self.path if isinstance(self.path, str) else str(self.path.train)

    @property
    def corpus(self) -> str | None:
        """The name of the built-in corpus, if it is one."""
        is_builtin = isinstance(self.path, str) and self.path.startswith(BUILTIN)
        return self.shown_path.removeprefix(BUILTIN) if is_builtin else None


class Architecture(Frozen):
    """One competitor: a checkpoint to fine-tune, or a configuration to train from scratch, or a baseline."""

    name: Annotated[str, Field(pattern=NAME, max_length=64)]
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
            raise refuse(f"names a checkpoint, and so has to say its {', '.join(needed)}")
        return self


class Inference(Frozen):
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
        return not_twice(tuple(one_of(item, BACKENDS, "backend") for item in value))


class Resources(Frozen):
    """What one run asks of Ray."""

    cpus: int = Field(1, ge=1, le=1024)
    gpus: float = Field(0, ge=0, le=64)  # a part of one, or whole ones

    @field_validator("gpus")
    @classmethod
    def _whole_or_a_part(cls, value: float) -> float:
        if value > 1 and not value.is_integer():
            raise refuse(f"{value:g} is neither a part of a GPU nor a whole number of them")
        return value


class Execution(Frozen):
    """How the runs are carried out; none of it changes a score. Who executes locally does not look at the Ray keys."""

    executor: Literal["local", "ray"] = "local"
    workers: int | None = Field(None, ge=1, le=4096)  # None: one on this machine; all that a cluster has room for
    address: str = AUTO  # of a Ray cluster, HOST:PORT; auto: the one that this machine belongs to
    resources: Resources = Resources()
    store: str = AUTO  # auto: the reports folder where a node sees it, else through Ray; or a URL of fsspec
    timeout_seconds: float = Field(3600, gt=0)
    memory_bytes: int | None = Field(None, ge=1 << 28)  # that a run may hold; None: there is no limit
    retries: int = Field(1, ge=0, le=10)  # of what may pass: a kernel that is lost, and once want of memory
    checkpoint: str | int | None = None  # how often training is kept to go on from: `epoch`, or a number of steps
    kernel: Literal["warm", "cold"] = "warm"  # warm: forked with its imports done, where the system can fork
    keep_models: bool = False

    @field_validator("checkpoint", mode="before")
    @classmethod
    def _epoch_or_steps(cls, value: object) -> object:
        is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if value is None or value == "epoch" or is_count:
            return value
        raise refuse(f"must be epoch, or a number of steps of 1 or more, not {value!r}")

    @field_validator("address")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value != AUTO and not _ADDRESS.fullmatch(value):
            raise refuse(f"must be auto or HOST:PORT, as `ray start` prints it, not {value!r}")
        return value

    @field_validator("store")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if value not in (AUTO, RAY) and not _URL.fullmatch(value):
            raise refuse(f"must be auto, ray or a URL such as s3://bucket/folder, not {value!r}")
        return value


class Tracking(Frozen):
    """W&B: `auto` is online with credentials and offline without."""

    mode: Literal["auto", "online", "offline", "disabled"] = "auto"
    project: str = Field("bert-benchmark", min_length=1, max_length=128)
    entity: str | None = None
    tags: tuple[str, ...] = ()
    log_model: bool = False  # the data's fingerprint and the model of each run, as artifacts

    @field_validator("mode", mode="before")
    @classmethod
    def _known_mode(cls, value: object) -> str:
        # YAML 1.1 reads a bare `off` as false
        return one_of(value, ("auto", "online", "offline", "disabled"), "tracking mode")


class Benchmark(Frozen):
    """A whole benchmark: one task, one data set, and every run to make on it."""

    name: Annotated[str, Field(pattern=NAME, max_length=64)]
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
            raise refuse(f"must be a list of names or of {{name: ..., checkpoint: ...}}, not {value!r}")
        if not value:
            raise refuse("an empty list has nothing to run; name at least one")
        return tuple(value)

    @field_validator("seeds", mode="before")
    @classmethod
    def _seed_numbers(cls, value: object) -> object:
        return no_truth(as_axis(value))

    @field_validator("seeds")
    @classmethod
    def _each_seed_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return not_twice(value)

    @field_validator("hyperparameters")
    @classmethod
    def _suits_the_task(cls, value: Hyperparameters, info: ValidationInfo) -> Hyperparameters:
        if "task" in info.data:
            check_losses(info.data["task"].kind, value)
        return value

    @model_validator(mode="after")
    def _parts_suit_the_task(self) -> Self:
        kind = KINDS[self.task.kind]
        if self.dataset.corpus is not None and self.dataset.corpus not in kind.corpora:
            allowed = ", ".join(f"{BUILTIN}{corpus}" for corpus in kind.corpora)
            raise refuse(f"dataset.path: {self.dataset.path} is no corpus for {kind.name}; allowed: {allowed}")
        if kind == TAGGING and len(self.dataset.text) > 1:
            raise refuse(f"dataset.text: {kind.name} takes one column, of lists of words, not {len(self.dataset.text)}")
        if self.dataset.vocabulary is not None and kind.vocabulary is None:
            allowed = ", ".join(LANGUAGE)
            raise refuse(f"dataset.vocabulary: is no choice of {kind.name}; leave it out (it is one of {allowed})")
        if self.dataset.slices and kind.name in LANGUAGE:
            raise refuse(f"dataset.slices: {kind.name} reads its rows as one text; leave it out")
        if self.task.kind in LANGUAGE and len(self.dataset.text) != 1:
            raise refuse(f"dataset.text: {kind.name} reads one column of text, not {len(self.dataset.text)}")
        for architecture in self.architectures:
            is_decoder = architecture.family in DECODERS
            if architecture.family and not architecture.is_baseline and is_decoder != (kind.name == CAUSAL.name):
                allowed = "" if is_decoder else f"; allowed: {', '.join(DECODERS)}"
                reads = "reads from left to right alone" if is_decoder else "reads both sides of a token"
                raise refuse(
                    f"architectures: {architecture.name!r} is none for {kind.name}: "
                    f"the family {architecture.family} {reads}{allowed}"
                )
            if architecture.is_baseline and architecture.family not in kind.baselines:
                allowed = ", ".join(kind.baselines)
                raise refuse(
                    f"architectures: the baseline {architecture.name!r} is none for {kind.name}; allowed: {allowed}"
                )
        return self

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [architecture.name for architecture in self.architectures]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise refuse(f"architectures: {name!r} is listed twice; give each its own name")
        return self


def check_losses(kind: str, hyperparameters: Hyperparameters) -> None:
    """See that the losses suit the kind of task.

    Raises:
        PydanticCustomError: one does not, or labels would be smoothed that are no classes.
    """
    suitable = SUITABLE_LOSSES[kind]
    for loss in hyperparameters.loss:
        if loss not in suitable:
            raise refuse(f"{loss!r} does not suit {kind}; allowed: {', '.join(suitable)}", at=("loss",))
    if kind not in SMOOTHABLE and any(hyperparameters.label_smoothing):
        raise refuse(f"{kind} has no classes to smooth over; set it to 0", at=("label_smoothing",))
