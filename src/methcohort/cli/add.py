"""methcohort add."""

import click

from ..growing import add


@click.command("add")
@click.argument("store")
@click.option("--samples", metavar="SHEET", required=True, help="Sheet of the samples to add.")
@click.option("--cohort", metavar="NAME", help="Which cohort; needed where the sheet has several.")
@click.option("--output", metavar="STORE", help="The store to write; else in the same place.")
@click.option(
    "--changed",
    type=click.Choice(["refuse", "replace"]),
    default="refuse",
    help="What to do with samples of the store that have other text in the sheet.",
)
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
    changed: str,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Add the samples of a sheet to a store; only their text is read."""
    add(
        store,
        samples,
        cohort=cohort,
        output=output,
        changed=changed,
        workers=workers,
        memory=memory,
        scratch=scratch,
    )
