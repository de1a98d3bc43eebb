"""The ways to make a store: all have to give the same bytes.

Only public names of methcohort and its command are used, which stay while its modules move.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from processes import Command

import methcohort

from .texts import Case, Line

Way = Callable[[Case, Path], None]
FIRST = ("sample", "path", "cohort")


def sheet(lines: Sequence[Line], path: Path) -> Path:
    """Write a sheet with all columns that any line has."""
    further = [name for name in dict.fromkeys(k for line in lines for k in line)
               if name not in FIRST]  # fmt: skip
    table = [[*FIRST, *further]]
    table += [[line.get(k, "") for k in ("sample", "path")] + ["one"]
              + [line.get(k, "") for k in further] for line in lines]  # fmt: skip
    path.write_text("".join("\t".join(row) + "\n" for row in table), encoding="utf-8")
    return path


def build(case: Case, target: Path, lines: Sequence[Line] | None = None, **means: Any) -> Path:
    """Build the store of a case, or that of other lines than its own."""
    listed = sheet(case.lines if lines is None else lines, target.with_suffix(".tsv"))
    methcohort.build(listed, target, config=case.config, **{"workers": 0} | case.options | means)
    return target


def one_worker(case: Case, target: Path) -> None:
    build(case, target, workers=1)


def two_workers(case: Case, target: Path) -> None:
    build(case, target, workers=2)


def beside(target: Path, name: str) -> Path:
    """The name of another store in the folder of one."""
    return target.with_name(f"{target.stem}.{name}.h5")


def other(case: Case, name: str) -> Line:
    """A line of a sample of another name: the text is that of the first sample."""
    return {**case.lines[0], "sample": name}


def merged(case: Case, target: Path) -> None:
    """Stores of some samples each, not in order, merged in the order of the sheet."""
    lines = case.lines
    parts = (lines[2:3], lines[3:], lines[:2])
    stores = [build(case, beside(target, f"part{k}"), part) for k, part in enumerate(parts)]
    listed = sheet(lines, target.with_suffix(".tsv"))
    methcohort.merge(stores, target, samples=listed, workers=0)


def added(case: Case, target: Path) -> None:
    """Two samples added to the others, in the place of their store."""
    build(case, target, case.lines[:-2])
    listed = sheet(case.lines[-2:], target.with_suffix(".tsv"))
    methcohort.add(target, listed, workers=1)


def changed(case: Case, lines: Sequence[Line]) -> list[Line]:
    """The lines with other text for the second sample."""
    return [other(case, line["sample"]) if k == 1 else line for k, line in enumerate(lines)]


def replaced(case: Case, target: Path) -> None:
    """A sample that had other text before."""
    before = build(case, beside(target, "before"), changed(case, case.lines))
    listed = sheet(case.lines[1:2], target.with_suffix(".tsv"))
    methcohort.replace(before, listed, output=target, workers=0)


def added_and_changed(case: Case, target: Path) -> None:
    """A sample added, and one that had other text before."""
    before = build(case, beside(target, "before"), changed(case, case.lines[:-1]))
    listed = sheet([case.lines[1], case.lines[-1]], target.with_suffix(".tsv"))
    methcohort.add(before, listed, output=target, changed="replace", workers=0)


def removed(case: Case, target: Path) -> None:
    """Two samples fewer than there were."""
    lines = list(case.lines)
    more = [other(case, "gone"), *lines[:1], *lines[1:], case.spare]
    before = build(case, beside(target, "before"), more)
    methcohort.remove(before, ["gone", case.spare["sample"]], output=target, workers=2)


def earlier(case: Case, target: Path) -> None:
    """Built with most samples taken from an earlier store."""
    before = build(case, beside(target, "before"), [case.spare, *case.lines[:-1]])
    build(case, target, earlier=before)


def scattered(case: Case, target: Path) -> None:
    """Loaded in three jobs and packed in two, by the command."""
    root = target.with_suffix("")
    root.mkdir()
    listed = sheet(case.lines, root / "samples.tsv")
    recipe = ["--samples", listed, "--config", json.dumps(case.config)]
    n = min(3, len(case.lines))
    batches = [root / f"batch_{k}" for k in range(1, n + 1)]
    for k, batch in enumerate(batches, 1):
        run("load", *recipe, "--batch", f"{k}/{n}", "--workers", k % 2, "--output", batch)
    run("sites", *recipe, "--workers", 0, "--output", root / "sites", *batches[::-1])
    ranges = [root / f"range_{k}" for k in (1, 2)]
    for k, path in enumerate(ranges, 1):
        run("pack", "--sites", root / "sites", "--range", f"{k}/2", "--workers", k - 1,
            "--output", path, *batches)  # fmt: skip
    run("assemble", "--sites", root / "sites", "--output", target, *ranges[::-1])


def run(*arguments: Any) -> None:
    """Run a command of `methcohort scatter` in a copy of this process, which has all modules."""
    said = Path("said.txt")
    with Command.fork(["scatter", *map(str, arguments)], said) as command:
        command.wait(120)
    assert command.status == 0, said.read_text()


GROWTH = ("merged", "added", "added_and_changed", "replaced", "removed", "earlier", "scattered")
WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (
        one_worker, two_workers, merged, added, added_and_changed, replaced, removed, earlier,
        scattered,
    )
}  # fmt: skip
