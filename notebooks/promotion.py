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
# # Who serves: the champion, or the new version
#
# A new version takes over if it is better over the same examples, by more than chance would bring about. What was
# compared, what came of it, and why?

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

from app.serving.lifecycle.contest import describe_contest, describe_decision, describe_history, read_contest

pd.options.display.max_colwidth = 300  # characters: whole sentences

# %% [markdown]
# ## Parameters
#
# The lifecycle replaces these by those of the round.

# %% tags=["parameters"]
registry: str = "registry"  # a folder, or a URL of fsspec
name: str = "quickstart"
version: int = 1  # that was judged

# %% [markdown]
# ## The decision
#
# The test is paired: both have answered the same rows, and what is tested is the mean of their differences. A gain is
# above 0 where the new version is better, whatever the metric.

# %%
contest = read_contest(registry, name, version)
describe_decision(contest)

# %% [markdown]
# ## The two, side by side
#
# What each was packaged with: its score is that of the graph that serves, on the test split of its own time.

# %%
describe_contest(contest)

# %% [markdown]
# ## What has happened to this model so far

# %%
describe_history(contest)

# %% [markdown]
# ## Summary

# %%
print(contest.sentence)
