"""One text file through the package's loader and through the oracle: both must say the same.

This is the whole way of a file (inflating, parsing, sorting, cutting into parts), without the
store behind it, so that thousands of files can be tried in a second or two.
"""

import functools
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

import grammar
import numpy as np
import oracle

from methcohort.cohort import load, spans
from methcohort.cohort.config import Config
from methcohort.cohort.files import load_task
from methcohort.cohort.identify import Identified
from methcohort.cohort.sheet import Source
from methcohort.core.errors import InputError
from methcohort.engine.memory import Memory
from methcohort.engine.pool import Pool
from methcohort.files import cut
from methcohort.files import text as _text
from methcohort.genome.aliases import Aliases
from methcohort.readers.formats import READERS
from methcohort.rows import FileRows, SharedRows, sink
from methcohort.rows import sort as order
from methcohort.rows.blocks import view_columns

COUNTS = (
    "n_rows",
    "n_dropped_chroms",
    "n_dropped_uncovered",
    "n_dropped_duplicates",
    "n_summed_duplicates",
)
LINE_BYTES = 2000
"""The cap on lines while files are compared, so that small files can go beyond it."""


@dataclass(frozen=True)
class Case:
    """A file and how it is read: how packed, in how many parts, in blocks of which sizes."""

    text: bytes
    config: dict[str, Any] = field(default_factory=dict)
    packing: str = "none"
    member: int = 1000
    parts: int = 1
    room: int = 300
    rows: int = 7

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"text": self.text.decode("latin-1")}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        return cls(**found | {"text": found["text"].encode("latin-1")})


def draw_case(rng: Any) -> Case:
    """A random file, packed and cut in a random way."""
    return draw_reading(rng, Case(grammar.draw_text(rng), grammar.draw_config(rng)))


def draw_reading(rng: Any, case: Case) -> Case:
    """The same text, packed and cut in another way."""
    return replace(
        case,
        packing=rng.choice(["none", "none", "gzip", "multi", "bgzip", "bgzip"]),
        member=rng.choice([20, 60, 200, 5000]),
        parts=rng.choice([1, 1, 1, 2, 5, 20]),
        room=rng.choice([64, 100, 300, LINE_BYTES]),
        rows=rng.choice([1, 3, 7, 1000]),
    )


@contextmanager
def small_blocks(room: int, rows: int) -> Iterator[None]:
    """Blocks of text and of rows so small that a short file has many."""
    with ExitStack() as stack:
        for owner, name, value in (
            (_text, "BLOCK_BYTES", room),
            (_text, "MAX_LINE_BYTES", LINE_BYTES),
            (oracle, "LINE_MAX", LINE_BYTES),
            (sink, "BLOCK_ROWS", rows),
            (order, "MERGE_ROWS", 2 * rows),
        ):
            stack.enter_context(patch.object(owner, name, value))
        yield


class Comparison:
    """Loads files in this process, or in workers, and compares with the oracle.

    With workers the sizes of blocks are those of the first case.
    """

    def __init__(self, folder: Path, workers: int = 0) -> None:
        self.path = str(folder / "file")
        self._memory = Memory(1 << 28, folder)
        self._pool = Pool(workers, self._memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.__exit__(kind, error, trace)
        self._memory.close()

    def check(self, case: Case) -> str:
        """Compare one case; return what became of it, in a word or two."""
        Path(self.path).write_bytes(grammar.pack(case.text, case.packing, case.member))
        with small_blocks(case.room, case.rows):
            found = self.load(case)
            try:
                expected = oracle.read_text(Path(self.path), case.config)
            except oracle.OracleFault as fault:
                assert isinstance(found, InputError), f"taken, but the oracle has {fault}: {case}"
                place = self.path if fault.line is None else f"{self.path}, line {fault.line}: "
                assert str(found).startswith(place), f"{found}; the oracle has {fault}: {case}"
                assert "\n" not in str(found)
                return f"refused, {fault.kind}"
            assert not isinstance(found, InputError), f"refused, {found}: {case}"
            assert_equal(self._memory, found, expected, case)
        return "taken" if expected.rows else "taken, no rows"

    def check_damaged(self, packed: bytes, text: bytes) -> str:
        """Load gzip data that may be damaged: an error, or exactly the rows of the text."""
        Path(self.path).write_bytes(packed)
        case = Case(text)
        with small_blocks(case.room, case.rows):
            found = self.load(case)
        if isinstance(found, InputError):
            assert str(found).startswith(self.path)
            return "damaged, refused"
        Path(self.path).write_bytes(text)
        assert_equal(self._memory, found, oracle.read_text(Path(self.path)), case)
        return "taken as it was"

    def load(self, case: Case) -> FileRows | InputError:
        """Load the file at `path`, in parts where it can be, else whole."""
        source = Source("a", self.path, "five_column")
        found_form = Identified(READERS[source.format], "sheet")
        task = load_task(source, found_form, _configuration(case.config), Aliases())
        pieces = cut(self.path, case.parts) if case.parts > 1 else []
        found = self._run([replace(task, span=span) for span in pieces])
        if found and all(isinstance(part, FileRows) for part in found):
            joined = spans.join(self._memory, found)
            if joined is not None:
                return joined
        for part in found:
            if isinstance(part, FileRows):
                self._release(part)
        return self._run([task])[0]

    def _run(self, tasks: list[Any]) -> list[Any]:
        found = dict(self._pool.run(load.load_file, [(task,) for task in tasks]))
        return [
            found[k].take(self._memory) if isinstance(found[k], SharedRows) else found[k]
            for k in range(len(tasks))
        ]

    def _release(self, rows: FileRows) -> None:
        for block in rows.blocks:
            self._memory.release(block.extent)


def assert_equal(
    memory: Memory, found: FileRows, expected: oracle.OracleSample, case: Case
) -> None:
    """The rows are those of the oracle, in order, bit by bit; so are the counts. Frees them."""
    columns = []
    for block in found.blocks:
        view = view_columns(memory.arenas.map(block.extent), block, np.empty((0, 2), np.int32))
        columns.append([column.tolist() for column in view.values()])
        del view
        memory.release(block.extent)
    pos, pct, c, t = ([x for block in columns for x in block[k]] for k in range(4))
    stops = [*found.runs[1:, 1].tolist(), len(pos)] if len(found.runs) else []
    chroms: list[str] = []
    for (chrom, first), stop in zip(found.runs.tolist(), stops, strict=True):
        chroms += [found.names[chrom]] * (stop - first)
    keys = list(zip(chroms, pos, strict=True))
    seen = list(dict.fromkeys(chroms))
    assert keys == sorted(keys, key=lambda key: (seen.index(key[0]), key[1])), f"order: {case}"
    assert len(found.runs) == len(seen), f"a chromosome in several runs: {case}"
    values = {key: (a, b) for key, a, b in zip(keys, c, t, strict=True)}
    assert len(values) == len(keys), f"a site twice: {case}"
    assert values == {key: row[:2] for key, row in expected.rows.items()}, f"counts: {case}"
    if "pct" in case.config.get("layers", ["pct"]):
        for key, level in zip(keys, pct, strict=True):
            assert _bits(level) == _bits(expected.rows[key][2]), f"pct of {key}: {case}"
    else:
        assert not pct
    summary = {name: getattr(found.summary, name) for name in COUNTS}
    assert summary == {name: expected.counts[name] for name in COUNTS}, f"summary: {case}"
    assert found.names == list(expected.chroms), f"names: {case}"
    largest = max((max(row[:2]) for row in expected.rows.values()), default=0)
    assert found.summary.largest == largest, f"largest: {case}"


@functools.cache
def _defaults() -> Config:
    return Config.from_mapping({})


def _configuration(values: dict[str, Any]) -> Config:
    """The configuration without the check of its schema, which would take most of the time."""
    config = _defaults()
    for key, value in values.items():
        if key == "chroms":
            lists = {inner: tuple(names) for inner, names in value.items()}
            value = replace(config.chroms, **lists)
        config = replace(config, **{key: value})
    return config


def _bits(level: float) -> bytes:
    return struct.pack("<f", np.float32(level))
