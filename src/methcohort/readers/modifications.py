"""Base modifications of cytosines: what callers call them, and which count as methylated."""

from typing import Final

METHYL: Final = 1
HYDROXYMETHYL: Final = 2
COMBINED: Final = 4
OTHER_CYTOSINE: Final = 8
WANTED_CODES: Final = {
    "5mC": METHYL,
    "5hmC": HYDROXYMETHYL,
    "any": METHYL | HYDROXYMETHYL | COMBINED | OTHER_CYTOSINE,
}
"""Which codes count as methylated, as bits, by the configuration's `modification`."""

CODES: Final = {
    "m": METHYL, "5mC": METHYL, "27551": METHYL,
    "h": HYDROXYMETHYL, "5hmC": HYDROXYMETHYL, "76792": HYDROXYMETHYL,
    "C": COMBINED,
    "f": OTHER_CYTOSINE, "5fC": OTHER_CYTOSINE, "76794": OTHER_CYTOSINE,
    "c": OTHER_CYTOSINE, "5caC": OTHER_CYTOSINE, "76793": OTHER_CYTOSINE,
}  # fmt: skip
"""Names of modified cytosines: those of SAM tags, common names and ChEBI numbers."""
