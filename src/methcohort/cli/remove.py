"""methcohort remove."""

from typing import Any

import click

from ..growth import remove
from . import options


@click.command("remove")
@click.argument("store")
@click.argument("names", nargs=-1, required=True, metavar="SAMPLE...")
@options.in_place
@options.machine
def command(store: str, names: tuple[str, ...], **given: Any) -> None:
    """Remove samples from a store, and the sites that no other sample has."""
    remove(store, names, **given)
