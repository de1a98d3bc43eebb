"""methcohort build."""

from typing import Any

import click

from ..build import build
from . import options


@click.command("build")
@options.sheet
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@options.config
@options.cohort
@options.recipe
@options.machine
@options.fetched
@click.option(
    "--earlier", metavar="STORE", help="A store from which samples of the same text are taken."
)
@click.option(
    "--changed",
    type=click.Choice(["replace", "refuse"]),
    default="replace",
    help="What to do with text that differs from that of the same sample in --earlier.",
)
def command(samples: str | None, output: str, **given: Any) -> None:
    """Build the store of one cohort from its text files."""
    build(samples, output, **given)
