"""Telling a text's format by its beginning.

Rules are tried in an order that resolves what looks alike: names in the header, the `track` line,
the number of columns, their types (the third first), the percentages against each pair of counts,
and the ends of intervals. What the formats are is read from `READERS`. A text that looks like none
is left to the reader of five columns, which says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from ..cytosine import CONTEXT_BITS
from ..errors import ConfigError, InputError
from ._dialect import TAB, Dialect
from ._format import Format
from ._head import Head, has_tabs, read_head
from ._registry import READERS
from ._roundings import left_by
from ._samples import of_sample, recognised
from ._table_head import TableHead, meaning_of
from .custom import (
    DELIMITERS,
    NAME,
    PLACEHOLDER,
    custom_format,
    description,
    descriptions,
    has_placeholder,
    refuse_taken_names,
)

AUTO: Final = "auto"
HEADER: Final = "header"
TRACK: Final = "track line"
COLUMNS: Final = "columns"
THIRD: Final = "third column"
PERCENTAGES: Final = "percentages"
ENDS: Final = "ends"

_DEFAULT: Final = "five_column"
_UNREAD: Final = ("pct", "start2", "end2", "-")
_FEW: Final = 5
_MANY: Final = 20
_WRITTEN: Final = ("delimiter", "quote", "decimal")
_REMEDY: Final = (
    "name the format in the sheet's column format, or describe the columns under custom in the "
    "configuration and name the format custom"
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What format a text has, and why.

    Attributes
    ----------
    format : the format's name
    rule : the rule that decided
    evidence : a sentence for each rule that was tried, in that order
    rival : another format that fits as well and differs only by its base, or empty
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


def settle(
    name: str, path: str, custom: Mapping[str, Any] | None = None, columns: str = ""
) -> Format:
    """Return the format of a name, with what the file says of it itself.

    The `track` line of MethylDackel tells context and merged strands; the columns that `custom`,
    the key of the configuration, describes may be names in the file's header; and of a text of
    several samples the columns of one are taken. Rows can tell in which of several ways levels are
    written.

    Parameters
    ----------
    custom : the key `custom` of the configuration
    columns : which sample of a text of several it is, as the sheet says it

    Raises
    ------
    ConfigError
        Where there is no such format, or `custom` does not tell the columns.
    InputError
        Where the text is of several samples and `columns` names none of them, or it is of one.
    """
    custom = custom or {}
    if name == NAME or name in descriptions(custom):
        return _settle_custom(name, path, description(custom, name), columns)
    if name not in READERS:
        message = f"found the format {name!r}; {near_format(name, custom)}"
        raise ConfigError(message)
    form = READERS[name]
    head = read_head(path)
    if name == "methyldackel_bedgraph":
        form = _settle_track(form, head)
    if form.repeat or columns:
        form = of_sample(form, path, head, columns)
    if form.roundings:
        rows = [row for row in head.rows if len(row) >= len(form.columns) - form.optional]
        same = tuple(row for row in rows if len(row) == len(rows[0]))
        left = left_by(form, TableHead(same).levels(form) if same else ())
        form = replace(form, roundings=left)
    return _in_dialect(form, head.dialect)


def _in_dialect(form: Format, dialect: Dialect) -> Format:
    """Return a format of text that is written in a dialect."""
    return form if dialect.is_plain else replace(form, dialect=dialect, tabs=True)


def format_names(custom: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a file's format can be called, given the key `custom` of the configuration.

    Raises
    ------
    ConfigError
        Where a description there has the name of another format.
    """
    refuse_taken_names(custom, (AUTO, *READERS))
    return (AUTO, *READERS, *descriptions(custom))


def columns_fault(name: str, columns: str, custom: Mapping[str, Any]) -> str | None:
    """Return why a format and the sheet's value of `columns` do not go together; None if they may.

    What only the file itself can tell is left to `settle`.
    """
    if name == NAME or name in descriptions(custom):
        given = description(custom, name)
        if columns and not has_placeholder(given):
            return (
                f"found {columns!r} as columns, and no {PLACEHOLDER} in what custom says of "
                f"{name}; expected a name of a column there with {PLACEHOLDER}, such as "
                f"{PLACEHOLDER}.c, which the value completes; write it so, or leave columns empty"
            )
        if not columns and has_placeholder(given):
            return (
                f"found no value as columns; expected what stands for {PLACEHOLDER} in the names "
                f"of columns that custom has for {name}"
            )
    elif columns and name != AUTO and not READERS[name].repeat:
        return (
            f"found {columns!r} as columns, and the format {name}, whose files have one sample; "
            "expected no value; leave it empty"
        )
    return None


def near_format(name: str, custom: Mapping[str, Any]) -> str:
    """Return what to say of a name that is of no format: the nearest, or all that there are."""
    known = format_names(custom)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}expected one of {', '.join(known)}"


def _settle_custom(name: str, path: str, given: Mapping[str, Any], columns: str) -> Format:
    written = {key: str(given[key]) for key in _WRITTEN if given.get(key) is not None}
    written = {key: DELIMITERS.get(value, value) for key, value in written.items()}
    if "delimiter" not in written and has_tabs(path):
        written["delimiter"] = TAB
    # Columns are counted as in the file, by who gives their numbers.
    head = read_head(path, written, kept_names=True)
    header = head.header or (head.hashed if len(head.hashed) == head.n_columns else ())
    tabs = head.dialect.delimiter == TAB
    form = custom_format(given, header or None, name=name, columns=columns, tabs=tabs)
    if form.has("level"):
        column = form.columns.index("level")
        texts = [row[column] for row in head.rows if len(row) > column]
        places = max((len(text.partition(b".")[2]) for text in texts), default=0)
        form = custom_format(given, header or None, places, name, columns, tabs=tabs)
    return _in_dialect(form, head.dialect)


def _settle_track(form: Format, head: Head) -> Format:
    words = head.track.replace('"', " ").split()
    context = sum(bit for name, bit in CONTEXT_BITS.items() if name in words)
    lengths = TableHead(head.rows).lengths() if head.n_columns > 2 else {}
    merged = "merged" in words or bool(lengths and min(lengths) > 1)
    return replace(form, context=context, merged="yes" if merged else form.merged)


class _Search:
    """The rules, one after the other, over the formats that are still possible."""

    def __init__(self, path: str, head: Head) -> None:
        self.path = path
        self.head = head
        self.table = TableHead(head.rows)
        self.evidence: list[str] = [] if head.dialect.is_plain else [head.dialect.describe()]
        self.rule = COLUMNS
        self.forms: list[Format] = []

    def run(self) -> Recognition:
        """Try all rules."""
        form = self._by_header() or self._by_track() or self._by_samples()
        if form is not None:
            return self._found(form)
        if not self.head.rows:
            self.evidence.append("there is no row")
            return self._found(READERS[_DEFAULT])
        self._by_count()
        if not self._by_types():
            return self._nothing(self._nearest())
        if not self._by_percentages():
            return self._nothing(self.evidence[-1])
        if not self._by_ends():
            return self._nothing()
        return self._decide()

    def _found(self, form: Format, rival: str = "") -> Recognition:
        if form.refusal:
            message = f"{self.path}: this looks like {form.title}: {form.refusal}"
            raise InputError(message)
        return Recognition(form.name, self.rule, tuple(self.evidence), rival)

    def _by_header(self) -> Format | None:
        """Return the format that names its columns as the header does."""
        header = tuple(name.lower() for name in self.head.header)
        for names in (header, self.head.hashed):
            for form in READERS.values():
                if any(_has_names(form, known, names) for known in form.names):
                    self.rule = HEADER
                    self.evidence.append(f"the header names the columns of {form.title}")
                    return form
        if sorted(header) == sorted(READERS[_DEFAULT].columns):
            return READERS[_DEFAULT]  # its reader says that they are out of order
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
        self.evidence.append(f"the track line ({shown}) does not tell the caller")
        return None

    def _of_width(self) -> list[Format]:
        """Return the formats that can have as many columns as the rows."""
        n = self.head.n_columns
        return [
            form
            for form in READERS.values()
            if len(form.columns) - form.optional <= n <= len(form.columns)
        ]

    def _by_count(self) -> None:
        self.forms = [form for form in self._of_width() if not form.needs_header]
        n = self.head.n_columns
        self.evidence.append(f"rows have {n} columns: {_listed(self.forms)}")

    def _by_types(self) -> bool:
        """Keep the formats whose columns are of the types that the rows have."""
        third = self.table.type_of(2) if self.head.n_columns > 2 else "missing"
        left = [form for form in self.forms if self.table.fits_types(form)]
        self._keep(left, THIRD, f"column 3 is {third}; such columns have {_listed(left)}")
        return bool(left)

    def _by_percentages(self) -> bool:
        """Keep the formats whose counts give the percentages."""
        found: dict[tuple[str, int, int], list[Format]] = {}
        for form in self.forms:
            if (form.has("pct") or form.has("level")) and not form.refusal:
                key = meaning_of(form), *self.table.agreement(form)
                found.setdefault(key, []).append(form)
        wrong = []
        for (what, agree, n), forms in found.items():
            sentence = f"percentages agree with {what} in {agree} of {n} rows: {_listed(forms)}"
            self.evidence.append(sentence)
            if agree * 10 < n * 9:
                wrong += forms
        left = [form for form in self.forms if form not in wrong]
        if not left:
            self._refuse_order(wrong)
        if len(left) < len(self.forms):
            self.rule = PERCENTAGES
        self.forms = left
        self._by_style()
        return bool(self.forms)

    def _by_style(self) -> None:
        """Tell callers by how they write percentages: with decimals, cut off or rounded."""
        told = [form for form in self.forms if form.style]
        if len(told) < 2:
            return
        style, sentence = self.table.style_of_percentages(told[0])
        left = [form for form in self.forms if style in (form.style or (style,))]
        if left and len(left) < len(self.forms):
            self._keep(left, PERCENTAGES, f"{sentence}: {_listed(left)}")

    def _by_ends(self) -> bool:
        """Keep the formats whose intervals are as long, and whose base allows the starts."""
        if any(form.has("end") for form in self.forms):
            found = self.table.lengths()
            share = ", ".join(f"{k} in {n}" for k, n in found.most_common(3))
            left = [form for form in self.forms if self.table.fits_lengths(form)]
            self._keep(left, ENDS, f"end minus start is {share} rows: {_listed(left)}")
        if self.table.has_zero(self.forms):
            left = [form for form in self.forms if form.base == 0]
            self._keep(left, ENDS, f"a position is 0: {_listed(left)}")
        if len(self.forms) > 1 and self.table.has_neighbours(self.forms[0]):
            left = [form for form in self.forms if form.merged != "yes"] or self.forms
            if len(left) < len(self.forms):
                text = "rows are one base apart, which rows of merged strands are not"
                self._keep(left, ENDS, f"{text}: {_listed(left)}")
        return bool(self.forms)

    def _keep(self, left: list[Format], rule: str, sentence: str) -> None:
        self.evidence.append(sentence)
        if len(left) < len(self.forms):
            self.rule = rule
        self.forms = left

    def _decide(self) -> Recognition:
        """Return the format that is left, or the first of those that mean the same."""
        names = [form.name for form in self.forms]
        if _DEFAULT in names:
            # Small numbers without any read can be ends as well as percentages.
            if len(names) > 1 and not self.table.agreement(READERS[_DEFAULT])[1]:
                self._refuse_several()
            return self._found(READERS[_DEFAULT])
        refused = [form for form in self.forms if form.refusal]
        if refused:
            self._refuse_known(refused)
        zero = [form for form in self.forms if form.base == 0]
        one = [form for form in self.forms if form.base == 1]
        if len({_meaning(form) for form in self.forms}) > 1:
            self._refuse_several()
        if not zero:
            return self._found(one[0])
        return self._found(zero[0], one[0].name if one else "")

    def _refuse_several(self) -> NoReturn:
        message = (
            f"{self.path}: found a text that can be {_listed(self.forms)}, which mean "
            f"different things; {_REMEDY}"
        )
        raise InputError(message)

    def _refuse_known(self, refused: list[Format]) -> None:
        if len(refused) == 1:
            self._found(refused[0])
        told = "; or ".join(f"{form.title}: {form.refusal}" for form in refused[:2])
        message = f"{self.path}: this looks like {_listed(refused)}, without counts; {told}"
        raise InputError(message)

    def _refuse_order(self, wrong: list[Format]) -> None:
        """Refuse columns in another order, where the percentages say in which."""
        form = next((form for form in wrong if form.has("pct")), None)
        if form is None:
            return
        best = self.table.best_pair(form)
        if best is None or best.n < (_MANY if form.name == _DEFAULT else _FEW):
            return
        message = (
            f"{self.path}: found percentages that agree with {best.text} in {best.agree} of "
            f"{best.n} rows, but with {best.own_text} of {form.title} in {best.own}; expected the "
            f"columns {' '.join(form.columns)}; write the columns in that order, or {_REMEDY} "
            f"({best.custom})"
        )
        raise InputError(message)

    def _nothing(self, why: str = "") -> Recognition:
        """Refuse rows that are alike and of no known format; leave others to their reader."""
        n = self.head.n_columns
        alike = n > 2 and (bool(why) or self.table.type_of(1) == "a whole number")
        if alike and len(self.head.rows) >= _FEW and n not in (5, 0) and not self.head.track:
            example = " (such as chr: 1, pos: 2, c: 3, t: 4, base: 1)" if n == 4 else ""
            found = why or (_TWO_COUNTS if n == 4 else self.evidence[-1])
            message = (
                f"{self.path}: found rows of {n} columns that fit no known format, such as "
                f"{self.table.shown()} ({found}); expected one of docs/formats.md, or a header; "
                f"{_REMEDY}{example}"
            )
            raise InputError(message)
        self.rule = COLUMNS
        self.evidence.append("the reader of five columns says what is wrong")
        return self._found(READERS[_DEFAULT])

    def _nearest(self) -> str:
        """Return what keeps the text from being of the format that it is nearest to, if any is."""
        n = self.head.n_columns
        found = [
            (len(wrong), form.name, wrong[0])
            for form in self._of_width()
            if not (form.refusal or form.needs_header) and (wrong := self.table.misfits(form))
        ]
        few = [one for one in found if one[0] == 1]
        if not few or n < _NEAR_COLUMNS:
            return ""
        _, name, (k, field) = few[0]
        return (
            f"as {name}, column {k + 1} would be {READERS[name].columns[k]}: found {field[:40]!r}"
        )


_NEAR_COLUMNS: Final = 6
_TWO_COUNTS: Final = "two numbers, which may be c and t, or c and all reads"


def _has_names(form: Format, known: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return names == known[: len(names)] and len(known) - form.optional <= len(names)


def _listed(forms: list[Format]) -> str:
    return " or ".join(form.name for form in forms) or "no format"


def _meaning(form: Format) -> tuple[str, ...]:
    """Return what a format's columns mean, but for base and merged strands."""
    return tuple(role for role in form.columns if role not in _UNREAD)
