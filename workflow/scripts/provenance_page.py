"""Writes what `methcohort info --json` says of a store as one HTML page.

    methcohort info --json STORE | python3 provenance_page.py COHORT > PAGE

The page needs nothing else: no script, no style sheet, no font. All text is escaped.
"""

import html
import json
import sys

STYLE = """
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
div { overflow-x: auto }
table { border-collapse: collapse }
th, td { border-bottom: 1px solid #ccc; padding: .2em .9em .2em 0; text-align: left;
  vertical-align: top }
.n { text-align: right; font-variant-numeric: tabular-nums }
.none { color: #999 }
code { font-size: .9em; overflow-wrap: anywhere }
"""


def escaped(value):
    """Return a value as text that means nothing to a browser."""
    return html.escape(str(value))


def number_cell(value):
    """Return a cell with a number, a zero in grey so that the others stand out."""
    kind = "n" if value else "n none"
    return f'<td class="{kind}">{value:,}</td>'


def pairs_table(pairs):
    """Return a table of names and values, given as HTML."""
    rows = "\n".join(f"<tr><th>{escaped(k)}</th><td>{v}</td></tr>" for k, v in pairs)
    return f"<div><table>\n{rows}\n</table></div>"


def grid_table(texts, numbers, rows):
    """Return a table with a row for each of `rows`, columns of text first, then of numbers."""
    head = "".join(f"<th>{escaped(title)}</th>" for title in texts.values())
    head += "".join(f'<th class="n">{escaped(title)}</th>' for title in numbers.values())
    lines = [
        "".join(f"<td>{escaped(row[key])}</td>" for key in texts)
        + "".join(number_cell(row[key]) for key in numbers)
        for row in rows
    ]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"


def store_facts(info):
    """Return what the store is, as names and HTML."""
    layers = ", ".join(f"{name} ({dtype})" for name, dtype in info["layers"].items())
    chroms = ", ".join(f"{one['name']} ({one['n_sites']:,})" for one in info["chroms"][:40])
    if len(info["chroms"]) > 40:
        chroms += f" and {len(info['chroms']) - 40:,} more"
    software = ", ".join(f"{k} {v}" for k, v in info["provenance"]["software"].items())
    facts = [
        ("digest of the content", f"<code>{escaped(info['digest'])}</code>"),
        ("content", f"{info['n_samples']:,} samples x {info['n_sites']:,} sites"),
        ("layers", escaped(layers)),
        ("assembly", escaped(info["assembly"])),
        ("chromosomes, with their sites", escaped(chroms)),
        ("size of the file", f"{info['bytes']:,} bytes"),
        ("made by", escaped(software)),
    ]
    for name, counts in info["kinds"].items():
        shown = ", ".join(f"{kind} {n:,}" for kind, n in counts.items())
        facts.append((f"sites by {name}", escaped(shown)))
    for name, title in info["shared_files"].items():
        file = info["provenance"].get(name)
        if file:
            path, sha256 = escaped(file["path"]), escaped(file["sha256"])
            facts.append((title, f"<code>{path} sha256:{sha256}</code>"))
    return facts


def settings(config, inside=""):
    """Yield each key of the configuration and its value as HTML, keys of mappings with a point."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from settings(value, f"{inside}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{inside}{key}", f"<code>{escaped(text)}</code>"


def dropped_rows(samples, reasons):
    """Return each sample's dropped rows by reason, with the sum and what is left."""
    rows = []
    for sample in samples:
        row = {key: sample[key] for key in ("sample", "n_rows", *reasons)}
        row["all"] = sum(sample[key] for key in reasons)
        row["placed"] = row["n_rows"] - row["all"]
        rows.append(row)
    return rows


def page(cohort, info):
    """Return the page."""
    samples = info["samples"]
    counts = {one["name"]: one for one in info["counts"]}
    reasons = {name: one["title"] for name, one in counts.items() if one["gone"]}
    numbers = {
        name: one["title"]
        for name, one in counts.items()
        if not one["gone"] and one["shown"] != "never"
    }
    columns = [name for name in samples[0] if name not in counts]
    inputs = [row | {"sample": samples[row["sample"]]["sample"]} for row in info["inputs"]]
    kept = {"n_rows": numbers["n_rows"], **reasons, "all": "all reasons", "placed": "rows in store"}
    title = f"Store of cohort {escaped(cohort)}"
    parts = [
        f"<h1>{title}</h1>",
        pairs_table(store_facts(info)),
        "<h2>Rows dropped, by sample and reason</h2>",
        grid_table({"sample": "sample"}, kept, dropped_rows(samples, reasons)),
        "<h2>Samples</h2>",
        grid_table({name: name for name in columns}, numbers, samples),
        "<h2>Configuration</h2>",
        pairs_table(settings(info["provenance"]["config"])),
        "<h2>Input files</h2>",
        grid_table(
            {
                "sample": "sample",
                "name": "sheet row",
                "path": "file",
                "format": "format",
                "base": "base",
                "decided_by": "detected from",
                "sha256": "SHA-256",
            },
            {
                "size": "bytes",
                "n_rows": numbers["n_rows"],
                "n_kept": "on chromosomes kept",
                "n_renamed": "on renamed ones",
            },
            inputs,
        ),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def main():
    """Read the JSON from standard input, write the page to standard output."""
    info = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(page(sys.argv[1], info).encode())


if __name__ == "__main__":
    main()
