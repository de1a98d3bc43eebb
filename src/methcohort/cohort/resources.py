"""What a command may use of the machine, by its arguments or the configuration."""

from pathlib import Path

from ..engine import Resources
from .config import Config, parse_size


def resources_of(
    settings: Config,
    workers: int | None,
    memory: str | int | None,
    scratch: str | Path | None,
) -> Resources:
    """Return what the arguments of a command say, or else the configuration.

    Raises ConfigError where one of them has no meaning.
    """
    return Resources.of(
        settings.threads if workers is None else workers,
        settings.memory if memory is None else parse_size(memory),
        scratch,
    )
