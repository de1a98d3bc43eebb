"""The group of commands: each parses its arguments, calls one function and prints.

Commands are modules of this package and loaded when called, so that `methcohort --help` is quick.
"""

import logging
import sys
from importlib import import_module
from typing import Final

import click

from ..core.signals import raise_when_stopped
from . import loading
from .limits import check_limits

_COMMANDS: Final = {
    "build": "Build the store of one cohort from its text files.",
    "merge": "Merge stores of different samples without re-reading the input files.",
    "add": "Add the samples of a sheet to a store; only their files are read.",
    "replace": "Replace samples of a store with those of the same names in a sheet.",
    "remove": "Remove samples from a store, and the sites that no other sample has.",
    "scatter": "Build a store in several jobs that hand files to each other.",
    "recipe": "Write down all that decides a store.",
    "filter": "Mask values, and drop sites and samples of a store, into a new one.",
    "export": "Write tracks, tables of callers, matrices, Parquet or AnnData.",
    "inspect": "Show the detected format of input files, and why.",
    "info": "Show what a store holds and how it was made.",
    "summarise": "Sums and levels of tiles, regions, chromosomes or samples.",
    "query": "Print the sites of a region as a table.",
    "verify": "Check every value of a store.",
    "r": "Print the path of the R functions that open a store.",
    "init": "Start a project: configuration, sheet and Snakefile.",
}

_ALIASES: Final = {"summarize": "summarise"}


class _Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = _ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        check_limits(cmd_name)
        with loading(f"methcohort {cmd_name}"):
            command: click.Command = import_module(f".{cmd_name}", __package__).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        found = super().resolve_command(ctx, args)
        raise_when_stopped()  # from here on there may be something to clean up
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="methcohort")
@click.option("-q", "--quiet", is_flag=True, help="Show warnings and errors only.")
def _group(quiet: bool) -> None:  # noqa: FBT001 - click passes it by name
    """DNA-methylation calls of many samples in one HDF5 store."""
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO,
        stream=sys.stderr,
        format="methcohort: %(message)s",
    )
    logging.addLevelName(logging.WARNING, "warning")


def run() -> int:
    """Run the command of this process's arguments; return its exit status."""
    try:
        _group.main(prog_name="methcohort", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0
