"""The digest of a store's content: the same for the same values, however they are stored.

It is the SHA-256 of a short text, one line an item: the item's name and the SHA-256 of its bytes.
Large items are given by the digests of their blocks, which the store holds in `/digests`, so that
the digest follows from a few small datasets. `docs/format.md` lists the items.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from .layout import OFFSET_DTYPE


def content_digest(file: h5py.File) -> str:
    """Return the digest of an open store, `sha256:` and 64 hexadecimal digits."""
    total = hashlib.sha256()
    for name, content in _items(file):
        total.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _items(file: h5py.File) -> Iterator[tuple[str, bytes]]:
    yield "assembly", text_of(file.attrs["assembly"]).encode()
    yield "chroms/name", _lines(file["chroms/name"])
    yield "chroms/offset", np.asarray(file["chroms/offset"], OFFSET_DTYPE).tobytes()
    yield "sites/pos", np.asarray(file["digests/sites"]).tobytes()
    yield "samples/name", _lines(file["samples/name"])
    columns = [text_of(value) for value in file["sheet/columns"][()]]
    values = [[text_of(value) for value in row] for row in file["sheet/values"][()]]
    yield "sheet", json.dumps([columns, values], ensure_ascii=False).encode()
    for layer in (text_of(name) for name in file.attrs["layers"]):
        dtype = file["layers"][layer].dtype
        blocks = np.asarray(file["digests"][layer]).tobytes()
        yield f"layers/{layer}", f"{dtype.name}\n".encode() + blocks


def file_sha256(path: str) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_of(value: object) -> str:
    """Return a string of the store as `str`."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _lines(dataset: h5py.Dataset) -> bytes:
    return "\n".join(text_of(value) for value in dataset[()]).encode()
