"""methcohort info."""

import json
from collections import Counter
from typing import Any, Final

import click

from ..store import DECIDED_BY, FILTER, SHARED_FILES, info
from ..store.schema import COUNTS, GONE

_SHOWN: Final = 6


@click.command("info")
@click.argument("store")
@click.option("--json", "form", flag_value="json", help="Print everything as JSON.")
@click.option("--tsv", "form", flag_value="tsv", help="Print a table, one row per sample.")
def command(store: str, form: str | None) -> None:
    """Show what a store holds and how it was made."""
    found = info(store)
    if form == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif form == "tsv":
        click.echo(_table(found["samples"]))
    else:
        click.echo(_text(found))


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["\t".join(rows[0])] if rows else []
    return "\n".join(lines + ["\t".join(str(value) for value in row.values()) for row in rows])


def _text(found: dict[str, Any]) -> str:
    software = ", ".join(f"{k} {v}" for k, v in found["provenance"]["software"].items())
    settings = _settings(found["provenance"]["config"])
    layers = ", ".join(f"{layer} ({dtype})" for layer, dtype in found["layers"].items())
    inputs = found["inputs"]
    n_rows, size = (sum(one[name] for one in inputs) for name in ("n_rows", "size"))
    provenance = found["provenance"]
    files = {what: provenance[name] for name, what in SHARED_FILES.items() if name in provenance}
    lines = [
        f"store      {found['path']} ({found['bytes'] / 1e6:,.1f} MB)",
        f"content    {found['n_samples']:,} samples x {found['n_sites']:,} sites",
        f"layers     {layers}",
        *(f"{name:<10} {_sizes(sites)}" for name, sites in found["kinds"].items()),
        f"assembly   {found['assembly']}",
        f"chroms     {_chroms(found['chroms'], 'n_sites')}",
        *(f"lengths    {_chroms(found['chroms'], key)}" for key in _lengths(found["chroms"])),
        f"digest     {found['digest']}",
        f"made by    {software}",
        f"config     {settings}",
        f"made from  {len(inputs):,} files, {size / 1e6:,.1f} MB, {n_rows:,} rows; "
        "--json has the path and SHA-256 of each",
        *(f"           {line}" for line in _forms(inputs)),
        *(f"{what:11}{file['path']}, sha256:{file['sha256']}" for what, file in files.items()),
        *(f"filtered   {line}" for line in _filters(provenance.get(FILTER, []))),
        f"dropped    {_dropped(found['samples'])}",
        "",
        _samples(found["samples"]),
    ]
    return "\n".join(lines)


def _filters(filters: list[dict[str, Any]]) -> list[str]:
    """Return what filtered the store, a line for each filter."""
    return [
        f"{one['n_samples']:,} samples x {one['n_sites']:,} sites, {one['source']}, by "
        f"{json.dumps(one['options'], ensure_ascii=False)}"
        for one in filters
    ]


def _chroms(chroms: list[dict[str, Any]], key: str) -> str:
    """Return the first chromosomes, each with one of its numbers."""
    shown = ", ".join(f"{one['name']} ({one[key]:,})" for one in chroms[:_SHOWN])
    return f"{shown} and {len(chroms) - _SHOWN:,} more" if len(chroms) > _SHOWN else shown


def _lengths(chroms: list[dict[str, Any]]) -> list[str]:
    """Return the key of the lengths of chromosomes, in a list that is empty where none has one."""
    return [key for key in ("length",) if any(key in one for one in chroms)]


def _sizes(sites: dict[str, int]) -> str:
    return ", ".join(f"{name} ({n:,})" for name, n in sites.items())


def _settings(config: dict[str, Any]) -> str:
    """Return a configuration without the keys that ask for nothing."""
    given = {key: value for key, value in config.items() if value not in ("", [], {})}
    return json.dumps(given, ensure_ascii=False)


def _forms(inputs: list[dict[str, Any]]) -> list[str]:
    """Return how the files were read, a line for each way, and how many were."""
    said = Counter((one["format"], one["base"], one["decided_by"]) for one in inputs)
    return [
        f"{n:,} as {name}, {base}-based, by {DECIDED_BY.get(rule, rule)}"
        for (name, base, rule), n in said.items()
    ]


def _dropped(rows: list[dict[str, Any]]) -> str:
    """Return how many rows of text have no place of their own in the store, by reason."""
    sums = {one.title: sum(row.get(name, 0) for row in rows) for name, one in GONE.items()}
    said = [f"{n:,} {what}" for what, n in sums.items() if n]
    return f"{', '.join(said)}; by sample below" if said else "no rows"


def _samples(rows: list[dict[str, Any]]) -> str:
    """Return the samples as an aligned table, without the counts that need not be shown."""
    hidden = {
        one.name
        for one in COUNTS
        if one.shown == "never"
        or (one.shown == "nonzero" and not any(r.get(one.name) for r in rows))
    }
    names = [name for name in rows[0] if name not in hidden]
    cells = [names] + [
        [f"{row[n]:,}" if isinstance(row[n], int) else row[n] for n in names] for row in rows
    ]
    widths = [max(len(line[k]) for line in cells) for k in range(len(names))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    )
