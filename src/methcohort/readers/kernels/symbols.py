"""Short texts with a meaning: strand, nucleotide, context and base modification.

Each becomes bits; -1 where the text has no meaning here.
"""

from typing import Final

import numpy as np

from ...engine.compile import inline
from ...store.cytosine import (
    BOTH,
    CHG,
    CHH,
    CPG,
    MINUS,
    PLUS,
)
from ..modifications import CODES, METHYL
from .fields import is_missing

DASH: Final = 45

_A, _C, _G, _T = 1, 2, 4, 8
_ANY_BASE: Final = 15
_BASES: Final = {
    "A": _A, "C": _C, "G": _G, "T": _T, "R": _A | _G, "Y": _C | _T, "S": _C | _G, "W": _A | _T,
    "K": _G | _T, "M": _A | _C, "B": _C | _G | _T, "D": _A | _G | _T, "H": _A | _C | _T,
    "V": _A | _C | _G, "N": _A | _C | _G | _T, "X": _A | _T,
}  # fmt: skip
_LETTERS: Final = np.array(
    [_BASES.get(chr(code & ~32), 0) if chr(code).isalpha() else 0 for code in range(128)],
    dtype=np.int64,
)
"""Bases that a letter stands for, as bits: IUPAC, in both cases, and DNMTools' X for A or T."""

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_FIVE = np.uint64(5)
_SLOWLY: Final = -128
_SMALL_P: Final = 16


def _kinds(*pairs: tuple[str, int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the kind of each letter, -1 where it has none."""
    kinds = np.full(256, -1, np.int64)
    for letters, kind in pairs:
        kinds[[ord(letter) for letter in letters]] = kind
    return kinds


def _contexts() -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    """Return the kind for the two bases behind a cytosine, 32 numbers for each of the first."""
    kinds = np.full((32, 32), _SLOWLY, np.int8)
    for near in range(1, 16):
        for far in range(1, 16):
            if near == _G:
                kind = CPG
            elif near & _G or (far & _G and far != _G):
                kind = 0
            else:
                kind = CHG if far == _G else CHH
            kinds[near, far] = kind
    kinds[_SMALL_P, _G] = CPG
    return kinds.ravel()


_STRAND_KINDS: Final = _kinds(("+F", PLUS), ("-R", MINUS), (".*", 0))
_BASE_KINDS: Final = _kinds(("Cc", PLUS), ("Gg", MINUS))
_BASE_CODES: Final = np.zeros(256, np.uint64)
_BASE_CODES[:128] = _LETTERS
_BASE_CODES[ord("p")] = _SMALL_P
_CONTEXT_KINDS: Final = _contexts()

_BOTH: Final = np.frombuffer(b"both", np.uint8)
_UNKNOWN: Final = np.frombuffer(b"unknown", np.uint8)
_MIXED: Final = np.frombuffer(b"mixed", np.uint8)


def _numbers(names: list[str]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([int.from_bytes(name.encode(), "little") for name in names], dtype=np.int64)


_CODE_WORDS: Final = _numbers(list(CODES))
_CODE_LENGTHS: Final = np.array([len(name) for name in CODES], dtype=np.int64)
_CODE_BITS: Final = np.array(list(CODES.values()), dtype=np.int64)


@inline
def kind_of_strand(text, start, stop):
    """Return the bit of `+`, `-`, `F` or `R`; 0 for `.` and `*`; -1 for anything else.

    `both` and `unknown` are those words of a store.
    """
    if stop - start == 1:
        return _STRAND_KINDS[text[np.uint64(start)]]
    if is_word(text, start, stop, _BOTH):
        return np.int64(BOTH)
    return np.int64(0) if is_word(text, start, stop, _UNKNOWN) else np.int64(-1)


@inline
def is_word(text, start, stop, word):
    """Tell whether a text is the bytes of a word."""
    if stop - start != word.size:
        return False
    k = 0
    while k < word.size and text[start + k] == word[k]:
        k += 1
    return k == word.size


@inline
def kind_of_base(text, start, stop):
    """Return the strand on which the nucleotide of the forward strand is a cytosine."""
    return _BASE_KINDS[text[np.uint64(start)]] if stop - start == 1 else np.int64(-1)


@inline
def kind_of_context(text, start, stop, middle):
    """Return the bit of a context, 0 where it is unknown, -1 where the text is none.

    `CG`, `CpG`, `CHG`, `CHH`, or bases from the cytosine on, in IUPAC letters. Bases before it are
    `middle` many; the text is then of the forward strand, and has G there for the reverse one. With
    -1 the cytosine is in the middle of a text of its own strand. `unknown` and `mixed` are those
    words of a store.
    """
    length = stop - start
    at = np.uint64(start)
    if middle == 0 and text[at] == 67 and (length == 2) | (length == 3):
        # No branch for each context: they come as at random. The table has a row of 32 for each
        # code of the first base, as the codes are sets of four bits, and one more for `CpG`.
        near = _BASE_CODES[text[at + _ONE]]
        far = _BASE_CODES[text[at + _TWO]]
        if length == 2:
            far = np.uint64(_ANY_BASE)
        kind = np.int64(_CONTEXT_KINDS[near << _FIVE | far])
        if kind != _SLOWLY:
            return kind
    return np.int64(kind_of_bases(text, start, stop, middle))


@inline
def kind_of_bases(text, start, stop, middle):
    """Return what `kind_of_context` does, for texts other than the most common."""
    if is_missing(text, start, stop):
        return 0
    if is_word(text, start, stop, _UNKNOWN) or is_word(text, start, stop, _MIXED):
        return 0
    length = stop - start
    if text[start] == DASH:
        return 0 if length == 1 or (length == 2 and text[start + 1] == DASH) else -1
    if length == 4 and text[stop - 1] == 120:  # DNMTools: mutated
        stop -= 1
        length -= 1
    if length == 3 and text[start + 1] == 112:
        return CPG if text[start] == 67 and text[start + 2] == 71 else -1
    for k in range(start, stop):
        if text[k] >= 128 or _LETTERS[text[k]] == 0:
            return -1
    own = middle < 0
    if own:
        middle = length // 2
        if length % 2 == 0:
            return -1
    if length < 2 or length <= middle:
        return -1
    center = _LETTERS[text[start + middle]]
    if center == _C:
        wanted = _G
        first = start + middle + 1
        second = first + 1
    elif center == _G and middle > 0 and not own:
        wanted = _C
        first = start + middle - 1
        second = first - 1
    else:
        return -1
    if not start <= first < stop:
        return 0
    near = _LETTERS[text[first]]
    if near == wanted:
        return CPG
    if near & wanted or not start <= second < stop:
        return 0
    far = _LETTERS[text[second]]
    if far == wanted:
        return CHG
    return 0 if far & wanted else CHH


@inline
def class_of_code(text, start, stop):
    """Return the bit of a modified cytosine; 0 for any other code.

    A code ends at a comma: modkit adds motif and offset, `m,CG,0`.
    """
    if stop - start == 1 and text[start] == 109:
        return METHYL
    end = start
    word = np.int64(0)
    while end < stop and text[end] != 44:
        if end - start < 8:
            word |= np.int64(text[end]) << (8 * (end - start))
        end += 1
    for k in range(_CODE_WORDS.size):
        if _CODE_WORDS[k] == word and _CODE_LENGTHS[k] == end - start:
            return _CODE_BITS[k]
    return 0
