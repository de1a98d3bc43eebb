"""A text file that a store is made of: whose it is, how it was read, and what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .readers import TextSummary


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of `/inputs`, and what of `/samples` is counted a file.

    Attributes
    ----------
    sample : number of the sample that the file is of
    name : name in the sheet; that of a part where several are summed into one sample
    path : as in the sheet
    format : name of the form of text
    base : 0 or 1, number of a chromosome's first base in the text
    decided_by : which rule decided the format and base
    summary : what was read
    n_kept : rows on chromosomes of the store's choice
    n_renamed : those of them whose chromosome has another name in the text
    n_collapsed : rows of the reverse strand added to one of the forward strand
    n_summed_replicates : rows added to a row of another part of the sample
    n_off_reference : rows at no cytosine of the reference
    """

    sample: int
    name: str
    path: str
    format: str
    base: int
    decided_by: str
    summary: TextSummary
    n_kept: int
    n_renamed: int = 0
    n_collapsed: int = 0
    n_summed_replicates: int = 0
    n_off_reference: int = 0

    def count(self, name: str) -> int:
        """Return a count by its name, be it of the text or of a later step."""
        return int(getattr(self if name in self.__slots__ else self.summary, name))


def sample_totals(inputs: Sequence[Input], name: str, n_samples: int) -> npt.NDArray[np.int64]:
    """Return what a count of the inputs adds up to for each sample, int64[n_samples]."""
    totals = np.zeros(n_samples, np.int64)
    for one in inputs:
        totals[one.sample] += one.count(name)
    return totals
