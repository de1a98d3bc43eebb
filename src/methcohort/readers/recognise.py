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
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from ..core.errors import ConfigError, InputError
from ..store.cytosine import CONTEXT_BITS
from ._column_names import role_of_name
from ._dialect import TAB, Dialect
from ._faults import BOM
from ._format import WORDS, Format
from ._head import Head, covered_rows, has_tabs, places_of, read_head
from ._header import is_named
from ._kinds import describe_kind
from ._other_files import describe_other
from ._registry import READERS
from ._roundings import left_by
from ._samples import of_sample, recognised
from ._table_head import TableHead, meaning_of
from ._unknown import describe_columns, is_printable, unknown_format
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
_UNREAD: Final = ("pct", "total", "sum", "start2", "end2", "-")
_FEW: Final = 5
_MANY: Final = 20
_WRITTEN: Final = ("delimiter", "quote", "decimal")
_NEAR: Final = 2
_COUNTED: Final = ("c", "t", "n", "level", "other")
_AS_NAMED: Final = {"pct": "level"}
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
        places = places_of(path, head, form.columns.index("level"))
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
        self.unproven: set[str] = set()
        self.against: dict[str, str] = {}

    def run(self) -> Recognition:
        """Try all rules."""
        self._refuse_other(describe_other(self.head))
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
            message = f"{self.path}: this looks like {form.title}: {form.refusal}"
            raise InputError(message)
        return Recognition(form.name, self.rule, tuple(self.evidence), rival)

    def _by_header(self) -> Format | None:
        """Return the format that names its columns as the header does."""
        header = tuple(name.lower() for name in self.head.header)
        for names in (header, self.head.hashed):
            known = [form for form in READERS.values() if _knows(form, names)]
            if known:
                form = next(filter(self._fits, known), known[0])
                self._check_marks(form)
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

    def _fits(self, form: Format) -> bool:
        """Tell whether the rows below a header can be those of one of the formats that it names."""
        wide = form.can_have(self.head.n_columns)
        return wide and not self.table.misfits(form) and self.table.fits_lengths(form)

    def _check_marks(self, form: Format) -> None:
        """Refuse rows below a format's header that are those of another use of the same columns."""
        odd = self.table.odd_marks(form) if form.needs_header else {}
        for k, field in odd.items():
            found = repr(field[:40].decode("utf-8", "backslashreplace"))
            message = (
                f"{self.path}: the header names the columns of {form.title}, but column {k + 1} "
                f"has {found}; expected what {form.title} has there; describe the columns under "
                "custom in the configuration and name the format custom"
            )
            raise InputError(message)

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
        return [form for form in READERS.values() if form.can_have(n)]

    def _by_count(self) -> None:
        self.forms = [form for form in self._of_width() if _is_told(form)]
        n = self.head.n_columns
        self.evidence.append(f"rows have {n} columns: {_listed(self.forms)}")

    def _by_names(self) -> bool:
        """Drop the formats whose columns the header names otherwise."""
        names = self.head.names
        if not names:
            return True
        n = self.head.n_columns
        found = {form.name: _contradiction(form, names, n) for form in self.forms}
        left = [form for form in self.forms if not found[form.name]]
        if len(left) < len(self.forms):
            self._note(left, found)
            self._keep(left, COLUMNS, f"names in the header leave {_listed(left)}")
        return bool(left)

    def _by_types(self) -> bool:
        """Keep the formats whose columns are of the types that the rows have."""
        third = self.table.type_of(2) if self.head.n_columns > 2 else "missing"
        found = {form.name: self.table.misfits(form) for form in self.forms}
        left = [form for form in self.forms if not found[form.name]]
        near = {name: wrong[0] for name, wrong in found.items() if 0 < len(wrong) <= _NEAR}
        self._note(left, near)
        self._keep(left, THIRD, f"column 3 is {third}; such columns have {_listed(left)}")
        return bool(left)

    def _by_counts(self) -> bool:
        """Keep the formats whose columns agree with each other, where rows have reads."""
        support = self._supported()
        if support and not any(n for _, n in support.values()):
            further = covered_rows(self.path, self.head)
            if further:
                self.table = TableHead(self.head.rows + further)
                support = self._supported()
        found: dict[tuple[str, int, int], list[Format]] = {}
        for form in self.forms:
            if form.name in support:
                found.setdefault((meaning_of(form), *support[form.name]), []).append(form)
        wrong = []
        for (what, agree, n), forms in found.items():
            if forms[0].has("pct") or forms[0].has("level"):
                sentence = f"percentages agree with {what} in {agree} of {n} rows"
            else:
                sentence = f"{what} in {agree} of {n} rows with reads"
            self.evidence.append(f"{sentence}: {_listed(forms)}")
            bad = [form for form in forms if agree * 10 < n * 9 or (agree < n and _is_bare(form))]
            self._note([], dict.fromkeys([form.name for form in bad], sentence))
            wrong += bad
        self.unproven = {name for name, (agree, _) in support.items() if not agree}
        left = [form for form in self.forms if form not in wrong]
        if not left:
            self._refuse_order(wrong)
        if len(left) < len(self.forms):
            self.rule = PERCENTAGES
        self.forms = left
        self._by_style()
        return bool(self.forms)

    def _supported(self) -> dict[str, tuple[int, int]]:
        """Return how many rows with reads bear each format out, where that can be told."""
        found = {form.name: self.table.support(form) for form in self.forms if not form.refusal}
        return {name: support for name, support in found.items() if support is not None}

    def _note(self, left: list[Format], why: Mapping[str, str]) -> None:
        """Remember why formats are out, but for those that are left."""
        names = {form.name for form in left}
        self.against |= {name: text for name, text in why.items() if name not in names and text}

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
            why = f"end minus start is {share} rows"
            if self.table.has_intervals():
                self._note(left, dict.fromkeys([form.name for form in self.forms], why))
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
        refused = [form for form in self.forms if form.refusal]
        self._drop_unproven()
        if self.forms and _is_percentage_and_counts(self.forms[0]):
            self._refuse_other_reading(self.forms[0])
        if refused:
            self._refuse_known(refused)
        if len({_meaning(form) for form in self.forms}) > 1:
            # The percentage of each row tells five columns from others that have one.
            if self.forms[0].name == _DEFAULT and all(form.has("pct") for form in self.forms):
                return self._found(self.forms[0])
            self._refuse_several()
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
        if not unproven or any(form.has("pct") or form.has("level") for form in left):
            self.forms = left
            return
        names = _listed([*unproven, *left])
        message = (
            f"{self.path}: found rows without reads only, at the beginning, which look like "
            f"{names}; expected a row with reads, as nothing else shows which columns are which; "
            f"{_REMEDY}"
        )
        raise InputError(message)

    def _refuse_other_reading(self, form: Format) -> None:
        """Refuse a percentage and two counts where another order of them is as likely."""
        other = self.table.other_reading(form)
        if other:
            message = (
                f"{self.path}: found percentages that agree with {meaning_of(form)} as in "
                f"{form.title}, but so does {other}; {_REMEDY}"
            )
            raise InputError(message)

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
        known = [
            name
            for name, other in READERS.items()
            if other.columns == best.columns and not other.refusal
        ]
        remedy = f"name the format {known[0]} in the sheet" if known else _REMEDY
        message = (
            f"{self.path}: found percentages that agree with {best.text} in {best.agree} of "
            f"{best.n} rows, but with {best.own_text} of {form.title} in {best.own}; expected the "
            f"columns {' '.join(form.columns)}; write the columns in that order, or {remedy} "
            f"({best.custom})"
        )
        raise InputError(message)

    def _refuse_other(self, other: str | None, line: str = "") -> None:
        if other is not None:
            message = f"{self.path}{line}: {other}"
            raise InputError(message)

    def _without_rows(self) -> Recognition:
        """Leave a text that is empty, or no text, to the reader of five columns."""
        self._refuse_other(describe_kind(self.head.start, self.path), ", line 1")
        self.evidence.append("there is no row")
        if len(self.head.header) > 2 and is_printable(self.head.first):
            raise InputError(self._unknown())
        return self._found(READERS[_DEFAULT])

    def _nothing(self) -> Recognition:
        """Refuse a text of no known format; leave what is nearly five columns to their reader."""
        self._refuse_other(describe_kind(self.head.start, self.path), ", line 1")
        if self._is_nearly_default():
            self.rule = COLUMNS
            self.evidence.append("the reader of five columns says what is wrong")
            return self._found(READERS[_DEFAULT])
        raise InputError(self._unknown())

    def _is_nearly_default(self) -> bool:
        n = self.head.n_columns
        first = self.head.first.removesuffix(b"\r")
        if n == 1 or not is_printable(first) or b"\r" in first or BOM in first:
            return True
        if n != len(READERS[_DEFAULT].columns) or self.head.names or self.head.track:
            return False
        if self.table.has_intervals():
            return False
        tables = self.table, TableHead(self.head.rows[:1])
        return any(len(table.misfits(READERS[_DEFAULT])) < _NEAR for table in tables)

    def _unknown(self) -> str:
        known = {name: why for name, why in self.against.items() if not READERS[name].refusal}
        return unknown_format(self.path, self.head, known)


def _knows(form: Format, names: tuple[str, ...]) -> bool:
    """Tell whether a header's names are those of a format, which does not need to be named."""
    return not form.by_name and any(
        len(known) - form.optional <= len(names) and is_named(known[: len(names)], names)
        for known in form.names
    )


def _is_told(form: Format) -> bool:
    """Tell whether a format can be told by its rows."""
    return not (form.needs_header or form.by_name)


def _listed(forms: list[Format]) -> str:
    return " or ".join(form.name for form in forms) or "no format"


def _is_bare(form: Format) -> bool:
    """Tell whether nothing but two counts, of which one is at most the other, tells a format."""
    told = {"pct", "level", "ratio", "strand", "context", "base"}
    return not told & {*form.columns} and not form.needs_header


def _is_percentage_and_counts(form: Format) -> bool:
    """Tell whether a percentage and the two counts beside it are all that tells what they are."""
    columns = " ".join(form.columns)
    return "pct c t" in columns and not form.has("sum")


def _contradiction(form: Format, names: tuple[str, ...], n_columns: int) -> str:
    """Return in what a header of other names speaks against a format; empty where in nothing.

    Columns that nothing in the rows can be held against must be named as what they are.
    """
    roles = [role_of_name(name) for name in names]
    strict = not (form.has("pct") or form.has("level")) or (form.names and form.name != _DEFAULT)
    if len(names) != n_columns:
        return f"the header has {len(names)} names for {n_columns} columns" if strict else ""
    columns = [_AS_NAMED.get(role, role) for role in form.columns]
    for k, (role, name, found) in enumerate(zip(columns, names, roles, strict=False)):
        own = WORDS.get(form.columns[k], "")
        if role in _COUNTED and found != role and (found or strict):
            return f"column {k + 1} would be {own}, and is named {name!r}"
        own_column = columns.index(found) if found in columns else -1
        if found in _COUNTED and own_column not in (-1, k) and roles[own_column] != found:
            return f"column {own_column + 1} would be {WORDS[found]}, not column {k + 1}"
    return ""


def _meaning(form: Format) -> tuple[str, ...]:
    """Return what a format's columns mean, but for base and merged strands."""
    return tuple(role for role in form.columns if role not in _UNREAD)
