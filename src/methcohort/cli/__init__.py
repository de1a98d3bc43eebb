"""The command line: each command parses its arguments, calls one function and prints.

Commands are modules of this package and loaded when called, so that `methcohort --help` is quick.
"""

import contextlib
import gc
import logging
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click

from ..errors import MethcohortError
from ..signals import StoppedError, raise_when_stopped

_COMMANDS: Final = {
    "build": "Build the store of one cohort from its text files.",
    "info": "Show what a store holds and how it was made.",
    "query": "Print the sites of a region as a table.",
    "verify": "Check every value of a store.",
    "init": "Start a project: configuration, sheet and Snakefile.",
}


class _Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

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


def main() -> NoReturn:
    """Run the command line; the exit status is 1 after an error, 128 + n after signal n."""
    # No linear algebra is done here; its threads would only cost memory in every worker.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # Imports make many objects, and none of them is garbage: looking for some took a fifth of them.
    gc.set_threshold(100_000)
    _open_closed_streams()
    raise_when_stopped()
    status = 0
    try:
        _group.main(prog_name="methcohort", standalone_mode=False)
        sys.stdout.flush()
    except StoppedError as stopped:
        _say(f"stopped by {signal.Signals(stopped.number).name}")
        status = 128 + stopped.number
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except MethcohortError as error:
        for line in str(error).splitlines():
            _say(f"error: {line}")
        status = 1
    except BrokenPipeError:  # whoever reads the output has seen enough
        status = 1
    except OSError as error:  # what goes wrong with files of ours is a MethcohortError
        _say(
            f"error: the output cannot be written ({error.strerror or error}); check where it goes"
        )
        status = 1
    _leave(status)


def _open_closed_streams() -> None:
    """Have all three standard streams; else a file opened later would take the place of one."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _leave(status: int) -> NoReturn:
    """End the process at once; to take all modules apart first can take longer than a command."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = status or 1
    os._exit(status)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the exit status tells, too
        print(f"methcohort: {text}", file=sys.stderr)
