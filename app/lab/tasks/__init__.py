"""The kinds of task, each as what it asks of the lab."""

from __future__ import annotations

from collections.abc import Mapping

from app.lab.tasks.classification import TextClassification
from app.lab.tasks.language import LanguageModelling
from app.lab.tasks.regression import TextRegression
from app.lab.tasks.tagging import TokenClassification
from app.lab.tasks.task import Logits, Outputs, Task
from app.tasks import CAUSAL, MASKED

__all__ = ["Logits", "Outputs", "Task", "task_of"]

_LANGUAGE = (
    LanguageModelling(CAUSAL.name, "AutoModelForCausalLM"),
    LanguageModelling(MASKED.name, "AutoModelForMaskedLM"),
)
_TASKS: Mapping[str, Task] = {
    task.kind: task for task in (TextClassification(), TextRegression(), TokenClassification(), *_LANGUAGE)
}


def task_of(kind: str) -> Task:
    """The task of that kind, one of `app.tasks.KINDS`."""
    return _TASKS[kind]
