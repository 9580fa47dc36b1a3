"""Templates of a few cells, each for one behaviour; the kernels that run them are real."""

from pathlib import Path

HEADER = """\
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

"""


def write_template(folder: Path, body: str, parameters: str = "x: int = 1") -> Path:
    """A template with one cell of parameters and one of `body`."""
    path = folder / "template.py"
    path.write_text(f'{HEADER}# %% tags=["parameters"]\n{parameters}\n\n# %%\n{body}\n')
    return path
