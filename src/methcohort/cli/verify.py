"""methcohort verify."""

import click

from ..checks import verify


@click.command("verify")
@click.argument("store")
@click.option("--inputs", is_flag=True, help="Read the text files again and compare with them.")
def command(store: str, inputs: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Check every value of a store."""
    click.echo(f"{store}: ok, {verify(store, inputs=inputs)}")
