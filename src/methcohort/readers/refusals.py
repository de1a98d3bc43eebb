"""What to say of a text that looks like a known format and is refused all the same."""

from collections.abc import Sequence
from typing import Final

from .agreement import Pair, best_pair, meaning_of
from .formats import DEFAULT, READERS, Format
from .table_head import TableHead

_FEW: Final = 5
_MANY: Final = 20
"""Rows that prove another order of columns: many of five columns, whose order is the usual one."""

_REMEDY: Final = (
    "name the format in the sheet's column format, or describe the columns under custom in the "
    "configuration and name the format custom"
)


def listed(forms: Sequence[Format]) -> str:
    """Return the names of some formats."""
    return " or ".join(form.name for form in forms) or "no format"


def of_known(forms: Sequence[Format]) -> str:
    """Return what to say of a text of one or several formats that are known and refused."""
    if len(forms) == 1:
        return f"this looks like {forms[0].title}: {forms[0].refusal}"
    reasons = "; or ".join(f"{form.title}: {form.refusal}" for form in forms[:2])
    return f"this looks like {listed(forms)}, without counts; {reasons}"


def of_several(forms: Sequence[Format]) -> str:
    """Return what to say of a text that can be of several formats."""
    return f"found a text that can be {listed(forms)}, which mean different things; {_REMEDY}"


def of_unproven(forms: Sequence[Format]) -> str:
    """Return what to say of a text that shows no row with reads."""
    return (
        f"found rows without reads only, at the beginning, which look like {listed(forms)}; "
        f"expected a row with reads, as nothing else shows which columns are which; {_REMEDY}"
    )


def of_other_reading(form: Format, other: str) -> str:
    """Return what to say of a percentage and two counts where another order is as likely."""
    return (
        f"found percentages that agree with {meaning_of(form)} as in {form.title}, but so does "
        f"{other}; {_REMEDY}"
    )


def of_marks(form: Format, column: int, field: bytes) -> str:
    """Return what to say of a column below a format's header that has another use."""
    found = repr(field[:40].decode("utf-8", "backslashreplace"))
    return (
        f"the header names the columns of {form.title}, but column {column + 1} has {found}; "
        f"expected what {form.title} has there; describe the columns under custom in the "
        "configuration and name the format custom"
    )


def of_order(table: TableHead, wrong: Sequence[Format]) -> str:
    """Return what to say of columns in another order, where the percentages say in which.

    Empty where they do not.
    """
    form = next((form for form in wrong if form.has("pct")), None)
    best = None if form is None else best_pair(table, form)
    if form is None or best is None or best.n < (_MANY if form.name == DEFAULT else _FEW):
        return ""
    return (
        f"found percentages that agree with {best.text} in {best.agree} of {best.n} rows, but with "
        f"{best.own_text} of {form.title} in {best.own}; expected the columns "
        f"{' '.join(form.columns)}; write the columns in that order, or {_reordered(best)}"
    )


def _reordered(best: Pair) -> str:
    """Return how to have columns read in the order in which they are."""
    known = [
        name
        for name, other in READERS.items()
        if other.columns == best.columns and not other.refusal
    ]
    remedy = f"name the format {known[0]} in the sheet" if known else _REMEDY
    return f"{remedy} ({best.custom})"
