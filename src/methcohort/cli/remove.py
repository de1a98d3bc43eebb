"""methcohort remove."""

import click

from ..growing import remove


@click.command("remove")
@click.argument("store")
@click.argument("names", nargs=-1, required=True, metavar="SAMPLE...")
@click.option("--output", metavar="STORE", help="The store to write; else in the same place.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)
@click.option("--memory", metavar="SIZE", help="Memory of all processes together, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for what is beyond the memory.")
def command(
    store: str,
    names: tuple[str, ...],
    output: str | None,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Remove samples from a store, and the sites that only they had."""
    remove(
        store,
        names,
        output=output,
        workers=workers,
        memory=memory,
        scratch=scratch,
    )
