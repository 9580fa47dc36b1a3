"""What a notebook keeps of what its cells put out: all of it, up to a bound that no reader comes to."""

from __future__ import annotations

import json
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient

__all__ = ["OUTPUT_BYTES", "TEXT_BYTES", "BoundedClient"]

TEXT_BYTES = 1 << 20  # that a cell may print
OUTPUT_BYTES = 16 << 20  # of a cell in all, figures included


class BoundedClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Executes a notebook; a cell that floods its output goes on, and the notebook says what it leaves out."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cell: int | None = None
        self._printed = self._shown = 0  # bytes of the present cell that were kept: of text, of all
        self._said = False

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Take a message of output into the cell, or as much of it as there is room for."""
        if cell_index != self._cell:
            self._cell, self._printed, self._shown, self._said = cell_index, 0, 0, False
        content, kind = msg["content"], msg["msg_type"]
        if kind == "error":  # the cause of a failure is always told
            return super().output(outs, msg, display_id, cell_index)
        is_text = kind == "stream"
        size = len(content["text"]) if is_text else len(json.dumps(content.get("data", "")))
        room = min(OUTPUT_BYTES - self._shown, TEXT_BYTES - self._printed if is_text else OUTPUT_BYTES)
        kept = size if size <= room else room if is_text else 0
        self._shown += kept
        self._printed += kept if is_text else 0
        shown = None
        if kept:
            if is_text:
                content["text"] = content["text"][:kept]
            shown = super().output(outs, msg, display_id, cell_index)
        if kept < size and not self._said:
            self._said = True
            most = f"{TEXT_BYTES >> 20} MB of text, or {OUTPUT_BYTES >> 20} MB in all"
            said = f"\n[left out from here on: this cell put out more than {most}]\n"
            outs.append(new_output("stream", name="stderr", text=said))  # type: ignore[no-untyped-call]
        return shown
