"""The test of truth: training here, with all shortcuts, is that of a bare transformers Trainer, step by step."""

import gc

import pytest
import torch
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import set_seed

from app.config import Architecture, Dataset
from app.lab.architectures import build_model
from app.lab.datasets import load_examples
from app.lab.history import History
from app.lab.optimization import leaves_unseen_rows_alone
from app.lab.parameters import Settings
from app.lab.training import train_transformer

SEED = 3
TOY = Architecture(
    name="toy",
    family="bert",
    config={
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.15,
    },
)
# an epoch of fewer than twenty steps has every step in its record
BASE = {"learning_rate": 5e-3, "weight_decay": 0.1, "epochs": 2, "batch_size": 16, "seed": SEED, "precision": "fp32"}
STEPS = 6  # of an epoch: 96 rows in batches of 16
PLAIN = {"narrow_vocabulary": False, "first_token_only": False, "cheap_dropout": False}


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    torch.set_num_threads(1)
    gc.freeze()  # each Trainer collects garbage, and would walk over all that was ever imported
    with pytest.MonkeyPatch.context() as patched:
        folder = tmp_path_factory.mktemp("truth")
        patched.chdir(folder)
        patched.setenv("BERT_BENCHMARK_CACHE", str(folder / "cache"))
        yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def intents():
    return load_examples(Dataset(path="builtin/intents", limit=96))


def build(intents, architecture=TOY):
    set_seed(SEED)
    texts = [text for column in intents.splits["train"].texts for text in column]
    return build_model(architecture, labels=intents.labels, texts=texts, max_length=24)


def train(intents, architecture=TOY, **changes: object):
    """The loss of every step, by this project's route, and the weights of the best epoch."""
    built, history = build(intents, architecture), History("accuracy")
    settings = Settings.model_validate({**BASE, **changes})
    train_transformer(built, intents, settings, max_length=24, metric="accuracy", history=history)
    return history.series("loss")[1], built.model.state_dict()


class Losses(TrainerCallback):
    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_log(self, args, state, control, logs=None, **of):
        if "loss" in logs:
            self.seen.append(logs["loss"])


def train_bare(intents, architecture=TOY, **options: object) -> list[float]:
    """The loss of every step, by the transformers Trainer alone."""
    built, losses, split = build(intents, architecture), Losses(), intents.splits["train"]
    encoded = built.tokenizer(list(split.texts[0]), truncation=True, max_length=24)
    rows = [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, label in zip(encoded["input_ids"], encoded["attention_mask"], split.labels, strict=True)
    ]
    arguments = {
        "learning_rate": 5e-3,
        "weight_decay": 0.1,
        "num_train_epochs": 2,
        "per_device_train_batch_size": 16,
        "lr_scheduler_type": "linear",
        "warmup_steps": 0.1,
        "max_grad_norm": 1.0,
        "optim": "adamw_torch",
        "seed": SEED,
        "train_sampling_strategy": "group_by_length",
        "logging_steps": 1,
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": True,
        "output_dir": "bare",
    }
    trainer = Trainer(
        model=built.model,
        args=TrainingArguments(**{**arguments, **options}),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(built.tokenizer),
        callbacks=[losses],
    )
    trainer.train()
    return losses.seen


def assert_equal(found: list[float], expected: list[float]) -> None:
    assert len(found) == len(expected) == 2 * STEPS
    assert found == pytest.approx(expected, abs=1e-5)
    assert sum(expected[-STEPS:]) < sum(expected[:STEPS]) - 0.1  # something was learned


@pytest.mark.parametrize(("batching", "strategy"), [("shuffled", "random"), ("bucketed", "group_by_length")])
def test_the_loss_of_every_step_is_that_of_a_bare_trainer(intents, batching, strategy):
    bare = train_bare(intents, train_sampling_strategy=strategy)
    assert_equal(train(intents, batching=batching)[0], bare)
    assert_equal(train(intents, batching=batching, **PLAIN)[0], bare)


@pytest.mark.parametrize(("batching", "strategy"), [("shuffled", "random"), ("bucketed", "group_by_length")])
def test_batches_that_share_a_step_are_one_large_batch(intents, batching, strategy):
    bare = train_bare(intents, train_sampling_strategy=strategy)
    assert_equal(train(intents, batching=batching, batch_size=4, gradient_accumulation=4)[0], bare)


@pytest.mark.parametrize(
    ("optimizer", "rate", "options"),
    [
        ("adafactor", 5e-3, {"optim": "adafactor"}),
        ("sgd", 0.2, {"optim": "sgd", "optim_args": "momentum=0.9"}),
        ("rmsprop", 2e-3, {"optim": "rmsprop"}),
        (
            "schedulefree-adamw",
            1e-2,
            {"optim": "schedule_free_adamw", "lr_scheduler_type": "constant", "warmup_steps": 0},
        ),
    ],
)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_other_optimisers_are_those_of_the_trainer(intents, optimizer, rate, options, decay):
    own = {"warmup_ratio": 0.0} if optimizer == "schedulefree-adamw" else {}
    ours, _ = train(intents, optimizer=optimizer, learning_rate=rate, weight_decay=decay, **own)
    assert_equal(ours, train_bare(intents, learning_rate=rate, weight_decay=decay, **options))


@pytest.mark.parametrize("schedule", ["cosine", "constant", "inverse_sqrt"])
def test_schedules_are_those_of_the_trainer(intents, schedule):
    ours, _ = train(intents, schedule=schedule)
    name = {"constant": "constant_with_warmup"}.get(schedule, schedule)
    assert_equal(ours, train_bare(intents, lr_scheduler_type=name))


def test_label_smoothing_is_that_of_the_trainer(intents):
    bare = train_bare(intents, label_smoothing_factor=0.1)
    for changes in ({}, {"loss": "cross-entropy"}, {"batch_size": 4, "gradient_accumulation": 4}):
        assert_equal(train(intents, label_smoothing=0.1, **changes)[0], bare)


def test_the_loss_of_the_head_is_cross_entropy(intents):
    assert_equal(train(intents, loss="cross-entropy")[0], train(intents)[0])


@pytest.mark.parametrize("loss", ["balanced", "focal"])
def test_other_losses_do_not_depend_on_how_a_step_is_cut_into_batches(intents, loss):
    whole, _ = train(intents, loss=loss)
    assert_equal(train(intents, loss=loss, batch_size=4, gradient_accumulation=4)[0], whole)
    assert whole != pytest.approx(train(intents)[0], abs=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adamw"},
        {"optimizer": "adamw", "optimizer_options": {"amsgrad": True}},
        {"optimizer": "lion", "learning_rate": 1e-3, "weight_decay": 1.0},
        {"optimizer": "adam", "weight_decay": 0.0},
        {"optimizer": "sgd", "learning_rate": 0.2, "weight_decay": 0.0},
        {"optimizer": "rmsprop", "learning_rate": 2e-3, "weight_decay": 0.0},
        {"optimizer": "schedulefree-adamw", "weight_decay": 0.0},
        {"optimizer": "hypergradient-sgd", "learning_rate": 0.2, "weight_decay": 0.0},
        {"optimizer": "hypergradient-adam", "weight_decay": 0.0},
        # weight decay is a part of the gradient, or moments are shared: the table stays whole
        {"optimizer": "adam"},
        {"optimizer": "sgd", "learning_rate": 0.2},
        {"optimizer": "rmsprop", "learning_rate": 2e-3},
        {"optimizer": "adafactor"},
        {"optimizer": "schedulefree-adamw"},
        {"optimizer": "hypergradient-sgd", "learning_rate": 0.2},
        {"optimizer": "hypergradient-adam"},
        {"weight_averaging": "swa"},
        {"weight_averaging": "swa", "optimizer": "schedulefree-adamw", "weight_decay": 0.0},
        {"layer_decay": 0.7},
        {"gradient_accumulation": 2, "batch_size": 8},
        {"freeze": "embeddings"},
        {"freeze": "1", "layer_decay": 0.7},
        {"loss": "balanced"},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
def test_shortcuts_change_nothing(intents, changes):
    quick, weights = train(intents, **changes)
    plain, expected = train(intents, **changes, **PLAIN)
    assert quick == pytest.approx(plain, abs=1e-5)
    for name, weight in expected.items():
        if not name.endswith("key.bias"):  # attention does not depend on it: its gradient is rounding, scaled by Adam
            assert torch.linalg.norm(weights[name] - weight) <= 1e-3 * torch.linalg.norm(weight) + 1e-5, name


@pytest.mark.parametrize(
    ("changes", "narrowed"),
    [
        ({}, True),
        ({"optimizer": "lion"}, True),
        ({"optimizer": "adam"}, False),
        ({"optimizer": "adam", "weight_decay": 0.0}, True),
        ({"optimizer": "schedulefree-adamw"}, False),
        ({"optimizer": "adafactor", "weight_decay": 0.0}, False),
    ],
    ids=str,
)
def test_unseen_words_are_left_out_where_that_is_right(changes, narrowed):
    assert leaves_unseen_rows_alone(Settings.model_validate({**BASE, **changes})) is narrowed
