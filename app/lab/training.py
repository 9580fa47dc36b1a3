"""One training run of a transformer by the transformers `Trainer`, with the best epoch kept."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
from transformers.trainer_utils import set_seed

from app.lab.architectures import Built
from app.lab.datasets import Examples, Split
from app.lab.history import History
from app.lab.metrics import compute_score
from app.lab.parameters import Settings
from app.lab.tokens import EncodedSplit, encode_split, length_batches, pad_rows

__all__ = ["TrainedTransformer", "seed_everything", "train_transformer"]

Scores = npt.NDArray[np.float32]

EVALUATION_TOKENS = 8192  # tokens of one evaluation batch, after padding
BF16_WIDTH = 256  # narrower models lose more to the casts than they gain from the arithmetic (2 cores, AMX)


@dataclass(frozen=True)
class TrainedTransformer:
    """A fine-tuned model, at its best epoch by the validation score."""

    built: Built
    max_length: int
    precision: str  # what "auto" came to
    best_epoch: float
    train_seconds: float  # evaluation left out
    rows_per_second: float
    truncated: int  # training rows that lost tokens to max_length

    @property
    def parameters(self) -> int:
        return self.built.parameters

    def predict(self, split: Split) -> Scores:
        """Class probabilities, of shape (rows, classes), in the order of the rows."""
        encoded = encode_split(split, self.built.tokenizer, self.max_length)
        return _softmax(_predict_logits(self.built.model, encoded, self.built.tokenizer.pad_token_id, self.precision))


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch: before the model is built, since its head is drawn at random."""
    set_seed(seed)


def train_transformer(
    built: Built, examples: Examples, settings: Settings, *, max_length: int, metric: str, history: History
) -> TrainedTransformer:
    """Train on `train`, evaluate on `validation` after each epoch, and put the best epoch's weights back.

    Args:
        built: the model and tokenizer; the model is changed in place.
        examples: the data.
        settings: the hyperparameters.
        max_length: tokens of a row at most.
        metric: the validation score that says which epoch is best; higher is better.
        history: gets a row a log and a row an epoch.
    """
    precision = _choose_precision(settings.precision, built.model)
    train = encode_split(examples.splits["train"], built.tokenizer, max_length)
    validation = encode_split(examples.splits["validation"], built.tokenizer, max_length)
    pad = built.tokenizer.pad_token_id
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _FineTuner(
            model=built.model,
            args=_arguments(settings, precision, rows=len(train), folder=scratch),
            train_dataset=train,
            eval_dataset=validation,
            data_collator=lambda rows: pad_rows(rows, pad),
            score=lambda model: _validate(model, validation, pad, precision, metric),
        )
        best = _BestEpoch(f"eval_{metric}", settings.early_stopping_patience)
        trainer.remove_callback(PrinterCallback)
        trainer.remove_callback(ProgressCallback)
        trainer.add_callback(best)
        trainer.add_callback(_Recorder(history))
        began = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - began - trainer.evaluation_seconds
        epochs = trainer.state.epoch or 0.0
    # accelerate leaves the forward pass in its autocast; what is measured later is to be the model's own
    trainer.accelerator.unwrap_model(built.model, keep_fp32_wrapper=False)
    best.restore(built.model)
    built.model.train(False)
    return TrainedTransformer(
        built=built,
        max_length=max_length,
        precision=precision,
        best_epoch=best.epoch,
        train_seconds=seconds,
        rows_per_second=len(train) * epochs / seconds,
        truncated=train.truncated,
    )


def _arguments(settings: Settings, precision: str, *, rows: int, folder: str) -> TrainingArguments:
    steps_per_epoch = max(1, -(-rows // settings.batch_size))
    return TrainingArguments(
        output_dir=folder,
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_ratio if settings.warmup_ratio < 1 else 0,  # below 1 it is a share of all steps
        lr_scheduler_type={"constant": "constant_with_warmup"}.get(settings.schedule, settings.schedule),
        label_smoothing_factor=settings.label_smoothing,
        max_grad_norm=settings.max_grad_norm,
        train_sampling_strategy="group_by_length" if settings.batching == "bucketed" else "random",
        bf16=precision == "bf16",
        use_cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),  # else bf16 is refused there
        optim="adamw_torch_fused",
        seed=settings.seed,
        eval_strategy="epoch",
        save_strategy="no",
        logging_steps=max(1, steps_per_epoch // 10),
        logging_nan_inf_filter=False,  # a loss that is not a number must be seen
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


class _FineTuner(Trainer):
    """A Trainer that evaluates by our own loop: batches of similar length, rows back in their order."""

    def __init__(self, *, score: Callable[[PreTrainedModel], Mapping[str, float]], **options: Any) -> None:
        super().__init__(**options)
        self._score = score
        self.evaluation_seconds = 0.0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        began = time.perf_counter()
        assert isinstance(self.model, PreTrainedModel)
        scores = dict(self._score(self.model))
        self.model.train()
        self.log(scores)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, scores)
        self.evaluation_seconds += time.perf_counter() - began
        return scores


class _BestEpoch(TrainerCallback):
    """Keeps the weights of the best epoch in memory, and stops early when asked to."""

    def __init__(self, name: str, patience: int) -> None:
        self._name, self._patience = name, patience
        self._best = float("-inf")
        self._weights: dict[str, torch.Tensor] | None = None
        self._worse = 0
        self.epoch = 0.0

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        metrics: Mapping[str, float] = of["metrics"]
        model: PreTrainedModel = of["model"]
        if metrics[self._name] > self._best:
            self._best, self.epoch, self._worse = metrics[self._name], float(state.epoch or 0), 0
            self._weights = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
            return
        self._worse += 1
        if self._patience and self._worse >= self._patience:
            control.should_training_stop = True

    def restore(self, model: PreTrainedModel) -> None:
        if self._weights is not None:
            model.load_state_dict(self._weights)


class _Recorder(TrainerCallback):
    """Passes what the Trainer logs on to the history."""

    def __init__(self, history: History) -> None:
        self._history = history

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **of: Any) -> None:
        logs: Mapping[str, float] = of["logs"]
        if "loss" in logs or "eval_loss" in logs:
            self._history.add({"step": state.global_step, "epoch": float(state.epoch or 0), **logs})


def _validate(
    model: PreTrainedModel, split: EncodedSplit, pad_token_id: int, precision: str, metric: str
) -> dict[str, float]:
    logits = _predict_logits(model, split, pad_token_id, precision)
    labels = np.asarray([row["labels"] for row in split.rows])
    losses = -np.log(np.clip(_softmax(logits)[np.arange(len(labels)), labels], 1e-12, None))
    return {
        "eval_loss": float(losses.mean()),
        f"eval_{metric}": compute_score(metric, logits.argmax(1), labels),
    }


@torch.inference_mode()
def _predict_logits(model: PreTrainedModel, split: EncodedSplit, pad_token_id: int, precision: str) -> Scores:
    model.train(False)
    device = model.device
    logits = np.empty((len(split), int(model.config.num_labels or 0)), dtype=np.float32)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        for rows in length_batches(split.lengths, EVALUATION_TOKENS):
            batch = pad_rows([split.rows[row] for row in rows], pad_token_id)
            batch.pop("labels")
            output = model(**{name: tensor.to(device) for name, tensor in batch.items()})
            logits[rows] = output.logits.float().cpu().numpy()
    return logits


def _softmax(logits: Scores) -> Scores:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Scores = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def _choose_precision(asked: str, model: PreTrainedModel) -> str:
    if asked != "auto":
        return asked
    wide = getattr(model.config, "hidden_size", BF16_WIDTH) >= BF16_WIDTH
    return "bf16" if wide and _has_bf16() else "fp32"


def _has_bf16() -> bool:
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
