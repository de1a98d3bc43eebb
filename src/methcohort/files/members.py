"""The members of a gzip file: each is gzip data of its own, as where files were joined."""

import zlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 16


def member_starts(path: str) -> Iterator[int]:
    """Yield where the members of a gzip file begin in its text.

    Ends where the data are damaged, which who reads the file finds out too.
    """
    offset = 0
    try:
        with Path(path).open("rb") as file:
            rest = b""
            while data := rest or file.read(_PIECE):
                yield offset
                member = zlib.decompressobj(wbits=31)
                while data:
                    offset += len(member.decompress(data, _PIECE))
                    if member.eof:
                        break
                    data = member.unconsumed_tail or file.read(_PIECE)
                rest = member.unused_data
    except (OSError, zlib.error):
        return


def has_zeros_between_members(path: str) -> bool:
    """Tell whether a member of a gzip file follows zero bytes, which readers take for its end.

    Zeros at the end of the file are padding.

    Raises
    ------
    OSError, zlib.error
        Where the file cannot be read, or its data are damaged.
    """
    with Path(path).open("rb") as file:
        rest = b""
        while data := rest or file.read(_PIECE):
            member = zlib.decompressobj(wbits=31)
            while data:
                member.decompress(data, _PIECE)
                if member.eof:
                    break
                data = member.unconsumed_tail or file.read(_PIECE)
            rest = member.unused_data or file.read(_PIECE)
            if rest.startswith(b"\0"):
                pieces = chain([rest], iter(partial(file.read, _PIECE), b""))
                return any(piece.strip(b"\0") for piece in pieces)
    return False
