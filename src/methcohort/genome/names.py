"""Names of chromosomes: other names for one sequence, and cohorts that mix styles of naming."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..core.errors import ConfigError, InputError
from ..files import Lines, decode_name

STYLES: Final = ("ucsc", "ensembl", "refseq")
TABLES: Final = ("GRCh37", "GRCh38", "GRCm38", "GRCm39")
"""Assemblies whose names ship with the package; `chromosomes/README.md` names their sources."""

MAX_ALIASES_BYTES: Final = 1 << 26
"""A longer file of aliases is refused, however it is compressed."""

_COLUMNS: Final = ("ucsc", "ensembl", "refseq", "genbank", "grc")
_SYNONYMS: Final = {"hg19": "GRCh37", "hg38": "GRCh38", "mm10": "GRCm38", "mm39": "GRCm39"}
_PREFIX: Final = re.compile("(?:chromosome|chrom|chr)[_.-]?", re.IGNORECASE)
_MITOCHONDRIA: Final = ("M", "MT")


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


class Named(NamedTuple):
    """The names of chromosomes in one file; `where` is its path."""

    where: str
    names: Iterable[str]


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
        Where the file cannot be read, a line has not two names, a name gets two others, or a name
        in the store gets another one in its turn.
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
def _sequences(table: str) -> dict[str, int]:
    """Return the number of the sequence that each name of a built-in table means."""
    return {name: k for k, row in enumerate(_rows(table)) for name in row if name}


def _read_aliases(path: str) -> Aliases:
    if not _is_there(path):
        table = _SYNONYMS.get(path.partition(":")[0])
        hint = f"; did you mean {table}?" if table else ""
        message = (
            f"{path}: the file of aliases does not exist; expected a file of two columns, or one "
            f"of the tables {', '.join(TABLES)}{hint}"
        )
        raise InputError(message)
    lines = Lines(path)
    given: dict[str, tuple[str, int]] = {}
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
        if len(fields) != 2:
            reason = (
                f"found {len(fields)} fields; expected two, the name in the files and the name in "
                "the store, separated by a tab or blanks; mend the line"
            )
            raise lines.fault(reason)
        try:
            source, target = map(decode_name, fields)
        except ValueError as error:
            reason = f"the chromosome name cannot be used: {error}; mend the file"
            raise lines.fault(reason) from error
        before, number = given.setdefault(source, (target, lines.number))
        if before != target:
            reason = (
                f"found the name {target!r} for {source!r}, which is {before!r} by line {number}; "
                "expected one; remove a line"
            )
            raise lines.fault(reason)
    for source, (target, number) in given.items():
        further, line_of = given.get(target, (target, number))
        if further != target:
            message = (
                f"{path}, line {number}: found the name {target!r} for {source!r}, but line "
                f"{line_of} calls {target!r} {further!r} in its turn; expected the last name at "
                "once; mend a line"
            )
            raise InputError(message)
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


def renamed(names: Sequence[str], aliases: Aliases, where: str) -> list[str]:
    """Return the names in the store of all names of one file.

    Raises
    ------
    InputError
        Where two become one: their rows would be rows of one chromosome.
    """
    if not aliases.names:
        return list(names)
    given: dict[str, str] = {}
    for name in names:
        target = aliases(name)
        if given.setdefault(target, name) != name:
            message = (
                f"{where}: found the chromosomes {given[target]!r} and {name!r}, which both become "
                f"{target!r} by the aliases {aliases.text}; expected one name of each in a file; "
                "mend the file or the aliases"
            )
            raise InputError(message)
    return list(given)


def refuse_mixed(files: Sequence[Named], aliases: Aliases) -> None:
    """Refuse files that name one chromosome differently.

    Two names mean the same where they differ only in a prefix such as `chr` (or in M and MT
    besides), or
    where a built-in table has both for one sequence; not where the table chosen as aliases has them
    for two.

    Parameters
    ----------
    files : their names, as the aliases have made them

    Raises
    ------
    InputError
        With both names, a file of each, and which aliases to set.
    """
    where: dict[str, str] = {}
    for file in files:
        for name in file.names:
            where.setdefault(name, file.where)
    chosen = aliases.text.partition(":")[0]
    own = _sequences(chosen) if chosen in TABLES else {}
    pairs = [
        (one, other)
        for one, other in _same(where)
        if not (one in own and other in own and own[one] != own[other])
    ]
    if pairs:
        raise InputError(_mixed(pairs, where, aliases))


def _same(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of names of one chromosome."""
    groups: list[tuple[Callable[[str], Any], Callable[[str], Any]]] = [(_bare, _prefix)]
    groups += [(_sequences(table).get, str) for table in TABLES]
    found = set()
    listed = list(names)
    for key, part in groups:
        first: dict[Any, str] = {}
        for name in listed:
            value = key(name)
            if value is None:
                continue
            other = first.setdefault(value, name)
            if part(other) != part(name) and (other, name) not in found:
                found.add((other, name))
                yield other, name


def _prefix(name: str) -> str:
    """Return what is put before a name: `chr`, `chromosome` and the like."""
    match = _PREFIX.match(name)
    return match[0] if match else ""


def _bare(name: str) -> str:
    """Return a name without what is put before it; M and MT are one."""
    bare = name[len(_prefix(name)) :]
    return _MITOCHONDRIA[0] if bare in _MITOCHONDRIA else bare


def _mixed(pairs: Sequence[tuple[str, str]], where: dict[str, str], aliases: Aliases) -> str:
    one, other = pairs[0]
    if where[one] == where[other]:
        found = f"{where[one]}: found one chromosome as {one!r} and as {other!r}"
    else:
        found = f"{where[other]}: found the chromosome {other!r}, which is {one!r} in {where[one]}"
    more = f" (and {len(pairs) - 1:,} more such pairs of names)" if len(pairs) > 1 else ""
    fits = [
        table
        for table in TABLES
        if None is not _sequences(table).get(one) == _sequences(table).get(other)
    ]
    remedy = "set aliases to a file of two columns, name in the files and name in the store"
    if fits and aliases.text.partition(":")[0] not in fits:
        which = fits[0] if len(fits) == 1 else f"that of {', '.join(fits)} which is their genome"
        remedy = f"set aliases: {which}, or {remedy.removeprefix('set aliases to ')}"
    if aliases.text:
        remedy += f"; the aliases {aliases.text} do not make them one"
    return f"{found}{more}; expected one name for a chromosome; {remedy}"
