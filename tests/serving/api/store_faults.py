"""What an application says of its store on a disk that is full from some moment on: run by test_recording.py.

python store_faults.py FOLDER    prints JSON; FOLDER is a small disk
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.serving.api.graphs import make_package
from tests.serving.api.serving import Served, wait_until

disk = Path(sys.argv[1])
told: dict[str, object] = {}
with (
    tempfile.TemporaryDirectory() as scratch,
    Served(make_package(Path(scratch) / "package"), disk / "mail") as served,
):

    def ask() -> int:
        return served.ask("/v1/predict", {"texts": ["where is my card"] * 32}).status_code

    told["before"] = ask()
    wait_until(served.store.read)
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    statuses = set()
    while not served.figure("serving_store_failing"):
        statuses.add(ask())
    told["while it is full"] = sorted(statuses)
    told["lost"] = served.figure("serving_store_lost_rows_total")
    said = served.ask("/v1/feedback", {"id": "0" * 32, "label": "other", "text": "x" * 20_000})
    told["feedback"] = [said.status_code, said.json()["error"]["message"]]
    ballast.unlink()
    kept = len(served.store.read())
    told["after"] = ask()
    wait_until(lambda: len(served.store.read()) > kept)
    wait_until(lambda: not served.figure("serving_store_failing"))
sys.stdout.write(json.dumps(told))
