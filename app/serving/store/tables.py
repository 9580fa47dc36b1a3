"""The tables of the store: made where there are none, and refused where they are of another schema."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from app.errors import StoreError

__all__ = ["check_schema", "has_tables", "open_to_read", "open_to_write"]

APPLICATION = 0x62657274  # "bert": what SQLite keeps in a file's header so that it is known whose it is
SCHEMA = 1
BUSY_SECONDS = 5.0  # that a writer waits for another to be through
CHECKPOINT_PAGES = 256  # of 4 KiB, after which the write-ahead log goes into the file: it stays near 1 MiB
REMEDY = "move it away, and another is begun"

TABLES = """
CREATE TABLE served (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    version INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    is_cut INTEGER NOT NULL,
    prediction TEXT NOT NULL,
    confidence REAL,
    texts TEXT
);
CREATE TABLE feedback (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    label TEXT NOT NULL,
    texts TEXT
);
"""


def check_schema(path: Path) -> None:
    """Refuse what is another program's file, or of another schema. One that is absent or torn is not refused here.

    Raises:
        StoreError: it says which schema, and what to do.
    """
    try:
        with contextlib.closing(_connect(path, "ro")) as connection:
            application, schema = _marks(connection)
            is_empty = not has_tables(connection)
    except sqlite3.Error:
        return
    if application != APPLICATION and not is_empty:
        raise StoreError(f"{path}: is no store of predictions; {REMEDY}")
    if application == APPLICATION and schema != SCHEMA:
        raise StoreError(f"{path}: is a store of schema {schema}, and this program's is {SCHEMA}; {REMEDY}")


def open_to_write(path: Path) -> sqlite3.Connection:
    """A connection that any thread may use, one at a time; the file and its tables are made where there are none.

    Raises:
        OSError: its folder cannot be made.
        sqlite3.Error: it cannot be opened, or is not of this schema.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, "rwc")
    try:
        connection.execute("PRAGMA journal_mode=WAL")  # readers do not wait for the writer, nor it for them
        connection.execute("PRAGMA synchronous=NORMAL")  # a loss of power may cost the last rows, never the file
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit={CHECKPOINT_PAGES * 4096}")
        connection.execute("BEGIN IMMEDIATE")
        if _marks(connection) == (0, 0):
            for statement in filter(str.strip, TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={SCHEMA}")
        connection.execute("COMMIT")
        if _marks(connection) != (APPLICATION, SCHEMA):
            raise sqlite3.DatabaseError("is of another schema")
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that sees the store as it is now, and changes nothing in it."""
    return _connect(path, "ro")


def has_tables(connection: sqlite3.Connection) -> bool:
    """Whether there is anything in it: one that was begun on a full disk has nothing yet."""
    (number,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(number)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    # transactions are begun and ended in words; Store has a lock of its own for its threads
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    return application, schema
