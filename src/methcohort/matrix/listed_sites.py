"""The sites of a cohort that a BED file or a reference genome lists."""

import numpy as np
import numpy.typing as npt

from ..engine import Memory, Note, Pool, ignore
from ..rows import Catalog
from ..store.schema import OFFSET_DTYPE, POS_DTYPE
from .axis import Sites
from .kernels.sites import fill_intervals
from .sites import Listing, offsets_of, union_of_sites


def sites_of_bed(memory: Memory, intervals: dict[str, npt.NDArray[np.int64]]) -> Sites:
    """Return every base of some intervals, as `read_bed` gives them, in the order of the dict."""
    sizes = [int((spans[:, 1] - spans[:, 0]).sum()) for spans in intervals.values()]
    pos = memory.empty(sum(sizes), POS_DTYPE)
    positions = pos.open(memory.arenas)
    offset = offsets_of(np.array(sizes, np.int64))
    for k, spans in enumerate(intervals.values()):
        fill_intervals(spans[:, 0], spans[:, 1], positions[offset[k] : offset[k + 1]])
    return Sites(pos, offset)


def sites_of_reference(
    pool: Pool, memory: Memory, listing: Listing, note: Note = ignore
) -> tuple[tuple[str, ...], Sites]:
    """Return every site of a listing, and the names of the chromosomes that have one.

    The chromosomes are in the order of `listing.chroms`.
    """
    no_rows = Catalog.build([[]], [np.empty((0, 3), np.int64)], len(listing.chroms), (0, 0))
    shared = no_rows.share(memory)
    sites = union_of_sites(pool, memory, no_rows, shared, 1, note, listing)
    memory.release(shared.extent)
    filled = np.diff(sites.offset) > 0
    names = tuple(name for name, kept in zip(listing.chroms, filled, strict=True) if kept)
    offset = np.concatenate([[0], sites.offset[1:][filled]]).astype(OFFSET_DTYPE)
    return names, Sites(sites.pos, offset)
