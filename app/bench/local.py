"""The runs of a plan on this machine, so many at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from app.bench.notebooks import Watch
from app.bench.plan import Run
from app.results import RunResult

__all__ = ["run_locally"]

_TICK_SECONDS = 0.25


def run_locally(
    runs: Sequence[Run],
    execute: Callable[[Run], RunResult | None],
    *,
    workers: int,
    watch: Watch,
    on_start: Callable[[Run], None],
    on_tick: Callable[[Sequence[Run]], None],
) -> Generator[tuple[Run, RunResult]]:
    """Yield each run with its record as it ends.

    Args:
        runs: what is still to do, in order.
        execute: carries out one run, in a thread of its own (the work itself is in a kernel).
        workers: runs at a time.
        watch: stopped when the caller is interrupted or closes the iterator, so that no kernel lives on.
        on_start: told when a run begins.
        on_tick: told of the runs under way, a few times a second.
    """
    waiting = list(reversed(runs))
    under_way: dict[Future[RunResult | None], Run] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="run") as pool:
        try:
            while waiting or under_way:
                while waiting and len(under_way) < workers:
                    run = waiting.pop()
                    on_start(run)
                    under_way[pool.submit(execute, run)] = run
                ended, _ = wait(under_way, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
                on_tick(tuple(under_way.values()))
                for future in ended:
                    run = under_way.pop(future)
                    result = future.result()
                    if result is not None:
                        yield run, result
        finally:
            watch.stop()  # an interrupt may come at any point above
