"""methcohort filter."""

from typing import Any

import click

from ..filter import filter as filter_store
from ..select import open_store
from . import options
from .selecting import Selecting, selection


@click.command("filter")
@click.argument("store")
@click.option("-o", "--output", metavar="STORE", required=True, help="The store to write.")
@options.min_coverage
@click.option(
    "--max-coverage",
    metavar="N",
    type=click.IntRange(1),
    help="Values with more reads count as not observed.",
)
@click.option(
    "--max-coverage-quantile",
    metavar="Q",
    type=float,
    help="The same with a quantile of each sample's observed sites, such as 0.999.",
)
@click.option(
    "--min-samples",
    metavar="N|P%|all",
    default="1",
    show_default=True,
    help="Keep sites observed in at least this many samples.",
)
@click.option("--by", metavar="COLUMN", help="... in each group of a column of the sheet.")
@click.option(
    "--min-sd",
    metavar="SD",
    type=float,
    help="Keep sites whose levels, 0 to 1, have at least this standard deviation.",
)
@click.option(
    "--snps",
    metavar="FILE",
    help="Drop sites whose C, or the G of whose CpG, is in a BED or VCF file.",
)
@click.option(
    "--min-af",
    metavar="AF",
    type=float,
    help="Only variants of the VCF file with at least this frequency, AF in INFO.",
)
@click.option(
    "--aliases",
    metavar="TABLE",
    help="Names of chromosomes in --snps and --exclude-regions, such as GRCh38.",
)
@selection
@options.machine
def command(store: str, output: str, selecting: Selecting, **given: Any) -> None:
    """Mask values, and drop sites and samples of a store, into a new one.

    Values are masked first, then sites are dropped, judged on all samples, then samples.
    """
    with open_store(store) as opened:
        chosen = selecting.arguments(opened)
    filter_store(store, output, **chosen, **given)
