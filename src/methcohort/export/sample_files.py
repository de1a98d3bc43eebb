"""Writing a file for each sample: what a worker does with some samples at all their sites."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Protocol, Self

import numpy as np

from ..select import Selection
from ..writers import EOF, BigWig, TabixIndex, compress, format_rows
from .calls import Calls, Observed
from .formats import SAMPLE_TEXTS, SampleFormat, Style, Track, value_of

BLOCK: int = 1 << 16
"""Sites of a block, by which text is compressed: the bytes of a file depend on it."""

CELL_BYTES = 400
"""Memory that a site of a sample takes while it becomes text."""

BIGWIG = "bigwig"


class Place(NamedTuple):
    """Where a file of a sample is written before it gets its name, and its index if it has one."""

    path: Path
    tabix: Path | None


class Plan(NamedTuple):
    """What is written of each sample.

    Attributes
    ----------
    format : name of the format
    style : see there
    bgzf : whether text is compressed
    assembly, context : for the heads of files
    lengths : of the chromosomes, where the format needs them
    """

    format: str
    style: Style
    bgzf: bool
    assembly: str
    context: str
    lengths: tuple[int, ...]


class _File(Protocol):
    """A file that calls are added to; a context manager that completes it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def add(self, calls: Calls) -> None:
        """Add calls, in the order of the store."""


def write_samples(part: Selection, plan: Plan, places: dict[str, Place]) -> int:
    """Write the files of the samples of a part; return how many rows they have in all."""
    counts = _counts(part, plan)
    n_rows = 0
    with ExitStack() as stack:
        files = [
            stack.enter_context(_opened(part, plan, sample, places[sample], counts.get(sample, 0)))
            for sample in part.samples
        ]
        kinds = bool(part.store.kinds)
        for block in part.blocks(("c", "t", "pct"), BLOCK):
            observed = Observed(block, part.chroms, kinds=kinds)
            for row, file in enumerate(files):
                calls = observed.calls(row)
                n_rows += len(calls.pos)
                if len(calls.pos):
                    file.add(calls)
    return n_rows


def _counts(part: Selection, plan: Plan) -> dict[str, int]:
    """Return how many sites of each sample have reads, where the format has to say so first."""
    form = SAMPLE_TEXTS.get(plan.format)
    if form is None or not form.needs_rows:
        return {}
    found = np.zeros(len(part.samples), np.int64)
    for block in part.blocks(("coverage",), BLOCK):
        found += np.count_nonzero(block.values["coverage"], axis=1)
    return dict(zip(part.samples, found.tolist(), strict=True))


def _opened(part: Selection, plan: Plan, sample: str, place: Place, n_rows: int) -> _File:
    if plan.format == BIGWIG:
        return _Tracks(place.path, part.chroms, plan)
    form = SAMPLE_TEXTS[plan.format]
    head = form.header(Track(sample, plan.assembly, plan.context, n_rows))
    return _Text(place, form, plan, part.chroms, head)


class _Tracks:
    """A bigWig file."""

    def __init__(self, path: Path, chroms: Sequence[str], plan: Plan) -> None:
        self._value = plan.style.value
        self._writer = BigWig(path, chroms, plan.lengths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def add(self, calls: Calls) -> None:
        values = value_of(calls, self._value).astype(np.float32)
        for number, run in calls.runs():
            self._writer.add(number, calls.start[run], values[run])


class _Text:
    """A text file, plain or BGZF."""

    def __init__(
        self, place: Place, form: SampleFormat, plan: Plan, chroms: Sequence[str], head: str
    ) -> None:
        self._file: BinaryIO = place.path.open("wb")
        self._form, self._style, self._bgzf = form, plan.style, plan.bgzf
        self._place = place
        self._index = TabixIndex(chroms, form.preset) if place.tabix and form.preset else None
        text = head.encode()
        self._file.write(compress(text).data if self._bgzf else text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if kind is None and self._bgzf:
                self._file.write(EOF)
        if kind is None and self._index is not None and self._place.tabix is not None:
            self._place.tabix.write_bytes(self._index.data())

    def add(self, calls: Calls) -> None:
        rows = format_rows(self._form.columns(calls, self._style))
        if not self._bgzf:
            self._file.write(rows.text.data)
            return
        packed = compress(rows.text)
        if self._index is not None:
            places = packed.places(rows.starts, self._file.tell())
            self._index.add(calls.chrom, calls.start, calls.pos, places)
        self._file.write(packed.data)
