"""Real runs of tiny benchmarks, made in this process: as a kernel would leave them, in seconds."""

from datetime import UTC, datetime
from pathlib import Path

import yaml

from app.bench.plan import plan_runs
from app.bench.record import write_record
from app.config import load_config
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.history import History
from app.lab.parameters import Settings
from app.lab.record import write_run
from app.layout import BenchmarkFolder
from app.results import Cost

SHAPE = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
TOY = {"name": "toy", "family": "bert", "config": {**SHAPE, "intermediate_size": 64}}


def write_file(folder: Path, **keys: object) -> Path:
    """A benchmark file; keyword arguments replace its keys."""
    document = {
        "name": "tiny",
        "task": {"kind": "text-classification", "metric": "accuracy"},
        "dataset": {"path": "builtin/sentiment", "max_length": 24, "limit": 300},
        "architectures": [TOY],
        "hyperparameters": {"learning_rate": 3e-3, "epochs": 2, "batch_size": 16},
        "inference": {"batch_sizes": [1], "sequence_lengths": [8]},
        "tracking": {"mode": "disabled"},
        **keys,
    }
    path = folder / f"{document['name']}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def run_benchmark(file: Path, *, keep_models: bool = True) -> BenchmarkFolder:
    """Carry out every run of a benchmark file, below the folder that the test runs in."""
    benchmark = load_config(file)
    folder = BenchmarkFolder.of(benchmark.name)
    examples = load_examples(benchmark.dataset, benchmark.task.kind)
    runs = plan_runs(benchmark, template_source="", data_fingerprint=examples.fingerprint, checkpoints={})
    write_record(folder, benchmark, examples.record(), runs, keep=False)
    metric, length = benchmark.task.metric, benchmark.dataset.max_length
    for run in runs:
        settings = Settings(**({"learning_rate": 1.0, "epochs": 1, "batch_size": 1} | dict(run.hyperparameters)))
        settings = settings.model_copy(update={"seed": run.seed})
        competitor = build_competitor(run.architecture, examples, max_length=length, seed=run.seed)
        trained = train_competitor(
            competitor,
            examples,
            settings,
            max_length=length,
            metric=metric,
            history=History.at(str(run.folder.path), metric, listener=lambda row: None),
            keep_in=str(run.folder.path) if keep_models else "",
        )
        write_run(
            str(run.folder.path),
            run_id=run.run_id,
            benchmark=benchmark.name,
            competitor=competitor,
            trained=trained,
            evaluation=evaluate_competitor(trained, examples, metric),
            cost=Cost(
                parameters=trained.parameters,
                train_seconds=trained.train_seconds,
                train_samples_per_second=trained.rows_per_second,
                peak_memory_bytes=1,
                exclusive=False,
            ),
            settings=settings,
            started=datetime.now(UTC),
            wandb=None,
        )
    return folder
