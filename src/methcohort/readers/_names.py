"""The chromosome names of one text file: numbered as they appear, found by a hash table."""

import unicodedata
from collections.abc import Callable
from typing import Final

import numpy as np

from ..engine.compile import kernel
from ._rows import KEEP, hash_of

_FIRST_SIZE: Final = 256

MAX_NAME_BYTES: Final = 4096
MAX_NAMES: Final = 1 << 22
MAX_PADDED_BYTES: Final = 1 << 30
"""A store has all names in the length of the longest, so no text may give it too many long ones."""


_QUOTES: Final = "\"'"
_BOM: Final = "\ufeff"
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
_FILLERS: Final = frozenset(
    chr(k)
    for first, last in (
        (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
    )
    for k in range(first, last + 1)
)  # fmt: skip
"""Letters and marks without a shape of their own: joiners, fillers and variation selectors."""


class NameTable:
    """Names seen in a file, in arrays that kernels can search.

    Attributes
    ----------
    spans : int64[n, 2], start and length of each name in `names`
    words : uint64[n, 2], the first eight bytes of each name, and the mask of those it has
    names : uint8, all names in a row
    table : int32, a hash table of open addressing; -1 is an empty slot
    flags : uint8[n], KEEP where the configuration wants the chromosome, SEEN once it has a row
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self.decoded: list[str] = []
        self.spans = np.zeros((_FIRST_SIZE, 2), np.int64)
        self.words = np.zeros((_FIRST_SIZE, 2), np.uint64)
        self.flags = np.zeros(_FIRST_SIZE, np.uint8)
        self.names = np.zeros(_FIRST_SIZE * 16, np.uint8)
        self.table = np.full(4 * _FIRST_SIZE, -1, np.int32)
        self._used = 0
        self._longest = 0

    def add(self, name: bytes) -> None:
        """Give a new name its number.

        Raises
        ------
        ValueError
            Where it is not UTF-8, has a control character or a space, or is too long, or where
            there are too many names.
        """
        text = decode_name(name)
        self._longest = max(self._longest, len(name))
        count = len(self.decoded) + 1
        if count > MAX_NAMES or count * self._longest > MAX_PADDED_BYTES:
            message = f"it is number {count:,}, too many with up to {self._longest:,} bytes each"
            raise ValueError(message)
        number = len(self.decoded)
        if number == len(self.flags):
            self._grow()
        while self._used + len(name) + 8 > self.names.size:
            self.names = np.concatenate([self.names, np.zeros_like(self.names)])
        self.names[self._used : self._used + len(name)] = np.frombuffer(name, np.uint8)
        self.spans[number] = self._used, len(name)
        head = name[:8]
        self.words[number] = int.from_bytes(head, "little"), (1 << (8 * len(head))) - 1
        self.flags[number] = KEEP if self._wanted(text) else 0
        self.decoded.append(text)
        self._used += len(name)
        insert(self.names, self.spans, number, number + 1, self.table)

    def _grow(self) -> None:
        self.spans = np.concatenate([self.spans, np.zeros_like(self.spans)])
        self.words = np.concatenate([self.words, np.zeros_like(self.words)])
        self.flags = np.concatenate([self.flags, np.zeros_like(self.flags)])
        self.table = np.full(2 * self.table.size, -1, np.int32)
        insert(self.names, self.spans, 0, len(self.decoded), self.table)


def decode_name(name: bytes) -> str:
    """Return the name of a chromosome as text.

    Raises
    ------
    ValueError
        Where it is empty, not UTF-8, too long, or has a control character or a space.
    """
    if not 0 < len(name) <= MAX_NAME_BYTES:
        message = f"it has {len(name):,} bytes, and may have 1 to {MAX_NAME_BYTES:,}"
        raise ValueError(message)
    text = name.decode("utf-8")
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        message = "it stands in quotes, and most names do not; write all with quotes or none"
        raise ValueError(message)
    if not (text.isascii() and text.isprintable() and " " not in text):
        _refuse_unseen(text)
    return text


def _refuse_unseen(text: str) -> None:
    """Refuse a name with characters that nobody sees. Raises ValueError."""
    if text.startswith(_BOM):
        message = (
            "it begins with a byte order mark (U+FEFF), as where files were joined with cat; "
            "remove the mark from each file before they are joined"
        )
        raise ValueError(message)
    for char in text:
        if char.isspace() or unicodedata.category(char) in _UNSEEN or char in _FILLERS:
            name = unicodedata.name(char, "a control character")
            message = f"it holds a control character or a space, U+{ord(char):04X} ({name})"
            raise ValueError(message)


@kernel
def insert(names, spans, first, stop, table):
    """Put the names [first, stop), which are not yet in the hash table, into it."""
    mask = np.uint64(table.size - 1)
    for number in range(first, stop):
        start = spans[number, 0]
        slot = hash_of(names, start, start + spans[number, 1]) & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = number
