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
# # Which architecture is best over all tasks?

# %%
import sys

sys.path += [".", ".."]

from pathlib import Path

from app.layout import SuiteFolder
from app.report.sections import suite_passages, suite_tables
from app.report.statistics.average import average_suite
from app.report.suites import read_suite

# %% tags=["parameters"]
folder: str = "reports/suite"  # of a suite that has been run

# %%
suite = read_suite(SuiteFolder(Path(folder)))
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
