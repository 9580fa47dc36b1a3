"""One training run of a transformer by the transformers `Trainer`, with the best epoch kept."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, TrainingArguments
from transformers.trainer_utils import set_seed

from app.lab.architectures import Built
from app.lab.attempts import batch_parts
from app.lab.checkpointing import Stateful, open_checkpoints, train_on
from app.lab.datasets import Examples, Split
from app.lab.dropout import cheap_dropout
from app.lab.exclusive import paused_seconds
from app.lab.freezing import freeze_weights
from app.lab.history import History
from app.lab.language.feed import Blocks, Collator, Draws, cut_training_blocks, make_collator
from app.lab.language.scoring import score_text
from app.lab.last_layer import first_token_only
from app.lab.losses import Loss, build_loss
from app.lab.optimization import build_optimizer, first_averaged_epoch, leaves_unseen_rows_alone, schedule_arguments
from app.lab.parameters import Settings
from app.lab.prediction import predict_logits
from app.lab.stopwatch import Stopwatch
from app.lab.tasks import Outputs
from app.lab.tokens import EncodedSplit, encode_split
from app.lab.trainer import BestEpoch, FineTuner, Recorder
from app.tasks import CAUSAL, LANGUAGE, direction

__all__ = ["TrainedTransformer", "seed_everything", "train_transformer"]

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
    loss_was_finite: bool  # at every step that was logged
    resumed_epoch: float | None = None  # where it was carried on from a checkpoint

    @property
    def parameters(self) -> int:
        return self.built.parameters

    def predict(self, split: Split) -> Outputs:
        """What the model says of each row, in their order, in the form of its task."""
        if split.running is not None:
            return score_text(
                self.built.model, self.built.tokenizer, split, kind=self.built.task.kind, precision=self.precision
            )
        encoded = encode_split(split, self.built.tokenizer, self.max_length)
        logits = predict_logits(self.built.model, encoded, self.built.tokenizer.pad_token_id, self.precision)
        return self.built.task.read_logits(logits)


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
        metric: the validation score that says which epoch is best.
        history: gets a row a log and a row an epoch.
    """
    model = built.model
    freeze_weights(model, settings.freeze)
    precision = _choose_precision(settings.precision, model)
    is_language = examples.kind in LANGUAGE
    feed = (_feed_blocks if is_language else _feed_rows)(built, examples, settings, max_length, metric, precision)
    train = feed.rows

    averages = settings.weight_averaging == "swa"
    averaged_from = first_averaged_epoch(settings.epochs) if averages else math.inf

    def score(tuned: PreTrainedModel) -> Mapping[str, float]:
        outputs, held_out = feed.ask(tuned), examples.splits["validation"]
        loss, value = built.task.mean_loss(outputs, held_out), built.task.score(metric, outputs, held_out)
        return {"eval_loss": loss, f"eval_{metric}": value}

    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as shortcuts:
        if settings.first_token_only and not is_language:  # a language model has something to say of every token
            shortcuts.enter_context(first_token_only(model))
        draws = shortcuts.enter_context(cheap_dropout(model, settings.seed)) if settings.cheap_dropout else None
        steps_per_epoch = _count_steps(len(train), settings)
        trainer = FineTuner(
            model=model,
            args=_arguments(
                settings, precision, steps_per_epoch=steps_per_epoch, folder=scratch, by_length=not is_language
            ),
            train_dataset=train,
            eval_dataset=train,  # never read: `score` evaluates
            data_collator=feed.collate,
            score=score,
            used_ids=feed.used_ids,
            optimizer=lambda trained, decayed: build_optimizer(
                trained,
                settings,
                decayed=decayed,
                warmup_steps=math.ceil(settings.warmup_ratio * steps_per_epoch * settings.epochs),
            ),
            loss=feed.loss,
            averaged_from=averaged_from,
            parts=batch_parts(),
        )
        best = BestEpoch(
            f"eval_{metric}",
            settings.early_stopping_patience,
            direction(metric),
            first=averaged_from if averages else 0,
        )
        trainer.add_callback(best)
        trainer.add_callback(Recorder(history))
        stopwatch = Stopwatch(paused_seconds, lambda: trainer.evaluation_seconds + trainer.keeping_seconds)
        identity = {
            "settings": settings.model_dump(mode="json"),
            "precision": precision,
            "metric": metric,
            "rows": len(train),
            "max_length": max_length,
            "torch": str(torch.__version__),
        }
        parts: dict[str, Stateful | None] = {
            "batches": trainer.batches,
            "best": best,
            "average": trainer.average,
            "narrowed": trainer.narrowed,
            "dropout": draws,
            "history": history,
            "stopwatch": stopwatch,
        }
        if isinstance(feed.collate, Collator):
            parts["masks"] = Draws(feed.collate, lambda: trainer.batches.trained)
        checkpoints = open_checkpoints(history.path, identity, parts)
        train_on(trainer, checkpoints, Path(scratch))
        seconds = stopwatch.seconds
        epochs = trainer.state.epoch or 0.0
    # accelerate leaves the forward pass in its autocast; what is measured later is to be the model's own
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    model._is_accelerate_prepared = False  # type: ignore[assignment]  # else another training is left without autocast
    if trainer.narrowed:
        trainer.narrowed.widen()
    best.restore(model)
    model.train(False)
    return TrainedTransformer(
        built=built,
        max_length=max_length,
        precision=precision,
        best_epoch=best.epoch,
        train_seconds=seconds,
        rows_per_second=len(train) * epochs / seconds,
        loss_was_finite=all(math.isfinite(row.get("loss", 0.0)) for row in trainer.state.log_history),
        resumed_epoch=checkpoints.resumed_epoch if checkpoints else None,
    )


@dataclass(frozen=True, eq=False)
class _Feed:
    """What the kinds of task give the trainer differently."""

    rows: EncodedSplit | Blocks
    collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]]
    ask: Callable[[PreTrainedModel], Outputs]  # what the model says of the validation split
    used_ids: npt.NDArray[np.int64] | None  # to narrow the vocabulary to
    loss: Loss | None  # None: that of the model's head


def _feed_rows(built: Built, examples: Examples, settings: Settings, max_length: int, _: str, precision: str) -> _Feed:
    pad = built.tokenizer.pad_token_id
    narrows = settings.narrow_vocabulary and leaves_unseen_rows_alone(settings)
    train = encode_split(examples.splits["train"], built.tokenizer, max_length)
    validation = encode_split(examples.splits["validation"], built.tokenizer, max_length)
    return _Feed(
        rows=train,
        collate=lambda rows: train.batch(rows, pad),
        ask=lambda model: built.task.read_logits(predict_logits(model, validation, pad, precision)),
        used_ids=train.used_ids(pad) if narrows else None,
        loss=build_loss(settings, train.labels, len(examples.labels)),
    )


def _feed_blocks(built: Built, examples: Examples, settings: Settings, _: int, metric: str, precision: str) -> _Feed:
    kind, tokenizer = built.task.kind, built.tokenizer
    if kind == CAUSAL.name:
        built.model.loss_type = "ForCausalLM"  # transformers finds it by the name of the class, but for GPT-2's

    def ask(model: PreTrainedModel) -> Outputs:
        held_out, sampled = examples.splits["validation"], metric == "pseudo_perplexity"
        return score_text(model, tokenizer, held_out, kind=kind, precision=precision, sampled=sampled)

    return _Feed(
        rows=cut_training_blocks(examples.splits["train"], tokenizer, kind),
        collate=make_collator(tokenizer, kind, built.model.config.vocab_size, settings.seed),
        ask=ask,
        used_ids=None,  # the table is the head as well: every row of it has a gradient
        loss=None,
    )


def _count_steps(rows: int, settings: Settings) -> int:
    """How often the weights change in an epoch."""
    batches = -(-rows // settings.batch_size)
    return max(1, -(-batches // settings.gradient_accumulation))


def _arguments(
    settings: Settings, precision: str, *, steps_per_epoch: int, folder: str, by_length: bool
) -> TrainingArguments:
    return TrainingArguments(
        output_dir=folder,
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        weight_decay=settings.weight_decay,
        **schedule_arguments(settings),
        label_smoothing_factor=settings.label_smoothing,
        max_grad_norm=settings.max_grad_norm,
        train_sampling_strategy="group_by_length" if settings.batching == "bucketed" and by_length else "random",
        bf16=precision == "bf16",
        use_cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),  # else bf16 is refused there
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


def _choose_precision(asked: str, model: PreTrainedModel) -> str:
    if asked != "auto":
        return asked
    wide = getattr(model.config, "hidden_size", BF16_WIDTH) >= BF16_WIDTH
    return "bf16" if wide and _has_bf16() else "fp32"


def _has_bf16() -> bool:
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
