"""methcohort query."""

import click
import numpy as np

from ..store import open_store


@click.command("query")
@click.argument("store")
@click.argument("region")
def command(store: str, region: str) -> None:
    """Print the sites of REGION, such as chr1:1,000-2,000 or chr1, as a table.

    Positions are 1-based; both ends of the region are included.
    """
    with open_store(store) as opened:
        found = opened.region(region)
        layers = {layer: found.layer(layer) for layer in opened.layers}
    header = [f"{sample}.{layer}" for sample in found.samples for layer in layers]
    click.echo("\t".join(["chr", "pos", *header]))
    columns = [
        [_shown(value) for value in values[k].tolist()]
        for k in range(len(found.samples))
        for values in layers.values()
    ]
    for pos, *row in zip(found.pos.tolist(), *columns, strict=True):
        click.echo("\t".join([found.chrom, str(pos), *row]))


def _shown(value: float) -> str:
    """Return a value as text; a percentage with the digits that a float32 has."""
    if isinstance(value, int):
        return str(value)
    return "NA" if np.isnan(value) else f"{value:.7g}"
