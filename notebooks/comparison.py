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
# # What changed since then?

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
from app.report.folders import find_benchmark
from app.report.gather import read_benchmark
from app.report.sections import changes
from app.report.statistics.changes import find_changes

# %% tags=["parameters"]
folder: str = "reports/quickstart"  # of a benchmark that has been run
against: str = "reports/earlier"  # of the one that it is set against

# %%
now = read_benchmark(find_benchmark(folder))
before = read_benchmark(find_benchmark(against))
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
