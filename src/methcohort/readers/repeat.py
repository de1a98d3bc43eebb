"""What to say of a site that has two rows: whether both may be of the same reads.

The remedy depends on what the rows are. Rows of different reads can be added up. Rows that tell the
same reads twice (under two motifs, all of them beside those of each haplotype, a file joined to
itself) must not be. So the text is read again, for both rows.
"""

import re
from collections.abc import Iterator
from typing import Final

from ..core.errors import InputError
from ..files import TextFault, TextFile
from .formats import Format
from .modifications import CODES
from .wording import column_names, duplicate, split_fields

_COUNTS: Final = ("c", "t", "n", "other", "ratio", "level")
_TYPES: Final = ("type", "haplotype", "hap", "phase", "motif")
_TYPE: Final = re.compile(rb"(total|combined|all|ungrouped|h(ap(lotype)?)?_?[0-9]+)", re.IGNORECASE)
_TWICE: Final = "duplicates: sum would count"


def describe_repeat(path: str, form: Format, line: int, chrom: str, pos: int) -> str:
    """Return what to say of the row of a line, whose site has a row before.

    Where the text cannot be read again, less is said.

    Parameters
    ----------
    line : number of the second row's line; the first is 1
    chrom, pos : the site, as messages name it
    """
    try:
        second = _line(path, line)
        found = _first(path, form, second, line)
    except (InputError, TextFault, OSError):
        return duplicate(chrom, pos)
    if found is None:
        return duplicate(chrom, pos)
    number, first = found
    return _reason(form, first, _fields(form, second), number, f"{chrom} {pos}")


def _reason(form: Format, first: list[bytes], second: list[bytes], number: int, site: str) -> str:
    """Return what to say of two rows of a site, by their fields; `number` is the first's line."""
    again = f"found {site} a second time"
    kinds = _kinds(form, first), _kinds(form, second)
    if kinds[0] != kinds[1]:
        before, after = (shown.decode("utf-8", "backslashreplace") for shown in kinds)
        if form.has("code") and b"," in kinds[0] + kinds[1]:
            return (
                f"{again}, as {after} after {before} in line {number}; expected one row per site; "
                f"the same reads are reported under several motifs, and {_TWICE} them twice; use a "
                "file of one motif, or keep the rows of one"
            )
        return (
            f"{again}, as {after} after {before} in line {number}; expected one row per site; "
            f"{_TWICE} reads twice; keep the rows of one kind, such as those of all reads"
        )
    if _counts(form, first) == _counts(form, second):
        return (
            f"{again}, with the same counts as in line {number}; expected one row per site; where "
            f"both are of the same reads, as in a file joined to itself, {_TWICE} these twice; "
            "remove the copy, or set duplicates to first"
        )
    return (
        f"{again}, first in line {number}; expected one row per site; remove one, set duplicates "
        "to first, or to sum if they are of different reads"
    )


def _fields(form: Format, line: bytes) -> list[bytes]:
    """Return the fields of a row as kernels see them."""
    if form.dialect is not None:
        return form.dialect.fields(line)
    return split_fields(line, tabs=form.tabs, colons=form.colons)


def _kinds(form: Format, fields: list[bytes]) -> bytes:
    """Return what a row says that its reads are: a modification and motif, or a type."""
    if form.has("code"):
        return fields[form.columns.index("code")]
    names = column_names(form)
    for k, field in enumerate(fields):
        role = form.columns[k] if k < len(form.columns) else "-"
        if role == "-" and ((k < len(names) and names[k] in _TYPES) or _TYPE.fullmatch(field)):
            return field
    return b""


def _counts(form: Format, fields: list[bytes]) -> list[bytes]:
    pairs = zip(form.columns, fields, strict=False)
    return [field for role, field in pairs if role in _COUNTS]


def _first(path: str, form: Format, second: bytes, line: int) -> tuple[int, list[bytes]] | None:
    """Return the line and the fields of the row before that is of the same site, or None."""
    fields = _fields(form, second)
    keys = form.columns.index("chr"), form.columns.index("pos")
    site = [fields[k] for k in keys]
    found = None
    number_alone = re.compile(b"(?<![0-9])" + re.escape(site[1]) + b"(?![0-9])")
    for before, block in _blocks(path):
        end = 0
        while match := number_alone.search(block, end):
            start, end = block.rfind(b"\n", 0, match.start()) + 1, block.index(b"\n", match.end())
            row = _fields(form, block[start:end].removesuffix(b"\r"))
            if len(row) <= max(keys) or [row[k] for k in keys] != site:
                continue
            number = before + block.count(b"\n", 0, start) + 1
            if number >= line:
                return found
            if _alike(form, row, fields):
                found = number, row
    return found


def _alike(form: Format, one: list[bytes], other: list[bytes]) -> bool:
    """Tell whether a row is kept where another is: of the same modification, with reads."""
    if len(one) < len(form.columns) - form.optional:
        return False
    if form.has("code"):
        classes = {
            CODES.get(_kinds(form, row).split(b",")[0].decode("latin-1")) for row in (one, other)
        }
        if len(classes) > 1:
            return False
    return any(field.strip(b'"0./') for field in _counts(form, one))


def _line(path: str, number: int) -> bytes:
    """Return a line of a text without its end. Raises InputError where there is none."""
    for before, block in _blocks(path):
        n_lines = block.count(b"\n")
        if before + n_lines >= number:
            return block.split(b"\n", number - before)[number - before - 1].removesuffix(b"\r")
    message = f"{path}: has no line {number}"
    raise InputError(message)


def _blocks(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines of a text, and the number of lines before them."""
    text = TextFile(path)
    before = 0
    try:
        for start, stop in text.blocks():
            block = bytes(text.buffer[start:stop])
            yield before, block
            before += block.count(b"\n")
    finally:
        text.close()
