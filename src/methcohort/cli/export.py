"""methcohort export."""

from pathlib import Path
from typing import Any

import click

from ..export import VALUES, formats
from ..export import export as export_store
from ..select import open_store
from . import options
from .selecting import Selecting, selection


@click.command("export")
@click.argument("store")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="The file to write, with {sample} in its name where each sample has one.",
)
@click.option(
    "-O",
    "--format",
    "format",
    metavar="NAME",
    type=click.Choice(list(formats())),
    help="The format, where the name does not say it: " + ", ".join(formats()) + ".",
)
@click.option(
    "--value",
    type=click.Choice(VALUES),
    default="pct",
    show_default=True,
    help="The value of a site, of bigWig and bedGraph.",
)
@click.option("--by", metavar="COLUMN", help="Groups of the sheet, for metilene.")
@click.option("--missing", metavar="TEXT", help="The text for a sample without reads, in a table.")
@click.option("--long", is_flag=True, help="A row for each site and sample, of Parquet.")
@click.option(
    "--chrom-sizes", metavar="FILE", help="Lengths of chromosomes, as of a .fai file, for bigWig."
)
@options.min_coverage
@selection
@options.machine
def command(store: str, output: str, selecting: Selecting, min_coverage: int, **given: Any) -> None:
    """Write files that other programs read: a file for each sample, or one for all.

    The format is told by the name of the file or by --format.
    """
    with open_store(store) as opened:
        chosen = selecting.arguments(opened)
    export_store(Path(store), output, min_coverage=min_coverage, **chosen, **given)
