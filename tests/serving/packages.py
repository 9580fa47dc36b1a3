"""Real packages of tiny models with random weights, made in seconds."""

from datetime import UTC, datetime
from pathlib import Path

import torch

from app.config import Architecture
from app.lab.architectures import Built, build_model
from app.lab.profiling.backends import draw_batch
from app.lab.profiling.onnx_export import export_onnx
from app.layout import PackageFolder
from app.results import DatasetRecord
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, write_manifest

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
