"""What runs said of the rows of a split, as arrays that line up: each sample can score its runs on any resample."""

from app.report.statistics.samples.reading import read_sample
from app.report.statistics.samples.sample import Floats, Sample

__all__ = ["Floats", "Sample", "read_sample"]
