"""Filtering a store: values, then sites, then samples, into a new store."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ..build import SourceStore
from ..cohort import resources_of
from ..core.errors import ConfigError, DamagedStoreError, shortages_told
from ..core.log import log
from ..core.signals import signals_held
from ..engine import Resources
from ..files import CHANGED, Target
from ..genome import Aliases, aliases_beside
from ..select import Store, open_store
from ..store import FILTER, file_sha256
from .judging import Judged, Rule, judge
from .masks import limits_of
from .options import Options, Regions, groups_of
from .reasons import (
    NAMES,
    REGION,
    SNP,
    Listed,
    Reasons,
    drop_listed,
    placed_reasons,
    read_listed,
)
from .writing import Filtered, write


def filter(
    store: str | Path,
    output: str | Path,
    *,
    min_coverage: int = 1,
    max_coverage: int | None = None,
    max_coverage_quantile: float | None = None,
    min_samples: int | str = 1,
    by: str | None = None,
    min_sd: float | None = None,
    regions: Regions | None = None,
    exclude_regions: str | Path | None = None,
    chroms: str | Sequence[str] | None = None,
    contexts: str | Sequence[str] | None = None,
    strand: str | Sequence[str] | None = None,
    snps: str | Path | None = None,
    min_af: float | None = None,
    samples: str | Sequence[str] | None = None,
    where: str | None = None,
    aliases: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Write a store with a part of what another one has.

    Values are masked first, then sites are dropped, then samples: sites are judged on all samples
    of the store, also on those that are dropped.

    Parameters
    ----------
    store : stays as it is
    output : the store to write, which is another one
    min_coverage, max_coverage : a value with fewer or more reads counts as not observed
    max_coverage_quantile : the same with the quantile of each sample: the smallest coverage that
        this share of its observed sites do not pass
    min_samples : keep sites that are observed in at least so many samples: a number, a share such
        as `80%`, rounded up, or `all`; 0 keeps sites that are observed in none, too
    by : a column of the sheet; `min_samples` then holds in each of its groups
    min_sd : keep sites whose levels, 0 to 1, have at least this standard deviation (n - 1) over the
        samples that are observed; sites of fewer than two are dropped
    regions, chroms, contexts, strand : as for `Store.select`; keep only their sites
    exclude_regions : a BED file whose sites are dropped
    snps : a BED or VCF file; drop sites whose C, or the G of whose CpG, it changes
    min_af : only variants of the VCF file with at least this frequency, AF in INFO
    samples, where : as for `Store.select`; keep only these samples
    aliases : of the chromosomes in `exclude_regions` and `snps`, as in the configuration; None
        takes the built-in table that the store was made with, if any
    workers, memory, scratch : as for `build`

    Returns
    -------
    The digest of the new store's content.

    Raises
    ------
    ConfigError
        Where an option has no meaning for the store, or no site would be left.
    InputError
        Where a file cannot be read or names no chromosome of the store.
    StoreError, BudgetError, WorkerError
        As `build`.
    """
    options = Options(
        min_coverage, max_coverage, max_coverage_quantile, min_samples, by, min_sd,
        regions, exclude_regions, chroms, contexts, strand, snps, min_af, samples, where, aliases,
    )  # fmt: skip
    options.check()
    _expect_other(store, output)
    with ExitStack() as stack:
        opened = stack.enter_context(open_store(store))
        source = stack.enter_context(SourceStore(store, filtered=True))
        if source.store.digest != opened.digest:
            message = f"{store}: {CHANGED}"
            raise DamagedStoreError(message)
        resources = resources_of(source.config, workers, memory, scratch)
        return _filtered(opened, source, Path(output), options, resources)


def _expect_other(store: str | Path, output: str | Path) -> None:
    """Raise ConfigError where a store would take the place of what it is made of."""
    if os.path.realpath(store) == os.path.realpath(output):
        message = (
            f"{output}: is the store that is filtered, which stays as it is; give another output"
        )
        raise ConfigError(message)


@shortages_told()
def _filtered(
    store: Store, source: SourceStore, output: Path, options: Options, resources: Resources
) -> str:
    """Write what is left of a store; return its digest."""
    rows = store.select(samples=options.samples, where=options.where).rows.tolist()
    groups = groups_of(store, options.min_samples, options.by)
    lists = _lists(options)
    reasons = _placed(store, options, lists, aliases_beside(options.aliases, source.config.aliases))
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(Target(output))
        resources = resources.beside(target.path)
        limits = limits_of(store, options, resources)
        judged = judge(store, reasons, Rule(limits, groups, options.min_sd), resources)
        dropped = _dropped(reasons)
        _say(store, judged, dropped, options, len(rows))
        made_of = {**source.files, FILTER: _history(store, options, lists, dropped)}
        filtered = Filtered(source, rows, limits, judged, made_of)
        digest = write(filtered, target, resources)
    log.info(
        "wrote %s: %s samples x %s sites, %s",
        target.path, f"{len(rows):,}", f"{filtered.n_sites:,}", digest,
    )  # fmt: skip
    return digest


def _lists(options: Options) -> dict[int, Listed]:
    """Return what the files of positions list, by the reason that they are."""
    found = {}
    if options.exclude_regions is not None:
        found[REGION] = read_listed(options.exclude_regions)
    if options.snps is not None:
        found[SNP] = read_listed(options.snps, options.min_af)
    return found


def _placed(
    store: Store, options: Options, lists: Mapping[int, Listed], aliases: Aliases
) -> Reasons:
    """Return why sites are dropped whatever their values."""
    reasons = placed_reasons(
        store,
        store.select(options.regions, chroms=options.chroms),
        store.select(contexts=options.contexts, strand=options.strand),
    )
    for reason, listed in lists.items():
        drop_listed(store, listed, aliases, reasons, reason)
    return reasons


def _dropped(reasons: Reasons) -> dict[int, int]:
    """Return how many sites each reason drops, without those that drop none."""
    counts = np.bincount(reasons, minlength=max(NAMES) + 1)
    return {reason: int(counts[reason]) for reason in NAMES if counts[reason]}


def _say(
    store: Store, judged: Judged, dropped: Mapping[int, int], options: Options, n_samples: int
) -> None:
    """Log what is masked and dropped. Raises ConfigError where nothing is left."""
    low, high = judged.masked.sum(axis=0).tolist()
    said = ", ".join(f"{n:,} {NAMES[reason][1]}" for reason, n in dropped.items()) or "none"
    left = store.n_sites - sum(dropped.values())
    if not left:
        message = (
            f"{store.path}: none of its {store.n_sites:,} sites would be left; dropped: {said}; "
            "ask for less"
        )
        raise ConfigError(message)
    if low or high:
        log.info("masked: %s values with too few reads, %s with too many", f"{low:,}", f"{high:,}")
    log.info("sites: %s of %s stay; dropped: %s", f"{left:,}", f"{store.n_sites:,}", said)
    if n_samples < len(store.samples) and (
        str(options.min_samples) != "1" or options.min_sd is not None
    ):
        log.info(
            "sites were judged on all %s samples of %s, of which %s stay; to judge them on these "
            "alone, filter the samples first, into a store of their own",
            f"{len(store.samples):,}", store.path, f"{n_samples:,}",
        )  # fmt: skip


def _history(
    store: Store, options: Options, lists: Mapping[int, Listed], dropped: Mapping[int, int]
) -> list[Any]:
    """Return what the provenance says of all filters, the first one first."""
    made = {
        "source": store.digest,
        "n_samples": len(store.samples),
        "n_sites": store.n_sites,
        "options": options.given(),
        "files": {
            **{path: file_sha256(path) for path in options.region_files(store)},
            **{one.path: one.bed.sha256 for one in lists.values()},
        },
        "dropped": {NAMES[reason][0]: n for reason, n in dropped.items()},
    }
    return [*store.provenance.get(FILTER, []), made]
