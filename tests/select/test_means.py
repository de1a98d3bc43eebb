"""The level of a region is that of all reads at its sites."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_stores import simulated

import methcohort
from methcohort import Store
from methcohort.core.errors import InputError
from methcohort.genome import load_aliases
from methcohort.select import read_bed, region_means

MADE = simulated(6, dtype="u4")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("means") / "x.h5"
    with methcohort.open_store(MADE.write(path)) as opened:
        yield opened


REGIONS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 420), st.integers(0, 300)), min_size=1, max_size=9
)


@settings(max_examples=40)
@given(regions=REGIONS, context=st.none() | st.just("CpG"), least=st.sampled_from([1, 5]))
def test_means(store: Store, regions: list[tuple[int, int, int]], context: Any, least: int) -> None:
    """In the order given, also where regions overlap, are empty, or lie off the end."""
    texts = [f"{MADE.chroms[k]}:{start}-{start + n}" for k, start, n in regions]
    rows = [3, 1]
    chosen = store.select(texts, ["s3", "s1"], contexts=context, min_coverage=least)
    found = region_means(chosen, texts)
    assert found.bed.names == tuple(texts)
    for i, (number, start, n) in enumerate(regions):
        keep = (MADE.chrom == number) & (MADE.pos >= start) & (MADE.pos <= start + n)
        if context:
            keep &= MADE.kinds["context"] == 1
        c, t = (x[rows][:, keep].astype(np.int64) for x in (MADE.c, MADE.t))
        seen = c + t >= least
        assert found.n_sites[i] == keep.sum()
        assert found.c[i].tolist() == (c * seen).sum(axis=1).tolist()
        assert found.coverage[i].tolist() == ((c + t) * seen).sum(axis=1).tolist()
        for k, total in enumerate(found.coverage[i]):
            level = found.level[i, k]
            assert np.isnan(level) if not total else level == found.c[i, k] / total


def test_whole_chromosomes_end_where_their_last_site_is(store: Store) -> None:
    """Where no length is known."""
    found = region_means(store.select(), [])
    assert found.bed.names == MADE.chroms
    assert found.bed.end.tolist() == store.last_positions.tolist()
    assert found.n_sites.tolist() == [40, 25, 7]


BAD = {
    "chr1\t5\t3\n": "line 1: found 'chr1",
    "chr1\t1\t2\nchr1\tx\t3\n": "line 2: found 'chr1",
    "chr1\t5\n": "expected chromosome, start and end",
    "chrM\t1\t2\n": "line 1: found the chromosome 'chrM', which .*; did you mean chr1",
    "# nothing\n": "found no regions",
}


@pytest.mark.parametrize("text", BAD)
def test_wrong_bed_files(store: Store, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=BAD[text]):
        read_bed(path, store)


def test_bed_files_in_another_naming_style(store: Store, tmp_path: Path) -> None:
    path, aliases = tmp_path / "x.bed", tmp_path / "names.txt"
    path.write_text("1 0 9 a\nchr10 0 5\n1 4 4 nothing\n")
    aliases.write_text("1 chr1\n")
    with pytest.raises(InputError, match="did you mean chr1"):
        read_bed(path, store)
    bed = read_bed(path, store, load_aliases(str(aliases)))
    assert bed.chrom.tolist() == [0, 2, 0]
    assert (bed.start.tolist(), bed.end.tolist()) == ([1, 1, 5], [9, 5, 4])
    assert bed.names == ("a", "", "nothing")
    first, end = bed.site_ranges(store)[2]
    assert first == end
