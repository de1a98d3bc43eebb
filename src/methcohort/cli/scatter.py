"""methcohort scatter: the steps of a build in several jobs."""

from collections.abc import Callable
from typing import Any

import click

from ..scatter import assemble_ranges, find_sites, load_batch, pack_range

_Command = Callable[..., Any]


def _cohort_options(function: _Command) -> _Command:
    options = [
        click.option("--samples", metavar="SHEET", help="Sheet of samples; else of the config."),
        click.option("--cohort", metavar="NAME", help="Which cohort, where the sheet has several."),
        click.option(
            "--config", metavar="YAML", help="YAML file with some of the keys, or text in {braces}."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _machine_options(function: _Command) -> _Command:
    options = [
        click.option(
            "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes."
        ),
        _memory,
        _scratch,
    ]
    for option in reversed(options):
        function = option(function)
    return function


_memory = click.option("--memory", metavar="SIZE", help="Memory of all processes, such as 4GB.")
_scratch = click.option("--scratch", metavar="DIR", help="Folder for what is beyond the memory.")
_sites = click.option("--sites", metavar="FILE", required=True, help="What `sites` wrote.")
_output = click.option("--output", metavar="FILE", required=True, help="The file to write.")
_batches = click.argument("batches", metavar="BATCH...", nargs=-1, required=True)


@click.group("scatter")
def command() -> None:
    """Build a store in several jobs, with files between them."""


@command.command("load")
@_cohort_options
@click.option("--batch", metavar="K/N", required=True, help="Which of how many batches.")
@_output
@_machine_options
@click.option("--fetched", metavar="TABLE", help="Local copies of files that lie elsewhere.")
def _load(samples: str | None, output: str, batch: str, **options: Any) -> None:
    """Read the text files of a batch of the samples."""
    load_batch(samples, output, batch, **options)


@command.command("sites")
@_cohort_options
@_output
@_machine_options
@_batches
def _find(samples: str | None, output: str, batches: tuple[str, ...], **options: Any) -> None:
    """Check all batches against each other, and find the sites."""
    find_sites(samples, output, batches, **options)


@command.command("pack")
@_sites
@click.option("--range", "part", metavar="K/N", required=True, help="Which of how many ranges.")
@_output
@_machine_options
@_batches
def _pack(sites: str, part: str, output: str, batches: tuple[str, ...], **options: Any) -> None:
    """Pack the values of all samples at a range of the sites."""
    pack_range(sites, output, part, batches, **options)


@command.command("assemble")
@_sites
@click.option("--output", metavar="STORE", required=True, help="The store to write.")
@_memory
@_scratch
@click.argument("ranges", metavar="RANGE...", nargs=-1, required=True)
def _assemble(sites: str, output: str, ranges: tuple[str, ...], **options: Any) -> None:
    """Put the ranges of all sites together to the store."""
    assemble_ranges(sites, output, ranges, **options)
