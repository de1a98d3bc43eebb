"""Large files are cut into spans, so that several workers read one, and joined again.

Spans join where all rows are in order, across the cuts too. Anything else (a fault, rows out of
order, a site given twice) is for the reader of the whole file, which is then read again: what a
file means, and which line a message names, does not depend on how it was cut.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np

from ..engine import Memory
from ..files import cut
from ..rows import FileRows, TextSummary, view_columns
from .load import LoadTask

SPANS_PER_WORKER: Final = 8
"""Spans that a cohort is cut into for each worker, so that all end at about the same time."""

LEAST_ROWS: Final = 1 << 20
"""Rows that a span should have at least; for fewer, cutting costs more than it gives."""

_GZIP_ROW_BYTES: Final = 5.5
_TEXT_ROW_BYTES: Final = 25.0
"""Bytes of a row of Bismark coverage, about, compressed and not."""

_ADDED: Final = tuple(one.name for one in fields(TextSummary) if one.name.startswith("n_"))
"""Members of a summary that are sums over rows or lines."""


def expected_rows(path: str, size: int) -> float:
    """Return how many rows a file of such a name and size, in bytes, is likely to have."""
    return size / (_GZIP_ROW_BYTES if path.endswith(("gz", "bgz")) else _TEXT_ROW_BYTES)


def plan_spans(tasks: Sequence[LoadTask], n_workers: int) -> list[list[LoadTask]]:
    """Return the tasks of the spans of each file: none where it is to be loaded whole."""
    rows = [expected_rows(task.path, task.size) for task in tasks]
    share = max(LEAST_ROWS, sum(rows) / (SPANS_PER_WORKER * max(1, n_workers)))
    return [
        [replace(task, span=span) for span in cut(task.path, round(n / share))]
        if n_workers > 1 and round(n / share) > 1
        else []
        for task, n in zip(tasks, rows, strict=True)
    ]


def join(memory: Memory, spans: Sequence[FileRows]) -> FileRows | None:
    """Return the rows of all spans of a file, or None where they are not in order together."""
    names = list(dict.fromkeys(name for span in spans for name in span.names))
    number = {name: k for k, name in enumerate(names)}
    tables, first = [np.empty((0, 2), np.int64)], 0
    last: tuple[int, int] | None = None
    for span in spans:
        if span.n_rows == 0:
            continue
        table = span.runs.copy()
        table[:, 0] = np.array([number[name] for name in span.names])[table[:, 0]]
        table[:, 1] += first
        start, end = _end_positions(memory, span)
        if last is not None and last[0] == table[0, 0]:  # the cut is within a chromosome
            if start <= last[1]:
                return None
            last = int(table[-1, 0]), end
            table = table[1:]
        else:
            last = int(table[-1, 0]), end
        tables.append(table)
        first += span.n_rows
    runs = np.concatenate(tables)
    if len(np.unique(runs[:, 0])) < len(runs):  # a chromosome comes back after another
        return None
    blocks = tuple(block for span in spans for block in span.blocks)
    return FileRows(blocks, runs, names, _total([span.summary for span in spans]))


def _end_positions(memory: Memory, span: FileRows) -> tuple[int, int]:
    """Return the positions of the first and the last row."""
    none = np.empty((0, 2), np.int32)
    first, last = (
        view_columns(memory.arenas.map(block.extent), block, none).pos
        for block in (span.blocks[0], span.blocks[-1])
    )
    return int(first[0]), int(last[-1])


def _total(summaries: Sequence[TextSummary]) -> TextSummary:
    """Return the summary of a file from those of its spans, in order."""
    lines = np.cumsum([0, *(summary.n_lines for summary in summaries)]).tolist()
    disagree = [
        before + summary.disagree_line
        for before, summary in zip(lines, summaries, strict=False)
        if summary.n_disagree
    ]
    return replace(
        summaries[0],
        **{name: sum(getattr(summary, name) for summary in summaries) for name in _ADDED},
        largest=max(summary.largest for summary in summaries),
        disagree_line=disagree[0] if disagree else 0,
    )
