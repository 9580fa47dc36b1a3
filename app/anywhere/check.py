"""Whether the templates keep their form: text without outputs, a fixed header, nothing defined, parameters as planned.

`python -m app.anywhere.check [FILE ...]` checks every template and looks for notebooks that git would keep, or checks
the given files.
"""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode
from papermill.translators import PythonTranslator

from app.anywhere.expected import HEADER, KEPT_METADATA, OWN_PARAMETERS, planned_parameters
from app.layout import FINETUNE, NOTEBOOKS, PROJECT

__all__ = ["Fault", "check_notebook", "check_template"]

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it cannot read is told below, with its line


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: the line, counted from 1, or the cell of a notebook, and what to do."""

    file: Path
    place: str  # "12", or "cell 3"
    message: str

    def __str__(self) -> str:
        file = self.file.relative_to(PROJECT) if self.file.is_relative_to(PROJECT) else self.file
        return f"{file}:{self.place}: {self.message}"


def main(words: list[str]) -> int:
    """Print every fault with its file and line; 1 if there is one, 2 for a file that is not there."""
    files = [Path(word) for word in words] or [*sorted(NOTEBOOKS.glob("*.py")), *_stray_notebooks()]
    if missing := [str(file) for file in files if not file.is_file()]:
        sys.stderr.write(f"no such file: {', '.join(missing)}; give templates or notebooks, or nothing for all\n")
        return 2
    faults = [fault for file in files for fault in _check(file)]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


def _check(file: Path) -> list[Fault]:
    return check_template(file) if file.suffix == ".py" else check_notebook(file)


def check_template(path: Path) -> list[Fault]:
    """What is wrong with a template in jupytext's percent format."""
    text = path.read_text(encoding="utf-8")
    if faults := list(_header_faults(path, text)):
        return faults  # where the header is not whole, the rest is not read as it is meant
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return [Fault(path, str(error.lineno), f"not Python: {error.msg}")]
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    faults = [*_definition_faults(path, tree), *_metadata_faults(path, text), *_first_cell_faults(path, text, notebook)]
    if len(cells) != 1:
        remedy = 'begin exactly one with # %% tags=["parameters"]'
        return [*faults, Fault(path, "1", f"{len(cells)} cells are tagged parameters; {remedy}")]
    start = _line_of(text, cells[0].source)
    return [*faults, *_parameter_faults(path, cells[0], start), *_plan_faults(path, cells[0], start)]


def check_notebook(path: Path) -> list[Fault]:
    """What is wrong with an .ipynb file: git keeps none, and where one lies beside the templates it has no outputs."""
    remedy = f"keep the template alone: jupytext --to py:percent {path.name}"
    faults = [Fault(path, "1", f"a notebook that git would keep; {remedy}, then git rm it")] if _kept(path) else []
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        used = [i for i, cell in enumerate(cells) if cell.get("outputs") or cell.get("execution_count") is not None]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [*faults, Fault(path, "1", f"not a notebook ({error}); delete it")]
    return [*faults, *(Fault(path, f"cell {index}", f"has outputs; {remedy}, and delete this one") for index in used)]


def _stray_notebooks() -> list[Path]:
    """Notebooks that git would keep, and those beside the templates also where git ignores them."""
    names = _ask_git("ls-files", "-co", "--exclude-standard", "-z", "--", "*.ipynb").split("\0")
    return sorted({*NOTEBOOKS.glob("*.ipynb"), *(PROJECT / name for name in names if name)})


def _kept(path: Path) -> bool:
    return bool(_ask_git("ls-files", "-co", "--exclude-standard", "--", str(path.resolve())))


def _ask_git(*words: str) -> str:
    try:
        return subprocess.run(["git", "-C", PROJECT, *words], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""  # not a repository: git keeps nothing


def _header_faults(path: Path, text: str) -> Iterator[Fault]:
    lines = text.splitlines()
    for number, expected in enumerate(HEADER.splitlines(), start=1):
        found = lines[number - 1] if number <= len(lines) else ""
        if found != expected:
            yield Fault(path, str(number), f"the header has {found!r} where it has to have {expected!r}; write it so")
            return


def _definition_faults(path: Path, tree: ast.Module) -> Iterator[Fault]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "def"
            yield Fault(path, str(node.lineno), f"{kind} {node.name}: a template defines nothing; put it in app/lab")


def _metadata_faults(path: Path, text: str) -> Iterator[Fault]:
    """Outputs themselves a text cannot hold; what programs note of them in a cell's first line, it can."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("# %%"):
            continue
        cell = jupytext.reads(f"{line}\n1\n", fmt="py:percent").cells[0]
        if extra := sorted(set(cell.metadata) - KEPT_METADATA):
            yield Fault(path, str(number), f"the cell's metadata have {', '.join(extra)}; only tags are kept")


def _first_cell_faults(path: Path, text: str, notebook: NotebookNode) -> Iterator[Fault]:
    """The first cell of code brings the project where it is not; it is one text in all templates."""
    model = _first_code(jupytext.read(FINETUNE))
    found = _first_code(notebook)
    if found != model:
        message = f"the first cell of code is not that of {FINETUNE.relative_to(PROJECT)}; copy it from there"
        yield Fault(path, str(_line_of(text, found)), message)


def _parameter_faults(path: Path, cell: NotebookNode, start: int) -> Iterator[Fault]:
    readable = {parameter.name for parameter in PythonTranslator.inspect(cell)}
    for offset, line in enumerate(cell.source.splitlines()):
        place = str(start + offset)
        try:
            body = ast.parse(line).body
        except SyntaxError:
            yield Fault(path, place, "a parameter has to stand on one line, as name: type = value  # unit")
            continue
        if not body:
            continue
        (statement,) = body[:1]
        if len(body) > 1 or not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            yield Fault(path, place, f"{line!r} is no parameter; write name: type = value  # unit")
            continue
        name, kind = statement.target.id, ast.unparse(statement.annotation)
        if kind not in _TYPES:
            yield Fault(path, place, f"{name}: its type is {kind}; papermill can pass {', '.join(_TYPES)}")
        elif not _is_literal_of(statement.value, _TYPES[kind]):
            yield Fault(path, place, f"{name}: its default is no literal of type {kind}; write one")
        elif name not in readable:
            yield Fault(path, place, f"{name}: papermill cannot read the line; leave one = on it, also in the comment")


def _plan_faults(path: Path, cell: NotebookNode, start: int) -> Iterator[Fault]:
    """What the driver passes and the template does not take, or the other way round."""
    planned = planned_parameters(path.name)
    if planned is None:
        return
    declared: dict[str, tuple[int, str]] = {}
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            declared[node.target.id] = (start + node.lineno - 1, ast.unparse(node.annotation))
    for name, value in planned.items():
        kind = type(value).__name__
        if name not in declared:
            yield Fault(path, str(start), f"{name}: the plan passes it and the cell has no such parameter; add it")
        elif declared[name][1] != kind and (declared[name][1], kind) != ("float", "int"):
            line, other = declared[name]
            yield Fault(path, str(line), f"{name}: the plan passes {kind}, the cell says {other}; write {name}: {kind}")
    for name, (line, _) in declared.items():
        if name not in planned and name not in OWN_PARAMETERS.get(path.name, ()):
            remedy = "remove it, or pass it in app/bench/plan.py"
            yield Fault(path, str(line), f"{name}: the plan passes no such parameter; {remedy}")


_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in (bool, int, float, str, list, dict)}


def _is_literal_of(value: ast.expr | None, kind: type) -> bool:
    try:
        found: Any = ast.literal_eval(value) if value else None
    except ValueError:
        return False
    return type(found) is kind


def _first_code(notebook: NotebookNode) -> str:
    return next((str(cell.source) for cell in notebook.cells if cell.cell_type == "code"), "")


def _line_of(text: str, source: str) -> int:
    """The line that a cell's source begins on."""
    return text.count("\n", 0, max(text.find(source), 0)) + 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
