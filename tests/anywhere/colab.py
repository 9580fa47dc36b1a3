"""A machine such as Colab's: what it has installed, the module by which it is known, and GitHub as a local folder."""

import os
import shutil
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import PROJECT

SLUG = "someone/bert-benchmark"

# of the project's packages and what they need, as googlecolab/backend-info lists the image of 2026-08-19 (Python 3.13)
INSTALLED = {
    "accelerate": "1.14.0",
    "datasets": "4.0.0",
    "dill": "0.3.8",
    "huggingface_hub": "1.27.0",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "jupyter_client": "7.4.9",
    "jupytext": "1.19.5",
    "matplotlib": "3.10.0",
    "nbclient": "0.10.4",
    "nbconvert": "7.17.1",
    "nbformat": "5.11.1",
    "numpy": "2.1.3",
    "pandas": "2.2.3",
    "protobuf": "5.29.6",
    "psutil": "5.9.5",
    "pyarrow": "18.1.0",
    "pydantic": "2.13.4",
    "PyYAML": "6.0.3",
    "rich": "13.9.4",
    "scikit-learn": "1.6.1",
    "scipy": "1.16.3",
    "sentencepiece": "0.2.2",
    "torch": "2.11.0+cpu",
    "transformers": "5.15.0",
    "wandb": "0.28.1",
}

_PIP = """
import json, os, sys
from pathlib import Path

words = sys.argv[1:]
held = Path(words[words.index("--constraint") + 1]).read_text().splitlines()
Path(os.environ["PIP_RECORD"]).write_text(json.dumps({"words": words, "held": held}))
sys.exit(int(os.environ["PIP_CODE"]))
"""


def publish_project(folder: Path) -> Mapping[str, str]:
    """The project as a repository in `folder`; returns what makes git find it where GitHub would have it."""
    place = folder / SLUG
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb")
    for name in ("app", "config", "notebooks"):
        shutil.copytree(PROJECT / name, place / name, ignore=ignore)
    for name in ("app.py", "Pipfile"):
        shutil.copy(PROJECT / name, place)
    author = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "--message", "All of it"]):
        subprocess.run(["git", *words], cwd=place, check=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{folder}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }


def be_colab(folder: Path) -> Mapping[str, str]:
    """The module `google.colab` in `folder`, imported by every Python that gets the returned environment."""
    module = folder / "google" / "colab"  # google itself is a namespace that others share
    module.mkdir(parents=True)
    (module / "__init__.py").touch()
    (folder / "sitecustomize.py").write_text("import google.colab\n")
    return {"PYTHONPATH": str(folder)}


def stand_in_for_pip(folder: Path, *, code: int = 0) -> Mapping[str, str]:
    """A pip in `folder` that ends with `code` and does no more than to write down what it was asked for."""
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(textwrap.dedent(_PIP))
    return {"PIP_RECORD": str(folder / "asked.json"), "PIP_CODE": str(code)}


def install_records(folder: Path, packages: Mapping[str, str] = INSTALLED) -> None:
    """What an installer leaves in `folder` of each package, without the package."""
    for name, version in packages.items():
        record = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        record.mkdir(parents=True)
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def bare_environment(**more: str) -> dict[str, str]:
    """The environment of a process that shall know nothing of this project's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, **more}
