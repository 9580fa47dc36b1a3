"""The figure of quality against cost, and the sentences beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.drawing import BASELINE, MODEL, Picture
from app.layout import BenchmarkFolder
from app.report.gather import read_benchmark
from app.report.page.svg import clean_svg
from app.report.sections.pareto import cost_answer, cost_figure
from app.report.statistics.standings import compare
from tests.records import rewritten
from tests.report.golden import Made, make_benchmark

MODELS = [
    Made(architecture="large", quality=0.95, parameters=40_000_000),
    Made(architecture="small", quality=0.9, parameters=4_000_000),
    Made(architecture="clumsy", quality=0.85, parameters=30_000_000),
]


def made(folder: Path, runs: list[Made]) -> BenchmarkFolder:
    return make_benchmark(folder, runs, pages=False, examples=200)


def drawn(folder: BenchmarkFolder) -> Picture:
    record = read_benchmark(folder)
    picture = cost_figure(record, compare(record))
    assert picture is not None
    return picture


def told(folder: BenchmarkFolder) -> str:
    record = read_benchmark(folder)
    return re.sub(r"<.*?>", " ", cost_answer(record, compare(record)).html).strip()


def names(svg: str, *, bold: bool) -> list[str]:
    """The names written beside points, those on a front in bold."""
    texts = re.findall(r"<text ([^>]*)>([^<]+)</text>", clean_svg(svg, prefix="a-") or "")
    return [text for attributes, text in texts if ("font-weight" in attributes) == bold]


def test_who_is_on_a_front_is_in_colour_and_named_in_bold(tmp_path: Path) -> None:
    svg = drawn(made(tmp_path, MODELS)).svg
    assert names(svg, bold=True).count("large") == 3
    assert names(svg, bold=True).count("small") == 3
    assert names(svg, bold=False).count("clumsy") == 3
    assert MODEL.lower() in svg
    assert BASELINE in svg


def test_who_is_beaten_is_told_with_by_whom_and_in_what(tmp_path: Path) -> None:
    text = told(made(tmp_path, MODELS))
    assert "Weighing the score against latency, parameters and training time, no other beats large and small." in text
    assert "clumsy is beaten by small in score, latency, parameters and training time at once." in text


def test_a_baseline_may_be_on_the_front_and_beat_a_model(tmp_path: Path) -> None:
    words = Made(architecture="tfidf-logreg", family="tfidf-logreg", quality=0.93, parameters=3000)
    folder = made(tmp_path, [*MODELS, words])
    assert "small and clumsy are beaten by tfidf-logreg in score, latency, parameters" in told(folder)
    assert any(name.startswith("tfidf-logreg (") for name in names(drawn(folder).svg, bold=True))  # beside the scale


def test_energy_has_a_panel_only_where_a_meter_gave_it(tmp_path: Path) -> None:
    assert "energy" not in drawn(made(tmp_path / "without", MODELS)).svg
    metered = [Made(architecture=run.architecture, quality=run.quality, energy=5.0) for run in MODELS]
    picture = drawn(made(tmp_path / "with", metered))
    assert "energy of the training" in picture.svg
    assert "4 panels" in picture.alt
    assert "level with it in latency, parameters, training time and training energy" in told(
        made(tmp_path / "level", metered)
    )


def test_where_less_is_better_the_front_turns_round(tmp_path: Path) -> None:
    folder = made(tmp_path, MODELS)
    for path in folder.runs.glob("*/result.json"):
        document = json.loads(path.read_text())
        document["primary"] |= {"name": "mae", "direction": "min"}
        path.write_text(rewritten(document))
    assert "small beats all others" not in told(folder)
    assert "no other beats clumsy and small." in told(folder)
    assert "large is beaten by clumsy in score" in told(folder)
    assert "mae, downwards" in drawn(folder).svg


def test_times_taken_beside_other_runs_are_said_to_be(tmp_path: Path) -> None:
    runs = [Made(architecture="a", training_exclusive=False), Made(architecture="b")]
    assert "training time, beside other runs" in drawn(made(tmp_path, runs)).svg


def test_one_architecture_alone_is_drawn_and_said_to_be_alone(tmp_path: Path) -> None:
    folder = made(tmp_path, [Made(architecture="one")])
    assert "one is alone here" in told(folder)
    assert names(drawn(folder).svg, bold=True) == ["one"] * 3


def test_without_a_score_there_is_nothing_to_draw(tmp_path: Path) -> None:
    record = read_benchmark(made(tmp_path, [Made(architecture="a", status="missing")]))
    assert cost_figure(record, compare(record)) is None
    assert "No architecture has both" in told(BenchmarkFolder(tmp_path))
