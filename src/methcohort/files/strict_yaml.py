"""YAML with nothing hidden in it: keys and values, each said once, each meaning what it shows.

PyYAML's safe loader makes no objects of other classes, but it takes the last of two equal keys,
and reads 010 as 8, 1:30 as 90 and 2024-01-02 as a date. All that is refused here, with its line,
before anything is made of the text; so are aliases, which can grow to any size, and text that is
nested too deep or is too long.
"""

import json
import re
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from ..core.errors import ConfigError
from .identity import steady

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 20

_TAG: Final = "tag:yaml.org,2002:"
_DIGITS: Final = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]{0,17})"),
    "float": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]{1,3})?|[-+]?\.(inf|nan)"),
}
_SURPRISES: Final = {
    "int": "a number in another notation",
    "float": "a number in another notation",
    "timestamp": "a date",
    "merge": "the merging of other keys",
    "value": "a value by default",
}
"""What YAML makes of some plain text, by the tag that its resolver gives."""


class _StrictSafeLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which refuses what is more than keys and values as they show."""

    depth = 0

    def compose_document(self) -> Any:
        found = super().compose_document()
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, yaml.StreamEndEvent):
            self._refuse(event, "a second document")
        return found

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"the alias *{event.anchor}")
        if event.anchor is not None:
            self._refuse(event, f"the anchor &{event.anchor}")
        if event.tag:
            self._refuse(event, f"the tag {event.tag}")
        if self.depth > MAX_DEPTH:
            self._refuse(event, f"values nested more than {MAX_DEPTH} deep")
        self.depth += 1
        found = super().compose_node(parent, index)
        self.depth -= 1
        return found

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)
        kind = node.tag.removeprefix(_TAG)
        shows_it = kind in _DIGITS and _DIGITS[kind].fullmatch(node.value.lower())
        if node.style is None and kind in _SURPRISES and not shows_it:
            message = (
                f"found {node.value[:80]}, which YAML reads as {_SURPRISES[kind]}; expected plain "
                "digits for a number; put text in quotes"
            )
            raise _RefusedError(None, None, message, node.start_mark)
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                message = (
                    f"found the key {name[:80]} again, as in line {lines[name]}; expected each key "
                    "once; remove one"
                )
                raise _RefusedError(None, None, message, key.start_mark)
            lines[name] = line
        return node

    def _refuse(self, event: Any, found: str) -> NoReturn:
        message = (
            f"found {found[:80]}; expected plain keys and values; write each value where it belongs"
        )
        raise _RefusedError(None, None, message, event.start_mark)


class _RefusedError(yaml.MarkedYAMLError):
    """Text that is YAML, and more than is read here."""


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
        message = f"{path}, line {line}: found bytes that are not UTF-8; expected YAML in UTF-8"
        raise ConfigError(message) from error
    return parse_yaml(text, str(path))


def _parse_json(text: str, where: str) -> dict[str, Any] | None:
    """Return the keys and values of a JSON object; None where the text is not one.

    YAML reads most of JSON, but takes 1e-05 for text, and no tabs. Raises ConfigError where a key
    appears twice.
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
    """Return the keys and values of YAML or JSON text; none where it is empty.

    Parameters
    ----------
    where : what messages call the text

    Raises
    ------
    ConfigError
        Where it is not YAML, not a mapping, or uses more of YAML than plain keys and values.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError(_too_long(where))
    if text.lstrip().startswith("{") and (found := _parse_json(text, where)) is not None:
        return found
    try:
        found = yaml.load(text, Loader=_StrictSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}" if mark else where
        message = f"{place}: {error.problem}"
        if not isinstance(error, _RefusedError):
            message = f"{place}: {_not_yaml(error.problem or error.context)}"
        raise ConfigError(message) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"{where}: {_not_yaml(error)}"
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


def _not_yaml(reason: object) -> str:
    text = " ".join(str(reason).split())
    return f"found text that is not YAML ({text}); expected keys and values"
