"""Whether positions fit the reference, and the files each other.

It finds files that are off by one, on the wrong strand or of another genome. What is done about
them is decided in `cohort`.

Next to a reference: `base_counts` counts what is at each row, `against_reference` says what that
means, `annotate` does both and gives rows their strand and context. Next to each other: `pairs`
counts positions in common, `tally` says when a shift is clear, `verdicts` which file is off by one
and which of two formats it has, `one_genome` which is of another build, `evidence` puts figures
into words. `probes` makes files of different batches comparable.
"""

from .against_reference import FEW, FITS
from .annotate import Annotated, Wishes, annotate_files
from .evidence import figures, overview, settled_line
from .kernels import load_comparing
from .one_genome import other_builds, strangers
from .pairs import Agreement, Reading, compare_positions
from .probes import Probe, probe_catalog, probe_rows, take_probes
from .shifting import ShiftTask, shift_rows
from .verdicts import (
    doubted_bases,
    has_neighbours,
    is_confirmed,
    is_joined,
    settle_rivals,
    shifted_files,
    undecided,
)

__all__ = [
    "FEW",
    "FITS",
    "Agreement",
    "Annotated",
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
