"""Exporting a store, or a selection of it, to files that other programs read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..cohort import Config, resources_of
from ..core.errors import ConfigError, InputError, shortages_told
from ..core.log import log
from ..engine import Resources
from ..engine.compile import warm_up
from ..genome import aliases_beside, read_chrom_sizes
from ..select import Selection, open_store, stream_samples
from ..writers import MAX_INDEXED
from .formats import MATRIX_TEXTS, SAMPLE_TEXTS, VALUES, Cohort, Style
from .matrix_file import Table, write_matrix
from .outputs import GZIP, format_of, is_matrix, paths_of, published
from .sample_files import BIGWIG, BLOCK, CELL_BYTES, Plan, write_samples
from .tables import write_h5ad, write_parquet

_OPTIONS: Final = {
    "value": (BIGWIG, "bedgraph"),
    "by": ("metilene",),
    "missing": ("tsv", "metilene"),
    "long": ("parquet",),
    "chrom-sizes": (BIGWIG,),
}
"""Options that only some formats have, and which."""


def export(
    store: str | Path,
    output: str | Path,
    *,
    format: str | None = None,
    value: str = "pct",
    by: str | None = None,
    missing: str | None = None,
    long: bool = False,
    chrom_sizes: str | Path | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
    **selecting: Any,
) -> list[Path]:
    """Write what other programs read: a file for each sample, or one for all.

    Parameters
    ----------
    store : stays as it is
    output : the file to write; formats with a file for each sample need `{sample}` in its name
    format : None takes what the name ends with
    value : `pct`, `beta`, `c`, `t` or `coverage`, of formats with one value a site
    by : a column of the sheet, of formats that name groups
    missing : what stands where a sample has no reads, of tables of text
    long : a row for each site and sample with reads, of Parquet
    chrom_sizes : a table of lengths, such as a .fai file; None takes those of the store
    workers, memory, scratch : as for `build`
    selecting : `regions`, `samples`, `where`, `min_coverage` ... as for `Store.select`

    Returns
    -------
    The files, in the order of the samples.

    Raises
    ------
    ConfigError
        Where an option has no meaning, or a library is missing.
    InputError, StoreError, BudgetError, WorkerError
        Where something cannot be read or written.
    """
    name = format_of(str(output), format)
    if value not in VALUES:
        message = f"found the value {value!r}; expected one of {', '.join(VALUES)}"
        raise ConfigError(message)
    given = {
        "value": value != VALUES[0],
        "by": by is not None,
        "missing": missing is not None,
        "long": long,
        "chrom-sizes": chrom_sizes is not None,
    }
    _expect_meaning(name, given)
    style = Style(value, missing)
    resources = resources_of(Config.from_mapping({}), workers, memory, scratch)
    with open_store(store) as opened, shortages_told():
        selection = opened.select(**selecting)
        if not selection.samples:
            message = f"{store}: no sample is chosen; choose one at least"
            raise ConfigError(message)
        inputs = [Path(store), *([Path(chrom_sizes)] if chrom_sizes else [])]
        if is_matrix(name):
            groups = _groups(selection, name, by)
            _write_one(selection, Path(output), inputs, (name, style, groups, long), resources)
            return [Path(output)]
        lengths = _lengths(selection, chrom_sizes) if name == BIGWIG else ()
        plan = _plan(selection, name, style, str(output), lengths)
        return _write_each(selection, str(output), inputs, plan, resources)


def _write_each(
    selection: Selection, output: str, inputs: Sequence[Path], plan: Plan, resources: Resources
) -> list[Path]:
    """Write a file for each sample."""
    paths = paths_of(output, selection.samples)
    form = SAMPLE_TEXTS.get(plan.format)
    indexed = plan.bgzf and form is not None and form.preset is not None
    if plan.format != BIGWIG:
        warm_up("text")
    if indexed:
        _expect_room_in_index(selection, output)
    with published(list(paths.values()), indexed=indexed, inputs=inputs) as places:
        own = dict(zip(paths, places, strict=True))
        group = _group(selection, resources)
        n_rows = sum(
            stream_samples(
                selection, write_samples, resources, plan, own,
                title="export", group=group, task_bytes=_task_bytes(selection, group),
            )
        )  # fmt: skip
    log.info("wrote %s files, %s rows", f"{len(paths):,}", f"{n_rows:,}")
    return list(paths.values())


def _group(selection: Selection, resources: Resources) -> int:
    """Return how many samples a task has: those of a chunk, or fewer where that keeps all busy."""
    n = len(selection.samples)
    group = min(selection.store.chunk[0], -(-n // max(1, resources.workers)))
    while group > 1 and _task_bytes(selection, group) > resources.room():
        group //= 2
    return group


def _task_bytes(selection: Selection, group: int) -> int:
    return group * min(BLOCK, max(1, selection.store.n_sites)) * CELL_BYTES


def _write_one(
    selection: Selection,
    output: Path,
    inputs: Sequence[Path],
    asked: tuple[str, Style, tuple[str, ...], bool],
    resources: Resources,
) -> None:
    """Write one file of all samples."""
    name, style, groups, long = asked
    form = MATRIX_TEXTS.get(name)
    bgzf = output.name.endswith(GZIP)
    indexed = bgzf and form is not None and form.preset is not None
    if indexed:
        _expect_room_in_index(selection, str(output))
    with published([output], indexed=indexed, inputs=inputs) as [place]:
        if name == "parquet":
            n_rows = write_parquet(selection, place.path, resources, long=long)
        elif name == "h5ad":
            n_rows = write_h5ad(selection, place.path, resources)
        else:
            warm_up("text")
            legends = {kind: selection.store.legends[kind] for kind in selection.store.kinds}
            cohort = Cohort(selection.samples, groups, selection.chroms, legends)
            with place.path.open("wb") as file:
                table = Table(name, style, cohort, bgzf, indexed)
                n_rows = write_matrix(selection, table, file, place.tabix, resources)
    log.info("wrote %s: %s rows", output, f"{n_rows:,}")


def _expect_room_in_index(selection: Selection, output: str) -> None:
    """Raise ConfigError where a chromosome is longer than an index has room for."""
    store = selection.store
    beyond = np.flatnonzero(store.last_positions > MAX_INDEXED)
    if len(beyond):
        message = (
            f"{output}: gets an index, which has room for {MAX_INDEXED:,} bases of a chromosome; "
            f"{store.path} has sites up to {int(store.last_positions[beyond[0]]):,} of "
            f"{store.chroms[beyond[0]]}; give a name that does not end in {' or '.join(GZIP)}, "
            "or another format"
        )
        raise ConfigError(message)


def _expect_meaning(name: str, given: Mapping[str, bool]) -> None:
    """Raise ConfigError where an option is given that a format does not have."""
    for option, is_given in given.items():
        if is_given and name not in _OPTIONS[option]:
            message = (
                f"found --{option} for the format {name}; it is an option of "
                f"{', '.join(_OPTIONS[option])}; leave it out"
            )
            raise ConfigError(message)


def _groups(selection: Selection, name: str, by: str | None) -> tuple[str, ...]:
    """Return the group of each sample, where a format names them."""
    form = MATRIX_TEXTS.get(name)
    if form is None or not form.needs_groups:
        return ()
    if by is None or by not in selection.sheet:
        columns = ", ".join(selection.sheet) or "none"
        message = (
            f"{selection.store.path}: the format {name} names groups; expected --by with a column "
            f"of the sheet, which has {columns}"
        )
        raise ConfigError(message)
    groups = selection.sheet[by]
    for sample, group in zip(selection.samples, groups, strict=True):
        if not group or "_" in group:
            message = (
                f"{selection.store.path}: sample {sample} has {group!r} in the column {by}; the "
                f"format {name} expects a name without '_', which ends it there"
            )
            raise ConfigError(message)
    return groups


def _plan(
    selection: Selection, name: str, style: Style, output: str, lengths: tuple[int, ...]
) -> Plan:
    form = SAMPLE_TEXTS.get(name)
    store = selection.store
    if form is not None and form.needs_kinds:
        _expect_kinds(selection, name)
    bgzf = form is not None and (form.bgzf or output.endswith(GZIP))
    chosen = selection.contexts or ()
    context = store.legends["context"][chosen[0]] if len(chosen) == 1 else "unknown"
    return Plan(name, style, bgzf, store.assembly, context, lengths)


def _expect_kinds(selection: Selection, name: str) -> None:
    """Raise ConfigError where the strand of a site is not known."""
    store = selection.store
    n_unknown = selection.n_sites
    if store.kinds:
        n_unknown = sum(int((block.strand == 0).sum()) for block in selection.blocks(()))
    if n_unknown:
        message = (
            f"{store.path}: the strand of {n_unknown:,} of {selection.n_sites:,} sites is not "
            f"known; the format {name} has it for each; build the store with a reference, or "
            "choose sites by --strand"
        )
        raise ConfigError(message)


def _lengths(selection: Selection, chrom_sizes: str | Path | None) -> tuple[int, ...]:
    """Return the lengths of the chromosomes of the store; 0 of those that a table leaves out."""
    store = selection.store
    if chrom_sizes is None:
        if store.chrom_lengths is None:
            message = (
                f"{store.path}: has no lengths of its chromosomes, which a bigWig file needs; give "
                "--chrom-sizes with a table such as chrom.sizes or GENOME.fa.fai"
            )
            raise ConfigError(message)
        return tuple(store.chrom_lengths.tolist())
    names = aliases_beside(None, store.provenance["config"].get("aliases"))
    sizes = read_chrom_sizes(str(chrom_sizes), names)
    used = set(np.unique(selection.chrom).tolist()) if selection.n_sites else set()
    ends = store.last_positions.tolist()
    for number, (chrom, end) in enumerate(zip(store.chroms, ends, strict=True)):
        found = sizes.lengths.get(chrom)
        if (found is None and number in used) or (found is not None and found < end):
            what = "has no length of" if found is None else f"gives {found:,} bases to"
            message = (
                f"{chrom_sizes}: {what} {chrom}, which has sites up to {end:,} in {store.path}; "
                "give the table of the genome of the store"
            )
            raise InputError(message)
    return tuple(sizes.lengths.get(name, 0) for name in store.chroms)
