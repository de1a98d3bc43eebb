"""Loading one text file, or a span of it, into blocks of columns in shared memory.

Runs in the workers.
"""

import contextlib
from dataclasses import dataclass, replace
from typing import Final

from ..core.errors import InputError, raise_shortage
from ..engine import Context, Note, ignore
from ..files import DamagedError, Span
from ..genome import Aliases
from ..readers import RowRules, TextReader, describe_repeat, too_large
from ..rows import (
    BlockSink,
    RepeatedSitesError,
    SharedRows,
    SumTooLargeError,
    TextSummary,
    sort_rows,
)
from ..store import file_sha256
from ..store.schema import PCT_LAYER
from .config import Config, context_bits, is_wanted
from .identify import Identified
from .repeats import find_overflow, find_repeat

_GZIP_ROW_BYTES: Final = 4
"""Bytes of a compressed row, at least: blocks have room for no more rows than a file can have."""


@dataclass(frozen=True, slots=True)
class LoadTask:
    """A file to load.

    Attributes
    ----------
    title : what to call it where work on it fails
    path, size : where it is, and its bytes
    found : what it is; another file at its path is a fault
    config : the rules for its rows
    aliases : names of the store for names in the file
    span : the bytes of the file to load; None is all of it
    """

    title: str
    path: str
    size: int
    found: Identified
    config: Config
    aliases: Aliases
    span: Span | None = None

    def reader(self) -> TextReader:
        """Return a new reader of the file."""
        config, form, chroms = self.config, self.found.form, self.config.chroms
        rules = RowRules(
            wanted=lambda name: is_wanted(self.aliases(name), chroms.include, chroms.exclude),
            duplicates=config.duplicates,
            drop_uncovered=config.uncovered == "drop",
            pct_check=config.pct_check,
            pct_tolerance=config.pct_tolerance,
            with_pct=PCT_LAYER in config.layers,
            contexts=context_bits(config) if form.with_context else 0,
            modification=config.modification,
            inexact=config.inexact_counts == "accept",
        )
        return TextReader(self.path, form, rules, self.span, self.found.file)


def load_file(context: Context, task: LoadTask) -> SharedRows | InputError | None:
    """Load one file; a fault in it is returned, so that other files are still looked at.

    None is returned for a span of a file with a fault or with rows out of order: only who reads
    the whole file can say what that means, and name its line.

    Raises
    ------
    BudgetError
        Where the system has no memory or file descriptor left.
    """
    if task.span is not None:
        return _load_span(context, task, task.span)
    try:
        return _load_whole(context, task)
    except InputError as error:
        raise_shortage(task.path, error)
        return error


def _load_span(context: Context, task: LoadTask, span: Span) -> SharedRows | None:
    """Load a span of a file; with the first comes the digest of the whole file."""
    if task.found.file is not None and span.file != task.found.file:
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
    return sink.rows(reader.names.decoded, summary).share(context)


def _load_whole(context: Context, task: LoadTask) -> SharedRows:
    """Load a file to its end, and sort its rows where they are out of order."""
    duplicates = task.config.duplicates
    reader = task.reader()
    sink = _new_sink(context, task, context.note)
    try:
        summary = reader.read(sink)
    except DamagedError:
        raise
    except InputError:
        if not reader.in_order and duplicates != "first":
            reader.end_block(sink)
            _sorted(context, task, reader.names.decoded, sink)  # an earlier line may repeat a site
        raise
    if not reader.in_order:
        unsorted, sink = sink, _sorted(context, task, reader.names.decoded, sink)
        summary = _with_merged(summary, unsorted, sink, duplicates)
    return sink.rows(reader.names.decoded, summary).share(context)


def _sorted(context: Context, task: LoadTask, names: list[str], sink: BlockSink) -> BlockSink:
    """Return a sink with the same rows in order; the blocks of the first are given back."""
    result = _new_sink(context, task, ignore)  # its rows were counted when they were read
    try:
        result.n_same = sort_rows(sink.columns(), len(names), task.config.duplicates, result)
    except RepeatedSitesError as error:
        line, (chrom, pos) = find_repeat(task.reader, error.sites)
        what = describe_repeat(task.path, task.found.form, line, names[chrom], pos)
        message = f"{task.path}, line {line}: {what}"
        raise InputError(message) from error
    except SumTooLargeError as error:
        line, (chrom, pos) = find_overflow(task.reader, error.sites)
        message = f"{task.path}, line {line}: {too_large(names[chrom], pos)}"
        raise InputError(message) from error
    result.finish()
    for block in sink.blocks:
        context.release(block.extent)
    return result


def _new_sink(context: Context, task: LoadTask, note: Note) -> BlockSink:
    size = task.size if task.span is None else task.span.stop - task.span.start
    return BlockSink(
        context,
        size // _GZIP_ROW_BYTES,
        note,
        with_pct=PCT_LAYER in task.config.layers,
        with_kind=task.found.with_kind,
    )


def _with_merged(
    summary: TextSummary, before: BlockSink, after: BlockSink, duplicates: str
) -> TextSummary:
    """Return the summary with the rows counted that sorting brought together."""
    field = "n_summed_duplicates" if duplicates == "sum" else "n_dropped_duplicates"
    n_gone = getattr(summary, field) + before.n_rows - after.n_rows
    n_same = summary.n_same_summed + after.n_same
    return replace(summary, largest=after.largest, n_same_summed=n_same, **{field: n_gone})
