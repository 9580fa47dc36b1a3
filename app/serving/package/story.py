"""What the notebook of a package tells: the choice, the calibration, the files, and the sum of it in a sentence."""

from __future__ import annotations

import pandas as pd

from app.drawing import BASELINE, INK, MODEL, Picture, draw, new_figure, tidy
from app.report.page.wording import count, duration, memory, metric_name, score
from app.report.statistics.calibration import measure_reliability
from app.serving.package.graphs import Measured
from app.serving.package.manifest import Manifest
from app.serving.package.subject import Subject
from app.serving.package.temperature import Calibration, answer_confidence

__all__ = ["describe_calibration", "describe_choice", "describe_files", "plot_calibration", "tell_package"]


def describe_choice(subject: Subject) -> pd.DataFrame:
    """Which run it is, why, and what is known of it."""
    run, primary = subject.run, subject.primary
    facts = {
        "benchmark": subject.record.name,
        "run": run.run_id,
        "chosen because": subject.choice.reason,
        "family": run.family,
        "weights": run.checkpoint or "from scratch, drawn at random",
        "parameters": count(subject.built.parameters),
        f"{metric_name(primary.name)} on {primary.split}": score(primary.value),
        "rows": f"{len(subject.split):,}",
    }
    return pd.Series(facts, name="run").to_frame()


def describe_calibration(calibration: Calibration | None) -> pd.DataFrame | None:
    """The temperature and the calibration error before and after; None where there are no probabilities."""
    if calibration is None:
        return None
    facts = {
        "temperature": f"{calibration.temperature:.3f}",
        "calibration error before": score(calibration.before),
        "calibration error after": score(calibration.after),
    }
    return pd.Series(facts, name="reported split").to_frame()


def plot_calibration(subject: Subject, measured: Measured, calibration: Calibration | None) -> Picture | None:
    """Share of right answers against confidence in ten bins, before and after; None without probabilities."""
    if calibration is None:
        return None
    kind = subject.examples.kind
    figure, panels = new_figure(560, 260, rows=1, columns=2, sharex=True, sharey=True)
    told = []
    for panel, (name, temperature) in zip(panels, (("before", 1.0), ("after", calibration.temperature)), strict=True):
        found = measure_reliability(*answer_confidence(kind, measured.chosen.raw, subject.split, temperature))
        assert found is not None  # a model whose answers are no numbers has no score, and is not packaged
        tidy(panel, grid="both")
        panel.set_title(name, loc="left", fontsize=11)
        panel.plot([0, 1], [0, 1], color=BASELINE, linestyle=(0, (4, 3)), linewidth=1.2)
        shown = found.counts > 0
        panel.plot(found.confidence[shown], found.accuracy[shown], "-", color=MODEL, linewidth=1.2, alpha=0.7)
        sizes = 12 + 130 * found.counts[shown] / found.counts.sum()
        panel.scatter(found.confidence[shown], found.accuracy[shown], s=sizes, color=MODEL, zorder=3)
        panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        told.append(f"{name}, confidence is {score(found.surplus)} above the share of right answers")
    figure.supxlabel("confidence", fontsize=12, color=INK)
    figure.supylabel("share that is right", fontsize=12, color=INK)
    return draw(figure, f"Accuracy against confidence in ten bins: {'; '.join(told)} on average.")


def describe_files(manifest: Manifest) -> pd.DataFrame:
    """Every file of the package but the notebook and the manifest, with the beginning of its digest."""
    return pd.DataFrame(
        [
            {"file": name, "size": memory(known.bytes), "sha256": known.sha256[:16]}
            for name, known in manifest.files.items()
            if not name.startswith("notebook.")
        ]
    )


def tell_package(manifest: Manifest) -> str:
    """The package in a sentence."""
    found = manifest.score
    timing = next((item for item in manifest.timings if item.precision == manifest.precision), None)
    speed = f", {duration(timing.p50_seconds)} for a row of {timing.sequence_length} tokens" if timing else ""
    bounds = "" if found.low is None else f" ({score(found.low)} to {score(found.high)})"
    return (
        f"{manifest.name}: {manifest.source.architecture} in {manifest.precision}, "
        f"{metric_name(found.metric)} {score(found.value)}{bounds} on {found.split}, "
        f"{memory(manifest.size_bytes)}{speed}"
    )
