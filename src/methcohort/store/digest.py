"""The digest of a store's content: the same for the same values, however they are stored.

It is the SHA-256 of a short text, one line an item: the item's name and the SHA-256 of its bytes.
Large items are given by the digests of their blocks, which the store holds in `/digests`, so that
the digest follows from a few small datasets. `docs/format.md` lists the items.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from ..files import open_file
from .schema import OFFSET_DTYPE


class Content(Protocol):
    """What a digest is taken of: an open HDF5 file, or all that goes into one but the chunks."""

    @property
    def attrs(self) -> Any:
        """Attributes of the root, by name."""

    def __getitem__(self, name: str, /) -> Any:
        """Return the dataset of a path, which has a dtype and gives an array.

        Raises KeyError where there is none.
        """


def content_digest(content: Content, kinds: Sequence[str]) -> str:
    """Return the digest of a store, `sha256:` and 64 hexadecimal digits.

    `kinds` are those of `KIND_NAMES` that the store has.

    Raises what HDF5 raises, or ValueError, where a part of it cannot be read.
    """
    total = hashlib.sha256()
    for name, data in _items(content, kinds):
        total.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _items(content: Content, kinds: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    yield "assembly", text_of(content.attrs["assembly"]).encode()
    yield "chroms/name", _lines(content["chroms/name"])
    yield "chroms/offset", np.asarray(content["chroms/offset"], OFFSET_DTYPE).tobytes()
    yield "sites/pos", np.asarray(content["digests/sites"]).tobytes()
    for name in kinds:
        yield f"sites/{name}", np.asarray(content[f"digests/{name}"]).tobytes()
    yield "samples/name", _lines(content["samples/name"])
    columns = [text_of(value) for value in content["sheet/columns"][()]]
    values = [[text_of(value) for value in row] for row in content["sheet/values"][()]]
    yield "sheet", json.dumps([columns, values], ensure_ascii=False).encode()
    for layer in (text_of(name) for name in content.attrs["layers"]):
        dtype = content[f"layers/{layer}"].dtype
        blocks = np.asarray(content[f"digests/{layer}"]).tobytes()
        yield f"layers/{layer}", f"{dtype.name}\n".encode() + blocks


def file_sha256(path: str) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal. Raises OSError."""
    with os.fdopen(open_file(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_of(value: object) -> str:
    """Return a string of the store as `str`. Raises ValueError where it is none, or not UTF-8."""
    if not isinstance(value, bytes | str):
        message = f"found {value!r}; expected a text"
        raise ValueError(message)
    return value.decode() if isinstance(value, bytes) else str(value)


def _lines(dataset: Any) -> bytes:
    return "\n".join(text_of(value) for value in dataset[()]).encode()
