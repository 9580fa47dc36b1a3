"""The leaderboard as data says what the page says."""

import csv
import json

from app.report.board import save_leaderboard
from app.report.gather import read_benchmark
from app.report.statistics.standings import compare
from tests.report.golden import Made, make_benchmark, realistic


def saved(folder, runs):
    record = read_benchmark(make_benchmark(folder, runs, pages=False))
    standings = compare(record)
    html = str(save_leaderboard(record, standings).html)
    return record.folder, standings, html


def test_both_files_have_every_row_with_its_statistics(tmp_path):
    folder, standings, html = saved(tmp_path, realistic())
    document = json.loads(folder.leaderboard_document.read_text())
    lines = list(csv.DictReader(folder.leaderboard.read_text().splitlines()))
    assert len(document["rows"]) == len(lines) == len(standings) == 7
    for row, line, standing in zip(document["rows"], lines, standings, strict=True):
        assert row["score"] == float(line["score"]) == standing.row.score
        assert (row["low"], row["high"]) == (standing.interval.low, standing.interval.high)
        assert row["rank"] == int(line["rank"]) == standing.ranks.first
        assert row["runs"] == [run.run_id for run in standing.row.runs]
    assert document["smallest_difference"] > 0
    assert (document["metric"], document["direction"]) == ("accuracy", "max")
    assert 'href="leaderboard.csv"' in html


def test_what_is_not_known_is_empty(tmp_path):
    folder, _, _ = saved(tmp_path, [Made(architecture="=a", status="failed")])
    (row,) = json.loads(folder.leaderboard_document.read_text())["rows"]
    assert row["score"] is row["low"] is row["behind_best"] is None
    (line,) = csv.DictReader(folder.leaderboard.read_text().splitlines())
    assert line["architecture"] == "'=a"  # no formula
    assert line["score"] == ""
