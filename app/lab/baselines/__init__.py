"""Competitors that no transformer should lose to: cheap to fit, and quick to answer."""

from app.lab.baselines.baseline import Baseline
from app.lab.baselines.classes import fit_classes
from app.lab.baselines.counts import CountBaseline, fit_counts
from app.lab.baselines.numbers import fit_numbers
from app.lab.baselines.tags import fit_tags

__all__ = ["Baseline", "CountBaseline", "fit_classes", "fit_counts", "fit_numbers", "fit_tags"]
