"""Real packages of tiny models with random weights, made in seconds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import torch

from app.config import Architecture
from app.lab.architectures import Built, build_model
from app.lab.profiling.backends import draw_batch
from app.lab.profiling.onnx_export import export_onnx
from app.layout import PackageFolder, ServedFolder
from app.results import DatasetRecord
from app.serving.drift.rows import Rows
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, read_manifest, write_manifest
from app.serving.store.records import Served
from app.serving.store.store import Store

TEXTS = ("The keys to the cabinet are rusty.", "The key to the cabinets is rusty.", "Is it?", "Are they?") * 2
LABELS = ("no", "yes")
SHAPE = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def build_classifier(seed: int = 0) -> Built:
    """A bert of one layer, its head stirred up so that its answers differ."""
    torch.manual_seed(seed)
    built = build_model(
        Architecture(name="tiny", family="bert", config=SHAPE), labels=LABELS, texts=TEXTS, max_length=32
    )
    with torch.no_grad():
        built.model.classifier.weight.normal_(std=2.0)
    built.model.train(False)
    return built


def make_package(path: Path, built: Built, *, kind: str = "text-classification", name: str = "tiny") -> PackageFolder:
    """A package of that model, complete but for predictions and a card; its figures are made up."""
    folder = PackageFolder(path)
    path.mkdir(parents=True)
    example = draw_batch(built, rows=2, length=9, padding=2)
    export_onnx(built.model, example, folder.model)
    built.tokenizer.backend_tokenizer.save(str(folder.tokenizer))
    folder.labels.write_text('["no", "yes"]\n')
    write_manifest(
        folder,
        Manifest(
            name=name,
            made=datetime(2026, 1, 1, tzinfo=UTC),
            kind=kind,
            labels=LABELS,
            text_columns=("text",),
            max_length=32,
            inputs=tuple(example),
            pad_token_id=built.tokenizer.pad_token_id,
            unknown_token_id=built.tokenizer.unk_token_id,
            precision="fp32",
            precision_reason="int8 was not tried",
            parameters=built.parameters,
            source=Source(
                benchmark=name, run_id="tiny-0", architecture="tiny", family="bert", seed=0, hyperparameters={}
            ),
            dataset=DatasetRecord(path="builtin/acceptability", fingerprint="0" * 64, rows={"test": 8}, labels=LABELS),
            score=PackageScore(metric="accuracy", split="test", direction="max", value=0.5, rows=8, trained=0.5),
            parity=Parity(rows=8, agreement=1.0, largest_difference=0.0),
        ),
    )
    return folder


def add_reference(folder: PackageFolder, rows: Rows) -> None:
    """Put `reference.parquet` of these rows into a package, its texts as far as they are known."""
    columns = {
        "id": [f"{place:06d}" for place in range(len(rows))],
        **({"text": list(rows.texts)} if any(text is not None for text in rows.texts) else {}),
        **_columns(rows),
        "label": list(rows.labels),
    }
    pyarrow.parquet.write_table(pyarrow.Table.from_pydict(columns), folder.reference)
    write_manifest(folder, read_manifest(folder))


def serve_rows(folder: ServedFolder, rows: Rows, *, version: int = 0, keep_texts: bool = True) -> Store:
    """A store with these rows, an hour apart; their labels are its feedback."""
    store = Store(folder.store, keep_texts=keep_texts)
    columns = _columns(rows)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    served = [
        Served(
            id=f"{version:016x}{place:016x}",
            time=(began + timedelta(hours=place)).isoformat(),
            version=version,
            texts=(rows.texts[place],) if rows.texts[place] is not None else (),
            **{name: values[place] for name, values in columns.items()},
        )
        for place in range(len(rows))
    ]
    assert store.record(served) == 0
    for row, label in zip(served, rows.labels, strict=True):
        if label is not None:
            assert store.feedback(row.id, label)
    store.close()
    return store


def _columns(rows: Rows) -> dict[str, list]:
    return {
        "characters": rows.characters.astype(int).tolist(),
        "tokens": rows.tokens.astype(int).tolist(),
        "unknown": (rows.unknown * rows.tokens).round().astype(int).tolist(),
        "is_cut": rows.is_cut.tolist(),
        "prediction": list(rows.predictions),
        "confidence": [None if np.isnan(value) else value for value in rows.confidence.tolist()],
    }
