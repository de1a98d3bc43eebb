"""The third step of a scattered build: the rows at a range of sites become chunks."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from ..cohort import Config, Share, resources_of
from ..core.errors import shortages_told
from ..core.log import log
from ..core.signals import signals_held
from ..engine import Memory, Pool, session
from ..matrix import PackPlan, Sites, Slot, new_grid, pack_areas, task_bytes
from ..store import Area, Grid
from ..store.schema import BLOCK_SITES, OFFSET_DTYPE, POS_DTYPE
from .order import listed_batches
from .part_file import PartFile, PartWriter, new_target
from .part_rows import Numbering, read_rows

Numbers = npt.NDArray[np.int64]


@shortages_told()
def pack_range(
    sites: str | Path,
    output: str | Path,
    range_: str,
    batches: Sequence[str | Path],
    *,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> None:
    """Pack the values of all samples at a range of the sites, and write them to a file.

    Parameters
    ----------
    sites : the file that `find_sites` wrote
    output : the file to write; an earlier one is replaced at the very end
    range_ : which of how many ranges of about as many sites each, as in "2/8"
    batches : the files of all batches, in any order
    workers, memory : as for `build`; by default those of the configuration of `find_sites`
    scratch : folder for rows that do not fit the memory; None takes that of `output`

    Raises
    ------
    ConfigError, StoreError, BudgetError, WorkerError
        Where a file is missing, given twice, damaged or not of these sites, and as `build` does.
    """
    share = Share.parse(range_, "--range")
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(new_target(Path(output), "range", [sites, *batches]))
        source = PartFile(sites, "sites")
        opened = [PartFile(path, "batch") for path in batches]
        opened = listed_batches(opened, source)
        settings = settings_of(source)
        whole = grid_of(source, settings)
        first, end = blocks_of(share, whole.n_sites)
        resources = resources_of(settings, workers, memory, scratch).beside(target.path)
        private, slot = task_bytes(settings)
        budget = resources.divide(private, resources.window * slot)
        pool, account = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(PartWriter(target, "range"))
        table = np.empty((0, 3), np.int64)
        if end > first:
            plan = _plan(pool, account, source, opened, whole, first, end)
            packed = pack_areas(pool, account, plan, list(plan.grid.areas()), resources.window)
            table = np.array([_write_slot(writer, whole, *one) for one in packed], np.int64)
        writer.add("slots", table)
        writer.finish({"sites": source.meta["key"], "range": list(share)})
    log.info("wrote %s: range %s, %s sites", target.path, share, f"{end - first:,}")


def settings_of(sites: PartFile) -> Config:
    """Return the configuration that sites were found with."""
    found = Config.from_mapping(sites.meta["config"], sites.path)
    return replace(found, threads=sites.meta["threads"], memory=sites.meta["memory"])


def grid_of(sites: PartFile, settings: Config) -> Grid:
    """Return what the layers of the store are."""
    meta = sites.meta
    return new_grid(settings, len(meta["samples"]), meta["n_sites"], meta["largest"])


def blocks_of(share: Share, n_sites: int) -> tuple[int, int]:
    """Return the first site and the end of a range: whole digest blocks."""
    start, stop = share.of(-(-n_sites // BLOCK_SITES))
    return min(start * BLOCK_SITES, n_sites), min(stop * BLOCK_SITES, n_sites)


def _plan(
    pool: Pool,
    memory: Memory,
    sites: PartFile,
    batches: Sequence[PartFile],
    whole: Grid,
    first: int,
    end: int,
) -> PackPlan:
    """Read the sites [first, end) and their rows; return a plan of a store of them alone."""
    place = memory.empty(end - first, POS_DTYPE)
    pos = place.open(memory.arenas)
    sites.read_into("pos", pos.view(np.uint8), first * POS_DTYPE.itemsize)
    offset = np.clip(sites.array("offset"), first, end) - first
    limits = np.tile(np.array([0, -1], np.int64), (len(offset) - 1, 1))
    filled = np.flatnonzero(np.diff(offset))
    limits[filled] = np.column_stack([pos[offset[filled]], pos[offset[filled + 1] - 1]])
    number = {name: k for k, name in enumerate(sites.meta["chroms"])}
    numbered = [
        Numbering(
            batch, np.array([number.get(name, -1) for name in batch.meta["chroms"]], np.int64)
        )
        for batch in batches
    ]
    axis = Sites(place, offset.astype(OFFSET_DTYPE)).share(memory)
    catalog = read_rows(pool, memory, numbered, limits)
    grid = replace(whole, n_sites=end - first)
    return PackPlan(catalog.share(memory), axis, grid)


def _write_slot(writer: PartWriter, grid: Grid, area: Area, slot: Slot) -> tuple[int, int, int]:
    """Write what a packing task left; return its place, its size and its checksum."""
    used = int(slot.chunks[:, 0].sum())
    parts: list[npt.NDArray[Any]] = [slot.chunks, slot.digests, slot.tallies, slot.data[:used]]
    size = sum(one.nbytes for one in parts)
    offset = writer.room(size)
    at, crc = offset, 0
    for one in parts:
        raw = one.reshape(-1).view(np.uint8)
        writer.write(at, raw)
        crc = isal_zlib.crc32(raw, crc)
        at += raw.size
    return offset, size, crc
