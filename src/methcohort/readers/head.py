"""The beginning of a text: its comments, its track line, its header and its first rows.

At most one block of text is read, or inflated from four blocks. Whatever is wrong with what the
file holds is left to the reader, which says it better; then there are fewer lines here, or none. A
file that cannot be read is an error: what is decided here must not depend on a disk that fails now
and then.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Final

from ..core.errors import InputError
from ..files import START_BYTES, Identity, first_lines, identity
from .column_names import role_of_name
from .detect import UnclearError, detect
from .field_types import is_number
from .formats import PLAIN, Dialect

MAX_ROWS: Final = 500
_FURTHER_BYTES: Final = 1 << 23
_NONE: Final = frozenset(
    (b"0", b"0.0", b"0.00", b"0.000", b".", b"na", b"nan", b"-", b"0/0", b"'0/0'")
)

_TRACK: Final = (b"track ", b"track\t", b"browser ")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the beginning of a text.

    Attributes
    ----------
    hashed : names in the last comment before the rows, in small letters
    track : the `track` line, empty where there is none
    header : names in the line before the rows, as written, where it is no comment
    rows : fields of the first rows that have as many as the first, without row names unless they
        are kept, with points in their numbers
    dialect : how fields are written
    start : the first bytes
    first, third : these lines as they are, without blank ones; empty where there are fewer
    """

    hashed: tuple[str, ...]
    track: str
    header: tuple[str, ...]
    rows: tuple[list[bytes], ...]
    dialect: Dialect = PLAIN
    first: bytes = b""
    third: bytes = b""
    start: bytes = b""

    @property
    def n_columns(self) -> int:
        """Number of fields of the rows, 0 where there are none."""
        return len(self.rows[0]) if self.rows else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns: those of the header, or of a comment that is one."""
        if self.header or len(self.hashed) != self.n_columns:
            return self.header
        named = {"chr", "pos"} & {*map(role_of_name, self.hashed)}
        return self.hashed if named else ()


def read_head(
    path: str, given: Mapping[str, str] | None = None, *, kept_names: bool = False
) -> Head:
    """Return the beginning of a plain or gzip text, as far as it is whole.

    Parameters
    ----------
    path : the file
    given : what is known of how fields are written: `delimiter`, `quote` or `decimal`
    kept_names : whether row names stay a column, so that columns are counted as in the file

    Raises
    ------
    InputError
        Where the file cannot be read, or its fields can be read in several ways.
    """
    return _read_head(path, identity(path), tuple((given or {}).items()), kept_names=kept_names)


# A file is told by its head, and its format settled by it next: it is read once for both.
@functools.lru_cache(maxsize=1)
def _read_head(
    path: str, _file: Identity | None, given: tuple[tuple[str, str], ...], *, kept_names: bool
) -> Head:
    """Return the head of a file that is this one."""
    lines = first_lines(path)
    try:
        dialect = detect(_of_table(lines), dict(given), kept_names=kept_names)
    except UnclearError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error
    hashed, header, track = b"", b"", ""
    rows: list[list[bytes]] = []
    for line in lines:
        fields = line.split()
        if not fields:
            continue
        is_comment, is_track = fields[0].startswith(b"#"), line.startswith(_TRACK)
        if dialect != PLAIN and not is_comment and (rows or not is_track):
            fields = dialect.fields(line.removesuffix(b"\r"))
            if not fields:
                continue
        if rows:
            rows.append(fields)
        elif is_comment:
            hashed = line
        elif is_track:
            track = line.decode("utf-8", "replace") if line.startswith(b"track") else track
        elif not header and len(fields) > 2 and not any(map(is_number, fields)):
            header = line
        else:
            rows.append(fields)
        if len(rows) == MAX_ROWS:
            break
    same = tuple(row for row in rows if len(row) == len(rows[0]))
    width = len(same[0]) if same else 0
    named = _names(hashed.lstrip(b" \t#"), width, dialect)
    first, _, third = islice(chain(filter(bytes.strip, lines), repeat(b"")), 3)
    return Head(
        _lowered(named), track, _names(header, width, dialect), same, dialect,
        first, third, b"\n".join(lines)[:START_BYTES],
    )  # fmt: skip


def has_tabs(path: str) -> bool:
    """Tell whether one tab stands between two fields of a text, so that names can have blanks.

    All first rows have as many tabs, and no blank; or blanks within fields, and a header that has
    as many tabs.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    lines = [line for line in first_lines(path) if line.strip() and not line.startswith(_TRACK)]
    comments = [line for line in lines if line.lstrip(b" \t").startswith(b"#")]
    plain = [line for line in lines if not line.lstrip(b" \t").startswith(b"#")][: MAX_ROWS + 1]
    if not plain:
        return False
    named = not any(map(is_number, plain[0].split()))
    rows = plain[1:] if named else plain
    header = plain[0] if named else comments[-1].lstrip(b" \t#") if comments else b""
    n_tabs = {line.count(b"\t") for line in rows}
    if len(n_tabs) != 1 or n_tabs == {0}:
        return False
    if named and {header.count(b"\t")} != n_tabs:
        return False
    if not any(b" " in line for line in rows):
        return True
    # Blanks beside the fields alone leave as many words as there are fields.
    n_words = {len(line.split()) for line in (header, *rows)}
    return {header.count(b"\t")} == n_tabs and n_words != {n + 1 for n in n_tabs}


def _of_table(lines: Sequence[bytes]) -> list[bytes]:
    """Return the header and the first rows among some lines."""
    found: list[bytes] = []
    for line in lines:
        bare = line.lstrip(b" \t")
        if (
            bare.rstrip(b"\r")
            and not bare.startswith(b"#")
            and (found or not line.startswith(_TRACK))
        ):
            found.append(line.removesuffix(b"\r"))
        if len(found) > MAX_ROWS:
            break
    return found


def covered_rows(path: str, head: Head) -> tuple[list[bytes], ...]:
    """Return rows from further on, where the first ones have no reads.

    They differ from the first rows in a column that is nothing but 0 or missing there. Callers
    write such rows for every cytosine of the genome, and chromosomes begin with many.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    none = [
        k
        for k, column in enumerate(zip(*head.rows, strict=True))
        if {*map(_lower, column)} <= _NONE
    ]
    found = []
    for fields in _further_rows(path, head) if none else ():
        if len(fields) == head.n_columns and any(_lower(fields[k]) not in _NONE for k in none):
            found.append(fields)
        if len(found) == MAX_ROWS:
            break
    return tuple(found)


def places_of(path: str, head: Head, column: int) -> int:
    """Return how many decimals the numbers of a column have at most, as far as is looked at.

    Where zeros at the end are left out, the first rows may have none.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    texts = (fields[column] for fields in _further_rows(path, head) if len(fields) > column)
    return max((len(text.partition(b".")[2]) for text in texts if is_number(text)), default=0)


def _further_rows(path: str, head: Head) -> Iterator[list[bytes]]:
    """Yield the fields of the first lines and of many more."""
    for line in first_lines(path, _FURTHER_BYTES):
        plain = head.dialect == PLAIN
        yield line.split() if plain else head.dialect.fields(line.removesuffix(b"\r"))


def _lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _names(line: bytes, width: int, dialect: Dialect) -> tuple[str, ...]:
    """Return the fields of a line as text, without quotes; names between tabs may have blanks."""
    if not line.strip():
        return ()
    fields = line.split() if dialect == PLAIN else dialect.fields(line.rstrip())
    if dialect == PLAIN and len(fields) != width == line.count(b"\t") + 1:
        fields = line.rstrip(b"\r").split(b"\t")
    return tuple(field.strip(b" \"'").decode("utf-8", "replace") for field in fields)


def _lower(field: bytes) -> bytes:
    return field.lower()
