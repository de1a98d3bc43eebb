"""bigWig files, read by a plain reader and by others' libraries where they are installed."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bigwig_reader import read_bigwig
from hypothesis import given, settings
from hypothesis import strategies as st

from methcohort.writers import BigWig

Data = dict[str, dict[int, float]]


def write(path: Path, data: Data, lengths: dict[str, int], cut: int = 1 << 30) -> None:
    """Write values by name and 0-based position, in pieces."""
    with BigWig(path, list(lengths), list(lengths.values())) as out:
        for number, name in enumerate(lengths):
            starts = np.array(sorted(data.get(name, {})), np.int32)
            values = np.array([data[name][start] for start in starts.tolist()], np.float32)
            for k in range(0, len(starts), cut):
                out.add(number, starts[k : k + cut], values[k : k + cut])


def expect(path: Path, data: Data, lengths: dict[str, int]) -> None:
    """Compare a file with what it was made of, in all its parts."""
    found = read_bigwig(path)
    known = {
        (name, pos): np.float32(value)
        for name, values in data.items()
        for pos, value in values.items()
        if not np.isnan(value)
    }
    assert found.lengths == lengths
    assert found.values == known
    exact = [float(value) for value in known.values()]
    n, low, high, total, squares = found.summary
    assert n == len(exact)
    assert (low, high) == ((min(exact), max(exact)) if exact else (0, 0))
    assert total == pytest.approx(sum(exact))
    assert squares == pytest.approx(sum(value**2 for value in exact))
    for size, records in found.zooms.items():
        windows: dict[tuple[str, int], list[tuple[int, float]]] = {}
        for (name, pos), value in known.items():
            windows.setdefault((name, pos // size), []).append((pos, float(value)))
        order = sorted(windows, key=lambda one: (list(lengths).index(one[0]), one[1]))
        assert [(one[0], one[1] // size) for one in records] == order
        for record, key in zip(records, order, strict=True):
            own = sorted(windows[key])
            values = [value for _, value in own]
            assert record[1:4] == (own[0][0], own[-1][0] + 1, len(own))
            assert record[4:] == pytest.approx(
                (min(values), max(values), sum(values), sum(value**2 for value in values)), rel=1e-5
            )


values = st.one_of(st.floats(0, 100, width=32), st.just(float("nan")))
chroms = st.dictionaries(
    st.text("chr_12", min_size=1, max_size=6),
    st.dictionaries(st.integers(0, 9_999), values, max_size=60),
    min_size=1,
    max_size=5,
)


@settings(max_examples=50)
@given(data=chroms, cut=st.integers(1, 70))
def test_any_values(tmp_path_factory: pytest.TempPathFactory, data: Data, cut: int) -> None:
    folder = tmp_path_factory.mktemp("bw")
    lengths = dict.fromkeys(data, 10_000)
    write(folder / "one.bw", data, lengths)
    expect(folder / "one.bw", data, lengths)
    write(folder / "cut.bw", data, lengths, cut)
    assert (folder / "cut.bw").read_bytes() == (folder / "one.bw").read_bytes()


def simulated(n: int, seed: int = 1) -> tuple[Data, dict[str, int]]:
    """Many sites on two chromosomes, one of them long."""
    rng = np.random.default_rng(seed)
    data = {}
    for name, gap in (("chr1", 900), ("chr2", 20)):
        starts = np.cumsum(rng.integers(1, gap, n // 2))
        levels = rng.integers(0, 101, len(starts)).astype(float)
        data[name] = dict(zip(starts.tolist(), levels.tolist(), strict=True))
    return data, {name: max(of) + 1 for name, of in data.items()}


def test_many_sites_in_any_pieces(tmp_path: Path) -> None:
    """More than fit a section, a piece, a node of the index; the last base has a value."""
    data, lengths = simulated(400_000)
    write(tmp_path / "one.bw", data, lengths)
    write(tmp_path / "cut.bw", data, lengths, 77_777)
    assert (tmp_path / "cut.bw").read_bytes() == (tmp_path / "one.bw").read_bytes()
    found = read_bigwig(tmp_path / "one.bw")
    assert found.values == {
        (name, pos): value for name in data for pos, value in data[name].items()
    }
    assert list(found.zooms) == [1024 * 4**k for k in range(len(found.zooms))]
    assert len(found.zooms) > 5


def test_sums_that_are_rounded_in_any_pieces(tmp_path: Path) -> None:
    """Sums of fractions depend on the order in which they are added."""
    rng = np.random.default_rng(1)
    starts = np.cumsum(rng.integers(1, 100, 300_000)).astype(np.int32)
    values = rng.random(len(starts), np.float32)
    made = set()
    for cut in (len(starts), 1 << 16, 77_777, 1_001):
        with BigWig(tmp_path / "x.bw", ["chr1"], [int(starts[-1]) + 1]) as out:
            for k in range(0, len(starts), cut):
                out.add(0, starts[k : k + cut], values[k : k + cut])
        made.add((tmp_path / "x.bw").read_bytes())
    assert len(made) == 1


def test_what_waits_takes_no_memory(tmp_path: Path) -> None:
    """Zoom levels of many windows wait in a file, of which nothing stays."""
    n = 1 << 18
    starts = np.arange(n, dtype=np.int64) * 2048
    values = np.random.default_rng(1).random(n, np.float32)
    with BigWig(tmp_path / "x.bw", ["chr1"], [n * 2048]) as out:
        tracemalloc.start()
        for k in range(0, n, 1 << 12):
            out.add(0, starts[k : k + (1 << 12)], values[k : k + (1 << 12)])
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held < n * 16
    assert [path.name for path in tmp_path.iterdir()] == ["x.bw"]
    assert len(read_bigwig(tmp_path / "x.bw").zooms[1024]) == n


def test_a_draft_genome(tmp_path: Path) -> None:
    lengths = {f"contig{k}": 100 + k for k in range(20_000)}
    data = {f"contig{k}": {k % 100: float(k % 101)} for k in range(0, 20_000, 3)}
    write(tmp_path / "x.bw", data, lengths)
    found = read_bigwig(tmp_path / "x.bw")
    assert found.lengths == lengths
    assert found.values == {
        (name, pos): value for name in data for pos, value in data[name].items()
    }


@pytest.mark.parametrize(
    ("starts", "levels", "said"),
    [
        ([5, 5], [1, 2], "out of order, or twice"),
        ([5, 4], [1, 2], "out of order, or twice"),
        ([5, 10], [1, 2], "found base 11 of chr1, which has 10"),
        ([-1], [1], "out of order, or twice"),
        ([5], [np.inf], "an infinite value on chr1"),
        ([5], [1e300], "an infinite value on chr1"),
        ([5, 6], [1], "found 2 bases and 1 values"),
    ],
)
def test_what_is_wrong(tmp_path: Path, starts: list[int], levels: list[float], said: str) -> None:
    """The file is no bigWig then."""
    path = tmp_path / "x.bw"
    with pytest.raises(ValueError, match=said), BigWig(path, ["chr1"], [10]) as out:
        out.add(0, np.array(starts), np.array(levels, np.float64))
    assert path.read_bytes()[:4] == bytes(4)


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.uint64])
def test_order_of_any_kind_of_number(tmp_path: Path, kind: type[np.integer[Any]]) -> None:
    starts = np.array([5, 4], kind)
    with BigWig(tmp_path / "x.bw", ["chr1"], [10]) as out, pytest.raises(ValueError, match="twice"):
        out.add(0, starts, np.ones(2, np.float32))


def test_order_of_pieces(tmp_path: Path) -> None:
    one = np.array([1.0], np.float32)
    with BigWig(tmp_path / "x.bw", ["a", "b"], [10, 10]) as out:
        out.add(1, np.array([3]), one)
        with pytest.raises(ValueError, match="of a out of order"):
            out.add(0, np.array([4]), one)
        with pytest.raises(ValueError, match="of b out of order"):
            out.add(1, np.array([3]), one)


def test_by_other_readers(tmp_path: Path) -> None:
    """The same values, and the statistics of zoom levels."""
    data, lengths = simulated(60_000)
    write(tmp_path / "x.bw", data, lengths)
    reader: Any = pytest.importorskip("pyBigWig")
    with reader.open(str(tmp_path / "x.bw")) as file:
        assert file.chroms() == lengths
        for name, known in data.items():
            found = {start: value for start, _, value in file.intervals(name)}
            assert found == known
            exact = file.stats(name, type="mean", exact=True)
            assert file.stats(name, type="mean") == pytest.approx(exact, rel=1e-4)
            assert file.stats(name, type="max") == [max(known.values())]
            assert file.stats(name, type="coverage") == pytest.approx(
                [len(known) / lengths[name]], rel=1e-3
            )


def test_by_another_reader(tmp_path: Path) -> None:
    data, lengths = simulated(60_000)
    write(tmp_path / "x.bw", data, lengths)
    reader: Any = pytest.importorskip("pybigtools")
    file = reader.open(str(tmp_path / "x.bw"))
    assert file.chroms() == lengths
    for name, known in data.items():
        assert {start: value for start, _, value in file.records(name)} == known
