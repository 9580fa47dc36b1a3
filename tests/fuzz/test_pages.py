"""Whatever data, models and failures are called: a report of them can be made, and shows it as text."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.report.gather import read_benchmark
from app.results import RunFailure
from app.schema import NAME
from tests.report.golden import MACHINE, Made, make_benchmark
from tests.report.page.test_sanitise import PROBES, elements
from tests.report.test_report import everything

EXAMPLES = max(2, int(os.environ.get("FUZZ_EXAMPLES", "30")) // 15)  # a report takes its time
words = st.one_of(
    st.sampled_from(
        [*PROBES, "$x^{$", r"$\frac$", "_", "^", "%s", "{0}", "\\", "a" * 500, "\u202ex", "\x00\x1b[0m", " "]
    ),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
)


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    label=words,
    text=words,
    name=st.from_regex(NAME, fullmatch=True).map(lambda name: name[:64]),
    value=words,
    said=words,
)
@example(label="$x^{$", text="$$", name="a" * 64, value="\x00", said="\x1b[31m\x00")
@example(label="b" * 500, text=PROBES[0], name="_", value="\u202e", said=PROBES[5])
def test_any_word_may_stand_anywhere(tmp_path_factory, label, text, name, value, said):
    folder: Path = tmp_path_factory.mktemp("report")
    machine = MACHINE.model_copy(update={"cpu": said})
    failure = RunFailure(kind=said, message=value, cell=3)
    runs = [
        Made(architecture=name, quality=0.8),
        Made(architecture=name, quality=0.8, seed=1),
        Made(architecture="other", quality=0.6, hyperparameters={"optimizer": value}),
        Made(architecture="broken", status="failed", error=failure),
        Made(architecture="odd", quality=0.5, divergent=said),
    ]
    runs = [replace(run, environment=machine, checkpoint=text) for run in runs]
    labels = (label, label + " ")
    made = make_benchmark(folder, runs, labels=labels, texts=[text, value], question=said, examples=60, pages=False)
    html = everything(read_benchmark(made))
    for tag, attributes in elements(html):
        assert tag not in ("script", "iframe", "object", "embed", "form", "base", "style", "foreignobject")
        assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"]
        assert not re.match(r"[^/?#]*:", attributes.get("href") or "") or attributes["href"].startswith("https://")
