"""Building a store, from a sheet of text files to one checked HDF5 file."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..cohort import (
    Cohort,
    Config,
    Frame,
    LoadedCohort,
    load_cohort,
    read_wanted,
    records_of,
    resources_of,
)
from ..core.errors import ConfigError, DamagedStoreError, TextNeededError, shortages_told
from ..core.log import log
from ..core.signals import signals_held
from ..engine import Memory, Pool, Resources, Session, session
from ..files import Target
from ..matrix import (
    Content,
    Kinds,
    Lengths,
    Sites,
    StoredSamples,
    chrom_lengths,
    found_sites,
    given_sites,
    pack_areas,
    plan_packing,
    read_reference,
    sites_of_rows,
    software,
    strand_and_context,
    write_store,
)
from ..store import ContentWriter, StoreWriter
from .needs import Needs, file_sizes, gather_needs, likely_bases, shared_files
from .reuse_plan import plan_reuse
from .reused import Taken
from .reused_sites import given_by_stores, with_taken


class Merged(NamedTuple):
    """What was written; `has_rows` says whether any row is on the chromosomes of the store."""

    digest: str
    n_sites: int
    has_rows: bool


def build(
    samples: str | Path | None,
    output: str | Path,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
    fetched: str | Path | None = None,
    earlier: str | Path | None = None,
    changed: str = "replace",
    recipe: str | Path | None = None,
) -> str:
    """Build the store of one cohort from its text files.

    Parameters
    ----------
    samples : the sheet of samples; None takes that of the configuration
    output : the store to write; an earlier one is replaced at the very end
    config : a YAML file, YAML text in braces, or a mapping with some of the keys
    cohort : cohort to build; required if the sheet has more than one
    workers : worker processes, 0 for none; None takes `threads` of the configuration
    memory : bytes, or a size such as "4GB", that all processes together may use
    scratch : folder for rows that do not fit the memory; None takes that of `output`
    fetched : a table of paths of the sheet and the local files that are copies of them
    earlier : a store whose samples are reused where their files are the same; the result is the
        same without it. One that is missing or cannot be used is ignored.
    changed : `replace`, or `refuse` text that differs from that of the same sample in `earlier`
    recipe : what `methcohort recipe` wrote, in place of `samples`, `config` and `cohort`; the files
        have to be those that it was written for, before they are read and after

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        With one message that says where, what was found, what was expected and what to do.
    """
    wanted = read_wanted(samples, config, cohort, fetched, recipe)
    if wanted.batch:
        message = f"found the recipe of batch {wanted.batch}; expected that of a whole cohort"
        raise ConfigError(message)
    before = None if earlier is None else Path(earlier)
    resources = resources_of(wanted.config, workers, memory, scratch)
    return build_cohort(wanted.cohort, wanted.config, Path(output), resources, before, changed)


@shortages_told()
def build_cohort(
    group: Cohort,
    settings: Config,
    output: Path,
    resources: Resources,
    earlier: Path | None = None,
    changed: str = "replace",
) -> str:
    """Build the store of a cohort whose sheet and configuration are read; see `build`."""
    if earlier is None:
        return publish(group, settings, output, resources)
    file_sizes(group)
    taken = plan_reuse(group, settings, earlier, changed=changed, n_threads=resources.workers)
    if taken is None:
        return publish(group, settings, output, resources)
    with taken.sources[0]:
        try:
            return publish(group, settings, output, resources, taken)
        except (TextNeededError, DamagedStoreError) as error:
            log.warning("%s; all text is read", error)
    return publish(group, settings, output, resources)


def publish(
    group: Cohort,
    settings: Config,
    output: Path,
    resources: Resources,
    taken: Taken | None = None,
    check: Callable[[], object] | None = None,
) -> str:
    """Write the store of a cohort to its place; return its digest. Raises what `build` raises.

    `taken` are samples that come from other stores, see `merge_cohort`. `check` is called as soon
    as no other command can write to the place.
    """
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(Target(output))
        target.confirm = group.confirm
        if check is not None:
            check()
        new_writer = partial(StoreWriter, target)
        made = merge_cohort(group, settings, new_writer, resources.beside(target.path), taken)
    report_made(target.path, len(group.samples), made)
    return made.digest


def merge_cohort(
    group: Cohort,
    settings: Config,
    new_writer: Callable[[], ContentWriter],
    resources: Resources,
    taken: Taken | None = None,
) -> Merged:
    """Merge the text files of a cohort, and samples of stores, and hand all to a new writer.

    Parameters
    ----------
    new_writer : called once the files are there and the memory is divided
    taken : samples whose text is not read

    Raises
    ------
    TextNeededError
        Where a sample cannot be taken from a store after all.
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        As `build`.
    """
    taken = taken or Taken.none(group)
    needs = gather_needs(group, settings, resources, taken)
    with ExitStack() as stack:
        with signals_held():
            pool, account = stack.enter_context(session(resources, needs.budget))
            writer = stack.enter_context(new_writer())
        work = _Work(pool, account, settings, needs, taken)
        found = _find(work, group)
        plan = plan_packing(
            pool,
            account,
            settings,
            found.loaded,
            found.sites,
            len(group.samples),
            found.stored,
            taken.largest,
        )
        packed = pack_areas(pool, account, plan, list(plan.grid.areas()), resources.window)
        digest = write_store(account, _content(work, group, found), plan.grid, packed, writer)
    has_rows = bool(taken.sources) or bool(found.loaded.n_rows.sum())
    return Merged(digest, found.sites.n, has_rows)


@dataclass(frozen=True, slots=True)
class _Work:
    """What the steps of a build have in common."""

    pool: Pool
    memory: Memory
    settings: Config
    needs: Needs
    taken: Taken


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows, the sites and what is known of them.

    `files` are those, besides the samples' own, that the store is made of. Samples that are
    `stored` have no rows.
    """

    loaded: LoadedCohort
    sites: Sites
    kinds: Kinds | None
    lengths: Lengths | None
    files: Mapping[str, Mapping[str, str]]
    stored: StoredSamples | None = None


def _find(work: _Work, group: Cohort) -> _Found:
    """Load the samples whose text is read, and find the sites of all, and what is known of them."""
    pool, memory, settings, aliases = work.pool, work.memory, work.settings, work.needs.aliases
    taken, genome = work.taken, None
    if taken.reads_reference:
        genome = read_reference(pool, settings, aliases, likely_bases(settings))
    stores = taken.share(memory, software())
    if taken.sources:
        given = given_by_stores(memory, taken, stores, settings)
    else:
        given = given_sites(pool, memory, settings, work.needs.bed, genome)
    chroms = None if given is None else given.chroms
    frame = Frame(aliases, chroms, genome, taken.others(memory, stores, settings))
    loaded = load_cohort(Session(pool, memory), taken.fresh(group), settings, frame)
    loaded = with_taken(pool, memory, taken, stores, loaded, given=given is not None)
    if given is not None:
        sites = given.sites
    elif taken.sources:  # theirs are all there: nothing was left out, see `kept_back`
        loaded, sites = sites_of_rows(pool, memory, loaded)
    else:
        loaded, sites = found_sites(pool, memory, loaded, settings, genome)
    kinds = strand_and_context(pool, memory, loaded, sites, settings, genome)
    sizes = work.needs.sizes
    if taken.reads_reference:
        lengths = chrom_lengths(memory, loaded.chroms, sites, sizes, genome)
    else:
        lengths = taken.chrom_lengths(loaded.chroms)
    files = taken.files or shared_files(settings, work.needs.bed, genome, aliases, sizes)
    stored = taken.stored(memory, stores, loaded.chroms)
    return _Found(loaded, sites, kinds, lengths, files, stored)


def _content(work: _Work, group: Cohort, found: _Found) -> Content:
    """Return what the store holds besides its layers."""
    arenas, taken = work.memory.arenas, work.taken
    fresh = records_of(found.loaded.inputs, len(taken.fresh(group).samples))
    agree = found.kinds is not None and found.kinds.agree
    return Content(
        cohort=group,
        config=work.settings,
        chroms=found.loaded.chroms,
        offset=found.sites.offset,
        lengths=found.lengths,
        pos=found.sites.pos.open(arenas),
        kinds=None if found.kinds is None else found.kinds.values.open(arenas),
        agree=agree and all(source.store.rows_agree for source in taken.sources),
        records=taken.records(group, fresh),
        made_of=found.files,
    )


def report_made(path: Path, n_samples: int, made: Merged) -> None:
    """Log what was written; warn of a store without sites or rows."""
    if made.n_sites == 0:
        log.warning(
            "%s has no sites: no row was kept; check chroms, contexts, sites and min_samples", path
        )
    elif not made.has_rows:
        log.warning("%s: no row lies on its chromosomes; check their names", path)
    log.info(
        "wrote %s: %s samples x %s sites, %s",
        path, f"{n_samples:,}", f"{made.n_sites:,}", made.digest,
    )  # fmt: skip
