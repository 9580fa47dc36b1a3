"""A process of a kernel as this project starts it: ipykernel, whose cells put out no more at once than anyone reads."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["start_kernel"]

_TEXT_BYTES = 1 << 20  # of one call of print: the driver keeps no more of a whole cell
_DISPLAY_BYTES = 16 << 20  # of one figure or table


def start_kernel(connection_file: Path, options: Sequence[str] = ()) -> None:
    """Be a kernel until told to end; `options` are ipykernel's."""
    from ipykernel.kernelapp import IPKernelApp

    _bound_prints()
    _bound_displays()
    sys.argv = ["ipykernel_launcher", "-f", str(connection_file)]
    IPKernelApp.launch_instance(argv=["-f", str(connection_file), *options])


def _bound_prints() -> None:
    from ipykernel.iostream import OutStream

    write = OutStream.write

    def write_some(stream: OutStream, string: str) -> int | None:
        if isinstance(string, str) and len(string) > _TEXT_BYTES:
            write(stream, f"{string[:_TEXT_BYTES]}\n[left out: this is {len(string):,} characters long]\n")
            return len(string)
        written: int | None = write(stream, string)
        return written

    OutStream.write = write_some  # type: ignore[assignment, method-assign]


def _bound_displays() -> None:
    from ipykernel.zmqshell import ZMQDisplayPublisher

    publish = ZMQDisplayPublisher.publish

    def publish_some(publisher: ZMQDisplayPublisher, data: Any, *arguments: Any, **options: Any) -> None:
        size = sum(len(value) for value in data.values() if isinstance(value, str | bytes))
        if size > _DISPLAY_BYTES:
            data = {"text/plain": f"[left out: this output has {size:,} bytes]"}
        publish(publisher, data, *arguments, **options)  # type: ignore[no-untyped-call]

    ZMQDisplayPublisher.publish = publish_some  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    start_kernel(Path(sys.argv[-1]))
