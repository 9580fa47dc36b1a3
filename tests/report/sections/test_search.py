"""The page of a search says what was found, how sure that is, and what was saved."""

import pytest

from app.errors import DataError
from app.layout import BenchmarkFolder
from app.report.sections import search, search_figures, search_tables
from app.report.statistics.importance import measure_importance
from app.trials import SearchRecord, SpaceAxis, TrialRecord, read_search, write_search

SPACE = (
    SpaceAxis(name="architecture", distribution="categorical", fields={"values": ["<b>a</b>", "b"]}),
    SpaceAxis(name="learning_rate", distribution="log_uniform_values", fields={"min": 1e-4, "max": 1e-2}, is_log=True),
    SpaceAxis(name="epochs", distribution="constant", fields={"value": 9}),
)


def trial(number: int, value: float | None, state: str = "complete", **facts) -> TrialRecord:
    values = {"architecture": "b" if number % 2 else "<b>a</b>", "learning_rate": 1e-3 * (number + 1), "epochs": 9}
    given = {"epochs": 9, "epochs_trained": 9, "seconds": 90.0, "run_id": f"run-{number}", **facts}
    return TrialRecord(number=number, state=state, values=values, value=value, **given)


def make(*trials: TrialRecord, **facts) -> SearchRecord:
    given = {"goal": "maximize", "bands": (3,), "eta": 3, "run_cap": 20, **facts}
    return SearchRecord(
        name="x", method="random", sampler="at random", metric="eval_accuracy", space=SPACE, trials=trials, **given
    )


FEW = make(
    trial(0, 0.7),
    trial(1, 0.9),
    trial(2, 0.5, "stopped", epochs_trained=3, seconds=30.0, reason="hyperband: <i>bad</i>"),
    trial(3, None, "failed", reason="ValueError: no"),
)


def test_the_best_is_named_with_its_setting_and_that_it_may_be_luck():
    html = search.search_at_a_glance(FEW)._repr_html_()
    assert "The best of 2 complete trials reaches eval_accuracy 0.900 with architecture b, learning rate 0.002" in html
    assert "partly luck" in html
    assert "4 of 20" in html
    assert "2 complete, 1 stopped early, 1 failed" in html
    assert "one in 3 goes on after 3 epochs" in html


def test_where_less_is_better_the_least_is_best_and_a_target_is_held_against_it():
    html = search.search_at_a_glance(make(trial(0, 0.7), trial(1, 0.9), goal="minimize", target=0.6))._repr_html_()
    assert "reaches eval_accuracy 0.700" in html
    assert "The target, 0.6, has not been reached." in html


def test_what_was_saved_is_counted_in_epochs_and_estimated_in_seconds():
    html = search.saved_passage(FEW)._repr_html_()
    assert "1 trial of 3 trials was stopped early. That saved 6 epochs of 27 (22 %), an estimated 60.0 s" in html
    assert "No trial was stopped early." in search.saved_passage(make(trial(0, 0.5)))._repr_html_()
    assert "asks for no early stopping" in search.saved_passage(make(trial(0, 0.5), bands=()))._repr_html_()


def test_too_few_trials_are_said_to_be_too_few():
    assert measure_importance(FEW) is None
    assert "2 complete trials cannot tell what mattered" in search.importance_passage(FEW, None)._repr_html_()
    assert search_tables.importance_table(FEW, None)._repr_html_() == ""


def test_what_mattered_is_told_with_what_it_is_worth():
    record = make(*(trial(number, 0.01 * number) for number in range(14)), trial(20, 0.1, "stopped"))
    measured = measure_importance(record)
    text = search.importance_passage(record, measured)._repr_html_()
    assert "Learning rate mattered most" in text
    assert "14 trials are few for 2 parameters" in text
    assert "stopped early take no part" in text
    assert "functional ANOVA" in search_tables.importance_table(record, measured)._repr_html_()


def test_tables_lead_to_the_runs_that_have_pages_and_trust_nothing(tmp_path):
    folder = BenchmarkFolder(tmp_path)
    page = folder.run("run-1").page
    page.parent.mkdir(parents=True)
    page.write_text("x")
    html = search_tables.trial_table(folder, FEW)._repr_html_()
    assert '<a href="runs/run-1/notebook.html">run-1</a>' in html
    assert html.count("<a ") == 1
    stopped = search_tables.stopped_table(folder, FEW)._repr_html_()
    assert "3 of 9" in stopped
    for part in (html, stopped, search_tables.space_table(FEW)._repr_html_()):
        assert "<b>" not in part
        assert "<i>" not in part


def test_figures_are_told_in_words():
    picture = search_figures.best_figure(FEW)
    assert picture.alt == (
        "eval_accuracy by trial, 2 complete trials, 1 stopped early; "
        "the best so far: 0.700 at trial 0 and 0.900 at trial 1."
    )
    picture = search_figures.coordinates_figure(FEW)
    assert (
        "3 trials across 2 parameters. The best 1 by eval_accuracy have architecture b; learning rate 0.002."
        in picture.alt
    )
    assert "&lt;b&gt;a&lt;/b&gt;" in picture.svg


def test_without_a_trial_there_is_no_figure_and_no_failure():
    empty = make()
    assert search_figures.best_figure(empty) is search_figures.coordinates_figure(empty) is None
    assert "No trial has been made yet." in search.search_at_a_glance(empty)._repr_html_()


@pytest.mark.parametrize("number", [1, 40])
def test_every_number_of_trials_and_constant_values_can_be_drawn(number):
    record = make(*(trial(0, 0.5) for _ in range(number)))
    assert search_figures.best_figure(record).svg
    assert search_figures.coordinates_figure(record).svg


def test_a_record_comes_back_as_it_was_written(tmp_path):
    folder = BenchmarkFolder(tmp_path)
    with pytest.raises(DataError, match="there is no search here"):
        search.open_search(folder)
    write_search(FEW, folder.search)
    assert search.open_search(folder) == read_search(folder.search) == FEW
