"""From what users name - samples, conditions, regions, chromosomes - to numbers of a store."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ..core.errors import ConfigError, StoreError, nearest
from ..files import Lines
from ..store import StoreReader
from .bed import Bed, read_bed, site_ranges
from .regions import Interval, parse_region
from .spans import Spans, common, complement, union
from .where import parse_where

Regions = str | Path | Bed | Interval | Sequence[str | Path | Bed | Interval]
"""What names sites: regions as text, paths of BED files, or several of them."""

SAMPLE: Final = "sample"
"""The column of a sheet that has the names of the samples."""

_BED: Final = (".bed", ".bed.gz")
_SYNONYMS: Final = {"CG": "CpG"}


def chosen_rows(
    store: StoreReader, samples: str | Sequence[str] | None, where: str | None
) -> npt.NDArray[np.intp]:
    """Return the numbers of samples, in the order in which they are named.

    Raises
    ------
    StoreError
        Where the store has no such sample.
    ConfigError
        Where one is named twice, or the condition is wrong or true of none.
    """
    rows = list(range(len(store.samples)))
    if samples is not None:
        names = [samples] if isinstance(samples, str) else samples
        rows = [store.sample_number(name) for name in names]
    if len(set(rows)) < len(rows):
        twice = next(store.samples[row] for k, row in enumerate(rows) if row in rows[:k])
        message = f"found the sample {twice!r} twice; name each sample once"
        raise ConfigError(message)
    if where is not None:
        rows = _fitting(store, rows, where)
    return np.array(rows, np.intp)


def _fitting(store: StoreReader, rows: Sequence[int], where: str) -> list[int]:
    table = {SAMPLE: store.samples, **store.sheet}
    test = parse_where(where, list(table))
    found = [row for row in rows if test({name: cells[row] for name, cells in table.items()})]
    if not found:
        message = f"found no sample of {store.path} for which {where} is true"
        raise ConfigError(message)
    return found


def sample_names(store: StoreReader, texts: Iterable[str], file: str | None) -> list[str] | None:
    """Return the samples that a command names, None where it names none: all are meant.

    Parameters
    ----------
    texts : `a,b`, or `^a,b` for all but these
    file : with a name a line

    Raises
    ------
    ConfigError
        Where samples are named both to be taken and to be left out.
    InputError, StoreError
        Where the file cannot be read, or there is no such sample.
    """
    taken: list[str] = []
    left: list[str] = []
    for text in texts:
        drops = text.startswith("^") and text not in store.samples
        names = text.removeprefix("^") if drops else text
        (left if drops else taken).extend([names] if names in store.samples else names.split(","))
    if file is not None:
        lines = (line.decode("utf-8", "backslashreplace").strip() for line in Lines(file))
        taken += [line for line in lines if line]
    if taken and left:
        message = f"found samples to take ({taken[0]}) and to leave out (^{left[0]}); give either"
        raise ConfigError(message)
    if left:
        rows = {store.sample_number(name) for name in left}
        return [name for k, name in enumerate(store.samples) if k not in rows]
    return taken or None


def grouped(
    path: Path, samples: Sequence[str], sheet: Mapping[str, Sequence[str]], by: str
) -> Sequence[str]:
    """Return the group of each sample, by a column of the sheet.

    Raises
    ------
    ConfigError
        Where there is no such column, or a sample has no value in it.
    """
    if by not in sheet:
        near = " or ".join(nearest(by, sheet))
        known = f"did you mean {near}?" if near else f"there are {', '.join(sheet) or 'none'}"
        message = f"{path}: found no column {by!r} of the sheet to group by; {known}"
        raise ConfigError(message)
    if "" in sheet[by]:
        message = (
            f"{path}: sample {samples[list(sheet[by]).index('')]} has no value in the column "
            f"{by!r}; expected the group of each sample; leave such samples out first"
        )
        raise ConfigError(message)
    return sheet[by]


def chosen_spans(
    store: StoreReader,
    regions: Regions | None,
    chroms: str | Sequence[str] | None,
    exclude: Regions | None,
) -> Spans:
    """Return the sites of regions, on some chromosomes, without those of other regions.

    Parameters
    ----------
    regions, exclude : text, BED files (paths that end in .bed or .bed.gz), or several of them
    chroms : shell-style patterns of names; behind `^` those of chromosomes to leave out

    Raises
    ------
    StoreError, InputError, ConfigError
        Where one of them is not what it should be.
    """
    spans = union(np.array([[0, store.n_sites]], np.int64))
    if regions is not None:
        spans = sites_of(store, regions)
    if chroms is not None:
        spans = common(spans, _of_chroms(store, [chroms] if isinstance(chroms, str) else chroms))
    if exclude is not None:
        spans = common(spans, complement(sites_of(store, exclude), store.n_sites))
    return spans


def sites_of(store: StoreReader, regions: Regions) -> Spans:
    """Return the sites of one or several regions."""
    several = [regions] if isinstance(regions, (str, Path, Bed, Interval)) else regions
    texts: list[Interval] = []
    parts: list[Spans] = []
    for one in several:
        if isinstance(one, Bed):
            parts.append(one.site_ranges(store))
        elif isinstance(one, Path) or _is_bed(store, one):
            parts.append(read_bed(Path(str(one)), store).site_ranges(store))
        else:
            texts.append(one if isinstance(one, Interval) else parse_region(one, store.chroms))
    return union(np.concatenate([np.empty((0, 2), np.int64), *parts, _found(store, texts)]))


def _is_bed(store: StoreReader, region: str | Interval) -> bool:
    return isinstance(region, str) and region.endswith(_BED) and region not in store.chroms


_SEARCHED: Final = 16
"""Regions that are looked up one by one; for more, positions are read as a whole."""


def _found(store: StoreReader, regions: Sequence[Interval]) -> Spans:
    """Return the first site and the end of each region."""
    if len(regions) <= _SEARCHED:
        found = [store.find(*one) for one in regions]
        return np.array(found, np.int64).reshape(-1, 2)
    numbers = np.array([store.chrom_number(one.chrom) for one in regions], np.int32)
    limits = np.array([(one.start, one.end) for one in regions], np.int64)
    return site_ranges(store, numbers, limits[:, 0], limits[:, 1])


def _of_chroms(store: StoreReader, patterns: Sequence[str]) -> Spans:
    """Return the sites of chromosomes. Raises StoreError where a pattern names none."""
    kept: list[set[str]] = []
    dropped: set[str] = set()
    for pattern in patterns:
        drops = pattern.startswith("^") and pattern not in store.chroms
        shell = pattern.removeprefix("^") if drops else pattern
        named = {name for name in store.chroms if name == shell or fnmatchcase(name, shell)}
        if not named:
            message = f"{store.path}: found no chromosome {shell}; correct the name or the pattern"
            raise StoreError(message)
        if drops:
            dropped |= named
        else:
            kept.append(named)
    wanted = set[str]().union(*kept) if kept else set(store.chroms)
    taken = np.array([name in wanted - dropped for name in store.chroms], bool)
    offset = store.chrom_offset
    return union(np.column_stack([offset[:-1], offset[1:]])[taken])


def chosen_kinds(
    store: StoreReader, kind: str, names: str | Sequence[str] | None
) -> tuple[int, ...] | None:
    """Return the values of a legend, `strand` or `context`, by their names; None for all.

    Raises ConfigError where the store has no such kind of sites.
    """
    if names is None:
        return None
    if kind not in store.kinds:
        message = (
            f"{store.path}: the {kind} of its sites is not known; expected a store with strand "
            f"and context; leave the choice of a {kind} out"
        )
        raise ConfigError(message)
    legend = store.legends[kind]
    found = []
    for name in [names] if isinstance(names, str) else names:
        known = _SYNONYMS.get(name, name)
        if known not in legend:
            message = f"found the {kind} {name!r}; expected one of {', '.join(legend)}"
            raise ConfigError(message)
        found.append(legend.index(known))
    return tuple(sorted(set(found)))
