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
# # Is this still what the model was made for?

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
from app.serving.drift import figures, passages
from app.serving.drift.look import find_folders, take_look
from app.serving.drift.record import summarise

# %% tags=["parameters"]
package: str = "registry/quickstart/1"  # folder of the model that answers
served: str = "served/quickstart"  # where its requests are kept
version: int = 0  # of it; requests that another one answered are left out; 0: none is
last: int = 1000  # requests, at most
since: str = ""  # a moment, ISO 8601 in UTC, before which requests are left out

# %%
model, kept = find_folders(package, served)
look = take_look(model, kept, version=version, last=last, since=since)
record = summarise(look)

# %%
passages.drift_at_a_glance(look, record)

# %% [markdown]
# ## The checks
#
# The requests are set against rows that the model was measured on and not trained on. An effect is how far they lie
# apart; a p-value how often chance alone brings about as much.

# %%
passages.check_table(look)

# %% [markdown]
# ## Lengths
#
# Grey are the rows of the reference, blue the requests.

# %%
figures.length_figure(look)

# %% [markdown]
# ## Words
#
# A classifier is asked which texts are requests. The words that it goes by say what is new.

# %%
passages.words_passage(look)

# %%
figures.word_figure(look)

# %% [markdown]
# ## Answers
#
# What the model has answered, the labels first that come more often or less often than they did.

# %%
figures.label_figure(look)

# %% [markdown]
# How sure it was, over the requests in the order they came; the bands hold the middle half.

# %%
figures.confidence_figure(look)

# %% [markdown]
# ## What to do now

# %%
passages.next_steps(look)

# %%
passages.save_drift(kept, record)
