"""Samples of stores, as the checks across a cohort see them.

Whether names, strands and positions of all samples fit together is asked again whenever samples
come together; what is known of those that are not read is handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Memory
from ..genome import Named
from ..rows import Catalog, clip_runs, load_clipping
from .facts import FileFacts
from .files import LoadedFile
from .identify import ASSUMED


@dataclass(frozen=True, slots=True)
class Stretches:
    """At which positions of each chromosome rows are compared.

    Attributes
    ----------
    number : of each chromosome, by its name
    low, high : int64[n_chroms], the first and the last of the positions
    """

    number: Mapping[str, int]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]

    def of(self, chroms: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return first and last position on each of some chromosomes; 1 and 0 for no stretch."""
        places = np.array([self.number.get(name, -1) for name in chroms], np.int64)
        return np.append(self.low, 1)[places], np.append(self.high, 0)[places]


@dataclass(frozen=True, slots=True)
class Reused:
    """What is known of samples whose text is not read.

    Attributes
    ----------
    named : names of the chromosomes of each store
    facts : of each of their files
    looked_at : some samples, with their rows in the stretches
    stretches : where rows are compared
    bases : the rules that decided the bases of all their files
    """

    named: tuple[Named, ...]
    facts: tuple[FileFacts, ...]
    looked_at: tuple[LoadedFile, ...]
    stretches: Stretches
    bases: frozenset[str] = frozenset()

    @property
    def has_assumed(self) -> bool:
        """Whether the base of some file was assumed."""
        return ASSUMED in self.bases

    @property
    def has_known(self) -> bool:
        """Whether the base of some file was not assumed."""
        return bool(self.bases - {ASSUMED})

    def clipped(self, memory: Memory, catalog: Catalog, chroms: Sequence[str]) -> Catalog:
        """Return a catalog whose runs are cut to the stretches; `chroms` are those of its runs."""
        load_clipping()
        low, high = self.stretches.of(chroms)
        runs = catalog.runs.copy()
        clip_runs(catalog.rows(memory.arenas)._replace(runs=runs), low, high)
        memory.arenas.forget_scratch()
        tables = np.split(runs, catalog.run_start[1:-1])
        return catalog.with_runs(
            [table[table[:, 1] < table[:, 2]] for table in tables], len(chroms)
        )


NOWHERE: Final = Stretches({}, np.empty(0, np.int64), np.empty(0, np.int64))

NOTHING_REUSED: Final = Reused((), (), (), NOWHERE)
