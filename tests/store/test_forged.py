"""Stores that say of themselves what they do not hold, sealed again by whoever changed them.

Samples are never taken from one with a wrong value: it is refused with a sentence, or what comes
out is right. As an earlier store it is passed over.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cohorts
import h5py
import numpy as np
import pytest
from growing_stores import Samples, calls, edited, told, with_attribute, writer_of

import methcohort
from methcohort.store.codec import block_digest
from methcohort.store.digest import content_digest
from methcohort.store.schema import BLOCK_SITES

Edit = Callable[[h5py.File], None]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Four samples: the second and third alone have counts of two bytes."""
    rows, _ = cohorts.simulate(1, 4, {"chr1": 900, "chr2": 300})
    rows[1][5] = ("chr1", rows[1][5][1], f"{100 * 2996 / 2999:.4f}", 2996, 3)
    rows[2][7] = ("chr1", rows[2][7][1], f"{100 * 2900 / 3000:.4f}", 2900, 100)
    return Samples(tmp_path_factory.mktemp("samples"), rows, chunks=[2, 256])


def wanted(samples: Samples, *chosen: int) -> Path:
    """The store of some samples, built once."""
    path = samples.root / f"{''.join(map(str, chosen))}wanted.h5"
    return path if path.exists() else samples.build(*chosen, name="wanted")


def values(path: Path) -> dict[str, Any]:
    """All that was measured, in one dtype."""
    with methcohort.open_store(path) as store:
        found = {
            layer: store.read_layer(layer, slice(None), 0, store.n_sites).astype(np.float64)
            for layer in store.layers
        }
        places = store.samples, store.chroms, store.chrom_offset.tolist(), store.pos.tolist()
    return {"places": places} | {layer: np.nan_to_num(v, nan=-1) for layer, v in found.items()}


def same(one: Path, other: Path) -> bool:
    """Whether two stores have the same values."""
    first, second = values(one), values(other)
    return all(
        np.array_equal(first[name], second[name]) for name in first if name != "places"
    ) and (first["places"] == second["places"])


def consistent(file: h5py.File) -> None:
    """Have all digests be those of what is there, as a forger would."""
    digest = [block_digest(file["sites/pos"][k : k + BLOCK_SITES]) for k in (0,)]
    file["digests/sites"][...] = np.frombuffer(b"".join(digest), np.uint8).reshape(-1, 32)
    for kind in ("strand", "context"):
        if kind in file["sites"]:
            found = np.frombuffer(block_digest(file[f"sites/{kind}"][...]), np.uint8)
            file[f"digests/{kind}"][...] = found.reshape(-1, 32)
    for layer in file["layers"]:
        rows = [block_digest(row) for row in file[f"layers/{layer}"][...]]
        file[f"digests/{layer}"][...] = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 1, 32)
    kinds = tuple(kind for kind in ("strand", "context") if kind in file["sites"])
    with_attribute("digest", content_digest(file, kinds))(file)


def count(name: str, row: int, value: int) -> Edit:
    """Say another count of a sample."""

    def edit(file: h5py.File) -> None:
        file[f"samples/{name}"][row] = value

    return edit


def remade(name: str, dtype: str | None = None, **changed: Any) -> Edit:
    """Write a dataset anew, with the same values and other filters, chunks or type."""

    def edit(file: h5py.File) -> None:
        old = file[name]
        told = {
            "chunks": old.chunks,
            "compression": "gzip",
            "shuffle": old.shuffle,
            "fletcher32": True,
        }
        data, kind = old[...], dtype or old.dtype
        del file[name]
        file.create_dataset(name, data=data.astype(kind), **told | changed)
        consistent(file)

    return edit


def swapped_chroms(file: h5py.File) -> None:
    """Have the chromosomes in another order."""
    sizes = np.diff(file["chroms/offset"][...])[::-1]
    n = int(sizes[0])
    file["chroms/name"][...] = file["chroms/name"][...][::-1]
    file["chroms/offset"][...] = [0, n, n + int(sizes[1])]
    for name in ("sites/pos", "layers/c", "layers/t", "layers/pct"):
        data = file[name][...]
        file[name][...] = np.roll(data, n, axis=-1)
    consistent(file)


def moved_site(file: h5py.File) -> None:
    """Have a site elsewhere, without its digest."""
    file["sites/pos"][0] = 1


def moved_chrom(file: h5py.File) -> None:
    """Have some sites on another chromosome."""
    file["chroms/offset"][1] -= 1


def other_count(file: h5py.File) -> None:
    """Have one more read, and the digests, but not the sums, tell it."""
    file["layers/c"][0, 3] += 1
    consistent(file)


def without_chunk(file: h5py.File) -> None:
    """Have a chunk that was never written."""
    old = file["layers/t"]
    data, chunks, dtype = old[...], old.chunks, old.dtype
    del file["layers/t"]
    new = file.create_dataset(
        "layers/t", data.shape, dtype, chunks=chunks, compression="gzip", shuffle=True,
        fletcher32=True,
    )  # fmt: skip
    new[:, 256:] = data[:, 256:]
    with_attribute("digest", content_digest(file, ()))(file)


def replaced(name: str, value: Any) -> Edit:
    """Write other values in the place of a dataset."""

    def edit(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return edit


def first(name: str, value: Any) -> Edit:
    """Change the first value of a dataset."""

    def edit(file: h5py.File) -> None:
        file[name][0] = value

    return edit


def wide_digests(file: h5py.File) -> None:
    """Have digests of another type, whose values are the same."""
    found = file["digests/c"][...]
    del file["digests/c"]
    file["digests/c"] = found.astype(np.float32)


FORGED: dict[str, Edit] = {
    "largest of one": count("largest_count", 1, 180),
    "largest of all": lambda file: file["samples/largest_count"].write_direct(
        np.full(3, 180, np.int64)
    ),
    "largest too large": count("largest_count", 0, 70_000),
    "largest of 2^62": count("largest_count", 0, 1 << 62),
    "negative count": count("sum_c", 0, -1),
    "sum of c": count("sum_c", 1, 7),
    "sum of t": count("sum_t", 1, 1 << 40),
    "sites of a sample": count("n_sites", 0, 3),
    "more sites than there are": count("n_sites", 0, 1 << 50),
    "rows": count("n_rows", 0, 5),
    "dropped rows": count("n_dropped_chroms", 0, 5),
    "counts as floats": lambda file: replaced("samples/sum_c", np.zeros(3))(file),
    "order of chromosomes": swapped_chroms,
    "a site elsewhere": moved_site,
    "sites on another chromosome": moved_chrom,
    "narrow layer": remade("layers/t", "u1"),
    "wide layer": remade("layers/t", "u4"),
    "signed layer": remade("layers/t", "i2"),
    "big-endian layer": remade("layers/t", ">u2"),
    "wide levels": remade("layers/pct", "f8"),
    "no shuffle": remade("layers/c", shuffle=False),
    "shuffled levels": remade("layers/pct", shuffle=True),
    "no checksum": remade("layers/c", fletcher32=False),
    "other chunks": remade("layers/c", chunks=(1, 128)),
    "no chunks": remade(
        "layers/c", chunks=None, compression=None, shuffle=False, fletcher32=False
    ),
    "a chunk left out": without_chunk,
    "digests as floats": wide_digests,
    "unknown format": replaced(
        "inputs/format", np.array([b"nothing"] * 3, h5py.string_dtype("utf-8", 7))
    ),
    "base 7": first("inputs/base", 7),
    "negative size": first("inputs/size", -1),
    "numbers as names": replaced("inputs/path", np.arange(3)),
    "other digest": with_attribute("digest", "sha256:" + "0" * 64),
}  # fmt: skip


def attempts(
    samples: Samples, store: Path
) -> dict[str, tuple[tuple[int, ...], Callable[[Path], Any]]]:
    """What is done with a store of the samples 0, 1 and 2: the samples it ends with, and how."""
    other = samples.build(3)
    return {
        "merge": ((0, 1, 2, 3), lambda out: methcohort.merge([store, other], out, workers=0)),
        "merge one": ((0, 1, 2), lambda out: methcohort.merge([store], out, workers=0)),
        "add": (
            (0, 1, 2, 3),
            lambda out: methcohort.add(store, samples.sheet((3,)), output=out, workers=0),
        ),
        "remove": ((0, 1), lambda out: methcohort.remove(store, ["s2"], output=out, workers=0)),
    }


@pytest.mark.parametrize("kind", FORGED)
def test_forged_stores(samples: Samples, tmp_path: Path, caplog: Any, kind: str) -> None:
    store = edited(samples.build(0, 1, 2), FORGED[kind])
    refused = 0
    for name, (chosen, work) in attempts(samples, store).items():
        out = tmp_path / f"out-{name}.h5"
        try:
            work(out)
        except methcohort.StoreError as error:
            assert str(store) in str(error), (name, str(error))
            assert "\n" not in str(error)
            assert not out.exists()
            refused += 1
        else:
            assert same(out, wanted(samples, *chosen)), name
    assert refused, "it was not noticed by any command"
    found = samples.build(0, 1, 2, 3, name="e", earlier=store)
    assert found.read_bytes() == wanted(samples, 0, 1, 2, 3).read_bytes()


def test_count_beyond_the_dtype(samples: Samples, tmp_path: Path) -> None:
    """Removing the sample with the other large count leaves the forged one to decide the dtype."""
    store = edited(samples.build(0, 1, 2), count("largest_count", 1, 180))
    said = told(methcohort.remove, store, ["s2"], output=tmp_path / "out.h5")
    assert said == (
        f"{store}: sample number 1 has a count in layer c above the largest that the store says "
        "its samples have; it is damaged; build it again"
    )


@pytest.mark.parametrize("edit", [other_count, first("layers/c", 7)], ids=["sums", "digests"])
def test_copied_values_keep_what_is_said_of_them(
    samples: Samples, tmp_path: Path, edit: Edit
) -> None:
    """Where chunks are copied as they lie, `verify` tells what was changed, as it did before.

    Where values are put to other sites, they are compared with what the store says of the sample.
    """
    store, out = edited(samples.build(0, 1, 2), edit), tmp_path / "out.h5"
    said = told_by_verify(store).splitlines()[0].removeprefix(f"{store}: ")
    methcohort.merge([store], out, workers=0)
    assert f"{out}: {said}" in told_by_verify(out)
    found = told(methcohort.merge, [store, samples.build(3)], tmp_path / "other.h5")
    assert found.startswith(f"{store}: ")
    assert "of sample s0 is " in found


def told_by_verify(path: Path) -> str:
    with pytest.raises(methcohort.StoreError) as caught:
        methcohort.verify(path)
    return str(caught.value)


def test_sites_of_one_list_differ(samples: Samples, tmp_path: Path) -> None:
    """Where the sites are given, a store of others would lose what it has there."""
    bed = tmp_path / "sites.bed"
    bed.write_text("chr1\t0\t20000\nchr2\t0\t20000\n")
    samples.config["sites"] = str(bed)

    def moved(file: h5py.File) -> None:
        pos = file["sites/pos"][...]
        file["sites/pos"][5] = pos[4] + (pos[5] == pos[4] + 1)
        file["sites/pos"][...] = np.concatenate([pos[:-1], [pos[-1] + 1]])
        consistent(file)

    store, other = samples.build(0, 1), edited(samples.build(2, 3), moved)
    said = told(methcohort.merge, [store, other], tmp_path / "out.h5")
    assert said.startswith(f"{other}: its sites differ from those of {store}")


@pytest.mark.parametrize("name", ["strand", "context"])
@pytest.mark.parametrize("forged", ["legend", "value", "digest"])
def test_kinds(tmp_path: Path, name: str, forged: str) -> None:
    """What is known of the sites is not taken from names that mean something else."""
    sheet = cohorts.write_sheet(
        tmp_path / "s.tsv",
        [["a", str(calls(tmp_path / "a", writer_of("bismark_report"), 1)), "o", "bismark_report"]],
        ["format"],
    )
    methcohort.build(sheet, tmp_path / "a.h5", workers=0)

    def edit(file: h5py.File) -> None:
        dataset = file[f"sites/{name}"]
        if forged == "legend":
            names = dataset.attrs["legend"]
            dataset.attrs["legend"] = np.array([*names[:1], *names[1:3][::-1], *names[3:]])
        elif forged == "value":
            dataset[0] = 2 if dataset[0] == 1 else 1
        else:
            file[f"digests/{name}"][0] = 0

    store = edited(tmp_path / "a.h5", edit)
    said = told(methcohort.merge, [store], tmp_path / "out.h5")
    assert said.startswith(f"{store}: ")
    assert "it is damaged; build it again" in said
