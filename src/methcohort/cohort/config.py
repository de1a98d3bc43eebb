"""The configuration of a build: read from YAML, checked and completed by the JSON schema."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Self

from ..core.errors import ConfigError
from ..files.strict_yaml import parse_yaml, read_yaml
from ..store.cytosine import CONTEXT_BITS
from .config_schema import completed, content_rules, given_values

_UNITS: Final = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_WHERE_GIVEN: Final = ("chrom_sizes",)
"""Keys of content that a store names only where they ask for something."""

_MOST_MEMORY: Final = 10**18
"""Bytes; far above any machine, and small enough for every sum of sizes to fit 64 bits."""


@dataclass(frozen=True, slots=True)
class Chroms:
    """Which chromosomes a store has, and in which order."""

    order: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scatter:
    """How the workflow divides the building of a store: jobs that load, and jobs that pack."""

    batches: int


@dataclass(frozen=True, slots=True)
class Config:
    """The parameters of a build; `config/config.yaml` says what each means."""

    samples: str
    sites: str
    min_samples: int
    chroms: Chroms
    contexts: tuple[str, ...]
    strands: str
    modification: str
    inexact_counts: str
    reference: str
    base_check: str
    off_reference: str
    aliases: str
    chrom_sizes: str
    custom: dict[str, Any]
    layers: tuple[str, ...]
    duplicates: str
    uncovered: str
    pct_check: str
    pct_tolerance: float
    chunks: tuple[int, int]
    deflate_level: int
    assembly: str
    threads: int
    memory: int
    scatter: Scatter
    changed: str

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], where: str = "the configuration") -> Self:
        """Return the configuration with the keys given, and the defaults of all others.

        Raises
        ------
        ConfigError
            At an unknown key, with the nearest known one, or a value that cannot be used.
        """
        values = completed(mapping, where)
        if not math.isfinite(values["pct_tolerance"]):
            message = (
                f"{where}: found pct_tolerance: {values['pct_tolerance']}; expected percentage "
                "points"
            )
            raise ConfigError(message)
        chroms = values["chroms"]
        values["chroms"] = Chroms(
            chroms["order"], tuple(chroms["include"]), tuple(chroms["exclude"])
        )
        values["scatter"] = Scatter(**values["scatter"])
        for check in ("pct_check", "base_check"):  # `off` without quotes is false in YAML
            values[check] = values[check] or "off"
        for listed in ("contexts", "layers", "chunks"):
            values[listed] = tuple(values[listed])
        values["pct_tolerance"] = float(values["pct_tolerance"])
        values["memory"] = parse_size(values["memory"])
        return cls(**values)

    @property
    def bed(self) -> str | None:
        """Path of the BED file that names the sites, if one does."""
        return None if self.sites in ("union", "intersection", "reference") else self.sites

    @property
    def sites_are_given(self) -> bool:
        """Whether a BED file or the reference names the sites, whatever rows there are."""
        return self.bed is not None or (self.sites == "reference" and self.off_reference == "drop")

    @property
    def all_rows_stay(self) -> bool:
        """Whether each row has a site, since one sample is enough for it."""
        return self.sites == "union" and self.min_samples == 1

    def content(self) -> dict[str, Any]:
        """Return the values that determine the store's content or layout, for JSON."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        values["custom"] = json.loads(json.dumps(given_values(self.custom)))
        left_out = {key for key in _WHERE_GIVEN if not values[key]}
        wanted = {*content_rules()} - left_out
        return {key: value for key, value in values.items() if key in wanted}


def read_config(source: str | Path | Mapping[str, Any] | None) -> Config:
    """Return the configuration of a YAML file, of YAML text in braces, or of a mapping.

    Raises
    ------
    ConfigError
        Where it cannot be read or is not a valid configuration.
    """
    return Config.from_mapping(*read_mapping(source))


def read_mapping(source: str | Path | Mapping[str, Any] | None) -> tuple[Mapping[str, Any], str]:
    """Return the keys and values that `read_config` takes, unchecked, and what messages call them.

    Raises ConfigError where they cannot be read.
    """
    where = "the configuration"
    if source is None or isinstance(source, Mapping):
        return source or {}, where
    text = str(source)
    if text.lstrip().startswith("{"):
        return parse_yaml(text, where), where
    return read_yaml(source), text


def kept_back(config: Config) -> str | None:
    """Return why stores of a configuration do not hold enough to be merged; None if they do."""
    samples_decide = config.sites in ("union", "intersection")
    if samples_decide and (config.sites == "intersection" or config.min_samples > 1):
        what = "intersection" if config.sites == "intersection" else "union"
        return (
            f"with sites: {what} and min_samples: {config.min_samples} sites were left out that "
            "the samples have together"
        )
    if not config.sites_are_given and config.chroms.order != "natural":
        return "with chroms.order: file the order of the chromosomes is that of all text files"
    return None


def is_wanted(name: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Tell whether a chromosome passes the shell-style patterns of `include` and `exclude`."""
    if include and not any(fnmatchcase(name, pattern) for pattern in include):
        return False
    return not any(fnmatchcase(name, pattern) for pattern in exclude)


def context_bits(config: Config) -> int:
    """Return the contexts that are wanted as bits of `cytosine.py`; 0 keeps all rows."""
    return sum(CONTEXT_BITS[name] for name in config.contexts)


def parse_size(text: str | int) -> int:
    """Return a size such as `4GB` or `512MiB` in bytes; a number is one already.

    >>> parse_size("1.5GB")
    1500000000
    """
    if isinstance(text, int):
        return text
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]i?B|B)\s*", text)
    if not match or match[2] not in _UNITS:
        message = f"found {text!r} as a size of memory; expected a number and a unit such as 4GB"
        raise ConfigError(message)
    size = float(match[1]) * _UNITS[match[2]]
    if size > _MOST_MEMORY:
        message = f"found {text[:80]!r} as a size of memory; expected at most 1000000TB"
        raise ConfigError(message)
    return int(size)
