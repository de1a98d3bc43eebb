"""The configuration of a build: read from YAML, checked and completed by the JSON schema.

The schema, `workflow/schemas/config.schema.yaml`, is the one owner of keys and defaults; it
serves Snakemake and the command line alike.
"""

import difflib
import functools
import json
import math
import re
import reprlib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from ..core.errors import ConfigError
from ..files.strict_yaml import parse_json, parse_yaml, read_yaml
from ..resources import shipped

_UNITS: Final = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_MOST_MEMORY: Final = 10**18
_CONTROLS: Final = ("Cc", "Cs", "Zl", "Zp")
_SHOWN: Final = 80
_MAPPINGS: Final = ("only",)
"""Keys of a description that are mappings; others are descriptions with names of their own."""

_NOT_CONTENT: Final = ("samples", "threads", "memory", "scatter", "changed")
_WHERE_GIVEN: Final = ("chrom_sizes",)
"""Keys of content that a store names only where they ask for something."""


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
        if not isinstance(mapping, Mapping):
            message = f"{where}: found {_shown(mapping)}; expected keys and values"
            raise ConfigError(message)
        schema = config_schema()
        _refuse_unknown(mapping, schema, where, "")
        error = best_match(_validator().iter_errors(mapping))
        if error is not None:
            message = f"{where}: {_explain(error)}"
            raise ConfigError(message)
        _refuse_controls(mapping, where, "")
        values = _completed(mapping, schema)
        if not math.isfinite(values["pct_tolerance"]):
            message = f"{where}: found pct_tolerance: {values['pct_tolerance']}; expected points"
            raise ConfigError(message)
        chroms = values["chroms"]
        values["chroms"] = Chroms(
            chroms["order"], tuple(chroms["include"]), tuple(chroms["exclude"])
        )
        values["scatter"] = Scatter(**values["scatter"])
        values["custom"] = _with_descriptions(mapping, values["custom"])
        for check in ("pct_check", "base_check"):
            values[check] = values[check] or "off"
        values["contexts"] = tuple(values["contexts"])
        values["pct_tolerance"] = float(values["pct_tolerance"])
        values["layers"] = tuple(values["layers"])
        values["chunks"] = tuple(values["chunks"])
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
        values["custom"] = json.loads(json.dumps(_given(self.custom)))
        left_out = {*_NOT_CONTENT, *(key for key in _WHERE_GIVEN if not values[key])}
        return {key: value for key, value in values.items() if key not in left_out}


def read_config(source: str | Path | Mapping[str, Any] | None) -> Config:
    """Return the configuration of a YAML file, of YAML text in braces, or of a mapping.

    Raises
    ------
    ConfigError
        Where it cannot be read or is not a valid configuration.
    """
    if source is None or isinstance(source, Mapping):
        return Config.from_mapping(source or {})
    text = str(source)
    if text.lstrip().startswith("{"):
        where = "the configuration"
        found = parse_json(text, where)
        return Config.from_mapping(parse_yaml(text, where) if found is None else found)
    return Config.from_mapping(read_yaml(source), text)


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


@functools.cache
def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration, read once; do not change it."""
    path = shipped("workflow") / "schemas" / "config.schema.yaml"
    schema: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return schema


@functools.cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(config_schema())


def _refuse_controls(value: Any, where: str, key: str) -> None:
    """Refuse characters that no path and no name can have, and that a store would lose."""
    if isinstance(value, Mapping):
        for inner, one in value.items():
            _refuse_controls(one, where, f"{key}.{inner}" if key else str(inner))
    elif isinstance(value, (list, tuple)):
        for one in value:
            _refuse_controls(one, where, key)
    elif isinstance(value, str) and any(unicodedata.category(char) in _CONTROLS for char in value):
        message = f"{where}: found {key}: {_shown(value)}; expected text without control characters"
        raise ConfigError(message)


def _refuse_unknown(
    mapping: Mapping[str, Any], schema: Mapping[str, Any], where: str, prefix: str
) -> None:
    known = schema["properties"]
    for key, value in mapping.items():
        if key in known:
            if known[key].get("type") == "object" and isinstance(value, Mapping):
                _refuse_unknown(value, known[key], where, f"{prefix}{key}.")
            continue
        named = schema.get("additionalProperties")
        if isinstance(named, dict) and isinstance(value, Mapping):
            _refuse_name(str(key), schema["propertyNames"]["pattern"], where, prefix)
            _refuse_unknown(value, named, where, f"{prefix}{key}.")
            continue
        near = difflib.get_close_matches(str(key)[:80], known, n=1, cutoff=0.5)
        hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(known)}"
        message = f"{where}: found the unknown key {prefix}{str(key)[:80]}; {hint}"
        raise ConfigError(message)


def _refuse_name(name: str, pattern: str, where: str, prefix: str) -> None:
    """Refuse a name of a description that no cell of the sheet could have as it is."""
    if not re.fullmatch(pattern.strip("^$"), name):
        message = (
            f"{where}: found the name {prefix}{_shown(name)}; expected a letter, and then letters, "
            "digits and _ . + -"
        )
        raise ConfigError(message)


def _completed(mapping: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for key, rule in schema["properties"].items():
        value = mapping.get(key, rule.get("default"))
        if rule.get("type") == "object":
            value = _completed(value, rule)
        values[key] = value
    return values


def _with_descriptions(mapping: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key `custom` with the descriptions that have names of their own."""
    rule = config_schema()["properties"]["custom"]
    named = {key: value for key, value in mapping.get("custom", {}).items() if key not in custom}
    return dict(custom) | {
        key: _completed(value, rule["additionalProperties"]) for key, value in named.items()
    }


def _given(custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a description that are given, and of those named in it."""
    given = {
        key: _given(value) if isinstance(value, Mapping) and key not in _MAPPINGS else value
        for key, value in custom.items()
        if value is not None
    }
    alone = all(isinstance(value, Mapping) for key, value in given.items() if key != "base")
    return {key: value for key, value in given.items() if key != "base"} if alone else given


def _explain(error: ValidationError) -> str:
    """Return what was found, what was expected, and what the key means, as sentences."""
    path = [str(part) for part in error.absolute_path]
    if not path:
        return f"found {_shown(error.instance)}; expected keys and values"
    properties = config_schema()["properties"]
    rule = error.schema if isinstance(error.schema, dict) else {}
    about = properties[path[0]]["description"]
    for key in path[1:]:
        about = properties[path[0]].get("properties", {}).get(key, {}).get("description", about)
    return (
        f"found {'.'.join(path)}: {_shown(error.instance)}; expected {_expected(path[0], rule)}"
        f"{_hint(error.instance, rule)}; it means: {about.rstrip('.')}"
    )


def _expected(key: str, rule: Mapping[str, Any]) -> str:
    """Return what a rule of the schema allows, in words."""
    if "enum" in rule:
        return "one of " + ", ".join(json.dumps(value) for value in rule["enum"])
    kind = rule.get("type")
    if kind in ("integer", "number"):
        noun = "a whole number" if kind == "integer" else "a number"
        low, high = rule.get("minimum"), rule.get("maximum")
        return f"{noun} from {low} to {high}" if high is not None else f"{noun}, at least {low}"
    if kind == "array":
        return "two numbers in brackets" if key == "chunks" else "a list of names in brackets"
    if isinstance(kind, list):
        return "the number of a column, from 1, or its name"
    if kind == "object":
        return "the keys " + ", ".join(rule["properties"])
    if key == "memory":
        return "a number and a unit, such as 4GB"
    if key == "sites":
        return (
            "union, intersection, reference, or a path that ends in .bed or .bed.gz or has a slash"
        )
    return "text"


def _hint(found: Any, rule: Mapping[str, Any]) -> str:
    """Return what to do about a value that YAML reads in another way than it looks."""
    if isinstance(found, bool):
        return " (YAML reads yes, no, on and off as true and false; put text in quotes)"
    if isinstance(found, (int, float)) and rule.get("type") == "string":
        return " (put it in quotes)"
    if isinstance(found, str) and rule.get("type") in ("integer", "number"):
        return " (write plain digits, without quotes)"
    return ""


def _shown(value: Any) -> str:
    """Return a value as it may stand in the file, at most a line of it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        text = json.dumps(value, ensure_ascii=False)
        text = text if text.isprintable() else json.dumps(value)
    else:
        text = reprlib.repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
