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
# # A new round: why, and on what
#
# A model in use meets texts that it was not trained on, and people put its answers right. What has changed since the
# last round, and what do the next models learn from?

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

from app.lab.datasets import load_examples
from app.lab.parameters import read_dataset
from app.lab.tasks import task_of
from app.serving.lifecycle.merging import merge_examples, read_labelled, write_merged
from app.serving.lifecycle.telling import describe_new, describe_splits

pd.options.display.max_colwidth = 300  # characters: whole sentences, and the beginning of long texts

# %% [markdown]
# ## Parameters
#
# The lifecycle replaces these by those of the round.

# %% tags=["parameters"]
folder: str = ""  # of the round; empty: nothing is kept
reasons: list = ["no champion yet"]
served: str = "served/quickstart/predictions.db"  # what people have put right
test_share: float = 0.2  # of it, held out for the models of the round to be asked
task: str = "text-classification"
dataset_path: str = "builtin/acceptability"  # or a hub id, or a folder
dataset_files: dict = {}  # or files: train, validation, test
dataset_name: str = ""  # hub configuration
dataset_revision: str = ""
dataset_splits: dict = {}  # what a folder or a hub calls its splits, where not by their usual names
text_columns: list = ["text"]
label_column: str = "label"
max_length: int = 32  # tokens
limit: int = 0  # rows per split; 0: all

# %% [markdown]
# ## Why

# %%
pd.DataFrame({"reason": reasons})

# %% [markdown]
# ## Old data, and new
#
# The old are those of the benchmark. The new are answers that people have put right: the text, and the label it should
# have had. A share of them is held out, and the models of this round are ranked on them, too; which rows depends on
# nothing but their texts, so none is trained on in one round and tested on in the next.

# %%
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
labelled = read_labelled(served)
merged = merge_examples(data, labelled, test_share=test_share)
describe_splits(data, merged)

# %% [markdown]
# What came in last, as the next models will see it.

# %%
describe_new(labelled, rows=10)

# %% [markdown]
# How often each label comes up now.

# %%
task_of(data.kind).plot_labels(merged.examples(data))

# %% [markdown]
# ## Summary

# %%
files = write_merged(merged, data.labels, folder)
print(f"{merged.added} new rows to learn from, {merged.held_out} to test on")
