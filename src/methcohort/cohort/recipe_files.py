"""What a recipe records of the files of a store, so that a changed one is another recipe."""

import hashlib
import os
import re
import time
from pathlib import Path
from typing import BinaryIO, Final

from ..core.errors import InputError, joined
from ..files import identity, open_file, steady

END_BYTES: Final = 65536
"""How much of each end of a file is looked at: the whole of it could take as long as a build."""

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
_CLOCK_SECONDS: Final = 60
"""How far the clock of a file server may be ahead."""


def ends_of(path: str) -> str:
    """Return the size of a file and a digest of both its ends; nothing where it cannot be read.

    A gzip file of other text has another checksum at its end, also where its size is the same.
    """
    try:
        fd = open_file(path)
    except (OSError, ValueError):
        return ""
    with os.fdopen(fd, "rb") as file:
        try:
            return _ends(file)
        except OSError:
            return ""


def _ends(file: BinaryIO) -> str:
    size = os.fstat(file.fileno()).st_size
    digest = hashlib.sha256(file.read(END_BYTES))
    file.seek(max(END_BYTES, size - END_BYTES))
    digest.update(file.read(END_BYTES))
    return f"{size} {digest.hexdigest()}"


def is_remote(path: str) -> bool:
    """Tell whether a path of the sheet is a URL."""
    return _URL.match(path) is not None


def read_vouched(path: str | Path) -> dict[str, str]:
    """Read what stands for the content of files that cannot be looked at yet, or from here.

    Parameters
    ----------
    path : a table of two columns without a header, separated by tabs: a path of the sheet or the
        configuration, and a text that changes when the file does, which may be empty
    """
    try:
        with steady(path) as file:
            lines = file.read().decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the table of files cannot be read ({error}); expected text in UTF-8"
        raise InputError(message) from error
    return {name: mark for name, _, mark in (line.partition("\t") for line in lines if line)}


def refuse_future(paths: list[str]) -> None:
    """Stop where the clock of a file is ahead."""
    limit = (time.time() + _CLOCK_SECONDS) * 10**9
    late = [path for path in paths if (file := identity(path)) and file.changed > limit]
    if late:
        faults = [
            f"{path}: has a time of change in the future, so Snakemake would take every store as "
            f"outdated; check the clock, then run: touch {path}"
            for path in late
        ]
        raise InputError(joined(faults, "file"))
