"""The transformers `Trainer`, less what a small model cannot afford at every step, with our own evaluation."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from app.lab.exclusive import paused_seconds
from app.lab.history import History
from app.lab.narrowing import narrow_vocabulary

__all__ = ["BestEpoch", "FineTuner", "Recorder"]


class FineTuner(Trainer):
    """A Trainer that evaluates by `score`, and does nothing at a step that has no use here.

    The step itself, its loss, its gradient and its update, is the Trainer's. Left out: counting the model's
    parameters and walking its modules at every step, which together took a sixth of the step of a 2-layer model.
    """

    def __init__(
        self,
        *,
        score: Callable[[PreTrainedModel], Mapping[str, float]],
        used_ids: npt.NDArray[np.int64] | None,
        **options: Any,
    ) -> None:
        """Train by `options`, with the word embeddings narrowed to `used_ids`; `score` the model after an epoch."""
        super().__init__(**options)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        self._score = score
        # not before the model is where it will be trained
        self.narrowed = None if used_ids is None else narrow_vocabulary(options["model"], used_ids)
        self._weights = [weight for weight in options["model"].parameters() if weight.requires_grad]
        self.evaluation_seconds = 0.0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        began, paused = time.perf_counter(), paused_seconds()
        assert isinstance(self.model, PreTrainedModel)
        with self.narrowed.widened() if self.narrowed else contextlib.nullcontext():
            scores = dict(self._score(self.model))
            self.model.train()
            self.log(scores)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, scores)
        self.evaluation_seconds += time.perf_counter() - began - (paused_seconds() - paused)
        return scores

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        if not model.training:
            model.train()
        prepared = self._prepare_inputs(inputs)
        with self.compute_loss_context_manager():
            loss = self.compute_loss(model, prepared, num_items_in_batch=num_items_in_batch)
        assert isinstance(loss, torch.Tensor)  # not the outputs too, which nobody asked for
        self.accelerator.backward(loss)
        return loss.detach()

    def floating_point_ops(self, inputs: dict[str, torch.Tensor | Any]) -> int:
        return 0  # the Trainer's estimate; ours is counted once, by the operations

    def _clip_grad_norm(self, model: torch.nn.Module) -> torch.Tensor:
        if (
            self.narrowed and self.optimizer
        ):  # the Trainer is about to take the step that shrinks the rows it does not see, too
            rate = self.optimizer.param_groups[0]["lr"]
            self.narrowed.decay(1 - rate * self.args.weight_decay)
        return torch.nn.utils.clip_grad_norm_(self._weights, self.args.max_grad_norm)


class BestEpoch(TrainerCallback):
    """Keeps the weights of the best epoch in memory, and stops early when asked to."""

    def __init__(self, name: str, patience: int, direction: Literal["max", "min"]) -> None:
        self._name, self._patience = name, patience
        self._sign = 1.0 if direction == "max" else -1.0
        self._best = float("-inf")
        self._weights: dict[str, torch.Tensor] | None = None
        self._worse = 0
        self.epoch = 0.0

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        metrics: Mapping[str, float] = of["metrics"]
        model: PreTrainedModel = of["model"]
        score = self._sign * metrics[self._name]
        if score > self._best:
            self._best, self.epoch, self._worse = score, float(state.epoch or 0), 0
            self._weights = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
            return
        self._worse += 1
        if self._patience and self._worse >= self._patience:
            control.should_training_stop = True

    def restore(self, model: PreTrainedModel) -> None:
        """Put the best epoch's weights back."""
        if self._weights is not None:
            model.load_state_dict(self._weights)


class Recorder(TrainerCallback):
    """Passes what the Trainer logs on to the history."""

    def __init__(self, history: History) -> None:
        self._history = history

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        logs: Mapping[str, float] = of["logs"]
        if "loss" in logs or "eval_loss" in logs:
            self._history.add({"step": state.global_step, "epoch": float(state.epoch or 0), **logs})
