"""Reports of hand-made benchmarks, written without a kernel; tests/report has them written with one."""

import ast
import contextlib
import io
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from app.bench.notebooks import read_template
from app.drawing import draw, new_figure
from app.layout import BenchmarkFolder, ServedFolder
from app.report.page.pages import render_page
from app.report.write import write_comparison, write_report, write_suite_report
from app.results import RunFailure
from app.serving.drift.write import write_drift_report
from tests.report.golden import MACHINE, Made, make_benchmark, realistic
from tests.report.page.test_sanitise import PROBES as FORGED
from tests.report.suites import FAILED, make_suite

SCRIPT = "<script>window.pwned = 1</script>"
PICTURE = "<img src=x onerror=window.pwned=1>"
LINK = "[x](javascript:window.pwned=1)"
BREAKOUT = "</style></title></script></table>" + SCRIPT + PICTURE
ATTRIBUTE = "\"'><b onmouseover=window.pwned=1 autofocus onfocus=window.pwned=1 tabindex=0>"
EVERYTHING = " ".join((SCRIPT, PICTURE, LINK, BREAKOUT, ATTRIBUTE))

SHAPES: Mapping[str, tuple[list[Made], dict[str, Any]]] = {
    "as usual": (realistic(), {}),
    "one run": ([Made(architecture="one")], {}),
    "all equal": ([Made(architecture=name, quality=1.0, seed=seed) for name in "abc" for seed in (0, 1)], {}),
    "all failed": (
        [Made(architecture=n, status="failed", error=RunFailure(kind="OutOfMemory", message="no room")) for n in "ab"],
        {},
    ),
    "every ending": (
        [
            Made(architecture="fine"),
            Made(architecture="fine", seed=1, status="missing"),
            Made(architecture="slow", status="timeout", error=RunFailure(kind="Timeout", message="too long " * 60)),
            Made(architecture="dead", status="killed", error=RunFailure(kind="KernelDied", message="SIGKILL")),
            Made(
                architecture="broken", status="failed", error=RunFailure(kind="ValueError", message="x" * 300, cell=7)
            ),
            Made(architecture="fair", quality=0.7, divergent="its predictions are no better than chance"),
        ],
        {},
    ),
    "200 classes": (
        [Made(architecture=name, quality=0.8) for name in "ab"],
        {"labels": [f"a class with a name of some length {number}" for number in range(200)], "examples": 1000},
    ),
    "50 runs": (
        [
            Made(
                architecture=f"model-{number}",
                quality=0.5 + number / 30,
                parameters=10**number,
                hyperparameters={"learning_rate": rate},
                seed=seed,
            )
            for number in range(5)
            for rate in (1e-4, 2e-5)
            for seed in range(5)
        ],
        {},
    ),
}


def make_report(folder: Path, shape: str) -> BenchmarkFolder:
    """A benchmark of that shape in `folder`, with its report."""
    runs, options = SHAPES[shape]
    benchmark = make_benchmark(folder, runs, **{"examples": 200, **options})
    write_report(benchmark, execute=execute_here)
    return benchmark


def make_hostile_report(folder: Path) -> BenchmarkFolder:
    """A report with a probe in every text that comes from outside, and a run's page full of them."""
    machine = MACHINE.model_copy(update={"cpu": EVERYTHING, "device": EVERYTHING})
    runs = [replace(run, environment=machine, checkpoint=EVERYTHING) for run in realistic()]
    runs += [Made(architecture=name, hyperparameters={"optimizer": EVERYTHING}) for name in (PICTURE, LINK)]
    error = RunFailure(kind=EVERYTHING, message=EVERYTHING, cell=3)
    runs.append(Made(architecture="broken", status="failed", error=error, hyperparameters={SCRIPT: PICTURE}))
    runs.append(Made(architecture="divergent", quality=0.4, divergent=EVERYTHING))
    labels = [EVERYTHING, SCRIPT, LINK]
    data = {"path": EVERYTHING}
    benchmark = make_benchmark(folder, runs, labels=labels, question=EVERYTHING, name=EVERYTHING, data=data)
    write_report(benchmark, execute=execute_here)
    return benchmark


def make_suite_report(folder: Path) -> Path:
    """The page of a suite of three tasks, one of them not begun and one with a failure."""
    scores = {"validation": {"accuracy": 0.8}}
    members = {"one": {"a": [scores], "b": [FAILED]}, "two": {"a": [scores, scores], "b": [scores]}, "three": None}
    suite = make_suite(folder, members, counted={key: ["accuracy"] for key in members}, description="Three tasks.")
    return write_suite_report(suite, execute=execute_here)


def make_comparison(folder: Path) -> Path:
    """The page of a benchmark set against an earlier one: one better, one worse, one new."""
    earlier = [Made(architecture="a", quality=0.7), Made(architecture="b", quality=0.9)]
    later = [Made(architecture="a", quality=0.9), Made(architecture="b", quality=0.7), Made(architecture="c")]
    before, now = make_benchmark(folder / "before", earlier), make_benchmark(folder / "now", later)
    return write_comparison(now, before, execute=execute_here)


def make_drift_page(folder: Path) -> Path:
    """The page of a look that has found drift, with texts and labels."""
    from tests.serving.drift.samples import make_model, unusual, usual
    from tests.serving.packages import serve_rows

    served = ServedFolder(folder / "served" / "tiny")
    serve_rows(served, unusual(0, 150))
    model = make_model(folder / "package", usual(0, 300))
    write_drift_report(model, served, last=1000, since="", execute=execute_here)
    return served.page


def make_run_page(folder: Path, text: str) -> Path:
    """The page of a run whose notebook has every kind of output, `text` in each of them."""
    figure, (axes,) = new_figure(400, 200)
    axes.plot([1, 2], [3, 4], label=text)
    axes.set_title(text)
    picture = draw(figure, text)
    frame = pd.DataFrame({f"column {number} {text}": [text, text] for number in range(6)})
    shown = (
        {"text/html": frame._repr_html_()},  # type: ignore[operator]
        {"text/html": f"<p>{text}</p>"},
        {"text/html": "".join(FORGED).replace("alert(1)", "window.pwned=1")},
        {"text/markdown": text},
        {"text/plain": f"{text}\n" * 40},
        {"image/svg+xml": picture.svg},
        {"application/javascript": "window.pwned = 1"},
    )
    outputs = [new_output("display_data", data=data, metadata={"alt": text}) for data in shown]
    outputs += [new_output("stream", name=name, text=f"\x1b[31m{text}\x1b[0m\n" * 30) for name in ("stdout", "stderr")]
    outputs.append(new_output("error", ename=text, evalue=text, traceback=[text] * 30))
    cells = [new_markdown_cell(f"# A run\n\n## {text}\n\n{text}\n\n## More"), new_raw_cell(text)]
    cells += [new_code_cell(f"# {text}", outputs=[output]) for output in outputs]
    nbformat.write(new_notebook(cells=cells), folder / "notebook.ipynb")
    render_page(folder / "notebook.ipynb", folder / "notebook.html", title=text, home="../../index.html")
    return folder / "notebook.html"


def execute_here(template: Path, output: Path, parameters: Mapping[str, Any]) -> None:
    """What a kernel would make of a template, in this process: each cell's last value and what it prints."""
    notebook = read_template(template)
    names: dict[str, Any] = {}
    path = list(sys.path)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        parsed = ast.parse(cell.source)
        last = parsed.body.pop() if parsed.body and isinstance(parsed.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(parsed, template.name, "exec"), names)
            value = eval(compile(ast.Expression(last.value), template.name, "eval"), names) if last else None
        if "parameters" in cell.metadata.get("tags", ()):
            names.update(parameters)
        if printed.getvalue():
            cell.outputs.append(new_output("stream", name="stdout", text=printed.getvalue()))
        if value is not None:
            cell.outputs.append(_shown(value))
    sys.path[:] = path
    nbformat.write(notebook, output)


def _shown(value: Any) -> nbformat.NotebookNode:
    if hasattr(value, "_repr_mimebundle_"):
        data, metadata = value._repr_mimebundle_()
        return new_output("execute_result", data=data, metadata=metadata)
    return new_output("execute_result", data={"text/html": str(value._repr_html_())})
