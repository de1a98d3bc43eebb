"""Loading: a text file, or a part of one, into blocks of columns in shared memory.

Runs in the workers.
"""

import contextlib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from ..core.errors import InputError, raise_shortage
from ..engine import Context, Note, ignore
from ..files import Identity
from ..genome import Aliases
from ..readers import (
    DamagedError,
    Format,
    RowRules,
    Span,
    TextReader,
    TextSummary,
    open_text,
    told_repeat,
    too_large,
)
from ..rows import BlockSink, Loaded, RepeatedSitesError, SumTooLargeError, sort_rows
from ..store import file_sha256
from .repeats import find_overflow, find_repeat

_GZIP_ROW_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class LoadTask:
    """A file to load: its path, size in bytes, format and the rules for its rows.

    `form` is what the text is. `include` and `exclude` are
    patterns of the names that `aliases` give; `contexts` are bits of `cytosine.py`, 0 for all.
    `span` is the part of the file to load; None is all of it. `file` is the file of which it is
    known what the text is; another one at its path is a fault.
    """

    title: str
    path: str
    size: int
    form: Format
    aliases: Aliases
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    duplicates: str
    uncovered: str
    pct_check: str
    pct_tolerance: float
    with_pct: bool
    with_kind: bool
    contexts: int = 0
    modification: str = "5mC"
    inexact: bool = False
    span: Span | None = None
    file: Identity | None = None

    def reader(self) -> TextReader:
        """Return a new reader of the file."""
        rules = RowRules(
            wanted=lambda name: is_wanted(self.aliases(name), self.include, self.exclude),
            duplicates=self.duplicates,
            drop_uncovered=self.uncovered == "drop",
            pct_check=self.pct_check,
            pct_tolerance=self.pct_tolerance,
            with_pct=self.with_pct,
            contexts=self.contexts,
            modification=self.modification,
            inexact=self.inexact,
        )
        return open_text(self.path, self.form, rules, self.span, self.file)


def is_wanted(name: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Tell whether a chromosome passes the shell-style patterns of `include` and `exclude`."""
    if include and not any(fnmatchcase(name, pattern) for pattern in include):
        return False
    return not any(fnmatchcase(name, pattern) for pattern in exclude)


def load(context: Context, task: LoadTask) -> Loaded | InputError | None:
    """Load one file; a fault in it is returned, so that other files are still looked at.

    None is returned for a span of a file with a fault or with rows out of order: only who reads
    the whole file can tell what that means, and name its line.

    Raises
    ------
    BudgetError
        Where the system has no memory or file descriptor left.
    """
    if task.span is not None:
        return _load_span(context, task, task.span)
    try:
        return _load(context, task)
    except InputError as error:
        raise_shortage(task.path, error)
        return error


def _load_span(context: Context, task: LoadTask, span: Span) -> Loaded | None:
    """Load a span of a file; with the first comes the digest of the whole file."""
    if task.file is not None and span.file != task.file:
        return None
    reader = task.reader()
    sink = _new_sink(context, task, context.note)
    summary = None
    with contextlib.suppress(InputError, OSError):
        # Before the rows: at their end the reader sees whether the file has changed since the cut.
        sha256 = file_sha256(task.path) if span.start == 0 else ""
        summary = replace(reader.read(sink), size=span.file.size, sha256=sha256)
    if summary is None or not reader.in_order:
        for block in sink.blocks:
            context.release(block.extent)
        context.note(-sink.n_rows)
        return None
    directory, n_runs, name_bytes = sink.write_directory(reader.names.decoded)
    return Loaded(tuple(sink.blocks), directory, n_runs, name_bytes, summary)


def _load(context: Context, task: LoadTask) -> Loaded:
    reader = task.reader()
    sink = _new_sink(context, task, context.note)
    try:
        summary = reader.read(sink)
    except DamagedError:
        raise
    except InputError:
        if not reader.in_order and task.duplicates != "first":
            reader.end_block(sink)
            _sorted(context, task, reader.names.decoded, sink)  # an earlier line may repeat a site
        raise
    if not reader.in_order:
        unsorted, sink = sink, _sorted(context, task, reader.names.decoded, sink)
        summary = _with_merged(summary, unsorted, sink, task.duplicates)
    directory, n_runs, name_bytes = sink.write_directory(reader.names.decoded)
    return Loaded(tuple(sink.blocks), directory, n_runs, name_bytes, summary)


def _sorted(context: Context, task: LoadTask, names: list[str], sink: "BlockSink") -> "BlockSink":
    """Return a sink with the same rows in order; the blocks of the first are given back."""
    result = _new_sink(context, task, ignore)  # its rows were counted when they were read
    try:
        result.n_same = sort_rows(sink.columns(), len(names), task.duplicates, result)
    except RepeatedSitesError as error:
        line, (chrom, pos) = find_repeat(task.reader, error.sites)
        told = told_repeat(task.path, task.form, line, names[chrom], pos)
        message = f"{task.path}, line {line}: {told}"
        raise InputError(message) from error
    except SumTooLargeError as error:
        line, (chrom, pos) = find_overflow(task.reader, error.sites)
        message = f"{task.path}, line {line}: {too_large(names[chrom], pos)}"
        raise InputError(message) from error
    result.finish()
    for block in sink.blocks:
        context.release(block.extent)
    return result


def _new_sink(context: Context, task: LoadTask, note: Note) -> "BlockSink":
    size = task.size if task.span is None else task.span.stop - task.span.start
    return BlockSink(
        context,
        size // _GZIP_ROW_BYTES,
        note,
        with_pct=task.with_pct,
        with_kind=task.with_kind,
    )


def _with_merged(
    summary: TextSummary, before: "BlockSink", after: "BlockSink", duplicates: str
) -> TextSummary:
    """Return the summary with the rows counted that sorting brought together."""
    field = "n_summed_duplicates" if duplicates == "sum" else "n_dropped_duplicates"
    n_gone = getattr(summary, field) + before.n_rows - after.n_rows
    n_same = summary.n_same_summed + after.n_same
    return replace(summary, largest=after.largest, n_same_summed=n_same, **{field: n_gone})
