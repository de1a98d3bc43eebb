"""Parts of a store, checked before they are read: the one way to a dataset or an attribute.

A file can say anything of itself. A dataset may be a link to another file, or claim more values
than all memory holds: HDF5 makes them up where nothing was written, and inflates a thousand bytes
from one. So of each part its place, its type, its shape and the bytes that are stored of it are
compared with `schema.PARTS` and with the size of the file, all of which costs next to nothing.
What is then read takes memory in proportion to the file.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t

from ..core.errors import StoreError
from .digest import text_of
from .schema import AXES, BLOCK_SITES, PARTS

MOST_TEXT: Final = 1 << 20
"""Bytes of an attribute."""

_MOST_ATTRIBUTES: Final = 1 << 24
"""Bytes of all attributes of an object that are not in its header: HDF5 reads one to find it."""

_MOST_CHUNK: Final = 1 << 27
"""Bytes of a chunk, which is always inflated as a whole; methcohort writes at most 16 MiB."""

_MOST_INFLATED: Final = 1032
"""Bytes that deflate makes of one, at most: two bits are the shortest code, and stand for a copy
of 258 bytes, so that 4 * 258 come of eight (RFC 1951, 3.2.5)."""

_ENTRIES: Final = (1 << 16, 2)
"""Entries of a list that are read however small the file is, and further ones a byte of it.

Each becomes some objects of Python. No two samples, inputs or chromosomes are all alike, so that
each takes a byte of a file, or more.
"""

_CELLS: Final = (1 << 20, 16)
"""The same of tables, whose cells may be alike, or empty."""

_LAST_BUILT_IN: Final = 255  # filters that HDF5 itself has are numbered up to here
_LZF: Final = 32000  # h5py's own
_TILED: Final = ("sites", "layers")
"""Groups whose datasets are read chunk by chunk, which `Tiles` finds missing by itself."""

_READ: Final = "iufS"
"""Kinds of types that are read, as numpy calls them."""


class VettedFile:
    """An open HDF5 file, whose parts are checked before they are handed out.

    It can be used as the content that a digest is taken of. Whatever is not as it has to be raises
    ValueError or another of `hdf5.UNREADABLE`; a part that is in another file, or is packed in a
    way that a store is not, StoreError.

    Attributes
    ----------
    lengths : of the axes that are known, by the names of `schema.PARTS`; whoever reads the offsets
        sets the number of sites
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self.lengths: dict[str, int] = {}
        self._file = file
        self._size: int = file.id.get_filesize()
        self._groups: dict[str, h5g.GroupID] = {"": file.id}

    def __bool__(self) -> bool:
        """Tell whether the file is open."""
        return bool(self._file)

    def close(self) -> None:
        """Close the file."""
        self._groups.clear()
        self._file.close()

    def has(self, name: str) -> bool:
        """Tell whether there is a part of a name, whatever it is."""
        group, _, leaf = name.rpartition("/")
        return bool(self._group(group).links.exists(leaf.encode()))

    def __getitem__(self, name: str) -> h5py.Dataset:
        """Return a dataset of `schema.PARTS` that can be read."""
        dataset = self.find(name)
        types, found = PARTS[name].types, dataset.dtype
        if found.kind not in types and f"{found.kind}{found.itemsize}" not in types:
            message = f"/{name} has the type {found}; expected {_named(types)}"
            raise ValueError(message)
        return dataset

    def find(self, name: str) -> h5py.Dataset:
        """Return a dataset of `schema.PARTS` of the right shape, of whatever type."""
        group, _, leaf = name.rpartition("/")
        found = self._own(self._group(group), leaf, name)
        if not isinstance(found, h5d.DatasetID):
            message = f"/{name} is not a dataset"
            raise ValueError(message)
        dataset = h5py.Dataset(found)
        plist = found.get_create_plist()
        self._expect_plain(dataset, plist, name)
        self._expect_shape(dataset, name)
        self._expect_room(dataset, plist, name)
        return dataset

    def has_attribute(self, name: str) -> bool:
        """Tell whether the root has an attribute, whatever it is."""
        return _has_attribute(self._file.id, name)

    def text(self, name: str) -> str:
        """Return an attribute of the root that is one text."""
        found = _attribute(self._file.id, name)
        if found.shape:
            message = f"the attribute {name} has {found.ndim} axes; expected one text"
            raise ValueError(message)
        return text_of(found[()])

    def texts(self, name: str, of: str = "") -> tuple[str, ...]:
        """Return an attribute of the root, or of a dataset, that is a list of texts."""
        found = _attribute(self.find(of).id if of else self._file.id, name)
        if found.ndim != 1:
            message = f"the attribute {name} has {found.ndim} axes; expected 1"
            raise ValueError(message)
        return tuple(map(text_of, found.tolist()))

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The attributes that the digest of the content covers."""
        return {"assembly": self.text("assembly"), "layers": self.texts("layers")}

    def _group(self, name: str) -> h5g.GroupID:
        """Return a group of the store itself, the root where the name is empty."""
        if name not in self._groups:
            found = self._own(self._file.id, name, name)
            if not isinstance(found, h5g.GroupID):
                message = f"/{name} is not a group"
                raise ValueError(message)
            self._groups[name] = found
        return self._groups[name]

    def _own(self, group: h5g.GroupID, leaf: str, name: str) -> Any:
        """Return an object of the store itself; HDF5 would follow links wherever they lead."""
        if group.links.get_info(leaf.encode()).type != h5l.TYPE_HARD:
            raise self._foreign(name, "a link to another place")
        return h5o.open(group, leaf.encode())

    def _expect_plain(self, dataset: h5py.Dataset, plist: Any, name: str) -> None:
        """Refuse values in other files, or of types and filters that could have HDF5 do more."""
        if plist.get_layout() == h5d.VIRTUAL:
            raise self._foreign(name, "a virtual dataset")
        if plist.get_external_count():
            raise self._foreign(name, "kept in another file")
        filters = [plist.get_filter(k)[0] for k in range(plist.get_nfilters())]
        if any(number > _LAST_BUILT_IN and number != _LZF for number in filters):
            raise self._foreign(name, "packed with a filter that needs a plugin")
        if len({*filters}) < len(filters):
            raise self._foreign(name, "packed with the same filter twice")
        if dataset.dtype.kind not in _READ or dataset.id.get_type().committed():
            raise self._foreign(name, "of a type that a store does not have")

    def _expect_shape(self, dataset: h5py.Dataset, name: str) -> None:
        """Compare the axes of a dataset with those of others."""
        shape, axes = dataset.shape, PARTS[name].axes
        if shape is None or len(shape) != len(axes):
            found = "no" if shape is None else len(shape)
            message = f"/{name} has {found} axes; expected {len(axes)}"
            raise ValueError(message)
        for axis, n in zip(axes, shape, strict=True):
            if AXES.get(str(axis)) == name:
                self.lengths.setdefault(str(axis), n)
        expected = tuple(self._length(axis) for axis in axes)
        if shape != expected:
            message = f"/{name} has the shape {shape}; expected {expected}"
            raise ValueError(message)

    def _length(self, axis: str | int) -> int:
        if isinstance(axis, int):
            return axis
        if axis == "offsets":
            return self._length("chroms") + 1
        if axis == "blocks":
            return -(-self.lengths["sites"] // BLOCK_SITES)
        if axis not in self.lengths:
            self.find(AXES[axis])
        return self.lengths[axis]

    def _expect_room(self, dataset: h5py.Dataset, plist: Any, name: str) -> None:
        """Compare the values that a dataset claims with the bytes that are stored of them."""
        size = math.prod(dataset.shape)
        if not size:
            return
        tiled = name.split("/")[0] in _TILED
        free, share = _ENTRIES if dataset.ndim == 1 else _CELLS
        if plist.get_layout() != h5d.CHUNKED:
            fits = size * dataset.dtype.itemsize <= min(self._size, dataset.id.get_storage_size())
        else:
            fits = self._fits_chunks(dataset, name, tiled=tiled)
        if not fits or not (tiled or size <= free + share * self._size):
            message = (
                f"/{name} has the shape {dataset.shape} of {dataset.dtype}, which is more than is "
                f"stored of it in a file of {self._size:,} bytes"
            )
            raise ValueError(message)

    def _fits_chunks(self, dataset: h5py.Dataset, name: str, *, tiled: bool) -> bool:
        """Tell whether the chunks of a dataset can hold it; all of them, where it is not tiled."""
        n_bytes = math.prod(dataset.chunks) * dataset.dtype.itemsize
        if n_bytes > _MOST_CHUNK:
            message = f"/{name} has chunks of {n_bytes:,} bytes; expected at most {_MOST_CHUNK:,}"
            raise ValueError(message)
        sides = zip(dataset.shape, dataset.chunks, strict=True)
        n_chunks = math.prod(-(-n // step) for n, step in sides)
        if n_chunks > self._size or n_chunks * n_bytes > _MOST_INFLATED * self._size:
            return False
        if tiled:  # to look at each chunk would take as long as reading their index
            return True
        if dataset.id.get_num_chunks() != n_chunks:
            message = f"/{name} has chunks that were never written"
            raise ValueError(message)
        return bool(n_chunks * n_bytes <= _MOST_INFLATED * dataset.id.get_storage_size())

    def _foreign(self, name: str, what: str) -> StoreError:
        return StoreError(
            f"{self.path}: {name} is {what}; expected values in the store itself; use "
            "only a store that methcohort build made"
        )


def _attribute(owner: Any, name: str) -> Any:
    """Return an attribute that is texts of fixed length, as an array of bytes.

    Raises KeyError where there is none, ValueError where it is something else or too long.
    """
    if not _has_attribute(owner, name):
        message = f"found no attribute {name}"
        raise KeyError(message)
    found = h5a.open(owner, name.encode())
    kind = found.get_type()
    if kind.get_class() != h5t.STRING or kind.is_variable_str():
        message = f"the attribute {name} has another type than texts of fixed length"
        raise ValueError(message)
    if (
        found.get_storage_size() > MOST_TEXT
        or found.get_space().get_simple_extent_type() == h5s.NULL
    ):
        message = f"the attribute {name} has {found.get_storage_size():,} bytes; expected texts"
        raise ValueError(message)
    values = np.zeros(found.shape, kind.dtype)
    found.read(values)
    return values


def _has_attribute(owner: Any, name: str) -> bool:
    """Tell whether an object has an attribute. Raises ValueError where HDF5 would read too much."""
    if h5o.get_info(owner).meta_size.attr.heap_size > _MOST_ATTRIBUTES:
        message = f"found attributes of more than {_MOST_ATTRIBUTES:,} bytes"
        raise ValueError(message)
    return bool(h5a.exists(owner, name.encode()))


def _named(types: Sequence[str]) -> str:
    return " or ".join("texts" if one == "S" else np.dtype(one).name for one in types)
