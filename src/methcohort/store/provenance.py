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

_MEMBERS: Final = ("software", "config")
_NO_FILE: Final = {"path": "", "sha256": ""}


def provenance_of(text: str) -> dict[str, Any]:
    """Return provenance, a JSON object. Raises ValueError where the text is not of that form."""
    try:
        found: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("the values are nested too deep") from error
    if isinstance(found, dict) and all(isinstance(found.get(key), dict) for key in _MEMBERS):
        files = [found.get(name, _NO_FILE) for name in SHARED_FILES]
        if all(isinstance(file, dict) for file in files) and all(
            isinstance(file.get(key), str) for file in files for key in _NO_FILE
        ):
            return found
    message = f"the text is not a JSON object with {' and '.join(_MEMBERS)}"
    raise ValueError(message)
