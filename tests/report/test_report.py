"""The report as a whole, over hand-made benchmarks of every shape."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.bench.notebooks import execute_or_raise
from app.errors import DataError, TemplateError
from app.layout import BenchmarkFolder
from app.report.gather import Record, read_benchmark
from app.report.page.sanitise import clean_html
from app.report.page.svg import clean_svg
from app.report.sections import (
    costs,
    effects,
    figures,
    inference,
    pareto,
    passages,
    provenance,
    published,
    sensitivity,
    tables,
)
from app.report.statistics.standings import compare
from app.report.write import results_csv, write_report
from app.results import RunFailure
from tests.records import rewritten
from tests.report.golden import MACHINE, Made, make_benchmark, realistic
from tests.report.mistakes import show_mistakes
from tests.report.page.test_pages import PROBE, Page, assert_self_contained
from tests.seldom import seldom

OOM = RunFailure(kind="OutOfMemory", message=PROBE, cell=7)
CLINC = [f"intent {number}" for number in range(77)]
SHAPES = {
    "as usual": realistic(),
    "one run": [Made(architecture="one")],
    "one baseline": [Made(architecture="majority", family="majority", quality=0.5)],
    "all equal": [Made(architecture=name, quality=1.0, seed=seed) for name in "abc" for seed in (0, 1)],
    "all failed": [Made(architecture=name, status="failed", error=OOM) for name in "ab"],
    "all missing": [Made(architecture=name, status="missing") for name in "ab"],
    "uneven seeds": [Made(architecture="a"), Made(architecture="a", seed=1), Made(architecture="b")],
    "every ending": [
        Made(architecture="fine"),
        Made(architecture="fine", seed=1, status="missing"),
        Made(architecture="slow", status="timeout", error=RunFailure(kind="Timeout", message="too long")),
        Made(architecture="dead", status="killed", error=RunFailure(kind="KernelDied", message="SIGKILL")),
        Made(architecture="broken", status="failed", error=OOM),
    ],
    "many": [Made(architecture=f"model-{number}", quality=0.5 + number / 100) for number in range(40)],
}


def everything(record: Record) -> str:
    """All parts of the report, as its notebook shows them, through the filters of its page."""
    standings = compare(record)
    parts = [
        passages.at_a_glance(record, standings),
        tables.leaderboard_table(record, standings),
        pareto.cost_answer(record, standings),
        costs.cost_table(standings),
        costs.timing_table(standings),
        inference.backend_table(standings),
        effects.effect_answer(record),
        effects.effect_table(record),
        published.published_table(record, standings),
        passages.data_facts(record),
        tables.run_table(record),
        tables.unfinished_table(record),
        tables.divergent_table(record),
        provenance.warnings(record, standings),
        provenance.origin_facts(record),
        provenance.run_count_table(standings),
    ]
    html = "".join(clean_html(part._repr_html_()) for part in parts) + show_mistakes(record, standings)
    pictures = [
        figures.score_figure(record, standings),
        pareto.cost_figure(record, standings),
        inference.inference_figure(standings),
        figures.curve_figure(record, standings),
        sensitivity.sensitivity_figure(record, standings),
    ]
    for picture in pictures:
        if picture:
            drawing = clean_svg(picture.svg, prefix="a-", description=picture.alt)
            assert drawing is not None
            html += drawing
    return html + passages.config_text(record)


@pytest.mark.parametrize("shape", [seldom(shape) if shape == "many" else shape for shape in SHAPES])
@pytest.mark.parametrize("split", ["test", seldom("validation")])
def test_a_benchmark_of_any_shape_has_a_report(tmp_path: Path, shape: str, split: str) -> None:
    runs = SHAPES[shape]
    texts = ["one", "two words", "three of them"]
    record = read_benchmark(make_benchmark(tmp_path, runs, split=split, pages=False, examples=120, texts=texts))
    html = everything(record)
    for entry in record.entries:
        assert entry.plan.run_id in html
    assert not [word for word in ("nan", "None,", "inf ", "None<") if word in html]
    assert "served both purposes" in html or split == "test" or not record.complete
    assert len(results_csv(record).splitlines()) == len(runs) + 1


def test_77_classes_have_a_report(tmp_path: Path) -> None:
    runs = [Made(architecture=name, quality=0.8) for name in "ab"]
    html = everything(read_benchmark(make_benchmark(tmp_path, runs, labels=CLINC, pages=False, examples=1000)))
    assert "77" in html
    assert "intent 76" not in html


def test_predictions_that_are_gone_cost_the_interval_and_nothing_else(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture="a"), Made(architecture="b", quality=0.7)], pages=False)
    for path in folder.runs.glob("*/predictions.parquet"):
        path.write_bytes(b"not a table")
    standings = compare(read_benchmark(folder))
    assert [standing.interval for standing in standings] == [None, None]
    assert everything(read_benchmark(folder))


def test_predictions_that_do_not_give_the_score_have_no_interval(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture="a")], pages=False)
    path = next(folder.runs.glob("*/result.json"))
    document = json.loads(path.read_text())
    document["primary"]["value"] = 0.123
    path.write_text(rewritten(document))
    assert compare(read_benchmark(folder))[0].interval is None


def test_shared_timings_and_mixed_versions_are_warned_of(tmp_path: Path) -> None:
    other = MACHINE.model_copy(update={"torch": "2.12.0"})
    runs = [
        Made(architecture="a", exclusive=False),
        Made(architecture="b", environment=other),
        Made(architecture="c", training_exclusive=False),
    ]
    record = read_benchmark(make_benchmark(tmp_path, runs, pages=False))
    text = provenance.warnings(record, compare(record)).html
    assert "Timings of a were taken while the machine was shared" in text
    assert "Training times of c were taken beside other runs" in text
    assert "different values of torch: 2.12.0 (1 run) and 2.13.0 (2 runs)" in text


def test_a_training_that_came_to_nothing_is_flagged_wherever_its_score_counts(tmp_path: Path) -> None:
    runs = [
        Made(architecture="a", seed=0),
        Made(architecture="a", seed=1, quality=0.5, divergent="its predictions are no better than chance"),
    ]
    folder = make_benchmark(tmp_path, runs, pages=False)
    record = read_benchmark(folder)
    standings = compare(record)
    text = provenance.warnings(record, standings).html
    assert "1 of 2 runs of a is divergent (its predictions are no better than chance)" in text
    assert "1 of 2 divergent" in tables.leaderboard_table(record, standings)._repr_html_()
    assert tables.run_table(record)._repr_html_().count("divergent") == 1
    listed = tables.divergent_table(record)._repr_html_()
    assert "a-lr0.001-s1" in listed
    assert "its predictions are no better than chance" in listed
    lines = list(csv.DictReader(results_csv(record).splitlines()))
    assert [line["divergent"] for line in lines] == ["", "its predictions are no better than chance"]


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ((60, 900, 12_000), "On test that took from a 10 % of the rows and 7.5 % of the tokens."),
        ((0, 0, 12_000), "No text was longer than dataset.max_length: the models read all of it."),
    ],
)
def test_what_max_length_cut_off_is_told(tmp_path: Path, cut: tuple[int, int, int], words: str) -> None:
    runs = [Made(architecture="majority", family="majority"), Made(architecture="a", truncated=cut)]
    record = read_benchmark(make_benchmark(tmp_path, runs, examples=600, pages=False))
    assert words in passages.data_facts(record).html


def test_a_cell_of_the_csv_is_no_formula(tmp_path: Path) -> None:
    failure = RunFailure(kind="ValueError", message="=cmd|' /C calc'!A0")
    runs = [Made(architecture="a", status="failed", error=failure)]
    (line,) = csv.DictReader(results_csv(read_benchmark(make_benchmark(tmp_path, runs, pages=False))).splitlines())
    assert line["message"].startswith("'=")
    assert line["status"] == "failed"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> BenchmarkFolder:
    """The report of a benchmark with a probe in every text that comes from outside."""
    machine = MACHINE.model_copy(update={"cpu": PROBE})
    runs = [replace(run, environment=machine) for run in realistic()]
    runs.append(Made(architecture="broken", status="failed", error=RunFailure(kind=PROBE, message=PROBE, cell=3)))
    runs.append(Made(architecture="gone", status="missing"))
    folder = tmp_path_factory.mktemp("reports") / "hostile"
    labels = [PROBE, "${jndi} {x} *b*"]
    texts = [PROBE, f"a {PROBE}", "\x00 \u202e backwards, and \N{FIRE} \u3042", " ", *(f"text {n}" for n in range(9))]
    data = {"path": PROBE, "slices": ["topic", PROBE]}
    benchmark = make_benchmark(folder, runs, labels=labels, question=PROBE, name=PROBE, texts=texts, data=data)
    write_report(benchmark, execute=execute_or_raise)
    return benchmark


def test_the_page_stands_alone_and_runs_nothing(hostile: BenchmarkFolder) -> None:
    html = hostile.page.read_text(encoding="utf-8")
    assert_self_contained(html)
    assert PROBE in Page(html).text
    assert len(html) < 1_000_000


def test_every_link_of_the_page_leads_to_a_file(hostile: BenchmarkFolder) -> None:
    page = Page(hostile.page.read_text(encoding="utf-8"))
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    within = {address for address in links if address.startswith("#")}
    assert len(links - within) == 23 + 3  # every run, and the three tables beside the page
    for address in links - within:
        assert (hostile.path / address).is_file(), address
    assert {address[1:] for address in within} <= {a["id"] for _, a in page.elements if "id" in a}


def test_the_page_can_be_read_without_eyes(hostile: BenchmarkFolder) -> None:
    page = Page(hostile.page.read_text(encoding="utf-8"))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("h1") == 1
    assert tags.count("caption") == tags.count("table") == 8 + 3
    assert all(len(a["aria-label"]) > 40 for t, a in page.elements if t == "svg")
    assert tags.count("svg") == 5 + 4
    assert all(a.get("scope") for t, a in page.elements if t == "th")
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_notebook_and_table_lie_beside_the_page(hostile: BenchmarkFolder) -> None:
    assert hostile.notebook.is_file()
    lines = list(csv.DictReader(hostile.table.read_text(encoding="utf-8").splitlines()))
    assert [line["status"] for line in lines] == ["ok"] * 22 + ["failed", "missing"]
    assert float(lines[0]["value"]) == pytest.approx(float(lines[0]["test.accuracy"]))


def test_a_folder_without_a_benchmark_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no benchmark here"):
        write_report(BenchmarkFolder(tmp_path / "nowhere"), execute=execute_or_raise)
    assert not (tmp_path / "nowhere").exists()


def test_a_report_that_fails_leaves_the_earlier_page(tmp_path: Path) -> None:
    def fail(template: Path, output: Path, parameters: Mapping[str, Any]) -> None:
        raise TemplateError(f"{template}: cell 3: {parameters['folder']}")

    folder = make_benchmark(tmp_path, [Made(architecture="a")], pages=False)
    folder.page.write_text("earlier")
    with pytest.raises(TemplateError, match="cell 3"):
        write_report(folder, execute=fail)
    assert folder.page.read_text() == "earlier"
