"""The table of published scores is whole, or every problem in it is told with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import load_architectures
from app.errors import ConfigError
from app.report.references import load_references

WHOLE = """\
sources:
  readme: {title: a README, statistic: median}
datasets:
  glue/cola:
    paths: [nyu-mll/glue]
    name: cola
    figures:
      - {checkpoint: a/b, metric: matthews_correlation, split: validation, value: 56.3, source: readme}
"""


def problems_of(folder: Path, text: str) -> list[str]:
    path = folder / "references.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_references(path)
    return [str(problem).removeprefix(str(folder) + "/") for problem in caught.value.problems]


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "references.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    (figure,) = load_references(path).datasets["glue/cola"].figures
    assert (figure.value, figure.source) == (56.3, "readme")


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        (
            "source: readme",
            "source: redme",
            "8: FIRST.source: unknown source 'redme'; did you mean readme",
        ),
        (
            "metric: matt",
            "metric: mat",
            "8: FIRST.metric: unknown metric 'mathews_correlation'; did you mean matt",
        ),
        (", split: validation", "", "8: FIRST.split: is missing"),
        (", source: readme", "", "8: FIRST.source: is missing"),
        ("split: validation", "split: dev", "8: FIRST.split: "),
        ("value: 56.3", "value: 563", "8: FIRST.value: "),
        ("value:", "valeu:", "8: FIRST.valeu: unknown key; did you mean value?"),
        ("statistic: median", "statistic: guess", "2: sources.readme.statistic: "),
        ("datasets:", "data:", "3: data: unknown key; did you mean datasets?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    assert right in WHOLE
    found = problems_of(tmp_path, WHOLE.replace(right, wrong, 1))
    problem = problem.replace("FIRST", "datasets.glue/cola.figures.0")
    assert any(text.startswith(f"references.yaml:{problem}") for text in found), found


def test_a_figure_given_twice_is_refused(tmp_path: Path) -> None:
    line = WHOLE.splitlines()[-1]
    (found,) = problems_of(tmp_path, f"{WHOLE}{line.replace('56.3', '57.0')}\n")
    assert found.startswith("references.yaml:9: datasets.glue/cola.figures.1: the same figure is given above")


def test_every_published_score_is_of_a_checkpoint_that_the_table_of_architectures_has() -> None:
    known = {entry.checkpoint for entry in load_architectures().values()}
    figures = [figure for data in load_references().datasets.values() for figure in data.figures]
    assert len(figures) > 100
    assert {figure.checkpoint for figure in figures} <= known


def test_every_source_is_used() -> None:
    references = load_references()
    used = {figure.source for data in references.datasets.values() for figure in data.figures}
    assert used == set(references.sources)


@pytest.mark.parametrize(
    ("dataset", "checkpoint", "metric", "value"),
    [
        ("glue/cola", "google-bert/bert-base-uncased", "matthews_correlation", 56.3),
        ("glue/mrpc", "google/electra-small-discriminator", "accuracy", 88.0),
        ("glue/mrpc", "google/bert_uncased_L-2_H-128_A-2", "f1", 81.1),
        ("glue/stsb", "google/electra-base-discriminator", "spearman", 91.2),
        ("banking77", "answerdotai/ModernBERT-base", "accuracy", 93.99),
    ],
)
def test_a_figure_is_the_one_that_its_source_has(dataset: str, checkpoint: str, metric: str, value: float) -> None:
    figures = load_references().datasets[dataset].figures
    assert [item.value for item in figures if (item.checkpoint, item.metric) == (checkpoint, metric)] == [value]
