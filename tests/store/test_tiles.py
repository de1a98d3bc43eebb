"""Reading by chunks gives what HDF5 gives, whatever the file looks like."""

import math
import zlib
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methcohort.store import tiles
from methcohort.store.positions import Positions
from methcohort.store.tiles import Tiles

STORAGE: dict[str, dict[str, Any]] = {
    "shuffle, deflate, checksum": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "shuffle, deflate": {"compression": "gzip", "compression_opts": 3, "shuffle": True},
    "deflate": {"compression": "gzip", "compression_opts": 9},
    "shuffle": {"shuffle": True},
    "chunks": {},
    "lzf": {"compression": "lzf", "shuffle": True},
    "deflate, checksum": {"compression": "gzip", "fletcher32": True},
    "checksum": {"fletcher32": True},
    "lzf, checksum": {"compression": "lzf", "fletcher32": True},
    "contiguous": {"chunks": None},
}
DTYPES = ["<u1", "<u2", "<u4", "<i4", "<f4", "<i8", ">u2", ">f4"]


@pytest.fixture
def file() -> Iterator[h5py.File]:
    """A file in memory."""
    with h5py.File("any.h5", "w", driver="core", backing_store=False) as opened:
        yield opened


@pytest.fixture
def eager_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads for the smallest read."""
    monkeypatch.setattr(tiles, "_THREAD_BYTES", 1)
    monkeypatch.setattr(tiles, "_processors", lambda: 4)


def values_of(seed: int, shape: tuple[int, ...], dtype: str) -> Any:
    """Random bytes as numbers, most of the high bytes zero."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    return (rng.poisson(3, shape) + (rng.random(shape) < 0.02) * 200_000).astype(dtype)


@st.composite
def readings(draw: st.DrawFn) -> dict[str, Any]:
    """A dataset, the corner of it that is written, and what is read of it."""
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 300))
    start, stop = sorted(draw(st.tuples(*[st.integers(0, shape[1])] * 2)))
    some = st.lists(st.integers(0, shape[0] - 1), max_size=25)
    spans = st.builds(range, st.integers(0, shape[0]), st.integers(0, shape[0]))
    return {
        "shape": shape,
        "chunks": (draw(st.integers(1, shape[0])), draw(st.integers(1, shape[1]))),
        "dtype": draw(st.sampled_from(DTYPES)),
        "storage": draw(st.sampled_from(sorted(STORAGE))),
        "corner": (draw(st.integers(0, shape[0])), draw(st.integers(0, shape[1]))),
        "fill": draw(st.sampled_from([0, 7])),
        "seed": draw(st.integers(0, 9)),
        "rows": list(draw(some | spans)),
        "range": (start, stop),
    }


def create(file: h5py.File, case: dict[str, Any]) -> h5py.Dataset:
    options = {"chunks": case["chunks"]} | STORAGE[case["storage"]]
    shape, dtype = case["shape"], case["dtype"]
    dataset = file.create_dataset("x", shape, dtype, fillvalue=case["fill"], **options)
    height, width = case["corner"]
    dataset[:height, :width] = values_of(case["seed"], (height, width), dtype)
    file.flush()
    return dataset


def lacks_chunk(dataset: h5py.Dataset, case: dict[str, Any]) -> bool:
    """Whether some of what is read lies in a chunk beside the corner that was written."""
    if dataset.chunks is None:
        return False
    (height, width), (start, stop) = dataset.chunks, case["range"]
    written = [-(-n // step) for n, step in zip(case["corner"], dataset.chunks, strict=True)]
    if 0 in case["corner"]:
        written = [0, 0]
    rows = {row // height for row in case["rows"]} if start < stop else set()
    columns = {column // width for column in range(start, stop)}
    return any(row >= written[0] for row in rows) or (
        bool(rows) and any(column >= written[1] for column in columns)
    )


@pytest.mark.usefixtures("eager_threads")
@settings(max_examples=300)
@given(case=readings(), threads=st.sampled_from([1, 4]))
def test_same_as_hdf5(case: dict[str, Any], threads: int) -> None:
    """Any rows in any order, any range, any storage; a chunk that was never written is an error."""
    with (
        h5py.File("any.h5", "w", driver="core", backing_store=False) as file,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(tiles, "_MOST_THREADS", threads)
        dataset = create(file, case)
        rows = np.array(case["rows"], np.intp)
        if lacks_chunk(dataset, case):
            with pytest.raises(OSError, match="never written"):
                Tiles(dataset).read(rows, *case["range"])
            return
        found = Tiles(dataset).read(rows, *case["range"])
        assert found.dtype == dataset.dtype
        np.testing.assert_array_equal(found, dataset[()][rows, slice(*case["range"])])


@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_axis(file: h5py.File, storage: str, dtype: str) -> None:
    values = values_of(1, (1000,), dtype)
    options = {"chunks": (64,)} | STORAGE[storage]
    found = Tiles(file.create_dataset("x", data=values, **options))
    file.flush()
    assert found.shape == (1, 1000)
    np.testing.assert_array_equal(found.read(np.zeros(1, np.intp), 100, 777)[0], values[100:777])


def test_hdf5_undoes_only_what_it_has_to(file: h5py.File) -> None:
    """The usual storage is never left to the slow way, and other storage always is."""
    slow = {"lzf", "lzf, checksum", "contiguous"}
    for name, options in STORAGE.items():
        data = values_of(1, (8, 100), "<u2")
        dataset = file.create_dataset(name, data=data, **({"chunks": (4, 32)} | options))
        file.flush()
        fetched = Tiles(dataset)._fetch(4, 64)
        assert (fetched is None) == (name in slow), name


@pytest.mark.parametrize("mask", [1, 2, 3])
def test_filter_mask(file: h5py.File, mask: int) -> None:
    """A chunk that was stored without some of its filters is read as it was stored."""
    data = values_of(3, (4, 64), "<u2")
    dataset = file.create_dataset(
        "x", (4, 128), "<u2", chunks=(4, 64), shuffle=True, compression="gzip"
    )
    raw = data.tobytes()
    if not mask & 1:
        raw = data.view("u1").reshape(-1, 2).T.tobytes()
    dataset.id.write_direct_chunk((0, 64), raw if mask & 2 else zlib.compress(raw), mask)
    file.flush()
    # HDF5 takes the mask of a chunk from its index once it has looked at another one.
    with pytest.raises(OSError, match=r"the chunk at \(0, 0\) was never written"):
        Tiles(dataset).read(np.arange(4), 60, 128)
    found = Tiles(dataset).read(np.arange(4), 70, 128)
    np.testing.assert_array_equal(found, data[:, 6:])


@pytest.mark.parametrize("length", [0, 1, 511, 513, 5000])
def test_chunk_of_another_length(file: h5py.File, length: int) -> None:
    """A chunk that inflates well but to another length is an error, not a value."""
    dataset = file.create_dataset("x", (4, 64), "<u2", chunks=(4, 64), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(b"\1" * length))
    file.flush()
    found = f"{length:,}" if length < 512 else "too many"
    with pytest.raises(OSError, match=f"has {found} bytes; expected 512"):
        Tiles(dataset).read(np.arange(4), 0, 64)


def flipped_chunks(dataset: h5py.Dataset) -> Iterator[bytes]:
    """A chunk with each of its bits turned in its turn, after it was stored so."""
    _, raw = dataset.id.read_direct_chunk((0, 0))
    for k in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[k // 8] ^= 1 << k % 8
        dataset.id.write_direct_chunk((0, 0), bytes(flipped))
        yield bytes(flipped)


@pytest.mark.parametrize("shuffle", [True, False])
def test_flipped_bits(file: h5py.File, shuffle: bool) -> None:
    """No single bit of a chunk with a checksum can be turned unnoticed."""
    dataset = file.create_dataset(
        "x",
        data=values_of(5, (4, 128), "<u2"),
        chunks=(4, 128),
        shuffle=shuffle,
        compression="gzip",
        fletcher32=True,
    )
    file.flush()
    for _ in flipped_chunks(dataset):
        with pytest.raises(OSError, match=r"filter|Fletcher32"):
            Tiles(dataset).read(np.arange(4), 0, 128)


def test_flipped_bits_without_checksum(file: h5py.File) -> None:
    """What the checksum of deflate catches is an error; the rest is what HDF5 reads, too."""
    data = values_of(5, (4, 128), "<u2")
    dataset = file.create_dataset("x", data=data, chunks=(4, 128), shuffle=True, compression="gzip")
    file.flush()
    n_errors = n_all = 0
    for flipped in flipped_chunks(dataset):
        n_all += 1
        try:
            planes = np.frombuffer(zlib.decompress(flipped), "u1").reshape(2, -1)
        except zlib.error:
            n_errors += 1
            with pytest.raises(OSError, match=r"inflate|filter|too many"):
                Tiles(dataset).read(np.arange(4), 0, 128)
        else:
            found = Tiles(dataset).read(np.arange(4), 0, 128)
            assert found.tobytes() == planes.T.tobytes()
    assert n_errors > 0.99 * n_all


def test_an_error_stops_all_threads(
    file: h5py.File, eager_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first damaged tile the other threads leave what is not begun."""
    dataset = file.create_dataset("x", (1, 40_000), "<u2", chunks=(1, 4), compression="gzip")
    begun = []

    def fail(self: Tiles, top: int, left: int) -> bytes:
        begun.append(left)
        message = "damaged"
        raise OSError(message)

    monkeypatch.setattr(Tiles, "_fetch", fail)
    with pytest.raises(OSError, match="damaged"):
        Tiles(dataset).read(np.zeros(1, np.intp), 0, 40_000)
    assert len(begun) < 10_000


@settings(max_examples=100)
@given(
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=400),
    chunk=st.sampled_from([1, 16, 64, 1000]),
    data=st.data(),
)
def test_find(gaps: list[int], chunk: int, data: st.DataObject) -> None:
    """Search within a part of the positions, as numpy does it in memory."""
    pos = np.cumsum(gaps, dtype=np.int32)
    with h5py.File("any.h5", "w", driver="core", backing_store=False) as file:
        chunks = (min(chunk, len(pos)),)
        found = Positions(Tiles(file.create_dataset("x", data=pos, chunks=chunks)))
        file.flush()
        for _ in range(20):
            ends = st.tuples(*[st.integers(0, len(pos))] * 2)
            first, end = sorted(data.draw(ends))
            value = data.draw(st.integers(0, int(pos[-1]) + 2) | st.just(2**31))
            expected = first + int(np.searchsorted(pos[first:end], value))
            assert found.find(value, first, end) == expected


def test_find_decodes_few_tiles(file: h5py.File, monkeypatch: pytest.MonkeyPatch) -> None:
    """About as many as the number of tiles has digits, and none twice."""
    pos = np.arange(10, 160_010, dtype=np.int32)
    found = Positions(Tiles(file.create_dataset("x", data=pos, chunks=(16,))))
    file.flush()
    fetched = []
    fetch = Tiles._fetch

    def count(self: Tiles, top: int, left: int) -> bytes | None:
        fetched.append(left)
        return fetch(self, top, left)

    monkeypatch.setattr(Tiles, "_fetch", count)
    assert found.find(77_777, 0, 160_000) == 77_767
    assert 1 <= len(fetched) <= math.log2(10_000) + 2
    assert len(set(fetched)) == len(fetched)
    before = len(fetched)
    assert found.find(77_778, 0, 160_000) == 77_768
    assert len(fetched) == before
