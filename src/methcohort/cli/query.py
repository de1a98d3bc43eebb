"""methcohort query."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from ..select import Block, Store, open_store

_SITES: Final = 4096
"""Sites that are read at once: those of a chunk, by default."""

_CELLS: Final = 1 << 19
"""Values that are text at the same time: as such they take twenty times the memory."""

_TABLE_BITS: Final = 12
"""Counts of so many bits are looked up in a table of texts."""


@click.command("query")
@click.argument("store")
@click.argument("region")
def command(store: str, region: str) -> None:
    """Print the sites of REGION, such as chr1:1,000-2,000 or chr1, as a table.

    Positions are 1-based; both ends of the region are included.
    """
    with open_store(store) as opened:
        found = opened.region(region)
        header = [f"{sample}.{layer}" for sample in found.samples for layer in opened.layers]
        blocks = ((block, _kinds(opened, block)) for block in found.blocks(_SITES))
        first = next(blocks, None)  # so that a store that is damaged here gives no table at all
        click.echo("\t".join(["chr", "pos", *opened.kinds, *header]))
        if first is None:
            return
        for block, kinds in chain([first], blocks):
            for lines in _lines(found.chrom, block, kinds):
                click.echo(lines, nl=False)


def _kinds(store: Store, block: Block) -> list[npt.NDArray[np.bytes_]]:
    """Return what is known of the sites of a block as text, for each of the store's kinds."""
    if not store.kinds:
        return []
    values = store.strand(block.start, block.stop), store.context(block.start, block.stop)
    return [
        np.array([f"\t{value}" for value in store.legends[name]], np.bytes_)[found]
        for name, found in zip(store.kinds, values, strict=True)
    ]


def _lines(chrom: str, block: Block, kinds: list[npt.NDArray[np.bytes_]]) -> Iterator[str]:
    """Yield the lines of a block, some at a time.

    Each text is put to its place in a table of bytes; what fills it up is then taken out at once.
    """
    layers = list(block.values.values())
    n_samples = len(layers[0])
    step = max(1, _CELLS // (n_samples * len(layers)))
    name = np.frombuffer(chrom.encode(), np.uint8)
    for start in range(0, len(block.pos), step):
        sites = slice(start, start + step)
        pos = _texts(block.pos[sites])
        found = [_texts(values[:, sites]).T for values in layers]
        cells = np.empty((pos.size, n_samples, len(layers)), max(one.dtype for one in found))
        for k, one in enumerate(found):
            cells[:, :, k] = one
        parts = [
            np.broadcast_to(name, (pos.size, name.size)),
            *(_bytes(column) for column in (pos, *(known[sites] for known in kinds), cells)),
            np.full((pos.size, 1), ord("\n"), np.uint8),
        ]
        yield np.concatenate(parts, axis=1).tobytes().translate(None, b"\0").decode()


def _bytes(texts: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint8]:
    """Return texts, the first axis of which is that of sites, as bytes, a site a row."""
    return texts.reshape(len(texts), -1).view(np.uint8)


def _texts(values: npt.NDArray[Any]) -> npt.NDArray[np.bytes_]:
    """Return each value as text behind a tab."""
    if (
        values.dtype.kind == "u"
        and (bits := int(values.max(initial=0)).bit_length()) <= _TABLE_BITS
    ):
        counts: npt.NDArray[np.bytes_] = _counts(bits)[values]
        return counts
    different, place = np.unique(values, return_inverse=True)
    texts = np.array([f"\t{_shown(value)}" for value in different.tolist()], np.bytes_)
    found: npt.NDArray[np.bytes_] = texts[place.reshape(values.shape)]
    return found


@cache
def _counts(bits: int) -> npt.NDArray[np.bytes_]:
    """Return all numbers of so many bits as text behind a tab."""
    found: npt.NDArray[np.bytes_] = np.array([f"\t{k}" for k in range(1 << bits)], np.bytes_)
    return found


def _shown(value: float) -> str:
    """Return a value as text; a percentage with the digits that a float32 has."""
    if isinstance(value, int):
        return str(value)
    return "NA" if np.isnan(value) else f"{value:.7g}"
