"""methcohort verify."""

import click

from ..verify import verify


@click.command("verify")
@click.argument("store")
@click.option("--inputs", is_flag=True, help="Read the text files again and compare with them.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Processes that read the text."
)
@click.option("--memory", metavar="SIZE", help="Memory for reading the text, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for rows that exceed the memory.")
def command(
    store: str,
    inputs: bool,  # noqa: FBT001 - click passes it by name
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Check every byte and every value of a store."""
    digest = verify(store, inputs=inputs, workers=workers, memory=memory, scratch=scratch)
    click.echo(f"{store}: ok, {digest}")
