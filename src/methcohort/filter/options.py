"""What a filter is asked for, checked before anything is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..core.errors import ConfigError
from ..select import Interval, Store, grouped

ALL: Final = "all"

Regions = str | Path | Interval | Sequence[str | Path | Interval]
"""Regions as text, BED files, or several of them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for; `filter` says what each means."""

    min_coverage: int = 1
    max_coverage: int | None = None
    max_coverage_quantile: float | None = None
    min_samples: int | str = 1
    by: str | None = None
    min_sd: float | None = None
    regions: Regions | None = None
    exclude_regions: str | Path | None = None
    chroms: str | Sequence[str] | None = None
    contexts: str | Sequence[str] | None = None
    strand: str | Sequence[str] | None = None
    snps: str | Path | None = None
    min_af: float | None = None
    samples: str | Sequence[str] | None = None
    where: str | None = None
    aliases: str | None = None

    def check(self) -> None:
        """Raise ConfigError where a value has no meaning."""
        most, quantile = self.max_coverage, self.max_coverage_quantile
        if self.min_coverage < 1:
            raise _wrong("min_coverage", self.min_coverage, "1 or more")
        if most is not None and most < self.min_coverage:
            raise _wrong("max_coverage", most, f"at least min_coverage, {self.min_coverage}")
        if quantile is not None and not 0 < quantile <= 1:
            raise _wrong("max_coverage_quantile", quantile, "more than 0, and at most 1, as 0.999")
        if self.min_sd is not None and not 0 <= self.min_sd <= 1:
            raise _wrong("min_sd", self.min_sd, "0 to 1: levels are from 0 to 1")
        if self.min_af is not None and (self.snps is None or not 0 <= self.min_af <= 1):
            raise _wrong("min_af", self.min_af, "0 to 1, with a VCF file of snps")

    def region_files(self, store: Store) -> list[str]:
        """Return the paths of the BED files among the regions."""
        given = self.regions or ()
        several = [given] if isinstance(given, (str, Path, Interval)) else given
        texts = [str(one) for one in several if not isinstance(one, Interval)]
        return [
            one for one in texts if one.endswith((".bed", ".bed.gz")) and one not in store.chroms
        ]

    def given(self) -> dict[str, Any]:
        """Return what was asked for, as JSON can hold it, without what changes nothing.

        Which samples are meant is left out, since the new store has their names.
        """
        usual = Options()
        values = {name: getattr(self, name) for name in self.__slots__ if name != "samples"}
        values["min_samples"] = _number_or_text(self.min_samples)
        return {
            name: _plain(value) for name, value in values.items() if value != getattr(usual, name)
        }


def _number_or_text(min_samples: int | str) -> int | str:
    text = str(min_samples)
    return int(text) if text.isascii() and text.isdecimal() else text


def _plain(value: Any) -> Any:
    """Return a value, or several, as numbers and texts."""
    if isinstance(value, Interval):
        return f"{value.chrom}:{value.start}-{value.end}"
    if isinstance(value, (int, float, str)):
        return value
    return [_plain(one) for one in value] if isinstance(value, Sequence) else str(value)


@dataclass(frozen=True, slots=True)
class Groups:
    """In which samples a site has to be observed.

    Attributes
    ----------
    of : int32[n_samples], number of the group of each sample
    needed : int64[n_groups], samples of each in which a site has to be observed
    """

    of: npt.NDArray[np.int32]
    needed: npt.NDArray[np.int64]


def groups_of(store: Store, min_samples: int | str, by: str | None) -> Groups:
    """Return the groups of a column of the sheet, or one of all samples, and how many each needs.

    Raises
    ------
    ConfigError
        Where there is no such column, a sample has no value in it, or so many samples are not in a
        group.
    """
    texts: Sequence[str] = [""] * len(store.samples)
    if by is not None:
        texts = grouped(store.path, store.samples, store.sheet, by)
    names = list(dict.fromkeys(texts))
    of = np.array([names.index(text) for text in texts], np.int32)
    sizes = np.bincount(of, minlength=len(names)).tolist()
    of_what = [f"group {name!r}" if by else str(store.path) for name in names]
    needed = [_needed(min_samples, *one) for one in zip(sizes, of_what, strict=True)]
    return Groups(of, np.array(needed, np.int64))


def _needed(min_samples: int | str, size: int, of_what: str) -> int:
    """Return how many of so many samples have to be observed."""
    found = _number(min_samples, size)
    if found > size:
        message = f"found min_samples {min_samples}; {of_what} has {size} samples; give fewer"
        raise ConfigError(message)
    return found


def _number(min_samples: int | str, size: int) -> int:
    """Return a number of samples, or that of a share of them, rounded up."""
    text = _number_or_text(min_samples)
    if isinstance(text, int):
        return text
    if text == ALL:
        return size
    try:
        share = Fraction(text.removesuffix("%")) / 100
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not text.endswith("%") or "/" in text or not 0 <= share <= 1:
        raise _wrong("min_samples", min_samples, "a number as 3, a share as 80%, or all")
    return -(-share.numerator * size // share.denominator)


def _wrong(name: str, value: object, expected: str) -> ConfigError:
    return ConfigError(f"found {name} {value}; expected {expected}")
