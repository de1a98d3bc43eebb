"""Rows of files put into shared memory by hand, as a worker that has read a text leaves them."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from methcohort.engine.memory import Memory
from methcohort.rows import TextSummary
from methcohort.rows.blocks import Block, column_offsets, view_columns
from methcohort.rows.file_rows import FileRows

Site = tuple[int, int]
Values = tuple[int, int, int]
"""c, t and kind."""


def memory_in(folder: Path, limit: int = 1 << 30) -> Memory:
    """An account of memory, of which the first `limit` bytes lie in RAM."""
    return Memory(limit, folder)


def summary(**counts: Any) -> TextSummary:
    """What was read from a file of which nothing is known but these counts."""
    names = (
        "n_rows", "n_dropped_chroms", "n_dropped_uncovered", "n_dropped_duplicates",
        "n_summed_duplicates", "n_disagree", "disagree_line", "n_lines", "largest", "size",
    )  # fmt: skip
    return TextSummary(**(dict.fromkeys(names, 0) | {"sha256": ""} | counts))


def level(c: int, t: int) -> np.float32:
    """The percentage that a text with these counts has."""
    return np.float32(100.0 * c / (c + t)) if c + t else np.float32(np.nan)


def put_rows(
    memory: Memory,
    table: dict[Site, Values],
    cuts: Sequence[int] = (),
    *,
    with_pct: bool = True,
    with_kind: bool = True,
    wide: bool = False,
) -> FileRows:
    """Put rows, by chromosome number and position, into blocks that end before the rows `cuts`."""
    keys = sorted(table)
    edges = sorted({0, len(keys), *(cut for cut in cuts if 0 < cut < len(keys))})
    blocks = []
    for start, stop in itertools.pairwise(edges):
        chosen = [table[key] for key in keys[start:stop]]
        wide = wide or max(max(row[:2]) for row in chosen) > 65535
        form = {"wide": wide, "with_pct": with_pct, "with_kind": with_kind}
        extent = memory.reserve(column_offsets(stop - start, **form)[-1])
        blocks.append(Block(extent, stop - start, **form))
        columns = view_columns(memory.arenas.map(extent), blocks[-1], np.empty((0, 2), np.int32))
        columns.pos[:] = [pos for _, pos in keys[start:stop]]
        columns.c[:], columns.t[:] = ([row[k] for row in chosen] for k in (0, 1))
        if with_kind:
            columns.kind[:] = [row[2] for row in chosen]
        if with_pct:
            columns.pct[:] = [level(*row[:2]) for row in chosen]
    chroms = [chrom for chrom, _ in keys]
    first = [k for k in range(len(keys)) if k == 0 or chroms[k] != chroms[k - 1]]
    runs = np.array([(n, k) for n, k in enumerate(first)], np.int64).reshape(-1, 2)
    names = [f"chr{chroms[k]}" for k in first]
    largest = max((max(row[:2]) for row in table.values()), default=0)
    return FileRows(tuple(blocks), runs, names, summary(n_rows=len(keys), largest=largest))


def get_rows(memory: Memory, rows: FileRows) -> tuple[dict[Site, Values], dict[Site, np.float32]]:
    """The rows by chromosome number and position, and their percentages; they are in order."""
    views = [
        view_columns(memory.arenas.map(block.extent), block, np.empty((0, 2), np.int32))
        for block in rows.blocks
    ]
    pos, pct, c, t, kind = (
        [value for view in views for value in view.values()[k].tolist()] for k in range(5)
    )
    stops = [*rows.runs[1:, 1].tolist(), len(pos)][: len(rows.runs)]
    keys: list[Site] = []
    for (name, first), stop in zip(rows.runs.tolist(), stops, strict=True):
        keys += [(int(rows.names[name].removeprefix("chr")), p) for p in pos[first:stop]]
    assert keys == sorted(set(keys))
    return (
        dict(zip(keys, zip(c, t, kind, strict=True), strict=True)),
        dict(zip(keys, map(np.float32, pct), strict=False)),
    )
