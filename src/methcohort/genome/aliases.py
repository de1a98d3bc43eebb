"""Aliases: which name in the store a chromosome of a file gets, by a built-in table or a file."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..core.errors import ConfigError, InputError
from ..files import Lines, decode_name

STYLES: Final = ("ucsc", "ensembl", "refseq")
TABLES: Final = ("GRCh37", "GRCh38", "GRCm38", "GRCm39")
"""Assemblies whose names ship with the package; `chromosomes/README.md` names their sources."""

MAX_ALIASES_BYTES: Final = 1 << 26
"""A longer file of aliases is refused, however it is compressed: 64 MB are a million names."""

_COLUMNS: Final = ("ucsc", "ensembl", "refseq", "genbank", "grc")
_SYNONYMS: Final = {"hg19": "GRCh37", "hg38": "GRCh38", "mm10": "GRCm38", "mm39": "GRCm39"}


_Given = dict[str, tuple[str, int]]
"""Name in the files -> name in the store, and the number of the line."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """Which name a chromosome gets; call it with the name that a file has.

    Attributes
    ----------
    text : what the configuration says
    names : name in the files -> name in the store, of all names known
    sha256 : of the file of aliases; empty for a built-in table
    """

    text: str = ""
    names: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def __call__(self, name: str) -> str:
        """Return the name in the store; one that is not known stays as it is."""
        return self.names.get(name, name)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.text and not self.sha256:
            return load_aliases, (self.text,)  # a table need not cross a pipe
        return Aliases, (self.text, self.names, self.sha256)


def load_aliases(text: str) -> Aliases:
    """Return the aliases that the configuration names.

    Parameters
    ----------
    text : a built-in table, as in `GRCh38` or `GRCh38:ensembl`, or the path of a file with two
        columns, a name in the files and its name in the store; empty means none

    Raises
    ------
    ConfigError
        Where a built-in table has no such style.
    InputError
        Where the file cannot be read, a line does not have two names, a name gets two others, or a
        name in the store gets another one itself.
    """
    if not text:
        return Aliases()
    name, _, style = text.partition(":")
    if name not in TABLES:
        return _read_aliases(text)
    if ":" in text and style not in STYLES:
        message = f"found aliases: {text}; expected {name}, or {name}: and {', '.join(STYLES)}"
        raise ConfigError(message)
    return _built_in(name, style or STYLES[0], text)


def aliases_beside(given: str | None, own: object) -> Aliases:
    """Return the aliases for a list beside a store: those given, or else the store's own.

    The configuration of a store may name a file, which need not be there any more: only a built-in
    table is taken from it. Raises as `load_aliases` does.
    """
    if given is None:
        given = own if isinstance(own, str) and is_built_in(own) else ""
    return load_aliases(given)


def is_built_in(text: str) -> bool:
    """Tell whether the aliases of a configuration are a built-in table, or none, and no file."""
    return text.partition(":")[0] in ("", *TABLES)


@cache
def _built_in(table: str, style: str, text: str) -> Aliases:
    """Return the names of a table; a sequence without one in this style has the next best."""
    order = [_COLUMNS.index(style), *(_COLUMNS.index(name) for name in ("grc", "genbank"))]
    names: dict[str, str] = {}
    for row in _rows(table):
        chosen = next((row[k] for k in order if row[k]), None) or next(filter(None, row))
        names.update((name, chosen) for name in row if name)
    return Aliases(text, names)


@cache
def _rows(table: str) -> tuple[tuple[str, ...], ...]:
    """Return the names of each sequence of a built-in table, by `_COLUMNS`; some are empty."""
    path = Path(__file__).parent / "chromosomes" / f"{table}.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines[1:])


@cache
def sequences_of(table: str) -> dict[str, int]:
    """Return the number of the sequence that each name of a built-in table means."""
    return {name: k for k, row in enumerate(_rows(table)) for name in row if name}


def _read_aliases(path: str) -> Aliases:
    """Return the aliases of a file."""
    if not _is_there(path):
        table = _SYNONYMS.get(path.partition(":")[0])
        hint = f"; did you mean {table}?" if table else ""
        message = (
            f"{path}: the file of aliases does not exist; expected a file of two columns, or one "
            f"of the tables {', '.join(TABLES)}{hint}"
        )
        raise InputError(message)
    lines = Lines(path)
    given = _read_pairs(lines)
    _refuse_chains(path, given)
    names = {source: target for source, (target, _) in given.items()}
    return Aliases(path, names | {name: name for name in names.values()}, lines.sha256())


def _is_there(path: str) -> bool:
    """Tell whether there is a file, or something that its reader will have to complain of."""
    try:
        Path(path).stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _read_pairs(lines: Lines) -> _Given:
    """Return the name in the store of each name in the files, and the line that says so."""
    given: _Given = {}
    n_bytes = 0
    for line in lines:
        n_bytes += len(line) + 1
        if n_bytes > MAX_ALIASES_BYTES:
            reason = (
                f"found more than {MAX_ALIASES_BYTES:,} bytes; expected a table of the names of "
                "chromosomes; check that this is one, or leave out names that no file has"
            )
            raise lines.fault(reason)
        fields = line.split()
        if not fields or fields[0].startswith(b"#"):
            continue
        source, target = _read_pair(lines, fields)
        before, number = given.setdefault(source, (target, lines.number))
        if before != target:
            reason = (
                f"found the name {target!r} for {source!r}, which is {before!r} by line {number}; "
                "expected one; remove a line"
            )
            raise lines.fault(reason)
    return given


def _read_pair(lines: Lines, fields: list[bytes]) -> tuple[str, str]:
    """Return the two names of a line."""
    if len(fields) != 2:
        reason = (
            f"found {len(fields)} fields; expected two, the name in the files and the name in "
            "the store, separated by a tab or blanks; fix the line"
        )
        raise lines.fault(reason)
    try:
        source, target = map(decode_name, fields)
    except ValueError as error:
        reason = f"the chromosome name cannot be used: {error}; fix the file"
        raise lines.fault(reason) from error
    return source, target


def _refuse_chains(path: str, given: _Given) -> None:
    """Refuse names in the store that get another name themselves."""
    for source, (target, number) in given.items():
        further, line_of = given.get(target, (target, number))
        if further != target:
            message = (
                f"{path}, line {number}: found the name {target!r} for {source!r}, but by line "
                f"{line_of} {target!r} becomes {further!r}; expected the final name of each; fix "
                "a line"
            )
            raise InputError(message)
