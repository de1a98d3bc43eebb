"""The seal: the last line of a store, with the size and the CRC-32 of all bytes before it.

HDF5 ignores what comes after its own end of a file. So the seal can vouch for every byte, also for
those that HDF5 never reads, and a file that was truncated, appended to or rewritten by another tool
differs from one that is as its writer left it. `docs/format.md` has the line.
"""

import re
from pathlib import Path
from typing import Any, Final

from isal import isal_zlib

_START: Final = b"\n# methcohort sealed: size "
_LINE: Final = re.compile(re.escape(_START) + rb"(\d{21}) crc32 ([0-9a-f]{8})\n")
_LENGTH: Final = 64
_END_OF_HDF5: Final = 28
"""Where the superblock of HDF5 1.10 says how long HDF5's own part is, as 8 bytes, little-endian."""

_PIECE: Final = 1 << 20


def append_seal(path: Path) -> None:
    """Append the seal to a file that has none. Raises OSError."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.write(b"%s%021d crc32 %08x\n" % (_START, size, _crc(file, size)))


def seal_fault(path: Path) -> str | None:
    """Return what is wrong with a file by its seal, as the rest of a sentence; None if nothing.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        total = file.seek(0, 2)
        file.seek(max(0, total - _LENGTH))
        line = _LINE.fullmatch(file.read())
        if line is None:
            return _without_seal(file, total)
        size = total - _LENGTH
        if int(line[1]) != size:
            return f"has {size:,} bytes before its seal; expected {int(line[1]):,}"
        if _crc(file, size) != int(line[2], 16):
            return "has other bytes than when it was sealed"
        return None


def _without_seal(file: Any, total: int) -> str:
    """Return whether a file goes on after its seal, or has none, as the rest of a sentence."""
    file.seek(_END_OF_HDF5)
    end = int.from_bytes(file.read(8), "little")
    if end < total:
        file.seek(end)
        line = _LINE.fullmatch(file.read(_LENGTH))
        if line is not None and int(line[1]) == end:
            return f"has {total - end - _LENGTH:,} bytes after its seal; expected none"
    return "ends without its seal: it was truncated, changed at its end or written by another tool"


def _crc(file: Any, size: int) -> int:
    """Return the CRC-32 of the first bytes of a file, and leave its position after them."""
    file.seek(0)
    crc = 0
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        crc = isal_zlib.crc32(piece, crc)
        size -= len(piece)
    return crc
