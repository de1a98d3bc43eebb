"""methcohort r."""

import click

from ..resources import shipped


@click.command("r")
def command() -> None:
    """Print the path of the R functions that open a store."""
    click.echo(shipped("r") / "methcohort.R")
