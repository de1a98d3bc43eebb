"""What is known of the sites of a cohort: the strand and context that its rows or a reference say.

The kind of a site is the kinds of all rows at it and that of the reference there, joined by OR, so
it does not depend on the order of samples, files or tasks.
"""

from dataclasses import dataclass

from ..engine import Context, Memory, Note, Pool, SharedArray, ignore
from ..rows import KIND, Catalog, SharedCatalog
from ..store.cytosine import ANY_KIND, KIND_DTYPE, NO_KIND, OTHER_KIND, TOLD
from ..store.schema import BLOCK_SITES
from .axis import SharedAxis, Sites
from .kernels.kinds import join_kinds, load_joining


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is known of the sites.

    Attributes
    ----------
    values : uint8[n_sites], see `cytosine.py`
    agree : whether any part of the rows would tell the same of the sites that it has: the reference
        tells what a site is, or else every row of it tells the same
    """

    values: SharedArray
    agree: bool


@dataclass(frozen=True, slots=True)
class KindsTask:
    """Sites [first, end) whose kinds are to be joined to `kinds`, uint8[n_sites].

    Without `known`, what `kinds` holds before means nothing. What is `raw` keeps the bits that say
    whether rows agree.
    """

    title: str
    catalog: SharedCatalog
    axis: SharedAxis
    kinds: SharedArray
    known: bool
    first: int
    end: int
    raw: bool = False


def kinds_of_sites(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    sites: Sites,
    reference: SharedArray | None = None,
    note: Note = ignore,
) -> Kinds | None:
    """Return the kinds of the sites; None where nothing is known of any site.

    Parameters
    ----------
    catalog : the rows, whose chromosomes have the numbers of `sites`
    reference : what a reference says of the sites, uint8[n_sites]; it is added to
    """
    if sites.n == 0:
        return None
    with_rows = bool((catalog.blocks[:, KIND] >= 0).any())
    found, agree = reference, True
    if with_rows or (reference is not None and len(catalog.blocks)):
        found = found or memory.empty(sites.n, KIND_DTYPE)
        agree = _join_rows(pool, memory, catalog, sites, found, note, known=reference is not None)
    if found is None or found.open(memory.arenas).any():
        return None if found is None else Kinds(found, agree)
    memory.release(found.extent)
    return None


def raw_kinds(pool: Pool, memory: Memory, catalog: Catalog, sites: Sites) -> SharedArray | None:
    """Return the joined kinds of rows, which can be joined to those of other rows once more.

    Besides the kinds of the sites they have `OTHER_KIND` and `NO_KIND`, so that whether all rows
    agree can still be told. None where no row can have a kind.
    """
    if sites.n == 0 or not (catalog.blocks[:, KIND] >= 0).any():
        return None
    found = memory.empty(sites.n, KIND_DTYPE)
    _join_rows(pool, memory, catalog, sites, found, ignore, known=False, raw=True)
    return found


def _join_rows(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    sites: Sites,
    kinds: SharedArray,
    note: Note,
    *,
    known: bool,
    raw: bool = False,
) -> bool:
    """Join the kinds of all rows to those of their sites; tell whether they agree."""
    load_joining()
    shared = catalog.share(memory)
    axis = sites.share(memory)
    tasks = [
        (
            KindsTask(
                title=f"the strand and context of sites {first:,} to {first + BLOCK_SITES:,}",
                catalog=shared,
                axis=axis,
                kinds=kinds,
                known=known,
                first=first,
                end=min(first + BLOCK_SITES, sites.n),
                raw=raw,
            ),
        )
        for first in range(0, sites.n, BLOCK_SITES)
    ]
    agree = True
    for _, one in pool.run(join_task, tasks, note):
        agree = agree and one
    memory.release(shared.extent)
    memory.release(axis.offset.extent)
    return agree


def join_task(context: Context, task: KindsTask) -> bool:
    """Join the kinds of the rows at some sites; tell whether every row is of its site's kind."""
    rows = task.catalog.open(context.arenas).rows(context.arenas)
    axis = task.axis.open(context.arenas)
    kinds = task.kinds.open(context.arenas)[task.first : task.end]
    if task.known:
        kinds[kinds != 0] |= TOLD
    else:
        kinds[:] = 0
    join_kinds(rows, axis.pos, axis.spans(task.first, task.end), task.first, kinds)
    context.arenas.forget_scratch()
    context.note(1)
    silent = (kinds & NO_KIND != 0) & (kinds & ANY_KIND != 0)
    agree = not (silent.any() or (kinds & OTHER_KIND).any())
    if not task.raw:
        kinds &= ANY_KIND
    return agree
