"""The kernel that joins the strand and context of all samples' rows at their sites."""

import numpy as np

from ...engine.compile import announced, inline, kernel
from ...rows import KIND, POS, lower_bound, no_rows, visit_run
from ...store.cytosine import ANY_KIND, NO_KIND, OTHER_KIND, TOLD


@kernel
def join_kinds(rows, sites, spans, first, out):
    """Join the kinds of all samples' rows at some sites to `out`, uint8, by OR.

    `rows` are `IndexedRows`; `sites` int32[n_sites]; `spans` those of `Axis.spans`; `out` starts at
    the site `first`. `OTHER_KIND` is added where two rows have different kinds, and `NO_KIND` where
    a row has none; where `out` has `TOLD`, only for what is more than it held.
    """
    for s in range(spans.shape[0]):
        chrom, start, stop = spans[s, 0], spans[s, 1], spans[s, 2]
        more = (sites[start:stop], out[start - first : stop - first])
        for k in range(rows.chrom_start[chrom], rows.chrom_start[chrom + 1]):
            visit_run(rows, k, join_block, more)


@inline
def join_block(views, block, low, high, sites, out):
    """Join the kinds of rows [low, high) of one block to those of the sites that they have."""
    at = block[POS]
    pos = views.i4[at + low : at + high]
    at = max(block[KIND], 0)  # of a block without kinds any bytes are read, and come to nothing
    kinds = views.u1[at + low : at + high]
    walk_kinds(pos, kinds, np.uint8(block[KIND] >= 0), sites, out)


@inline
def walk_kinds(pos, kinds, known, sites, out):
    """Join the kinds of rows, times `known`, to those of the sites that they have."""
    row = lower_bound(pos, 0, pos.size, sites[0])
    if row == pos.size:
        return
    i, n = np.uint64(row), np.uint64(pos.size)
    site = np.uint64(lower_bound(sites, 0, sites.size, pos[row]))
    last = np.uint64(sites.size)
    while site < last and i < n:
        wanted = sites[site]
        position = pos[i]
        if position < wanted:
            i += np.uint64(1)
            continue
        here = np.uint8(position == wanted)
        before = out[site] & ANY_KIND
        told = out[site] & TOLD
        # Rows that were joined before have flags of their own, which mean nothing where told.
        kind = kinds[i] * known & (ANY_KIND if told else ANY_KIND | OTHER_KIND | NO_KIND)
        differs = kind & (before ^ ANY_KIND) if told else kind ^ before
        other = np.uint8(before != 0) & np.uint8(kind != 0) & np.uint8(differs != 0)
        flags = other * OTHER_KIND | np.uint8(kind == 0) * np.uint8(told == 0) * NO_KIND
        out[site] |= (kind | flags) * here
        i += np.uint64(here)
        site += np.uint64(1)


@announced
def load_joining() -> None:
    """Compile or fetch the kernel that joins the kinds of rows."""
    table = np.empty((0, 3), np.int64)
    join_kinds(no_rows(), np.empty(0, np.int32), table, 0, np.empty(0, np.uint8))
