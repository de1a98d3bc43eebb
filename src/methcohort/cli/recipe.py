"""methcohort recipe."""

from typing import Any

import click

from ..cohort import write_recipe
from . import options


@click.command("recipe")
@options.sheet
@click.option("--output", metavar="FILE", required=True, help="The file to write.")
@options.config
@options.cohort
@click.option("--batch", metavar="K/N", default="", help="Which of how many batches, if one.")
@click.option("--digest", metavar="DIGEST", help="The digest to expect; else any.")
@click.option("--release", metavar="VERSION", help="The version to write down; else this one.")
@click.option(
    "--vouched", metavar="TABLE", help="What stands for files that are not to be looked at."
)
def command(samples: str | None, output: str, **given: Any) -> None:
    """Write down all that decides a store: rows, configuration and files."""
    click.echo(write_recipe(samples, output, **given))
