"""Reading one text file: its blocks of text through a kernel, its rows into columns.

The kernel works on whole lines and stops where it needs something: a new block of columns, wider
counts, a chromosome that it has not met, a number that only `float()` can read. This module
answers and lets it go on; a fault becomes an error that names file and line.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np

from ..core.errors import InputError
from ..engine.compile import warm_up
from ..files import MAX_NAME_BYTES, Identity, Span, TextFault, TextFile, explained
from ..rows import Columns, TextSummary
from . import protocol
from .faults import Fault, describe, no_wanted_code, nothing_wanted
from .formats import READERS, Format
from .header import is_header, skip_preamble
from .kernels import five_column, table
from .layout import layout_of, reals_of, room_for
from .names import NameTable
from .repeat import describe_repeat
from .rewrite import Rewriter
from .roundings import ways_of
from .rules import RowRules
from .wording import shown, split_fields

NARROW_LIMIT: Final = 2**16 - 1
WIDE_LIMIT: Final = 2**32 - 1

_POLICIES: Final = {"error": protocol.REFUSE, "sum": protocol.SUM, "first": protocol.FIRST}
_CHECKS: Final = {
    "off": protocol.CHECK_OFF,
    "warn": protocol.CHECK_WARN,
    "error": protocol.CHECK_ERROR,
}


class Sink(Protocol):
    """Where a reader puts rows: a series of blocks of columns."""

    def open(self, *, wide: bool) -> Columns:
        """Return the columns of a new block."""

    def close(self, n_rows: int, n_runs: int) -> None:
        """End the current block after so many rows and runs."""


KERNELS: Final[dict[str, Callable[..., int]]] = {"five_column": five_column.parse}
"""Kernels of the formats that have one of their own, by name."""


class TextReader:
    """One pass over one file, or a span of it, with one format's kernel.

    Parameters
    ----------
    path : the file, also its name in messages
    form : what the text is
    rules : what becomes of rows
    span : the part of the file to read; None is all of it
    file : the file that is meant, another one at the path is a fault; None takes any
    """

    def __init__(
        self,
        path: str,
        form: Format,
        rules: RowRules,
        span: Span | None = None,
        file: Identity | None = None,
    ) -> None:
        self.path = path
        self.span = span
        self.file = file
        self.form = form
        self.parse: Callable[..., int] = KERNELS.get(form.name, table.parse)
        self.rules = rules
        self.names = NameTable(rules.wanted)
        self.state = np.zeros(protocol.STATE_SIZE, np.int64)
        self.state[[protocol.LAST_CHROM, protocol.NAME, protocol.SITE_CHROM]] = -1
        self.state[[protocol.IN_ORDER, protocol.ROUNDINGS]] = 1, (1 << len(ways_of(form))) - 1
        self.state[protocol.DROP_UNCOVERED] = rules.drop_uncovered
        self.state[protocol.DUPLICATES] = _POLICIES[rules.duplicates]
        self.state[protocol.PCT_CHECK] = _CHECKS[rules.pct_check]
        self.reals = reals_of(form, rules)
        self.work = protocol.Work(
            self.state, self.reals, layout_of(form, rules), room_for(len(form.columns))
        )
        self._first_line = 1  # of the block
        self.rewriter = None
        if form.dialect is not None and not form.dialect.is_plain:
            from_start = span is None or span.start == 0
            self.rewriter = Rewriter(form.dialect, from_start=from_start)

    def read(self, sink: Sink) -> TextSummary:
        """Read the whole file into `sink`.

        Raises
        ------
        InputError
            At the first fault, with the file, the line, what was found and what was expected.
            Where gzip data are damaged, the error says that, whatever their lines look like.
        """
        text = TextFile(self.path, self.span, self.file)
        try:
            columns = self._open(sink, wide=False)
            header_due = self.span is None or self.span.start == 0
            for start, stop in text.blocks():
                buffer, fault = text.buffer, ""
                self._first_line = self.next_line
                if self.rewriter is not None:
                    stop, fault = self.rewriter.write(buffer, start, stop)
                    buffer, start = self.rewriter.text, 0
                self.state[protocol.AT] = start
                if header_due:
                    header_due = self._skip_header(buffer, stop)
                columns = self._read_block(buffer, stop, columns, sink)
                if fault:
                    message = f"{self.path}, line {self.next_line}: {fault}"
                    raise InputError(message)
            self.end_block(sink)
            self._check_rows()
            self._check_codes()
            return self._summary(text)
        except (TextFault, InputError) as fault:
            error = explained(text, self.next_line - 1, fault)
            if error is fault:
                raise
            raise error from fault
        finally:
            text.close()

    def end_block(self, sink: Sink) -> None:
        """Close the current block with the rows it has so far."""
        sink.close(int(self.state[protocol.N_ROWS]), int(self.state[protocol.N_RUNS]))

    @property
    def in_order(self) -> bool:
        """Whether all rows so far were in order, each chromosome in one piece."""
        return bool(self.state[protocol.IN_ORDER])

    @property
    def next_line(self) -> int:
        """Number of the line that the kernel reads next; the first is 1."""
        return int(self.state[protocol.LINES]) + 1

    def _skip_header(self, buffer: Any, stop: int) -> bool:
        """Step over the lines before the first row; return whether it may still come."""
        at = int(self.state[protocol.AT])
        block = bytes(buffer[at:stop])
        begin, n_lines = skip_preamble(block)
        self.state[protocol.LINES] += n_lines
        self.state[protocol.AT] = at + begin
        if begin == len(block):
            return True
        end = block.index(b"\n", begin) + 1
        first = block[begin:end].removesuffix(b"\n").removesuffix(b"\r")
        fields = split_fields(first, tabs=self.form.tabs, colons=self.form.colons)
        if is_header(fields, self.form, self.path, self.next_line):
            self.state[protocol.LINES] += 1
            self.state[protocol.AT] = at + end
        return False

    def _read_block(self, buffer: Any, stop: int, columns: Columns, sink: Sink) -> Columns:
        while True:
            status = self.parse(buffer, stop, self.work, self.names.arrays, columns)
            if status == protocol.DONE:
                return columns
            if status in (protocol.FULL, protocol.WIDE):
                columns = self._next_block(columns, sink, wide=status == protocol.WIDE)
            elif status == protocol.NEW_NAME:
                self._add_name(buffer)
            elif status == protocol.NEEDS_FLOAT:
                span = slice(*self.state[[protocol.DECIMAL_START, protocol.DECIMAL_STOP]])
                self.reals[protocol.GIVEN] = float(bytes(buffer[span]))
                self.state[protocol.DECIMAL_GIVEN] = 1
            else:
                raise InputError(self._fault(status, buffer))

    def _open(self, sink: Sink, *, wide: bool) -> Columns:
        self.state[[protocol.N_ROWS, protocol.N_RUNS]] = 0
        self.state[protocol.COUNT_LIMIT] = WIDE_LIMIT if wide else NARROW_LIMIT
        return sink.open(wide=wide)

    def _next_block(self, columns: Columns, sink: Sink, *, wide: bool) -> Columns:
        """Close the block and open another.

        A row that a repeated site is to be added to goes along, so that the sum finds it.
        """
        n_rows, n_runs = int(self.state[protocol.N_ROWS]), int(self.state[protocol.N_RUNS])
        carried = wide and n_rows > 0
        if carried:
            n_rows -= 1
            last = [column[n_rows : n_rows + 1].copy() for column in columns.values()]
            chrom = int(columns.runs[n_runs - 1, 0])
            n_runs -= int(columns.runs[n_runs - 1, 1] == n_rows)
        sink.close(n_rows, n_runs)
        columns = self._open(sink, wide=wide)
        if carried:
            for column, value in zip(columns.values(), last, strict=True):
                column[: value.size] = value[: column.size]
            columns.runs[0] = chrom, 0
            self.state[[protocol.N_ROWS, protocol.N_RUNS]] = 1
        return columns

    def _add_name(self, buffer: Any) -> None:
        name = bytes(buffer[self.state[protocol.NAME_START] : self.state[protocol.NAME_STOP]])
        try:
            self.names.add(name)
        except ValueError as error:
            message = (
                f"{self.path}, line {self.next_line}: the chromosome name {shown(name)} cannot be "
                f"used: {error}; expected UTF-8 without characters that are not seen, of at most "
                f"{MAX_NAME_BYTES:,} bytes; fix the file"
            )
            raise InputError(message) from error

    def _fault(self, status: int, buffer: Any) -> str:
        at = int(self.state[protocol.AT])
        line = bytes(buffer[at : at + 1 + bytes(buffer[at:]).index(b"\n")])
        column = int(self.state[protocol.FAULT_COLUMN])
        if (
            status == protocol.DUPLICATE and self.span is None
        ):  # of a span, the message is never shown
            chrom = self.names.decoded[int(self.state[protocol.LAST_CHROM])]
            pos = int(self.state[protocol.LAST_POS])
            reason = describe_repeat(self.path, self.form, self.next_line, chrom, pos)
            return f"{self.path}, line {self.next_line}: {reason}"
        fault = Fault(status, column, float(self.reals[protocol.TOLERANCE]))
        written = b""
        if self.rewriter is not None:
            written = self.rewriter.original(self.next_line - self._first_line)
        reason = describe(self.form, line, fault, written)
        return f"{self.path}, line {self.next_line}: {reason}"

    def _check_rows(self) -> None:
        """Refuse a text of which `only` leaves out every row, and a span that tells too much.

        How levels are written, a span must not find out by itself: others could find otherwise.
        """
        state = self.state
        if self.form.only and state[protocol.N_TEXT_ROWS] and not state[protocol.HAS_ONLY]:
            form = self.form
            others = [
                other.name
                for other in READERS.values()
                if other.columns == form.columns and other.names == form.names
                if other.only not in ((), form.only)
            ]
            message = f"{self.path}: {nothing_wanted(form, self._codes(), others)}"
            raise InputError(message)
        if (
            self.span is not None
            and state[protocol.ROUNDINGS] != (1 << len(ways_of(self.form))) - 1
        ):
            message = f"{self.path}: its first rows do not tell how its levels are written"
            raise InputError(message)

    def _check_codes(self) -> None:
        """Refuse a text whose rows are all of other modifications than the wanted one."""
        state = self.state
        if (
            not (self.form.has("code") and state[protocol.N_TEXT_ROWS])
            or state[protocol.HAS_WANTED]
        ):
            return
        message = f"{self.path}: {no_wanted_code(self._codes(), self.rules.modification)}"
        raise InputError(message)

    def _codes(self) -> list[bytes]:
        """Return the codes or texts of dropped rows, to eight bytes; the last may be empty."""
        words = self.state[protocol.CODES : protocol.CODES + protocol.N_CODES]
        return [int(word).to_bytes(8, "little", signed=True).rstrip(b"\0") for word in words]

    def _summary(self, text: TextFile) -> TextSummary:
        state = self.state
        return TextSummary(
            n_rows=int(state[protocol.N_TEXT_ROWS]),
            n_dropped_chroms=int(state[protocol.N_EXCLUDED]),
            n_dropped_uncovered=int(state[protocol.N_UNCOVERED]),
            n_dropped_duplicates=int(state[protocol.N_DUPLICATES]),
            n_summed_duplicates=int(state[protocol.N_SUMMED]),
            n_disagree=int(state[protocol.N_DISAGREE]),
            disagree_line=int(state[protocol.DISAGREE_LINE]),
            n_lines=int(state[protocol.LINES]),
            largest=int(state[protocol.LARGEST]),
            size=text.size,
            sha256=text.sha256(),
            n_dropped_contexts=int(state[protocol.N_OTHER_CONTEXTS]),
            n_dropped_modifications=int(state[protocol.N_OTHER_CODES]),
            n_inexact=int(state[protocol.N_INEXACT]),
            n_merged_rows=int(state[protocol.N_MERGED]),
            n_reverse=int(state[protocol.N_REVERSE]),
            n_same_summed=int(state[protocol.N_SAME]),
        )


def warm(form: Format, counts: "np.dtype[np.unsignedinteger[Any]]") -> None:
    """Compile or fetch the kernels of a format, for columns of this dtype of counts."""
    warm_up("names")
    warm_up(form.name if form.name in KERNELS else "table", counts)
    if form.dialect is not None and not form.dialect.is_plain:
        warm_up("rewrite")
