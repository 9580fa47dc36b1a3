"""The documents keep their word: keys, defaults, files and targets are those of the project."""

import json
import re
import tomllib
from pathlib import Path

import yaml
from pydantic import BaseModel

from app import __version__
from app.cli import main
from app.config import OPTIMIZERS, Benchmark, load_config
from tests.anywhere.colab import INSTALLED

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
KEYS = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, str]:
    """Key path -> default as YAML has it, or `required`; of a hyperparameter's axis, its one value."""
    found = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= keys_of(inner, f"{prefix}{name}.")
            continue
        value = None if field.is_required() else field.get_default(call_default_factory=True)
        is_axis = model.__name__ == "Hyperparameters"
        plain = json.loads(json.dumps(value[0] if is_axis else value))
        shown = yaml.safe_dump(plain, default_flow_style=True).removesuffix("...\n").strip()
        found[prefix + name] = "required" if field.is_required() else f"`{shown}`"
    return found


def test_the_table_of_keys_is_that_of_the_models():
    table = KEYS.split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert dict(rows) == keys_of(Benchmark)


def test_every_optimiser_is_described_and_every_option_has_its_default():
    text = (PROJECT / "docs" / "optimizers.md").read_text(encoding="utf-8")
    described, options = re.findall(r"\| name \|.+?\n\n", text, re.DOTALL)[:2]
    assert re.findall(r"^\| `([a-z-]+)` \|", described, re.MULTILINE) == list(OPTIMIZERS)
    found: dict[str, dict[str, object]] = {}
    names: list[str] = []
    for cell, option, default in re.findall(r"^\| ([^|]*)\| `([a-z0-9_]+)` \| `([^`]+)` \|", options, re.MULTILINE):
        names = re.findall(r"`([a-z-]+)`", cell) or names
        for name in names:
            found.setdefault(name, {})[option] = json.loads(default)
    known = {name: {key: option.default for key, option in table.items()} for name, table in OPTIMIZERS.items()}
    assert found == known


def test_the_example_is_a_benchmark_that_loads(here):
    example = re.search(r"```yaml\n(.+?)```", section("Writing a benchmark"), re.DOTALL)[1]
    path = here / "tickets.yaml"
    path.write_text(example, encoding="utf-8")
    benchmark = load_config(path)
    transformers = [item for item in benchmark.architectures if not item.is_baseline]
    runs = len(transformers) * len(benchmark.hyperparameters.learning_rate) * len(benchmark.seeds)
    assert f"{len(transformers)} architectures" in README
    assert f"= {runs} runs" in README


def tree_paths() -> list[str]:
    """Every path that the tree names, with its folders."""
    paths, folders = [], []
    for line in section("The tree").strip("\n").splitlines():
        indent = (len(line) - len(line.lstrip()) - 4) // 2
        for name in re.split(r"\s{2,}", line.strip())[0].split(", "):
            del folders[indent:]
            paths.append("/".join([*folders, name.rstrip("/")]))
            if name.endswith("/"):
                folders.append(name.rstrip("/"))
    return paths


def test_the_tree_names_what_is_there():
    missing = [path for path in tree_paths() if not (PROJECT / path).exists()]
    assert not missing


def test_the_tree_leaves_no_module_notebook_or_benchmark_out():
    found = {
        str(path.relative_to(PROJECT))
        for pattern in ("app/**/*.py", "benchmarks/**/*.py", "notebooks/*.py", "config/*.yaml", ".ci/*")
        for path in PROJECT.glob(pattern)
        if path.name != "__init__.py" and str(path.relative_to(PROJECT)) != "app/__main__.py" and path.is_file()
    }
    assert found - set(tree_paths()) == set()


def test_every_package_has_its_reason():
    pipfile = (PROJECT / "Pipfile").read_text(encoding="utf-8")
    packages = set(re.findall(r"^([a-z0-9-]+) = ", pipfile, re.MULTILINE))
    named = re.findall(r"^\| ([a-z0-9, -]+) \|", section("Packages"), re.MULTILINE)
    explained = {name for cell in named for name in cell.split(", ")} - {"package"}
    assert {name for name in explained if not set(name) <= {"-", " "}} == packages


def test_the_pythons_it_names_are_those_of_every_setting():
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    tested = [tuple(map(int, name.split("."))) for name in workflow["jobs"]["test"]["strategy"]["matrix"]["python"]]
    first, last = min(tested), max(tested)
    assert pyproject["project"]["requires-python"] == f">=3.{first[1]},<3.{last[1] + 1}"
    assert pyproject["project"]["version"] == __version__
    assert pyproject["tool"]["ruff"]["target-version"] == f"py3{first[1]}"
    assert [minor for _, minor in tested] == list(range(first[1], last[1] + 1))
    assert "They need Python 3.11, 3.12 or 3.13" in README
    assert f"on Python 3.{first[1]} to 3.{last[1]}" in README
    usual = (PROJECT / ".python-version").read_text(encoding="utf-8").strip()
    assert f"PYTHON ?= python{usual}\n" in (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert (PROJECT / ".binder" / "runtime.txt").read_text(encoding="utf-8") == f"python-{usual}\n"


def test_the_transformers_it_names_are_colabs_and_the_locked_one():
    locked = json.loads((PROJECT / "Pipfile.lock").read_text(encoding="utf-8"))["default"]["transformers"]["version"]
    minor = ".".join(locked.removeprefix("==").split(".")[:2])
    colab = ".".join(INSTALLED["transformers"].split(".")[:2])
    assert re.search(rf"transformers from {colab}, which Colab has,\s+to {minor}, which is locked", README)


def test_every_target_it_speaks_of_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    blocks = "\n".join(re.findall(r"^    (make .+)", README, re.MULTILINE))
    lines = [line.partition("#")[0] for line in [*blocks.splitlines(), *re.findall(r"`(make [^`]+)`", README)]]
    words = {word for line in lines for word in line.split()[1:] if re.fullmatch(r"[a-z-]+", word)}
    assert words <= targets


def test_the_exit_code_of_a_wrong_command_line_is_as_it_says(here, capsys):
    assert main(["--config", "nowhere.yaml"]) == 2
    assert "| 2 | the command line or an input is wrong" in README
    assert list(here.iterdir()) == []


def test_every_fault_names_the_tests_that_bring_it_about():
    lines = (PROJECT / "docs" / "faults.md").read_text().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][2:]
    assert len(rows) >= 25
    for fault, *_, tests in rows:
        named = re.findall(r"`([\w/]+\.py)`", tests)
        assert named, fault
        assert all((PROJECT / "tests" / name).is_file() for name in named), fault
