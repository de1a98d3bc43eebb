"""The rows of one file, once they are read."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..engine import Memory
from .blocks import Block
from .sink import Loaded
from .summary import TextSummary


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file, or a part of one.

    Attributes
    ----------
    blocks : where they lie
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


def take_rows(memory: Memory, loaded: Loaded) -> Rows:
    """Return what `load` left, and give its directory back."""
    listed = memory.arenas.map(loaded.directory)
    size = 16 * loaded.n_runs
    text = listed[size : size + loaded.name_bytes].tobytes().decode()
    runs = listed[:size].view(np.int64).reshape(-1, 2).copy()  # a view would hold the mapping
    memory.release(loaded.directory)
    names = text.split("\n") if text else []
    return Rows(loaded.blocks, runs, names, loaded.summary, loaded.n_collapsed)


def share_rows(memory: Memory, rows: Rows) -> Loaded:
    """Return rows as `load` leaves them, with a directory for a worker to read."""
    listed = "\n".join(rows.names).encode()
    extent = memory.reserve(rows.runs.nbytes + len(listed))
    directory = memory.arenas.map(extent)
    directory[: rows.runs.nbytes] = rows.runs.view(np.uint8).ravel()
    directory[rows.runs.nbytes :][: len(listed)] = np.frombuffer(listed, np.uint8)
    return Loaded(rows.blocks, extent, len(rows.runs), len(listed), rows.summary, rows.n_collapsed)


def runs_of(runs: npt.NDArray[np.int64], first: int, stop: int) -> npt.NDArray[np.int32]:
    """Return the runs of the rows [first, stop), counted from the first of them."""
    low = int(np.searchsorted(runs[:, 1], first, side="right")) - 1
    high = int(np.searchsorted(runs[:, 1], stop))
    part = runs[low:high].copy()
    part[:, 1] = np.maximum(part[:, 1] - first, 0)
    return part.astype(np.int32)
