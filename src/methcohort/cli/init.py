"""methcohort init."""

import shlex

import click

from ..project import init


@click.command("init")
@click.argument("directory", metavar="DIR")
@click.argument("files", nargs=-1)
def command(directory: str, files: tuple[str, ...]) -> None:
    """Start a project in DIR, with one sample for each of FILES."""
    init(directory, files)
    click.echo(
        f"{directory}: ready. Look at config/config.yaml and config/samples.tsv, then run\n"
        f"  cd {shlex.quote(directory)} && snakemake --cores 2"
    )
