"""What `test_store_faults.py` has done on a small disk: `python store_faults.py FOLDER` prints what came of it."""

import json
import subprocess
import sys
from pathlib import Path

from app.serving.store.store import Store
from tests.serving.store.rows import make_rows


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def state(store: Store) -> dict:
    return {"lost": store.lost, "trouble": store.trouble, "rows": len(store.read())}


def main() -> None:
    disk = Path(sys.argv[1])
    store = Store(disk / "served" / "predictions.db", max_rows=500, keep_texts=True)
    found = {}
    store.record(make_rows(0, 100))
    fill(disk / "full")
    found["what was lost"] = sum(store.record(make_rows(at, at + 100)) for at in range(100, 2000, 100))
    found["feedback on a full disk"] = store.feedback("x", "no", ["z" * 50_000])
    found["full"] = state(store)
    (disk / "full").unlink()
    store.record(make_rows(2000, 2100))
    found["with room again"] = state(store)

    # a disk that was full from the beginning: serving starts, and its store begins when it can
    fill(disk / "full")
    late = Store(disk / "late" / "predictions.db")
    late.record(make_rows(0, 10))
    found["full from the beginning"] = state(late)
    (disk / "full").unlink()
    late.record(make_rows(10, 20))
    found["begun late"] = state(late)

    subprocess.run(["mount", "--bind", disk, disk], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", disk], check=True)
    locked = Store(disk / "served" / "predictions.db", max_rows=500, keep_texts=True)
    locked.record(make_rows(3000, 3010))
    found["read-only"] = {"lost": locked.lost, "trouble": locked.trouble}
    subprocess.run(["mount", "-o", "remount,bind,rw", disk], check=True)
    locked.record(make_rows(3010, 3020))
    found["writable again"] = state(locked)
    store.close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
