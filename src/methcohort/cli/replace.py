"""methcohort replace."""

from typing import Any

import click

from ..growth import replace
from . import options


@click.command("replace")
@click.argument("store")
@click.option("--samples", metavar="SHEET", required=True, help="Sheet of the samples to replace.")
@options.cohort
@options.in_place
@options.machine
def command(store: str, samples: str, **given: Any) -> None:
    """Replace samples of a store with those of the same names in a sheet."""
    replace(store, samples, **given)
