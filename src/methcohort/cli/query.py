"""methcohort query."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import click
import numpy as np

from ..store import Block, Store, open_store

_SITES: Final = 4096
"""Sites that are read at once: those of a chunk, by default."""

_CELLS: Final = 1 << 16
"""Values that are text at the same time: as such they take thirty times the memory."""


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
                click.echo(lines)


def _kinds(store: Store, block: Block) -> list[list[str]]:
    """Return what is known of the sites of a block, a list for each of the store's kinds."""
    if not store.kinds:
        return []
    values = store.strand(block.start, block.stop), store.context(block.start, block.stop)
    return [
        [store.legends[name][value] for value in found.tolist()]
        for name, found in zip(store.kinds, values, strict=True)
    ]


def _lines(chrom: str, block: Block, kinds: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a block, some at a time."""
    layers = list(block.values.values())
    n_samples = len(layers[0])
    step = max(1, _CELLS // (n_samples * len(layers)))
    for start in range(0, len(block.pos), step):
        sites = slice(start, start + step)
        columns = [known[sites] for known in kinds] + [
            [_shown(value) for value in values[k, sites].tolist()]
            for k in range(n_samples)
            for values in layers
        ]
        rows = zip(block.pos[sites].tolist(), *columns, strict=True)
        yield "\n".join("\t".join([chrom, str(pos), *row]) for pos, *row in rows)


def _shown(value: float) -> str:
    """Return a value as text; a percentage with the digits that a float32 has."""
    if isinstance(value, int):
        return str(value)
    return "NA" if np.isnan(value) else f"{value:.7g}"
