"""The transformers `Trainer`, less what a small model cannot afford at every step, with our own evaluation."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

from app.lab.checkpointing import Checkpoints
from app.lab.exclusive import paused_seconds
from app.lab.history import History
from app.lab.losses import IGNORED, Loss
from app.lab.narrowing import narrow_vocabulary
from app.lab.optimization import WeightAverage

__all__ = ["BatchCount", "BestEpoch", "FineTuner", "Recorder"]


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
        optimizer: Callable[[PreTrainedModel, Collection[str]], torch.optim.Optimizer],
        loss: Loss | None,
        averaged_from: float = math.inf,
        parts: int = 1,
        **options: Any,
    ) -> None:
        """Train by `options`, and `score` the model after an epoch.

        Args:
            score: the validation scores of a model.
            used_ids: the word embeddings are narrowed to these; None: they are not.
            optimizer: makes one for a model, given the names of the weights that are decayed.
            loss: what is minimised; None: the loss of the model's head.
            averaged_from: the first epoch of an average over epochs, which is scored from then on in the model's place.
            parts: in so many of them is each batch computed, their gradients added: the same step with less memory.
            options: those of the transformers Trainer.
        """
        super().__init__(**options, compute_loss_func=None if loss is None else _as_mean(loss))
        self._make_optimizer = optimizer
        # not every head divides by the number that it would be told, and the Trainer takes it that all do
        self.model_accepts_loss_kwargs = False
        self._labels_of_step = 0
        self._parts, self.batches = parts, BatchCount()
        self.checkpoints: Checkpoints | None = None  # who keeps the training, to go on from
        self.average, self._averaged_from = WeightAverage(), averaged_from
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        self._score = score
        # not before the model is where it will be trained
        self.narrowed = None if used_ids is None else narrow_vocabulary(options["model"], used_ids)
        self._weights = [weight for weight in options["model"].parameters() if weight.requires_grad]
        self.evaluation_seconds = self.keeping_seconds = 0.0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        began, paused = time.perf_counter(), paused_seconds()
        assert isinstance(self.model, PreTrainedModel)
        with contextlib.ExitStack() as looked_at:
            looked_at.enter_context(self._at_rest())
            if self.narrowed:
                looked_at.enter_context(self.narrowed.widened())
            if round(self.state.epoch or 0) >= self._averaged_from:
                self.average.add(self.model)
                looked_at.enter_context(self.average.in_place(self.model))
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
        share = self._share_of_step(prepared)
        total = torch.zeros((), device=self.args.device)
        for part, weight in self._cut(prepared):
            with self.compute_loss_context_manager():
                loss = self.compute_loss(model, part, num_items_in_batch=num_items_in_batch)
            assert isinstance(loss, torch.Tensor)  # not the outputs too, which nobody asked for
            if share * weight < 1:
                loss = loss * (share * weight)
            self.accelerator.backward(loss)
            total = loss.detach() if self._parts == 1 else total + loss.detach()
        self.batches.trained += 1
        return total

    def _cut(self, batch: Mapping[str, torch.Tensor]) -> Iterator[tuple[dict[str, torch.Tensor], float]]:
        """The parts that a batch is computed in, rows in their order, each with its share of the batch's loss."""
        rows = len(batch["labels"])
        size = -(-rows // self._parts)
        for first in range(0, rows, size):
            part = {name: values[first : first + size] for name, values in batch.items()}
            # a loss of our own is divided by the labels of the whole step already
            alone = self._parts == 1 or self.compute_loss_func is not None
            yield part, 1.0 if alone else self._count_labels(part) / max(1, self._count_labels(batch))

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], torch.Tensor | int | None]:
        batches, counted = super().get_batch_samples(epoch_iterator, num_batches, device)
        if self.args.gradient_accumulation_steps > 1:
            self._labels_of_step = max(1, sum(self._count_labels(batch) for batch in batches))
        return batches, counted

    def _share_of_step(self, batch: Mapping[str, torch.Tensor]) -> float:
        """The share of a batch in its step, by labels: the head's loss is a mean over the batch, not over the step."""
        if self.args.gradient_accumulation_steps == 1 or self.compute_loss_func is not None:
            return 1.0
        return self._count_labels(batch) / self._labels_of_step

    def _count_labels(self, batch: Mapping[str, torch.Tensor]) -> int:
        labels = batch["labels"][..., 1:] if self._loss_shifts_labels else batch["labels"]
        return int((labels != IGNORED).sum())

    @property
    def loss_so_far(self) -> tuple[torch.Tensor, float, int]:
        """What has been added up since the last line of the history, and before; and the step of that line."""
        return self._tr_loss, self._total_loss_scalar, self._globalstep_last_logged

    @loss_so_far.setter
    def loss_so_far(self, value: tuple[torch.Tensor, float, int]) -> None:
        self._tr_loss = value[0].to(self.args.device)
        self._total_loss_scalar, self._globalstep_last_logged = value[1:]

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        began = time.perf_counter()
        if self.checkpoints is not None:
            self.checkpoints.write(self)
        self.keeping_seconds += time.perf_counter() - began

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: torch.nn.Module | None = None) -> None:
        """The weights come with the optimiser's state, once this is there."""

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None and self.checkpoints is not None:
            self.checkpoints.restore(self)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None and self.checkpoints is not None:
            self.checkpoints.restore_random()

    def create_optimizer(self, model: torch.nn.Module | None = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            assert isinstance(self.model, PreTrainedModel)
            self.optimizer = self._make_optimizer(self.model, self.get_decay_parameter_names(self.model))
        # one that evaluates other weights than it trains has to be told
        _switch(self.optimizer, "train")
        return self.optimizer

    @contextlib.contextmanager
    def _at_rest(self) -> Iterator[None]:
        """While the context lasts, the weights are those that the optimiser would have used, not those it tries."""
        _switch(self.optimizer, "eval")
        try:
            yield
        finally:
            _switch(self.optimizer, "train")

    def _get_learning_rate(self) -> float:
        assert self.optimizer is not None
        group = self.optimizer.param_groups[0]
        return float(group.get("scheduled_lr", group["lr"]))  # where the optimiser sets it by itself, that

    def floating_point_ops(self, inputs: dict[str, torch.Tensor | Any]) -> int:
        return 0  # the Trainer's estimate; ours is counted once, by the operations

    def _clip_grad_norm(self, model: torch.nn.Module) -> torch.Tensor:
        if self.narrowed and self.optimizer:  # the step that follows would shrink the rows that it does not see, too
            group = self._group_of(self.narrowed.weight)
            self.narrowed.decay(1 - group["lr"] * group["weight_decay"])
        return torch.nn.utils.clip_grad_norm_(self._weights, self.args.max_grad_norm)

    def _group_of(self, weight: torch.Tensor) -> Mapping[str, Any]:
        assert self.optimizer is not None
        groups: Sequence[Mapping[str, Any]] = self.optimizer.param_groups
        return next(group for group in groups if any(other is weight for other in group["params"]))


def _as_mean(loss: Loss) -> Callable[..., torch.Tensor]:
    """A sum over labels as the Trainer asks for it: the mean over all labels of a step, whatever batch they are in."""

    def mean(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor) -> torch.Tensor:
        return loss(outputs["logits"], labels) / num_items_in_batch

    return mean


def _switch(optimizer: Any, mode: str) -> None:
    if callable(switch := getattr(optimizer, mode, None)):
        switch()


@dataclass
class BatchCount:
    """How many batches were computed so far."""

    trained: int = 0

    def state(self) -> Mapping[str, int]:
        return {"trained": self.trained}

    def restore_state(self, state: Mapping[str, int]) -> None:
        self.trained = state["trained"]


class BestEpoch(TrainerCallback):
    """Keeps the weights of the best epoch in memory, and stops early when asked to."""

    def __init__(self, name: str, patience: int, direction: Literal["max", "min"], first: float = 0) -> None:
        """Compare epochs by `name`, those from `first` on."""
        self._name, self._patience, self._first = name, patience, first
        self._sign = 1.0 if direction == "max" else -1.0
        self._best = float("-inf")
        self._weights: dict[str, torch.Tensor] | None = None
        self._worse = 0
        self.epoch = 0.0

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        metrics: Mapping[str, float] = of["metrics"]
        model: PreTrainedModel = of["model"]
        if round(state.epoch or 0) < self._first:
            return
        score = self._sign * metrics[self._name]
        if score > self._best:
            self._best, self.epoch, self._worse = score, float(state.epoch or 0), 0
            self._weights = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
            return
        self._worse += 1
        if self._patience and self._worse >= self._patience:
            control.should_training_stop = True

    def state(self) -> Mapping[str, Any]:
        return {"best": self._best, "epoch": self.epoch, "worse": self._worse, "weights": self._weights}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._best, self.epoch, self._worse = state["best"], state["epoch"], state["worse"]
        self._weights = state["weights"]

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
