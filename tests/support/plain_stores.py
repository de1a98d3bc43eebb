"""Small stores with known values, written by h5py alone: nothing of them is checked or sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from methcohort.store.cytosine import LEGENDS


@dataclass
class Plain:
    """What a store is to hold; `chrom` are numbers of `chroms`, and sites are sorted."""

    chroms: tuple[str, ...]
    chrom: npt.NDArray[np.int64]
    pos: npt.NDArray[np.int64]
    c: npt.NDArray[np.integer]
    t: npt.NDArray[np.integer]
    samples: tuple[str, ...]
    sheet: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    with_pct: bool = True
    chunk: tuple[int, int] = (2, 8)

    @property
    def pct(self) -> npt.NDArray[np.float32]:
        """Percentages of the counts."""
        n = self.c.astype(np.float64) + self.t
        with np.errstate(invalid="ignore"):
            return (100.0 * self.c.astype(np.float64) / n).astype(np.float32)

    def write(self, path: Path) -> Path:
        """Write the store; return its path."""
        with h5py.File(path, "w") as file:
            says = {
                "format": "methcohort",
                "format-version": "1.0",
                "assembly": "made",
                "digest": f"sha256:{path.name}",
            }
            for name, text in says.items():
                _attribute(file, name, text)
            _attribute(file, "layers", ["c", "t", *(["pct"] if self.with_pct else [])])
            _texts(file, "chroms/name", self.chroms)
            ends = np.searchsorted(self.chrom, np.arange(len(self.chroms)), side="right")
            file["chroms/offset"] = np.concatenate([[0], ends]).astype("<i8")
            _texts(file, "samples/name", self.samples)
            _texts(file, "sheet/columns", tuple(self.sheet))
            _texts(file, "sheet/values", tuple(self.sheet.values()), len(self.samples))
            self._numbers(file)
        return path

    def _numbers(self, file: h5py.File) -> None:
        shape = self.c.shape
        how = {"chunks": self.chunk, "compression": "gzip", "shuffle": True} if shape[1] else {}
        if shape[1]:
            how["chunks"] = tuple(map(min, self.chunk, shape))
        file.create_dataset("layers/c", data=self.c, **how)
        file.create_dataset("layers/t", data=self.t, **how)
        if self.with_pct:
            file.create_dataset("layers/pct", data=self.pct, **how)
        file["sites/pos"] = self.pos.astype("<i4")
        for name, values in self.kinds.items():
            file[f"sites/{name}"] = values.astype("u1")
            _attribute(file[f"sites/{name}"], "legend", LEGENDS[name])


def _attribute(owner: h5py.HLObject, name: str, texts: str | Sequence[str]) -> None:
    """Give an attribute of one text or several, of a fixed length."""
    bits = np.char.encode(np.array(texts, str), "utf-8")
    kind = h5py.string_dtype("utf-8", bits.dtype.itemsize)
    owner.attrs.create(name, bits.astype(kind), dtype=kind)


def _texts(file: h5py.File, name: str, texts: tuple[object, ...], width: int = 0) -> None:
    """Write texts of a fixed length; `width` is that of a table without rows."""
    bits = np.char.encode(np.array(texts or np.empty((0, width), "U1"), str), "utf-8")
    bits = bits.reshape(-1) if not width else bits.reshape(-1, width)
    size = max(1, bits.dtype.itemsize)
    file.create_dataset(name, data=bits.astype(h5py.string_dtype("utf-8", size)))


def simulated(
    seed: int = 1,
    sizes: tuple[int, ...] = (40, 25, 7),
    n_samples: int = 5,
    dtype: str = "u2",
    *,
    kinds: bool = True,
) -> Plain:
    """Return a store of random values: a third of them not observed, some as large as can be."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    chrom = np.repeat(np.arange(len(sizes)), sizes)
    pos = np.concatenate(
        [
            np.empty(0, int),
            *(np.sort(rng.choice(np.arange(1, 400), k, replace=False)) for k in sizes),
        ]
    )
    counts = rng.integers(0, 9, (2, n_samples, n)) * rng.integers(0, 2, (n_samples, n))
    top = np.iinfo(dtype).max
    counts[rng.random(counts.shape) < 0.05] = top
    counts[:, rng.random(counts.shape[1:]) < 0.05] = top
    c, t = counts.astype(dtype)
    known = {"strand": rng.integers(0, 4, n), "context": rng.integers(0, 5, n)} if kinds else {}
    group = ("case", "control", "case", "control", "")
    age = ("50", "61.5", "", "7", "50.0")
    return Plain(
        tuple(("chr1", "HLA:1,2", "chr10")[: len(sizes)]),
        chrom, pos, c, t,
        tuple(f"s{k}" for k in range(n_samples)),
        {"group": group[:n_samples], "age": age[:n_samples], "first seen": ("007",) * n_samples},
        {name: values.astype("u1") for name, values in known.items()},
    )  # fmt: skip
