"""What every template has to have: its header, and the parameters that the driver passes to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.bench.plan import plan_runs
from app.config import Benchmark
from app.layout import (
    COMPARISON,
    DRIFT,
    FINETUNE,
    LANGUAGE_MODEL,
    PACKAGE,
    PROMOTION,
    REPORT,
    ROUND,
    SEARCH,
    SUITE,
)

__all__ = ["HEADER", "KEPT_METADATA", "OWN_PARAMETERS", "planned_parameters"]

# what jupytext writes by the settings in pyproject.toml, and Jupyter calls the kernel of ipykernel
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
KEPT_METADATA = frozenset({"tags"})  # of a cell

# what a reader may change and the driver leaves at the template's default
OWN_PARAMETERS: Mapping[str, frozenset[str]] = {
    LANGUAGE_MODEL.name: frozenset({"sample_length", "sample_temperature"}),
}

_KINDS = {
    FINETUNE.name: ("text-classification", "accuracy", "bert"),
    LANGUAGE_MODEL.name: ("causal-lm", "perplexity", "gpt2"),
}
_REPORTS: Mapping[str, Mapping[str, Any]] = {  # as app/report/write.py has it
    REPORT.name: {"folder": ""},
    SUITE.name: {"folder": ""},
    SEARCH.name: {"folder": ""},
    COMPARISON.name: {"folder": "", "against": ""},
    ROUND.name: {  # as app/lifecycle.py has it
        "folder": "",
        "reasons": [],
        "served": "",
        "test_share": 0.0,
        "task": "",
        "dataset_path": "",
        "dataset_files": {},
        "dataset_name": "",
        "dataset_revision": "",
        "dataset_splits": {},
        "text_columns": [],
        "label_column": "",
        "max_length": 4,
        "limit": 0,
    },
    PROMOTION.name: {"registry": "", "name": "", "version": 0},
    PACKAGE.name: {  # as app/packaging.py has it
        **dict.fromkeys(("folder", "run_id", "package_folder", "command"), ""),
        "max_loss": 0.5,
        "keep_texts": True,
    },
    DRIFT.name: {"package": "", "served": "", "version": 0, "last": 0, "since": ""},  # as app/monitoring.py has it
}


def planned_parameters(template: str) -> Mapping[str, Any] | None:
    """Name -> some value of every parameter that the template of that name is given; None for one nobody runs."""
    if template in _REPORTS:
        return _REPORTS[template]
    if template not in _KINDS:
        return None
    kind, metric, family = _KINDS[template]
    benchmark = Benchmark.model_validate(
        {
            "name": "any",
            "task": {"kind": kind, "metric": metric},
            "dataset": {"path": "any"},
            "architectures": [{"name": "any", "family": family}],
        }
    )
    run, *_ = plan_runs(benchmark, template_source="", data_fingerprint="", checkpoints={})
    return run.parameters
