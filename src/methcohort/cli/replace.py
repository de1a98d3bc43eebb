"""methcohort replace."""

import click

from ..growing import replace


@click.command("replace")
@click.argument("store")
@click.option("--samples", metavar="SHEET", required=True, help="Sheet of the samples to replace.")
@click.option("--cohort", metavar="NAME", help="Which cohort; needed where the sheet has several.")
@click.option("--output", metavar="STORE", help="The store to write; else in the same place.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)
@click.option("--memory", metavar="SIZE", help="Memory of all processes together, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for what is beyond the memory.")
def command(
    store: str,
    samples: str,
    cohort: str | None,
    output: str | None,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Replace samples of a store by those of the same names in a sheet."""
    replace(
        store,
        samples,
        cohort=cohort,
        output=output,
        workers=workers,
        memory=memory,
        scratch=scratch,
    )
