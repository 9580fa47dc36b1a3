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
# # Which architecture is best over all tasks?

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
from app.report.folders import find_suite
from app.report.sections import suite_passages, suite_tables
from app.report.statistics.average import average_suite
from app.report.suites import read_suite

# %% tags=["parameters"]
folder: str = "reports/suite"  # of a suite that has been run

# %%
suite = read_suite(find_suite(folder))
overalls = average_suite(suite)

# %%
suite_passages.suite_at_a_glance(suite, overalls)

# %% [markdown]
# ## Scores
#
# Each task is scored by its own metrics; the average gives every task the same weight, however much data it has.

# %%
suite_tables.score_table(suite, overalls)

# %% [markdown]
# ## What it costs

# %%
suite_tables.suite_cost_table(suite, overalls)

# %% [markdown]
# ## The tasks

# %%
suite_tables.task_table(suite, overalls)

# %% [markdown]
# ## What is missing

# %%
suite_tables.unscored_table(suite, overalls)

# %% [markdown]
# ## What the figures mean

# %%
suite_passages.notes(suite)
