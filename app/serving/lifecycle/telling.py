"""Old data and new as the notebook of a round shows them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.lab.datasets import Examples
from app.serving.lifecycle.merging import Merged
from app.serving.store.records import Example

__all__ = ["describe_new", "describe_splits"]


def describe_splits(data: Examples, merged: Merged) -> pd.DataFrame:
    """Rows of each split before and now, and what became of the new ones."""
    rows = {name: (len(split), len(merged.splits[name])) for name, split in data.splits.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["before", "now"])
    table.loc["new texts that test or validation has already", "now"] = merged.known
    table.loc["old rows of train with another label, which gave way", "now"] = merged.corrected
    table.loc["new rows with a label that the data have not", "now"] = merged.unknown
    return table.map(lambda count: "" if pd.isna(count) else f"{int(count):,}")


def describe_new(labelled: Sequence[Example], rows: int) -> pd.DataFrame:
    """Some of what people have put right: the text, and the label it should have had."""
    some = labelled[-rows:]
    return pd.DataFrame({"text": [" / ".join(item.texts) for item in some], "label": [item.label for item in some]})
