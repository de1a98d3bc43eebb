"""Words that messages have in common: fields, columns and rows as text."""

import re
from typing import Final

from .formats import Format

_NAMED: Final = {
    "c": "methylated", "t": "unmethylated", "n": "reads", "ratio": "methylated/reads",
    "other": "other_modified", "sum": "valid_reads", "-": "...",
}  # fmt: skip
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WHOLE: Final = {"pos", "end", "c", "t", "n", "other", "total", "sum"}
_EXPONENT: Final = re.compile(rb"\d+(\.\d*)?[eE]\+?\d+")
_DECIMAL: Final = re.compile(rb"\d+\.0*")
_COMMAS: Final = re.compile(rb"\d*(?:,\d+)+")
_SHOWN: Final = 80
_MOST_NAMES: Final = 40

FIX: Final = "fix or remove the line"


def shown(raw: bytes) -> str:
    """Return some bytes of a file as short printable text between quotes."""
    text = raw.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def split_fields(line: bytes, *, tabs: bool, colons: bool = False) -> list[bytes]:
    """Return the fields of a line without its end, as the kernels find them."""
    if colons:
        line = line.replace(b":", b"\t")
    if tabs:
        return line.split(b"\t")
    return [field for field in line.replace(b"\t", b" ").split(b" ") if field]


def column_names(form: Format) -> list[str]:
    """Return what to call the columns of a format."""
    if len(form.names) == 1 and len(form.names[0]) == len(form.columns):
        return list(form.names[0])
    start = "start" if form.has("end") else "pos"
    names = {**_NAMED, "pos": start}
    return [names.get(role, role) for role in form.columns]


def columns_of(form: Format) -> str:
    """Return how many columns a format has, and their names; of very many the first ones."""
    names = column_names(form)
    few = names if len(names) <= _MOST_NAMES else [*names[:_MOST_NAMES], "..."]
    most = len(names)
    least = most - form.optional
    number = _NUMBERS[most] if most < len(_NUMBERS) else str(most)
    if form.more:
        number = f"{least} or more"
    elif form.optional:
        number = f"{least} to {most}"
    return f"{number} ({' '.join(few)})"


def written_oddly(field: bytes) -> str:
    """Return how a field that is no number is written, where that tells what it is; or nothing."""
    bare = field.strip(b"\"'")
    if bare != field and bare.replace(b".", b"").isdigit():
        return ", without quotes, as most fields of the text have none"
    if _COMMAS.fullmatch(bare):
        return (
            ", with a point for a decimal comma, and without commas between thousands, as it is "
            "not clear which this is"
        )
    return ""


def whole_numbers(field: bytes, role: str) -> str:
    """Return how to write whole numbers of which one is not written as such; empty for others."""
    if role in _WHOLE and _EXPONENT.fullmatch(field):
        return (
            "write all digits: in R, set options(scipen = 999), or use as.integer, before "
            "write.table"
        )
    if role in _WHOLE and _DECIMAL.fullmatch(field):
        return "write no decimals: use as.integer in R, or astype(int) in pandas"
    return ""


def duplicate(chrom: str, pos: int) -> str:
    """Return what to say of a site that has two rows."""
    return (
        f"found {chrom} {pos} a second time; expected one row per site; "
        "remove one, set duplicates to first, or to sum if they are of different reads"
    )


def too_large(chrom: str, pos: int) -> str:
    """Return what to say of a site whose rows have too large a sum."""
    return (
        f"the rows of {chrom} {pos} add up to more than 4294967295 reads; expected counts of "
        "32 bits; fix the rows, or set duplicates to error or first"
    )
