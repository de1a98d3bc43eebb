"""Telling a text's format by its beginning.

Rules are tried in an order that resolves what looks alike: names in the header, the `track` line,
the number of columns, their types (the third first), the percentages against each pair of counts,
and the ends of intervals. What the formats are is read from `READERS`. A text that looks like none
is left to the reader of five columns, which says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from ..cytosine import CONTEXT_BITS
from ..errors import InputError
from ._format import Format
from ._head import Head, read_head
from ._registry import READERS
from ._table_head import TableHead, meaning_of
from .custom import custom_format

HEADER: Final = "header"
TRACK: Final = "track line"
COLUMNS: Final = "columns"
THIRD: Final = "third column"
PERCENTAGES: Final = "percentages"
ENDS: Final = "ends"

_DEFAULT: Final = "five_column"
_FEW: Final = 5
_MANY: Final = 20
_KINDS: Final = {
    "logit transformed": "methyldackel_logit",
    "methylation fractions": "methyldackel_fraction",
    "methylation counts": "methyldackel_counts",
    "methylation levels": "methyldackel_bedgraph",
}
_NEED_HEADER: Final = ("dss", "custom")
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


def settle(name: str, path: str, custom: Mapping[str, Any] | None = None) -> Format:
    """Return the format of a name, with what the file says of it itself.

    The `track` line of MethylDackel tells context and merged strands; the columns of `custom`, the
    key of the configuration, may be names in the file's header.

    Raises
    ------
    ConfigError
        Where `custom` does not tell the columns.
    """
    form = READERS[name]
    if name == "custom":
        return _settle_custom(path, custom or {})
    if name == "methyldackel_bedgraph":
        return _settle_track(form, read_head(path))
    return form


def _settle_custom(path: str, custom: Mapping[str, Any]) -> Format:
    head = read_head(path)
    header = head.header or (head.hashed if len(head.hashed) == head.n_columns else ())
    form = custom_format(custom, header or None)
    if not form.has("level"):
        return form
    column = form.columns.index("level")
    texts = [row[column] for row in head.rows if len(row) > column]
    places = max((len(text.partition(b".")[2]) for text in texts), default=0)
    return custom_format(custom, header or None, places)


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
        self.evidence: list[str] = []
        self.rule = COLUMNS
        self.forms: list[Format] = []

    def run(self) -> Recognition:
        """Try all rules."""
        form = self._by_header() or self._by_track()
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

    def _by_track(self) -> Format | None:
        """Return the format that the `track` line tells."""
        track = self.head.track
        if not track:
            self.evidence.append("there is no track line")
            return None
        shown = track.strip()[:80]
        for words, name in _KINDS.items():
            if words in track:
                self.rule = TRACK
                self.evidence.append(f"the track line ({shown}) is that of {READERS[name].title}")
                return READERS[name]
        if self.head.n_columns == 4:
            self.rule = TRACK
            self.evidence.append(f"below a track line ({shown}) are four columns")
            return READERS["bismark_bedgraph"]
        self.evidence.append(f"the track line ({shown}) does not tell the caller")
        return None

    def _by_count(self) -> None:
        n = self.head.n_columns
        self.forms = [
            form
            for form in READERS.values()
            if len(form.columns) - form.optional <= n <= len(form.columns)
            and form.name not in _NEED_HEADER
        ]
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
        styles = {form.name: form for form in self.forms if form.name in _STYLES}
        if len(styles) < 2:
            return
        style, sentence = self.table.style_of_percentages(next(iter(styles.values())))
        left = [form for form in self.forms if style in _STYLES.get(form.name, (style,))]
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
        if not zero or not one:
            return self._found(self.forms[0])
        first, rival = (one[0], zero[0]) if one[0].usual else (zero[0], one[0])
        return self._found(first, rival.name)

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
            for form in READERS.values()
            if len(form.columns) - form.optional <= n <= len(form.columns)
            and not (form.refusal or form.name in _NEED_HEADER)
            and (wrong := self.table.misfits(form))
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

_STYLES: Final = {
    "bismark_zero_cov": ("decimals", "exact"),
    "bismark_merged_cov": ("decimals", "exact"),
    "bismark_merged_zero_cov": ("decimals", "exact"),
    "bismark_cov": ("decimals", "exact"),
    "methyldackel_bedgraph": ("cut", "whole", "exact"),
    "biscuit_bed_counts": ("rounded", "whole", "exact"),
}
"""How callers write percentages; `exact` are only whole ones, which tell nothing."""


def _has_names(form: Format, known: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return names == known[: len(names)] and len(known) - form.optional <= len(names)


def _listed(forms: list[Format]) -> str:
    return " or ".join(form.name for form in forms) or "no format"


def _meaning(form: Format) -> tuple[str, ...]:
    """Return what a format's columns mean, but for base and merged strands."""
    return tuple(role for role in form.columns if role not in ("pct", "-"))
