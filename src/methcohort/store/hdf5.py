"""Opening the HDF5 file of a store, and what becomes of errors in it.

Nothing here reads values; `vetted` hands out the parts.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from ..core.errors import DamagedStoreError, StoreError, one_line, short
from ..files import NO_LOCKS
from .digest import text_of
from .schema import COUNT_LAYERS, FORMAT, FORMAT_VERSION, KIND_NAMES, LAYERS
from .vetted import VettedFile

_VERSION: Final = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?")
_MAJOR: Final = FORMAT_VERSION.partition(".")[0]

UNREADABLE: Final = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
)
"""What h5py and numpy raise where a file holds something else than it should."""


@contextmanager
def reading(path: Path, part: str) -> Iterator[None]:
    """Raise DamagedStoreError, which names the store and the part, for what HDF5 raises."""
    try:
        yield
    except UNREADABLE as error:
        if isinstance(error, StoreError):
            raise
        reason = one_line(error)
        message = (
            f"{path}: {part} cannot be read ({reason}); the store is damaged or closed; run "
            "methcohort verify, and build it again"
        )
        raise DamagedStoreError(message).of(reason) from error


def open_vetted(path: Path) -> tuple[VettedFile, str]:
    """Return the open file of a store, and the version of its format.

    Raises StoreError where the file is missing, not a store, damaged, or of another major version.
    """
    if not path.is_file():
        what = "is not a regular file" if path.exists() else "does not exist"
        message = f"{path}: {what}; expected a store"
        raise StoreError(message)
    if not os.access(path, os.R_OK):
        message = f"{path}: cannot be read (permission denied); allow it (chmod u+r)"
        raise StoreError(message)
    try:
        file = _opened(path)
    except (OSError, RuntimeError) as error:
        message = (
            f"{path}: cannot be opened ({one_line(error)}); expected a store; the file may be of "
            "another kind, truncated or damaged; build it again"
        )
        raise StoreError(message) from error
    try:
        vetted = VettedFile(path, file)
        return vetted, _version_of(vetted)
    except BaseException as error:
        file.close()
        if isinstance(error, StoreError) or not isinstance(error, UNREADABLE):
            raise
        message = f"{path}: the attributes cannot be read ({one_line(error)}); the store is damaged"
        raise StoreError(message) from error


def _opened(path: Path) -> h5py.File:
    """Open a file with the lock that h5py takes by default, or with none where there are none.

    HDF5 refuses to open a file in two ways at once, and users have h5py, too.
    """
    try:
        return h5py.File(path, "r", locking="best-effort")
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return h5py.File(path, "r", locking=False)


def _version_of(file: VettedFile) -> str:
    """Return the version of the format. Raises StoreError where it cannot be read."""
    if not file.has_attribute("format") or file.text("format") != FORMAT:
        message = (
            f"{file.path}: is HDF5, but not a methcohort store; expected one made by "
            "methcohort build"
        )
        raise StoreError(message)
    found = file.text("format-version")
    match = _VERSION.fullmatch(found)
    if match is None or match[1] != _MAJOR:
        message = (
            f"{file.path}: has format version {short(found)}; this methcohort reads {_MAJOR}.x; "
            "use another version of methcohort, or build the store again"
        )
        raise StoreError(message)
    return found


class Axes(NamedTuple):
    """The axes of a store, and what it has of them; see `Store` for each."""

    samples: tuple[str, ...]
    chroms: tuple[str, ...]
    layers: tuple[str, ...]
    kinds: tuple[str, ...]
    chrom_offset: npt.NDArray[np.int64]


def read_axes(file: VettedFile) -> Axes:
    """Return the axes of a store. Raises one of `UNREADABLE` where they contradict themselves."""
    samples, chroms = names_of(file["samples/name"]), names_of(file["chroms/name"])
    layers, offset = _layers(file), _offset(file["chroms/offset"])
    file.lengths["sites"] = int(offset[-1])
    file.find("sites/pos")
    if not samples:
        raise ValueError("there are no samples")
    return Axes(samples, chroms, layers, _kinds(file), offset)


def names_of(dataset: h5py.Dataset) -> tuple[str, ...]:
    """Return a list of texts. Raises ValueError where two are the same."""
    found = column_of(dataset)
    if len(set(found)) < len(found):
        message = f"{dataset.name} has the same name twice"
        raise ValueError(message)
    return found


def _layers(file: VettedFile) -> tuple[str, ...]:
    """Return the names of the layers. Raises ValueError where there are others than `LAYERS`."""
    found = file.texts("layers")
    if found not in (COUNT_LAYERS, LAYERS):
        shown = short(", ".join(found))
        message = f"found the layers {shown}; expected {', '.join(LAYERS)}"
        raise ValueError(message)
    return found


def _kinds(file: VettedFile) -> tuple[str, ...]:
    """Return `KIND_NAMES` where the store has both. Raises ValueError where it has one."""
    found = tuple(name for name in KIND_NAMES if file.has(f"sites/{name}"))
    if found not in ((), KIND_NAMES):
        message = f"found {found[0]} of the sites without {' or '.join(KIND_NAMES)}"
        raise ValueError(message)
    for name in found:
        file.find(f"sites/{name}")
    return found


def _offset(dataset: h5py.Dataset) -> npt.NDArray[np.int64]:
    """Return the first site of each chromosome, int64[n_chroms + 1].

    Raises ValueError where they do not increase from 0.
    """
    found: npt.NDArray[np.int64] = dataset[()]
    if found[0] != 0 or (found[1:] <= found[:-1]).any():
        message = f"{dataset.name} does not increase from 0"
        raise ValueError(message)
    return found


def column_of(dataset: h5py.Dataset) -> tuple[Any, ...]:
    """Return a dataset with one axis as plain texts or numbers."""
    values = dataset[()].tolist()
    return tuple(map(text_of, values) if dataset.dtype.kind == "S" else values)
