"""What is exported: the calls of one sample, or the values of all samples, at some sites."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..select import Block
from ..store.cytosine import LEGENDS
from ..writers import Texts


@dataclass(frozen=True)
class Calls:
    """The sites of a block at which a sample has reads.

    Attributes
    ----------
    chroms : names of the chromosomes
    chrom : int32[n], numbers of these
    pos : int32[n], 1-based
    c, t : methylated and unmethylated reads, int64[n]
    pct : float32[n], percent methylated as the store has it
    strand, context : uint8[n], values of the legends of the format
    """

    chroms: Sequence[str]
    chrom: npt.NDArray[np.int32]
    pos: npt.NDArray[np.int32]
    c: npt.NDArray[np.int64]
    t: npt.NDArray[np.int64]
    pct: npt.NDArray[np.float32]
    strand: npt.NDArray[np.uint8]
    context: npt.NDArray[np.uint8]

    @property
    def coverage(self) -> npt.NDArray[np.int64]:
        """Reads, int64[n]."""
        return self.c + self.t

    @property
    def start(self) -> npt.NDArray[np.int32]:
        """0-based positions, int32[n]."""
        return self.pos - np.int32(1)

    def of_chrom(self) -> Texts:
        """Return the column of the names of chromosomes."""
        return Texts(self.chrom, self.chroms)

    def of_strand(self, texts: str) -> Texts:
        """Return a column with a character for each of unknown, +, - and both."""
        return Texts(self.strand, texts)

    def runs(self) -> Iterator[tuple[int, slice]]:
        """Yield the number of each chromosome, and which calls it has."""
        cuts = np.flatnonzero(np.diff(self.chrom, prepend=-1)).tolist()
        for first, end in zip(cuts, [*cuts[1:], len(self.chrom)], strict=True):
            yield int(self.chrom[first]), slice(first, end)


class Observed:
    """A block, from which the calls of each sample are taken."""

    def __init__(self, block: Block, chroms: Sequence[str], *, kinds: bool) -> None:
        self._block = block
        self._chroms = chroms
        self._kinds = kinds

    def calls(self, row: int) -> Calls:
        """Return the calls of a sample."""
        block = self._block
        c, t, pct = (block.values[name][row] for name in ("c", "t", "pct"))
        seen = np.flatnonzero(c | t)
        return Calls(
            self._chroms, block.chrom[seen], block.pos[seen], c[seen].astype(np.int64),
            t[seen].astype(np.int64), pct[seen], self._strand[seen], self._context[seen],
        )  # fmt: skip

    @cached_property
    def _strand(self) -> npt.NDArray[np.uint8]:
        return self._block.strand if self._kinds else np.zeros(len(self._block.pos), np.uint8)

    @cached_property
    def _context(self) -> npt.NDArray[np.uint8]:
        return self._block.context if self._kinds else np.zeros(len(self._block.pos), np.uint8)


STRANDS = LEGENDS["strand"]
CONTEXTS = LEGENDS["context"]
