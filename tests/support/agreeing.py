"""Positions of cells, real and simulated, and how they agree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from places import SHARED

from methcohort.base_check.pairs import (
    Agreement,
    Reading,
    compare_positions,
)
from methcohort.cohort.files import LoadedFile
from methcohort.cohort.identify import Identified
from methcohort.cohort.sheet import Source
from methcohort.engine.memory import Memory
from methcohort.engine.pool import Pool
from methcohort.engine.worker import ignore
from methcohort.readers.formats._registry import READERS
from methcohort.rows.file_rows import FileRows, SharedRows
from methcohort.rows.index import Catalog
from methcohort.rows.sink import BlockSink
from methcohort.store.cytosine import BOTH, CPG, MINUS, PLUS

File = dict[str, np.ndarray]
"""Positions of each chromosome, in order."""


real = pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not here")


@contextmanager
def cohort_of(
    files: Sequence[File],
    readings: Sequence[Reading],
    kinds: Sequence[dict[str, np.ndarray] | None] | None = None,
    n_workers: int = 0,
) -> Iterator[tuple[Agreement, Memory, list[FileRows]]]:
    """Put files into blocks of shared memory and compare them."""
    chroms = sorted({name for file in files for name in file})
    memory = Memory(1 << 30, Path("/tmp"))
    try:
        with Pool(n_workers, memory) as pool:
            with Pool(0, memory) as here:
                jobs = [
                    (file, chroms, kinds[k] if kinds is not None else None)
                    for k, file in enumerate(files)
                ]
                rows = [loaded.take(memory) for _, loaded in sorted_run(here.run(put, jobs))]
            tables = []
            for one in rows:
                stops = np.append(one.runs[1:, 1], one.n_rows)[: len(one.runs)]
                tables.append(np.column_stack([one.runs, stops]))
            catalog = Catalog.build(
                [one.blocks for one in rows], tables, len(chroms), memory.sizes()
            )
            found = compare_positions(pool, memory, catalog, chroms, readings)
            yield found, memory, rows
    finally:
        memory.close()


def sorted_run(results):
    """Results in the order of the tasks."""
    return sorted(results, key=lambda item: item[0])


def put(context, file: File, chroms: list[str], kinds) -> SharedRows:
    """Put the rows of a file into small blocks."""
    sink = BlockSink(context, 3000, ignore, with_pct=False, with_kind=kinds is not None)
    for name, pos in file.items():
        for start in range(0, len(pos), 1000):
            part = pos[start : start + 1000].astype(np.int32)
            ones = np.ones(len(part), np.uint64)
            kind = kinds[name][start : start + 1000] if kinds is not None else np.empty(0, "u1")
            runs = np.array([[chroms.index(name), 0]])
            sink.append(runs, [part, np.empty(0, "f4"), ones, ones, kind])
    sink.finish()
    return sink.rows(chroms, None).share(context)


def readings(n: int) -> list[Reading]:
    """Files that are all known."""
    return [Reading(f"s{k:02}", f"s{k:02}.txt", "five_column", 1) for k in range(n)]


def agreement(files: Sequence[File], named: Sequence[Reading] | None = None, **more) -> Agreement:
    """The comparison of some files."""
    with cohort_of(files, named or readings(len(files)), **more) as (found, *_):
        return found


def genome(seed: int, n: int = 30_000) -> File:
    """CpGs of two chromosomes: the positions of their C."""
    random = np.random.default_rng(seed)
    return {name: np.cumsum(random.integers(2, 120, n // 2)) for name in ("chr1", "chr2")}


def covered(truth: File, seed: int, share: float, strands: str = "both") -> tuple[File, File]:
    """Rows of a sample at low or high coverage, and their kinds: reads cover a few neighbours."""
    random = np.random.default_rng(seed)
    file, kinds = {}, {}
    for name, pos in truth.items():
        fragment = np.arange(len(pos)) // 3
        rows = []
        for bit, shift in ((PLUS, 0), (MINUS, 1)):
            if strands != "both" and bit != (PLUS if strands in ("plus", "merged") else MINUS):
                continue
            has = random.random(fragment[-1] + 1)[fragment] < share
            kind = BOTH if strands == "merged" else bit
            rows.append(np.column_stack([pos[has] + shift, np.full(has.sum(), kind | CPG)]))
        both = np.concatenate(rows)
        both = both[np.argsort(both[:, 0])]
        file[name], kinds[name] = both[:, 0], both[:, 1].astype(np.uint8)
    return file, kinds


def loaded(reading: Reading, rows: FileRows) -> LoadedFile:
    """A file as it is before its base is compared."""
    rival = READERS[reading.rival] if reading.rival else None
    source = Source(reading.name, reading.path, "auto")
    return LoadedFile(0, source, Identified(READERS[reading.format], "ends", (), rival), rows)
