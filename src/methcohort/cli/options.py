"""Options that several commands have."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

memory = click.option(
    "--memory", metavar="SIZE", help="Memory budget across all processes, such as 4GB."
)
scratch = click.option("--scratch", metavar="DIR", help="Folder for rows that exceed the memory.")
_workers = click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)

cohort = click.option(
    "--cohort", metavar="NAME", help="Cohort to build; required if the sheet has more than one."
)
config = click.option(
    "--config", metavar="YAML", help="YAML file with any of the keys, or YAML text in {braces}."
)
sheet = click.option(
    "--samples", metavar="SHEET", help="Sample sheet; by default that of the configuration."
)
fetched = click.option("--fetched", metavar="TABLE", help="Table of local copies of remote files.")
recipe = click.option(
    "--recipe",
    metavar="FILE",
    help="What methcohort recipe wrote, in place of a sheet, a configuration and a cohort.",
)
min_coverage = click.option(
    "--min-coverage",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    help="Values with fewer reads count as not observed.",
)
in_place = click.option(
    "--output", metavar="STORE", help="The store to write; by default the store is replaced."
)


def machine(function: Command) -> Command:
    """Give a command the options that say what it may use: workers, memory and scratch."""
    return _workers(memory(scratch(function)))
