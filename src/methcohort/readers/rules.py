"""What becomes of rows: the part of the configuration that readers need."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowRules:
    """What becomes of rows: the part of the configuration that readers need.

    Attributes
    ----------
    wanted : tells from a chromosome's name whether its rows are kept
    duplicates : "error", "sum" or "first"
    drop_uncovered : whether rows with c + t = 0 are dropped
    pct_check : "error", "warn" or "off"
    pct_tolerance : points by which pct may differ from 100*c/(c+t)
    with_pct : whether percentages are kept
    contexts : bits of `cytosine.py` of the contexts that are kept; 0 keeps all rows
    modification : which base modification counts as methylated: "5mC", "5hmC" or "any"
    inexact : whether counts may be rounded where several would fit the text
    """

    wanted: Callable[[str], bool]
    duplicates: str
    drop_uncovered: bool
    pct_check: str
    pct_tolerance: float
    with_pct: bool
    contexts: int = 0
    modification: str = "5mC"
    inexact: bool = False
