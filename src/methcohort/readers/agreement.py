"""Whether the numbers of the first rows agree with each other as the columns of a format do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations, product
from typing import Final

import numpy as np
import numpy.typing as npt

from .field_types import is_plain, parts
from .formats import Format
from .roundings import explains, ways_of
from .table_head import TableHead

_POINTS: Final = 1.0
"""Percentage points that a percentage may be off by."""

_HALF: Final = 0.5 + 1e-9
_LEAST_BETTER: Final = 3
"""Rows by which another meaning has to be the better one, at least."""

_UNREAD: Final = ("pct", "total", "sum", "start2", "end2", "-")


@dataclass(frozen=True, slots=True)
class Pair:
    """A meaning of two columns of counts that the percentages agree with, and the format's own."""

    text: str
    agree: int
    n: int
    own_text: str
    own: int
    custom: str
    columns: tuple[str, ...]


def agreement(table: TableHead, form: Format) -> tuple[int, int]:
    """Return in how many rows the percentages agree with the counts, and of how many."""
    if form.has("level"):
        return _exact_levels(table, form)
    scale, pct = 100 / form.scale, form.columns.index("pct")
    counts = table.counts(form)
    pairs = [
        (level * scale, c, n)
        for level, (c, n) in zip(table.numbers(pct), counts, strict=True)
        if level is not None and n > 0
    ]
    slack = _POINTS + form.unit * scale
    return sum(abs(level - 100 * c / n) <= slack + 1e-6 for level, c, n in pairs), len(pairs)


def support(table: TableHead, form: Format) -> tuple[int, int] | None:
    """Return how many rows with reads bear a format out, and of how many.

    None where none of its columns can be held against another one.
    """
    if form.has("pct") or form.has("level"):
        return agreement(table, form)
    if form.has("ratio"):
        pairs = [parts(field) for field in table.columns[form.columns.index("ratio")]]
    elif form.has("n"):
        part = "c" if form.has("c") else "t"
        columns = (table.integers(form.columns.index(role)) for role in (part, "n"))
        pairs = list(zip(*columns, strict=True))
    elif form.has("total"):
        all_reads = table.integers(form.columns.index("total"))
        pairs = [(c, n) for (_, c), n in zip(table.counts(form), all_reads, strict=True)]
    else:
        return None
    covered = [(part, whole) for part, whole in pairs if part or whole]
    return sum(part <= whole for part, whole in covered), len(covered)


def _exact_levels(table: TableHead, form: Format) -> tuple[int, int]:
    rows = table.levels(form)
    agree = max(
        sum(level <= form.scale and explains(way, level, n, form.scale) for level, n in rows)
        for way in ways_of(form)
    )
    return agree, len(rows)


def best_pair(table: TableHead, form: Format) -> Pair | None:
    """Return the meaning of the two counts that the percentages agree with, if they do."""
    first, second = _count_columns(form)
    scale, pct = 100 / form.scale, form.columns.index("pct")
    levels = table.numbers(pct)
    x, y = table.integers(first), table.integers(second)
    rows = [(p * scale, a, b) for p, a, b in zip(levels, x, y, strict=True) if p is not None]
    own, n = agreement(table, form)
    found: list[Pair] = []
    for text, custom, roles, share in _meanings(first + 1, second + 1):
        values = [(p, share(a, b)) for p, a, b in rows if a + b > 0]
        agree = sum(v is not None and abs(p - 100 * v) <= _POINTS + 1e-6 for p, v in values)
        place = f"custom: {{{_places(form)}, {custom}}}"
        columns = tuple(
            {first: roles[0], second: roles[1]}.get(k, role) for k, role in enumerate(form.columns)
        )
        found.append(Pair(text, agree, len(values), meaning_of(form), own, place, columns))
    best = max(found, key=lambda pair: pair.agree)
    clear = best.agree - own >= max(_LEAST_BETTER, n // 20)
    return best if best.agree * 10 >= best.n * 9 and clear else None


def other_reading(table: TableHead, form: Format) -> str:
    """Return another meaning of percentage and counts that rows bear out as well; or nothing.

    The three columns stand side by side. Meanings that give the same counts are none.
    """
    first = form.columns.index("pct")
    fields = zip(*(table.columns[k] for k in range(first, first + 3)), strict=True)
    rows = [[float(one) for one in row] for row in fields if all(map(is_plain, row))]
    numbers = np.array(rows, np.float64).reshape(-1, 3).T
    given = np.array([numbers[1], numbers[1] + numbers[2]])
    own = _n_shares(numbers[0], given[0], given[1], 1.0)
    for share, (part, rest), key in product((1, 2), permutations(range(3), 2), "tn"):
        if share in (part, rest):
            continue
        read = np.array([numbers[part], numbers[rest] + numbers[part] * (key == "t")])
        good = _n_shares(numbers[share], read[0], read[1])
        differ = (read != given).any()
        if differ and good >= max(own, 1) and good * 20 >= np.count_nonzero(read[1]) * 19:
            a, b = sorted((part, rest)) if key == "t" else (part, rest)
            whole = f"(columns {first + a + 1} + {first + b + 1})" if key == "t" else ""
            return (
                f"column {first + share + 1} as a percentage of column {first + part + 1} / "
                f"{whole or f'column {first + rest + 1}'}"
            )
    return ""


def style_of_percentages(table: TableHead, form: Format) -> tuple[str, str]:
    """Return how percentages are written, and a sentence of it."""
    texts = table.columns[form.columns.index("pct")]
    with_point = sum(b"." in text and text != b"." for text in texts)
    if with_point:
        return "decimals", f"percentages have decimals in {with_point} of {table.n} rows"
    broken = [
        (int(text), 100 * c / n)
        for text, (c, n) in zip(texts, table.counts(form), strict=True)
        if text.isdigit() and is_plain(text) and n > 0 and 100 * c % n
    ]
    cut = sum(pct == int(true) < true - 0.5 for pct, true in broken)
    up = sum(pct == int(true) + 1 and true - int(true) > 0.5 for pct, true in broken)
    if not broken:
        return "exact", "percentages are whole numbers, as the counts give them"
    if cut and not up:
        return "cut", f"percentages are cut off to whole numbers in {cut} rows"
    if up and not cut:
        return "rounded", f"percentages are rounded to whole numbers in {up} rows"
    return "whole", f"percentages are whole numbers in {len(broken)} rows where c/(c+t) is not"


def _n_shares(
    pct: npt.NDArray[np.float64],
    part: npt.NDArray[np.float64],
    whole: npt.NDArray[np.float64],
    cut: float = _HALF,
) -> int:
    """Return how many percentages are those of a part: rounded, or less than `cut` too low."""
    counts = (part == np.floor(part)) & (whole == np.floor(whole)) & (part <= whole) & (whole > 0)
    off = pct - 100 * part / np.where(whole > 0, whole, 1)
    return int(np.count_nonzero(counts & (-cut < off) & (off <= _HALF)))


def meaning_of(form: Format) -> str:
    """Return what columns of a format are held against each other, with their numbers."""
    column = {role: k for k, role in enumerate(form.columns, 1)}
    if form.has("level"):
        return f"whole numbers of reads of column {column['n']}"
    if form.has("ratio"):
        return f"column {column['ratio']} is a part of all reads"
    if form.has("n"):
        part = column["c" if "c" in column else "t"]
        return f"column {part} {'/' if form.has('pct') else 'is at most'} column {column['n']}"
    if form.has("total") and not form.has("pct"):
        return f"columns {column['c']} + {column['t']} are at most column {column['total']}"
    first, second = sorted((column["c"], column["t"]))
    return f"column {column['c']} / (columns {first} + {second})"


def _count_columns(form: Format) -> tuple[int, int]:
    """Return the two columns of counts, in the order of the text."""
    found = [k for k, role in enumerate(form.columns) if role in ("c", "t", "n")]
    return found[0], found[1]


def _places(form: Format) -> str:
    """Return the columns of a format, but for its counts, as `custom` takes them."""
    roles = ("chr", "pos", "strand", "context", *(("pct",) if form.scale == 100 else ()))
    given = [f"{role}: {form.columns.index(role) + 1}" for role in roles if form.has(role)]
    return ", ".join([*given, *(["base: 0"] if form.base == 0 else [])])


def _meanings(a: int, b: int) -> Iterator[tuple[str, str, str, Callable[[int, int], float | None]]]:
    """Yield (words, custom, roles, function) of what two columns of counts can be."""
    yield f"column {a} / (columns {a} + {b})", f"c: {a}, t: {b}", "ct", lambda x, y: x / (x + y)
    yield f"column {b} / (columns {a} + {b})", f"c: {b}, t: {a}", "tc", lambda x, y: y / (x + y)
    yield f"column {a} / column {b}", f"c: {a}, n: {b}", "cn", lambda x, y: x / y if y else None
    yield f"column {b} / column {a}", f"c: {b}, n: {a}", "nc", lambda x, y: y / x if x else None


def is_bare(form: Format) -> bool:
    """Tell whether nothing but two counts, of which one is at most the other, tells a format."""
    told = {"pct", "level", "ratio", "strand", "context", "base"}
    return not told & {*form.columns} and not form.needs_header


def is_percentage_and_counts(form: Format) -> bool:
    """Tell whether a percentage and the two counts beside it are all that tells what they are."""
    columns = " ".join(form.columns)
    return "pct c t" in columns and not form.has("sum")


def read_columns(form: Format) -> tuple[str, ...]:
    """Return what a format's columns mean, but for base and merged strands."""
    return tuple(role for role in form.columns if role not in _UNREAD)
