"""The bases of a reference genome in shared memory, and kernels that look at them.

A chromosome is two bits a base, in two planes: word 2*k of its uint64 array has the low bits of
bases 64*k to 64*k + 63, word 2*k + 1 the high ones. Low and high bit together are 0 for a base that
is not known (N, other IUPAC letters), 1 for C, 2 for G and 3 for A or T. So 64 bases are compared
at once where sites are listed, and any base is two loads away.

Positions are 1-based everywhere, as in stores.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Arenas, Bytes, Extent, Memory
from ..engine.compile import announced, find_bytes, inline, kernel, trailing_zeros
from ..store.cytosine import BOTH, CHG, CHH, CPG, MINUS, PLUS

Planes = npt.NDArray[np.uint64]

UNKNOWN: Final = 0
C: Final = 1
G: Final = 2
A_OR_T: Final = 3
OUTSIDE: Final = 4
"""What `count_bases` says of positions that the chromosome does not have."""

# Indices into the state of `pack`, int64.
AT: Final = 0
N_BASES: Final = 1
N_LINES: Final = 2
AT_LINE_START: Final = 3
RETURN_SEEN: Final = 4
STATE_SIZE: Final = 5

# What `pack` returns.
DONE: Final = 0
HEADER: Final = 1
FULL: Final = 2
BAD: Final = 3

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_SEVEN = np.uint64(7)
_FIVE = np.uint64(31)
_FIVE_FIT = np.uint64(59)
_LAST = np.uint64(63)
_BEFORE_LAST = np.uint64(62)
_WIDTH = np.uint64(64)

_IS_OTHER = np.zeros(256, np.bool_)
_IS_OTHER[np.frombuffer(b"RYSWKMBDHVXryswkmbdhvx-.", np.uint8)] = True
"""Letters of IUPAC for more than one base, and gaps: a base that is not known."""


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


_FIELDS: Final = 8
_ROW_BYTES: Final = 8 + 8 * _FIELDS


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
        raw = name.encode()
        key = np.uint64(_key(raw))
        at = int(np.searchsorted(self._keys, key))
        while at < self._keys.size and self._keys[at] == key:
            row: list[int] = self._table[at].tolist()
            if bytes(self._listed[row[6] : row[7]]) == raw:
                return row
            at += 1
        return None


@inline
def either(text, at, letter):
    """Return which of the 64 bytes of `text` from `at` on are a letter, large or small, as bits."""
    return find_bytes(text, at, np.uint8(letter)) | find_bytes(text, at, np.uint8(letter | 32))


@kernel
def pack(text, stop, state, planes):
    """Add the bases of `text` from `state[AT]` to below `stop` to `planes`, uint64, zeros so far.

    `text` is uint8 with 64 readable bytes behind `stop`, and may be cut anywhere but in a header.
    `state` is the kernel's memory between calls, int64[STATE_SIZE]. Returns

    - DONE: the text is used up
    - HEADER: `state[AT]` is at the `>` of a line
    - FULL: only the last word of both planes has room: it may have bases of the next 64
    - BAD: the byte at `state[AT]` has no place in a sequence
    """
    at, n, lines = state[AT], state[N_BASES], state[N_LINES]
    fresh, returned = state[AT_LINE_START], state[RETURN_SEEN]
    room = 32 * planes.size - 64
    status = DONE
    while at < stop:
        if n >= room:
            status = FULL
            break
        if returned != 0:
            if text[at] != 10:
                status = BAD
                break
            returned = 0
        w = either(text, at, 65) | either(text, at, 84) | either(text, at, 85)
        low = w | either(text, at, 67)
        high = w | either(text, at, 71)
        others = ~(low | high | either(text, at, 78))
        taken = min(np.int64(trailing_zeros(others)), stop - at)
        if taken > 0:
            mask = _ALL >> np.uint64(64 - taken)
            k = 2 * (n >> 6)
            shift = np.uint64(n & 63)
            planes[k] |= (low & mask) << shift
            planes[k + 1] |= (high & mask) << shift
            if shift != _ZERO:
                planes[k + 2] |= (low & mask) >> (_WIDTH - shift)
                planes[k + 3] |= (high & mask) >> (_WIDTH - shift)
            n += taken
            at += taken
            fresh = 0
            if taken == 64 or at == stop:
                continue
        byte = text[at]
        if byte == 10:
            lines += 1
            fresh = 1
        elif byte == 13:
            returned = 1
        elif byte == 62 and fresh != 0:
            status = HEADER
            break
        elif _IS_OTHER[byte]:
            n += 1
            fresh = 0
        elif byte != 9 and byte != 32:
            status = BAD
            break
        at += 1
    state[AT], state[N_BASES], state[N_LINES] = at, n, lines
    state[AT_LINE_START], state[RETURN_SEEN] = fresh, returned
    return status


@kernel
def find_newline(text, start, stop):
    """Return the index of the first newline of `text` in [start, stop), or `stop`."""
    while start < stop:
        found = np.int64(trailing_zeros(find_bytes(text, start, np.uint8(10))))
        if found < 64:
            return min(start + found, stop)
        start += 64
    return stop


@inline
def base_at(planes, length, index):
    """Return the base at a 0-based index; 0 where the chromosome has none there."""
    if index < 0 or index >= length:
        return np.int64(0)
    k = 2 * (index >> 6)
    bit = np.uint64(index & 63)
    return np.int64(((planes[k] >> bit) & _ONE) | (((planes[k + 1] >> bit) & _ONE) << _ONE))


def _kind_of(bases: Sequence[int]) -> int:
    """Return the kind of the third of five bases."""
    before_2, before, here, after, after_2 = bases
    if here not in (C, G):
        return 0
    strand, one, two, pair = (
        (PLUS, after, after_2, G) if here == C else (MINUS, before, before_2, C)
    )
    if one == pair:
        return strand | CPG
    if UNKNOWN in (one, two):
        return strand
    return strand | (CHG if two == pair else CHH)


_KINDS = np.array(
    [
        _kind_of([(key >> k & 1) | (key >> (5 + k) & 1) << 1 for k in range(5)])
        for key in range(1 << 10)
    ],
    np.uint8,
)
"""Kinds by the low bits, and 32 times the high bits, of a base and the two on both sides."""


@kernel
def kinds_at(planes, length, pos, out):
    """Write what is at each of the positions `pos`, int32, to `out`, uint8: bits of `cytosine.py`.

    That is PLUS for a C and MINUS for a G, with the context that the next two bases of its strand
    give: a base that is not known, or the chromosome's end, leaves it open. 0 stands for any other
    base.
    """
    for row in range(pos.size):
        first = np.int64(pos[row]) - 3
        low = high = _ZERO
        if first < 0 or first >= length - 4:
            if 0 <= first + 2 < length:
                for k in range(5):
                    base = np.uint64(base_at(planes, length, first + k))
                    low |= (base & _ONE) << np.uint64(k)
                    high |= (base >> _ONE) << np.uint64(k)
        else:
            word = 2 * (first >> 6)
            bit = np.uint64(first & 63)
            low, high = planes[word] >> bit, planes[word + 1] >> bit
            if bit > _FIVE_FIT:
                low |= planes[word + 2] << (_WIDTH - bit)
                high |= planes[word + 3] << (_WIDTH - bit)
        out[row] = _KINDS[((high & _FIVE) << np.uint64(5)) | (low & _FIVE)]


@kernel
def count_bases(planes, length, pos, kind, joint, single):
    """Count the bases at the positions `pos`, int32, and beside them.

    Parameters
    ----------
    kind : uint8, bits of `cytosine.py` of each row; of size 0 where nothing is known
    joint : int64[256]; 1 is added at the strand, 64 times `kind` & BOTH, and the low bits and 8
        times the high bits of the bases at pos - 1, pos and pos + 1
    single : int64[4, 3, 5]; gets the other rows, those at both ends and beyond them: strand, shift
        + 1 and base
    """
    for row in range(pos.size):
        strand = np.int64(kind[row] & BOTH) if kind.size > 0 else np.int64(0)
        i = np.int64(pos[row]) - 1
        if i < 1 or i >= length - 1:
            for shift in range(-1, 2):
                inside = 0 <= i + shift < length
                base = base_at(planes, length, i + shift) if inside else np.int64(OUTSIDE)
                single[strand, shift + 1, base] += 1
            continue
        k = 2 * ((i - 1) >> 6)
        bit = np.uint64((i - 1) & 63)
        low, high = planes[k] >> bit, planes[k + 1] >> bit
        if bit >= _BEFORE_LAST:
            low |= planes[k + 2] << (_WIDTH - bit)
            high |= planes[k + 3] << (_WIDTH - bit)
        joint[(strand << 6) | np.int64((high & _SEVEN) << np.uint64(3) | (low & _SEVEN))] += 1


@kernel
def mark_sites(planes, length, low, high, contexts, collapse, base, bits):
    """Set the bit of each cytosine in [low, high) in `bits`, uint64.

    `low` and the bit `base` that stands for it are a position and a number with multiples of 64
    before them. `contexts` are bits of `cytosine.py`. Where `collapse` is not 0, a CpG is only its
    C, and other contexts are both strands.
    """
    first, last = (low - 1) >> 6, (min(high - 1, length) + 63) >> 6
    end = (length + 63) >> 6
    place = base >> 6
    for k in range(first, last):
        lo, hi = planes[2 * k], planes[2 * k + 1]
        lo_after = hi_after = lo_before = hi_before = _ZERO
        if k + 1 < end:
            lo_after, hi_after = planes[2 * k + 2], planes[2 * k + 3]
        if k > 0:
            lo_before, hi_before = planes[2 * k - 2], planes[2 * k - 1]
        lo_1 = (lo >> _ONE) | (lo_after << _LAST)
        lo_2 = (lo >> _TWO) | (lo_after << _BEFORE_LAST)
        hi_1 = (hi >> _ONE) | (hi_after << _LAST)
        hi_2 = (hi >> _TWO) | (hi_after << _BEFORE_LAST)
        c = lo & ~hi
        found = _ZERO
        if contexts & CPG:
            found |= c & hi_1 & ~lo_1
        if contexts & CHG:
            found |= c & lo_1 & hi_2 & ~lo_2
        if contexts & CHH:
            found |= c & lo_1 & lo_2
        lo_1 = (lo << _ONE) | (lo_before >> _LAST)
        lo_2 = (lo << _TWO) | (lo_before >> _BEFORE_LAST)
        hi_1 = (hi << _ONE) | (hi_before >> _LAST)
        hi_2 = (hi << _TWO) | (hi_before >> _BEFORE_LAST)
        g = hi & ~lo
        if contexts & CPG and not collapse:
            found |= g & lo_1 & ~hi_1
        if contexts & CHG:
            found |= g & hi_1 & lo_2 & ~hi_2
        if contexts & CHH:
            found |= g & hi_1 & hi_2
        bits[place + k - first] |= found


@announced
def load_reference_kernels() -> None:
    """Compile or fetch the kernels of a build that has a reference genome."""
    text = np.zeros(64, np.uint8)
    planes = np.zeros(4, np.uint64)
    find_newline(text, 0, 0)
    pack(text, 0, np.zeros(STATE_SIZE, np.int64), planes)
    pos, kind = np.empty(0, np.int32), np.empty(0, np.uint8)
    kinds_at(planes, 0, pos, kind)
    count_bases(planes, 0, pos, kind, np.zeros(256, np.int64), np.zeros((4, 3, 5), np.int64))
    mark_sites(planes, 0, 1, 1, 0, 0, 0, planes)
