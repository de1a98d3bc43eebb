"""What a summary is made for, as users name it: tiles, regions of a file, chromosomes, samples."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ..core.errors import ConfigError
from ..store.schema import MAX_POS

BEDS: Final = (".bed", ".bed.gz")
CHROMS: Final = "chroms"
SAMPLES: Final = "samples"

MOST_TILES: Final = 1000
"""Tiles that a site may be in."""

_NAME: Final = re.compile(r"[\w.-]+")
_SIZE: Final = re.compile(r"([0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})([kKmMgG]?)")
_FACTORS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_EXPECTED: Final = "expected SIZE, SIZE/STEP, a file .bed or .bed.gz, chroms or samples"

Bases = int | str
"""A number of bases, such as 1000, `1,000` or `1k`."""


class Scheme(NamedTuple):
    """One way to divide the genome.

    Attributes
    ----------
    name : what `{scheme}` in the name of an output stands for
    kind : tiles, regions, chroms or samples
    size, step : of tiles, in bases
    path : of the file of regions
    """

    name: str
    kind: str
    size: int = 0
    step: int = 0
    path: str = ""


class Asked(NamedTuple):
    """The arguments of `summarise` that say what to summarise."""

    tiles: Bases | None = None
    step: Bases | None = None
    regions: str | Path | None = None
    per_chrom: bool = False
    per_sample: bool = False
    schemes: Mapping[str, Bases] | None = None

    def listed(self) -> list[Scheme]:
        """Return all schemes. Raises ConfigError where there is none, or one has no meaning."""
        found = []
        if self.step is not None and self.tiles is None:
            message = f"found the step {self.step} without tiles; give the size of the tiles, too"
            raise ConfigError(message)
        if self.tiles is not None:
            found.append(_tiles("tiles", self.tiles, self.step))
        if self.regions is not None:
            found.append(Scheme("regions", "regions", path=str(self.regions)))
        if self.per_chrom:
            found.append(Scheme(CHROMS, CHROMS))
        if self.per_sample:
            found.append(Scheme(SAMPLES, SAMPLES))
        found += [_named(name, str(what)) for name, what in (self.schemes or {}).items()]
        if not found:
            message = (
                "found nothing to summarise by; give tiles, regions, per_chrom, per_sample or "
                "named schemes"
            )
            raise ConfigError(message)
        names = [scheme.name for scheme in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            message = f"found two schemes of the name {twice!r}; give each another name"
            raise ConfigError(message)
        return found


def split_scheme(text: str) -> tuple[str, str]:
    """Return name and meaning of `NAME=WHAT`. Raises ConfigError where there is no `=`."""
    name, equals, what = text.partition("=")
    if not equals or not what:
        message = f"found the scheme {text!r}; expected NAME=WHAT; {_EXPECTED}"
        raise ConfigError(message)
    return name, what


def _named(name: str, what: str) -> Scheme:
    """Return a scheme by its name and what it says."""
    if not _NAME.fullmatch(name) or name.startswith("."):
        message = f"found the scheme name {name!r}; expected letters, digits and any of _ . -"
        raise ConfigError(message)
    if what in (CHROMS, SAMPLES):
        return Scheme(name, what)
    if what.endswith(BEDS):
        return Scheme(name, "regions", path=what)
    size, slash, step = what.partition("/")
    if not _SIZE.fullmatch(size):
        message = f"found {what!r} for the scheme {name}; {_EXPECTED}"
        raise ConfigError(message)
    return _tiles(name, size, step if slash else None)


def _tiles(name: str, size: Bases, step: Bases | None) -> Scheme:
    n, m = _bases(size, "size"), _bases(size if step is None else step, "step")
    if -(-n // m) > MOST_TILES:
        message = (
            f"found tiles of {n:,} bases with a step of {m:,}, so that a site would be in "
            f"{-(-n // m):,} of them; expected at most {MOST_TILES:,}; give a larger step"
        )
        raise ConfigError(message)
    return Scheme(name, "tiles", n, m)


def _bases(text: Bases, what: str) -> int:
    match = _SIZE.fullmatch(str(text))
    n = int(match[1].replace(",", "")) * _FACTORS[match[2].lower()] if match else 0
    if not 1 <= n <= MAX_POS:
        message = (
            f"found {text!r} as the {what} of tiles; expected bases from 1 to {MAX_POS:,}, such as "
            "1000, 1,000 or 1k"
        )
        raise ConfigError(message)
    return n
