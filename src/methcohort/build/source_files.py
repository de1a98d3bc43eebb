"""Whether the files that a store was made of are still the same."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from ..core.errors import InputError, StoreError, short
from ..store import SHARED_FILES, StoreReader, file_sha256

MOST_SHOWN: Final = 20
"""Files that are named at once."""


def expect_same_files(store: StoreReader, rows: Collection[int] | None = None) -> None:
    """Compare the bytes of samples' text files, and of the shared ones, with digests in the store.

    Shared are a BED file, a reference and a table of aliases.

    Parameters
    ----------
    rows : samples whose files are looked at; None means all

    Raises
    ------
    InputError
        Where a file is not there or cannot be read.
    StoreError
        Where one has other bytes.
    """
    inputs = zip(store.inputs["sample"], store.inputs["path"], store.inputs["sha256"], strict=True)
    files = [(path, sha256) for row, path, sha256 in inputs if rows is None or row in rows]
    provenance = store.provenance
    files += [
        (provenance[name]["path"], provenance[name]["sha256"])
        for name in SHARED_FILES
        if name in provenance
    ]
    absent = [path for path, _ in files if not Path(path).is_file()]
    if absent:
        message = "\n".join(
            f"{path}: does not exist; run in the folder in which the store was built"
            for path in absent[:MOST_SHOWN]
        )
        raise InputError(message)
    changed = [
        f"{path}: has other bytes than when the store was made; expected sha256 {short(sha256)}"
        for path, sha256 in files
        if _sha256(path) != sha256
    ]
    if changed:
        raise StoreError("\n".join(changed[:MOST_SHOWN]))


def sha256_of(path: str, sizes: Collection[object] | None = None) -> str:
    """Return the SHA-256 of a file; an empty text where it is of another size or unreadable."""
    try:
        if sizes is not None and Path(path).stat().st_size not in sizes:
            return ""
        return file_sha256(path)
    except OSError:  # the reader says it in full
        return ""


def _sha256(path: str) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); expected a text file"
        raise InputError(message) from error
