"""A package of a model of that size with random weights, written to a folder: what is to be served."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from app.lab.profiling.onnx_export import export_onnx
from app.layout import PackageFolder
from app.results import DatasetRecord
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, write_manifest
from benchmarks.workloads import LABELS, MODELS, SHAPES, VOCABULARY, make_model, make_tokenizer

MADE_UP = "made up: the speed is what is measured"


def main() -> None:
    """Export the model, and write what else a package has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=sorted(MODELS), default="minilm-l6")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="short")
    parser.add_argument("--package", type=Path, required=True)
    arguments = parser.parse_args()
    folder, model, tokenizer = PackageFolder(arguments.package), make_model(arguments.model), make_tokenizer()
    folder.path.mkdir(parents=True, exist_ok=True)
    labels = tuple(f"label_{number}" for number in range(LABELS))
    example = tokenizer(["one two three", "four"], padding=True, return_tensors="pt")
    example = {name: example[name] for name in ("input_ids", "attention_mask")}
    export_onnx(model, example, folder.model)
    tokenizer.backend_tokenizer.save(str(folder.tokenizer))
    folder.labels.write_text(json.dumps(labels))
    write_manifest(
        folder,
        Manifest(
            name=arguments.model,
            made=datetime.now(UTC),
            kind="text-classification",
            labels=labels,
            text_columns=("text",),
            max_length=SHAPES[arguments.shape].most,
            inputs=tuple(example),
            unknown_token_id=1,
            precision="fp32",
            precision_reason=MADE_UP,
            parameters=sum(one.numel() for one in model.parameters()),
            source=Source(
                benchmark=arguments.model,
                run_id=arguments.model,
                architecture=arguments.model,
                family="bert",
                seed=0,
                hyperparameters={},
            ),
            dataset=DatasetRecord(path=MADE_UP, fingerprint="0" * 64, rows={"test": VOCABULARY}, labels=labels),
            score=PackageScore(metric="accuracy", split="test", direction="max", value=0.0, rows=1, trained=0.0),
            parity=Parity(rows=1, agreement=1.0, largest_difference=0.0),
        ),
    )


if __name__ == "__main__":
    main()
