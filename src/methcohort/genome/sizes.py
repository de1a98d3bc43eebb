"""Lengths of chromosomes: a table such as UCSC's chrom.sizes, or the index of a FASTA file."""

from dataclasses import dataclass
from typing import Final

from ..core.errors import InputError
from ..files import Lines, decode_name
from .aliases import Aliases

MAX_SIZES_BYTES: Final = 1 << 26
"""A longer table is refused, however it is compressed: it is not one of chromosomes."""

_MOST_DIGITS: Final = 12
"""Of a length: more bases than any genome has, and no number that overflows int64."""

_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class ChromSizes:
    """The lengths of chromosomes that a file gives.

    Attributes
    ----------
    path : of the file
    lengths : in bases, by the name in the store
    sha256 : of the bytes of the file, in hexadecimal
    """

    path: str
    lengths: dict[str, int]
    sha256: str


def read_chrom_sizes(path: str, aliases: Aliases) -> ChromSizes:
    """Read a table whose first two columns are the name of a chromosome and its length in bases.

    Further columns, as of a .fai file, are skipped, and so are blank lines and those that begin
    with #. The file is plain or gzip.

    Raises
    ------
    InputError
        Where the file cannot be read, a line has no name or length, or a chromosome comes twice.
    """
    lines = Lines(path)
    given: dict[str, str] = {}
    lengths: dict[str, int] = {}
    n_bytes = 0
    for line in lines:
        n_bytes += len(line) + 1
        if n_bytes > MAX_SIZES_BYTES:
            reason = f"found more than {MAX_SIZES_BYTES:,} bytes; expected a table of chromosomes"
            raise lines.fault(reason)
        fields = line.split()
        if not fields or fields[0].startswith(b"#"):
            continue
        length = _length(fields[1]) if len(fields) > 1 else 0
        if not length:
            found = line[:_SHOWN].decode("utf-8", "backslashreplace")
            reason = (
                f"found {found!r}; expected the name of a chromosome and its length in bases, as "
                "in chrom.sizes or a .fai file; fix the line"
            )
            raise lines.fault(reason)
        try:
            name = decode_name(fields[0])
        except ValueError as error:
            reason = f"the chromosome name cannot be used: {error}; fix the file"
            raise lines.fault(reason) from error
        target = aliases(name)
        if target in lengths:
            before = given[target]
            found = "a second time" if before == name else f"beside {before!r}; both are {target!r}"
            reason = (
                f"found {name!r} {found}; expected one length per chromosome; remove a line, or "
                "fix the aliases"
            )
            raise lines.fault(reason)
        given[target], lengths[target] = name, length
    if not lengths:
        message = f"{path}: found no chromosome; expected names and lengths, one per line"
        raise InputError(message)
    return ChromSizes(path, lengths, lines.sha256())


def _length(field: bytes) -> int:
    """Return a length; 0 where the field is not one."""
    return int(field) if field.isdigit() and len(field) <= _MOST_DIGITS else 0
