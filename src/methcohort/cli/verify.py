"""methcohort verify."""

from typing import Any

import click

from ..verify import verify
from . import options


@click.command("verify")
@click.argument("store")
@click.option("--inputs", is_flag=True, help="Read the text files again and compare with them.")
@click.option("--samples", metavar="SHEET", help="Compare names, paths and columns with a sheet.")
@options.cohort
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Processes that read the text."
)
@click.option("--memory", metavar="SIZE", help="Memory for reading the text, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for rows that exceed the memory.")
def command(
    store: str,
    inputs: bool,  # noqa: FBT001 - click passes it by name
    **given: Any,
) -> None:
    """Check every byte and every value of a store."""
    digest = verify(store, inputs=inputs, **given)
    click.echo(f"{store}: ok, {digest}")
