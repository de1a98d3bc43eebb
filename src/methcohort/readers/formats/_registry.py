"""Every text format by its name: those that the modules of this folder list as `FORMATS`.

Where several formats mean the same and fit a text, the first is taken. The modules of `_COMMON`
come first, the others in the order of their names, each with its formats in its own order; formats
that are known and refused come last.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from ._format import Format

DEFAULT: Final = "five_column"
"""The format whose reader says what is wrong with text that is nearly of no format."""

_COMMON: Final = (DEFAULT, "bismark_cov", "bismark_report", "methyldackel", "methylkit")
"""The callers whose text is the most likely, so that what can be theirs is."""


def _listed() -> Iterator[Format]:
    """Yield the formats of all modules."""
    folder = [str(Path(__file__).parent)]
    names = [found.name for found in pkgutil.iter_modules(folder)]
    others = [name for name in sorted(names) if name not in _COMMON and name[0] != "_"]
    for name in (*_COMMON, *others):
        yield from import_module(f".{name}", __package__).FORMATS


def _by_name() -> dict[str, tuple[Format, ...]]:
    found: dict[str, tuple[Format, ...]] = {}
    for form in sorted(_listed(), key=lambda form: bool(form.refusal)):
        found[form.name] = (*found.get(form.name, ()), form)
    return found


VARIANTS: Final = _by_name()
"""The formats of each name; several where the header tells which columns there are."""

READERS: Final[dict[str, Format]] = {name: forms[0] for name, forms in VARIANTS.items()}
"""All formats by name, also those that are known and refused."""
