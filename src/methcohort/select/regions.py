"""Regions as people write them: `chr1`, `chr1:5`, `chr1:1,000-2,000`, `chr1:1M-1.5M`."""

import re
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Final, NamedTuple

from ..core.errors import StoreError, nearest, short
from ..store.schema import MAX_POS

_NUMBER: Final = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,30})(?:\.([0-9]{1,30}))?([kKmMgG]?)"
)
_ZEROS: Final = {"": 0, "k": 3, "m": 6, "g": 9}
_EXPECTED: Final = "expected CHROM, CHROM:POS or CHROM:START-END such as chr1:1,000-2,000"


class Interval(NamedTuple):
    """Positions of a chromosome from `start` to `end`, 1-based, both included."""

    chrom: str
    start: int
    end: int


def parse_region(text: str, chroms: Collection[str]) -> Interval:
    """Return the region that a text names.

    Parameters
    ----------
    text : `chr1`, `chr1:5`, `chr1:1,000-2,000`, `chr1:1000-`, `chr1:-1000`; numbers may end in k,
        M or G, as in `chr1:1.5k-2M`. A name of `chroms` that has colons or commas goes first.
    chroms : names of the chromosomes of the store

    Raises
    ------
    StoreError
        Where the chromosome is not one of `chroms`, or start and end are not a range.
    """
    if text in chroms:
        return Interval(text, 1, MAX_POS)
    chrom, colon, numbers = text.rpartition(":")
    if not colon or chrom not in chroms:
        raise _unknown(text, chroms)
    first, dash, last = numbers.partition("-")
    if not first.strip() and not last.strip():
        message = f"found the region {text!r}, without a number after the colon; {_EXPECTED}"
        raise StoreError(message)
    start = _position(first, text) if first.strip() else 1
    end = start if not dash else _position(last, text) if last.strip() else MAX_POS
    if start > end:
        message = (
            f"found the region {text!r}, whose start {start:,} is above its end {end:,}; expected "
            "start <= end"
        )
        raise StoreError(message)
    return Interval(chrom, start, min(end, MAX_POS))


def _position(text: str, region: str) -> int:
    """Return a position from 1."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        message = (
            f"found the region {region!r}, where {short(text)!r} is not a number; expected one "
            "such as 1000, 1,000, 1k or 1.5M"
        )
        raise StoreError(message)
    whole, part, suffix = match[1].replace(",", ""), match[2] or "", match[3].lower()
    zeros = _ZEROS[suffix]
    if part[zeros:].strip("0") or (match[2] is not None and not suffix):
        message = (
            f"found the region {region!r}, where {text.strip()} is a fraction of a base; expected "
            "a whole number of bases"
        )
        raise StoreError(message)
    found = int(whole + part[:zeros].ljust(zeros, "0"))
    if found < 1:
        message = f"found the region {region!r} with the position 0; positions begin at 1"
        raise StoreError(message)
    return found


def _unknown(text: str, chroms: Collection[str]) -> StoreError:
    """Return the error for a text that begins with no chromosome of the store."""
    chrom = text.rpartition(":")[0] if ":" in text else text
    message = f"found the region {text!r}; the store has no chromosome {chrom!r}"
    near = nearest(chrom, chroms)
    if near:
        return StoreError(f"{message}; did you mean {' or '.join(near)}?")
    shown = ", ".join(islice(chroms, 5)) + (", ..." if len(chroms) > 5 else "")
    return StoreError(f"{message}, but {shown or 'none'}; {_EXPECTED}")


def split_regions(text: str, chroms: Collection[str]) -> list[str]:
    """Return the regions of a text that has them between commas.

    A comma may also be one between thousands, or part of a name.

    Raises
    ------
    StoreError
        Where that can be read in two ways, or in none.
    """
    pieces = text.split(",")
    ways: list[list[list[str]]] = [[[]]]  # the ways to read the first k pieces, at most two
    for stop in range(1, len(pieces) + 1):
        found: list[list[str]] = []
        for start in range(stop):
            part = ",".join(pieces[start:stop])
            if ways[start] and _is_region(part, chroms):
                found += [[*way, part] for way in ways[start]]
        ways.append(found[:2])
    if len(ways[-1]) > 1:
        one, other = (" and ".join(way) for way in ways[-1])
        message = (
            f"found the regions {text!r}, which are {one}, or {other}; give each region by itself"
        )
        raise StoreError(message)
    return ways[-1][0] if ways[-1] else _told_apart(pieces, chroms)


def _told_apart(pieces: Sequence[str], chroms: Collection[str]) -> list[str]:
    """Return pieces of a text of which one is no region, thousands joined: to say which it is."""
    found: list[str] = []
    for piece in pieces:
        if found and re.match(r"[0-9]{3}(?![0-9])", piece) and ":" in found[-1]:
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    return found


def _is_region(text: str, chroms: Collection[str]) -> bool:
    if text not in chroms and text.rpartition(":")[0] not in chroms:
        return False
    try:
        parse_region(text, chroms)
    except StoreError:
        return False
    return True
