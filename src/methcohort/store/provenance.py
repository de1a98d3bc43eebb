"""What a store says of the programs, the configuration and the shared files that made it."""

import json
from typing import Any, Final

SHARED_FILES: Final = {
    "bed": "sites of",
    "reference": "reference",
    "aliases": "aliases",
    "chrom_sizes": "lengths of",
}
"""Members of provenance with path and SHA-256 of a file that all samples share: what to call it."""

FILTER: Final = "filter"
"""Member that filtered stores have: a list of what filtered them, the first filter first."""

_FILTER_MEMBERS: Final = {"source": str, "n_samples": int, "n_sites": int, "options": dict}

_MEMBERS: Final = ("software", "config")
_NO_FILE: Final = {"path": "", "sha256": ""}


def provenance_of(text: str) -> dict[str, Any]:
    """Return provenance, a JSON object. Raises ValueError where the text is not of that form."""
    try:
        found: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("the values are nested too deep") from error
    if isinstance(found, dict) and all(isinstance(found.get(key), dict) for key in _MEMBERS):
        _expect_filters(found.get(FILTER, []))
        files = [found.get(name, _NO_FILE) for name in SHARED_FILES]
        if all(isinstance(file, dict) for file in files) and all(
            isinstance(file.get(key), str) for file in files for key in _NO_FILE
        ):
            return found
    message = f"the text is not a JSON object with {' and '.join(_MEMBERS)}"
    raise ValueError(message)


def _expect_filters(filters: Any) -> None:
    """Raise ValueError where what filtered a store is not of the form that it has."""
    if isinstance(filters, list) and all(isinstance(one, dict) for one in filters):
        kinds = [[type(one.get(name)) for name in _FILTER_MEMBERS] for one in filters]
        if all(kind == [*_FILTER_MEMBERS.values()] for kind in kinds):
            return
    message = f"its member {FILTER} is not a list of objects with {', '.join(_FILTER_MEMBERS)}"
    raise ValueError(message)
