"""`make sync`: the W&B runs below reports/ that were kept offline, or not sent whole, are uploaded, once each."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from app.lab.tracking import has_credentials
from app.results import read_results

__all__ = ["find_unsent", "main"]

AT_ONCE = 200  # folders that one call of wandb is given: a command line has an end


def main() -> int:
    """Upload what `find_unsent` finds.

    Returns:
        0 all of it was sent; 1 some was not, and the same command tries again; 2 there are no credentials.
    """
    unsent = find_unsent(Path("reports"))
    if not unsent:
        print("no W&B run below reports/ is waiting to be sent")
        return 0
    if not has_credentials():
        print(
            f"{len(unsent)} W&B runs wait, and there are no credentials: wandb login, or WANDB_API_KEY", file=sys.stderr
        )
        return 2
    for start in range(0, len(unsent), AT_ONCE):
        folders = map(str, unsent[start : start + AT_ONCE])
        words = [sys.executable, "-m", "wandb", "sync", "--yes", "--include-online", *folders]
        if subprocess.run(words, check=False).returncode:
            return 1
    return 0


def find_unsent(reports: Path) -> list[Path]:
    """The folders of W&B runs that are not with W&B: those of offline runs, and those that a result tells of.

    An online run that W&B has not taken whole is known by its result alone, where its mode is `offline`.
    """
    return sorted({folder for folder in (*_kept_offline(reports), *_not_taken(reports)) if not _is_sent(folder)})


def _kept_offline(reports: Path) -> Iterator[Path]:
    return itertools.chain(*(reports.glob(f"{depth}/wandb/wandb/offline-run-*") for depth in ("*", "*/*")))


def _not_taken(reports: Path) -> Iterator[Path]:
    records = itertools.chain(*(reports.glob(f"{depth}/runs/*/result.json") for depth in ("*", "*/*")))
    for result in read_results(list(records)):
        if result is not None and result.wandb is not None and result.wandb.mode == "offline":
            folder = Path(result.wandb.path)
            if folder.is_dir():
                yield folder


def _is_sent(folder: Path) -> bool:
    return any(folder.glob("*.wandb.synced"))  # wandb leaves it there when it has sent all


if __name__ == "__main__":
    sys.exit(main())
