"""A plain reader of bigWig files: all values by the index, and all records of each zoom level."""

import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple


class Found(NamedTuple):
    """What a file holds: lengths by name, values by (name, 0-based position), zoom records by the
    bases of their windows, and the summary."""

    lengths: dict[str, int]
    values: dict[tuple[str, int], float]
    zooms: dict[int, list[tuple[Any, ...]]]
    summary: tuple[Any, ...]


def read_bigwig(path: Path) -> Found:
    """Read a file whole, and check what its parts say of each other."""
    data = path.read_bytes()
    magic, version, n_zooms, tree, _, index, *_, summary_at, largest, _ = struct.unpack_from(
        "<I2H3Q2H2QIQ", data
    )
    assert (magic, version) == (0x888FFC26, 4)
    assert data[-4:] == data[:4]
    chroms = _chroms(data, tree)
    names = {number: name for name, (number, _) in chroms.items()}
    values = {}
    for place, block in _blocks(data, index, largest):
        chrom, start, end, _, span, kind, _, n = struct.unpack_from("<5I2BH", block)
        assert place == (chrom, start, chrom, end) and (span, kind) == (1, 2)
        items = [struct.unpack_from("<If", block, 24 + 8 * k) for k in range(n)]
        assert items[0][0] == start and items[-1][0] == end - 1 and len(block) == 24 + 8 * n
        values |= {(names[chrom], pos): value for pos, value in items}
    zooms = {}
    for k in range(n_zooms):
        size, _, at, zoom_index = struct.unpack_from("<2I2Q", data, 64 + 24 * k)
        records = [
            record
            for _, block in _blocks(data, zoom_index, largest)
            for record in struct.iter_unpack("<4I4f", block)
        ]
        assert len(records) == struct.unpack_from("<I", data, at)[0]
        zooms[size] = [(names[one[0]], *one[1:]) for one in records]
    lengths = {name: length for name, (_, length) in chroms.items()}
    return Found(lengths, values, zooms, struct.unpack_from("<Q4d", data, summary_at))


def _chroms(data: bytes, at: int) -> dict[str, tuple[int, int]]:
    magic, _, width, size, n, _ = struct.unpack_from("<4I2Q", data, at)
    assert (magic, size) == (0x78CA8C91, 8)
    found: dict[bytes, tuple[int, int]] = {}

    def visit(node: int) -> None:
        is_leaf, _, count = struct.unpack_from("<BBH", data, node)
        for k in range(count):
            item = node + 4 + k * (width + 8)
            name = data[item : item + width].rstrip(b"\0")
            if is_leaf:
                found[name] = struct.unpack_from("<2I", data, item + width)
            else:
                visit(struct.unpack_from("<Q", data, item + width)[0])

    visit(at + 32)
    assert len(found) == n and list(found) == sorted(found)
    return {name.decode(): value for name, value in found.items()}


def _blocks(data: bytes, at: int, largest: int) -> list[tuple[tuple[int, ...], bytes]]:
    """Return where each block of an index says that it lies, and what is in it."""
    magic, _, n, *span, _, _, _ = struct.unpack_from("<2IQ4IQ2I", data, at)
    assert magic == 0x2468ACE0
    found = []

    def visit(node: int, within: tuple[int, ...] | None) -> None:
        is_leaf, _, count = struct.unpack_from("<BBH", data, node)
        for k in range(count):
            if is_leaf:
                *place, offset, size = struct.unpack_from("<4I2Q", data, node + 4 + 32 * k)
                block = zlib.decompress(data[offset : offset + size])
                assert len(block) <= largest
                found.append((tuple(place), block))
            else:
                *place, child = struct.unpack_from("<4IQ", data, node + 4 + 24 * k)
                visit(child, tuple(place))
            if within:
                assert within[:2] <= tuple(place[:2]) and tuple(place[2:]) <= within[2:]

    visit(at + 48, tuple(span) if n else None)
    assert len(found) == n
    return found
