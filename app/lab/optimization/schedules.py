"""The learning rate over the steps of a training, in the words of the transformers Trainer."""

from __future__ import annotations

from typing import Any

from app.lab.parameters import Settings

__all__ = ["schedule_arguments"]

_NAMES = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant_with_warmup",
    "inverse_sqrt": "inverse_sqrt",
}


def schedule_arguments(settings: Settings) -> dict[str, Any]:
    """The arguments of TrainingArguments that make the schedule of `settings`.

    Schedule-free AdamW warms up by itself: it is given a rate that stays as it is.
    """
    if settings.optimizer == "schedulefree-adamw":
        return {"lr_scheduler_type": "constant", "warmup_steps": 0}
    # a number below 1 is a share of all steps
    return {"lr_scheduler_type": _NAMES[settings.schedule], "warmup_steps": settings.warmup_ratio}
