"""methcohort summarise."""

from collections.abc import Sequence
from typing import Any

import click

from ..select import open_store
from ..summarise import split_scheme, summarise
from . import options
from .selecting import Selecting, selection


@click.command("summarise")
@click.argument("store")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="-",
    help="The table: .tsv, .tsv.gz or .parquet; {scheme} stands for the name of the scheme.",
)
@click.option("-O", "--format", metavar="NAME", help="tsv, tsv.gz or parquet, whatever the suffix.")
@click.option("--tiles", metavar="SIZE", help="Tiles of so many bases from 1 on, such as 1000, 1k.")
@click.option("--step", metavar="STEP", help="Bases from one tile to the next; by default SIZE.")
@click.option("--per-chrom", is_flag=True, help="A row for each chromosome.")
@click.option("--per-sample", is_flag=True, help="A row for each sample.")
@click.option(
    "--scheme",
    "schemes",
    metavar="NAME=WHAT",
    multiple=True,
    help="One of several tables: SIZE, SIZE/STEP, a BED file, chroms or samples; repeatable.",
)
@click.option("--by", metavar="COLUMN", help="Add the reads of samples with one value in a column.")
@click.option(
    "--min-sites",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    help="No level where a sample has fewer observed sites; no tile where all have.",
)
@options.min_coverage
@click.option(
    "--value",
    type=click.Choice(["pct", "beta"]),
    default="pct",
    show_default=True,
    help="Levels from 0 to 100, or to 1.",
)
@click.option("--long", is_flag=True, help="A row for each bin and sample.")
@click.option(
    "--aliases", metavar="TABLE", help="Names of chromosomes in BED files, such as GRCh38."
)
@selection
@options.machine
def command(store: str, selecting: Selecting, schemes: Sequence[str], **given: Any) -> None:
    """Write sums and levels of tiles, regions, chromosomes or samples as a table.

    Regions are those of --regions-file; --region and the other options say which sites count.
    Start and end in a table are 1-based, both included.
    """
    named: dict[str, str] = {}
    for name, what in map(split_scheme, schemes):
        if name in named:
            message = f"--scheme {name} is given twice."
            raise click.UsageError(message)
        named[name] = what
    with open_store(store) as opened:
        chosen = selecting._replace(regions_file=None).arguments(opened)
    chosen["within"] = chosen.pop("regions")
    summarise(store, regions=selecting.regions_file, schemes=named, **chosen, **given)
