"""methcohort add."""

from typing import Any

import click

from ..growth import add
from . import options


@click.command("add")
@click.argument("store")
@click.option("--samples", metavar="SHEET", required=True, help="Sheet of the samples to add.")
@options.cohort
@options.in_place
@click.option(
    "--changed",
    type=click.Choice(["refuse", "replace"]),
    default="refuse",
    help="What to do with samples of the store that have other text in the sheet.",
)
@options.machine
def command(store: str, samples: str, **given: Any) -> None:
    """Add the samples of a sheet to a store; only their files are read."""
    add(store, samples, **given)
