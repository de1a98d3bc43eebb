"""Bases on their way from the text of a FASTA file to shared memory."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..engine import Context, Extent
from .bases import Genome, Planes, directory_bytes

PIECE_BASES: Final = 1 << 24
"""Bases that are copied to shared memory at once: 4 MB, which the cache of a processor holds."""


class BaseBuffer:
    """Where bases go that nobody wants: the same memory, over and over.

    Attributes
    ----------
    planes : both planes of `PIECE_BASES` bases and 64 more
    """

    def __init__(self) -> None:
        self.planes: Planes = np.zeros(2 * (PIECE_BASES // 64 + 1), np.uint64)

    def begin(self) -> int:
        """Begin a sequence; return how many bases `planes` has before it."""
        return 0

    def flush(self) -> int:
        """Empty `planes` but for the last 64 bases, which come first now; return how many went."""
        self.planes[:2] = self.planes[-2:]
        self.planes[2:] = 0
        return PIECE_BASES


class KeptBases(BaseBuffer):
    """Bases that go to shared memory.

    Sequences start at whole words. Small ones share an extent; a large one is written in pieces,
    which are joined when it ends.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._pieces: list[Extent] = []
        self._first = 0  # base of the extent at which the sequence starts
        self._n = 0
        self._open: list[tuple[int, int]] = []
        self._rows: list[tuple[int, int, int, int, int]] = []

    def begin(self) -> int:
        """Begin a sequence behind the ones before it, at a whole word."""
        self._n = -(-self._n // 64) * 64
        self._first = self._flushed + self._n
        return self._n

    @property
    def _flushed(self) -> int:
        return len(self._pieces) * PIECE_BASES

    def flush(self) -> int:
        """Write what `planes` has but for the last 64 bases; return how many went."""
        self._pieces.append(self._write(self.planes[:-2]))
        return super().flush()

    def length(self, n: int) -> int:
        """Return the length of the sequence so far, with `n` bases in `planes`."""
        return self._flushed + n - self._first

    def end(self, n: int) -> int:
        """End the sequence with `n` bases in `planes`; return its length."""
        length = self.length(n)
        self._open.append((self._first // 32, length))  # 32 bases a word, of two planes
        self._n = n
        if self._pieces or n > PIECE_BASES // 2:
            self._close()
        return length

    def finish(self, names: list[str]) -> Genome:
        """Return where all sequences lie, under these names."""
        self._close()
        extent = self._context.reserve(directory_bytes(names), mapped=False)
        return Genome.write(extent, self._context.arenas, self._rows, names)

    def _close(self) -> None:
        """Give the sequences since the last call an extent of their own."""
        if not self._open:
            return
        words = 2 * (-(-self._n // 64))
        extent = self._join(self.planes[:words])
        self._rows += [(*extent, first, length) for first, length in self._open]
        self._open = []
        self._n = 0
        self.planes[:words] = 0

    def _join(self, rest: Planes) -> Extent:
        pieces: list[npt.NDArray[Any]] = [
            self._context.map(piece)[: PIECE_BASES // 4] for piece in self._pieces
        ]
        extent = self._write(*pieces, rest)
        del pieces
        for piece in self._pieces:
            self._context.release(piece)
        self._pieces = []
        return extent

    def _write(self, *arrays: npt.NDArray[Any]) -> Extent:
        extent = self._context.reserve(sum(array.nbytes for array in arrays), mapped=False)
        self._context.arenas.write(extent, arrays)
        return extent
