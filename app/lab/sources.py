"""The columns of a data set as they come: from a built-in corpus, files, a folder, or a hub."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.config import Dataset, Files
from app.errors import DataError, HubError
from app.lab.corpora import load_corpus
from app.lab.lists import check_alike, read_conll, tag_names
from app.lab.plain_text import check_encoding, is_plain_text, read_lines
from app.lab.versions import find_versions
from app.tasks import LANGUAGE, TAGGING

if TYPE_CHECKING:
    import pyarrow

__all__ = ["RawSplit", "Source", "read_source"]

HUB_SECONDS = 5.0  # for the hub to answer at all

_FORMATS = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".conll")


@dataclass(frozen=True)
class RawSplit:
    """One split as it was found: text columns side by side, and labels of any kind. Nothing is checked yet."""

    place: str  # for messages: the file, or "glue, split train"
    texts: tuple[Sequence[Any], ...]
    labels: Sequence[Any]
    clean: Sequence[Any] | None = None  # labels before noise, where the corpus is ours
    slices: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # further columns that are asked for


@dataclass(frozen=True)
class Source:
    """A data set as it was found."""

    splits: Mapping[str, RawSplit]
    label_names: tuple[str, ...] | None = None  # None: the labels name themselves
    continuous: bool = False  # the rows of each split are the lines of one text
    question: str | None = None
    description: str | None = None
    noise: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)  # split -> md5, of files that DVC tracks


def read_source(dataset: Dataset, *, labelled: bool = True) -> Source:
    """Read the splits `train`, `validation` and `test`, as far as they are there, and those that are named beside them.

    Without `labelled` no column of labels is looked for, and plain text is read too: .txt, .txt.gz.

    Raises:
        DataError: a file or a column is missing, a format is unknown, an encoding is broken.
        HubError: the data set is on a hub that cannot be reached.
    """
    if dataset.corpus is not None:
        return _read_corpus(dataset)
    if isinstance(dataset.path, Files):
        versions = find_versions(_split_paths(dataset.path))
        is_text = is_plain_text(dataset.path.train)
        found = _read_texts(dataset.path, labelled) if is_text else _read_files(dataset, dataset.path, labelled)
        return replace(found, versions=versions)
    return _read_hub(dataset, dataset.path, labelled)


def _read_corpus(dataset: Dataset) -> Source:
    assert dataset.corpus is not None
    corpus = load_corpus(dataset.corpus)
    columns, label = ("text",) if len(corpus.splits["train"].texts) == 1 else ("first", "second"), "label"
    if dataset.corpus in TAGGING.corpora:
        columns, label = ("tokens",), "tags"
    if dataset.text != columns or dataset.label != label:
        named = ", ".join(columns)
        raise DataError(f"{dataset.shown_path}: its columns are {named} (dataset.text) and {label} (dataset.label)")
    splits = {}
    for name, split in corpus.splits.items():
        place = f"{dataset.shown_path}, split {name}"
        for wanted in dataset.slices:
            _column_place(wanted, tuple(split.columns), place, "slices")
        slices = {wanted: split.columns[wanted] for wanted in dataset.slices}
        splits[name] = RawSplit(place, split.texts, split.labels, split.clean, slices)
    return Source(
        splits, corpus.labels or None, question=corpus.question, description=corpus.description, noise=corpus.noise
    )


def _read_texts(files: Files, labelled: bool) -> Source:
    """Plain text: the rows are its lines, and the lines are one text."""
    splits = {}
    for name in ("train", "validation", "test"):
        path: Path | None = getattr(files, name)
        if path is None:
            continue
        if labelled:
            raise DataError(f"{path}: plain text has no labels; it is read for task.kind {' and '.join(LANGUAGE)}")
        if not is_plain_text(path):
            raise DataError(f"{path}: is no plain text, and {files.train} is; give files of one kind")
        lines = read_lines(path)
        splits[name] = RawSplit(str(path), (lines,), ())
    return Source(splits, continuous=True)


def _read_files(dataset: Dataset, files: Files, labelled: bool) -> Source:
    splits, names = {}, {}
    paths = _split_paths(files)
    for name, path in paths.items():
        table = _read_table(path, dataset)
        splits[name] = _pick_columns(table.column_names, table.__getitem__, dataset, str(path), labelled)
        names[name] = tag_names(table, dataset.label)
    if labelled and any(path.suffix.lower() in (".csv", ".tsv") for path in paths.values()):
        splits = _typed_labels(splits)
    return Source(splits, names["train"] if len(set(names.values())) == 1 else None)


def _split_paths(files: Files) -> dict[str, Path]:
    usual = {"train": files.train, "validation": files.validation, "test": files.test}
    return {name: path.expanduser() for name, path in {**usual, **files.extra}.items() if path is not None}


def _typed_labels(splits: Mapping[str, RawSplit]) -> dict[str, RawSplit]:
    """Labels of csv files, which are all text: numbers if every one of them in every file is a number as we write it.

    Guessed file by file, the same class would be 1 in one and "1" in the other, and 01 would become 1.
    """
    written = [str(label) for split in splits.values() for label in split.labels if label not in (None, "")]
    for kind in (int, float):
        try:
            if all(str(kind(label)) == label for label in written):
                return {
                    name: replace(split, labels=[kind(label) if label else None for label in split.labels])
                    for name, split in splits.items()
                }
        except ValueError:
            continue
    return dict(splits)


def _read_table(path: Path, dataset: Dataset) -> pyarrow.Table:
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    form = path.suffix.lower()
    if form not in _FORMATS:
        known = ", ".join((*_FORMATS, ".txt and .txt.gz for language models"))
        raise DataError(f"{path}: {form or 'no'} suffix; a data file is one of {known}")
    try:
        if form == ".parquet":
            return pyarrow.parquet.read_table(path)
        content = path.read_bytes()
        check_encoding(path, content)
        if form == ".conll":
            sentences = read_conll(path, content.decode("utf-8-sig"))
            words, tags = ([[pair[column] for pair in pairs] for pairs in sentences] for column in (0, 1))
            return pyarrow.Table.from_pydict({dataset.text[0]: words, dataset.label: tags})
        if form in (".csv", ".tsv"):
            return pyarrow.csv.read_csv(
                pyarrow.BufferReader(content),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter="\t" if form == ".tsv" else ",", newlines_in_values=True
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={
                        column: pyarrow.string() for column in (*dataset.text, dataset.label, *dataset.slices)
                    }
                ),
            )
        rows = _read_json(path, content.decode("utf-8-sig"))
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
        for name in (*dataset.text, dataset.label):
            check_alike(path, name, columns.get(name, []))
        return pyarrow.Table.from_pydict(columns)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file (dataset.path; read from {Path.cwd()})") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder; dataset.path takes a folder as such, without train:") from None
    except PermissionError:
        raise DataError(f"{path}: may not be read by this user") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: is not readable as {form[1:]}: {_first_line(error)}") from None


def _read_json(path: Path, text: str) -> list[dict[str, Any]]:
    rows: Any
    if text.lstrip().startswith("["):
        rows = json.loads(text)
    else:
        rows = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    rows.append(json.loads(line))
                except json.JSONDecodeError as error:
                    raise DataError(f"{path}: line {number}: is not JSON: {error.msg}") from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(f"{path}: row {number}: must be an object with a field a column, not {row!r:.40}")
    return list(rows)


def _pick_columns(names: Iterable[str], column: Any, dataset: Dataset, place: str, labelled: bool) -> RawSplit:
    known = tuple(names)
    for wanted in (*dataset.text, *((dataset.label,) if labelled else ())):
        _column_place(wanted, known, place)
    for wanted in dataset.slices:
        _column_place(wanted, known, place, "slices")
    texts = tuple(column(name).to_pylist() for name in dataset.text)
    slices = {name: column(name).to_pylist() for name in dataset.slices}
    return RawSplit(place, texts, column(dataset.label).to_pylist() if labelled else (), slices=slices)


def _column_place(wanted: str, known: Sequence[str], place: str, key: str = "text, .label") -> None:
    if known.count(wanted) > 1:
        raise DataError(f"{place}: has {known.count(wanted)} columns called {wanted!r}; rename all but one")
    if wanted not in known:
        close = get_close_matches(wanted, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ";"
        raise DataError(
            f"{place}: has no column {wanted!r}{hint} its columns: {', '.join(known) or 'none'} (dataset.{key})"
        )


def _read_hub(dataset: Dataset, path: str, labelled: bool) -> Source:
    """A hub id, or a folder of the same form (train.parquet, test.csv, ...): `datasets` reads both alike."""
    is_folder = path.startswith(("/", "./", "../", "~")) or Path(path).exists()
    folder = Path(path).expanduser()
    if is_folder and not folder.is_dir():
        remedy = "write {train: FILE, test: FILE} for single files" if folder.exists() else "no such folder"
        raise DataError(f"{path}: {remedy} (dataset.path)")
    import datasets

    datasets.disable_progress_bars()
    logging.getLogger("huggingface_hub.repocard").setLevel(logging.ERROR)  # a folder needs no card
    reachable = True if is_folder else _ask_hub(path)
    try:
        with contextlib.nullcontext() if reachable else _offline():
            loaded = datasets.load_dataset(
                str(folder) if is_folder else path,
                dataset.name,
                revision=None if is_folder else dataset.revision,
            )
    except (datasets.exceptions.DatasetsError, OSError, ValueError, RuntimeError) as error:
        if is_folder:
            raise DataError(f"{path}: cannot be read as a data set: {_first_line(error)}") from None
        if not reachable:
            raise HubError(
                f"{path}: the hub cannot be reached for this data set, and it is not in the local cache. Offline, "
                "use a built-in corpus (--set dataset.path=builtin/acceptability) or files "
                "(--set 'dataset.path={train: train.csv, test: test.csv}')"
            ) from None
        raise DataError(f"{path}: the hub does not give this data set: {_first_line(error)}") from None
    splits = {name: loaded[key] for name, key in _split_names(loaded, dataset).items()}
    feature = splits["train"].features.get(dataset.label) if "train" in splits else None
    feature = getattr(feature, "feature", feature)  # of a list, what is in it
    names = tuple(feature.names) if isinstance(feature, datasets.ClassLabel) else None
    picked = {
        name: _pick_columns(
            rows.column_names, rows.with_format("arrow").__getitem__, dataset, f"{path}, split {name}", labelled
        )
        for name, rows in splits.items()
    }
    return Source(picked, names)


def _split_names(loaded: Mapping[str, Any], dataset: Dataset) -> dict[str, str]:
    """Our name of each split that is read -> what the source calls it: as the configuration says, or the same."""
    named = dataset.splits.model_dump(exclude={"extra"}, exclude_none=True)
    given = {**named, **{f"extra.{name}": key for name, key in dataset.splits.extra.items()}}
    for place, key in given.items():
        if key not in loaded:
            close = get_close_matches(key, list(loaded), n=1)
            hint = f"; did you mean {close[0]}?" if close else ";"
            its = f"{hint} its splits: {', '.join(loaded)} (dataset.splits.{place})"
            raise DataError(f"{dataset.shown_path}: has no split {key!r}{its}")
    # MNLI calls its in-domain splits validation_matched and test_matched
    known = {name: (name, f"{name}_matched") for name in ("train", "validation", "test")}
    usual = {name: key for name, keys in known.items() for key in reversed(keys) if key in loaded}
    return {**usual, **named, **dataset.splits.extra}


def _ask_hub(path: str) -> bool:
    """Whether the hub answers, asked once: a load would try for half a minute before it gave up.

    Raises:
        DataError: it answers that it has no such data set.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        HfApi().dataset_info(path, timeout=HUB_SECONDS)
    except HFValidationError:
        raise DataError(f"{path}: neither a folder nor a hub id; a data set is OWNER/NAME (dataset.path)") from None
    except RepositoryNotFoundError:
        raise DataError(f"{path}: the hub has no such data set, or a private one; check dataset.path") from None
    except Exception:
        return False  # whatever the HTTP library calls a connection that fails: the cache is asked next
    return True


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Let `datasets` look into its cache alone while the context lasts."""
    import datasets
    import huggingface_hub.constants

    before = datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = huggingface_hub.constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE = before


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
