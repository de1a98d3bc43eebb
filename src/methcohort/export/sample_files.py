"""Writing a file for each sample: what a worker does with some samples at all their sites."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..core.errors import MethcohortError
from ..files import refusal
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
    """A file of a sample: its name, and where it and its index, if any, lie until they have one."""

    output: Path
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
    lengths : of the chromosomes, where the format needs them; 0 where one is not known
    """

    format: str
    style: Style
    bgzf: bool
    assembly: str
    context: str
    lengths: tuple[int, ...]


Adding = Callable[[Calls], None]
"""Adds calls of a sample to its file, in the order of the store."""


def write_samples(part: Selection, plan: Plan, places: dict[str, Place]) -> int:
    """Write the files of the samples of a part; return how many rows they have in all.

    Raises StoreError where one cannot be written.
    """
    try:
        return _write(part, plan, [places[sample] for sample in part.samples])
    except MethcohortError:
        raise
    except OSError as error:
        raise refusal(places[part.samples[0]].output, "file", error) from error


def _write(part: Selection, plan: Plan, places: Sequence[Place]) -> int:
    counts = _counts(part, plan)
    n_rows = 0
    with ExitStack() as stack:
        adding = [
            stack.enter_context(_opened(part, plan, one, counts.get(one[0], 0)))
            for one in zip(part.samples, places, strict=True)
        ]
        kinds = bool(part.store.kinds)
        for block in part.blocks(("c", "t", "pct"), BLOCK):
            observed = Observed(block, part.chroms, kinds=kinds)
            for row, add in enumerate(adding):
                calls = observed.calls(row)
                n_rows += len(calls.pos)
                if len(calls.pos):
                    add(calls)
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


def _opened(
    part: Selection, plan: Plan, of: tuple[str, Place], n_rows: int
) -> AbstractContextManager[Adding]:
    """Return the file of a sample, given with its place, which is complete once it is left."""
    sample, place = of
    if plan.format == BIGWIG:
        return _track(place.path, part.chroms, plan)
    form = SAMPLE_TEXTS[plan.format]
    head = form.header(Track(sample, plan.assembly, plan.context, n_rows))
    return _text(place, (form, head), plan, part.chroms)


@contextmanager
def _track(path: Path, chroms: Sequence[str], plan: Plan) -> Iterator[Adding]:
    """Write a bigWig file, of the chromosomes whose lengths are known."""
    known = np.array(plan.lengths) > 0
    numbers = np.cumsum(known) - 1
    names = [name for name, has in zip(chroms, known, strict=True) if has]
    with BigWig(path, names, [length for length in plan.lengths if length]) as out:

        def add(calls: Calls) -> None:
            values = value_of(calls, plan.style.value).astype(np.float32)
            for number, run in calls.runs():
                out.add(int(numbers[number]), calls.start[run], values[run])

        yield add


@contextmanager
def _text(
    place: Place, form: tuple[SampleFormat, str], plan: Plan, chroms: Sequence[str]
) -> Iterator[Adding]:
    """Write a text file, plain or BGZF, of a format with its head."""
    layout, head = form
    index = TabixIndex(chroms, layout.preset) if place.tabix and layout.preset else None
    with place.path.open("wb") as file:
        file.write(compress(head.encode()).data if plan.bgzf else head.encode())

        def add(calls: Calls) -> None:
            rows = format_rows(layout.columns(calls, plan.style))
            if not plan.bgzf:
                file.write(rows.text.data)
                return
            packed = compress(rows.text)
            if index is not None:
                places = packed.places(rows.starts, file.tell())
                index.add(calls.chrom, calls.start, calls.pos, places)
            file.write(packed.data)

        yield add
        if plan.bgzf:
            file.write(EOF)
    if index is not None and place.tabix is not None:
        place.tabix.write_bytes(index.data())
