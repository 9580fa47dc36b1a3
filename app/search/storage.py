"""The database of a search: opened, made where there is none, and refused where it is another search's."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from sqlalchemy import create_engine, event, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from app.bench.lock import take_turns
from app.errors import OutputError, UsageError
from app.layout import BenchmarkFolder
from app.search.drivers import hold_driver
from app.search.study import Study, counts
from app.search.sweep import Sweep

__all__ = ["count_trials", "open_study"]

BUSY_SECONDS = 60  # that a process waits for another to be through with SQLite's file
FAULTS = (OptunaError, SQLAlchemyError, sqlite3.Error, ImportError, RuntimeError, OSError)
SEARCH = "search"  # the attribute of a study that says what it is of


@contextlib.contextmanager
def open_study(
    sweep: Sweep, folder: BenchmarkFolder, *, storage: str | None, about: Mapping[str, Any]
) -> Iterator[Study]:
    """The study of a sweep, made where there is none yet.

    Args:
        sweep: what is searched.
        folder: of the benchmark.
        storage: the URL of a database that several machines share; None: SQLite in the folder.
        about: what all trials have in common, by part; a study of something else is refused.

    Raises:
        OutputError: the database cannot be opened.
        UsageError: the study there is of another search.
    """
    with hold_driver(folder.drivers) as driver:
        try:
            with take_turns(folder.drivers / ".asking"):
                kept = _open_storage(storage, folder.study)
                study = optuna.create_study(
                    storage=kept,
                    study_name=folder.path.name,
                    direction=sweep.goal,
                    load_if_exists=True,
                )
                known = study.user_attrs.get(SEARCH)
                if known is None:
                    study.set_user_attr(SEARCH, dict(about))
        except FAULTS as error:
            raise _refusal(error, storage, folder) from None
        if known is not None:
            _check_same(known, about, _shown(storage, folder), folder)
        try:
            yield Study(study, sweep, storage=kept, driver=driver, drivers=folder.drivers, is_local=storage is None)
        finally:
            kept.engine.dispose()


def count_trials(folder: BenchmarkFolder, *, storage: str | None, about: Mapping[str, Any]) -> int:
    """How many trials the study has that is there; 0 without one. Nothing is written.

    Raises:
        OutputError: the database cannot be opened.
        UsageError: the study there is of another search.
    """
    try:
        url = make_url(storage or _sqlite(folder.study))
        if url.drivername == "sqlite" and not Path(url.database or "").exists():
            return 0
        engine = create_engine(url)
        is_new = not inspect(engine).has_table("studies")
        engine.dispose()
        if is_new:
            return 0
        kept = RDBStorage(storage or _sqlite(folder.study), skip_table_creation=True)
        study = optuna.load_study(study_name=folder.path.name, storage=kept)
    except KeyError:
        return 0
    except FAULTS as error:
        raise _refusal(error, storage, folder) from None
    _check_same(study.user_attrs.get(SEARCH, about), about, _shown(storage, folder), folder)
    number = sum(map(counts, study.get_trials(deepcopy=False)))
    kept.engine.dispose()
    return number


def _open_storage(url: str | None, file: Path) -> RDBStorage:
    if url is not None:
        return RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    with contextlib.closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
        # readers do not wait for a writer; where the file system cannot do it, SQLite stays as it is
        connection.execute("PRAGMA journal_mode=WAL")
    # a transaction that is lost with the machine's power is one trial: not worth a sync of the disk for each
    kept = RDBStorage(_sqlite(file), engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}})
    event.listen(kept.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    kept.engine.dispose()  # connections from here on
    return kept


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file.resolve()}"


def _shown(storage: str | None, folder: BenchmarkFolder) -> str:
    """The database as messages name it: a password stays out of them."""
    if storage is None:
        return str(folder.study)
    try:
        return make_url(storage).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "--storage"


def _refusal(error: Exception, storage: str | None, folder: BenchmarkFolder) -> OutputError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return OutputError(f"{_shown(storage, folder)}: cannot be opened as a study ({reason})")


def _check_same(known: Mapping[str, Any], about: Mapping[str, Any], place: str, folder: BenchmarkFolder) -> None:
    wanted = json.loads(json.dumps(about))
    changed = [part for part in wanted if known.get(part) != wanted[part]]
    if changed:
        raise UsageError(
            f"{place}: holds a search with another {' and another '.join(changed)}; its trials do not compare with "
            f"these. Start another by --set name={folder.path.name}-2 in the sweep's command, or delete {place}"
        )
