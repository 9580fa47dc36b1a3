"""What `test_faults_disk.py` has done on a small disk: `python disk_faults.py FOLDER` prints what came of it."""

import errno
import json
import subprocess
import sys
from pathlib import Path

from app.bench.forkserver import REPORT_ALONE
from app.bench.kernels import kernel_environment
from app.bench.warm import WarmParent
from app.report.page.pages import render_page
from app.results import read_result
from tests.bench.faults import GOOD, Bench, digest_folder

FILL = """
import os
def fill(path):
    with open(path, 'wb', buffering=0) as file:
        try:
            while True:
                file.write(os.urandom(4096))
        except OSError:
            pass
"""
CASES = {
    "the cell fills it and fails": f"{FILL}fill('full')\nopen('more', 'wb').write(bytes(100_000))",
    "the notebook": f"{FILL}fill('full')\nprint('x' * 500_000)",
    "predictions and result": f"{FILL}fill('full')\n{GOOD}",
    "what the run itself has left": f"{FILL}fill(f'{{run_folder}}/full')\n{GOOD}",
}


def main() -> None:
    disk = Path(sys.argv[1])
    found = {}
    parent = WarmParent({**kernel_environment(), "TMPDIR": "/tmp"}, REPORT_ALONE)
    parent.wait_until_ready(lambda: False)
    bench = Bench(disk / "reports", parent)
    bench.folder.mkdir()
    bench.carry_out(GOOD, "done-00000000")
    done = bench.run_folder("done-00000000")
    before = digest_folder(done.path)

    def note(name, result, run_id="x-0000000a"):
        record = read_result(bench.run_folder(run_id).result)
        found[name] = {
            "status": result.status,
            "kind": result.error.kind if result.error else "",
            "message": result.error.message if result.error else "",
            "recorded": record == result,
            "intact": digest_folder(done.path) == before,
        }

    for name, body in CASES.items():
        body = body.replace("'full'", repr(str(disk / "full")))
        note(name, bench.carry_out(body.replace("'more'", repr(str(disk / "more"))), retries=0))
        if name == "the notebook":
            found["page"] = render_on_a_full_disk(bench)
        (disk / "full").unlink(missing_ok=True)
    note("with room again", bench.carry_out(GOOD))
    # a mount of its own over the disk: that itself is in use, and cannot be made read-only
    turns = (["mount", "--bind", str(disk), str(disk)], ["mount", "-o", "remount,bind,ro", str(disk)])
    turn = f"import subprocess\nfor words in {turns!r}:\n    subprocess.run(words, check=True)\n"
    result = bench.carry_out(f"{turn}{GOOD}", "x-0000000b", retries=0)
    note("read-only in mid-run", result, "x-0000000b")
    subprocess.run(["umount", str(disk)], check=True)
    note("writable again", bench.carry_out(GOOD, "x-0000000b"), "x-0000000b")
    found["checkpoint"] = keep_on_a_full_disk(disk / "checkpoint")
    parent.close()
    json.dump(found, sys.stdout)


def keep_on_a_full_disk(folder: Path) -> dict:
    """A checkpoint that finds no room leaves the one before as it is."""
    import torch

    from app.lab.snapshots import read_snapshot, write_snapshot

    write_snapshot(folder, {"step": 1, "weights": torch.zeros(1000)}, 1)
    try:
        write_snapshot(folder, {"step": 2, "weights": torch.zeros(1_000_000)}, 2)
    except OSError as error:
        files = sorted(path.name for path in folder.iterdir())
        return {"error": str(error), "kept": read_snapshot(folder)["step"], "files": files}
    return {}


def render_on_a_full_disk(bench: Bench) -> dict:
    """A page that finds no room leaves the one before as it is."""
    done = bench.run_folder("done-00000000")
    place = bench.folder / "page.html"
    place.write_text("the page before")
    fill = bench.folder / "more"
    try:
        with fill.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        pass
    try:
        render_page(done.notebook, place, title="x", home="")
    except OSError as error:
        return {"error": errno.errorcode[error.errno], "page": place.read_text()}
    finally:
        fill.unlink()
        debris = [path.name for path in bench.folder.glob(".page*")]
        assert not debris, debris
    return {}


if __name__ == "__main__":
    main()
