# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Fine-tuning one model, and what came of it
#
# One architecture, one set of hyperparameters, one seed. How well does it learn the task, what does it get wrong,
# and what did it cost?

# %%
import sys

sys.path += [".", ".."]  # the project's root, seen from the root or from notebooks/

import pandas as pd

from app.lab import charts
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.exclusive import machine_alone
from app.lab.history import History
from app.lab.parameters import Settings, read_architecture, read_dataset
from app.lab.profiling import measure_inference
from app.lab.record import describe_cost, describe_inference, measure_cost, write_run
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
metric: str = "accuracy"
dataset_path: str = "builtin/acceptability"  # or a hub id, or a folder
dataset_files: dict = {}  # or files: train, validation, test
dataset_name: str = ""  # hub configuration
dataset_revision: str = ""
text_columns: list = ["text"]
label_column: str = "label"
max_length: int = 32  # tokens
limit: int = 0  # rows per split; 0: all
architecture: str = "bert-tiny"
family: str = ""  # empty: as config/architectures.yaml says
checkpoint: str = ""  # hub id or folder; empty: from scratch
model_config: dict = {}  # to train from scratch; empty: as config/architectures.yaml says
learning_rate: float = 0.002
epochs: int = 4
batch_size: int = 64  # rows
weight_decay: float = 0.01
warmup_ratio: float = 0.1  # of all steps
schedule: str = "linear"
label_smoothing: float = 0.0
max_grad_norm: float = 1.0
early_stopping_patience: int = 0  # epochs; 0: off
batching: str = "bucketed"
precision: str = "auto"
narrow_vocabulary: bool = True
first_token_only: bool = True
seed: int = 0
inference_batch_sizes: list = [1, 32]  # rows
inference_sequence_lengths: list = [16, 32]  # tokens
tracking_mode: str = "disabled"
tracking_project: str = "bert-benchmark"
tracking_entity: str = ""
tracking_tags: list = []
tracking_folder: str = ""

# %% [markdown]
# ## The data at a glance

# %%
dataset = read_dataset(
    dataset_path,
    files=dataset_files,
    name=dataset_name,
    revision=dataset_revision,
    text=text_columns,
    label=label_column,
    max_length=max_length,
    limit=limit,
)
data = load_examples(dataset)
pd.DataFrame({"rows": data.rows})

# %% [markdown]
# A few examples as the model will see them.

# %%
data.show("train", rows=6)

# %% [markdown]
# How many rows each class has. A model that always says the most frequent class is the first to beat.

# %%
charts.plot_classes(data)

# %% [markdown]
# How long the texts are. Every token costs time, and padding costs as much as text.

# %%
charts.plot_lengths(data)

# %% [markdown]
# ## The model

# %%
competitor = build_competitor(
    read_architecture(architecture, family=family, checkpoint=checkpoint, config=model_config),
    data,
    max_length=max_length,
    seed=seed,
)
pd.Series(competitor.describe(), name="model").to_frame()

# %% [markdown]
# ## Training
#
# After each epoch the model is scored on the validation split; the weights of its best epoch are kept.

# %%
settings = Settings(
    learning_rate=learning_rate,
    epochs=epochs,
    batch_size=batch_size,
    weight_decay=weight_decay,
    warmup_ratio=warmup_ratio,
    schedule=schedule,
    label_smoothing=label_smoothing,
    max_grad_norm=max_grad_norm,
    early_stopping_patience=early_stopping_patience,
    batching=batching,
    precision=precision,
    narrow_vocabulary=narrow_vocabulary,
    first_token_only=first_token_only,
    seed=seed,
)
pd.Series(competitor.used(settings), name="value", dtype=object).to_frame()

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
evaluation = evaluate_competitor(trained, data, metric)
evaluation.score_table()

# %%
print(evaluation.sentence())

# %% [markdown]
# Which classes are taken for which?

# %%
charts.plot_confusion(evaluation.labels, evaluation.predictions, data.labels)

# %% [markdown]
# The mistakes it was surest of. Some are wrong labels; the others are what it has not understood.

# %%
evaluation.worst_mistakes(rows=10)

# %% [markdown]
# ## What it cost

# %%
with machine_alone() as alone:
    inference = measure_inference(
        trained,
        data,
        batch_sizes=inference_batch_sizes,
        sequence_lengths=inference_sequence_lengths,
        max_length=max_length,
    )
cost = measure_cost(trained, inference, exclusive=alone)
describe_inference(cost)

# %%
pd.Series(describe_cost(cost), name="cost").to_frame()

# %% [markdown]
# ## Summary

# %%
tracker.log_result(evaluation.scores, cost)
tracker.log_confusion(evaluation.labels, evaluation.predictions, data.labels)
tracker.log_mistakes(evaluation.worst_mistakes(rows=50))
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
    wandb=tracked,
)
print(f"{result.run_id}: {evaluation.sentence()}")
