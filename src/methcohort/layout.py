"""Facts of the file format, in one place: names, versions, dtypes, fill values.

`docs/format.md` is the contract; this module is the same contract for code. No other module
spells a dtype or a path of the store.
"""

from typing import Final

import numpy as np

FORMAT: Final = "methcohort"
FORMAT_VERSION: Final = "1.0"

COUNT_LAYERS: Final = ("c", "t")
PCT_LAYER: Final = "pct"
LAYERS: Final = (*COUNT_LAYERS, PCT_LAYER)

POS_DTYPE: Final = np.dtype("<i4")
OFFSET_DTYPE: Final = np.dtype("<i8")
PCT_DTYPE: Final = np.dtype("<f4")
COUNT_DTYPES: Final = (np.dtype("<u1"), np.dtype("<u2"), np.dtype("<u4"))

MAX_POS: Final = 2**31 - 1
MAX_COUNT: Final = 2**32 - 1

BLOCK_SITES: Final = 65536
"""Sites of one digest block. Part of the format: digests are taken over blocks of this size."""

DIGEST_BYTES: Final = 32
"""Bytes of one SHA-256 block digest."""

SHUFFLED: Final = {"c": True, "t": True, "pct": False}
"""Whether the byte shuffle makes a layer smaller. It makes pct larger by 40 % and more."""

SAMPLE_COUNTS: Final = (
    "n_rows",
    "n_sites",
    "sum_c",
    "sum_t",
    "n_dropped_chroms",
    "n_dropped_uncovered",
    "n_dropped_duplicates",
    "n_summed_duplicates",
    "n_dropped_sites",
)
"""Datasets of `/samples` that hold one int64 or uint64 a sample."""


def count_dtype(largest: int) -> np.dtype[np.unsignedinteger]:
    """Return the narrowest unsigned dtype that holds `largest`.

    Raises ValueError where 32 bits are too few.
    """
    for dtype in COUNT_DTYPES:
        if largest <= np.iinfo(dtype).max:
            return dtype
    message = f"a count of {largest} does not fit 32 bits"
    raise ValueError(message)


def fill_value(layer: str) -> float | int:
    """Return the value that means "not observed" in a layer."""
    return float("nan") if layer == PCT_LAYER else 0
