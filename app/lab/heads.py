"""Whether a family of models has a head for a kind of task, asked before anything runs and without torch."""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.config import FAMILIES, Architecture
from app.errors import ConfigError, Problem, UsageError
from app.lab.checkpoints import find_config
from app.tasks import TAGGING

__all__ = ["check_heads", "families_with_head"]

# kinds whose head not every family has -> the table of transformers that says which have it
_TABLES: Mapping[str, str] = {TAGGING.name: "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES"}


def check_heads(architectures: Iterable[Architecture], kind: str) -> None:
    """Return if every family has a head for tasks of `kind`; a checkpoint that is not on this machine is not asked.

    Raises:
        ConfigError: with each architecture whose family has none.
    """
    if kind not in _TABLES:
        return
    known = families_with_head(kind)
    problems = []
    for architecture in architectures:
        family = architecture.family or _family_of(architecture.checkpoint)
        if family is not None and not architecture.is_baseline and family not in known:
            allowed = ", ".join(name for name in FAMILIES if name in known)
            message = f"the family {family} has no head for {kind} in transformers; it has for {allowed}, and others"
            problems.append(Problem(where=f"architecture {architecture.name}", key="family", message=message))
    if problems:
        raise ConfigError(problems)


@functools.cache
def families_with_head(kind: str) -> frozenset[str]:
    """The model types that transformers has a head for.

    Read from the source of its table: to import it takes torch, and seconds.
    """
    package = importlib.util.find_spec("transformers")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent / "models" / "auto" / "modeling_auto.py"
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(name) for name in statement.targets] == [_TABLES[kind]]:
            assert isinstance(statement.value, ast.Call)  # of OrderedDict, with a list of pairs
            return frozenset(dict(ast.literal_eval(statement.value.args[0])))
    raise AssertionError(f"{source} has no {_TABLES[kind]}")


def _family_of(checkpoint: str | None) -> str | None:
    """What its configuration says; None where it cannot be read, which is told elsewhere."""
    try:
        path = find_config(checkpoint) if checkpoint else None
        return str(json.loads(path.read_text(encoding="utf-8"))["model_type"]) if path else None
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None
