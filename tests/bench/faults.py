"""Runs that are carried out for real, beside one that is complete and must stay as it is."""

import hashlib
import inspect
from pathlib import Path

from app.bench.execute import execute_run
from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.places import Place
from app.bench.plan import Run
from app.config import Architecture
from app.layout import RunFolder
from tests.bench.templates import write_template

PARAMETERS = "benchmark: str = ''\nrun_id: str = ''\nrun_folder: str = ''"


def leave_result(run_folder, run_id):
    """What a notebook does last: stands here for the template's own end, and needs no model."""
    from pathlib import Path

    from app.clock import begin_moment, end_moment
    from app.integrity import record_files
    from app.lab.attempts import attempt_number, batch_parts, earlier_attempts
    from app.results import RunResult, write_result

    (Path(run_folder) / "predictions.parquet").write_bytes(b"predictions")
    began = begin_moment()
    result = RunResult(
        run_id=run_id,
        benchmark="x",
        status="ok",
        architecture="toy",
        family="bert",
        seed=0,
        hyperparameters={},
        attempts=attempt_number(),
        earlier_attempts=earlier_attempts(),
        batch_parts=batch_parts(),
        files=record_files([Path(run_folder) / "predictions.parquet"]),
        started=began,
        finished=end_moment(began),
    )
    write_result(result, Path(run_folder) / "result.json")


GOOD = inspect.getsource(leave_result) + "\nleave_result(run_folder, run_id)"


def plan_run(folder: Path, run_id: str) -> Run:
    """A run in `folder`, of nothing in particular."""
    place = RunFolder(folder / "runs" / run_id)
    parameters = {"benchmark": "x", "run_id": run_id, "run_folder": str(place.path)}
    return Run(run_id, Architecture(name="toy", family="bert"), 0, {"epochs": 1}, parameters, place)


class Bench:
    """Carries out runs of one cell each, by the parent that it is given; `complete` is one that has ended well."""

    def __init__(self, folder: Path, parent) -> None:
        self.folder, self.parent = folder, parent
        self.retried = []

    def carry_out(self, body: str, run_id: str = "x-0000000a", *, retries: int = 1, watch: Watch | None = None):
        """The record of a run whose notebook does what `body` says."""
        run = plan_run(self.folder, run_id)
        self.folder.mkdir(exist_ok=True)
        watch = watch or Watch(60)
        with Machine() as machine:
            place = Place(machine=machine, parent=self.parent, watch=watch, logs=self.folder, environment=dict)
            return execute_run(
                run,
                template=write_template(self.folder, body, PARAMETERS),
                place=place,
                machine=machine,
                watch=watch,
                retries=retries,
                on_retry=lambda _, failure: self.retried.append(failure.kind),
            )

    def run_folder(self, run_id: str = "x-0000000a") -> RunFolder:
        return plan_run(self.folder, run_id).folder


def digest_folder(folder: Path) -> dict[str, str]:
    """Each file's name and digest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
