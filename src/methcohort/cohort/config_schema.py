"""The JSON schema of the configuration, and the sentences about a value that breaks it.

The schema, `workflow/schemas/config.schema.yaml`, is the one owner of keys and defaults; it
serves Snakemake and the command line alike.
"""

import difflib
import functools
import json
import re
import reprlib
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from ..core.errors import ConfigError
from ..resources import shipped

_CONTROLS: Final = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that no path and no name can have: control, surrogate, line ends."""

_SHOWN: Final = 80
"""Characters of a value that a message shows."""

_MAPPINGS: Final = ("only",)
"""Keys of a description that are mappings; others are descriptions with names of their own."""


def completed(mapping: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of a configuration with the defaults of all keys that it leaves out.

    Parameters
    ----------
    where : what to call it in messages

    Raises
    ------
    ConfigError
        At an unknown key, with the nearest known one, or a value that cannot be used.
    """
    if not isinstance(mapping, Mapping):
        message = f"{where}: found {shown(mapping)}; expected keys and values"
        raise ConfigError(message)
    schema = config_schema()
    _refuse_unknown(mapping, schema, where, "")
    error = best_match(_validator().iter_errors(mapping))
    if error is not None:
        message = f"{where}: {_explain(error)}"
        raise ConfigError(message)
    _refuse_controls(mapping, where, "")
    values = _completed(mapping, schema)
    values["custom"] = _with_descriptions(mapping, values["custom"])
    return values


@functools.cache
def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration, read once; do not change it."""
    path = shipped("workflow") / "schemas" / "config.schema.yaml"
    schema: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return schema


def content_rules() -> dict[str, Any]:
    """Return the rules of the schema for the keys that decide what is in a store.

    A change of any other key, which the schema marks with `content: false`, builds nothing again.
    """
    rules = config_schema()["properties"]
    return {key: rule for key, rule in rules.items() if rule.get("content", True)}


def changed_content(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return those keys and values that decide what is in a store and differ from the defaults."""
    rules = content_rules()
    given = {key: value for key, value in mapping.items() if key in rules}
    return _without_defaults(given, {"properties": rules})


def _without_defaults(values: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        own = rule["properties"].get(key) or rule["additionalProperties"]
        if isinstance(value, Mapping) and "properties" in own:
            value = _without_defaults(value, own)
            if value or key not in rule["properties"]:
                found[key] = value
        elif key not in rule["properties"] or value != own.get("default"):
            found[key] = value
    return found


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
        message = f"{where}: found {key}: {shown(value)}; expected text without control characters"
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
            f"{where}: found the name {prefix}{shown(name)}; expected a letter, and then letters, "
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


def _explain(error: ValidationError) -> str:
    """Return what was found, what was expected, and what the key means, as sentences."""
    path = [str(part) for part in error.absolute_path]
    if not path:
        return f"found {shown(error.instance)}; expected keys and values"
    properties = config_schema()["properties"]
    rule = error.schema if isinstance(error.schema, dict) else {}
    about = properties[path[0]]["description"]
    for key in path[1:]:
        about = properties[path[0]].get("properties", {}).get(key, {}).get("description", about)
    return (
        f"found {'.'.join(path)}: {shown(error.instance)}; expected {_expected(path[0], rule)}"
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


def shown(value: Any) -> str:
    """Return a value as it may stand in the file, at most a line of it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        text = json.dumps(value, ensure_ascii=False)
        text = text if text.isprintable() else json.dumps(value)
    else:
        text = reprlib.repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def given_values(custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a description that are given, and of those named in it."""
    given = {
        key: given_values(value) if isinstance(value, Mapping) and key not in _MAPPINGS else value
        for key, value in custom.items()
        if value is not None
    }
    alone = all(isinstance(value, Mapping) for key, value in given.items() if key != "base")
    return {key: value for key, value in given.items() if key != "base"} if alone else given
