"""The template of a run fails in one cell after the other, and its clock is set back: real runs of a baseline."""

from datetime import timedelta

import jupytext
import pytest

from app.bench.execute import execute_run
from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.places import Place
from app.bench.plan import Run
from app.config import load_architectures
from app.layout import FINETUNE, RunFolder
from app.results import Status, read_result
from tests.seldom import seldom

CELLS = [cell for cell in jupytext.read(FINETUNE).cells if cell.cell_type == "code"]
BEFORE_PARAMETERS = next(i for i, cell in enumerate(CELLS) if "parameters" in cell.metadata.get("tags", ())) + 1
SETTINGS = {
    "dataset_path": "builtin/acceptability",
    "limit": 24,
    "max_length": 16,
    "architecture": "majority",
    "inference_batch_sizes": [1],
    "inference_sequence_lengths": [8],
}


@pytest.fixture(scope="module")
def execute(tmp_path_factory, warm_parent):
    """Carries out the template with `source` in place of the code cell of that number, counted from the parameters."""
    folder = tmp_path_factory.mktemp("cells")

    def one(number, source, *, fails=True):
        notebook = jupytext.read(FINETUNE)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        cells[number].source = f"{source}\n{cells[number].source}"
        # a cell that fails at its first word reads nothing of what those before it have made
        for spared in cells[BEFORE_PARAMETERS:number] if fails else ():
            spared.source = "pass"
        (folder / "template.py").write_text(jupytext.writes(notebook, "py:percent"))
        run_id = f"majority-{number:08x}"
        place = RunFolder(folder / "reports" / "x" / "runs" / run_id)
        parameters = {**SETTINGS, "benchmark": "x", "run_id": run_id, "run_folder": str(place.path)}
        run = Run(run_id, load_architectures()["majority"], 0, {"epochs": 1}, parameters, place)
        watch = Watch(100)
        with Machine() as machine:
            result = execute_run(
                run,
                template=folder / "template.py",
                place=Place(machine=machine, parent=warm_parent, watch=watch, logs=folder, environment=dict),
                machine=machine,
                watch=watch,
                retries=2,
                on_retry=lambda *_: pytest.fail("an exception only repeats itself"),
            )
        assert read_result(place.result) == result
        return result

    return one


@pytest.mark.parametrize(
    "number",  # one in three often, the others in `make test-slow`
    [number if number % 3 == 0 else seldom(number) for number in range(BEFORE_PARAMETERS, len(CELLS))],
)
def test_an_exception_in_any_cell_is_a_failure_of_that_cell(execute, number):
    result = execute(number, "raise LookupError('what was looked for')")
    assert (result.status, result.error.kind, result.attempts) == (Status.FAILED, "LookupError", 1)
    assert result.error.message == "what was looked for"
    assert result.primary is None
    assert result.error.cell is not None


def test_a_clock_that_is_set_back_in_mid_run_makes_no_time_negative(execute):
    """The kernel's own clock, as it tells the time to every module from then on: it is an hour earlier."""
    back = """
import datetime as clock, sys
class Earlier(clock.datetime):
    @classmethod
    def now(cls, zone=None):
        return clock.datetime.now(zone) - clock.timedelta(hours=1)
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("app.") and getattr(module, "datetime", None) is clock.datetime:
        module.datetime = Earlier
"""
    result = execute(len(CELLS) - 2, back, fails=False)
    assert result.status is Status.OK
    assert timedelta() < result.finished - result.started < timedelta(minutes=5)
    assert 0 < result.seconds < 300
    assert result.cost.train_seconds >= 0
