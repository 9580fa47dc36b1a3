"""The W&B run of one notebook: online with credentials, offline without, or none at all."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from app.layout import FINETUNE, SERVICE_VARIABLE
from app.results import Cost, TrackingRecord
from app.tasks import CLASSIFICATION, TAGGING

if TYPE_CHECKING:
    import pandas

    from app.lab.evaluation import Evaluation

__all__ = ["Tracker", "has_credentials", "start_tracking"]

KEY_VARIABLE = "WANDB_API_KEY"  # read by wandb itself; never copied, printed or passed on
URL_VARIABLE = "WANDB_BASE_URL"
START_SECONDS = 30  # to wait for a W&B that does not answer, then offline
FINISH_SECONDS = 30


class Tracker:
    """A W&B run, or nothing where tracking is disabled: the notebook calls it alike."""

    def __init__(self, run: Any | None, mode: str) -> None:
        self._run, self._mode = run, mode
        self._record = self._identify()

    def log(self, values: Mapping[str, Any]) -> None:
        """Log a row of figures, under `step` where the row has one."""
        if self._run is not None:
            self._run.log({name: value for name, value in values.items() if value is not None})

    def log_result(self, scores: Mapping[str, Mapping[str, float]], cost: Cost) -> None:
        """Final scores by split and what the run cost, as the run's summary."""
        if self._run is not None:
            flat: dict[str, Any] = {
                f"{split}/{name}": value for split, named in scores.items() for name, value in named.items()
            }
            figures = cost.model_dump(exclude={"inference", "backends"}, exclude_none=True)
            flat |= {f"cost/{name}": value for name, value in figures.items()}
            self._run.summary.update(flat)

    def log_confusion(self, evaluation: Evaluation) -> None:
        """The confusion matrix, as W&B draws it, where the task has classes, or tags of words."""
        if self._run is not None and evaluation.examples.kind in (CLASSIFICATION.name, TAGGING.name):
            import wandb

            names = list(evaluation.examples.labels)
            truth, predictions = list(evaluation.split.labels), _choices(evaluation)
            if evaluation.examples.kind == TAGGING.name:
                truth = [tag for tags in truth for tag in tags]
            chart = wandb.plot.confusion_matrix(y_true=truth, preds=predictions, class_names=names)
            self._run.log({"confusion_matrix": chart})

    def log_mistakes(self, mistakes: pandas.DataFrame) -> None:
        """A table of misclassified examples."""
        if self._run is not None:
            import wandb

            self._run.log({"misclassified": wandb.Table(dataframe=mistakes)})

    def finish(self) -> TrackingRecord | None:
        """Close the run and tell where it is; None where tracking is disabled. A slow W&B is not waited for."""
        if self._run is not None:
            self._run.finish()
            self._run = None
        return self._record

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
            path = str(Path(self._run.settings.sync_dir))
            path = os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path
        return TrackingRecord(id=self._run.id, mode=self._mode, path=path)


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

    A W&B that does not answer within 30 s is no reason to lose a run: it is kept offline then.
    """
    if mode == "disabled":
        return Tracker(None, mode)
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_NOTEBOOK_NAME", str(FINETUNE))  # wandb cannot find it out under papermill
    import wandb

    logging.getLogger("wandb").setLevel(logging.ERROR)
    chosen: Any = ("online" if has_credentials() else "offline") if mode == "auto" else mode
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(
        silent=True,
        console="off",
        init_timeout=START_SECONDS,
        finish_timeout=FINISH_SECONDS,
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
    try:
        return Tracker(wandb.init(mode=chosen, **options), chosen)
    except Exception:
        if os.environ.pop(SERVICE_VARIABLE, None) is not None:  # the shared service is gone: start one of our own
            return Tracker(wandb.init(mode=chosen, **options), chosen)
        if mode == "online":
            raise
        return Tracker(wandb.init(mode="offline", **options), "offline")


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
