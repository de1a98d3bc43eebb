"""The rows of one file, and how they go to another process."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Arenas, Extent, Lender, Memory
from .blocks import Block, Columns, view_columns
from .summary import TextSummary

_RUN_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of a file, or a span of one.

    Attributes
    ----------
    blocks : where they lie in shared memory
    runs : int64[n, 2], (number of a name, first row) wherever the chromosome changes
    names : chromosomes in the order of their appearance
    summary : what was read
    n_collapsed : rows of the reverse strand added to one of the forward strand
    """

    blocks: tuple[Block, ...]
    runs: npt.NDArray[np.int64]
    names: list[str]
    summary: TextSummary
    n_collapsed: int = 0

    @property
    def n_rows(self) -> int:
        """Rows kept."""
        return sum(block.n_rows for block in self.blocks)

    def columns(self, arenas: Arenas) -> Iterator[Columns]:
        """Yield the columns of each block, with the runs that it has, counted from its first row.

        A block is mapped no sooner than it is asked for.
        """
        first = 0
        for block in self.blocks:
            stop = first + block.n_rows
            low = int(np.searchsorted(self.runs[:, 1], first, side="right")) - 1
            high = int(np.searchsorted(self.runs[:, 1], stop))
            runs = self.runs[low:high].copy()
            runs[:, 1] = np.maximum(runs[:, 1] - first, 0)
            yield view_columns(arenas.map(block.extent), block, runs.astype(np.int32))
            first = stop

    def share(self, lender: Lender) -> "SharedRows":
        """Return what another process needs to find the rows; runs and names are copied."""
        names = np.frombuffer("\n".join(self.names).encode(), np.uint8)
        directory = lender.put(self.runs, names)
        return SharedRows(
            self.blocks, directory, len(self.runs), names.size, self.summary, self.n_collapsed
        )


@dataclass(frozen=True, slots=True)
class SharedRows:
    """The rows of a file as they cross a pipe: a few numbers, however many names there are.

    `directory` holds `n_runs` pairs of int64, then `name_bytes` bytes of names, one per line.
    """

    blocks: tuple[Block, ...]
    directory: Extent
    n_runs: int
    name_bytes: int
    summary: TextSummary
    n_collapsed: int

    def open(self, arenas: Arenas, names: list[str] | None = None) -> FileRows:
        """Return the rows, whose runs are a view of the shared memory.

        Give `names` where they are known: a draft genome has a million, which take time and memory.
        """
        listed = arenas.map(self.directory)
        size = _RUN_BYTES * self.n_runs
        runs = listed[:size].view(np.int64).reshape(-1, 2)
        if names is None:
            text = listed[size : size + self.name_bytes].tobytes().decode()
            names = text.split("\n") if text else []
        return FileRows(self.blocks, runs, names, self.summary, self.n_collapsed)

    def take(self, memory: Memory) -> FileRows:
        """Return the rows, and give the copies of runs and names back."""
        rows = self.open(memory.arenas)
        rows = replace(rows, runs=rows.runs.copy())  # a view would hold the mapping
        memory.release(self.directory)
        return rows
