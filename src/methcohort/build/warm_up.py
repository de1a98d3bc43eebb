"""Having all kernels ready before workers start, so that each is compiled once a machine.

A kernel is compiled, or fetched from numba's cache on disk, when it is first called with some
types. Here each is called with the types of a build and nothing to do, before workers need it:
those that are forked later have it then, and others find it in the cache.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

import numpy as np

from ..base_check.kernels import N_TALLY, gather_rows, match_rows, tally_hits
from ..core.progress import log
from ..genome.bases import STATE_SIZE, count_bases, find_newline, kinds_at, mark_sites, pack
from ..matrix.kernels import (
    N_TALLIES,
    clip_runs,
    first_at_least,
    join_kinds,
    last_positions,
    match_sites,
    note_observed,
    place_rows,
    rank_words,
    read_sites,
    spread_counts,
    spread_levels,
    tally_values,
    visit_rows,
)
from ..readers import Format
from ..readers import warm as warm_reader
from ..rows.blocks import NARROW
from ..rows.index import Views
from ..store.schema import PCT_DTYPE

_P = ParamSpec("_P")
_LONG: Final = 1.0  # seconds; what is in the cache takes hundredths of one

_NO_TABLE = np.empty((0, 9), np.int64)
_NO_NUMBERS = np.empty(0, np.int64)


def _told(load: Callable[_P, None]) -> Callable[_P, None]:
    """Say of a function that took long what it was at."""

    @wraps(load)
    def timed(*args: _P.args, **kwargs: _P.kwargs) -> None:
        start = time.monotonic()
        load(*args, **kwargs)
        seconds = time.monotonic() - start
        if seconds > _LONG:
            log.info("compiled for this machine in %.0f s; later runs need not", seconds)

    return timed


@_told
def load_kernels(n_files: int) -> None:
    """Compile or fetch the kernels that every build of so many files needs.

    Which kernels read the files and place their rows is known later: `load_reader`, `load_placing`.
    """
    i4 = np.empty(0, np.int32)
    rows = i4, i4, _NO_TABLE, _NO_NUMBERS, _NO_TABLE
    last_positions(*rows, _NO_NUMBERS)
    bits = np.empty(0, np.uint64)
    visit_rows(*rows, _NO_NUMBERS, _NO_TABLE, bits, _NO_NUMBERS, np.empty(0, np.uint32))
    rank_words(bits, _NO_NUMBERS)
    read_sites(_NO_TABLE, bits, i4, _NO_NUMBERS)
    if n_files > 1:
        _load_comparing()


@_told
def load_reader(form: Format) -> None:
    """Compile or fetch the kernel that reads a format; all formats of one kernel share it."""
    warm_reader(form, NARROW)


def _load_comparing() -> None:
    """Compile or fetch the kernels that compare positions."""
    i4, u1, starts = np.empty(0, np.int32), np.empty(0, np.uint8), np.zeros(2, np.int64)
    rows = i4, i4, u1, u1, _NO_TABLE, starts, _NO_TABLE, starts, 0
    gather_rows(*rows, np.empty(0, np.uint64), np.uint64(0), i4, u1, _NO_TABLE)
    match_rows(*rows, i4, u1, _NO_TABLE, u1)
    tally_hits(i4, _NO_TABLE, u1, np.zeros(N_TALLY, np.int64))


@_told
def load_placing(dtype: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernel that places rows, for one dtype of counts."""
    views = _views()
    counts = np.empty(0, dtype)
    place_rows(
        views, views, _NO_TABLE, np.zeros(2, np.int64), _NO_TABLE, np.zeros(2, np.int64), 0,
        np.empty(0, np.int32), np.zeros(1, np.int64), 0, 0,
        counts, counts, np.empty(0, PCT_DTYPE), np.zeros(N_TALLIES, np.int64),
    )  # fmt: skip


@_told
def load_joining() -> None:
    """Compile or fetch the kernel that joins the kinds of rows."""
    views = _views()
    join_kinds(
        views, views, _NO_TABLE, np.zeros(1, np.int64), _NO_TABLE, np.zeros(1, np.int64),
        np.empty(0, np.int32), np.zeros(1, np.int64), 0, 0, np.empty(0, np.uint8),
    )  # fmt: skip


@_told
def load_spreading(dtype: "np.dtype[np.unsignedinteger]", *, with_pct: bool) -> None:
    """Compile or fetch the kernels that take values from chunks, for one dtype of counts."""
    i4, i8 = np.empty(0, np.int32), np.empty(0, np.int64)
    planes = np.frombuffer(b"", np.uint8).reshape(1, 1, 0)
    counts = np.empty(0, dtype)
    first_at_least(i4, i8, i8, i8, i8)
    match_sites(i4, i4, np.empty((0, 4), np.int64), 0, 0, i4, i8)
    spread_counts(planes, 0, 0, i4, False, counts)  # noqa: FBT003
    tally_values(counts, counts, np.zeros(N_TALLIES, np.int64))
    if with_pct:
        levels = np.frombuffer(b"", PCT_DTYPE).reshape(1, 1, 0)
        spread_levels(levels, 0, 0, i4, False, np.empty(0, PCT_DTYPE))  # noqa: FBT003


@_told
def load_clipping() -> None:
    """Compile or fetch the kernels that cut what is compared to stretches of chromosomes."""
    i4, starts = np.empty(0, np.int32), np.zeros(2, np.int64)
    none = _NO_NUMBERS
    first_at_least(i4, none, none, none, none)
    clip_runs(i4, i4, _NO_TABLE, starts, starts, none, none, _NO_TABLE)


@_told
def load_observing() -> None:
    """Compile or fetch the kernel that finds observed sites in chunks."""
    note_observed(np.frombuffer(b"", np.uint8).reshape(1, 1, 0), 0, np.empty(0, np.uint8))


def _views() -> Views:
    """Return an arena of no bytes, as values."""
    none = np.empty(0, np.uint8)
    return Views(
        none.view(np.int32), none.view(np.uint16), none.view(np.uint32), none.view("<f4"), none
    )


@_told
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
