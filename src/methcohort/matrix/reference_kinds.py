"""The strand and context that a reference genome has at the sites of a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..engine import Context, Memory, Pool, SharedArray
from ..genome import Genome, kinds_at
from ..store.cytosine import BOTH, CPG, KIND_DTYPE
from .axis import Sites

KIND_SITES: Final = 1 << 21
"""Sites whose kinds are looked up in one task."""


@dataclass(frozen=True, slots=True)
class LookUpTask:
    """Sites whose kinds are to be looked up: those [start, stop) of all, into `kinds`."""

    title: str
    genome: Genome
    chroms: tuple[str, ...]
    sites: Sites
    start: int
    stop: int
    collapse: bool
    kinds: SharedArray


def kinds_of_reference(
    pool: Pool,
    memory: Memory,
    genome: Genome,
    chroms: Sequence[str],
    sites: Sites,
    *,
    collapse: bool,
) -> SharedArray:
    """Return what a reference genome has at each site, uint8[n], as `cytosine.py` has it.

    Parameters
    ----------
    chroms : names of the chromosomes of the sites
    collapse : whether each CpG stands for both of its strands
    """
    kinds = memory.empty(sites.n, KIND_DTYPE)
    tasks = [
        (
            LookUpTask(
                "the contexts of sites", genome, tuple(chroms), sites, start,
                min(start + KIND_SITES, sites.n), collapse, kinds,
            ),
        )
        for start in range(0, sites.n, KIND_SITES)
    ]  # fmt: skip
    for _ in pool.run(look_up_kinds, tasks):
        pass
    return kinds


def look_up_kinds(context: Context, task: LookUpTask) -> None:
    """Write the kinds of some sites to their place."""
    pos = task.sites.pos.open(context.arenas)
    out = task.kinds.open(context.arenas)[task.start : task.stop]
    genome = task.genome.open(context.arenas)
    offset = task.sites.offset
    chrom = int(np.searchsorted(offset, task.start, side="right")) - 1
    start = task.start
    while start < task.stop:
        stop = min(task.stop, int(offset[chrom + 1]))
        found = genome.chromosome(task.chroms[chrom])
        part = out[start - task.start : stop - task.start]
        part[:] = 0
        if found is not None:
            kinds_at(found.planes, found.length, pos[start:stop], part)
        start, chrom = stop, chrom + 1
    if task.collapse:
        out[(out & CPG) != 0] |= BOTH
