"""methcohort scatter: the steps of a build in several jobs."""

import functools
from pathlib import Path
from typing import Any

import click

from ..core.errors import StoreError
from ..scatter import DamagedPartError, assemble_ranges, find_sites, load_batch, pack_range
from . import options

_sites = click.option("--sites", metavar="FILE", required=True, help="What `sites` wrote.")
_output = click.option("--output", metavar="FILE", required=True, help="The file to write.")
_batches = click.argument("batches", metavar="BATCH...", nargs=-1, required=True)


def _discarding(function: options.Command) -> options.Command:
    """Give a command the option that removes a part which is found damaged."""

    @functools.wraps(function)
    def call(*, discard_damaged: bool, **given: Any) -> None:
        try:
            function(**given)
        except DamagedPartError as error:
            if not discard_damaged:
                raise
            Path(error.path).unlink(missing_ok=True)
            message = f"{error}\n{error.path} is removed; run again, which makes it again"
            raise StoreError(message) from error

    return click.option(
        "--discard-damaged", is_flag=True, help="Remove a part that is cut or damaged."
    )(call)


@click.group("scatter")
def command() -> None:
    """Build a store in several jobs that hand files to each other."""


@command.command("load")
@options.sheet
@options.cohort
@options.config
@options.recipe
@click.option(
    "--batch", metavar="K/N", help="Which of how many batches; the recipe of a batch says it."
)
@_output
@options.machine
@options.fetched
def _load(samples: str | None, output: str, batch: str | None, **given: Any) -> None:
    """Read the text files of a batch of the samples."""
    load_batch(samples, output, batch, **given)


@command.command("sites")
@options.sheet
@options.cohort
@options.config
@options.recipe
@_output
@options.machine
@_batches
@_discarding
def _find(samples: str | None, output: str, batches: tuple[str, ...], **given: Any) -> None:
    """Check all batches against each other, and find the sites."""
    find_sites(samples, output, batches, **given)


@command.command("pack")
@_sites
@click.option("--range", "part", metavar="K/N", required=True, help="Which of how many ranges.")
@_output
@options.machine
@_batches
@_discarding
def _pack(sites: str, part: str, output: str, batches: tuple[str, ...], **given: Any) -> None:
    """Pack the values of all samples at a range of the sites."""
    pack_range(sites, output, part, batches, **given)


@command.command("assemble")
@_sites
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@options.memory
@options.scratch
@click.argument("ranges", metavar="RANGE...", nargs=-1, required=True)
@_discarding
def _assemble(sites: str, output: str, ranges: tuple[str, ...], **given: Any) -> None:
    """Put the ranges of all sites together to the store."""
    assemble_ranges(sites, output, ranges, **given)
