"""A training that was torn off, carried on as if it had not been: its whole state, kept now and then.

The Trainer keeps checkpoints too, but its optimiser and its random numbers as pickles, and not what is ours: the best
epoch, the average of weights, the narrowed vocabulary, the random numbers of dropout and masks. Kept here is all that
the rest of the training depends on, so that it comes to the same weights, bit by bit, where the machine computes the
same twice.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer import TRAINER_STATE_NAME

from app.lab.attempts import checkpoint_every
from app.lab.snapshots import read_snapshot, write_snapshot
from app.layout import RunFolder

if TYPE_CHECKING:
    from app.lab.trainer import FineTuner

__all__ = ["Checkpoints", "Stateful", "open_checkpoints", "train_on"]


class Stateful(Protocol):
    """Something that the rest of a training depends on."""

    def state(self) -> Mapping[str, Any]:
        """What it would have to be given to go on from here."""

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""


def open_checkpoints(
    history: Path | None, identity: Mapping[str, Any], parts: Mapping[str, Stateful | None]
) -> Checkpoints | None:
    """The checkpoints of the run whose history lies there; None where none are asked for, or nothing is kept.

    Args:
        history: the path of the run's history.csv.
        identity: what has to be the same for a training to be carried on.
        parts: what has state, beside what every Trainer has; None for what this training does without.
    """
    every = checkpoint_every()
    if not every or history is None:
        return None
    there = {name: part for name, part in parts.items() if part is not None}
    return Checkpoints(RunFolder(history.parent).checkpoint, every, identity=identity, parts=there)


def train_on(trainer: FineTuner, checkpoints: Checkpoints | None, scratch: Path) -> None:
    """Train to the end, from the beginning or from the checkpoint that was found.

    Args:
        trainer: ready to train.
        checkpoints: None: nothing is kept, and nothing carried on.
        scratch: a folder of the trainer's own.
    """
    if checkpoints is None:
        trainer.train()
        return
    place = checkpoints.attach(trainer, scratch)
    if not checkpoints.restore_end(trainer):
        trainer.train(resume_from_checkpoint=place)


class Checkpoints(TrainerCallback):
    """Keeps the state of a training after every epoch, or every so many steps and every epoch; and brings it back."""

    def __init__(self, folder: Path, every: str, *, identity: Mapping[str, Any], parts: Mapping[str, Stateful]) -> None:
        """Keep checkpoints in `folder`, and find the one that is there, if it is of this training.

        Args:
            folder: of the run's checkpoint.
            every: `epoch`, or a number of steps.
            identity: what has to be the same for a training to be carried on.
            parts: what has state, beside what every Trainer has.
        """
        self._folder, self._steps = folder, 0 if every == "epoch" else int(every)
        self._identity, self._parts = dict(identity), parts
        found = read_snapshot(folder)
        self._found = found if found is not None and found["identity"] == self._identity else None
        self._trainer: FineTuner | None = None
        self._epoch_began: Mapping[str, Any] = {}

    @property
    def resumed_epoch(self) -> float | None:
        """How far the training had come that is carried on, in epochs; None: it begins at its beginning."""
        return None if self._found is None else float(self._found["epoch"])

    def attach(self, trainer: FineTuner, scratch: Path) -> str | None:
        """Follow `trainer`; returns what it is to be given as the checkpoint to go on from, None if there is none."""
        self._trainer = trainer
        trainer.checkpoints = self
        trainer.add_callback(self)
        if self._found is None:
            return None
        for name, part in self._parts.items():
            part.restore_state(self._found["parts"][name])
        (scratch / TRAINER_STATE_NAME).write_text(self._found["trainer"], encoding="utf-8")
        return str(scratch)

    def restore_end(self, trainer: FineTuner) -> bool:
        """Whether the training that was found had come to its end; `trainer` and its model are as they were then."""
        if self._found is None or not self._found["finished"]:
            return False
        assert trainer.model is not None
        trainer.model.load_state_dict(self._found["model"])
        trainer.state = TrainerState(**json.loads(self._found["trainer"]))
        return True

    def restore(self, trainer: FineTuner) -> None:
        """Give a trainer that has made its optimiser and schedule their state, and its model the weights."""
        if self._found is not None:
            assert trainer.model is not None
            assert trainer.optimizer is not None
            assert trainer.lr_scheduler is not None
            trainer.model.load_state_dict(self._found["model"])
            trainer.optimizer.load_state_dict(self._found["optimizer"])
            trainer.lr_scheduler.load_state_dict(self._found["schedule"])

    def restore_random(self) -> None:
        """The random numbers as they were when the checkpoint was made."""
        if self._found is not None:
            _restore_random(self._found["random"])

    def write(self, trainer: FineTuner) -> None:
        """Keep the state as it is now. A disk that is full costs the checkpoint, not the run."""
        state, step = trainer.state, trainer.state.global_step
        assert trainer.model is not None
        assert trainer.optimizer is not None
        assert trainer.lr_scheduler is not None
        held = {
            "identity": self._identity,
            "step": step,
            "epoch": float(state.epoch or 0),
            "finished": step >= state.max_steps or trainer.control.should_training_stop,
            "trainer": json.dumps(asdict(state)),
            "model": trainer.model.state_dict(),
            "optimizer": trainer.optimizer.state_dict(),
            "schedule": trainer.lr_scheduler.state_dict(),
            "loss": trainer.loss_so_far,
            "random": _random_state(),
            "epoch_began": self._epoch_began,
            "parts": {name: part.state() for name, part in self._parts.items()},
        }
        try:
            write_snapshot(self._folder, held, step)
        except OSError as error:
            sys.stderr.write(f"no checkpoint at step {step}: {error}\n")

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        if self._found is not None and self._trainer is not None:
            self._trainer.loss_so_far = self._found["loss"]

    def on_epoch_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        if self._found is not None and state.global_step == self._found["step"]:
            # the order of the rows is drawn first: in the middle of an epoch once more as it was
            is_between = float(self._found["epoch"]).is_integer()
            _restore_random(self._found["random"] if is_between else self._found["epoch_began"])
        self._epoch_began = _random_state()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        # at the last step of an epoch its evaluation is still to come
        if self._steps and state.global_step % self._steps == 0 and not float(state.epoch or 0).is_integer():
            control.should_save = True

    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        control.should_save = True


def _random_state() -> Mapping[str, Any]:
    """Of Python, NumPy and torch, with its devices."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # the generator that libraries share
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def _restore_random(state: Mapping[str, Any]) -> None:
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
