"""Any file, whatever is in it: which file it is, output that is complete or not there, strict YAML.

It knows nothing of methylation, and of no format of its own.
"""

from .identity import (
    CHANGED,
    NO_LOCKS,
    Identity,
    identity,
    open_file,
    read_whole,
    steady,
    write_whole,
)
from .output import Target

__all__ = [
    "CHANGED",
    "Identity",
    "NO_LOCKS",
    "Target",
    "identity",
    "open_file",
    "read_whole",
    "steady",
    "write_whole",
]
