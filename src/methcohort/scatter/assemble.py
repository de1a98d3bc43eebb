"""The last step of a scattered build: the chunks of all ranges are assembled into the store."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..build import Merged, report_made
from ..cohort import Cohort, Config, Sample, SampleRecord, Share, resources_of
from ..core.errors import shortages_told
from ..core.progress import Progress
from ..core.signals import signals_held
from ..engine import Bytes, Memory, session
from ..files import Target
from ..matrix import Content, Slot, index_bytes, open_slot, task_bytes, write_store
from ..store import Area, Grid, StoreWriter
from ..store.cytosine import KIND_DTYPE
from ..store.schema import POS_DTYPE
from .order import listed_ranges
from .pack import blocks_of, grid_of, settings_of
from .part_file import PartFile


@shortages_told()
def assemble_ranges(
    sites: str | Path,
    output: str | Path,
    ranges: Sequence[str | Path],
    *,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Assemble the packed ranges into the store.

    Parameters
    ----------
    sites : the file that `find_sites` wrote
    output : the store to write; an earlier one is replaced at the very end
    ranges : the files of all ranges, in any order
    memory : as for `build`; by default that of the configuration of `find_sites`
    scratch : folder for sites that do not fit the memory; None takes that of `output`

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    StoreError, BudgetError
        Where a file is missing, given twice, damaged or not of these sites, and as `build` does.
    """
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(Target(Path(output)))
        source = PartFile(sites, "sites")
        opened = [PartFile(path, "range") for path in ranges]
        opened = listed_ranges(opened, source)
        settings = settings_of(source)
        grid = grid_of(source, settings)
        resources = resources_of(settings, 0, memory, scratch).beside(target.path)
        kept = index_bytes(grid.n_samples, grid.n_sites, len(grid.layers), grid.chunk)
        _, slot = task_bytes(settings)
        budget = resources.divide(0, 2 * slot, kept)
        _, account = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(StoreWriter(target))
        content = _content(account, source, settings)
        with Progress("write", grid.n_samples * grid.n_sites, "values a layer") as progress:
            packed = _packed(opened, grid, progress)
            digest = write_store(account, content, grid, packed, writer)
    made = Merged(digest, grid.n_sites, bool(source.meta["n_rows"]))
    report_made(target.path, grid.n_samples, made)
    return digest


def _content(memory: Memory, sites: PartFile, settings: Config) -> Content:
    """Return what the store holds besides its layers."""
    meta = sites.meta
    n = meta["n_sites"]
    cohort = Cohort(
        meta["cohort"],
        tuple(Sample(name, meta["cohort"], (), tuple(extra)) for name, extra in meta["samples"]),
        tuple(meta["columns"]),
    )
    kinds = _placed(memory, sites, "kinds", n * KIND_DTYPE.itemsize) if sites.has("kinds") else None
    return Content(
        cohort,
        settings,
        tuple(meta["chroms"]),
        sites.array("offset"),
        None if meta["lengths"] is None else np.array(meta["lengths"], np.int64),
        _placed(memory, sites, "pos", n * POS_DTYPE.itemsize).view(POS_DTYPE),
        kinds,
        meta["agree"],
        [SampleRecord(counts, tuple(files)) for counts, files in meta["records"]],
        meta["files"],
    )


def _placed(memory: Memory, sites: PartFile, name: str, nbytes: int) -> Bytes:
    """Return an array of the sites in shared memory, as bytes."""
    data = memory.arenas.map(memory.reserve(nbytes))[:nbytes]
    sites.read_into(name, data)
    return data


def _packed(
    ranges: Sequence[PartFile], grid: Grid, progress: Progress
) -> Iterator[tuple[Area, Slot]]:
    """Yield what the packing tasks of all ranges left, in the order of the store."""
    for one in ranges:
        slots = one.array("slots").tolist()
        first, end = blocks_of(Share(*one.meta["range"]), grid.n_sites)
        for area, (offset, size, crc) in zip(grid.areas(first, end), slots, strict=True):
            yield area, open_slot(one.read(offset, size, crc), grid, area)
            progress.add(area.n_samples * area.n_sites)
