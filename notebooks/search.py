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
# # Which setting should you take?

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
from app.report.folders import find_search
from app.report.sections import search, search_figures, search_tables
from app.report.statistics.importance import measure_importance

# %% tags=["parameters"]
folder: str = "reports/quickstart-sweep"  # of a benchmark whose runs are the trials of a search

# %%
here = find_search(folder)
record = search.open_search(here)

# %%
search.search_at_a_glance(record)

# %% [markdown]
# ## The best so far
#
# A dot is a trial that was trained to its end, a cross one that was stopped early, at the value it had then. Where the
# line has long been flat, more trials are unlikely to help.

# %%
search_figures.best_figure(record)

# %% [markdown]
# ## What mattered
#
# How much of the differences between trials each parameter explains by itself.

# %%
importances = measure_importance(record)
search.importance_passage(record, importances)

# %%
search_tables.importance_table(record, importances)

# %% [markdown]
# ## Every trial across its parameters
#
# A line is a trial. Where the coloured ones run together on an axis, that value is worth keeping; where they spread,
# the parameter matters little. At the end of a range they ask for a wider one.

# %%
search_figures.coordinates_figure(record)

# %% [markdown]
# ## What was stopped early, and what that saved

# %%
search.saved_passage(record)

# %%
search_tables.stopped_table(here, record)

# %% [markdown]
# ## All trials

# %%
search_tables.trial_table(here, record)

# %% [markdown]
# ## The space

# %%
search_tables.space_table(record)
