"""The configuration of a build: read from YAML, checked and completed by the JSON schema.

The schema, `workflow/schemas/config.schema.yaml`, is the one owner of keys and defaults; it
serves Snakemake and the command line alike.
"""

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import jsonschema
import yaml

from .errors import ConfigError
from .files import steady
from .resources import shipped

_UNITS: Final = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_NOT_CONTENT: Final = ("samples", "threads", "memory")


@dataclass(frozen=True, slots=True)
class Chroms:
    """Which chromosomes a store has, and in which order."""

    order: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """The parameters of a build; `config/config.yaml` says what each means."""

    samples: str
    sites: str
    min_samples: int
    chroms: Chroms
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

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], where: str = "the configuration") -> Self:
        """Return the configuration with the keys given, and the defaults of all others.

        Raises
        ------
        ConfigError
            At an unknown key, with the nearest known one, or a value that cannot be used.
        """
        schema = config_schema()
        _refuse_unknown(mapping, schema, where, "")
        try:
            jsonschema.validate(mapping, schema)
        except jsonschema.ValidationError as error:
            message = f"{where}: {_explain(error)}"
            raise ConfigError(message) from error
        values = _completed(mapping, schema)
        if not math.isfinite(values["pct_tolerance"]):
            message = f"{where}: found pct_tolerance: {values['pct_tolerance']}; expected points"
            raise ConfigError(message)
        chroms = values["chroms"]
        values["chroms"] = Chroms(
            chroms["order"], tuple(chroms["include"]), tuple(chroms["exclude"])
        )
        values["pct_check"] = values["pct_check"] or "off"
        values["pct_tolerance"] = float(values["pct_tolerance"])
        values["layers"] = tuple(values["layers"])
        values["chunks"] = tuple(values["chunks"])
        values["memory"] = parse_size(values["memory"])
        return cls(**values)

    @property
    def bed(self) -> str | None:
        """Path of the BED file that names the sites, if one does."""
        return None if self.sites in ("union", "intersection") else self.sites

    def content(self) -> dict[str, Any]:
        """Return the values that determine the store's content or layout, for JSON."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {key: value for key, value in values.items() if key not in _NOT_CONTENT}


def read_config(source: str | Path | Mapping[str, Any] | None) -> Config:
    """Return the configuration of a YAML file, of YAML text in braces, or of a mapping.

    Raises
    ------
    ConfigError
        Where it cannot be read or is not a valid configuration.
    """
    if source is None or isinstance(source, Mapping):
        return Config.from_mapping(source or {})
    where = str(source)
    text = where
    if where.lstrip().startswith("{"):
        where = "the configuration"
    else:
        try:
            with steady(source) as file:
                text = file.read().decode()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{source}: the configuration cannot be read ({error}); give a YAML file"
            raise ConfigError(message) from error
    try:
        mapping = yaml.safe_load(text)
    except yaml.YAMLError as error:
        message = f"{where}: found text that is not YAML ({' '.join(str(error).split())})"
        raise ConfigError(message) from error
    if mapping is None:
        mapping = {}
    if not isinstance(mapping, dict):
        message = f"{where}: found {type(mapping).__name__}; expected keys and values"
        raise ConfigError(message)
    return Config.from_mapping(mapping, where)


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
    return int(float(match[1]) * _UNITS[match[2]])


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration."""
    path = shipped("workflow") / "schemas" / "config.schema.yaml"
    schema: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return schema


def _refuse_unknown(
    mapping: Mapping[str, Any], schema: Mapping[str, Any], where: str, prefix: str
) -> None:
    known = schema["properties"]
    for key, value in mapping.items():
        if key in known:
            if known[key].get("type") == "object" and isinstance(value, Mapping):
                _refuse_unknown(value, known[key], where, f"{key}.")
            continue
        near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
        hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(known)}"
        message = f"{where}: found the unknown key {prefix}{key}; {hint}"
        raise ConfigError(message)


def _completed(mapping: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for key, rule in schema["properties"].items():
        value = mapping.get(key, rule.get("default"))
        if rule.get("type") == "object":
            value = _completed(value, rule)
        values[key] = value
    return values


def _explain(error: jsonschema.ValidationError) -> str:
    """Return what was found and what was expected, in the words of the schema."""
    key = ".".join(str(part) for part in error.absolute_path)
    found = json.dumps(error.instance, default=str)
    rule = error.schema if isinstance(error.schema, dict) else {}
    if "enum" in rule:
        return f"found {key}: {found}; expected one of {json.dumps(rule['enum'])}"
    if not key:
        return error.message
    about = config_schema()["properties"][str(error.absolute_path[0])]["description"]
    return f"found {key}: {found}; {error.message}; {key.split('.')[0]} means: {about}"
