"""Stores that grow, with samples whose values are known."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import callers
import h5py
import pytest
from cohorts import Row, write_sample, write_sheet
from writers import WRITERS, Writer

import methcohort
from methcohort.store.seal import append_seal

SEAL_BYTES = 64


class Samples:
    """Text files of some samples, and stores of some of them."""

    def __init__(self, root: Path, rows: Sequence[Sequence[Row]], **config: Any) -> None:
        self.root, self.config = root, config
        self.paths = [write_sample(root / f"s{k}.txt", one) for k, one in enumerate(rows)]

    def sheet(self, chosen: Sequence[int], name: str = "samples.tsv") -> Path:
        """Write the sheet of some samples."""
        return write_sheet(self.root / name, [[f"s{k}", str(self.paths[k]), "o"] for k in chosen])

    def build(self, *chosen: int, **options: Any) -> Path:
        """Build the store of some samples, named for them."""
        path = self.root / f"{''.join(map(str, chosen))}{options.pop('name', '')}.h5"
        options = {"workers": 0, "config": self.config} | options
        methcohort.build(self.sheet(chosen), path, **options)
        return path


def told(work: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """The one sentence with which something is refused."""
    with pytest.raises(methcohort.MethcohortError) as caught:
        work(*arguments, **{"workers": 0} | options)
    return str(caught.value)


def edited(path: Path, edit: Callable[[h5py.File], None]) -> Path:
    """A copy of a store, changed by another program and sealed again."""
    other = path.with_name(f"edited-{path.name}")
    other.write_bytes(path.read_bytes()[:-SEAL_BYTES])
    with h5py.File(other, "r+", libver=("v110", "v110")) as file:
        edit(file)
    append_seal(other)
    return other


def with_attribute(name: str, value: str) -> Callable[[h5py.File], None]:
    """An edit that sets an attribute."""

    def edit(file: h5py.File) -> None:
        del file.attrs[name]
        file.attrs.create(name, value.encode(), dtype=h5py.string_dtype("utf-8", len(value)))

    return edit


GENOME = callers.make_genome(3, {"chr1": 16_000, "chr2": 8_000})


CPGS = [row for row in callers.cytosines(GENOME) if row.context == "CpG"]


def calls(path: Path, writer: Writer, seed: int, shift: int = 0, prefix: str = "chr") -> Path:
    """Write a sample of the genome, its positions shifted and its chromosomes named otherwise."""
    rows = [
        replace(
            row,
            pos=row.pos + shift,
            chrom=row.chrom.replace("chr", prefix),
            strand="both" if writer.merged else row.strand,
        )
        for row in callers.cover(CPGS, seed, 0.8)
        if not (writer.merged and row.strand == "-")
    ]
    path.write_text(writer.text(rows))
    return path


def writer_of(form: str) -> Writer:
    return next(writer for writer in WRITERS if writer.form == form)
