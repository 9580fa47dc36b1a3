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
# # From the winner of a benchmark to a package that can be served
#
# One trained model becomes a folder with all that serving it takes. Does it still say what it said when it was
# measured, how fast is it, how far can its probabilities be believed, and what does it get wrong?

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

from app.report.folders import find_benchmark
from app.serving.package import story
from app.serving.package.finish import Workshop, calibrate, find_confusions, find_mistakes, finish_package
from app.serving.package.graphs import make_graphs, measure_graphs
from app.serving.package.subject import load_subject

pd.options.display.max_colwidth = 300  # characters: whole sentences, and the beginning of long texts

# %% [markdown]
# ## Parameters
#
# As they stand they package the winner of the quickstart, whose runs have to keep their models for that
# (`execution.keep_models`); `python app.py package` sees to it.

# %% tags=["parameters"]
folder: str = "reports/quickstart"  # of a benchmark that has been run
run_id: str = ""  # empty: the winner by the report's statistics
package_folder: str = ""  # where the package goes; empty: it is not kept
max_loss: float = 0.5  # points that int8 may lose
keep_texts: bool = True  # whether texts of the data may be in the package
command: str = "python notebooks/package.py"  # by which this was made, for the card

# %% [markdown]
# ## The winner
#
# The first of the leaderboard that is no baseline, at the setting that validation prefers.

# %%
subject = load_subject(find_benchmark(folder), run_id)
story.describe_choice(subject)

# %%
print(subject.choice.against_baselines)

# %% [markdown]
# ## The graph
#
# The model as an ONNX graph, for batches and texts of any length, and once more with its weights in int8. Each
# answers the whole reported split in the engine that will serve it, and is held against what the run has left on
# disk. Where the fp32 graph said something else, this would end here.

# %%
workshop = Workshop(package_folder)
graphs = make_graphs(subject, workshop.drafts)
graphs.describe()

# %%
print(graphs.note)

# %% [markdown]
# ## Which precision
#
# One row at a time, the graphs in turn, tokenising left out. int8 is taken where it is at least 1.3 times as fast at
# every length and loses no more points than `max_loss`: hundredths of a score between 0 and 1, per cent of any other.

# %%
measured = measure_graphs(subject, graphs, max_loss=max_loss)
measured.describe()

# %%
print(measured.sentence())

# %% [markdown]
# ## How far its probabilities can be believed
#
# A temperature divides the logits before they become probabilities: the one with the least loss on validation. It
# changes no prediction. A model is well calibrated when of the answers given with 80 % about 80 % are right.

# %%
calibration = calibrate(subject, measured)
story.describe_calibration(calibration)

# %%
story.plot_calibration(subject, measured, calibration)

# %% [markdown]
# ## What it gets wrong most

# %%
find_confusions(subject, measured)

# %%
find_mistakes(subject, measured, keep_texts=keep_texts)

# %% [markdown]
# ## The package

# %%
manifest = finish_package(subject, measured, calibration, workshop, keep_texts=keep_texts, command=command)
story.describe_files(manifest)

# %%
print(story.tell_package(manifest))
