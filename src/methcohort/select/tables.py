"""What libraries of data frames and arrays make of a selection; each is loaded when asked for.

Counts have room here: c and t come in the dtype of their sum, since these libraries let sums of
small numbers wrap.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..core.errors import ConfigError, missing_extra

Texts = tuple[npt.NDArray[Any], tuple[str, ...]]
"""Texts as numbers, and what each number means."""


class _Chosen(Protocol):
    """What is converted: a `Selection`."""

    @property
    def store(self) -> Any: ...
    @property
    def samples(self) -> tuple[str, ...]: ...
    @property
    def layers(self) -> tuple[str, ...]: ...
    @property
    def n_sites(self) -> int: ...
    @property
    def pos(self) -> npt.NDArray[np.int32]: ...
    @property
    def chrom(self) -> npt.NDArray[np.int32]: ...
    @property
    def strand(self) -> npt.NDArray[np.uint8]: ...
    @property
    def context(self) -> npt.NDArray[np.uint8]: ...
    @property
    def coverage(self) -> npt.NDArray[np.unsignedinteger]: ...
    @property
    def sheet(self) -> dict[str, tuple[str, ...]]: ...
    def layer(self, name: str) -> npt.NDArray[Any]: ...
    def layer_dtype(self, name: str) -> np.dtype[Any]: ...
    def lazy(self, name: str) -> Any: ...


class Tables(ABC):
    """Conversions, which read all that is selected into memory."""

    @abstractmethod
    def _chosen(self) -> _Chosen:
        """Return what is converted."""

    def to_pandas(self, *, long: bool = False, layers: Sequence[str] | None = None) -> Any:
        """Return a pandas data frame.

        Parameters
        ----------
        long : a row for each site and sample with reads, instead of one for each site with the
            columns `SAMPLE.c`, `SAMPLE.t` ... of all samples
        layers : of c, t, coverage, beta and pct; None takes those of the store

        Raises
        ------
        ConfigError
            Where pandas is not installed.
        """
        pandas = library("pandas", "pandas", "to_pandas")
        columns = {
            name: pandas.Categorical.from_codes(value[0], list(value[1]))
            if isinstance(value, tuple)
            else value
            for name, value in columns_of(self._chosen(), layers, long=long).items()
        }
        return pandas.DataFrame(columns, copy=False)

    def to_arrow(self, *, long: bool = False, layers: Sequence[str] | None = None) -> Any:
        """Return an Arrow table, with nulls for NaN; parameters as for `to_pandas`."""
        arrow = library("pyarrow", "arrow", "to_arrow")
        columns = columns_of(self._chosen(), layers, long=long)
        return arrow.table({name: _arrow_array(arrow, value) for name, value in columns.items()})

    def to_polars(self, *, long: bool = False, layers: Sequence[str] | None = None) -> Any:
        """Return a polars data frame, with nulls for NaN; parameters as for `to_pandas`."""
        polars = library("polars", "polars", "to_polars")
        library("pyarrow", "polars", "to_polars")
        return polars.from_arrow(self.to_arrow(long=long, layers=layers))

    def to_xarray(self, *, layers: Sequence[str] | None = None) -> Any:
        """Return an xarray data set of the axes `sample` and `site`, a variable for each layer.

        Columns of the sheet are coordinates of the samples.
        """
        xarray = library("xarray", "xarray", "to_xarray")
        chosen = self._chosen()
        sites = {
            name: (
                "site",
                np.array(value[1], object)[value[0]] if isinstance(value, tuple) else value,
            )
            for name, value in _sites_of(chosen).items()
        }
        sheet = {name: ("sample", values) for name, values in typed_sheet(chosen).items()}
        values = {
            name: (("sample", "site"), _roomy(chosen, name)) for name in layers or chosen.layers
        }
        samples = {"sample": np.array(chosen.samples, object)}
        return xarray.Dataset(values, {**sheet, **sites, **samples}, _origin(chosen))

    def to_anndata(self, *, lazy: bool = False, var_names: bool = True) -> Any:
        """Return an AnnData object: samples x sites, `X` the levels from 0 to 1, NaN without reads.

        `layers` has `c` and `coverage`, `obs` the sheet, `var` the sites, `uns` the origin.

        Parameters
        ----------
        lazy : values are dask arrays that read the store when computed: keep it open
        var_names : sites have names such as `chr1:10469`, which take time and memory

        Raises
        ------
        ConfigError
            Where anndata, or dask for a lazy one, is not installed.
        """
        anndata = library("anndata", "anndata", "to_anndata")
        pandas = library("pandas", "anndata", "to_anndata")
        if lazy:
            library("dask.array", "anndata", "to_anndata(lazy=True)")
        chosen = self._chosen()
        read = chosen.lazy if lazy else lambda name: _roomy(chosen, name)
        sites = _sites_of(chosen)
        var = {
            name: pandas.Categorical.from_codes(value[0], list(value[1]))
            if isinstance(value, tuple)
            else value
            for name, value in sites.items()
        }
        names = _names_of(sites) if var_names else None
        index = names if names is not None else [str(k) for k in range(chosen.n_sites)]
        sheet = {
            name: pandas.Categorical(values) if values.dtype == object else values
            for name, values in typed_sheet(chosen).items()
        }
        return anndata.AnnData(
            X=read("beta"),
            obs=pandas.DataFrame(sheet, index=list(chosen.samples)),
            var=pandas.DataFrame(var, index=index),
            layers={name: read(name) for name in ("c", "coverage")},
            uns={"methcohort": _origin(chosen)},
        )


def library(name: str, extra: str, what: str) -> Any:
    """Return a library that an extra installs. Raises ConfigError where it is not there."""
    try:
        return import_module(name)
    except ImportError as error:
        raise missing_extra(extra, what) from error


def columns_of(
    chosen: _Chosen, layers: Sequence[str] | None, *, long: bool
) -> dict[str, npt.NDArray[Any] | Texts]:
    """Return the columns of a table by name."""
    wanted = tuple(chosen.layers if layers is None else layers)
    sites = _sites_of(chosen)
    values = {name: _roomy(chosen, name) for name in wanted}
    if long:
        site, sample = np.nonzero(chosen.coverage.T)
        found: dict[str, npt.NDArray[Any] | Texts] = {
            name: (value[0][site], value[1]) if isinstance(value, tuple) else value[site]
            for name, value in sites.items()
        }
        found["sample"] = (sample.astype(np.int32), chosen.samples)
        return found | {name: layer[sample, site] for name, layer in values.items()}
    cells = {
        f"{sample}.{name}": layer[k]
        for k, sample in enumerate(chosen.samples)
        for name, layer in values.items()
    }
    if len({*sites, *cells}) < len(sites) + len(chosen.samples) * len(wanted):
        message = "found two columns of one name; name each sample and layer once, or ask for long"
        raise ConfigError(message)
    return sites | cells


def typed_sheet(chosen: _Chosen) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of the sheet: int64 or float64 where all cells are numbers, else texts.

    An empty cell is NaN among numbers. Numbers written as no program writes them, such as 007, are
    texts: names most likely.
    """
    return {name: _typed(values) for name, values in chosen.sheet.items()}


def _typed(values: Sequence[str]) -> npt.NDArray[Any]:
    for kind, dtype in ((int, np.int64), (float, np.float64)):
        try:
            found = [kind(value) if value or kind is int else np.nan for value in values]
            plain = all(_is_plain(value) for value in values if value)
            if plain and any(values):
                return np.array(found, dtype)
        except (ValueError, OverflowError):
            continue
    return np.array(values, object)


def _is_plain(value: str) -> bool:
    digits = value.lstrip("-")
    return digits[:1].isdigit() and (not digits.startswith("0") or digits[1:2] in ("", "."))


def _sites_of(chosen: _Chosen) -> dict[str, Any]:
    """Return chromosome, position and what else is known of the sites, by name."""
    found: dict[str, Any] = {"chrom": (chosen.chrom, chosen.store.chroms), "pos": chosen.pos}
    for name in chosen.store.kinds:
        found[name] = (getattr(chosen, name).astype(np.int8), chosen.store.legends[name])
    return found


def _names_of(sites: dict[str, Any]) -> npt.NDArray[Any]:
    """Return `chr1:10469` for each site."""
    numbers, chroms = sites["chrom"]
    heads = np.array([f"{name}:" for name in chroms], object)[numbers]
    found: npt.NDArray[Any] = heads + sites["pos"].astype(str).astype(object)
    return found


def _roomy(chosen: _Chosen, name: str) -> npt.NDArray[Any]:
    """Return a layer; counts have room for c + t."""
    found = chosen.layer(name)
    return found.astype(chosen.layer_dtype("coverage")) if name in ("c", "t") else found


def _arrow_array(arrow: Any, value: npt.NDArray[Any] | Texts) -> Any:
    if not isinstance(value, tuple):
        return arrow.array(value, from_pandas=True)
    numbers, names = value
    return arrow.DictionaryArray.from_arrays(
        arrow.array(numbers.astype(np.int32)), arrow.array(list(names), arrow.string())
    )


def _origin(chosen: _Chosen) -> dict[str, str]:
    """Return what says which store this is of."""
    store = chosen.store
    path = Path(store.path).name
    return {"store": path, "digest": store.digest, "assembly": store.assembly}
