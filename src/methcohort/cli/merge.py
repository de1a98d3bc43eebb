"""methcohort merge."""

import click

from ..growing import merge


@click.command("merge")
@click.argument("stores", nargs=-1, required=True, metavar="STORE...")
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@click.option("--samples", metavar="SHEET", help="Sheet of all samples, in the order wanted.")
@click.option("--cohort", metavar="NAME", help="Which cohort; needed where the sheet has several.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)
@click.option("--memory", metavar="SIZE", help="Memory of all processes together, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for what is beyond the memory.")
def command(
    stores: tuple[str, ...],
    output: str,
    samples: str | None,
    cohort: str | None,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Merge stores of different samples into one, without their text."""
    merge(
        stores,
        output,
        samples=samples,
        cohort=cohort,
        workers=workers,
        memory=memory,
        scratch=scratch,
    )
