"""Writing one text file of all samples: workers make text of ranges of sites, the parent joins."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Resources
from ..select import Selection, stream
from ..store.schema import BLOCK_SITES
from ..writers import EOF, Compressed, TabixIndex, compress, format_rows
from .formats import MATRIX_TEXTS, Cohort, Style

_CELL_BYTES = 160
"""Memory that a value of a sample at a site takes while it becomes text."""

_MOST_CELLS = 1 << 20
"""Values of samples at sites that become text as one piece."""


class Table(NamedTuple):
    """What is written: the format by its name, what is chosen of it, and what its head says."""

    format: str
    style: Style
    cohort: Cohort
    bgzf: bool
    indexed: bool


class Piece(NamedTuple):
    """The text of some sites, and where its rows are."""

    data: Compressed | bytes
    starts: npt.NDArray[np.int64]
    chrom: npt.NDArray[np.int32]
    pos: npt.NDArray[np.int32]


def write_matrix(
    selection: Selection,
    table: Table,
    file: BinaryIO,
    index: Path | None,
    resources: Resources,
) -> int:
    """Write the table; return its number of rows."""
    form = MATRIX_TEXTS[table.format]
    head = form.header(table.cohort, table.style).encode()
    at = file.write(compress(head).data if table.bgzf else head)
    rows = TabixIndex(selection.chroms, form.preset) if index and form.preset else None
    n_rows = 0
    for piece in _pieces(selection, table, resources):
        n_rows += len(piece.pos)
        if isinstance(piece.data, bytes):
            file.write(piece.data)
            continue
        if rows is not None:
            places = piece.data.places(piece.starts, at)
            rows.add(piece.chrom, piece.pos - 1, piece.pos, places)
        at += file.write(piece.data.data)
    if table.bgzf:
        file.write(EOF)
    if rows is not None and index is not None:
        index.write_bytes(rows.data())
    return n_rows


def _pieces(selection: Selection, table: Table, resources: Resources) -> Iterator[Piece]:
    n_samples = max(1, len(selection.samples))
    width = selection.store.chunk[1]
    # Of the store and its samples alone, since pieces are compressed apart.
    span = max(width, min(BLOCK_SITES, _MOST_CELLS // n_samples // width * width))
    cells = span * n_samples
    return stream(
        selection, format_part, resources, table,
        title="export", span=span, task_bytes=_CELL_BYTES * cells, result_bytes=24 * cells,
    )  # fmt: skip


def format_part(part: Selection, table: Table) -> Piece:
    """Return the text of a part."""
    form = MATRIX_TEXTS[table.format]
    block = next(part.blocks(form.layers(table.style), BLOCK_SITES * 64), None)
    if block is None:
        none = np.zeros(0, np.int32)
        return Piece(compress(b"") if table.bgzf else b"", np.zeros(1, np.int64), none, none)
    rows = format_rows(form.columns(block, table.cohort, table.style))
    data = compress(rows.text) if table.bgzf else rows.text.tobytes()
    if not table.indexed:
        none = np.zeros(0, np.int32)
        return Piece(data, np.zeros(1, np.int64), none, block.pos)
    return Piece(data, rows.starts, block.chrom, block.pos)
