"""The store of predictions: it takes what was served, and what feedback says of it, and never stands in the way."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import StoreError
from app.serving.store.records import Example, Labelled, Served
from app.serving.store.tables import REMEDY, check_schema, has_tables, open_to_read, open_to_write

__all__ = ["MAX_ROWS", "Served", "Store"]

MAX_ROWS = 100_000
INSERT = """
    INSERT OR IGNORE INTO served
    (id, time, version, characters, tokens, unknown, is_cut, prediction, confidence, texts)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# a row that leaves and is labelled leaves its text with the label
KEEP_LABELLED_TEXTS = """
    UPDATE feedback SET texts = (SELECT texts FROM served WHERE served.id = feedback.id)
    WHERE texts IS NULL AND id IN (SELECT id FROM served WHERE number <= (SELECT max(number) FROM served) - ?)
"""
ROTATE_SERVED = "DELETE FROM served WHERE number <= (SELECT max(number) FROM served) - ?"
REPLACE_FEEDBACK = """
    INSERT OR REPLACE INTO feedback (id, time, label, texts)
    VALUES (?1, ?2, ?3, coalesce(?4, (SELECT texts FROM feedback WHERE id = ?1)))
"""
ROTATE_FEEDBACK = "DELETE FROM feedback WHERE number <= (SELECT max(number) FROM feedback) - ?"
SELECT_SERVED = """
    SELECT served.id, served.time, version, characters, tokens, unknown, is_cut, prediction, confidence,
           served.texts, feedback.label
    FROM served LEFT JOIN feedback ON feedback.id = served.id
    WHERE served.time >= ?1 AND version = coalesce(?2, version) ORDER BY served.number DESC LIMIT ?3
"""
SELECT_LABELLED = """
    SELECT feedback.id, coalesce(feedback.texts, served.texts), feedback.label
    FROM feedback LEFT JOIN served ON served.id = feedback.id
    WHERE coalesce(feedback.texts, served.texts) IS NOT NULL ORDER BY feedback.number
"""


class Store:
    """Rows that were served and their feedback, in one SQLite file. Its methods may be called by several threads.

    Several processes may read while one writes, and several may write.

    Attributes:
        lost: how many rows and words of feedback could not be kept since this store was opened.
        trouble: why the last of them was not; None while all is well.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS, keep_texts: bool = False) -> None:
        """Open the store. A file is made with the first row.

        Args:
            path: of the file.
            max_rows: how many served rows are kept, and as many of feedback; the oldest leave for new ones.
            keep_texts: whether the texts of served rows are kept. Those that come with feedback always are.

        Raises:
            StoreError: the file is another program's, or of another schema.
        """
        check_schema(path)
        self.path = path
        self.lost = 0
        self.trouble: str | None = None
        self._max_rows = max_rows
        self._keep_texts = keep_texts
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # device and number of the file that the connection writes to

    def record(self, rows: Sequence[Served]) -> int:
        """Keep the rows, all or none; the oldest leave for them.

        It raises nothing that a disk can bring about: a full or a read-only one, a file that is torn or gone. The next
        call tries anew.

        Returns:
            How many of them are lost.
        """

        def keep(connection: sqlite3.Connection) -> None:
            connection.executemany(INSERT, [self._as_values(row) for row in rows])
            connection.execute(KEEP_LABELLED_TEXTS, (self._max_rows,))
            connection.execute(ROTATE_SERVED, (self._max_rows,))

        return 0 if not rows or self._write(keep, len(rows)) else len(rows)

    def feedback(self, row_id: str, label: str, texts: Sequence[str] = ()) -> bool:
        """Keep what a served row should have been answered. The last word on an id counts.

        Args:
            row_id: of the row; it need not be kept, or not yet.
            label: the right one.
            texts: of the row, for the case that they are not kept.

        Returns:
            Whether it is kept; if not, it counts as lost. It raises nothing, as `record`.
        """

        def keep(connection: sqlite3.Connection) -> None:
            given = json.dumps(list(texts)) if texts else None
            connection.execute(REPLACE_FEEDBACK, (row_id, datetime.now(UTC).isoformat(), label, given))
            connection.execute(ROTATE_FEEDBACK, (self._max_rows,))

        return self._write(keep, 1)

    def read(
        self, *, since: str | None = None, last: int | None = None, version: int | None = None
    ) -> tuple[Served, ...]:
        """The rows as they are kept now, in the order they were served, with the label that feedback gives them.

        Args:
            since: those of that moment or later, ISO 8601 in UTC; None: from the first.
            last: so many of the latest at most; None: all.
            version: those that this version has answered; None: whichever has.

        Raises:
            StoreError: the file is torn, or cannot be read. One that is not there has no rows.
        """
        found = self._select(SELECT_SERVED, since or "", version, -1 if last is None else last)
        return tuple(_as_served(values) for values in reversed(found))

    def labelled(self) -> Labelled:
        """What feedback has labelled and the text of which is known, also of rows that have left.

        Raises:
            StoreError: the file is torn, or cannot be read.
        """
        found = self._select(SELECT_LABELLED)
        return Labelled(tuple(Example(row_id, tuple(json.loads(texts)), label) for row_id, texts, label in found))

    def close(self) -> None:
        """Let go of the file. A store that is written to again opens it again."""
        with self._lock:
            self._disconnect()

    def _write(self, keep: Callable[[sqlite3.Connection], None], number: int) -> bool:
        """Whether `keep` has written what it had to, as one transaction; if not, so many are lost."""
        with self._lock:
            try:
                connection = self._connect()
                connection.execute("BEGIN IMMEDIATE")
                keep(connection)
                connection.execute("COMMIT")
            except (sqlite3.Error, OSError, ValueError) as error:  # a ValueError: text that is no Unicode
                self.trouble = f"{self.path}: cannot be written ({error})"
                self.lost += number
                self._disconnect()  # which takes back what was begun; what is wrong may be the connection itself
                return False
            self.trouble = None
            return True

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != _identity(self.path):
            self._disconnect()  # somebody has moved or removed the file, and would never see what is written to it
        if self._connection is None:
            self._connection = open_to_write(self.path)
            self._file = _identity(self.path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _select(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        check_schema(self.path)
        try:
            with contextlib.closing(open_to_read(self.path)) as connection:
                return connection.execute(query, values).fetchall() if has_tables(connection) else []
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: cannot be read ({error}); {REMEDY}") from None

    def _as_values(self, row: Served) -> tuple[object, ...]:
        values = (row.id, row.time, row.version, row.characters, row.tokens, row.unknown, row.is_cut)
        texts = json.dumps(row.texts) if self._keep_texts and row.texts else None
        return (*values, row.prediction, row.confidence, texts)


def _as_served(values: tuple[Any, ...]) -> Served:
    row_id, time, version, characters, tokens, unknown, is_cut, prediction, confidence, texts, label = values
    return Served(
        id=row_id,
        time=time,
        version=version,
        characters=characters,
        tokens=tokens,
        unknown=unknown,
        is_cut=bool(is_cut),
        prediction=prediction,
        confidence=confidence,
        texts=tuple(json.loads(texts)) if texts else (),
        label=label,
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino
