"""A record as a machine would leave it."""

from datetime import UTC, datetime

from benchmarks.record import Entry, Line, Machine, Record, Section

MACHINE = Machine(
    cpu="Some(R) CPU @ 2.50GHz",
    cores=2,
    memory_bytes=24 * 2**30,
    gpu=None,
    bf16_in_hardware=False,
    system="Linux x86_64",
    versions={"python": "3.11.7", "torch": "2.13.0"},
    matrix_flops={"fp32": 232e9},
)
TRAINING = Line(
    name="minilm-l6, short",
    unit="rows/s",
    entries=(
        Entry(who="this project", values=(300.0, 100.0, 200.0), precision="fp32", share_of_limit=0.34),
        Entry(who="another", values=(100.0, 50.0, 50.0), peak_memory_bytes=2**30),
    ),
)
PLAN = Line(name="plan", unit="s", entries=(Entry(who="this driver", values=(1.25,), target=2.0),))


def section(*lines: Line, repeats: int = 3) -> Section:
    return Section(
        measured=datetime(2026, 11, 2, tzinfo=UTC),
        revision="1a2b3c4",
        quick=repeats == 1,
        repeats=repeats,
        load=0.25,
        note="the door was open",
        lines=lines,
    )


RECORD = Record(machine=MACHINE, sections={"driver": section(PLAN, repeats=1), "training": section(TRAINING)})
