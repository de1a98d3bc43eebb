"""methcohort build."""

import click

from ..builder import build


@click.command("build")
@click.option("--samples", metavar="SHEET", help="Sheet of samples; else that of the config.")
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@click.option(
    "--config", metavar="YAML", help="YAML file with some of the keys, or YAML text in {braces}."
)
@click.option("--cohort", metavar="NAME", help="Which cohort; needed where the sheet has several.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)
@click.option("--memory", metavar="SIZE", help="Memory of all processes together, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for rows beyond the memory.")
@click.option("--fetched", metavar="TABLE", help="Local copies of files that lie elsewhere.")
@click.option(
    "--earlier", metavar="STORE", help="A store from which samples of the same text are taken."
)
@click.option(
    "--changed",
    type=click.Choice(["replace", "refuse"]),
    default="replace",
    help="What to do with text that differs from that of the same sample in --earlier.",
)
def command(
    samples: str | None,
    output: str,
    config: str | None,
    cohort: str | None,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
    fetched: str | None,
    earlier: str | None,
    changed: str,
) -> None:
    """Build the store of one cohort from its text files."""
    build(
        samples,
        output,
        config=config,
        cohort=cohort,
        workers=workers,
        memory=memory,
        scratch=scratch,
        fetched=fetched,
        earlier=earlier,
        changed=changed,
    )
