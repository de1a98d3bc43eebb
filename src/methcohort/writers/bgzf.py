"""BGZF, the gzip of bgzip: members of at most 64 KiB, between which readers can jump.

Written from the description of the format in the SAM specification, section 4.1.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

MEMBER_BYTES: Final = 65280
"""Bytes of text in a member: with what cannot be compressed it still fits 64 KiB, as in htslib."""

EOF: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty member at the end, by which readers know that the file is whole."""

_HEADER: Final = bytes.fromhex("1f8b08040000000000ff060042430200")
_STORED: Final = struct.Struct("<BHH")


@dataclass(frozen=True)
class Compressed:
    """Some text as whole members.

    Attributes
    ----------
    data : the members
    offsets : int64[n_members], where in `data` each begins; each but the last is full
    n_bytes : of the text
    """

    data: bytes
    offsets: npt.NDArray[np.int64]
    n_bytes: int

    def places(self, positions: npt.NDArray[np.int64], first: int) -> npt.NDArray[np.uint64]:
        """Return virtual offsets of positions in the text, where `data` begins at byte `first`.

        That of the end of the text is the end of the data.
        """
        starts = np.append(self.offsets, len(self.data)) + first
        member, inside = np.divmod(positions, MEMBER_BYTES)
        at_end = positions == self.n_bytes
        member = np.where(at_end, len(starts) - 1, member)
        inside = np.where(at_end, 0, inside)
        found: npt.NDArray[np.uint64] = (starts[member] << 16 | inside).astype(np.uint64)
        return found


def compress(text: npt.NDArray[np.uint8] | bytes, level: int = 1) -> Compressed:
    """Return some text as whole members.

    Parameters
    ----------
    level : of ISA-L's deflate, 0 to 3
    """
    view = text.data if isinstance(text, np.ndarray) else memoryview(text)
    members = [
        _member(view[start : start + MEMBER_BYTES], level)
        for start in range(0, len(view), MEMBER_BYTES)
    ]
    offsets = np.cumsum([0, *map(len, members)], dtype=np.int64)[:-1]
    return Compressed(b"".join(members), offsets, len(view))


def _member(text: memoryview, level: int) -> bytes:
    stream = isal_zlib.compressobj(level, isal_zlib.DEFLATED, -15)
    data = stream.compress(text) + stream.flush()
    if len(data) > len(text) + _STORED.size:
        data = _STORED.pack(1, len(text), len(text) ^ 0xFFFF) + bytes(text)
    size = len(_HEADER) + 2 + len(data) + 8
    tail = struct.pack("<II", isal_zlib.crc32(text), len(text))
    return _HEADER + struct.pack("<H", size - 1) + data + tail
