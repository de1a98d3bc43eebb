"""methcohort merge."""

from typing import Any

import click

from ..growth import merge
from . import options


@click.command("merge")
@click.argument("stores", nargs=-1, required=True, metavar="STORE...")
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@click.option("--samples", metavar="SHEET", help="Sheet of all samples, in the order wanted.")
@options.cohort
@options.machine
def command(stores: tuple[str, ...], output: str, **given: Any) -> None:
    """Merge stores of different samples without re-reading the input files."""
    merge(stores, output, **given)
