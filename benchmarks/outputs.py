"""What an output holds, by one small reader for each kind, to compare it with the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
from cases import BenchmarkError

import methcohort

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Samples and sites that are added up at a time.
SAMPLES: Final = 8
SITES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sums:
    """Number of sites, and the sums of c and of t of each sample in the order of the sheet."""

    n_sites: int
    c: tuple[int, ...]
    t: tuple[int, ...]


def expected(truth: dict[str, Any]) -> Sums:
    """Return the sums that generate.py wrote down."""
    samples = truth["samples"].values()
    c, t = (tuple(sample[name] for sample in samples) for name in ("sum_c", "sum_t"))
    return Sums(truth["n_sites"], c, t)


def row_sums(matrix: Any) -> tuple[int, ...]:
    """Return the sum of each row of an HDF5 dataset."""
    n_rows, n_sites = matrix.shape
    sums = np.zeros(n_rows, np.int64)
    for row in range(0, n_rows, SAMPLES):
        for start in range(0, n_sites, SITES):
            part = matrix[row : row + SAMPLES, start : start + SITES]
            sums[row : row + SAMPLES] += part.sum(axis=1, dtype=np.int64)
    return tuple(sums.tolist())


def of_store(folder: Path) -> Sums:
    """Add up a store that `methcohort build` wrote."""
    with methcohort.open_store(folder / "cohort.h5") as store:
        c, t = (row_sums(store.file[f"layers/{name}"]) for name in ("c", "t"))
        return Sums(store.n_sites, c, t)


def of_matrix(folder: Path) -> Sums:
    """Add up the HDF5 matrices c and t, samples x sites."""
    with h5py.File(folder / "cohort.h5") as file:
        return Sums(file["c"].shape[1], row_sums(file["c"]), row_sums(file["t"]))


def of_bsseq(folder: Path) -> Sums:
    """Add up the HDF5 matrices M and Cov of bsseq: t is what Cov has more than M."""
    with h5py.File(folder / "bsseq" / "assays.h5") as file:
        c, both = row_sums(file["M"]), row_sums(file["Cov"])
        t = tuple(n - m for m, n in zip(c, both, strict=True))
        return Sums(file["M"].shape[1], c, t)


def of_parquet(folder: Path) -> Sums:
    """Add up the columns c_SAMPLE and t_SAMPLE of a Parquet file."""
    import duckdb  # noqa: PLC0415 (only where a peer wrote Parquet)

    source = f"FROM read_parquet('{folder / 'cohort.parquet'}')"
    try:
        with duckdb.connect() as db:
            columns = [row[0] for row in db.execute(f"DESCRIBE {source}").fetchall()]
            names = {
                layer: [name for name in columns if name.startswith(f"{layer}_")]
                for layer in ("c", "t")
            }
            wanted = ", ".join(f'sum("{name}")' for name in (*names["c"], *names["t"]))
            row = db.execute(f"SELECT count(*), {wanted} {source}").fetchall()[0]
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    n_sites, *sums = (int(value) for value in row)
    return Sums(n_sites, tuple(sums[: len(names["c"])]), tuple(sums[len(names["c"]) :]))


READERS: Final[dict[str, Callable[[Path], Sums]]] = {
    "store": of_store,
    "matrix": of_matrix,
    "parquet": of_parquet,
    "bsseq": of_bsseq,
}


def check(kind: str, folder: Path, truth: dict[str, Any]) -> None:
    """Compare an output with the text.

    Raises
    ------
    BenchmarkError
        Where it cannot be read, or the number of sites or a sum of a sample differs.
    """
    if kind == "nothing":
        return
    want = expected(truth)
    try:
        found = READERS[kind](folder)
    except (OSError, KeyError, ValueError) as error:
        raise BenchmarkError(f"its output cannot be read ({error})") from error
    if found.n_sites != want.n_sites:
        raise BenchmarkError(f"it has {found.n_sites:,} sites; expected {want.n_sites:,}")
    for layer in ("c", "t"):
        sums, right = getattr(found, layer), getattr(want, layer)
        if sums == right:
            continue
        if len(sums) != len(right):
            raise BenchmarkError(f"it has {len(sums)} samples; expected {len(right)}")
        sample = next(k for k, value in enumerate(sums) if value != right[k])
        message = (
            f"its {layer} adds up to {sum(sums):,}; expected {sum(right):,}; sample {sample + 1} "
            f"has {sums[sample]:,} instead of {right[sample]:,}"
        )
        raise BenchmarkError(message)


def output_bytes(folder: Path) -> int:
    """Return the bytes of all files of an output."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
