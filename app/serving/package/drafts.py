"""The model as graphs that an engine can open: first in fp32, then in int8."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import onnx

from app.errors import PackageError
from app.lab.profiling.backends import draw_batch
from app.lab.profiling.onnx_export import export_onnx, quantise_onnx
from app.layout import PackageFolder
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, read_manifest, write_manifest
from app.serving.package.subject import Subject

__all__ = ["EXAMPLE", "export_draft", "quantise_draft"]

EXAMPLE = 11  # tokens of the batch that the export traces the model with
REASON = 300  # characters of an exporter's own words


def export_draft(subject: Subject, path: Path) -> PackageFolder:
    """A package of the model in fp32 at `path`, complete but for its figures.

    Raises:
        PackageError: torch cannot export the model, or its tokenizer is none that works without transformers.
    """
    folder = PackageFolder(path)
    path.mkdir(parents=True)
    built, name = subject.built, subject.run.architecture
    tokenizer = getattr(built.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise PackageError(f"{name}: its tokenizer works in transformers alone, and cannot be served without it")
    example = draw_batch(built, rows=2, length=min(EXAMPLE, subject.benchmark.dataset.max_length), padding=2)
    try:
        export_onnx(built.model, example, folder.model)
    except Exception as error:  # of torch, of any class: see export_onnx
        words = " ".join(str(error).split())[:REASON]
        raise PackageError(
            f"{name}: torch cannot export a {built.family} as an ONNX graph ({type(error).__name__}: {words}); "
            "package a run of another architecture by --run RUN_ID"
        ) from error
    tokenizer.save(str(folder.tokenizer))
    labels = list(subject.examples.labels)
    folder.labels.write_text(json.dumps(labels, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    inputs = tuple(given.name for given in onnx.load(folder.model).graph.input)
    write_manifest(folder, _draft_manifest(subject, inputs))
    return folder


def quantise_draft(draft: PackageFolder, path: Path) -> tuple[PackageFolder | None, str]:
    """The same package with its weights in int8, and how that was done; None, and why, where it cannot be."""
    folder = PackageFolder(path)
    shutil.copytree(draft.path, path)
    folder.model.unlink()
    try:
        made = quantise_onnx(draft.model, folder.model)
    except Exception as error:  # of ONNX Runtime, of any class: int8 is a gain where it works, and no loss elsewhere
        return None, f"int8 could not be made ({type(error).__name__}: {' '.join(str(error).split())[:REASON]})"
    for left in path.glob("*.bare.onnx"), path.glob("*.prepared.onnx"):
        for file in left:
            file.unlink()
    write_manifest(folder, read_manifest(draft).model_copy(update={"precision": "int8"}))
    return folder, made


def _draft_manifest(subject: Subject, inputs: tuple[str, ...]) -> Manifest:
    run, primary, tokenizer = subject.run, subject.primary, subject.built.tokenizer
    return Manifest(
        name=subject.record.name,
        made=datetime.now(UTC),
        kind=subject.examples.kind,
        labels=subject.examples.labels,
        text_columns=subject.benchmark.dataset.text,
        max_length=subject.benchmark.dataset.max_length,
        inputs=inputs,
        pad_token_id=tokenizer.pad_token_id,
        unknown_token_id=tokenizer.unk_token_id,
        precision="fp32",
        precision_reason="a draft",
        parameters=subject.built.parameters,
        source=Source(
            benchmark=run.benchmark,
            run_id=run.run_id,
            architecture=run.architecture,
            family=run.family,
            checkpoint=run.checkpoint,
            seed=run.seed,
            hyperparameters=run.hyperparameters,
            git=run.environment.git,
        ),
        dataset=run.dataset or subject.record.dataset,
        score=PackageScore(
            metric=primary.name,
            split=primary.split,
            direction=primary.direction,
            value=primary.value,
            rows=len(subject.split),
            trained=primary.value,
        ),
        parity=Parity(rows=0, agreement=0.0, largest_difference=0.0),
    )
