"""Files that ship with the package: workflow, commented configuration and R functions."""

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the path of a shipped folder: `workflow`, `config` or `r`.

    An installed package holds it inside; in a clone it stands at the top of the repository.
    """
    inside = _HERE / name
    return inside if inside.is_dir() else _HERE.parents[1] / name
