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
    if "reading" in result:
        return [path]
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
    head += ["processor seconds", "peak PSS, MB", "held, MB", "output, MB"]
    rows = []
    for name, entry in result["variants"].items():
        cells = [name, *([entry["data"]] if several else [])]
        if entry["state"] == "measured":
            cells += [
                spread(entry["seconds"], entry["median"]),
                number(entry["ratio"], 2),
                number(entry["seconds_per_million_rows"], 3),
                number(median(entry["cpu_seconds"]), 2),
                number(scaled(entry["peak_pss_bytes"]), 0),
                number(scaled(entry["peak_held_bytes"]), 0),
                number(scaled(entry["output_bytes"] or None), 1),
            ]
        else:
            cells += [f"{entry['state']}: {entry['message']}", "", "", "", "", "", ""]
        rows.append(cells)
    return f"{caption(result)}\n\n{markdown(head, rows)}"


def above_floor(result: dict[str, Any], folder: Path) -> str:
    """Return how the first variant compares with the floor, both without starting up.

    That takes results of the case `toy` in the same folder; without them the text is empty.
    """
    path = folder / "toy.json"
    if result["case"] == "toy" or not path.is_file():
        return ""
    starts = load(path)["variants"]
    variants = result.get("variants", {})
    names = (result.get("reference"), "floor")
    if any(of.get(name, {}).get("median") is None for of in (starts, variants) for name in names):
        return ""
    build, floor = (variants[name]["median"] - starts[name]["median"] for name in names)
    if floor <= 0:
        return ""
    return (
        f"\nWithout starting up, which takes {starts[names[0]]['median']:.2f} s and "
        f"{starts['floor']['median']:.2f} s, {names[0]} takes {build:.2f} s and floor "
        f"{floor:.2f} s: {build / floor:.1f} times as long.\n"
    )


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
    return "\n".join(lines)


def conditions(results: Sequence[dict[str, Any]]) -> str:
    """Return machines, versions and commits of some results, each with what it holds for."""
    found: dict[str, list[str]] = {}
    for result in results:
        host, commit = result["machine"], result["commit"]
        texts = [
            f"{host['cpu']}, {host['cores']} cores, {host['memory_bytes'] / 1e9:,.0f} GB, "
            f"{host['system']}",
            *(f"{name} {version}" for name, version in result["versions"].items()),
            *([f"commit {commit}"] if commit else []),
        ]
        for text in texts:
            found.setdefault(text, []).append(result["case"])
    groups: dict[tuple[str, ...], list[str]] = {}
    for text, cases in found.items():
        groups.setdefault(tuple(cases), []).append(text)
    return "".join(
        f"- {'' if len(cases) == len(results) else ', '.join(cases) + ': '}{', '.join(texts)}\n"
        for cases, texts in groups.items()
    )


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
    memory = [scaled(entry["peak_pss_bytes"]) or 0 for entry in entries.values()]
    panels = [
        (left, "seconds", [entry["median"] for entry in entries.values()], "{:,.2f}"),
        (right, "peak PSS, MB", memory, "{:,.0f}"),
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

    NAME is a case with results in the folder, `reading`, `scaling`, `parts`, a table that
    `growing.py` has left, or `conditions` for the machine and the versions. What has no results
    stays as it is.
    """
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"^<!-- end (\w+) -->$", text, re.MULTILINE):
        new = _part(name, results)
        if new is None:
            print(f"{page.name}: {name} stays as it is, there are no results in {results.name}")
            continue
        start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{new}\n{end}{rest.partition(end)[2]}"
    page.write_text(text, encoding="utf-8")


def _part(name: str, folder: Path) -> str | None:
    """Return the text between two comments of a page; None where its results are missing."""
    if name == "conditions":
        written = {path.stem for path in folder.glob("*.md")}  # with costs beside, no case
        cases = [path for path in sorted(folder.glob("*.json")) if path.stem not in written]
        return conditions([load(path) for path in cases])
    if name == "scaling":
        needed = all((folder / f"{case}.json").is_file() for case in scaling.CASES)
        return scaling.report(folder) if needed else None
    if name == "parts":
        needed = all((folder / f"{case}.json").is_file() for case in scaling.PART_CASES)
        return scaling.report_of_parts(folder) if needed else None
    table_file = folder / f"{name}.md"
    if table_file.is_file():
        return table_file.read_text(encoding="utf-8")
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    result = load(path)
    return table(result) + above_floor(result, folder)
