"""The bases of a reference genome in shared memory, two bits a base.

A chromosome has two planes: word 2*k of its uint64 array has the low bits of bases 64*k to
64*k + 63, word 2*k + 1 the high ones. Low and high bit together are 0 for a base that is not known
(N, other IUPAC letters), 1 for C, 2 for G and 3 for A or T. So 64 bases are compared at once where
sites are listed, and any base is two loads away. Bits beyond the last base are 0.

Positions are 1-based everywhere, as in stores.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Arenas, Bytes, Extent, Memory

Planes = npt.NDArray[np.uint64]

_FIELDS: Final = 8
_ROW_BYTES: Final = 8 + 8 * _FIELDS


class Chromosome(NamedTuple):
    """The bases of a chromosome, and how many they are."""

    planes: Planes
    length: int


@dataclass(frozen=True, slots=True)
class Genome:
    """Where the bases of a genome lie in shared memory: what crosses the pipe instead of them.

    `directory` is the extent of the `n` keys of the chromosomes' names, uint64 in order; then a row
    for each, int64[n, 8]: number in the file, arena, offset and size of an extent, first word in
    it, number of bases, and start and end of the name; then `name_bytes` bytes of names.
    """

    directory: Extent
    n: int
    name_bytes: int

    def open(self, arenas: Arenas) -> "OpenGenome":
        """Return the genome as this process can look at it."""
        memory = arenas.map(self.directory)
        stop = _ROW_BYTES * self.n
        keys = memory[: 8 * self.n].view(np.uint64)
        table = memory[8 * self.n : stop].view(np.int64).reshape(-1, _FIELDS)
        return OpenGenome(arenas, keys, table, memory[stop : stop + self.name_bytes])

    def release(self, memory: Memory) -> None:
        """Give the bases back; whoever still looks at them sees others."""
        extents = self.open(memory.arenas).extents()
        for extent in sorted({*extents, self.directory}):
            memory.release(extent)

    @classmethod
    def write(
        cls, extent: Extent, arenas: Arenas, places: Sequence[Sequence[int]], names: Sequence[str]
    ) -> "Genome":
        """Write the directory to an extent of `directory_bytes`.

        `places` has arena, offset and size of an extent, first word and bases of each chromosome.
        """
        raw = [name.encode() for name in names]
        stops = np.cumsum([len(name) for name in raw], dtype=np.int64)
        table = np.empty((len(raw), _FIELDS), np.int64)
        table[:, 0] = np.arange(len(raw))
        table[:, 1:6] = np.array(places, np.int64).reshape(-1, 5)
        table[:, 6] = np.concatenate([[0], stops[:-1]])[: len(raw)]
        table[:, 7] = stops
        keys = np.array([_key(name) for name in raw], np.uint64)
        order = np.argsort(keys, kind="stable")
        listed = np.frombuffer(b"".join(raw), np.uint8)
        arenas.write(extent, [keys[order], table[order], listed])
        return cls(extent, len(raw), listed.size)


def directory_bytes(names: Sequence[str]) -> int:
    """Return the room that the directory of these chromosomes needs."""
    return _ROW_BYTES * len(names) + sum(len(name.encode()) for name in names)


def _key(name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little")


class OpenGenome:
    """A genome as one process looks at it: nothing is read but what is asked for."""

    def __init__(
        self, arenas: Arenas, keys: Planes, table: npt.NDArray[np.int64], listed: Bytes
    ) -> None:
        self._arenas = arenas
        self._keys = keys
        self._table = table
        self._listed = listed

    @property
    def names(self) -> list[str]:
        """Names of the chromosomes, in the order of the file."""
        rows = self._table[np.argsort(self._table[:, 0])]
        return [bytes(self._listed[start:stop]).decode() for start, stop in rows[:, 6:].tolist()]

    def extents(self) -> set[Extent]:
        """Return the extents that hold the bases."""
        return {Extent(*row) for row in self._table[:, 1:4].tolist()}

    def length(self, name: str) -> int:
        """Return the length of a chromosome; 0 where the genome does not have it."""
        row = self._find(name)
        return 0 if row is None else row[5]

    def chromosome(self, name: str) -> Chromosome | None:
        """Return the bases of a chromosome, or None where the genome does not have it."""
        row = self._find(name)
        if row is None:
            return None
        _, arena, offset, nbytes, first, length, _, _ = row
        words = self._arenas.kept(Extent(arena, offset, nbytes)).view(np.uint64)
        return Chromosome(words[first : first + 2 * (-(-length // 64))], length)

    def _find(self, name: str) -> list[int] | None:
        """Return the row of a chromosome: names with one key follow each other."""
        raw = name.encode()
        key = np.uint64(_key(raw))
        at = int(np.searchsorted(self._keys, key))
        while at < self._keys.size and self._keys[at] == key:
            row: list[int] = self._table[at].tolist()
            if bytes(self._listed[row[6] : row[7]]) == raw:
                return row
            at += 1
        return None
