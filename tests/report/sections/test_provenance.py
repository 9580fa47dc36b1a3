"""Where the figures come from, and what stands against comparing them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from app.report.gather import Record, read_benchmark
from app.report.sections import provenance
from app.report.statistics.standings import compare
from app.results import Attempt, read_result, write_result
from tests.records import rewritten
from tests.report.golden import MACHINE, Made, make_benchmark, realistic

BASELINE = Made(
    architecture="majority",
    family="majority",
    environment=MACHINE.model_copy(update={"precision": "fp64", "torch": ""}),
)


def record_of(folder: Path, runs: list[Made]) -> Record:
    return read_benchmark(make_benchmark(folder, runs, pages=False, examples=50))


def warned(record: Record) -> str:
    return str(provenance.warnings(record, compare(record)).html)


def facts(record: Record) -> dict[str, str]:
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", str(provenance.origin_facts(record).html))
    return {name: re.sub(r"<.*?>", " ", value).strip() for name, value in found}


def test_time_machine_versions_and_data_are_told(tmp_path: Path) -> None:
    found = facts(record_of(tmp_path, realistic()))
    assert found["first run begun"] == "2026-11-02 09:30 UTC"
    assert found["last run ended"].startswith("2026-11-02 09:37 UTC")
    assert found["all runs together"] == "3.25 min 22 of 22 with a score"
    assert (found["torch"], found["git revision"], found["processor"]) == ("2.13.0", "1a2b3c4", "2 cores")
    assert found["fingerprint of the data"] == "9f2c4a17"


def test_nothing_to_warn_of_is_said(tmp_path: Path) -> None:
    assert "All runs had the same versions, revision and data" in warned(record_of(tmp_path, realistic()))


def test_a_benchmark_without_results_has_no_claims(tmp_path: Path) -> None:
    record = record_of(tmp_path, [Made(architecture="a", status="missing")])
    assert "No run has ended with a score." in warned(record)
    assert "first run begun" not in facts(record)


def test_other_revisions_and_changes_without_one_are_warned_of(tmp_path: Path) -> None:
    runs = [Made(architecture=name) for name in "abc"]
    runs[1] = replace(runs[1], environment=MACHINE.model_copy(update={"git": "5d6e7f8+"}))
    record = record_of(tmp_path, runs)
    assert "different git revisions: 1a2b3c4 (2 runs) and 5d6e7f8+ (1 run)." in warned(record)
    assert "changes that no git revision has" in warned(record)
    assert facts(record)["git revision"] == "1a2b3c4 and 5d6e7f8+ (1 run)"


def test_other_data_are_warned_of(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture=name) for name in "ab"], pages=False, examples=50)
    path = next(folder.runs.glob("a-*/result.json"))
    document = json.loads(path.read_text())
    document["dataset"]["fingerprint"] = "0000aaaa"
    path.write_text(rewritten(document))
    assert "by their fingerprints: 0000aaaa (1 run) and 9f2c4a17 (1 run)." in warned(read_benchmark(folder))


def test_the_precision_of_a_baseline_is_its_own_affair(tmp_path: Path) -> None:
    half = MACHINE.model_copy(update={"precision": "bf16"})
    record = record_of(tmp_path / "same", [BASELINE, Made(architecture="a", environment=half)])
    assert "precision" not in warned(record)
    assert facts(record)["precision"] == "bf16"
    whole = MACHINE.model_copy(update={"precision": "fp32"})
    models = [Made(architecture="a", environment=half), Made(architecture="b", environment=whole)]
    mixed = record_of(tmp_path / "mixed", [BASELINE, *models])
    assert "different values of precision: bf16 (1 run) and fp32 (1 run)" in warned(mixed)


def test_seeds_and_endings_stand_behind_each_architecture(tmp_path: Path) -> None:
    runs = [Made(architecture="a", seed=seed, training_exclusive=False) for seed in (3, 4)]
    runs += [Made(architecture="a", seed=5, status="failed"), Made(architecture="b", status="missing")]
    runs[1] = replace(runs[1], divergent="no better than chance")
    record = record_of(tmp_path, runs)
    html = provenance.run_count_table(compare(record))._repr_html_()
    text = re.sub(r"\s+", " ", re.sub(r"<.*?>", " ", html))
    assert "a 2 3, 4 1 1 failed, 0 missing no yes" in text
    assert "b 0 – 0 failed, 1 missing – –" in text


def test_attempts_that_came_to_nothing_are_told(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture="a"), Made(architecture="b")], pages=False, examples=50)
    first = next(folder.runs.glob("a-*")) / "result.json"
    result = read_result(first)
    assert result
    lost = Attempt(kind="OutOfMemory", message="tried to allocate <much>.", seconds=3.2)
    told = {"attempts": 2, "earlier_attempts": (lost,), "batch_parts": 2, "resumed_epoch": 1.5}
    write_result(result.model_copy(update=told), first)
    text = warned(read_benchmark(folder))
    assert "Attempt 1 came to nothing after 3.20 s: OutOfMemory, tried to allocate &lt;much&gt;." in text
    assert "computed in 2 parts" in text
    assert "carried on from a checkpoint, at epoch 1.5." in text
    assert text.count("<li>") == 1
