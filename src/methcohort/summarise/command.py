"""Summarising a store: sums and levels of bins and samples, written as tables."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from ..cohort import Config, resources_of
from ..core.errors import ConfigError, shortages_told
from ..core.log import log
from ..engine import Resources
from ..engine.compile import warm_up
from ..genome import Aliases, aliases_beside
from ..select import Selection, Store, grouped, open_store
from .bins import Listed, Tiles
from .listing import listed
from .outputs import PARQUET, STDOUT, arrow, format_of, opened
from .schemes import SAMPLES, Asked, Bases, Scheme
from .tables import WHOLE, Form
from .work import Groups, ListedTable, Table, TilesTable, write_tables

_PLACES: Final = ("chrom", "start", "end")
_SLOT: Final = "{scheme}"


class _Layout(NamedTuple):
    """What holds for all tables: names of columns, and how values are given."""

    columns: tuple[str, ...]
    value: str
    long: bool
    min_sites: int
    aliases: Aliases


def summarise(
    store: str | Path,
    output: str | Path,
    *,
    tiles: Bases | None = None,
    step: Bases | None = None,
    regions: str | Path | None = None,
    per_chrom: bool = False,
    per_sample: bool = False,
    schemes: Mapping[str, Bases] | None = None,
    by: str | None = None,
    min_sites: int = 0,
    min_coverage: int = 1,
    value: str = "pct",
    long: bool = False,
    format: str | None = None,
    samples: str | Sequence[str] | None = None,
    where: str | None = None,
    within: str | Path | Sequence[str | Path] | None = None,
    exclude_regions: str | Path | None = None,
    chroms: str | Sequence[str] | None = None,
    contexts: str | Sequence[str] | None = None,
    strand: str | Sequence[str] | None = None,
    aliases: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> None:
    """Write the sums and levels of tiles, regions, chromosomes or whole samples as tables.

    For each bin and sample: `n_sites` (sites with reads), `sum_c` and `sum_t` (methylated and
    unmethylated reads), `level` (methylated part of all reads) and `mean` (mean of the levels of
    the sites). `start` and `end` are 1-based, both included.

    Parameters
    ----------
    output : .tsv, .tsv.gz or .parquet; `-` is standard output; `{scheme}` stands for the name of
        the scheme, of which there may be several: `tiles`, `regions`, `chroms`, `samples` or those
        of `schemes`
    tiles, step : bins [k * step + 1, k * step + tiles]; the step is the size by default. Those
        without any site are left out
    regions : a BED file; all of its regions in their order
    per_chrom, per_sample : one bin for each chromosome that has sites; one for all sites
    schemes : by name, a size of tiles such as `1k`, size and step as `1000/500`, a BED file,
        `chroms` or `samples`
    by : a column of the sheet; the reads of all samples of a group are added, site by site
    min_sites : a sample with fewer observed sites in a bin has no levels there; tiles where all
        samples have fewer are left out
    min_coverage : a value with fewer reads counts as not observed
    value : levels as `pct`, 0 to 100, or `beta`, 0 to 1
    long : a row for each bin and sample
    format : tsv, tsv.gz or parquet, whatever the suffix
    samples, where, within, exclude_regions, chroms, contexts, strand : the samples and sites that
        are taken, as for `Store.select`, where `within` is `regions`
    aliases : of the chromosomes in the BED files, as in the configuration; None takes the built-in
        table that the store was made with, if any
    workers, memory, scratch : as for `build`

    Raises
    ------
    ConfigError
        Where an option has no meaning for the store, or a library is not installed.
    InputError
        Where a BED file cannot be read, names no chromosome of the store, or goes beyond its end.
    StoreError, BudgetError, WorkerError
        As `build`.
    """
    asked = Asked(tiles, step, regions, per_chrom, per_sample, schemes).listed()
    _check(value, min_sites)
    outputs = _outputs(str(output), asked, format)
    files = [within] if isinstance(within, str | Path) else within or []
    inputs = [store, exclude_regions or "", *files, *(one.path for one in asked)]
    _expect_others(list(outputs.values()), inputs)
    resources = resources_of(Config.from_mapping({}), workers, memory, scratch)
    with open_store(store) as opened_store:
        chosen = opened_store.select(
            within, samples, where=where, chroms=chroms, contexts=contexts, strand=strand,
            min_coverage=min_coverage, exclude_regions=exclude_regions,
        )  # fmt: skip
        columns, groups = _columns(chosen, by)
        named = any(scheme.path for scheme in asked)
        names = _aliases(opened_store, aliases) if named else Aliases()
        layout = _Layout(columns, value, long, min_sites, names)
        _write(chosen, groups, layout, outputs, resources)


def _check(value: str, min_sites: int) -> None:
    """Raise ConfigError where values cannot be used."""
    if value not in WHOLE:
        message = f"found the value {value!r}; expected one of {', '.join(WHOLE)}"
        raise ConfigError(message)
    if min_sites < 0:
        message = f"found min_sites {min_sites}; expected 0 or more"
        raise ConfigError(message)


class _Output(NamedTuple):
    path: str
    format: str


def _outputs(output: str, schemes: Sequence[Scheme], given: str | None) -> dict[Scheme, _Output]:
    """Return where each scheme goes to. Raises ConfigError where that is not said."""
    if len(schemes) > 1 and _SLOT not in output:
        names = ", ".join(scheme.name for scheme in schemes)
        message = (
            f"found the output {output} for several schemes ({names}); expected {_SLOT} in its "
            f"name, such as out/{_SLOT}.tsv"
        )
        raise ConfigError(message)
    found = {}
    for scheme in schemes:
        path = output.replace(_SLOT, scheme.name)
        found[scheme] = _Output(path, format_of(path, given))
        if found[scheme].format == PARQUET:
            arrow()
    return found


def _expect_others(outputs: Sequence[_Output], inputs: Sequence[str | Path]) -> None:
    """Raise ConfigError where a table would take the place of what it is made of."""
    taken = {os.path.realpath(path) for path in inputs if str(path)}
    for path, _ in outputs:
        if path != STDOUT and os.path.realpath(path) in taken:
            message = f"{path}: is read, and stays as it is; give another output"
            raise ConfigError(message)


def _columns(chosen: Selection, by: str | None) -> tuple[tuple[str, ...], Groups | None]:
    """Return the names of samples or groups, and how samples are pooled.

    Raises ConfigError where there is no such column, or a sample has no value in it.
    """
    if by is None:
        return chosen.samples, None
    texts = grouped(chosen.store.path, chosen.samples, chosen.sheet, by)
    names = list(dict.fromkeys(texts))
    of = np.array([names.index(text) for text in texts], np.intp)
    order = np.argsort(of, kind="stable")
    return tuple(names), Groups(order, np.searchsorted(of[order], np.arange(len(names))))


def _aliases(store: Store, given: str | None) -> Aliases:
    own = None if given is not None else store.provenance["config"].get("aliases")
    return aliases_beside(given, own)


@shortages_told()
def _write(
    chosen: Selection,
    groups: Groups | None,
    layout: _Layout,
    outputs: Mapping[Scheme, _Output],
    resources: Resources,
) -> None:
    """Write the tables of all schemes in one pass."""
    made = [_table(chosen, scheme, out, layout) for scheme, out in outputs.items()]
    paths = [path for path, _ in outputs.values()]
    warm_up("text")
    with ExitStack() as stack:
        sinks = [
            stack.enter_context(opened(path, one.table.format, names))
            for path, (one, names) in zip(paths, made, strict=True)
        ]
        if resources.scratch is None and paths[0] != STDOUT:
            resources = resources.beside(Path(paths[0]).absolute())
        write_tables(chosen, groups, [one for one, _ in made], sinks, resources)
    for path in paths:
        if path != STDOUT:
            log.info("wrote %s", path)


def _table(
    chosen: Selection, scheme: Scheme, out: _Output, layout: _Layout
) -> tuple[ListedTable | TilesTable, list[str]]:
    """Return what becomes of a scheme, and the names of the columns of its table."""
    long = layout.long or scheme.kind == SAMPLES
    form = Form(layout.columns, layout.value, long, layout.min_sites)
    if scheme.kind == "tiles":
        tiles = Tiles(scheme.size, scheme.step)
        return TilesTable(Table(tiles, form, out.format), tiles), form.names(_PLACES)
    places, ranges = listed(chosen, scheme, layout.aliases)
    table = ListedTable(Table(Listed(ranges), form, out.format), list(places.values()), len(ranges))
    return table, form.names(list(places))
