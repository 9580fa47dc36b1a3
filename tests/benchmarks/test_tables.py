"""The table says what was measured, and stands in the README as the program wrote it."""

import pytest

from benchmarks.__main__ import FOLDER, SECTIONS
from benchmarks.record import read_record
from benchmarks.tables import BEGIN, END, TITLES, render_record, render_records, update_document
from tests.benchmarks.made import RECORD


def test_a_record_is_a_table_for_each_section():
    text = render_record(RECORD)
    assert "no bf16 in hardware" in text
    assert "fp32 232 GFLOP/s" in text
    assert text.index("### Training") < text.index("### The driver alone")
    assert (
        "at revision 1a2b3c4; median of 3 rounds; other programs took 0.2 cores as it began; the door was open." in text
    )
    assert "one round, --quick" in text


def test_a_row_has_median_spread_and_ratio():
    rows = [line for line in render_record(RECORD).splitlines() if line.startswith("|")]
    assert rows[:2] == [
        "| what | by | median | lowest to highest | ours is faster by | peak memory | of the limit |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    assert rows[2] == "| minilm-l6, short | this project | 200 rows/s | 100 to 300 |  |  | 34 % of fp32 |"
    assert rows[3] == "|  | another | 50.0 rows/s | 50.0 to 100 | 3.00x (2.00 to 4.00) | 1,024 MiB |  |"


def test_columns_that_nothing_stands_in_are_left_out():
    rows = [line for line in render_record(RECORD).splitlines() if line.startswith("|")]
    assert rows[4:] == [
        "| what | by | median |",
        "| --- | --- | ---: |",
        "| plan | this driver | 1.25 s (to stay under: 2.00) |",
    ]


def test_the_table_replaces_what_stood_between_the_markers(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    update_document(path, "one")
    update_document(path, "two")
    assert path.read_text() == f"before\n{BEGIN}\n\ntwo\n\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_document_without_its_markers_is_left_alone(tmp_path, text):
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(ValueError, match="once each"):
        update_document(path, "table")
    assert path.read_text() == text


def test_every_section_has_a_title():
    assert list(SECTIONS) == list(TITLES)


def test_the_machine_measured_last_comes_first_and_one_without_a_section_not_at_all():
    def record(cpu, day):
        sections = {
            name: section.model_copy(update={"measured": section.measured.replace(day=day or 1)})
            for name, section in RECORD.sections.items()
        }
        return RECORD.model_copy(
            update={"machine": RECORD.machine.model_copy(update={"cpu": cpu}), "sections": sections if day else {}}
        )

    text = render_records([record("earlier", 2), record("latest", 3), record("empty", 0)])
    assert text.startswith("### latest, ")
    assert text.index("### latest, ") < text.index("### earlier, ")
    assert "empty" not in text


def test_the_readme_shows_the_records_as_they_are():
    shown = (FOLDER / "README.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()
    records = [read_record(path) for path in sorted((FOLDER / "results").glob("*.json"))]
    assert records
    assert None not in records
    assert shown == render_records(records)
