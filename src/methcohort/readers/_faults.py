"""What to say of a line that a kernel refused: what was found, what was expected, what to do."""

from typing import Final

from . import _rows as rows

_COLUMNS: Final = ("chr", "pos", "pct", "c", "t")
_NUMBERS: Final = {
    rows.BAD_POS: (1, "an integer from 1 to 2147483647 (1-based position)"),
    rows.BAD_PCT: (2, "a plain number from 0 to 100 (percent methylated)"),
    rows.BAD_C: (3, "an integer from 0 to 4294967295 (methylated reads)"),
    rows.BAD_T: (4, "an integer from 0 to 4294967295 (converted reads)"),
}
_SHOWN: Final = 80

CARRIAGE_RETURNS: Final = (
    "a carriage return inside a line; expected lines that end with a newline, not with a carriage "
    "return alone, as on old Macs; convert the file with tr '\\r' '\\n'"
)


def describe(path: str, number: int, line: bytes, fault: int, tolerance: float) -> str:
    """Return the message for a refused line: `path, line N: found; expected; what to do`.

    `tolerance` is that of percentages, in points.
    """
    return f"{path}, line {number}: {_reason(line, fault, tolerance)}"


def shown(raw: bytes) -> str:
    """Return some bytes of a file as short printable text between quotes."""
    text = raw.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _reason(line: bytes, fault: int, tolerance: float) -> str:
    fields = line.rstrip(b"\r\n").replace(b"\t", b" ").split(b" ")
    fields = [field for field in fields if field]
    whole = shown(line.rstrip(b"\r\n"))
    if b"\r" in line.rstrip(b"\r\n"):
        return f"found {CARRIAGE_RETURNS}"
    if len(fields) != len(_COLUMNS):
        return (
            f"found {len(fields)} columns in {whole}; expected five ({' '.join(_COLUMNS)}) "
            "separated by tabs or blanks; mend or remove the line"
        )
    pos, pct, c, t = (field.decode("utf-8", "backslashreplace") for field in fields[1:])
    if fault in _NUMBERS:
        column, expected = _NUMBERS[fault]
        return (
            f"found {shown(fields[column])} as {_COLUMNS[column]} in {whole}; "
            f"expected {expected}; mend or remove the line"
        )
    if fault == rows.MISSING_PCT:
        return (
            f"found pct {pct!r} where c + t is not 0 in {whole}; expected a number from 0 to 100; "
            "mend or remove the line"
        )
    if fault == rows.PCT_DISAGREES:
        true = 100 * int(c) / (int(c) + int(t))
        return (
            f"found pct {pct} in {whole}; expected {true:.4g} from c = {c} and t = {t}, within "
            f"{tolerance:g} points; check the order of the columns, or set pct_tolerance "
            "or pct_check"
        )
    if fault == rows.DUPLICATE:
        return duplicate(fields[0].decode("utf-8", "replace"), int(pos))
    if fault == rows.SUM_TOO_LARGE:
        return too_large(fields[0].decode("utf-8", "replace"), int(pos))
    return f"found {whole}; expected {' '.join(_COLUMNS)}; mend or remove the line"


def duplicate(chrom: str, pos: int) -> str:
    """Return what to say of a site that has two rows."""
    return (
        f"found {chrom} {pos} a second time; expected one row a site; "
        "remove one, or set duplicates to sum or first"
    )


def too_large(chrom: str, pos: int) -> str:
    """Return what to say of a site whose rows have too large a sum."""
    return (
        f"the rows of {chrom} {pos} add up to more than 4294967295 reads; expected counts of "
        "32 bits; mend the rows, or set duplicates to error or first"
    )
