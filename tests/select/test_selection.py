"""Selections of small stores against plain numpy."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_stores import Plain, simulated

import methcohort
from methcohort import Store
from methcohort.core.errors import ConfigError, InputError, MethcohortError, StoreError
from methcohort.store.cytosine import CONTEXTS, STRANDS

TOP = 2**31 - 1
MADE = {dtype: simulated(k, dtype=dtype) for k, dtype in enumerate(("u1", "u2", "u4"))}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    folder = tmp_path_factory.mktemp("stores")
    opened = {
        name: methcohort.open_store(made.write(folder / f"{name}.h5"))
        for name, made in MADE.items()
    }
    yield opened
    for store in opened.values():
        store.close()


def inside(made: Plain, region: tuple[str, int, int]) -> Any:
    """Whether each site is in a region."""
    chrom, start, end = region
    number = made.chroms.index(chrom)
    return (made.chrom == number) & (made.pos >= start) & (made.pos <= end)


REGION = st.tuples(
    st.sampled_from(MADE["u1"].chroms), st.integers(1, 400), st.integers(0, 200)
).map(lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2]))
REGIONS = st.none() | st.lists(REGION, max_size=25)
WHERE: dict[str | None, Callable[[int], bool]] = {
    None: lambda _: True,
    "group == 'case'": lambda k: k in (0, 2),
    "age >= 50 or sample == 's2'": lambda k: k in (0, 1, 2, 4),
}


@settings(max_examples=40)
@given(
    dtype=st.sampled_from(sorted(MADE)),
    regions=REGIONS,
    excluded=REGIONS,
    samples=st.none() | st.permutations(range(5)).map(lambda order: order[:3]),
    where=st.sampled_from(list(WHERE)),
    contexts=st.none() | st.sets(st.integers(0, 4)),
    strands=st.none() | st.sets(st.integers(0, 3)),
    least=st.sampled_from([1, 2, 9]),
    step=st.sampled_from([1, 3, 8, 16, 1000]),
)
def test_selections(
    stores: dict[str, Store],
    dtype: str,
    regions: Any,
    excluded: Any,
    samples: Any,
    where: str | None,
    contexts: Any,
    strands: Any,
    least: int,
    step: int,
) -> None:
    """Everything that a selection has is what a mask of all values has."""
    made, store = MADE[dtype], stores[dtype]
    keep = np.ones(len(made.pos), bool)
    if regions is not None:
        keep &= np.any([np.zeros_like(keep), *(inside(made, one) for one in regions)], axis=0)
    for one in excluded or ():
        keep &= ~inside(made, one)
    for name, wanted in (("context", contexts), ("strand", strands)):
        if wanted is not None:
            keep &= np.isin(made.kinds[name], list(wanted))
    rows = [k for k in (range(5) if samples is None else samples) if WHERE[where](k)]

    def ask() -> methcohort.Selection:
        return store.select(
            None if regions is None else [f"{chrom}:{a}-{b}" for chrom, a, b in regions],
            None if samples is None else [f"s{k}" for k in samples],
            where=where,
            contexts=None if contexts is None else [CONTEXTS[k] for k in contexts],
            strand=None if strands is None else [STRANDS[k] for k in strands],
            min_coverage=least,
            exclude_regions=None
            if excluded is None
            else [f"{chrom}:{a}-{b}" for chrom, a, b in excluded],
        )

    if not rows:
        with pytest.raises(ConfigError, match="found no sample"):
            ask()
        return
    chosen = ask()
    assert chosen.samples == tuple(f"s{k}" for k in rows)
    assert chosen.sheet["age"] == tuple(made.sheet["age"][k] for k in rows)
    c, t = (values[rows][:, keep].astype(np.int64) for values in (made.c, made.t))
    c, t = (np.where(c + t < least, 0, values) for values in (c, t))
    truth = {"c": c, "t": t, "coverage": c + t}
    with np.errstate(invalid="ignore"):
        truth["beta"] = (c / (c + t)).astype(np.float32)
        truth["pct"] = (100 * c / (c + t)).astype(np.float32)
    numbers = np.flatnonzero(keep)
    assert chosen.n_sites == len(numbers)
    np.testing.assert_array_equal(chosen.sites, numbers)
    np.testing.assert_array_equal(chosen.pos, made.pos[keep])
    np.testing.assert_array_equal(chosen.chrom, made.chrom[keep])
    for name in ("strand", "context"):
        np.testing.assert_array_equal(getattr(chosen, name), made.kinds[name][keep])
    for name, values in truth.items():
        found = chosen.layer(name)
        np.testing.assert_array_equal(found, values)
        assert found.dtype == chosen.layer_dtype(name)
    blocks = list(chosen.blocks(tuple(truth), step))
    for block in blocks:
        assert block.start // step == (block.stop - 1) // step
        np.testing.assert_array_equal(block.pos, made.pos[block.sites])
        np.testing.assert_array_equal(block.chrom, made.chrom[block.sites])
        np.testing.assert_array_equal(block.strand, made.kinds["strand"][block.sites])
        np.testing.assert_array_equal(block.context, made.kinds["context"][block.sites])
    sites = [block.sites for block in blocks]
    np.testing.assert_array_equal(np.concatenate([np.empty(0, int), *sites]), numbers)
    for name, values in truth.items():
        parts = [values[:, :0], *(block.values[name] for block in blocks)]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), values)
    parted = [chosen.restrict(start, start + step) for start in chosen.starts(step)]
    np.testing.assert_array_equal(
        np.concatenate([np.empty(0, int), *(part.sites for part in parted)]), numbers
    )


def test_sums_have_room(stores: dict[str, Store]) -> None:
    for dtype, wide in (("u1", "u2"), ("u2", "u4"), ("u4", "u8")):
        coverage = stores[dtype].select().coverage
        assert coverage.dtype == wide
        assert coverage.max() == 2 * np.iinfo(dtype).max


def test_a_chunk_is_read_once(stores: dict[str, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many regions lie in it."""
    read: list[tuple[int, int]] = []
    original = Store.read_layer

    def watched(self: Store, layer: str, rows: Any, start: int, stop: int) -> Any:
        read.append((start, stop))
        return original(self, layer, rows, start, stop)

    monkeypatch.setattr(Store, "read_layer", watched)
    store = stores["u2"]
    pos = store.pos[:40]
    chosen = store.select([f"chr1:{one}" for one in pos[::2]] + [f"chr10:{store.pos[-1]}"])
    assert chosen.c.shape == (5, 21)
    assert read == [(0, 39), (71, 72)]


def test_samples_by_name(stores: dict[str, Store]) -> None:
    store = stores["u2"]
    assert store.select(samples="s2").samples == ("s2",)
    assert store.region("chr1", samples="s2").samples == ("s2",)
    assert store.select(samples=["s2", "s0"]).c.tolist() == MADE["u2"].c[[2, 0]].tolist()
    assert store.select(where="`first seen` == '007' and sample != 's1'").rows.tolist() == [
        0,
        2,
        3,
        4,
    ]


def test_chromosomes_by_pattern(stores: dict[str, Store]) -> None:
    store = stores["u2"]
    made = MADE["u2"]
    for patterns, numbers in (
        ("chr1", [0]), ("chr1*", [0, 2]), (["chr*", "^chr10"], [0]), ("^HLA*", [0, 2]),
        (["HLA:1,2", "chr10"], [1, 2]),
    ):  # fmt: skip
        chosen = store.select(chroms=patterns)
        assert chosen.pos.tolist() == made.pos[np.isin(made.chrom, numbers)].tolist()


def test_bed_files(stores: dict[str, Store], tmp_path: Path) -> None:
    """0-based and half-open, as a text or a path, and beside other regions."""
    made, store = MADE["u2"], stores["u2"]
    first, second = made.pos[3], made.pos[5]
    path = tmp_path / "x.bed"
    path.write_text(
        f"track name=x\n#c\nchr1\t{first - 1}\t{first}\tone\nchr1\t{second - 1}\t{second}\n"
    )
    for regions in (path, str(path), [path], [str(path), f"chr1:{first}"]):
        assert store.select(regions).pos.tolist() == [first, second]
    assert store.select(exclude_regions=path).n_sites == len(made.pos) - 2
    bed = methcohort.select.read_bed(path, store)
    assert bed.names == ("one", "")
    assert store.select(bed).pos.tolist() == [first, second]
    assert bed.site_ranges(store).tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"samples": "s_2"}, StoreError, "found no sample 's_2'; did you mean s2"),
        ({"samples": ["s1", "s1"]}, ConfigError, "found the sample 's1' twice"),
        ({"where": "age > 500"}, ConfigError, "for which age > 500 is true"),
        ({"regions": "chr1:9-3"}, StoreError, "above its end"),
        ({"regions": ["chr1", "chrM"]}, StoreError, "no chromosome 'chrM'"),
        ({"exclude_regions": "chrM"}, StoreError, "no chromosome 'chrM'"),
        ({"regions": Path("x.txt")}, InputError, "expected a BED file whose name ends in .bed"),
        ({"regions": "no.bed"}, InputError, "no.bed"),
        ({"chroms": "chrM*"}, StoreError, "found no chromosome chrM*"),
        ({"contexts": "CGG"}, ConfigError, "expected one of unknown, CpG"),
        ({"strand": "minus"}, ConfigError, "expected one of unknown, +, -, both"),
        ({"min_coverage": 0}, ConfigError, "expected 1 or more"),
    ],
)
def test_errors(
    stores: dict[str, Store], asked: dict[str, Any], error: type[MethcohortError], says: str
) -> None:
    with pytest.raises(error, match=re.escape(says)):
        stores["u2"].select(**asked)


def test_layers_that_are_not_there(tmp_path: Path) -> None:
    made = simulated(kinds=False)
    made.with_pct = False
    with methcohort.open_store(made.write(tmp_path / "x.h5")) as store:
        np.testing.assert_array_equal(store.select().pct, made.pct)
        with pytest.raises(StoreError, match="found no layer x; expected one of c, t, beta"):
            store.select().layer("x")
        with pytest.raises(StoreError, match="found no layer x"):
            next(store.select().blocks(["x"]))
        with pytest.raises(ConfigError, match="the context of its sites is not known"):
            store.select(contexts="CpG")
        with pytest.raises(ConfigError, match="the strand of its sites is not known"):
            store.select(strand="+")
        assert not store.select().strand.any()
        with pytest.raises(ValueError, match="found 0 sites"):
            next(store.select().blocks(sites=0))


def test_a_store_without_sites(tmp_path: Path) -> None:
    with methcohort.open_store(simulated(sizes=()).write(tmp_path / "x.h5")) as store:
        chosen = store.select(contexts="CpG")
        assert chosen.c.shape == (5, 0)
        assert (chosen.n_sites, chosen.starts(8), list(chosen.blocks())) == (0, [], [])
        with pytest.raises(StoreError, match="but none"):
            store.select("chr1")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = methcohort.open_store(simulated().write(tmp_path / "x.h5"))
    chosen, region = store.select("chr1"), store.region("chr1")
    kept = chosen.c
    store.close()
    assert kept.any()
    for use in (
        lambda: chosen.c, lambda: region.t, lambda: store.select("chr1"), lambda: store.sheet,
        lambda: store.pos, lambda: next(store.blocks()), lambda: store.digest,
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"x\.h5: the store is closed; open it again"):
            use()
    assert repr(store) == "<Store x.h5: 5 samples x 72 sites, c t pct, closed>"


def test_how_they_show_themselves(tmp_path: Path) -> None:
    made = simulated()
    made.sheet["group"] = ("<b>", "&", *made.sheet["group"][2:])
    with methcohort.open_store(made.write(tmp_path / "a<b.h5")) as store:
        assert repr(store) == "<Store a<b.h5: 5 samples x 72 sites, c t pct>"
        assert repr(store.region("chr1")) == "<Region chr1: 5 samples x 40 sites, c t pct>"
        assert repr(store.sample("s1")) == "<SampleView s1: 72 sites, c t pct>"
        chosen = store.select("chr1", "s0", contexts="CpG", min_coverage=2)
        assert repr(chosen) == (
            "<Selection of a<b.h5: 1 sample x some of 40 sites, c t pct, 2 reads or more>"
        )
        for shown in (store._repr_html_(), chosen._repr_html_()):
            assert "<td>&lt;b&gt;</td>" in shown
            assert "a&lt;b.h5" in shown
            assert "<b>" not in shown


def test_public_names_are_shown() -> None:
    """By `dir`, and so by the completion of names."""
    assert set(methcohort.__all__) <= set(dir(methcohort))
    assert {"select", "to_pandas", "to_anndata", "region"} <= set(dir(Store))
    assert all(getattr(methcohort, name).__doc__ for name in methcohort.__all__)


def test_spans_of_blocks_follow_each_other(stores: dict[str, Store]) -> None:
    blocks = list(stores["u2"].blocks(["c"], sites=16))
    assert [block.start for block in blocks] == [0, 16, 32, 48, 64]
    assert all(one.stop == other.start for one, other in itertools.pairwise(blocks))
    assert all(block.index is None for block in blocks)
