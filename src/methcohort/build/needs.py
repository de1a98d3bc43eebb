"""What a build needs before it begins: settings that fit, files that are there, enough memory."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ..cohort import Cohort, Config, expected_rows, names_bytes
from ..core.errors import ConfigError, InputError, joined
from ..core.log import log
from ..engine import Budget, Resources
from ..files import identity
from ..genome import Aliases, ChromSizes, Reference, load_aliases
from ..matrix import BedSites, index_bytes, read_bed_sites, read_sizes, task_bytes
from ..readers import AUTO, format_named
from ..store.schema import PCT_LAYER
from .reused import Taken
from .reused_checks import MOST_SAMPLES
from .warm_up import load_kernels

_ROW_BYTES: Final = 8
_PCT_BYTES: Final = 4
_KIND_BYTES: Final = 1
_BASES_PER_BYTE: Final = 4
_GZIP_BASES: Final = 3.5  # a byte of a compressed FASTA file


class Needs(NamedTuple):
    """What a build has before its workers start.

    Attributes
    ----------
    aliases : names of the store for chromosomes of the files
    bed : the sites that are given, if a BED file gives them
    sizes : lengths of chromosomes, if a table gives them
    budget : how the memory is divided
    """

    aliases: Aliases
    bed: BedSites | None
    sizes: ChromSizes | None
    budget: Budget


def gather_needs(group: Cohort, settings: Config, resources: Resources, taken: Taken) -> Needs:
    """Check settings and files, read the small ones, divide the memory and compile the kernels.

    So what can be refused before any row is read is refused here.

    Raises
    ------
    InputError, ConfigError, BudgetError
        Where a file is missing or unusable, settings do not fit, or the memory is too small.
    """
    fresh = taken.fresh(group)
    sizes = file_sizes(fresh)
    aliases = load_aliases(settings.aliases)
    bed = None if taken.sources else read_bed_sites(settings, aliases)
    lengths = read_sizes(settings, aliases) if taken.reads_text else None
    check_settings(settings, len(group.samples))
    budget = _divided_memory(group, settings, sizes, resources, taken)
    if fresh.samples:
        _say_estimate(fresh, settings, sizes, resources.workers, budget)
    load_kernels(len(group.sources), reference=bool(settings.reference and taken.reads_reference))
    return Needs(aliases, bed, lengths, budget)


def check_settings(settings: Config, n_samples: int) -> None:
    """Raise ConfigError where the configuration asks for what the cohort cannot give."""
    if settings.sites == "reference" and not settings.reference:
        message = "found sites: reference without a reference; expected one; set reference"
        raise ConfigError(message)
    if settings.sites in ("union", "intersection") and settings.min_samples > n_samples:
        message = (
            f"found min_samples: {settings.min_samples} for a cohort of {n_samples} "
            "samples; expected no more than it has"
        )
        raise ConfigError(message)


def _divided_memory(
    group: Cohort,
    settings: Config,
    sizes: Sequence[tuple[str, int]],
    resources: Resources,
    taken: Taken,
) -> Budget:
    """Divide the memory of a build. Raises BudgetError where it is too small."""
    private, slot = task_bytes(settings)
    n_sites = [round(expected_rows(path, size)) for path, size in sizes]
    n_sites += [source.grid.n_sites for source in taken.sources]
    index = index_bytes(
        len(group.samples), max(n_sites, default=0), len(settings.layers), settings.chunks
    )
    index += names_bytes(*_names_taken(taken), resources.workers)
    return resources.divide(private, resources.window * slot, index)


def _names_taken(taken: Taken) -> tuple[int, int]:
    """Return how many chromosomes stores have at most, and runs of them that are looked at."""
    n_chroms = [len(source.store.chroms) for source in taken.sources]
    n_files = [1 + min(MOST_SAMPLES, len(taken.rows(k))) for k in range(len(n_chroms))]
    return sum(n_chroms), sum(n * m for n, m in zip(n_chroms, n_files, strict=True))


def shared_files(
    settings: Config,
    bed: BedSites | None,
    reference: Reference | None,
    aliases: Aliases,
    sizes: ChromSizes | None,
) -> dict[str, dict[str, str]]:
    """Return path and SHA-256 of the files, besides the samples' own, that a store is made of."""
    found = {
        "bed": (settings.sites, bed.sha256 if bed is not None else ""),
        "reference": (settings.reference, reference.sha256 if reference is not None else ""),
        "aliases": (settings.aliases, aliases.sha256),
        "chrom_sizes": (settings.chrom_sizes, sizes.sha256 if sizes is not None else ""),
    }
    return {
        name: {"path": path, "sha256": sha256} for name, (path, sha256) in found.items() if sha256
    }


def likely_bases(settings: Config) -> int:
    """Return how many bases the reference is likely to have, for the progress."""
    path = settings.reference
    file = identity(path) if path else None  # one that cannot be read is the reader's to tell
    size = file.size if file else 0
    return round(size * _GZIP_BASES) if path.endswith((".gz", ".bgz")) else size


def file_sizes(group: Cohort) -> list[tuple[str, int]]:
    """Return the path and size of each file. Raises InputError that lists all missing ones."""
    sizes, faults = [], []
    for _, source in group.sources:
        path = Path(source.path)
        what = f"{path}: the file of sample {source.name}"
        try:
            status = path.stat()
        except FileNotFoundError:
            faults.append(f"{what} does not exist; fix the sheet")
            continue
        except OSError as error:  # a loop of links, too long a name
            faults.append(f"{what} cannot be read ({error.strerror}); fix the sheet")
            continue
        if not stat.S_ISREG(status.st_mode):
            faults.append(
                f"{what} is a directory, pipe or device, not a regular file; fix the sheet"
            )
        elif not os.access(path, os.R_OK):
            faults.append(f"{what} cannot be read; give yourself read permission (chmod u+r)")
        else:
            sizes.append((source.path, status.st_size))
    if faults:
        raise InputError(joined(faults, "file"))
    return sizes


def _may_have_kinds(group: Cohort, settings: Config) -> bool:
    """Tell whether rows are likely to have strand and context; `auto` is not known yet."""
    named = {source.format for _, source in group.sources} - {AUTO}
    return bool(settings.reference) or any(format_named(name).with_kind for name in named)


def _say_estimate(
    group: Cohort,
    settings: Config,
    sizes: Sequence[tuple[str, int]],
    n_workers: int,
    budget: Budget,
) -> None:
    """Say what the build is likely to need before it starts."""
    rows = round(sum(expected_rows(path, size) for path, size in sizes))
    kinds = _KIND_BYTES * _may_have_kinds(group, settings)
    needed = rows * (_ROW_BYTES + kinds + _PCT_BYTES * (PCT_LAYER in settings.layers))
    text = sum(size for _, size in sizes)
    log.info(
        "cohort %s: %s samples, %s MB of text, about %s rows",
        group.name, f"{len(group.samples):,}", f"{text / 1e6:,.1f}", f"{rows:,}",
    )  # fmt: skip
    reference = likely_bases(settings) // _BASES_PER_BYTE
    scratch = max(0, needed + reference - budget.rows)
    log.info(
        "%d workers, %s MB of memory: about %s MB of rows%s, %s",
        n_workers, f"{budget.total / 1e6:,.0f}", f"{needed / 1e6:,.0f}",
        f" and {reference / 1e6:,.0f} MB of the reference" if reference else "",
        f"{scratch / 1e6:,.0f} MB of them in scratch" if scratch else "all in memory",
    )  # fmt: skip
