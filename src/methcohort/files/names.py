"""Names in text files: what can be the name of a chromosome."""

import unicodedata
from typing import Final

MAX_NAME_BYTES: Final = 4096
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
        message = "it is in quotes, and most names are not; quote all names or none"
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
