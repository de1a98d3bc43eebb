"""Names of chromosomes in several files: one name for each sequence, or a refusal."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from ..core.errors import InputError
from .aliases import TABLES, Aliases, sequences_of

_PREFIX: Final = re.compile("(?:chromosome|chrom|chr)[_.-]?", re.IGNORECASE)
_MITOCHONDRIA: Final = ("M", "MT")


class Named(NamedTuple):
    """The names of chromosomes in one file; `where` is its path."""

    where: str
    names: Iterable[str]


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
                "fix the file or the aliases"
            )
            raise InputError(message)
    return list(given)


def refuse_mixed(files: Sequence[Named], aliases: Aliases) -> None:
    """Refuse files that name one chromosome differently.

    Two names mean the same where they differ only in a prefix such as `chr` (or in M and MT
    besides), or where a built-in table has both for one sequence; not where the table chosen as
    aliases has them for two.

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
    own = sequences_of(chosen) if chosen in TABLES else {}
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
    groups += [(sequences_of(table).get, str) for table in TABLES]
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
        if None is not sequences_of(table).get(one) == sequences_of(table).get(other)
    ]
    remedy = "set aliases to a file of two columns, name in the files and name in the store"
    if fits and aliases.text.partition(":")[0] not in fits:
        which = fits[0] if len(fits) == 1 else f"that of {', '.join(fits)} which is their genome"
        remedy = f"set aliases: {which}, or {remedy.removeprefix('set aliases to ')}"
    if aliases.text:
        remedy += f"; the aliases {aliases.text} do not make them one"
    return f"{found}{more}; expected one name for a chromosome; {remedy}"
