"""A suite's page: the answer, the table of scores, what is missing, and nothing that would mislead."""

import csv
import json
import re

import pytest

from app.bench.notebooks import execute_or_raise
from app.errors import DataError
from app.layout import SuiteFolder
from app.report.page.sanitise import clean_html
from app.report.page.seal import is_current
from app.report.sections import suite_passages, suite_tables
from app.report.statistics.average import average_suite
from app.report.suites import read_suite
from app.report.write import write_report, write_suite_report
from tests.report.golden import Made, make_benchmark
from tests.report.page.test_pages import Page, assert_self_contained
from tests.report.suites import FAILED, MISSING, make_suite

COUNTED = {"cola": ["matthews_correlation"], "mrpc": ["f1", "accuracy"], "wnli": ["accuracy"]}


def outcome(name, value):
    return {"validation": dict.fromkeys([*COUNTED[name]], value)}


def full(**values):
    """Member -> architecture -> one run with that value of every metric."""
    return {name: {key: [outcome(name, value)] for key, value in values.items()} for name in COUNTED}


def suite_of(path, members, **options):
    suite = read_suite(make_suite(path / "suite", members, counted=COUNTED, **options))
    return suite, average_suite(suite)


def text_of(part) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", clean_html(part._repr_html_())))


def test_the_answer_names_who_leads_on_average_and_by_how_much(tmp_path):
    members = full(weak=0.5, strong=0.8)
    answer = suite_passages.answer_suite(*suite_of(tmp_path, members))
    assert answer[0] == "strong leads with an average of 80.0 over 3 tasks; weak follows, 30.0 points behind."
    assert answer[1] == "The best score of a task: strong 3."


def test_ties_are_called_ties(tmp_path):
    answer = suite_passages.answer_suite(*suite_of(tmp_path, full(a=0.5, b=0.5)))
    assert answer[0] == "All 2 architectures reach an average of 50.0 over 3 tasks: nothing tells them apart."
    assert "ties counted for each: a 3 and b 3" in answer[1]


def test_who_is_better_where_smaller_is_better(tmp_path):
    members = {"stsb": {"a": [{"validation": {"mse": 0.5}}], "b": [{"validation": {"mse": 0.7}}]}}
    suite = read_suite(make_suite(tmp_path / "suite", members, counted={"stsb": ["mse"]}))
    overalls = average_suite(suite)
    answer = suite_passages.answer_suite(suite, overalls)
    assert answer[0] == "There is no average: in stsb a smaller score is the better one."
    assert answer[1] == "The best score of a task: a 1."
    assert re.search(r'class="number task top">0\.500<', suite_tables.score_table(suite, overalls)._repr_html_())


def test_what_is_missing_is_named_and_no_average_is_shown(tmp_path):
    members = full(whole=0.5, hurt=0.9)
    members["mrpc"]["hurt"] = [FAILED]
    members["wnli"]["whole"] = [outcome("wnli", 0.5), MISSING]
    suite, overalls = suite_of(tmp_path, members)
    answer = " ".join(suite_passages.answer_suite(suite, overalls))
    assert "whole reaches an average of 50.0" in answer
    assert "without an average: hurt (no score on mrpc)." in answer
    scores = text_of(suite_tables.score_table(suite, overalls))
    assert "hurt – without mrpc" in scores
    assert "50.0 / 50.0 mean 50.0" in scores
    missing = text_of(suite_tables.unscored_table(suite, overalls))
    assert "mrpc hurt 1 failed OutOfMemory: no room" in missing
    assert "wnli whole 1 missing not run yet" in missing


def test_a_member_that_was_not_begun_is_said_to_be_so(tmp_path):
    suite, overalls = suite_of(tmp_path, {**full(a=0.5), "wnli": None})
    assert "no architecture has a score on all 3 tasks" in suite_passages.answer_suite(suite, overalls)[0]
    assert "2 of them begun" in text_of(suite_passages.suite_at_a_glance(suite, overalls))
    assert "wnli a – not begun yet" in text_of(suite_tables.unscored_table(suite, overalls))
    assert "not begun" in text_of(suite_tables.task_table(suite, overalls))


def test_costs_are_added_up_over_all_runs(tmp_path):
    members = full(a=0.5)
    members["cola"]["a"] = [outcome("cola", 0.5)] * 4 + [FAILED]
    text = text_of(suite_tables.suite_cost_table(*suite_of(tmp_path, members)))
    assert "6 of 7 60.0 s" in text


def test_scores_that_chose_the_setting_are_said_to_flatter(tmp_path):
    assert "Such scores flatter" in text_of(suite_passages.notes(suite_of(tmp_path, full(a=0.5))[0]))


def test_names_from_elsewhere_are_text(tmp_path):
    suite, overalls = suite_of(tmp_path, full(**{"<b>x</b>": 0.5}), description="<script>alert(1)</script>")
    glance = suite_passages.suite_at_a_glance(suite, overalls)._repr_html_()
    table = suite_tables.score_table(suite, overalls)._repr_html_()
    assert "<script" not in glance
    assert "<b>" not in table


def test_the_page_is_one_file_that_links_to_every_member(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = make_suite(tmp_path / "suite", full(a=0.5, b=0.6), counted=COUNTED, description="Three tasks.")
    for name in COUNTED:
        make_benchmark(folder.member(name).path, [Made(architecture="a"), Made(architecture="b")], pages=False)
    assert not is_current(folder)
    write_suite_report(folder, execute=execute_or_raise)
    assert is_current(folder)
    page = folder.page.read_text()
    assert_self_contained(page)
    links = {attributes.get("href") for tag, attributes in Page(page).elements if tag == "a"}
    assert {f"{name}/index.html" for name in COUNTED} <= links
    rows = list(csv.DictReader(folder.table.read_text().splitlines()))
    assert [(row["member"], row["architecture"]) for row in rows] == [(name, key) for name in COUNTED for key in "ab"]
    # another run of a member: the suite's page is of yesterday
    result = next(folder.member("cola").runs.glob("*/result.json"))
    document = json.loads(result.read_text())
    result.write_text(json.dumps({**document, "attempts": 2}))
    assert not is_current(folder)


def test_a_members_own_page_leads_back_to_the_suite(tmp_path):
    folder = make_suite(tmp_path / "suite", full(a=0.5), counted=COUNTED)
    member = make_benchmark(folder.member("cola").path, [Made(architecture="a")], pages=False)
    write_report(member, execute=execute_or_raise)
    assert '<a href="../index.html">← all tasks</a>' in member.page.read_text()


def test_a_folder_without_a_suite_is_refused(tmp_path):
    with pytest.raises(DataError, match="no suite here"):
        read_suite(SuiteFolder(tmp_path))
    (tmp_path / "suite.json").write_text('{"name": "x"}')
    with pytest.raises(DataError, match="members: Field required; run the suite again"):
        read_suite(SuiteFolder(tmp_path))
