"""One pass over a selection: workers sum a range of sites each, the parent joins and writes."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import BudgetError
from ..engine import Resources
from ..select import Selection, stream
from ..store import StoreReader
from ..store.schema import BLOCK_SITES
from .bins import Bins, Listed, TiledBlock, Tiles, no_bins
from .outputs import ARROW_BYTES, PARQUET, Sink, convert
from .sums import N_SITES, N_SUMS, no_sums
from .tables import STATS, Column, Form

_CELLS: Final = 1 << 18
"""Cells of a table that are made at the same time."""

_VALUE_BYTES: Final = 60
"""Memory that a value of a sample at a site takes while sums are made of it."""

_BIN_BYTES: Final = 180
"""The same of a bin and column: its sums, running sums and cells."""

_RESULT_BYTES: Final = 128
"""The same of a bin and column that is done: sums of 32 bytes, or the cells of a row."""


class Groups(NamedTuple):
    """Samples that are pooled: their order, and where each group begins in it."""

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]

    def pool(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the sums of the samples of each group, int64[n_groups, n_sites]."""
        found: npt.NDArray[Any] = np.add.reduceat(
            values[self.order], self.starts, axis=0, dtype=np.int64
        )
        return found


class Table(NamedTuple):
    """What workers need for one scheme.

    Attributes
    ----------
    bins : of the scheme
    form, format : how its table is laid out, and written
    """

    bins: Listed | Tiles
    form: Form
    format: str

    def rows(self, places: Sequence[Column], bins: Bins) -> Iterator[Any]:
        """Yield bins as they are written, some at a time."""
        n = len(bins.numbers)
        step = self.form.rows_at_once(_CELLS)
        for start in range(0, max(1, n), step):
            part = slice(start, start + step)
            some = [column._replace(values=column.values[part]) for column in places]
            columns = self.form.table(some, bins.sums[:, :, part])
            yield convert(columns, self.format, self.form.value)


def _tile_rows(table: Table, tiles: Tiles, store: StoreReader, bins: Bins) -> list[Any]:
    """Return tiles as they are written, without those of fewer sites than are asked for."""
    keep = bins.sums[N_SITES].max(axis=0, initial=0) >= table.form.min_sites
    if not keep.all():
        bins = Bins(bins.numbers[keep], bins.sums[:, :, keep])
    chrom, start, end = tiles.limits(store, bins.numbers)
    return list(table.rows([Column(chrom, store.chroms), Column(start), Column(end)], bins))


class _Found(NamedTuple):
    """The tiles of a block, those that are complete already as they are written."""

    block: TiledBlock
    rows: list[Any]


def sum_part(
    part: Selection, groups: Groups | None, tables: Sequence[Table]
) -> list[list[Bins | _Found]]:
    """Return what a range of sites adds to each table; nothing where no site is selected."""
    found = []
    for block in part.blocks(("c", "t"), BLOCK_SITES):
        c, t = block.values["c"], block.values["t"]
        if groups is not None:
            c, t = groups.pool(c), groups.pool(t)
        of_block: list[Bins | _Found] = []
        for table in tables:
            if isinstance(table.bins, Listed):
                of_block.append(table.bins.sums(block, c, t))
                continue
            tiled = table.bins.sums(part.store, block, c, t)
            rows = _tile_rows(table, table.bins, part.store, tiled.middle)
            of_block.append(_Found(tiled._replace(middle=no_bins(len(c))), rows))
        found.append(of_block)
    return found


class ListedTable:
    """The table of bins that are listed: their sums are kept until all sites are done."""

    def __init__(self, table: Table, places: Sequence[Column], n_bins: int) -> None:
        self.table = table
        self._places = places
        self._sums = no_sums(len(table.form.columns), n_bins)

    def take(self, _store: StoreReader, found: Bins, _sink: Sink) -> None:
        """Add what some sites have."""
        self._sums[:, :, found.numbers] += found.sums

    def end(self, _store: StoreReader, sink: Sink) -> None:
        """Write all rows."""
        bins = Bins(np.arange(self._sums.shape[2]), self._sums)
        for rows in self.table.rows(self._places, bins):
            sink.write(rows)


class TilesTable:
    """The table of tiles: written as they are complete; those that go on are kept."""

    def __init__(self, table: Table, tiles: Tiles) -> None:
        self.table = table
        self._tiles = tiles
        self._open = no_bins(len(table.form.columns))

    def take(self, store: StoreReader, found: _Found, sink: Sink) -> None:
        """Add what some sites have, and write what is complete with it."""
        head, _, tail, after = found.block
        done, rest = self._open.with_sums_of(head).cut(after)
        for rows in (*_tile_rows(self.table, self._tiles, store, done), *found.rows):
            sink.write(rows)
        self._open = rest.with_sums_of(tail)

    def end(self, store: StoreReader, sink: Sink) -> None:
        """Write what is left; also where there are no tiles at all."""
        for rows in _tile_rows(self.table, self._tiles, store, self._open):
            sink.write(rows)


def write_tables(
    chosen: Selection,
    groups: Groups | None,
    tables: Sequence[ListedTable | TilesTable],
    sinks: Sequence[Sink],
    resources: Resources,
) -> None:
    """Sum all sites of a selection, and write the tables.

    Raises
    ------
    BudgetError
        Where the memory is too small.
    StoreError, WorkerError
        As `stream`.
    """
    plans = [one.table for one in tables]
    span, task_bytes, result_bytes = _fitting(chosen, plans, resources)
    results = stream(
        chosen, sum_part, resources, groups, plans,
        title="summarise", span=span, task_bytes=task_bytes, result_bytes=result_bytes,
    )  # fmt: skip
    for blocks in results:
        for found in blocks:
            for table, one, sink in zip(tables, found, sinks, strict=True):
                table.take(chosen.store, one, sink)
    for table, sink in zip(tables, sinks, strict=True):
        table.end(chosen.store, sink)


def _fitting(
    chosen: Selection, plans: Sequence[Table], resources: Resources
) -> tuple[int, int, int]:
    """Return of how many sites a task fits the memory, and the bytes of it and of its result."""
    n_columns = len(plans[0].form.columns)
    kept = _kept_bytes(plans, n_columns)
    if kept > max(0, resources.memory) // 2:
        message = (
            f"the sums of all regions and samples take {kept / 1e6:,.0f} MB; expected at most half "
            f"of the memory of {resources.memory / 1e6:,.0f} MB; give more --memory, or fewer "
            "regions or samples"
        )
        raise BudgetError(message)
    span = BLOCK_SITES
    while True:
        n_bins = sum(_most_bins(plan.bins, chosen.store.n_sites, span) for plan in plans)
        task = len(chosen.samples) * span * _VALUE_BYTES + n_columns * n_bins * _BIN_BYTES
        result = n_columns * n_bins * _RESULT_BYTES + kept // resources.window
        if span == 1 or task <= resources.room(result * resources.window):
            return span, task, result
        span //= 2


def _most_bins(bins: Listed | Tiles, n_sites: int, span: int) -> int:
    return span * bins.overlap if isinstance(bins, Tiles) else bins.most(n_sites, span)


def _kept_bytes(plans: Sequence[Table], n_columns: int) -> int:
    """Return the bytes of what is kept until the end, and of the library for Parquet."""
    n_bins = sum(len(plan.bins.ranges) for plan in plans if isinstance(plan.bins, Listed))
    cells = _CELLS * len(STATS) * 8
    packing = ARROW_BYTES if any(plan.format == PARQUET for plan in plans) else 0
    return n_bins * n_columns * N_SUMS * 8 + cells + packing
