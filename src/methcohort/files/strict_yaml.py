"""YAML with nothing hidden in it: keys and values, each said once, each meaning what it shows.

PyYAML's safe loader makes no objects of other classes, but it takes the last of two equal keys,
and reads 010 as 8, 1:30 as 90 and 2024-01-02 as a date. All that is refused here, with its line,
before anything is made of the text; so are aliases, which can grow to any size, and text that is
nested too deep or is too long.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from ..core.errors import ConfigError
from .identity import steady

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 20

_TAG: Final = "tag:yaml.org,2002:"
_PLAIN: Final = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]{0,17})"),
    "float": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?|[-+]?\.(inf|nan)"),
}
_ODD: Final = {
    "int": "a number written in another way than in plain digits",
    "float": "a number written in another way than in plain digits",
    "timestamp": "a date",
    "merge": "the merging of other keys",
    "value": "a value by default",
}


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file. Raises ConfigError where it has none."""
    try:
        with steady(path) as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or error
        message = f"{path}: the configuration cannot be read ({reason}); give a YAML file"
        raise ConfigError(message) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(_too_long(str(path)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"{path}, line {line}: found bytes that are no UTF-8; expected YAML in UTF-8"
        raise ConfigError(message) from error
    return parse_yaml(text, str(path))


def parse_json(text: str, where: str) -> dict[str, Any] | None:
    """Return the keys and values of a JSON object; None where the text is none.

    YAML reads most of JSON, but takes 1e-05 for text. Raises ConfigError where a key stands twice.
    """

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            message = f"{where}: found a key twice; expected each key once; remove one"
            raise ConfigError(message)
        return found

    try:
        found = json.loads(text, object_pairs_hook=distinct)
    except ConfigError:
        raise
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Return the keys and values of YAML text; none where it is empty.

    Parameters
    ----------
    where : what messages call the text

    Raises
    ------
    ConfigError
        Where it is no YAML, no mapping, or uses more of YAML than plain keys and values.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError(_too_long(where))
    try:
        _refuse_extras(text, where)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            _refuse_odd(root, where)
        found = yaml.safe_load(text)
    except ConfigError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}" if mark else where
        reason = " ".join(str(error.problem or error.context).split())
        message = f"{place}: found text that is no YAML ({reason}); expected keys and values"
        raise ConfigError(message) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        message = f"{where}: found text that is no YAML ({reason}); expected keys and values"
        raise ConfigError(message) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        what = "a list" if isinstance(found, list) else f"only {str(found)[:40]!r}"
        message = f"{where}: found {what}; expected keys and values, such as: min_samples: 2"
        raise ConfigError(message)
    return found


def _too_long(where: str) -> str:
    return f"{where}: found more than {MAX_BYTES:,} bytes; expected a configuration, which is short"


def _line(part: Any) -> int:
    """Return the line at which an event or a node starts; the first is 1."""
    return int(part.start_mark.line) + 1


def _refuse_extras(text: str, where: str) -> None:
    """Look at the text as a stream, which takes no more memory than its longest line."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        found = None
        if isinstance(event, yaml.AliasEvent):
            found = f"the alias *{event.anchor}"
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            found = f"the anchor &{event.anchor}"
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag:
            found = f"the tag {event.tag}"
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            found = "a second document" if documents > 1 else None
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            found = f"values nested more than {MAX_DEPTH} deep"
        if found:
            message = (
                f"{where}, line {_line(event)}: found {found[:80]}; expected plain "
                "keys and values; write each value where it belongs"
            )
            raise ConfigError(message)


def _refuse_odd(node: Any, where: str) -> None:
    """Refuse values that mean something else than they show, and keys that stand twice."""
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        kind = node.tag.removeprefix(_TAG)
        if kind in _ODD and not (kind in _PLAIN and _PLAIN[kind].fullmatch(node.value.lower())):
            message = (
                f"{where}, line {_line(node)}: found {node.value[:80]}, which YAML reads as "
                f"{_ODD[kind]}; expected plain digits for a number; put text in quotes"
            )
            raise ConfigError(message)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_odd(item, where)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            _refuse_odd(key, where)
            _refuse_odd(value, where)
            name = str(key.value)
            if name in seen:
                message = (
                    f"{where}, line {_line(key)}: found the key {name[:80]} again, as in line "
                    f"{seen[name]}; expected each key once; remove one"
                )
                raise ConfigError(message)
            seen[name] = _line(key)
