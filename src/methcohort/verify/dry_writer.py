"""What a build would write, without its chunks: `verify` compares that with a store."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from ..store import ChunkedArray, content_digest
from ..store.schema import KIND_NAMES, LENGTHS

_NOT_KEPT: Final = ("sites/pos", *(f"sites/{name}" for name in KIND_NAMES))


class DryWriter:
    """Takes a store as `StoreWriter` does, and keeps its names, counts and digests in memory.

    What is known of sites, and layers, are given by their digests; of a layer the dtype is kept.

    Attributes
    ----------
    attrs : attributes of the root, by name
    digest : the digest that the store would have, once all is taken
    kinds : those of `KIND_NAMES` that it would have
    """

    def __init__(self) -> None:
        self.digest = ""
        self.attrs: dict[str, Any] = {}
        self.kinds: tuple[str, ...] = ()
        self._kept: dict[str, npt.NDArray[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was taken."""

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return what would be a dataset; of a layer without values."""
        return self._kept[name]

    @property
    def chrom_lengths(self) -> npt.NDArray[np.int64] | None:
        """What would be the lengths of the chromosomes; None where these are not known."""
        return self._kept.get(LENGTHS)

    def write_array(self, name: str, values: npt.NDArray[Any], legend: Sequence[str] = ()) -> None:
        """Keep a copy, since the memory that a caller hands out is used again."""
        if legend:
            self.kinds += (name.removeprefix("sites/"),)
        if name not in _NOT_KEPT:
            self._kept[name] = values.copy()

    def create_layer(self, layer: str, array: ChunkedArray) -> None:
        """Keep the dtype of a layer."""
        self._kept[array.name] = np.empty((0, 0), array.dtype)

    def write_chunk(
        self, layer: str, place: tuple[int, int], data: npt.NDArray[np.uint8], crc: int
    ) -> None:
        """Take a chunk, and keep nothing of it."""

    def finish(self, attributes: Mapping[str, Any]) -> str:
        """Keep the attributes; return the digest that the store would have."""
        self.attrs.update(attributes)
        self.digest = content_digest(self, self.kinds)
        return self.digest
