"""BGZF and its index, by gzip, by a plain reader of the index, and by htslib where it is here."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methcohort.writers import BED, EOF, SITES, Integers, TabixIndex, Texts, compress, format_rows

NAMES = ("chr1", "chr2", "chr10")
Row = tuple[int, int, int]


def write(path: Path, rows: list[Row], pieces: int, preset: Any = BED) -> None:
    """Write rows of (chromosome, start, end) in pieces that are compressed apart."""
    index = TabixIndex(NAMES, preset)
    shift = 0 if preset.zero_based else 1
    with path.open("wb") as file:
        file.write(compress(b"#head\n").data)
        for part in np.array_split(np.array(rows, np.int64).reshape(-1, 3), pieces):
            chrom, start, end = part.T
            columns = [Texts(chrom, NAMES), Integers(start + shift), Integers(end)]
            text = format_rows(columns)
            packed = compress(text.text)
            index.add(chrom, start, end, packed.places(text.starts, file.tell()))
            file.write(packed.data)
        file.write(EOF)
    path.with_name(path.name + ".tbi").write_bytes(index.data())


class Index:
    """A plain reader of a `.tbi` file."""

    def __init__(self, path: Path) -> None:
        data = gzip.decompress(path.read_bytes())
        magic, n, *_, n_names = struct.unpack_from("<4s8i", data)
        assert magic == b"TBI\1"
        self.names = data[36 : 36 + n_names].decode().split("\0")[:-1]
        at = 36 + n_names
        self.bins: list[dict[int, list[tuple[int, int]]]] = []
        self.windows: list[tuple[int, ...]] = []
        for _ in range(n):
            (n_bins,) = struct.unpack_from("<i", data, at)
            at += 4
            own = {}
            for _ in range(n_bins):
                number, n_chunks = struct.unpack_from("<Ii", data, at)
                at += 8
                own[number] = list(struct.iter_unpack("<QQ", data[at : at + 16 * n_chunks]))
                at += 16 * n_chunks
            (n_windows,) = struct.unpack_from("<i", data, at)
            self.windows.append(struct.unpack_from(f"<{n_windows}Q", data, at + 4))
            at += 4 + 8 * n_windows
            self.bins.append(own)
        assert len(data) == at + 8

    def fetch(self, table: Path, name: str, start: int, end: int) -> list[tuple[int, int]]:
        """Return the rows that overlap a range, read as the specification says."""
        if name not in self.names:
            return []
        k = self.names.index(name)
        wanted = {0}
        for bits, first in ((26, 1), (23, 9), (20, 73), (17, 585), (14, 4681)):
            wanted |= set(range(first + (start >> bits), first + ((end - 1) >> bits) + 1))
        windows = self.windows[k]
        least = windows[start >> 14] if start >> 14 < len(windows) else None
        if least is None:
            return []
        data, found = table.read_bytes(), []
        chunks = [one for number in wanted for one in self.bins[k].get(number, [])]
        done = least
        for low, high in sorted(chunks):  # those of different bins may overlap
            for line in _text(data, max(low, done), high).splitlines() if high > done else ():
                _, a, b = line.decode().split("\t")
                if int(a) < end and int(b) > start:
                    found.append((int(a), int(b)))
            done = max(done, high)
        return found


def _text(data: bytes, low: int, high: int) -> bytes:
    """Return the text between two virtual offsets."""
    at, out = low >> 16, []
    while at <= high >> 16 and at < len(data):
        (size,) = struct.unpack_from("<H", data, at + 16)
        text = gzip.decompress(data[at : at + size + 1])
        first = low & 0xFFFF if at == low >> 16 else 0
        last = high & 0xFFFF if at == high >> 16 else len(text)
        out.append(text[first:last])
        at += size + 1
    return b"".join(out)


def rows_of(seed: int, n: int, longest: int, gap: int) -> list[Row]:
    rng = np.random.default_rng(seed)
    found = []
    for chrom in range(len(NAMES)):
        start = np.cumsum(rng.integers(0, gap, n))
        end = start + rng.integers(1, longest + 1, n)
        found += list(zip([chrom] * n, start.tolist(), end.tolist(), strict=True))
    return found


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1000), n=st.integers(0, 300), longest=st.sampled_from([1, 200, 100_000]),
    gap=st.sampled_from([2, 300, 60_000]), pieces=st.integers(1, 5), at=st.floats(0, 1),
)  # fmt: skip
def test_any_rows(tmp_path_factory: pytest.TempPathFactory, **given_: Any) -> None:
    """What lies in a range is found, whichever bins and members it is in."""
    path = tmp_path_factory.mktemp("tbi") / "x.bed.gz"
    rows = rows_of(given_["seed"], given_["n"], given_["longest"], given_["gap"])
    write(path, rows, given_["pieces"])
    text = "".join(f"{NAMES[c]}\t{a}\t{b}\n" for c, a, b in rows)
    assert gzip.decompress(path.read_bytes()).decode() == "#head\n" + text
    index = Index(path.with_name("x.bed.gz.tbi"))
    assert index.names == [name for k, name in enumerate(NAMES) if any(row[0] == k for row in rows)]
    last = max((row[2] for row in rows), default=1)
    start = int(given_["at"] * last)
    for k, name in enumerate(NAMES):
        for end in (start + 1, start + 5_000, start + last + 1):
            expected = [(a, b) for c, a, b in rows if c == k and a < end and b > start]
            assert sorted(index.fetch(path, name, start, end)) == sorted(expected)


def test_text_that_cannot_be_compressed() -> None:
    """A member stays within 64 KiB."""
    text = np.random.default_rng(1).bytes(200_000)
    packed = compress(text, 3)
    assert gzip.decompress(packed.data) == text
    assert np.diff([*packed.offsets, len(packed.data)]).max() <= 1 << 16
    assert compress(b"").data == b""


def test_a_chromosome_beyond_the_index(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has room for 536,870,912 bases"):
        write(tmp_path / "x.bed.gz", [(0, 1 << 29, (1 << 29) + 1)], 1)
    write(tmp_path / "x.bed.gz", [(0, (1 << 29) - 1, 1 << 29)], 1)
    index = Index(tmp_path / "x.bed.gz.tbi")
    end = 1 << 29
    assert index.fetch(tmp_path / "x.bed.gz", "chr1", end - 5, end) == [(end - 1, end)]


@pytest.mark.parametrize(
    "rows",
    [[(0, 5, 6), (0, 4, 5)], [(1, 5, 6), (0, 5, 6)], [(0, 5, 5)], [(0, -1, 1)]],
    ids=["starts", "chromosomes", "empty", "negative"],
)
@pytest.mark.parametrize("pieces", [1, 2])
def test_rows_that_would_not_be_found(tmp_path: Path, rows: list[Row], pieces: int) -> None:
    with pytest.raises(ValueError, match="expected rows of one base at least, in order"):
        write(tmp_path / "x.bed.gz", rows, pieces)


@pytest.mark.parametrize("preset", [BED, SITES._replace(end=3)])
def test_by_htslib(tmp_path: Path, preset: Any) -> None:
    """0-based and 1-based tables."""
    pysam: Any = pytest.importorskip("pysam")
    rows = rows_of(3, 30_000, 1, 400)
    rows = list({(c, a): (c, a, b) for c, a, b in rows}.values())
    write(tmp_path / "x.gz", rows, 7, preset)
    shift = 0 if preset.zero_based else 1
    rng = np.random.default_rng(1)
    with pysam.TabixFile(str(tmp_path / "x.gz")) as table:
        assert list(table.contigs) == list(NAMES)
        assert list(table.header) == ["#head"]
        for _ in range(60):
            k, start = int(rng.integers(3)), int(rng.integers(6_000_000))
            end = start + int(rng.integers(1, 300_000))
            found = [int(row.split("\t")[1]) - shift for row in table.fetch(NAMES[k], start, end)]
            assert found == [a for c, a, _ in rows if c == k and start <= a < end]
