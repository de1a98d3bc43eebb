"""Facts of the file format, in one place: names, versions, dtypes, fill values.

`docs/format.md` is the contract; this module is the same contract for code. No other module
spells a dtype or a path of the store.
"""

from typing import Final, NamedTuple

import numpy as np

FORMAT: Final = "methcohort"
FORMAT_VERSION: Final = "2.1"
READABLE: Final = ("1", "2")
"""Major versions that are read."""

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

KIND_NAMES: Final = ("strand", "context")
"""Datasets of `/sites` that say what is known of each site; both are there, or none."""

SAMPLE_COUNTS: Final = (
    "n_rows",
    "n_sites",
    "sum_c",
    "sum_t",
    "largest_count",
    "n_dropped_chroms",
    "n_dropped_uncovered",
    "n_dropped_contexts",
    "n_dropped_modifications",
    "n_dropped_duplicates",
    "n_summed_duplicates",
    "n_collapsed",
    "n_summed_replicates",
    "n_dropped_sites",
    "n_off_reference",
    "n_inexact",
)
"""Datasets of `/samples` that hold one int64 a sample."""

TEXT_DROPS: Final = (
    "n_dropped_chroms",
    "n_dropped_uncovered",
    "n_dropped_contexts",
    "n_dropped_modifications",
    "n_dropped_duplicates",
    "n_summed_duplicates",
)
"""Those of rows that are not kept when a text is read."""

GONE_BEFORE: Final = (
    *TEXT_DROPS,
    "n_collapsed",
    "n_summed_replicates",
)
"""Those of rows that have no place of their own when the rows are put to sites."""

INPUT_COLUMNS: Final = (
    "sample",
    "name",
    "path",
    "size",
    "sha256",
    "format",
    "base",
    "decided_by",
    "n_rows",
    "n_kept",
    "n_renamed",
    "n_dropped_chroms",
    "n_merged_rows",
    "n_reverse",
)
"""Datasets of `/inputs`, which hold one value a text file."""

INPUT_DTYPES: Final = {
    name: None
    if name in ("name", "path", "sha256", "format", "decided_by")
    else np.dtype({"sample": "<i4", "base": "i1"}.get(name, "<i8"))
    for name in INPUT_COLUMNS
}
"""The dtype of each of `INPUT_COLUMNS`; None where they hold strings."""

_SINCE: Final = {
    (2, 0): (
        "n_dropped_contexts",
        "n_dropped_modifications",
        "n_collapsed",
        "n_summed_replicates",
        "n_off_reference",
        "n_inexact",
        "inputs/name",
        "inputs/base",
        "inputs/decided_by",
        "inputs/n_kept",
        "inputs/n_renamed",
        "inputs/n_dropped_chroms",
    ),
    (2, 1): ("largest_count", "inputs/n_merged_rows", "inputs/n_reverse"),
}
"""What versions of the format have that earlier ones do not."""


class Part(NamedTuple):
    """What a dataset of the store is.

    Attributes
    ----------
    types : kind and bytes of the numbers that it may have, in either order of bytes, or `S`
    axes : length of each axis, or what there is one of along it; `offsets` are one more than
        `chroms`, `blocks` those of `BLOCK_SITES`
    """

    types: tuple[str, ...]
    axes: tuple[str | int, ...]


AXES: Final = {
    "chroms": "chroms/name",
    "samples": "samples/name",
    "columns": "sheet/columns",
    "inputs": "inputs/sample",
}
"""The datasets that tell how many there are of what; `chroms/offset` ends with that of sites."""

_TEXT: Final = ("S",)
_DIGEST: Final = ("u1",)

PARTS: Final = {
    "chroms/name": Part(_TEXT, ("chroms",)),
    "chroms/offset": Part(("i8",), ("offsets",)),
    "sites/pos": Part(("i4",), ("sites",)),
    "samples/name": Part(_TEXT, ("samples",)),
    "sheet/columns": Part(_TEXT, ("columns",)),
    "sheet/values": Part(_TEXT, ("columns", "samples")),
    "digests/sites": Part(_DIGEST, ("blocks", DIGEST_BYTES)),
    **{f"sites/{name}": Part(("u1",), ("sites",)) for name in KIND_NAMES},
    **{f"digests/{name}": Part(_DIGEST, ("blocks", DIGEST_BYTES)) for name in KIND_NAMES},
    **{f"samples/{name}": Part(("i8",), ("samples",)) for name in SAMPLE_COUNTS},
    **{
        f"inputs/{name}": Part(_TEXT if dtype is None else (dtype.str[1:],), ("inputs",))
        for name, dtype in INPUT_DTYPES.items()
    },
    **{
        f"layers/{name}": Part(
            ("f4",) if name == PCT_LAYER else ("u1", "u2", "u4"), ("samples", "sites")
        )
        for name in LAYERS
    },
    **{f"digests/{name}": Part(_DIGEST, ("samples", "blocks", DIGEST_BYTES)) for name in LAYERS},
}
"""All datasets by their paths."""


def names_in(version: tuple[int, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the `SAMPLE_COUNTS` and `INPUT_COLUMNS` that a store of a version has."""
    later = {name for since, names in _SINCE.items() if since > version for name in names}
    return (
        tuple(name for name in SAMPLE_COUNTS if name not in later),
        tuple(name for name in INPUT_COLUMNS if f"inputs/{name}" not in later),
    )


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
