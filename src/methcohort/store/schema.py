"""Facts of the file format, in one place: names, versions, dtypes, fill values.

`docs/format.md` is the contract; this module is the same contract for code. No other module
spells a dtype or a path of the store.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

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

KIND_NAMES: Final = ("strand", "context")
"""Datasets of `/sites` that say what is known of each site; both are there, or none."""

LENGTHS: Final = "chroms/length"
"""The dataset of the lengths of chromosomes, in bases; it may be absent."""

Counts = npt.NDArray[np.unsignedinteger]
"""Reads of some samples at some sites, [n_samples, n_sites]."""


class Count(NamedTuple):
    """A number per sample, which is a dataset of `/samples`; all else about it follows from here.

    Attributes
    ----------
    name : of the dataset
    title : what is counted, for people
    known : when: `text` while a file is read (a field of `TextSummary`), `step` while its rows are
        checked and joined (a field of `Input`), `placed` once they are put to the sites, `filter`
        where a store is filtered: others have no dataset of it
    gone : why rows counted here have no place of their own in the store, if that is so: they are
        `dropped`, or `added` to another row
    shown : whether tables for people have it: `always`, `nonzero` (if any sample has some), `never`
    of_values : for what stored values determine, the number per sample as a function of c and t;
        `verify` derives it in this way, and the kernels of `matrix` count it while they pack
    join : how the numbers of two ranges of sites give that of both
    """

    name: str
    title: str
    known: Literal["text", "step", "placed", "filter"]
    gone: Literal["", "dropped", "added"] = ""
    shown: Literal["always", "nonzero", "never"] = "nonzero"
    of_values: Callable[[Counts, Counts], npt.NDArray[Any]] | None = None
    join: np.ufunc = np.add


COUNTS: Final = (
    Count("n_rows", "rows of text", "text", shown="always"),
    Count(
        "n_sites", "sites with reads", "placed", shown="always",
        of_values=lambda c, t: np.count_nonzero(c | t, axis=1),
    ),
    Count(
        "sum_c", "methylated reads", "placed", shown="always",
        of_values=lambda c, _: c.sum(axis=1, dtype=np.int64),
    ),
    Count(
        "sum_t", "unmethylated reads", "placed", shown="always",
        of_values=lambda _, t: t.sum(axis=1, dtype=np.int64),
    ),
    Count(
        "largest_count", "largest count", "placed", shown="never",
        of_values=lambda c, t: np.maximum(c, t).max(axis=1, initial=0), join=np.maximum,
    ),
    Count("n_dropped_chroms", "on chromosomes left out", "text", "dropped"),
    Count("n_dropped_uncovered", "without reads", "text", "dropped"),
    Count("n_dropped_contexts", "in other contexts", "text", "dropped"),
    Count("n_dropped_modifications", "of other modifications", "text", "dropped"),
    Count("n_dropped_duplicates", "repeats of a site", "text", "dropped"),
    Count("n_summed_duplicates", "added to another row of their site", "text", "added"),
    Count("n_collapsed", "added to the other strand", "step", "added"),
    Count("n_summed_replicates", "added to another part of their sample", "step", "added"),
    Count("n_dropped_sites", "not at sites of the store", "placed", "dropped"),
    Count("n_off_reference", "not at a reference cytosine", "step"),
    Count("n_inexact", "with inexact counts", "text"),
    Count("n_masked_min_coverage", "with too few reads for a filter", "filter", "dropped"),
    Count("n_masked_max_coverage", "with too many reads for a filter", "filter", "dropped"),
    Count("n_filtered_sites", "at sites that a filter dropped", "filter", "dropped"),
)  # fmt: skip
"""What is counted for each sample, in the order of the datasets of `/samples`."""

SAMPLE_COUNTS: Final = tuple(one.name for one in COUNTS if one.known != "filter")
"""Datasets of `/samples` that hold one int64 per sample, in every store."""

FILTER_COUNTS: Final = tuple(one.name for one in COUNTS if one.known == "filter")
"""Those that only filtered stores have."""

GONE: Final = {one.name: one for one in COUNTS if one.gone}
"""Counts of rows of text that have no place of their own in the store."""

TEXT_DROPS: Final = tuple(one.name for one in COUNTS if one.gone and one.known == "text")
"""Those of rows that are not kept when a text is read."""

GONE_BEFORE: Final = tuple(one.name for one in COUNTS if one.gone and one.known in ("text", "step"))
"""Those of rows that are gone before the rest is put to the sites."""

PLACED_COUNTS: Final = tuple(one.name for one in COUNTS if one.known == "placed")
"""Counts that are known once the rows of a sample are put to the sites."""

VALUE_COUNTS: Final = tuple(one for one in COUNTS if one.of_values is not None)
"""Counts that the stored values determine."""

INPUT_DTYPES: Final[dict[str, np.dtype[Any] | None]] = {
    "sample": np.dtype("<i4"),
    "name": None,
    "path": None,
    "size": np.dtype("<i8"),
    "sha256": None,
    "format": None,
    "base": np.dtype("i1"),
    "decided_by": None,
    "n_rows": np.dtype("<i8"),
    "n_kept": np.dtype("<i8"),
    "n_renamed": np.dtype("<i8"),
    "n_dropped_chroms": np.dtype("<i8"),
    "n_merged_rows": np.dtype("<i8"),
    "n_reverse": np.dtype("<i8"),
}
"""Datasets of `/inputs`, which hold one value per text file: their dtype, None for strings."""

INPUT_COLUMNS: Final = tuple(INPUT_DTYPES)


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
"""The dataset that gives the length of each axis; that of sites is the last of `chroms/offset`."""

_TEXT: Final = ("S",)
_DIGEST: Final = ("u1",)

PARTS: Final = {
    "chroms/name": Part(_TEXT, ("chroms",)),
    "chroms/offset": Part(("i8",), ("offsets",)),
    LENGTHS: Part(("i8",), ("chroms",)),
    "sites/pos": Part(("i4",), ("sites",)),
    "samples/name": Part(_TEXT, ("samples",)),
    "sheet/columns": Part(_TEXT, ("columns",)),
    "sheet/values": Part(_TEXT, ("columns", "samples")),
    "digests/sites": Part(_DIGEST, ("blocks", DIGEST_BYTES)),
    **{f"sites/{name}": Part(("u1",), ("sites",)) for name in KIND_NAMES},
    **{f"digests/{name}": Part(_DIGEST, ("blocks", DIGEST_BYTES)) for name in KIND_NAMES},
    **{f"samples/{one.name}": Part(("i8",), ("samples",)) for one in COUNTS},
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

OPTIONAL: Final = (LENGTHS, *(f"samples/{name}" for name in FILTER_COUNTS))
"""Those that may be absent whatever the layers and kinds of a store."""


def placed_rows(counts: Mapping[str, int]) -> int:
    """Return the rows of text of a sample that have a place of their own, from its counts."""
    return counts["n_rows"] - sum(counts.get(name, 0) for name in GONE)


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
