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
# # A language model, and what it makes of a text
#
# One architecture, one set of hyperparameters, one seed. How well does it know what comes next (or what is hidden),
# what does it write itself, and what did it cost?

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
from app.lab.language.generation import fill_gaps, keep_sample, write_sample
from app.lab.language.story import compare_with_counts, describe_tokens, score_table, tell_scores
from app.lab.parameters import Settings, read_architecture, read_dataset
from app.lab.profiling import Meter, count_operations, measure_inference, prepare_backends
from app.lab.record import write_run
from app.lab.tasks import task_of
from app.lab.tracking import start_tracking

pd.options.display.max_colwidth = 300  # characters

# %% [markdown]
# ## Parameters
#
# The driver replaces these by those of the run. As they stand they take a few seconds, without a network.

# %% tags=["parameters"]
benchmark: str = "notebook"
run_id: str = "example"
run_folder: str = ""  # where the record goes; empty: nothing is kept
keep_model: bool = False
task: str = "causal-lm"  # or masked-lm
metric: str = "perplexity"
dataset_path: str = "builtin/lyrics"  # or a hub id, or a folder
dataset_files: dict = {}  # or files: train, validation, test
dataset_name: str = ""  # hub configuration
dataset_revision: str = ""
dataset_splits: dict = {}  # what a folder or a hub calls its splits, where not by their usual names
text_columns: list = ["text"]
vocabulary: str = ""  # characters or wordpieces; empty: characters for causal-lm, wordpieces for masked-lm
max_length: int = 64  # tokens that the model sees at once
limit: int = 100  # rows per split; 0: all
architecture: str = "attention-tiny"
family: str = ""  # empty: as config/architectures.yaml says
checkpoint: str = ""  # hub id or folder; empty: from scratch
model_config: dict = {}  # to train from scratch; empty: as config/architectures.yaml says
learning_rate: float = 0.003
optimizer: str = "adamw"
optimizer_options: dict = {}  # by name; empty: the defaults of the optimiser
epochs: int = 4
batch_size: int = 16  # blocks of max_length tokens
gradient_accumulation: int = 1  # batches of a step
weight_decay: float = 0.01
warmup_ratio: float = 0.1  # of all steps
schedule: str = "linear"
layer_decay: float = 1.0  # of the learning rate, a layer further down; 1: off
weight_averaging: str = "none"  # or swa
label_smoothing: float = 0.0
loss: str = "default"  # the cross-entropy of the next, or of the hidden tokens; there is no other
focal_gamma: float = 2.0  # of no effect here
max_grad_norm: float = 1.0
dropout: float = -1.0  # a rate for all of the model; -1: its own
freeze: str = "none"  # or embeddings, or a number: embeddings and so many layers
early_stopping_patience: int = 0  # epochs; 0: off
batching: str = "bucketed"  # of no effect here: all blocks are equally long
precision: str = "auto"
narrow_vocabulary: bool = True  # of no effect here: the table of words is also the head
first_token_only: bool = True  # of no effect here: every token counts
cheap_dropout: bool = True
seed: int = 0
sample_length: int = 400  # tokens
sample_temperature: float = 0.8  # divides the logits; 0 takes the likeliest token
inference_batch_sizes: list = [1, 32]  # rows
inference_sequence_lengths: list = [16, 64]  # tokens
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
    vocabulary=vocabulary,
    max_length=max_length,
    limit=limit,
)
data = load_examples(dataset, task)
pd.DataFrame({"rows": data.rows})

# %% [markdown]
# The beginning. All rows together are one text: a line after a line, or a blank line between two rows of a table.

# %%
data.show("train", rows=4)

# %%
data.cut or "All splits are those of the source."

# %% [markdown]
# How often each character comes. A model that knows no more than this is the first to beat.

# %%
task_of(data.kind).plot_labels(data)

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
# What counts as a token, and how many there are. A model is trained on blocks of `max_length` tokens, cut from the text
# one after the other. Perplexities compare between models with the same tokens only; bits per character compare between
# any two that lose nothing of the text.

# %%
describe_tokens(competitor, data)

# %% [markdown]
# ## Training
#
# After each epoch the model is scored on the validation split; the weights of its best epoch are kept. A causal model
# tells each token from those before it. A masked model tells 15 % of the tokens, other ones each time: 80 % of these
# are hidden, 10 % replaced by another token, and 10 % left as they are.

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
# ## Perplexity
#
# The exponential of the mean loss: a perplexity of 5 is as uncertain as a choice among 5 equally likely tokens. A
# causal model reads the text in windows of `max_length` tokens, half a window apart; each token but the very first is
# scored once, with at least half a window before it. A masked model is scored on 15 % of the tokens, hidden at places
# that are the same for every model with the same tokens; for its pseudo-perplexity (Salazar et al. 2020, arXiv
# 1910.14659) each token of some passages is hidden alone. Neither of them is the perplexity of a causal model.

# %%
meter.begin("scores")
evaluation = evaluate_competitor(trained, data, metric)
score_table(evaluation)

# %%
print(tell_scores(evaluation))

# %% [markdown]
# Beside what counting gives: how often each token comes, and what follows on what. A model that attends to more than
# its neighbours must be well below.

# %%
compare_with_counts(trained, evaluation)

# %% [markdown]
# Not every passage is equally hard.

# %%
evaluation.plot_outcome()

# %%
evaluation.worst_mistakes(rows=5)

# %% [markdown]
# ## What it writes
#
# Tokens drawn one after the other, each from the model's own probabilities. A masked model writes nothing; it fills
# gaps.

# %%
meter.begin("sample")
sample = write_sample(trained, data, length=sample_length, temperature=sample_temperature, seed=seed)
print(sample or "a masked model writes no text")

# %%
fill_gaps(trained, data, rows=4)

# %% [markdown]
# ## What it cost
#
# The trained model behind each backend: an engine may be faster and still has to say the same. Its logits are held
# against those of plain torch on blocks of the reported split, and their score, without what goes before a block, is
# measured again.

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
# How long one forward pass takes, logits of all positions included. Half of the passes are faster than the median; its
# interval says how well it is known, "unsettled" that time was up before it was narrower than 3 %. The share of the
# limit (MFU) is how much of what the machine can multiply went into this model; the rest was spent on reading memory,
# waiting, and calling functions.

# %%
describe_inference(cost)

# %% [markdown]
# An operation is a multiplication or an addition in a matrix product; the rest of a forward pass is left out. Rows are
# blocks of `max_length` tokens.

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
tracker.log_artifacts(data.record(), run_folder, wanted=tracking_log_model)
tracked = tracker.finish()

# %%
keep_sample(run_folder, sample)
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
print(f"{result.run_id}: {tell_scores(evaluation)}")
