"""Methylation of tiles, regions, chromosomes and samples: sums and levels of a store, as tables.

It knows neither text of calls nor how a store is written: it reads a selection and writes tables.
"""

from .command import summarise
from .schemes import split_scheme

__all__ = ["split_scheme", "summarise"]
