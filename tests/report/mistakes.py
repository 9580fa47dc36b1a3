"""The sections on mistakes as the report's notebook shows them, through the filters of its page."""

from __future__ import annotations

from collections.abc import Sequence

from app.drawing import Picture
from app.layout import BenchmarkFolder
from app.report.answers import read_answers
from app.report.examples import read_examples
from app.report.gather import Record, read_benchmark
from app.report.page.sanitise import clean_html
from app.report.page.svg import clean_svg
from app.report.sections import agreement, calibration, confusion, lengths
from app.report.sections.basis import mistake_basis
from app.report.sections.hard_examples import hard_examples
from app.report.sections.residuals import residual_figure, residual_passage
from app.report.sections.slices import slice_tables
from app.report.statistics.standings import Standing, compare

__all__ = ["mistakes_of", "show_mistakes"]


def show_mistakes(record: Record, standings: Sequence[Standing]) -> str:
    """All of them as HTML."""
    answers = read_answers(record, standings)
    examples = read_examples(record, answers)
    parts = [
        mistake_basis(record, answers, examples),
        confusion.confusion_passage(answers),
        confusion.confusion_figure(answers),
        confusion.confused_pairs(answers, examples),
        residual_passage(answers),
        residual_figure(answers),
        hard_examples(record, answers, examples),
        agreement.agreement_passage(answers),
        agreement.agreement_figure(answers),
        calibration.calibration_passage(answers),
        calibration.calibration_figure(answers),
        lengths.length_passage(record, answers, examples),
        lengths.length_figure(record, answers, examples),
        slice_tables(record, answers, examples),
    ]
    html = []
    for part in parts:
        if isinstance(part, Picture):
            drawing = clean_svg(part.svg, prefix="a-", description=part.alt)
            assert drawing is not None
            assert len(part.alt) > 40
            html.append(drawing)
        elif part is not None:
            html.append(clean_html(part._repr_html_()))
    return "".join(html)


def mistakes_of(folder: BenchmarkFolder) -> str:
    """The same of a benchmark on disk."""
    record = read_benchmark(folder)
    return show_mistakes(record, compare(record))
