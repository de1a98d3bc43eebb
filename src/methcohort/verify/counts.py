"""What is counted of each sample, derived again from the stored values and from other counts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError
from ..store import StoreReader
from ..store.schema import GONE, VALUE_COUNTS


class Totals:
    """What the values of each sample come to, by the names of `VALUE_COUNTS`.

    `whole` says of which samples every count could be read.
    """

    def __init__(self, n_samples: int) -> None:
        self.whole = np.ones(n_samples, bool)
        self.found = {count.name: np.zeros(n_samples, np.int64) for count in VALUE_COUNTS}

    def add(self, rows: range, c: npt.NDArray[Any], t: npt.NDArray[Any]) -> None:
        """Join what further sites of some samples come to."""
        for count in VALUE_COUNTS:
            assert count.of_values is not None  # noqa: S101 - that is what they are
            here = self.found[count.name][rows.start : rows.stop]
            count.join(here, count.of_values(c, t), out=here)


def total_faults(store: StoreReader, totals: Totals) -> Iterator[str]:
    """Compare the sums of the layers, and of the rows, with what the store says of each sample."""
    try:
        counts = {name: values.tolist() for name, values in store.sample_counts.items()}
        uncovered = store.provenance["config"].get("uncovered")
        rows = _rows_of_inputs(store)
    except StoreError:  # reported with the labels
        return
    for k in np.flatnonzero(totals.whole).tolist():
        sums = {name: int(values[k]) for name, values in totals.found.items()}
        sums["n_rows"] = rows[k]
        for name, value in sums.items():
            if value != counts[name][k]:
                stated = f"the store says {counts[name][k]:,}"
                yield f"sample {store.samples[k]}: {name} is {value:,}; {stated}"
                break
        else:
            placed = counts["n_rows"][k] - sum(counts[name][k] for name in GONE)
            if placed < sums["n_sites"] or (uncovered == "drop" and placed > sums["n_sites"]):
                yield (
                    f"sample {store.samples[k]}: {placed:,} rows are left of n_rows by the counts "
                    f"of dropped rows; expected {sums['n_sites']:,}"
                )


def _rows_of_inputs(store: StoreReader) -> list[int]:
    """Return the rows of text of each sample. Raises StoreError where an input has no sample."""
    rows = [0] * len(store.samples)
    for sample, n_rows in zip(store.inputs["sample"], store.inputs["n_rows"], strict=True):
        rows[sample] += n_rows
    return rows
