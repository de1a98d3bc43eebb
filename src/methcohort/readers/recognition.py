"""Telling a text's format by its beginning.

Rules are tried in an order that resolves what looks alike: names in the header, the `track` line,
the number of columns, their types (the third first), the percentages against each pair of counts,
and the ends of intervals. What the formats are is read from `READERS`.

No format is decided on no evidence: a header of other names rules formats out, and a format whose
columns can be held against each other needs a row with reads that bears it out. A text that looks
like none is refused, with a description of its columns to complete; one that is nearly five columns
is left to their reader, which names the line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..core.errors import InputError
from ..files import describe_kind
from . import refusals
from .agreement import (
    is_bare,
    is_percentage_and_counts,
    meaning_of,
    other_reading,
    read_columns,
    style_of_percentages,
    support,
)
from .formats import DEFAULT, READERS, Format
from .head import Head, covered_rows, read_head
from .header import contradiction, knows
from .other_files import describe_other
from .refusals import listed
from .samples import recognised
from .table_head import TableHead
from .unknown import NEAR, describe_columns, is_nearly_default, is_printable, unknown_format

HEADER: Final = "header"
TRACK: Final = "track line"
COLUMNS: Final = "columns"
THIRD: Final = "third column"
PERCENTAGES: Final = "percentages"
ENDS: Final = "ends"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What format a text has, and why.

    Attributes
    ----------
    format : the format's name
    rule : the rule that decided
    evidence : a sentence for each rule that was tried, in that order
    rival : another format that fits as well and differs only by its base, or empty; where the base
        of `format` is usual, it is the one to take where nothing tells which it is
    """

    format: str
    rule: str
    evidence: tuple[str, ...]
    rival: str = ""


def recognise(path: str) -> Recognition:
    """Return the format of a text, from its first rows.

    Raises
    ------
    InputError
        Where it has no counts, fits no format or several of different meaning, or its columns are
        not in the order that its percentages ask for.
    """
    search = _Search(path, read_head(path))
    return search.run()


def suggest(path: str) -> dict[str, int | str]:
    """Return a description of a text for `custom`, as far as its names and rows tell.

    Columns are numbers from 1, and `FILL_IN` where nothing tells; empty where the text has no
    columns, or is no table of calls.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    head = read_head(path)
    if describe_other(head) or not is_printable(head.first):
        return {}
    return describe_columns(head)


class _Search:
    """The rules, one after the other, over the formats that are still possible."""

    def __init__(self, path: str, head: Head) -> None:
        self.path = path
        self.head = head
        self.table = TableHead(head.rows)
        self.evidence: list[str] = [] if head.dialect.is_plain else [head.dialect.describe()]
        self.rule = COLUMNS
        self.forms: list[Format] = []
        self.unproven: set[str] = set()
        self.against: dict[str, str] = {}

    def run(self) -> Recognition:
        """Try all rules."""
        self._refuse(describe_other(self.head))
        form = self._by_header() or self._by_track() or self._by_samples()
        if form is not None:
            return self._found(form)
        if not self.head.rows:
            return self._without_rows()
        self._by_count()
        if not (self._by_types() and self._by_names() and self._by_counts() and self._by_ends()):
            return self._nothing()
        return self._decide()

    def _found(self, form: Format, rival: str = "") -> Recognition:
        if form.refusal:
            self._refuse(refusals.of_known([form]))
        return Recognition(form.name, self.rule, tuple(self.evidence), rival)

    def _by_header(self) -> Format | None:
        """Return the format that names its columns as the header does."""
        header = tuple(name.lower() for name in self.head.header)
        for names in (header, self.head.hashed):
            known = [form for form in READERS.values() if knows(form, names)]
            if known:
                form = next(filter(self._fits, known), known[0])
                odd = self.table.odd_marks(form) if form.needs_header else {}
                for column, field in odd.items():
                    self._refuse(refusals.of_marks(form, column, field))
                self.rule = HEADER
                self.evidence.append(f"the header names the columns of {form.title}")
                return form
        if sorted(header) == sorted(READERS[DEFAULT].columns):
            return READERS[DEFAULT]  # its reader says that they are out of order
        if header:
            shown = " ".join(self.head.header)[:80]
            self.evidence.append(f"the header ({shown}) is that of no known format")
        else:
            self.evidence.append("there is no header")
        return None

    def _by_samples(self) -> Format | None:
        """Return the format whose columns the rows have several times, once a sample."""
        found = recognised(self.path, self.head)
        if found is None:
            return None
        form, n_samples, by_header = found
        self.rule = HEADER if by_header else COLUMNS
        words = "the header and the rows are" if by_header else "the rows are"
        self.evidence.append(f"{words} those of {form.title} of {n_samples} samples")
        return form

    def _fits(self, form: Format) -> bool:
        """Tell whether the rows below a header can be those of one of the formats that it names."""
        wide = form.can_have(self.head.n_columns)
        return wide and not self.table.misfits(form) and self.table.fits_lengths(form)

    def _by_track(self) -> Format | None:
        """Return the format that the `track` line tells."""
        track = self.head.track
        if not track:
            self.evidence.append("there is no track line")
            return None
        shown = track.strip()[:80]
        forms = self._of_width() if self.head.rows else READERS.values()
        known = [form for form in forms if form.track and form.track in track]
        if known:
            form = max(known, key=lambda form: len(form.track))
            self.rule = TRACK
            self.evidence.append(f"the track line ({shown}) is that of {form.title}")
            return form
        self.evidence.append(f"the track line ({shown}) does not identify the caller")
        return None

    def _of_width(self) -> list[Format]:
        """Return the formats that can have as many columns as the rows."""
        n = self.head.n_columns
        return [form for form in READERS.values() if form.can_have(n)]

    def _by_count(self) -> None:
        self.forms = [form for form in self._of_width() if not (form.needs_header or form.by_name)]
        n = self.head.n_columns
        self.evidence.append(f"rows have {n} columns: {listed(self.forms)}")

    def _by_names(self) -> bool:
        """Drop the formats whose columns the header names otherwise."""
        names = self.head.names
        if not names:
            return True
        n = self.head.n_columns
        found = {form.name: contradiction(form, names, n) for form in self.forms}
        left = [form for form in self.forms if not found[form.name]]
        if len(left) < len(self.forms):
            self._note(left, found)
            self._keep(left, COLUMNS, f"names in the header leave {listed(left)}")
        return bool(left)

    def _by_types(self) -> bool:
        """Keep the formats whose columns are of the types that the rows have."""
        third = self.table.type_of(2) if self.head.n_columns > 2 else "missing"
        found = {form.name: self.table.misfits(form) for form in self.forms}
        left = [form for form in self.forms if not found[form.name]]
        near = {name: wrong[0] for name, wrong in found.items() if 0 < len(wrong) <= NEAR}
        self._note(left, near)
        self._keep(left, THIRD, f"column 3 is {third}; such columns have {listed(left)}")
        return bool(left)

    def _by_counts(self) -> bool:
        """Keep the formats whose columns agree with each other, where rows have reads."""
        rows = self._supported()
        if rows and not any(n for _, n in rows.values()):
            further = covered_rows(self.path, self.head)
            if further:
                self.table = TableHead(self.head.rows + further)
                rows = self._supported()
        found: dict[tuple[str, int, int], list[Format]] = {}
        for form in self.forms:
            if form.name in rows:
                found.setdefault((meaning_of(form), *rows[form.name]), []).append(form)
        wrong = []
        for (what, agree, n), forms in found.items():
            if forms[0].has("pct") or forms[0].has("level"):
                sentence = f"percentages agree with {what} in {agree} of {n} rows"
            else:
                sentence = f"{what} in {agree} of {n} rows with reads"
            self.evidence.append(f"{sentence}: {listed(forms)}")
            bad = [form for form in forms if agree * 10 < n * 9 or (agree < n and is_bare(form))]
            self._note([], dict.fromkeys([form.name for form in bad], sentence))
            wrong += bad
        self.unproven = {name for name, (agree, _) in rows.items() if not agree}
        left = [form for form in self.forms if form not in wrong]
        if not left:
            self._refuse(refusals.of_order(self.table, wrong))
        if len(left) < len(self.forms):
            self.rule = PERCENTAGES
        self.forms = left
        self._by_style()
        return bool(self.forms)

    def _supported(self) -> dict[str, tuple[int, int]]:
        """Return how many rows with reads bear each format out, where that can be told."""
        found = {form.name: support(self.table, form) for form in self.forms if not form.refusal}
        return {name: rows for name, rows in found.items() if rows is not None}

    def _note(self, left: list[Format], why: Mapping[str, str]) -> None:
        """Remember why formats are out, but for those that are left."""
        names = {form.name for form in left}
        self.against |= {name: text for name, text in why.items() if name not in names and text}

    def _by_style(self) -> None:
        """Tell callers by how they write percentages: with decimals, cut off or rounded."""
        told = [form for form in self.forms if form.style]
        if len(told) < 2:
            return
        style, sentence = style_of_percentages(self.table, told[0])
        left = [form for form in self.forms if style in (form.style or (style,))]
        if left and len(left) < len(self.forms):
            self._keep(left, PERCENTAGES, f"{sentence}: {listed(left)}")

    def _by_ends(self) -> bool:
        """Keep the formats whose intervals are as long, and whose base allows the starts."""
        if any(form.has("end") for form in self.forms):
            found = self.table.lengths()
            share = ", ".join(f"{k} in {n}" for k, n in found.most_common(3))
            left = [form for form in self.forms if self.table.fits_lengths(form)]
            why = f"end minus start is {share} rows"
            if self.table.has_intervals():
                self._note(left, dict.fromkeys([form.name for form in self.forms], why))
            self._keep(left, ENDS, f"end minus start is {share} rows: {listed(left)}")
        if self.table.has_zero(self.forms):
            left = [form for form in self.forms if form.base == 0]
            self._keep(left, ENDS, f"a position is 0: {listed(left)}")
        if len(self.forms) > 1 and self.table.has_neighbours(self.forms[0]):
            left = [form for form in self.forms if form.merged != "yes"] or self.forms
            if len(left) < len(self.forms):
                text = "rows are one base apart, which rows of merged strands are not"
                self._keep(left, ENDS, f"{text}: {listed(left)}")
        return bool(self.forms)

    def _keep(self, left: list[Format], rule: str, sentence: str) -> None:
        self.evidence.append(sentence)
        if len(left) < len(self.forms):
            self.rule = rule
        self.forms = left

    def _decide(self) -> Recognition:
        """Return the format that is left, or the first of those that mean the same."""
        refused = [form for form in self.forms if form.refusal]
        self._drop_unproven()
        if self.forms and is_percentage_and_counts(self.forms[0]):
            other = other_reading(self.table, self.forms[0])
            self._refuse(other and refusals.of_other_reading(self.forms[0], other))
        if refused:
            self._refuse(refusals.of_known(refused))
        if len({read_columns(form) for form in self.forms}) > 1:
            # The percentage of each row tells five columns from others that have one.
            if self.forms[0].name == DEFAULT and all(form.has("pct") for form in self.forms):
                return self._found(self.forms[0])
            self._refuse(refusals.of_several(self.forms))
        zero = [form for form in self.forms if form.base == 0]
        one = [form for form in self.forms if form.base == 1]
        if not zero or not one:
            return self._found(self.forms[0])
        first, rival = (one[0], zero[0]) if one[0].usual else (zero[0], one[0])
        return self._found(first, rival.name)

    def _drop_unproven(self) -> None:
        """Drop formats that no row with reads bears out; refuse the text where none is left."""
        unproven = [form for form in self.forms if form.name in self.unproven]
        left = [form for form in self.forms if form.name not in self.unproven]
        if unproven and not any(form.has("pct") or form.has("level") for form in left):
            self._refuse(refusals.of_unproven([*unproven, *left]))
        self.forms = left

    def _refuse(self, reason: str | None, line: str = "") -> None:
        """Raise InputError where there is something to say."""
        if reason:
            message = f"{self.path}{line}: {reason}"
            raise InputError(message)

    def _without_rows(self) -> Recognition:
        """Leave a text that is empty, or no text, to the reader of five columns."""
        self._refuse(describe_kind(self.head.start, self.path), ", line 1")
        self.evidence.append("there is no row")
        if len(self.head.header) > 2 and is_printable(self.head.first):
            raise InputError(self._unknown())
        return self._found(READERS[DEFAULT])

    def _nothing(self) -> Recognition:
        """Refuse a text of no known format; leave what is nearly five columns to their reader."""
        self._refuse(describe_kind(self.head.start, self.path), ", line 1")
        if is_nearly_default(self.head, self.table):
            self.rule = COLUMNS
            self.evidence.append("the five-column reader reports what is wrong")
            return self._found(READERS[DEFAULT])
        raise InputError(self._unknown())

    def _unknown(self) -> str:
        known = {name: why for name, why in self.against.items() if not READERS[name].refusal}
        return unknown_format(self.path, self.head, known)
