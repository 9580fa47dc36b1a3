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
# # What changed since then?

# %%
import sys

sys.path += [".", ".."]

from pathlib import Path

from app.layout import BenchmarkFolder
from app.report.gather import read_benchmark
from app.report.sections import changes
from app.report.statistics.changes import find_changes

# %% tags=["parameters"]
folder: str = "reports/quickstart"  # of a benchmark that has been run
against: str = "reports/earlier"  # of the one that it is set against

# %%
now = read_benchmark(BenchmarkFolder(Path(folder)))
before = read_benchmark(BenchmarkFolder(Path(against)))
found = find_changes(before, now)

# %%
changes.changes_at_a_glance(before, now, found)

# %% [markdown]
# ## The scores
#
# Regressions come first. A change counts when examples and seeds together do not explain it.

# %%
changes.change_table(now, found)

# %% [markdown]
# ## The costs

# %%
changes.cost_change_table(found)

# %% [markdown]
# ## What else differs

# %%
changes.differences_between(before, now)

# %%
changes.save_changes(now, before, found)
