# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Fine-tuning one model, and what came of it
#
# One architecture, one set of hyperparameters, one seed. How well does it learn the task, what does it get wrong,
# and what did it cost?

# %%
import os
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:  # there, bring the project and what Colab lacks; elsewhere this does nothing
    if not Path("app.py").exists():
        subprocess.run(["git", "clone", "--depth=1", "https://github.com/OWNER/NAME", "bert-benchmark"], check=False)
        os.chdir("bert-benchmark")
    subprocess.run([sys.executable, "-m", "app.anywhere.colab"], check=True)
sys.path += [".", "..", "../.."]  # the project's root, seen from itself, from notebooks/ and from build/notebooks/

# %%
import pandas as pd

from app.lab import charts
from app.lab.competitors import build_competitor, train_competitor
from app.lab.costs import describe_backends, describe_cost, describe_inference, describe_stages, measure_cost
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.exclusive import machine_alone
from app.lab.history import History
from app.lab.losses import describe_loss
from app.lab.parameters import Settings, read_architecture, read_dataset
from app.lab.profiling import Meter, count_operations, measure_inference, prepare_backends
from app.lab.record import write_run
from app.lab.tasks import task_of
from app.lab.tracking import start_tracking

pd.options.display.max_colwidth = 300  # characters: whole sentences, and the beginning of long texts

# %% [markdown]
# ## Parameters
#
# The driver replaces these by those of the run. As they stand they take a few seconds, without a network.

# %% tags=["parameters"]
benchmark: str = "notebook"
run_id: str = "example"
run_folder: str = ""  # where the record goes; empty: nothing is kept
keep_model: bool = False
task: str = "text-classification"  # or text-regression, token-classification
metric: str = "accuracy"
dataset_path: str = "builtin/acceptability"  # or a hub id, or a folder
dataset_files: dict = {}  # or files: train, validation, test, and extra ones by their names
dataset_name: str = ""  # hub configuration
dataset_revision: str = ""
dataset_splits: dict = {}  # what a folder or a hub calls its splits, where not by their usual names
text_columns: list = ["text"]
label_column: str = "label"
max_length: int = 32  # tokens
limit: int = 0  # rows per split; 0: all
architecture: str = "bert-tiny"
family: str = ""  # empty: as config/architectures.yaml says
checkpoint: str = ""  # hub id or folder; empty: from scratch
model_config: dict = {}  # to train from scratch; empty: as config/architectures.yaml says
learning_rate: float = 0.002
optimizer: str = "adamw"
optimizer_options: dict = {}  # by name; empty: the defaults of the optimiser
epochs: int = 4
batch_size: int = 64  # rows
gradient_accumulation: int = 1  # batches of a step
weight_decay: float = 0.01
warmup_ratio: float = 0.1  # of all steps
schedule: str = "linear"
layer_decay: float = 1.0  # of the learning rate, a layer further down; 1: off
weight_averaging: str = "none"  # or swa
label_smoothing: float = 0.0
loss: str = "default"  # or cross-entropy, balanced, focal
focal_gamma: float = 2.0
max_grad_norm: float = 1.0
dropout: float = -1.0  # a rate for all of the model; -1: its own
freeze: str = "none"  # or embeddings, or a number: embeddings and so many layers
early_stopping_patience: int = 0  # epochs; 0: off
batching: str = "bucketed"
precision: str = "auto"
narrow_vocabulary: bool = True
first_token_only: bool = True
cheap_dropout: bool = True
seed: int = 0
inference_batch_sizes: list = [1, 32]  # rows
inference_sequence_lengths: list = [16, 32]  # tokens
inference_backends: list = ["torch"]  # and torch-bf16, torch-compile, onnxruntime, onnxruntime-int8
tracking_mode: str = "disabled"
tracking_project: str = "bert-benchmark"
tracking_entity: str = ""
tracking_tags: list = []
tracking_folder: str = ""
tracking_log_model: bool = False  # the data's fingerprint and the model, as artifacts

# %% [markdown]
# ## The data at a glance

# %%
meter = Meter()
meter.begin("data")
dataset = read_dataset(
    dataset_path,
    files=dataset_files,
    name=dataset_name,
    revision=dataset_revision,
    splits=dataset_splits,
    text=text_columns,
    label=label_column,
    max_length=max_length,
    limit=limit,
)
data = load_examples(dataset, task)
pd.DataFrame({"rows": data.rows})

# %% [markdown]
# A few examples as the model will see them.

# %%
data.show("train", rows=6)

# %% [markdown]
# How often each label comes up. A model that always says the most frequent one, or the mean, is the first to beat.

# %%
task_of(data.kind).plot_labels(data)

# %% [markdown]
# How long the texts are. Every token costs time, and padding costs as much as text.

# %%
charts.plot_lengths(data)

# %% [markdown]
# ## The model

# %%
meter.begin("model")
competitor = build_competitor(
    read_architecture(architecture, family=family, checkpoint=checkpoint, config=model_config),
    data,
    max_length=max_length,
    seed=seed,
    dropout=dropout,
)
pd.Series(competitor.describe(), name="model").to_frame()

# %% [markdown]
# How much of the texts it does not see, because they are longer than `max_length`.

# %%
competitor.describe_truncation()

# %% [markdown]
# ## Training
#
# After each epoch the model is scored on the validation split; the weights of its best epoch are kept.

# %%
settings = Settings(
    learning_rate=learning_rate,
    optimizer=optimizer,
    optimizer_options=optimizer_options,
    epochs=epochs,
    batch_size=batch_size,
    gradient_accumulation=gradient_accumulation,
    weight_decay=weight_decay,
    warmup_ratio=warmup_ratio,
    schedule=schedule,
    layer_decay=layer_decay,
    weight_averaging=weight_averaging,
    label_smoothing=label_smoothing,
    loss=loss,
    focal_gamma=focal_gamma,
    max_grad_norm=max_grad_norm,
    dropout=dropout,
    freeze=freeze,
    early_stopping_patience=early_stopping_patience,
    batching=batching,
    precision=precision,
    narrow_vocabulary=narrow_vocabulary,
    first_token_only=first_token_only,
    cheap_dropout=cheap_dropout,
    seed=seed,
)
pd.Series(competitor.used(settings), name="value", dtype=object).to_frame()

# %% [markdown]
# What is minimised: the loss that the model's head has by itself, and the one of this run.

# %%
pd.Series(describe_loss(competitor, settings), name="loss", dtype=object).to_frame()

# %%
tracker = start_tracking(
    tracking_mode,
    project=tracking_project,
    entity=tracking_entity,
    group=benchmark,
    name=run_id,
    tags=tracking_tags,
    folder=tracking_folder,
    config={"architecture": architecture, "dataset": data.path, "seed": seed, **competitor.used(settings)},
)

# %%
meter.begin("training")
history = History.at(run_folder, metric, listener=tracker.log)
trained = train_competitor(
    competitor,
    data,
    settings,
    max_length=max_length,
    metric=metric,
    history=history,
    keep_in=run_folder if keep_model else "",
)

# %%
charts.plot_history(history)

# %% [markdown]
# ## The scores
#
# Hyperparameters are chosen on validation. Test is what counts.

# %%
meter.begin("scores")
evaluation = evaluate_competitor(trained, data, metric)
evaluation.score_table()

# %%
print(evaluation.sentence())

# %% [markdown]
# What is taken for what? Classes and tags of words as shares of the true one, numbers as points around the diagonal.

# %%
evaluation.plot_outcome()

# %% [markdown]
# Its worst mistakes: those it was surest of, or the sentences with the most wrong entities. Some are wrong labels; the
# others are what it has not understood.

# %%
evaluation.worst_mistakes(rows=10)

# %% [markdown]
# ## What it cost
#
# The trained model behind each backend: an engine may be faster and still has to say the same. Its logits are held
# against those of plain torch on rows of the reported split, and its score is measured again.

# %%
meter.begin("backends")
backends = prepare_backends(trained, data, names=inference_backends, metric=metric, max_length=max_length)

# %%
meter.begin("inference")
with machine_alone() as alone:
    inference = measure_inference(
        trained,
        data,
        batch_sizes=inference_batch_sizes,
        sequence_lengths=inference_sequence_lengths,
        max_length=max_length,
        backends=backends.ready,
    )
    operations = count_operations(trained, data, max_length=max_length)
meter.end()

# %%
cost = measure_cost(trained, inference, backends=backends.records, operations=operations, meter=meter, exclusive=alone)
describe_backends(cost)

# %% [markdown]
# How long one forward pass takes. Half of the passes are faster than the median; its interval says how well it is
# known, "unsettled" that time was up before it was narrower than 3 %. One pass in a hundred is slower than the last
# of the percentiles: that is what a waiting person notices. The share of the limit (MFU) is how much of what the
# machine can multiply went into this model; the rest was spent on reading memory, waiting, and calling functions.

# %%
describe_inference(cost)

# %% [markdown]
# An operation is a multiplication or an addition in a matrix product; the rest of a forward pass is left out.

# %%
pd.Series(describe_cost(cost), name="cost").to_frame()

# %% [markdown]
# Memory and energy by stage, as far as the machine has meters for them and lets them be read.

# %%
describe_stages(cost, meter.stages)

# %% [markdown]
# ## Summary

# %%
tracker.log_result(evaluation.scores, cost)
tracker.log_confusion(evaluation)
tracker.log_mistakes(evaluation.worst_mistakes(rows=50))
tracker.log_artifacts(data.record(), run_folder, wanted=tracking_log_model)
tracked = tracker.finish()

# %%
result = write_run(
    run_folder,
    run_id=run_id,
    benchmark=benchmark,
    competitor=competitor,
    trained=trained,
    evaluation=evaluation,
    cost=cost,
    settings=settings,
    started=meter.started,
    wandb=tracked,
)
print(f"{result.run_id}: {evaluation.sentence()}")
