"""A package put together: the chosen graph with its temperature, its predictions, its card and its manifest."""

from __future__ import annotations

import collections
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import onnxruntime
import pandas as pd

from app import __version__
from app.lab.tasks import Outputs, task_of
from app.layout import PackageFolder
from app.report.statistics.estimates import estimate_score
from app.report.statistics.samples import read_sample
from app.report.statistics.scores import BOUNDS
from app.results import write_atomically
from app.serving.package.card import Facts, write_card
from app.serving.package.graphs import Measured
from app.serving.package.manifest import Manifest, PackageScore, write_manifest
from app.serving.package.prediction import ask_package, predictions_table, read_outputs
from app.serving.package.reference import reference_table
from app.serving.package.subject import Subject
from app.serving.package.temperature import Calibration, fit_temperature, measure_calibration
from app.tasks import CLASSIFICATION, TAGGING

__all__ = ["Workshop", "calibrate", "find_confusions", "find_mistakes", "finish_package"]

CONFUSIONS, MISTAKES, TEXT = 8, 5, 160  # pairs, rows, characters of a text


class Workshop:
    """Where a package is made: drafts beside it, which go when it is done."""

    def __init__(self, folder: str) -> None:
        """Make room in `folder`, which is emptied; without one, somewhere that goes with this process."""
        self.drafts = Path(tempfile.mkdtemp(prefix="package-"))
        weakref.finalize(self, shutil.rmtree, self.drafts, ignore_errors=True)
        self.package = PackageFolder(Path(folder) if folder else self.drafts / "package")
        self.package.path.mkdir(parents=True, exist_ok=True)
        for path in self.package.contents():
            if path not in (self.package.notebook, self.package.notebook.with_suffix(".log")):
                path.unlink()


def calibrate(subject: Subject, measured: Measured) -> Calibration | None:
    """The temperature of the chosen graph, and what it does to the reported split; None without probabilities."""
    kind = subject.examples.kind
    if kind not in (CLASSIFICATION.name, TAGGING.name):
        return None
    validation = subject.examples.splits["validation"]
    temperature = fit_temperature(kind, ask_package(measured.chosen.engine, validation), validation)
    return measure_calibration(kind, measured.chosen.raw, subject.split, temperature)


def find_confusions(subject: Subject, measured: Measured) -> pd.DataFrame | None:
    """What is most often taken for what, of classes."""
    if subject.examples.kind != CLASSIFICATION.name:
        return None
    said = _predictions(subject, measured, _outputs(measured, 1.0))
    wrong = said[said["label"] != said["prediction"]]
    pairs = collections.Counter(zip(wrong["label"], wrong["prediction"], strict=True))
    rows = collections.Counter(said["label"])
    return pd.DataFrame(
        [
            {"true": true, "said": other, "rows": number, "of all such rows": f"{number / rows[true]:.1%}"}
            for (true, other), number in pairs.most_common(CONFUSIONS)
        ]
    )


def find_mistakes(subject: Subject, measured: Measured, *, keep_texts: bool) -> pd.DataFrame | None:
    """The worst mistakes, each text cut to what fits on a line or two; None where texts are not to be kept."""
    if not keep_texts:
        return None
    worst = task_of(subject.examples.kind).worst(_outputs(measured, 1.0), subject.examples, subject.split, MISTAKES)
    return worst.map(lambda value: f"{value[:TEXT]} ..." if isinstance(value, str) and len(value) > TEXT else value)


def finish_package(
    subject: Subject,
    measured: Measured,
    calibration: Calibration | None,
    workshop: Workshop,
    *,
    keep_texts: bool,
    command: str,
) -> Manifest:
    """Write every file of the package; the manifest last."""
    folder, draft = workshop.package, measured.chosen.folder
    for name in (folder.model, folder.tokenizer, folder.labels):
        shutil.copyfile(draft.path / name.name, name)
    temperature = calibration.temperature if calibration else 1.0
    outputs = _outputs(measured, temperature)
    said = _predictions(subject, measured, outputs)
    said.to_parquet(folder.predictions, index=False)
    reference = reference_table(measured.chosen.engine, subject.split, said, outputs, keep_texts=keep_texts)
    reference.to_parquet(folder.reference, index=False)
    manifest = measured.chosen.engine.manifest.model_copy(
        update={
            "made": datetime.now(UTC),
            "precision_reason": measured.verdict.reason,
            "temperature": temperature,
            "score": _score(
                subject, folder, task_of(subject.examples.kind).score(subject.primary.name, outputs, subject.split)
            ),
            "parity": measured.chosen.parity,
            "timings": measured.timings,
        }
    )
    facts = Facts(
        confusions=find_confusions(subject, measured),
        mistakes=find_mistakes(subject, measured, keep_texts=keep_texts),
        calibration=calibration,
        versions=_versions(subject),
        command=command,
    )
    write_atomically(folder.card, write_card(subject, manifest, facts))
    return write_manifest(folder, manifest)


def _outputs(measured: Measured, temperature: float) -> Outputs:
    return read_outputs(measured.chosen.engine.manifest, measured.chosen.raw, temperature=temperature)


def _predictions(subject: Subject, measured: Measured, outputs: Outputs) -> pd.DataFrame:
    return predictions_table(measured.chosen.engine.manifest, outputs, subject.examples, subject.split)


def _score(subject: Subject, folder: PackageFolder, value: float) -> PackageScore:
    """With the interval of the report's bootstrap, where the metric follows from the predictions."""
    primary, kind = subject.primary, subject.examples.kind
    sample = read_sample([folder.predictions], primary.name, kind=kind, labels=subject.examples.labels)
    low = high = None
    if sample is not None:
        bounds = BOUNDS.get(primary.name, (0.0, 1.0))
        found = estimate_score(sample, bounds=bounds, is_random=False).over_examples
        low, high = found.low, found.high
    return PackageScore(
        metric=primary.name,
        split=primary.split,
        direction=primary.direction,
        value=value,
        low=low,
        high=high,
        rows=len(subject.split),
        trained=primary.value,
    )


def _versions(subject: Subject) -> Mapping[str, str]:
    environment = subject.run.environment
    return {
        "bert-benchmark": __version__,
        "Python": environment.python,
        "torch": environment.torch,
        "transformers": environment.transformers,
        "ONNX Runtime": onnxruntime.__version__,
    }
