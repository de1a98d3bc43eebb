"""Kernels that pack the letters of a FASTA file, and look at packed bases.

`planes` and `length` are those of a `Chromosome`, see `bases.py`.
"""

from typing import Final

import numpy as np

from ..engine.compile import announced, find_bytes, inline, kernel, trailing_zeros
from ..store.cytosine import BOTH, CHG, CHH, CPG
from .codes import IS_UNKNOWN, KINDS, OUTSIDE

# Indices into the state of `pack_bases`, int64.
AT: Final = 0
N_BASES: Final = 1
N_LINES: Final = 2
AT_LINE_START: Final = 3
RETURN_SEEN: Final = 4
STATE_SIZE: Final = 5

# What `pack_bases` returns.
DONE: Final = 0
HEADER: Final = 1
FULL: Final = 2
BAD: Final = 3

# Numbers of the type of words: numba makes a float of uint64 and int64 together.
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_THREE_BITS = np.uint64(7)
_FIVE_BITS = np.uint64(31)
_64 = np.uint64(64)


@inline
def either(text, at, letter):
    """Return which of the 64 bytes of `text` from `at` on are a letter, large or small, as bits."""
    return find_bytes(text, at, np.uint8(letter)) | find_bytes(text, at, np.uint8(letter | 32))


@inline
def add_bases(planes, n, low, high, taken):
    """Put the first `taken` of 64 bases, 1 to 64, behind the `n` bases of `planes`.

    They may lie across two words. What goes into the second one is shifted right by 64 less what
    the first one is shifted left; a shift by 64 would be undefined, so where the first word is
    empty there is no second. All bits of `planes` from base n on are zero, so OR writes them.
    """
    mask = _ALL >> np.uint64(64 - taken)  # taken >= 1, so this shift is below 64 as well
    k = 2 * (n >> 6)
    shift = np.uint64(n & 63)
    planes[k] |= (low & mask) << shift
    planes[k + 1] |= (high & mask) << shift
    if shift != _ZERO:
        planes[k + 2] |= (low & mask) >> (_64 - shift)
        planes[k + 3] |= (high & mask) >> (_64 - shift)


@kernel
def pack_bases(text, stop, state, planes):
    """Add the bases of `text` from `state[AT]` to below `stop` to `planes`, uint64, zeros so far.

    `text` is uint8 with 64 readable bytes behind `stop`, and may be cut anywhere but in a header.
    `state` is the kernel's memory between calls, int64[STATE_SIZE]. Returns

    - DONE: the text is used up
    - HEADER: `state[AT]` is at the `>` of a line
    - FULL: only the last word of both planes has room: it may have bases of the next 64
    - BAD: the byte at `state[AT]` has no place in a sequence

    64 bytes are compared with each letter at once. C has only the low bit set, G only the high
    one, A, T and U both and N none; so `low` and `high` are the planes of 64 bases already, as far
    as the bytes are letters. The first one that is none, most often the end of a line, is the
    lowest set bit of `others`. It is looked at alone, and then the next 64 are compared from there.
    """
    at, n, lines = state[AT], state[N_BASES], state[N_LINES]
    fresh, returned = state[AT_LINE_START], state[RETURN_SEEN]
    room = 32 * planes.size - 64  # two planes, so 32 bases a word; the last words are a margin
    status = DONE
    while at < stop:
        if n >= room:
            status = FULL
            break
        if returned != 0 and text[at] != 10:
            status = BAD
            break
        returned = 0
        a_or_t = either(text, at, 65) | either(text, at, 84) | either(text, at, 85)
        low = a_or_t | either(text, at, 67)
        high = a_or_t | either(text, at, 71)
        others = ~(low | high | either(text, at, 78))
        taken = min(np.int64(trailing_zeros(others)), stop - at)
        if taken > 0:
            add_bases(planes, n, low, high, taken)
            n += taken
            at += taken
            fresh = 0
        if taken == 64 or at == stop:
            continue
        byte = text[at]
        if byte == 62 and fresh != 0:
            status = HEADER
            break
        if byte == 10:
            lines += 1
            fresh = 1
        elif byte == 13:
            returned = 1
        elif IS_UNKNOWN[byte]:
            n += 1  # both its bits are zero already
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


@inline
def plane_bits(planes, word, bit, n):
    """Return the bits of one plane of the `n` bases from bit `bit` of a word on.

    Bit 0 is that of the first base; bits from `n` on are of no use. All `n` bases must be in the
    chromosome: then, where they go on in the next word of the plane, there is one. Its bits are
    shifted to where those of the first word end. Where they all are in one word it is not read:
    there may be no next one, and a shift by 64 would be undefined.
    """
    found = planes[word] >> bit
    if bit > np.uint64(64 - n):
        found |= planes[word + 2] << (_64 - bit)
    return found


@kernel
def kinds_at(planes, length, pos, out):
    """Write what is at each of the positions `pos`, int32, to `out`, uint8: bits of `cytosine.py`.

    That is PLUS for a C and MINUS for a G, with the context that the next two bases of its strand
    give: a base that is not known, or the chromosome's end, leaves it open. 0 stands for any other
    base.

    The five bases around a position are ten bits, the key of a table. Near the chromosome's ends
    they are put together one by one, with unknown bases beyond.
    """
    for row in range(pos.size):
        first = np.int64(pos[row]) - 3  # 0-based index of the first of five bases
        low = high = _ZERO
        if 0 <= first < length - 4:
            word, bit = 2 * (first >> 6), np.uint64(first & 63)
            low, high = plane_bits(planes, word, bit, 5), plane_bits(planes, word + 1, bit, 5)
        elif 0 <= first + 2 < length:
            for k in range(5):
                base = np.uint64(base_at(planes, length, first + k))
                low |= (base & _ONE) << np.uint64(k)
                high |= (base >> _ONE) << np.uint64(k)
        out[row] = KINDS[((high & _FIVE_BITS) << np.uint64(5)) | (low & _FIVE_BITS)]


@kernel
def count_bases(planes, length, pos, kind, joint, single):
    """Count the bases at the positions `pos`, int32, and beside them.

    Nearly all rows cost one addition to `joint`, for the bases at all three positions together,
    which is taken apart when all rows are counted.

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
        word, bit = 2 * ((i - 1) >> 6), np.uint64((i - 1) & 63)
        low, high = plane_bits(planes, word, bit, 3), plane_bits(planes, word + 1, bit, 3)
        joint[
            (strand << 6) | np.int64((high & _THREE_BITS) << np.uint64(3) | (low & _THREE_BITS))
        ] += 1


@inline
def next_bases(word, after, n):
    """Return the bits of a plane `n` bases further on, 1 or 2: bit i is that of base i + n.

    The last `n` of them are the first of the word after it.
    """
    return (word >> np.uint64(n)) | (after << np.uint64(64 - n))


@inline
def last_bases(word, before, n):
    """Return the bits of a plane `n` bases before, 1 or 2: bit i is that of base i - n.

    The first `n` of them are the last of the word before it.
    """
    return (word << np.uint64(n)) | (before >> np.uint64(64 - n))


@kernel
def mark_sites(planes, length, low, high, contexts, collapse, base, bits):
    """Set the bit of each cytosine in [low, high) in `bits`, uint64.

    `low` and the bit `base` that stands for it are a position and a number with multiples of 64
    before them. `contexts` are bits of `cytosine.py`. Where `collapse` is not 0, a CpG is only its
    C, and other contexts are both strands.

    64 bases are looked at in one word. With the planes shifted by one and two bases beside them,
    bit i of each word is of base i, of the next one and of the one after, so each of the conditions
    below is one for all 64. C is low bit only and G high bit only; a context of C is CG, CHG where
    H is C, A or T, all of which have the low bit, or CHH. For G it is the same on the other
    strand: the bases before it, C and G for each other, and so high and low bits.
    """
    first, last = (low - 1) >> 6, (min(high - 1, length) + 63) >> 6
    end = (length + 63) >> 6
    place = base >> 6
    for k in range(first, last):
        lo, hi = planes[2 * k], planes[2 * k + 1]
        lo_after = hi_after = lo_before = hi_before = _ZERO  # unknown beyond both ends
        if k + 1 < end:
            lo_after, hi_after = planes[2 * k + 2], planes[2 * k + 3]
        if k > 0:
            lo_before, hi_before = planes[2 * k - 2], planes[2 * k - 1]
        found = cytosines(
            lo & ~hi,
            next_bases(lo, lo_after, 1), next_bases(hi, hi_after, 1),
            next_bases(lo, lo_after, 2), next_bases(hi, hi_after, 2),
            contexts,
        )  # fmt: skip
        found |= cytosines(
            hi & ~lo,
            last_bases(hi, hi_before, 1), last_bases(lo, lo_before, 1),
            last_bases(hi, hi_before, 2), last_bases(lo, lo_before, 2),
            contexts & ~CPG if collapse else contexts,
        )  # fmt: skip
        bits[place + k - first] |= found


@inline
def cytosines(c, own_1, pair_1, own_2, pair_2, contexts):
    """Return which of 64 bases `c` that are cytosines of a strand are of some contexts.

    `own` are the bits that cytosines of the strand have, `pair` those that their partners have,
    the G of a CpG, of the next base (1) and the one after (2) on the strand.
    """
    found = _ZERO
    if contexts & CPG:
        found |= c & pair_1 & ~own_1
    if contexts & CHG:
        found |= c & own_1 & pair_2 & ~own_2
    if contexts & CHH:
        found |= c & own_1 & own_2
    return found


@announced
def load_reference_kernels() -> None:
    """Compile or fetch the kernels of a build that has a reference genome."""
    text = np.zeros(64, np.uint8)
    planes = np.zeros(4, np.uint64)
    find_newline(text, 0, 0)
    pack_bases(text, 0, np.zeros(STATE_SIZE, np.int64), planes)
    pos, kind = np.empty(0, np.int32), np.empty(0, np.uint8)
    kinds_at(planes, 0, pos, kind)
    count_bases(planes, 0, pos, kind, np.zeros(256, np.int64), np.zeros((4, 3, 5), np.int64))
    mark_sites(planes, 0, 1, 1, 0, 0, 0, planes)
