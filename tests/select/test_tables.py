"""What other libraries get of a selection; each is skipped where it is not installed."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_stores import Plain, simulated

import methcohort
from methcohort import Selection, Store
from methcohort.core.errors import ConfigError, StoreError

MADE = simulated(5, dtype="u1")
LIBRARIES = {
    "to_pandas": ("pandas", "pandas"),
    "to_arrow": ("pyarrow", "arrow"),
    "to_polars": ("polars", "polars"),
    "to_xarray": ("xarray", "xarray"),
    "to_anndata": ("anndata", "anndata"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with methcohort.open_store(MADE.write(tmp_path / "x.h5")) as opened:
        yield opened


@pytest.fixture
def chosen(store: Store) -> Selection:
    return store.select(["chr1", "chr10"], ["s3", "s0", "s2"])


def part(made: Plain) -> tuple[Any, Any, Any, Any]:
    """Positions, c, t and pct of what is chosen."""
    keep, rows = made.chrom != 1, [3, 0, 2]
    return made.pos[keep], *(x[rows][:, keep] for x in (made.c, made.t, made.pct))


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_is_missing_is_named(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, extra = LIBRARIES[name]
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=rf"{name} needs .* 'methcohort\[{extra}\]'"):
        getattr(store, name)()


def test_wide_pandas(chosen: Selection) -> None:
    pytest.importorskip("pandas")
    frame = chosen.to_pandas()
    pos, c, t, pct = part(MADE)
    names = [f"{sample}.{layer}" for sample in ("s3", "s0", "s2") for layer in ("c", "t", "pct")]
    assert list(frame.columns) == ["chrom", "pos", "strand", "context", *names]
    assert frame["pos"].tolist() == pos.tolist()
    assert set(frame["chrom"]) == {"chr1", "chr10"}
    assert frame["s0.c"].dtype == frame["s0.t"].dtype == np.uint16
    assert (frame["s0.c"] + frame["s0.t"]).tolist() == (c[1].astype(int) + t[1]).tolist()
    np.testing.assert_array_equal(frame["s2.pct"], pct[2])
    legend = chosen.store.legends["context"]
    assert frame["context"].tolist() == [legend[k] for k in MADE.kinds["context"][MADE.chrom != 1]]


def test_long_pandas(chosen: Selection) -> None:
    pytest.importorskip("pandas")
    frame = chosen.to_pandas(long=True, layers=["coverage", "beta"])
    pos, c, t, _ = part(MADE)
    n = c.astype(int) + t
    rows = [
        (int(pos[k]), ("s3", "s0", "s2")[s], int(n[s, k]), np.float32(c[s, k] / n[s, k]))
        for k in range(len(pos))
        for s in range(3)
        if n[s, k]
    ]
    found = frame[["pos", "sample", "coverage", "beta"]].itertuples(index=False, name=None)
    assert list(found) == rows


@pytest.mark.parametrize("name", ["to_arrow", "to_polars"])
@pytest.mark.parametrize("long", [False, True])
def test_arrow_and_polars(chosen: Selection, name: str, *, long: bool) -> None:
    """The same as pandas has, with nulls where there is no level."""
    for library in ("pandas", "pyarrow", LIBRARIES[name][0]):
        pytest.importorskip(library)
    frame, table = chosen.to_pandas(long=long), getattr(chosen, name)(long=long)
    columns = table.column_names if name == "to_arrow" else table.columns
    assert columns == list(frame.columns)
    for column in columns:
        values = table[column].to_pylist() if name == "to_arrow" else table[column].to_list()
        expected = [None if value != value else value for value in frame[column].tolist()]
        assert values == expected


def test_xarray(chosen: Selection) -> None:
    pytest.importorskip("xarray")
    data = chosen.to_xarray()
    pos, c, _, pct = part(MADE)
    assert data["c"].dims == ("sample", "site")
    np.testing.assert_array_equal(data["c"].sel(sample="s0"), c[1])
    np.testing.assert_array_equal(data["pct"], pct)
    assert data["pos"].values.tolist() == pos.tolist()
    assert data["group"].values.tolist() == ["control", "case", "case"]
    assert data.attrs["store"] == "x.h5"


@pytest.mark.parametrize("lazy", [False, True])
def test_anndata(chosen: Selection, *, lazy: bool) -> None:
    pytest.importorskip("anndata")
    if lazy:
        pytest.importorskip("dask.array")
    data = chosen.to_anndata(lazy=lazy)
    pos, c, t, _ = part(MADE)
    n = c.astype(int) + t
    read = (lambda values: values.compute()) if lazy else (lambda values: values)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(read(data.X), (c / n).astype(np.float32))
    np.testing.assert_array_equal(read(data.layers["c"]), c)
    np.testing.assert_array_equal(read(data.layers["coverage"]), n)
    assert data.layers["c"].dtype == np.uint16
    assert data.obs_names.tolist() == ["s3", "s0", "s2"]
    assert data.obs["age"].tolist()[:2] == [7.0, 50.0]
    assert data.obs["first seen"].tolist() == ["007"] * 3
    assert data.var_names[0] == f"chr1:{pos[0]}"
    assert data.var["pos"].tolist() == pos.tolist()
    assert json.dumps(dict(data.uns["methcohort"])).count("sha256:") == 1


def test_a_lazy_part_reads_only_that(chosen: Selection) -> None:
    """And a store that is closed meanwhile is an error that says so."""
    pytest.importorskip("anndata")
    pytest.importorskip("dask.array")
    data = chosen.to_anndata(lazy=True, var_names=False)
    assert data.var_names[0] == "0"
    assert data[:, 3:9].to_memory().layers["c"].tolist() == part(MADE)[1][:, 3:9].tolist()
    chosen.store.close()
    with pytest.raises(StoreError, match="the store is closed"):
        data.X.compute()


def test_a_selection_without_sites(store: Store) -> None:
    pytest.importorskip("pandas")
    nothing = store.select("chr1:399-400", contexts=[])
    assert nothing.to_pandas().shape == (0, 4 + 5 * 3)
    assert nothing.to_pandas(long=True).shape == (0, 4 + 1 + 3)


def test_columns_of_one_name(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    made = simulated(n_samples=2)
    made.samples = ("a", "a.c")
    with methcohort.open_store(made.write(tmp_path / "y.h5")) as store:
        assert store.to_pandas(layers=["c"]).shape == (72, 6)
        with pytest.raises(ConfigError, match="two columns of one name"):
            store.to_pandas(layers=["c", "c"])
