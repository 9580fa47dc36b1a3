"""The exceptions a user can meet, and the exit code each of them stands for.

    BenchmarkError
    ├── UsageError          exit 2: the command line or an input is wrong; nothing was run, nothing written
    │   ├── ConfigError     a configuration file, or a `--set` over it, with every problem found in it
    │   ├── DataError       a data set that cannot be used: a file, a column, its rows, its labels
    │   ├── CheckpointError a checkpoint that cannot be loaded, or must not be
    │   ├── HubError        something that only a model hub has, and the hub does not answer
    │   ├── OutputError     a place that cannot be written
    │   ├── ClusterError    a Ray cluster that cannot be used, or a node of it that would compute something else
    │   ├── PackageError    a packaged model that cannot be made or served
    │   ├── RegistryError   a registry of models, or a version or an alias that it does not have
    │   └── StoreError      a store of predictions that is another program's, of another schema, or torn
    ├── StorageError        exit 1: what was to be kept cannot be written any more; what was finished is kept
    └── TemplateError       a notebook template that does not take the parameters it is given

A message names the file, the field and the remedy. What goes wrong inside one run is no exception here: it is
a `RunResult` with a status and an error, beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "BenchmarkError",
    "CheckpointError",
    "ClusterError",
    "ConfigError",
    "DataError",
    "HubError",
    "OutputError",
    "PackageError",
    "Problem",
    "RegistryError",
    "StorageError",
    "StoreError",
    "TemplateError",
    "UsageError",
]


class BenchmarkError(Exception):
    """Anything this project raises on purpose."""


class UsageError(BenchmarkError):
    """The command line or an input is wrong; exit code 2."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong in a configuration: where it stands, and what to do about it."""

    where: str  # "config/x.yaml:7" or "--set name=..."
    key: str  # "hyperparameters.learning_rate"; empty for the document as a whole
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.message}" if self.key else f"{self.where}: {self.message}"


class ConfigError(UsageError):
    """A configuration with one problem or more; the message has a line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(UsageError):
    """A data set that cannot be used."""


class CheckpointError(UsageError):
    """A checkpoint that cannot be loaded, or must not be."""


class HubError(UsageError):
    """A hub that cannot be reached for something that is not on this machine."""


class OutputError(UsageError):
    """A place that cannot be written."""


class StorageError(BenchmarkError):
    """A place that could be written before and cannot now: the disk is full, the folder is gone or read-only."""


class ClusterError(UsageError):
    """A Ray cluster that cannot be used, or a node of it that would compute something else."""


class PackageError(UsageError):
    """A packaged model that cannot be made or served."""


class RegistryError(UsageError):
    """A registry of models that cannot be used, or a version or an alias that it does not have."""


class StoreError(UsageError):
    """A store of predictions that is another program's, of another schema, or torn."""


class TemplateError(BenchmarkError):
    """A notebook template that does not take the parameters it is given, or one that had to succeed and has not."""

    def __init__(self, message: str, *, kind: str = "", reason: str = "") -> None:
        self.kind, self.reason = kind, reason  # of the exception in the notebook: its name, and what it said
        super().__init__(message)
