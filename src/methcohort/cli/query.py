"""methcohort query."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from ..select import Selection, open_store, region_means
from .printing import STDOUT, Column, Table, print_table
from .selecting import Selecting, selection

_LAYERS: Final = ("c", "t", "coverage", "pct", "beta")


def _chosen_layers(_context: Any, _option: Any, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of layers that an option has."""
    names = tuple(name for text in given for name in text.split(","))
    for name in names:
        if name not in _LAYERS or names.count(name) > 1:
            message = f"found {name!r}; expected some of {', '.join(_LAYERS)}, each once"
            raise click.BadParameter(message)
    return names


@click.command("query")
@click.argument("store")
@click.argument("positional", metavar="[REGION]...", nargs=-1)
@selection
@click.option(
    "--layer",
    "layers",
    metavar="NAME,...",
    multiple=True,
    callback=_chosen_layers,
    help=f"What to print of each sample: {', '.join(_LAYERS)}. By default the store's layers.",
)
@click.option(
    "--mean",
    is_flag=True,
    help="One row per region: of each sample the methylated reads of all sites by all reads.",
)
@click.option("-o", "--output", metavar="FILE", default=STDOUT, help="The file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list with an object per row.")
def command(store: str, selecting: Selecting, layers: tuple[str, ...], **given: Any) -> None:
    """Print the sites of each REGION, such as chr1:1,000-2,000 or chr1, as a table.

    Positions are 1-based; both ends of a region are included. Sites come in the order of the
    store, each once. With --mean regions come in the order given, and those of a file after others.
    """
    mean, output, as_json = (given[name] for name in ("mean", "output", "as_json"))
    selecting = selecting.with_regions(given["positional"])
    if not selecting.names_sites:
        message = "Missing a REGION, --region, --regions-file or --chrom; --chrom '*' is all sites."
        raise click.UsageError(message)
    if mean and not set(layers) <= {"pct", "beta"}:
        raise click.UsageError("--mean prints a level; --layer can be pct or beta then.")
    with open_store(store) as opened:
        chosen = selecting.select(opened)
        if mean:
            table = _means(chosen, selecting.regions_of(opened), layers or ("pct",))
        else:
            table = _sites(chosen, layers or opened.layers)
        print_table(table, output, as_json=as_json)


def _sites(chosen: Selection, layers: Sequence[str]) -> Table:
    """Return a row for each site."""
    store = chosen.store
    cells = [f"{sample}.{layer}" for sample in chosen.samples for layer in layers]

    def rows() -> Iterator[list[Column]]:
        for block in chosen.blocks(layers, store.chunk[1]):
            kinds = [Column(getattr(block, name), store.legends[name]) for name in store.kinds]
            values = [
                Column(block.values[layer][k])
                for k in range(len(chosen.samples))
                for layer in layers
            ]
            yield [Column(block.chrom, store.chroms), Column(block.pos), *kinds, *values]

    return Table(["chr", "pos", *store.kinds, *cells], rows())


def _means(chosen: Selection, regions: Sequence[str | Path], layers: Sequence[str]) -> Table:
    """Return a row for each region."""
    found = region_means(chosen, regions)
    bed = found.bed
    level = found.level
    cells = [f"{sample}.{layer}" for sample in chosen.samples for layer in layers]
    values = [
        Column(level[:, k] * (100 if layer == "pct" else 1))
        for k in range(len(chosen.samples))
        for layer in layers
    ]
    columns = [
        Column(bed.chrom, chosen.chroms),
        Column(bed.start),
        Column(bed.end),
        Column(np.arange(len(bed)), bed.names),
        Column(found.n_sites),
        *values,
    ]
    return Table(["chrom", "start", "end", "name", "n_sites", *cells], iter([columns]))
