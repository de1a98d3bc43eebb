"""The configuration as Snakemake hands it over: completed, and refused in a sentence.

A plain file, which Snakemake fetches for `common.smk`. What is wrong in the configuration or the
sheet is said by the package, where Snakemake's Python has the release that the jobs will use. Where
it has not, as in an environment of Snakemake alone, the first job says it: it writes the recipe.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

PACKAGE: Final = "methcohort"


def release(pins: str, methods: Iterable[Any]) -> str:
    """Return the version of the package that jobs will use.

    Parameters
    ----------
    pins : the text of the environment file
    methods : how the environments of jobs are made; conda makes that of the file
    """
    match = re.search(rf"{PACKAGE}==(\S+)", pins)
    pinned = match[1] if match else ""
    try:
        is_made = any("conda" in str(method).lower() for method in methods)
        return pinned if is_made else metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return pinned


def completed(given: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values given, and the defaults of all other keys; mappings inside are completed.

    Whole numbers are made of their text, as which `snakemake --config 'x={a: 3}'` has them.
    """
    found = {key: value for key, value in dict(given).items() if key not in schema["properties"]}
    for key, rule in schema["properties"].items():
        value = given.get(key, rule.get("default"))
        if "properties" in rule and isinstance(value, Mapping):
            value = completed(value, rule)
        elif rule.get("type") == "integer" and re.fullmatch("[0-9]+", str(value)):
            value = int(value)
        found[key] = value
    return found


def changed_content(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return those keys and values that decide what is in a store and differ from the defaults."""
    rules = {key: one for key, one in schema["properties"].items() if one.get("content", True)}
    given = {key: value for key, value in config.items() if key in rules}
    return without_defaults(given, {"properties": rules})


def without_defaults(values: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ from the defaults; a description with a name stays."""
    found = {}
    for key, value in values.items():
        own = rule["properties"].get(key) or rule["additionalProperties"]
        if isinstance(value, Mapping) and "properties" in own:
            value = without_defaults(value, own)
            if value or key not in rule["properties"]:
                found[key] = value
        elif key not in rule["properties"] or value != own.get("default"):
            found[key] = value
    return found


def own_files(files: Sequence[str | Path], keys: Iterable[str], *, used: bool) -> list[Path]:
    """Return the files that hold nothing but keys of this workflow.

    Parameters
    ----------
    files : those that Snakemake read
    keys : of this workflow's configuration
    used : whether another workflow uses this one as a module; its files may hold other things, and
        are its own affair
    """
    found = [Path(path) for path in files]
    return [path for path in found if not used or {*_keys(path)} <= {*keys}]


def _keys(path: Path) -> Iterable[Any]:
    """Return the outermost keys of a file that Snakemake could read, as JSON or as YAML."""
    text = path.read_text("utf-8-sig")
    try:
        found = json.loads(text)
    except ValueError:
        found = yaml.safe_load(text)
    return found or ()


def fault(config: Mapping[str, Any], schema: Mapping[str, Any], version: str) -> str:
    """Return what the schema does not allow in the configuration, or nothing."""
    error = best_match(Draft202012Validator(schema).iter_errors(dict(config)))
    if error is None:
        return ""
    where = ".".join(map(str, error.absolute_path)) or "the whole"
    return package_fault(config, version) or f"the configuration: {where}: {error.message}"


def file_fault(files: Sequence[Path], version: str) -> str:
    """Return what the package says of files as YAML, or nothing: see `package_fault`.

    Snakemake reads 010 as 8 and takes the last of two equal keys; the package refuses both.
    """
    if not has_package(version):
        return ""
    from methcohort.core.errors import MethcohortError
    from methcohort.files.strict_yaml import read_yaml

    try:
        for path in files:
            read_yaml(path)
    except MethcohortError as error:
        return str(error)
    return ""


def has_package(version: str) -> bool:
    """Whether this Python has the release that jobs will use; another may know other keys."""
    try:
        return metadata.version(PACKAGE) == version
    except metadata.PackageNotFoundError:
        return False


def package_fault(config: Mapping[str, Any], version: str) -> str:
    """Return what the package says of the configuration and of all rows of its sheet.

    Nothing where it is not at hand.
    """
    if not has_package(version):
        return ""
    from methcohort.cohort.config import read_config
    from methcohort.cohort.sheet import read_sheet
    from methcohort.core.errors import MethcohortError

    try:
        settings = read_config(config)
        sheet = read_sheet(settings.samples, settings.custom)
        for name in sheet.names:
            sheet.cohort(name)
    except MethcohortError as error:
        return str(error)
    return ""
