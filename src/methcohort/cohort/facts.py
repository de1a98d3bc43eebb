"""What the checks across files need to know of one, wherever its rows are.

They are in memory, in the batch of another job, or in a store. So each check is written once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..base_check import Agreement, has_neighbours, is_joined
from .files import LoadedFile
from .samples import stored_format


class Strands(NamedTuple):
    """What strands the rows of a file are of.

    Attributes
    ----------
    path : of the file
    merged : whether a row has the reads of both strands of a CpG
    split : whether it has rows of the reverse strand alone
    joined : whether its rows, of unknown strand, are at the C of CpGs only, next to other files
    blind : whether its text does not state the strand
    """

    path: str
    merged: bool
    split: bool
    joined: bool = False
    blind: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the checks across files need to know of a file.

    Attributes
    ----------
    sample : number of its sample in the cohort; -1 for one of a store
    name : of its row of the sheet
    path : of the file
    sha256 : of the file
    format : as a store has it, see `stored_format`
    columns : the columns of the text that its counts are in, where the sheet chooses some
    strands : what strands its rows are of
    n_rows : rows that are kept
    names : its chromosomes, in the order of the text
    present : those that have a row
    fits : whether it was found to fit the reference
    """

    sample: int
    name: str
    path: str
    sha256: str
    format: str
    columns: str
    strands: Strands
    n_rows: int
    names: Sequence[str] = ()
    present: Sequence[str] = ()
    fits: bool = False

    @classmethod
    def of(cls, file: LoadedFile) -> "FileFacts":
        """Return what is to be known of a file whose rows are in memory."""
        form, source = file.found.form, file.source
        return cls(
            sample=file.sample,
            name=source.name,
            path=file.path,
            sha256=file.rows.summary.sha256,
            format=stored_format(form.name, source.columns),
            columns=" ".join(form.columns) if source.columns else "",
            strands=strands_of(file),
            n_rows=file.rows.n_rows,
            names=file.rows.names,
            present=file.names if file.rows.n_rows else (),
            fits=file.fits,
        )

    def beside(self, found: Agreement, number: int) -> "FileFacts":
        """Return the same with what its positions show next to those of the other files."""
        if not self.strands.blind:
            return self
        split = self.strands.split or has_neighbours(found, number)
        joined = self.strands.joined or is_joined(found, number)
        return replace(self, strands=self.strands._replace(split=split, joined=joined))


def strands_of(file: LoadedFile) -> Strands:
    """Return what strands the rows of a file are of."""
    summary, form = file.rows.summary, file.found.form
    merged = bool(summary.n_merged_rows) or form.merged == "yes"
    return Strands(
        file.path,
        merged=merged and file.rows.n_rows > 0,
        split=bool(summary.n_reverse) or file.is_split,
        joined=file.is_joined,
        blind=not form.with_strand,
    )
