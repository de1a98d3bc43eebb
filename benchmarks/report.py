"""Results as JSON, as a table and as a plot, and the tables of README.md."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, Any

import scaling
from cases import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def load(path: Path) -> dict[str, Any]:
    """Return the results of an earlier run. Raises BenchmarkError where the file has none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path}: cannot be read ({error}); expected JSON of a run") from error
    if not isinstance(found, dict) or not {"case", "machine"} <= set(found):
        raise BenchmarkError(f"{path}: holds no results; expected JSON that run.py wrote")
    return found


def write(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write results as CASE.json and CASE.png; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['case']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if find_spec("matplotlib") is None:
        print("no plot: pip install --requirement benchmarks/requirements.txt")
        return [path]
    image = path.with_suffix(".png")
    plot(result, image)
    return [path, image]


def table(result: dict[str, Any]) -> str:
    """Return results as Markdown: what was measured, and a row for each variant."""
    if "reading" in result:
        return reading_table(result)
    several = len(result["datasets"]) > 1
    head = ["variant", *(["data"] if several else []), "seconds", "ratio", "s per million rows"]
    head += ["processor seconds", "memory, MB", "output, MB"]
    rows = []
    for name, entry in result["variants"].items():
        cells = [name, *([entry["data"]] if several else [])]
        if entry["state"] == "measured":
            cells += [
                spread(entry["seconds"], entry["median"]),
                number(entry["ratio"], 2),
                number(entry["seconds_per_million_rows"], 3),
                number(median(entry["cpu_seconds"]), 2),
                number(scaled(entry["peak_bytes"]), 0),
                number(scaled(entry["output_bytes"] or None), 1),
            ]
        else:
            cells += [f"{entry['state']}: {entry['message']}", "", "", "", "", ""]
        rows.append(cells)
    return f"{caption(result)}\n\n{markdown(head, rows)}"


def reading_table(result: dict[str, Any]) -> str:
    """Return results of reading.py as Markdown."""
    head = ["what is read", "methcohort", "plain h5py", "unit"]
    rows = [
        [one["what"], number(one["methcohort"], 2), number(one["h5py"], 2), one["unit"]]
        for one in result["reading"]
    ]
    return f"{caption(result)}\n\n{markdown(head, rows)}"


def caption(result: dict[str, Any]) -> str:
    """Return what was measured, on what, and by which command."""
    lines = ["```", result["command"], "```", ""]
    for name, one in result["datasets"].items():
        lines.append(
            f"- {name}: {one['n_samples']:,} samples x {one['n_sites']:,} sites, "
            f"{one['n_rows']:,} rows, {one['text_bytes'] / 1e6:,.1f} MB of text in files of "
            f"{one['file_bytes'] / 1e6:,.1f} MB"
        )
    host, versions = result["machine"], result["versions"]
    lines.append(
        f"- {host['cpu']}, {host['cores']} cores, {host['memory_bytes'] / 1e9:,.0f} GB, "
        f"{host['system']}"
    )
    lines.append("- " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    return "\n".join(lines)


def spread(seconds: Sequence[float], middle: float) -> str:
    """Return a median with the least and the most."""
    return f"{middle:.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


def number(value: float | None, decimals: int) -> str:
    """Return a number as text; nothing where there is none."""
    return "" if value is None else f"{value:,.{decimals}f}"


def scaled(n_bytes: int | None) -> float | None:
    """Return bytes in MB."""
    return None if n_bytes is None else n_bytes / 1e6


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is text, numbers are set to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw bars of seconds and of memory, the first variant at the top."""
    # Only where matplotlib is installed.
    from matplotlib.figure import Figure  # noqa: PLC0415

    entries = {
        name: entry for name, entry in result["variants"].items() if entry["state"] == "measured"
    }
    names = list(entries)
    figure = Figure(figsize=(9, 1.4 + 0.35 * len(names)), layout="constrained")
    figure.suptitle(f"{result['case']}: {result['about']}", fontsize=10)
    left, right = figure.subplots(1, 2, sharey=True)
    memory = [scaled(entry["peak_bytes"]) or 0 for entry in entries.values()]
    panels = [
        (left, "seconds", [entry["median"] for entry in entries.values()], "{:,.2f}"),
        (right, "peak memory, MB", memory, "{:,.0f}"),
    ]
    for axes, title, values, form in panels:
        bars = axes.barh(names, values, color=["#1b6ca8", *["#b8c4cc"] * (len(names) - 1)])
        axes.bar_label(bars, labels=[form.format(value) for value in values], padding=3, fontsize=8)
        axes.set_xlabel(title)
        axes.margins(x=0.18)
        axes.spines[["top", "right"]].set_visible(False)
    left.invert_yaxis()
    figure.savefig(path, dpi=100, metadata={"Software": None})


def fill(page: Path, results: Path) -> None:
    """Put tables between the comments `<!-- NAME -->` and `<!-- end NAME -->` of a page.

    NAME is a case with results in the folder, `reading`, or `scaling`. Others stay as they are.
    """
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"^<!-- end (\w+) -->$", text, re.MULTILINE):
        path = results / f"{name}.json"
        if name == "scaling":
            new = scaling.report(results)
        elif path.is_file():
            new = table(load(path))
        else:
            print(f"{page.name}: {name} stays as it is, there is no {path.name}")
            continue
        start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{new}\n{end}{rest.partition(end)[2]}"
    page.write_text(text, encoding="utf-8")
