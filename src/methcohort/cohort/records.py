"""The record of a text file that a store is made of: whose it is, how it was read, the counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..rows import TextSummary
from ..store.schema import COUNTS, INPUT_COLUMNS


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
    n_merged_rows : kept rows that have the reads of both strands
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
    n_merged_rows: int = 0

    def count(self, name: str) -> int:
        """Return a count by its name, be it of the text or of a later step."""
        return int(getattr(self if name in self.__slots__ else self.summary, name))

    def stored(self) -> dict[str, str | int]:
        """Return what the store records of the file: `INPUT_COLUMNS` but for `sample`, by name."""
        return {
            name: getattr(self if name in self.__slots__ else self.summary, name)
            for name in INPUT_COLUMNS
            if name != "sample"
        }


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """What a store records of one sample besides its values.

    Attributes
    ----------
    counts : by the names of `SAMPLE_COUNTS`
    files : its text files; of each, the values of `INPUT_COLUMNS` but for `sample`, by name
    told_by : the store that says so, and what it calls the sample; empty where its text was read
    """

    counts: Mapping[str, int]
    files: tuple[Mapping[str, str | int], ...]
    told_by: tuple[str, ...] = ()


def records_of(inputs: Sequence[Input], n_samples: int) -> list[SampleRecord]:
    """Return the record of each sample, but for the counts that follow from placing its rows."""
    by_sample: list[list[Input]] = [[] for _ in range(n_samples)]
    for one in inputs:
        by_sample[one.sample].append(one)
    return [
        SampleRecord(
            {
                count.name: sum(one.count(count.name) for one in files)
                for count in COUNTS
                if count.known in ("text", "step")
            },
            tuple(one.stored() for one in files),
        )
        for files in by_sample
    ]
