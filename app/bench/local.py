"""The runs of a plan on this machine, so many at a time."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.places import Place
from app.bench.plan import Run
from app.bench.shares import share_environment
from app.bench.source import Source
from app.bench.warm import WarmParent
from app.layout import ATTEMPT_VARIABLE, CHECKPOINT_VARIABLE, EXCLUSIVE_VARIABLE, SLICES_VARIABLE
from app.results import RunResult

__all__ = ["open_places", "run_locally"]

_TICK_SECONDS = 0.25


@contextlib.contextmanager
def open_places(
    workers: int,
    *,
    machine: Machine,
    parent: WarmParent | None,
    watch: Watch,
    logs: Path,
    service: Callable[[], Mapping[str, str]],
    slices: Sequence[str] = (),
    checkpoint: str | int | None = None,
) -> Iterator[tuple[Place, ...]]:
    """A place for each worker, with its share of the machine.

    `service` gives what leads to a shared W&B service; `slices` are the columns that kernels keep beside the texts;
    `checkpoint` says how often they keep their training to go on from.
    """

    def open_place(worker: int) -> Place:
        share = share_environment(worker, workers)
        told = {EXCLUSIVE_VARIABLE: str(int(workers == 1)), ATTEMPT_VARIABLE: "1"}
        told |= {SLICES_VARIABLE: json.dumps(list(slices))} if slices else {}
        told |= {CHECKPOINT_VARIABLE: str(checkpoint)} if checkpoint else {}

        def environment() -> Mapping[str, str]:
            return {**service(), **machine.environment(), **share, **told}

        return Place(machine=machine, parent=parent, watch=watch, logs=logs, environment=environment)

    places = tuple(open_place(worker) for worker in range(workers))
    try:
        yield places
    finally:
        for place in places:
            place.close()


def run_locally(
    source: Source,
    execute: Callable[[Run, Place], RunResult | None],
    *,
    places: Sequence[Place],
    watch: Watch,
    has_room: Callable[[Sequence[int]], bool],
    on_start: Callable[[Run], None],
    on_tick: Callable[[Sequence[Run]], None],
) -> Generator[tuple[Run, RunResult]]:
    """Yield each run with its record as it ends.

    Args:
        source: gives the runs that are to be made, one whenever a worker is free.
        execute: carries out one run at a place, in a thread of its own (the work itself is in a kernel).
        places: as many as runs may be under way.
        watch: stopped when the caller is interrupted or closes the iterator, so that no kernel lives on.
        has_room: whether the machine has memory for one more beside kernels of these process ids; one runs anyway.
        on_start: told when a run begins.
        on_tick: told of the runs under way, a few times a second.
    """
    free = list(reversed(places))
    under_way: dict[Future[RunResult | None], tuple[Run, Place]] = {}
    with ThreadPoolExecutor(max_workers=len(places), thread_name_prefix="run") as pool:
        try:
            while source.left or under_way:
                busy = [place.pid for _, place in under_way.values()]
                is_open = source.left and free and (not busy or has_room([pid for pid in busy if pid is not None]))
                run = source.take() if is_open else None
                if run is not None:
                    place = free.pop()
                    on_start(run)
                    under_way[pool.submit(execute, run, place)] = (run, place)
                    # those who still wait will come to whichever place is free next
                    for _, occupied in under_way.values():
                        occupied.expects_more = source.left >= len(under_way)
                    if source.left and free:
                        continue
                if not under_way:
                    time.sleep(_TICK_SECONDS if source.left else 0)
                ended, _ = wait(under_way, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
                on_tick(tuple(run for run, _ in under_way.values()))
                for future in ended:
                    run, place = under_way.pop(future)
                    free.append(place)
                    result = future.result()
                    if result is not None:
                        yield run, result
        finally:
            watch.stop()  # an interrupt may come at any point above
