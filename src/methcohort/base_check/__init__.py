"""Whether positions fit the reference, and the files each other.

It finds files that are off by one, on the wrong strand or of another genome. What is done about
them is decided in `cohort`.
"""

from .against_reference import FEW, FITS
from .annotate import Annotated, Wishes, annotate_files
from .between_samples import (
    Agreement,
    Reading,
    ShiftTask,
    compare_positions,
    doubted_bases,
    figures,
    has_neighbours,
    is_confirmed,
    is_joined,
    overview,
    settle_rivals,
    settled_line,
    shift_rows,
    shifted_files,
    undecided,
)
from .kernels import load_comparing
from .one_genome import other_builds, strangers
from .probes import Probe, probe_catalog, probe_rows, take_probes

__all__ = [
    "Agreement",
    "Annotated",
    "FEW",
    "FITS",
    "Probe",
    "Reading",
    "ShiftTask",
    "Wishes",
    "annotate_files",
    "compare_positions",
    "doubted_bases",
    "figures",
    "has_neighbours",
    "is_confirmed",
    "is_joined",
    "load_comparing",
    "other_builds",
    "overview",
    "probe_catalog",
    "probe_rows",
    "settle_rivals",
    "settled_line",
    "shift_rows",
    "shifted_files",
    "strangers",
    "take_probes",
    "undecided",
]
