"""Reading a store: right from several threads and after a fork, and no more of it than needed."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cohorts
import h5py
import numpy as np
import pytest

import methcohort
from methcohort import Store, StoreError
from methcohort.store import tiles
from methcohort.store.tiles import Tiles

N_SAMPLES = 21
SITES = {"chr1": 2500, "chr2": 1200, "chr10": 40}
CHUNKS = [4, 256]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of many small chunks."""
    root = tmp_path_factory.mktemp("reading")
    samples, _ = cohorts.simulate(11, N_SAMPLES, SITES, max_count=500)
    return cohorts.make_cohort(root, samples).build(config={"chunks": CHUNKS})


@pytest.fixture(scope="module")
def truth(path: Path) -> dict[str, Any]:
    """All values, read by HDF5 alone."""
    with h5py.File(path) as file:
        layers = {name: item[()] for name, item in file["layers"].items()}
        return {"pos": file["sites/pos"][()], "offset": file["chroms/offset"][()], **layers}


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with methcohort.open_store(path) as opened:
        yield opened


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The tiles that were fetched, at any time."""
    found: list[tuple[int, int]] = []
    fetch = Tiles._fetch

    def count(self: Tiles, top: int, left: int) -> bytes | None:
        found.append((top, left))
        return fetch(self, top, left)

    monkeypatch.setattr(Tiles, "_fetch", count)
    return found


@pytest.fixture
def eager_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "_THREAD_BYTES", 1)
    monkeypatch.setattr(tiles, "_processors", lambda: 3)


ROWS: dict[str, Any] = {
    "one": 3,
    "last": -1,
    "numpy": np.int64(5),
    "slice": slice(2, 9),
    "steps": slice(None, None, -3),
    "all": slice(None),
    "unsorted": [20, 0, 7, 6, 7],
    "none": [],
    "array": np.arange(4, 12),
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("layer", ["c", "t", "pct"])
def test_rows(store: Store, truth: dict[str, Any], layer: str, rows: str) -> None:
    """Rows as numpy takes them; ranges as slices take them."""
    for start, stop in [(0, 3740), (255, 257), (10, 10), (3000, 99_999), (-5, 3740), (9, 3)]:
        found = store.read_layer(layer, ROWS[rows], start, stop)
        expected = truth[layer][ROWS[rows]][..., start:stop]
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize("rows", [0.5, [0, 1.0], True, [True] * N_SAMPLES, "s1", [[0], [1]], None])
def test_rows_that_are_no_numbers(store: Store, rows: Any) -> None:
    """A number that would have to be rounded, or means something else, is refused."""
    with pytest.raises(TypeError, match="expected a whole number, several, or a slice"):
        store.read_layer("c", rows, 0, 10)


@pytest.mark.parametrize("row", [N_SAMPLES, -N_SAMPLES - 1, [0, 99], np.uint64(2**64 - 1)])
def test_no_such_row(store: Store, row: Any) -> None:
    with pytest.raises(StoreError, match=r"no sample number -?\d+; there are 21"):
        store.read_layer("c", row, 0, 10)


def test_regions(store: Store, truth: dict[str, Any]) -> None:
    """Any region of any chromosome, also between sites and beyond the last."""
    rng = np.random.default_rng(1)
    for number, chrom in enumerate(store.chroms):
        first, end = truth["offset"][number : number + 2]
        pos = truth["pos"][first:end]
        for _ in range(60):
            low, high = np.sort(rng.integers(1, pos[-1] + 100, 2)).tolist()
            region = store.region(f"{chrom}:{low}-{high}", samples=["s3", "s1"])
            inside = first + np.flatnonzero((pos >= low) & (pos <= high))
            np.testing.assert_array_equal(region.pos, truth["pos"][inside])
            np.testing.assert_array_equal(region.t, truth["t"][[2, 0]][:, inside])


def test_a_region_reads_only_its_chunks(store: Store, fetched: list[tuple[int, int]]) -> None:
    """The chunks of its sites, once each layer, and a few of the positions."""
    n_tiles = -(-N_SAMPLES // CHUNKS[0])
    pos = store.positions(1000, 1003).tolist()
    fetched.clear()
    region = store.region(f"chr1:{pos[0]}-{pos[2]}")
    # 3740 sites lie in one chunk of positions.
    assert len(fetched) <= 2
    fetched.clear()
    assert region.c.shape == (N_SAMPLES, 3)
    assert sorted(fetched) == [(top * CHUNKS[0], 768) for top in range(n_tiles)]
    fetched.clear()
    assert store.region(f"chr1:{pos[0]}-{pos[2]}", samples=["s2"]).t.shape == (1, 3)
    assert fetched.count((0, 768)) == 1
    assert all(top == 0 for top, _ in fetched)


def test_a_sample_reads_only_its_chunks(store: Store, fetched: list[tuple[int, int]]) -> None:
    assert store.sample("s6").c.shape == (3740,)
    assert sorted(fetched) == [(4, left) for left in range(0, 3740, 256)]


@pytest.mark.parametrize("sites", [1, 100, 256, 3740, 65536])
@pytest.mark.parametrize("samples", [None, ["s9", "s2"]])
def test_blocks(store: Store, truth: dict[str, Any], sites: int, samples: list[str] | None) -> None:
    """Block after block, all sites once and in order."""
    rows = list(range(N_SAMPLES)) if samples is None else [8, 1]
    at = 0
    for block in store.blocks(("t", "pct"), samples, sites):
        assert block.start == at
        assert block.stop == min(at + sites, 3740)
        np.testing.assert_array_equal(block.pos, truth["pos"][at : block.stop])
        assert list(block.values) == ["t", "pct"]
        for layer, values in block.values.items():
            np.testing.assert_array_equal(values, truth[layer][rows][:, at : block.stop])
        at = block.stop
    assert at == 3740


def test_blocks_are_read_one_by_one(store: Store, fetched: list[tuple[int, int]]) -> None:
    """Nothing is read before it is asked for, and each chunk once."""
    blocks = store.blocks(sites=256)
    assert fetched == []
    assert set(next(blocks).values) == {"c", "t", "pct"}
    n_tiles = -(-N_SAMPLES // CHUNKS[0])
    assert len(fetched) == 3 * n_tiles + 1


def test_blocks_of_a_region(store: Store, fetched: list[tuple[int, int]]) -> None:
    """A region comes in the blocks of the store, and none is read before its turn."""
    whole = store.region("chr2", samples=["s7", "s3"])
    pieces = whole.blocks(sites=1000)
    fetched.clear()
    found = [next(pieces)]
    assert {left // 256 for _, left in fetched} == {9, 10, 11, 0}
    found += pieces
    assert [(block.start, block.stop) for block in found] == [
        (2500, 3000),
        (3000, 3700),
    ]
    np.testing.assert_array_equal(np.concatenate([block.pos for block in found]), whole.pos)
    for layer in store.layers:
        values = np.concatenate([block.values[layer] for block in found], axis=1)
        np.testing.assert_array_equal(values, whole.layer(layer))
    first = int(whole.pos[0])
    assert [block.stop for block in store.region(f"chr2:{first}-{first}").blocks()] == [2501]
    assert list(store.region("chr2:1-1").blocks()) == []


def test_blocks_of_what_is_not_there(store: Store) -> None:
    with pytest.raises(StoreError, match="no sample 'nobody'"):
        next(store.blocks(samples=["nobody"]))
    with pytest.raises(StoreError, match="no layer depth"):
        next(store.blocks(layers=["depth"]))
    with pytest.raises(ValueError, match="0 sites"):
        next(store.blocks(sites=0))


@pytest.mark.usefixtures("eager_threads")
def test_threads_share_a_store(store: Store, truth: dict[str, Any]) -> None:
    """Threads that each read with threads get what belongs to them."""

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(40):
            layer = rng.choice(["c", "t", "pct"])
            start, stop = np.sort(rng.integers(0, 3741, 2)).tolist()
            rows = rng.integers(0, N_SAMPLES, rng.integers(1, 9))
            found = store.read_layer(layer, rows, start, stop)
            np.testing.assert_array_equal(found, truth[layer][rows, start:stop])
            low = int(rng.integers(1, 30_000))
            pos = truth["pos"][: SITES["chr1"]]
            region = store.region(f"chr1:{low}-{low + 500}")
            expected = pos[(pos >= low) & (pos <= low + 500)]
            np.testing.assert_array_equal(region.pos, expected)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))


FORKED = """
import os, sys
import numpy as np
import methcohort
from methcohort.store import tiles
tiles._THREAD_BYTES, tiles._processors = 1, lambda: 3
with methcohort.open_store(sys.argv[1]) as store:
    before = store.read_layer("c", slice(None), 0, store.n_sites)
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            same = np.array_equal(store.read_layer("c", slice(None), 0, store.n_sites), before)
            same &= np.array_equal(store.sample("s4").t, store.sample("s4").t)
            os._exit(0 if same else 9)
        children.append(child)
    after = store.read_layer("c", slice(None), 0, store.n_sites)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0, 0, 0] and np.array_equal(after, before), codes
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_children_read_on(path: Path) -> None:
    """Parent and children read at the same time through the file that the parent opened."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ours_first", [True, False])
def test_beside_h5py(path: Path, ours_first: bool) -> None:
    """A store can be open in both ways at once, as in a notebook."""
    with contextlib.ExitStack() as stack:
        opened = [methcohort.open_store, h5py.File]
        for way in opened if ours_first else reversed(opened):
            stack.enter_context(way(path))


def test_closed(path: Path) -> None:
    """A closed store says so, also for what was read before."""
    store = methcohort.open_store(path)
    view, region = store.sample("s1"), store.region("chr1:1-900")
    kept = region.c
    store.close()
    uses: list[Callable[[], object]] = [
        lambda: view.c,
        lambda: region.t,
        lambda: store.pos,
        lambda: store.region("chr1:1-900"),
        lambda: store.region("chr1:1-1"),
        lambda: next(store.blocks()),
        lambda: store.read_layer("pct", 0, 0, 0),
    ]
    for use in uses:
        with pytest.raises(StoreError, match="closed"):
            use()
    assert region.c is kept


def test_cut_while_open(path: Path, tmp_path: Path) -> None:
    """A file that becomes shorter under its reader is an error, too."""
    target = tmp_path / "cut.h5"
    target.write_bytes(path.read_bytes())
    with methcohort.open_store(target) as store:
        os.truncate(target, target.stat().st_size // 4)
        with pytest.raises(StoreError, match=r"cut\.h5: layer pct, sites 0 to 3,740"):
            store.read_layer("pct", slice(None), 0, 3740)


LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {"chunks": None},
    "chunks": {"chunks": (3, 1000)},
    "lzf": {"chunks": (21, 100), "compression": "lzf"},
    "no shuffle": {"chunks": (1, 3740), "compression": "gzip"},
    "shuffle": {"chunks": (5, 77), "compression": "gzip", "shuffle": True},
    "checksum": {"chunks": (5, 77), "fletcher32": True},
    "checksum of lzf": {"chunks": (5, 77), "compression": "lzf", "fletcher32": True},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_repacked(path: Path, truth: dict[str, Any], tmp_path: Path, layout: str) -> None:
    """A store that another tool has written again in its own way stays readable."""
    target = tmp_path / "repacked.h5"
    with h5py.File(path) as file, h5py.File(target, "w") as copy:
        copy.attrs.update(file.attrs)

        def add(name: str, item: h5py.Dataset | h5py.Group) -> None:
            if isinstance(item, h5py.Group):
                return
            options = LAYOUTS[layout]
            if options["chunks"] is not None:
                options = options | {"chunks": True}
            if name.startswith("layers/"):
                options = LAYOUTS[layout]
            elif not item.size:
                options = {}
            copy.create_dataset(name, data=item[()], dtype=item.dtype, **options)

        file.visititems(add)
    with pytest.raises(StoreError, match="another tool; all values agree with their digests"):
        methcohort.verify(target)
    with methcohort.open_store(target) as store:
        np.testing.assert_array_equal(store.pos, truth["pos"])
        region = store.region("chr2", samples=["s21", "s4"])
        np.testing.assert_array_equal(region.c, truth["c"][[20, 3], 2500:3700])
        np.testing.assert_array_equal(store.sample("s13").pct, truth["pct"][12])


def test_query_loads_little() -> None:
    """The command that reads a region needs neither compiler nor workers."""
    heavy = {"numba", "llvmlite", "pandas", "jsonschema", "yaml", "multiprocessing", "snakemake"}
    code = "import sys, methcohort.cli.query; print(*{n.split('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "h5py" in done.stdout.split()
    assert not heavy & set(done.stdout.split())
