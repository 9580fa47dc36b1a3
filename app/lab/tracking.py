"""The W&B run of one notebook: online with credentials, offline without, or none at all."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from app.lab.courier import Courier
from app.layout import FINETUNE, SERVICE_VARIABLE, SWEEP_VARIABLE, PackageFolder, RunFolder
from app.results import Cost, DatasetRecord, TrackingRecord
from app.tasks import CLASSIFICATION, TAGGING

if TYPE_CHECKING:
    import pandas

    from app.lab.evaluation import Evaluation

__all__ = ["Tracker", "has_credentials", "start_tracking"]

KEY_VARIABLE = "WANDB_API_KEY"  # read by wandb itself; never copied, printed or passed on
URL_VARIABLE = "WANDB_BASE_URL"
START_SECONDS = 30  # to wait for a W&B that does not answer, then offline
FINISH_SECONDS = 30  # for all that was not sent when the run has ended
GRACE_SECONDS = 5  # of them for wandb itself to say that it has given up


class Tracker:
    """A W&B run, or nothing where tracking is disabled: the notebook calls it alike.

    What it is told goes out by a thread of its own. A W&B that is slow, refuses or is gone costs a run at most
    `FINISH_SECONDS` at its end, and never the run itself; what was not sent is on disk, and `make sync` sends it.
    """

    def __init__(self, run: Any | None, mode: str) -> None:
        self._run, self._mode = run, mode
        self._courier = Courier() if run is not None else None
        self._record = self._identify()

    def log(self, values: Mapping[str, Any]) -> None:
        """Log a row of figures, under `step` where the row has one."""
        known = {name: value for name, value in values.items() if value is not None}
        self._tell(lambda run: run.log(known))

    def log_result(self, scores: Mapping[str, Mapping[str, float]], cost: Cost) -> None:
        """Final scores by split and what the run cost, as the run's summary."""
        flat: dict[str, Any] = {
            f"{split}/{name}": value for split, named in scores.items() for name, value in named.items()
        }
        figures = cost.model_dump(exclude={"inference", "backends"}, exclude_none=True)
        flat |= {f"cost/{name}": value for name, value in figures.items()}
        self._tell(lambda run: run.summary.update(flat))

    def log_confusion(self, evaluation: Evaluation) -> None:
        """The confusion matrix, as W&B draws it, where the task has classes, or tags of words."""
        if evaluation.examples.kind in (CLASSIFICATION.name, TAGGING.name):
            self._tell(lambda run: run.log({"confusion_matrix": _draw_confusion(evaluation)}))

    def log_mistakes(self, mistakes: pandas.DataFrame) -> None:
        """A table of misclassified examples."""

        def log(run: Any) -> None:
            import wandb

            run.log({"misclassified": wandb.Table(dataframe=mistakes)})

        self._tell(log)

    def log_artifacts(self, data: DatasetRecord, run_folder: str, *, wanted: bool) -> None:
        """The data, by what identifies them, and the model if the run has kept one, as W&B artifacts of this run."""
        model = RunFolder(Path(run_folder)).model

        def log(run: Any) -> None:
            import wandb

            known = {"fingerprint": data.fingerprint, "path": data.path, "revision": data.revision}
            examples = wandb.Artifact(f"data-{data.fingerprint[:16]}", type="dataset", metadata=known)
            with examples.new_file("dataset.json", mode="w") as file:
                file.write(data.model_dump_json(indent=2))
            run.log_artifact(examples)
            if run_folder and model.exists():
                weights = wandb.Artifact(f"model-{run.id}", type="model", metadata=known)
                weights.add_dir(str(model), skip_cache=True, policy="immutable")  # it stays where it is
                run.log_artifact(weights)

        if wanted:
            self._tell(log)

    def log_package(
        self, folder: PackageFolder, name: str, *, aliases: Sequence[str], about: Mapping[str, Any]
    ) -> None:
        """A packaged model as a W&B artifact called `name`, its files copied nowhere."""

        def log(run: Any) -> None:
            import wandb

            package = wandb.Artifact(name, type="model", metadata=dict(about))
            package.add_dir(str(folder.path), skip_cache=True, policy="immutable")
            run.log_artifact(package, aliases=list(aliases))

        self._tell(log)

    def finish(self) -> TrackingRecord | None:
        """Close the run and tell where it is; None where tracking is disabled. A slow W&B is not waited for."""
        run, courier = self._run, self._courier
        if run is None or courier is None:
            return self._record
        self._tell(lambda run: run.finish())
        self._run = None
        if not courier.close(FINISH_SECONDS) and self._record is not None:
            folder = _relative(run.settings.sync_dir)
            logging.getLogger(__name__).warning(
                "W&B has not taken all of this run (%s); it is kept in %s, and `make sync` sends it",
                courier.trouble,
                folder,
            )
            self._record = self._record.model_copy(update={"mode": "offline", "path": folder})
        return self._record

    def _tell(self, act: Callable[[Any], object]) -> None:
        run = self._run
        if run is not None and self._courier is not None:
            self._courier.send(lambda: act(run))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def _identify(self) -> TrackingRecord | None:
        if self._run is None:
            return None
        if self._mode == "online":
            path = f"{self._run.entity}/{self._run.project}/{self._run.id}"
        else:
            path = _relative(self._run.settings.sync_dir)
        return TrackingRecord(id=self._run.id, mode=self._mode, path=path)


def _relative(path: str) -> str:
    """As seen from the folder that the command runs in, where it lies below that."""
    return os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else str(Path(path))


def _draw_confusion(evaluation: Evaluation) -> Any:
    import wandb

    names = list(evaluation.examples.labels)
    truth, predictions = list(evaluation.split.labels), _choices(evaluation)
    if evaluation.examples.kind == TAGGING.name:
        truth = [tag for tags in truth for tag in tags]
    return wandb.plot.confusion_matrix(y_true=truth, preds=predictions, class_names=names)


def _choices(evaluation: Evaluation) -> list[int]:
    """The class of each row, or the tag of each word, as indices."""
    if evaluation.examples.kind == CLASSIFICATION.name:
        return list(evaluation.outputs.argmax(1).tolist())
    from app.lab.tasks.tagging import choose_tags

    return list(choose_tags(evaluation.outputs, evaluation.split).tolist())


def start_tracking(
    mode: str,
    *,
    project: str,
    entity: str,
    group: str,
    name: str,
    tags: Sequence[str],
    folder: str,
    config: Mapping[str, Any],
) -> Tracker:
    """Start a W&B run; `auto` is online with credentials and offline without.

    A W&B that does not answer within `START_SECONDS` is no reason to lose a run: it is kept offline then. One that
    answers, and refuses the key, is with `online`: that mode is for who would rather not run than not be seen.
    """
    if mode == "disabled":
        return Tracker(None, mode)
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_NOTEBOOK_NAME", str(FINETUNE))  # wandb cannot find it out under papermill
    os.environ.setdefault("WANDB_DATA_DIR", str(Path(folder).resolve()))  # artifacts that wait to be sent
    import wandb

    logging.getLogger("wandb").setLevel(logging.ERROR)
    is_awaited = SWEEP_VARIABLE in os.environ  # by an agent, which has credentials of some kind
    chosen: Any = ("online" if is_awaited or has_credentials() else "offline") if mode == "auto" else mode
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(
        silent=True,
        console="off",
        init_timeout=START_SECONDS,
        finish_timeout=FINISH_SECONDS - GRACE_SECONDS,
        finish_timeout_raises=True,
        x_save_requirements=False,  # 0.4 s a run; Pipfile.lock and the commit say the same
    )
    options: dict[str, Any] = {
        "project": project,
        "entity": entity or None,
        "group": group,
        "name": name,
        "tags": list(tags) or None,
        "dir": str(place),
        "config": dict(config),
        "settings": settings,
    }
    return _begin(chosen, is_insisted_on=mode == "online", options=options)


def _begin(mode: Any, *, is_insisted_on: bool, options: Mapping[str, Any]) -> Tracker:
    import wandb
    from wandb.errors import AuthenticationError, CommError, UsageError

    try:
        return Tracker(wandb.init(mode=mode, **options), mode)
    except (CommError, UsageError) as error:
        if is_insisted_on and isinstance(error, AuthenticationError | UsageError):
            raise
        return Tracker(wandb.init(mode="offline", **options), "offline")
    except Exception:
        if os.environ.pop(SERVICE_VARIABLE, None) is None:
            raise
        return _begin(mode, is_insisted_on=is_insisted_on, options=options)  # the shared service is gone: by our own


def has_credentials() -> bool:
    """Whether wandb would find an API key: in the environment, or in the user's netrc file."""
    if os.environ.get(KEY_VARIABLE):
        return True
    host = os.environ.get(URL_VARIABLE, "https://api.wandb.ai").split("//")[-1].split("/")[0].split(":")[0]
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        return netrc.netrc(str(path)).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
