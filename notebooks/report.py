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
# # Which architecture should you take?

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
from app.report import board
from app.report.answers import read_answers
from app.report.examples import read_examples
from app.report.folders import find_benchmark
from app.report.gather import read_benchmark
from app.report.sections import (
    agreement,
    calibration,
    confusion,
    costs,
    effects,
    figures,
    inference,
    lengths,
    pareto,
    passages,
    provenance,
    published,
    sensitivity,
    tables,
)
from app.report.sections.basis import mistake_basis
from app.report.sections.hard_examples import hard_examples
from app.report.sections.residuals import residual_figure, residual_passage
from app.report.sections.slices import slice_tables
from app.report.statistics.standings import compare

# %% tags=["parameters"]
folder: str = "reports/quickstart"  # of a benchmark that has been run

# %%
benchmark = read_benchmark(find_benchmark(folder))
standings = compare(benchmark)

# %%
passages.at_a_glance(benchmark, standings)

# %% [markdown]
# ## Leaderboard
#
# Each architecture is shown at the hyperparameters that did best on validation. The interval says how
# far the score would move with other examples of the same kind and with other seeds; the spread of the seeds stands
# below it by itself. Differences are taken example by example, and are noise unless they hold when all pairs are
# asked about at once (Holm's correction, 5 %). Those that cannot be told apart share a rank; where the data leave more
# places open than one, they are named.

# %%
tables.leaderboard_table(benchmark, standings)

# %%
board.save_leaderboard(benchmark, standings)

# %% [markdown]
# A ring is one seed, the tick their mean, the band the 95 % interval over examples and seeds. A baseline far below
# the others is a triangle at the edge.

# %%
figures.score_figure(benchmark, standings)

# %% [markdown]
# ## What it costs
#
# Further up is better, further left is cheaper. What is in colour is on the front: no other scores as high for
# less. A square is a baseline; what is left of a dotted line is far cheaper than all models, and not to scale.
# Scores are taken as they are here, with the noise they have.

# %%
pareto.cost_figure(benchmark, standings)

# %%
pareto.cost_answer(benchmark, standings)

# %%
costs.cost_table(standings)

# %% [markdown]
# ### Asking the model
#
# One forward pass at each batch size and length, behind each backend that was measured: left is faster. A bar is the
# 95 % interval of the median; a hollow mark says that time was up before that interval was narrower than 3 %.

# %%
inference.inference_figure(standings)

# %%
costs.timing_table(standings)

# %%
inference.backend_table(standings)

# %% [markdown]
# ## How they learned
#
# The metric on validation after each epoch, at the best setting of each architecture; a line for each seed.
# Lines that lie apart say that the seed matters; lines that still rise say that training stopped early.

# %%
figures.curve_figure(benchmark, standings)

# %% [markdown]
# ## What they get wrong
#
# What models said of each example, held against the truth and against each other. A score says how often they
# are wrong; this says where.

# %%
answers = read_answers(benchmark, standings)
examples = read_examples(benchmark, answers)
mistake_basis(benchmark, answers, examples)

# %%
confusion.confusion_passage(answers)

# %%
confusion.confusion_figure(answers)

# %%
confusion.confused_pairs(answers, examples)

# %%
residual_passage(answers)

# %%
residual_figure(answers)

# %%
hard_examples(benchmark, answers, examples)

# %%
agreement.agreement_passage(answers)

# %%
agreement.agreement_figure(answers)

# %%
calibration.calibration_passage(answers)

# %%
calibration.calibration_figure(answers)

# %%
lengths.length_passage(benchmark, answers, examples)

# %%
lengths.length_figure(benchmark, answers, examples)

# %%
slice_tables(benchmark, answers, examples)

# %% [markdown]
# ## What mattered: hyperparameters and seeds
#
# Each hyperparameter that was varied against the score on validation: a line is the mean over everything else that
# was varied, a dot is one run, a cross one that diverged. Then how much of the scores' variance each explains.

# %%
effects.effect_answer(benchmark)

# %%
sensitivity.sensitivity_figure(benchmark, standings)

# %%
effects.effect_table(benchmark)

# %% [markdown]
# ## Measured against published
#
# What others report of the same weights on the same data. Their settings are not these, so a difference is a
# reason to look, not a fault; what seeds alone explain is no difference.

# %%
published.published_table(benchmark, standings)

# %% [markdown]
# ## The data

# %%
passages.data_facts(benchmark)

# %% [markdown]
# ## All runs

# %%
tables.run_table(benchmark)

# %% [markdown]
# ## Runs without a score, and runs that diverged

# %%
tables.unfinished_table(benchmark)

# %%
tables.stopped_table(benchmark)

# %%
tables.divergent_table(benchmark)

# %% [markdown]
# ## Where the figures come from

# %%
provenance.warnings(benchmark, standings)

# %%
provenance.origin_facts(benchmark)

# %%
provenance.run_count_table(standings)

# %% [markdown]
# The configuration as it was resolved, every default written out:

# %%
print(passages.config_text(benchmark))
