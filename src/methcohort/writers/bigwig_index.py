"""The two indices of a bigWig file: of chromosomes by name, and of blocks of data by place.

Written from the description of the format in the supplement of Kent et al. 2010 (Bioinformatics
26:2204), tables 5 to 17.
"""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_CHROM_MAGIC: Final = 0x78CA8C91
_PLACE_MAGIC: Final = 0x2468ACE0
_NODE: Final = struct.Struct("<BBH")
_FAN: Final = 256
"""Children of a node."""

PLACE: Final = np.dtype(
    [
        ("chrom", "<u4"), ("start", "<u4"), ("end_chrom", "<u4"), ("end", "<u4"),
        ("offset", "<u8"), ("size", "<u8"),
    ]
)  # fmt: skip
"""Where a block of data lies: on the genome, and in the file."""

_INNER: Final = np.dtype(PLACE.descr[:-1])


def chrom_tree(names: Sequence[str], lengths: Sequence[int], offset: int) -> bytes:
    """Return the B+ tree of chromosomes, which begins at this offset of the file.

    A chromosome has the number of its place in `names`.
    """
    encoded = sorted((name.encode(), number) for number, name in enumerate(names))
    width = max([1, *(len(name) for name, _ in encoded)])
    head = struct.pack("<4I2Q", _CHROM_MAGIC, _FAN, width, 8, len(encoded), 0)
    leaves = [
        (name, name.ljust(width, b"\0") + struct.pack("<2I", number, lengths[number]))
        for name, number in encoded
    ]
    return head + _tree_of_names(leaves, width, offset + len(head))


def _tree_of_names(leaves: list[tuple[bytes, bytes]], width: int, offset: int) -> bytes:
    """Return the nodes, root first: each level before the one below it."""
    levels: list[list[list[tuple[bytes, bytes]]]] = [_groups(leaves)]
    while len(levels[0]) > 1:
        levels.insert(0, _groups([(group[0][0], b"") for group in levels[0]]))
    out = []
    for depth, groups in enumerate(levels):
        is_leaf = depth == len(levels) - 1
        sizes = [_NODE.size + len(group) * (width + 8) for group in groups]
        child = offset + sum(sizes)
        below = iter(levels[depth + 1] if not is_leaf else [])
        for group in groups:
            out.append(_NODE.pack(is_leaf, 0, len(group)))
            for name, item in group:
                if is_leaf:
                    out.append(item)
                    continue
                out.append(name.ljust(width, b"\0") + struct.pack("<Q", child))
                child += _NODE.size + len(next(below)) * (width + 8)
        offset += sum(sizes)
    return b"".join(out)


def _groups(items: list[tuple[bytes, bytes]]) -> list[list[tuple[bytes, bytes]]]:
    return [items[start : start + _FAN] for start in range(0, len(items), _FAN)] or [[]]


def place_tree(places: npt.NDArray[np.void], offset: int, per_block: int) -> bytes:
    """Return the R tree of blocks of data, which begins at this offset of the file.

    Parameters
    ----------
    places : `PLACE` of each block, in the order of the genome
    per_block : the most items that a block has
    """
    span = _span(places) if len(places) else np.zeros((), _INNER)
    end = int(places["offset"][-1] + places["size"][-1]) if len(places) else offset
    head = struct.pack(
        "<2IQ4IQ2I", _PLACE_MAGIC, _FAN, len(places), int(span["chrom"]), int(span["start"]),
        int(span["end_chrom"]), int(span["end"]), end, per_block, 0,
    )  # fmt: skip
    levels = [places]
    while len(levels[0]) > _FAN:
        above = [_span(levels[0][k : k + _FAN]) for k in range(0, len(levels[0]), _FAN)]
        levels.insert(0, np.array(above, _INNER))
    return head + _tree_of_places(levels, offset + len(head))


def _tree_of_places(levels: list[npt.NDArray[np.void]], offset: int) -> bytes:
    out = []
    for depth, items in enumerate(levels):
        is_leaf = depth == len(levels) - 1
        nodes = [items[k : k + _FAN] for k in range(0, len(items), _FAN)] or [items]
        offset += len(nodes) * _NODE.size + items.nbytes
        if not is_leaf:
            size = levels[depth + 1].dtype.itemsize
            firsts = np.arange(len(items)) * (_NODE.size + _FAN * size)
            items["offset"] = offset + firsts
        for node in nodes:
            out.append(_NODE.pack(is_leaf, 0, len(node)) + node.tobytes())
    return b"".join(out)


def _span(places: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return what some places cover together."""
    found = np.zeros((), _INNER)
    found["chrom"], found["start"] = places["chrom"][0], places["start"][0]
    last = places["end_chrom"] == places["end_chrom"][-1]
    found["end_chrom"], found["end"] = places["end_chrom"][-1], places["end"][last].max()
    return found
