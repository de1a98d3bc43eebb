"""Stores whose values and bytes are kept, so that no change to the code changes them unseen."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from .forms import dialects, formats, tables
from .growth import growth
from .options import options
from .records import Record, changes, record_of
from .texts import Case, Texts
from .ways import WAYS, build

SETS: dict[str, Callable[[Texts], dict[str, Case]]] = {
    one.__name__: one for one in (formats, tables, dialects, options, growth)
}


def cases_of(name: str, root: Path) -> dict[str, Case]:
    """The stores of a set, by name; their texts are written below a folder."""
    with contextlib.chdir(root):
        return {f"{name}: {one}": case for one, case in SETS[name](Texts()).items()}


def make(cases: dict[str, Case], root: Path) -> Iterator[tuple[str, Record, list[str]]]:
    """Make stores; yield the name and the record of each, and in what its other ways differ."""
    with contextlib.chdir(root):
        for k, (name, case) in enumerate(cases.items()):
            store = build(case, Path(f"{k}.h5"))
            record, faults = record_of(store), []
            for way in case.ways:
                target = Path(f"{k}_{way}.h5")
                WAYS[way](case, target)
                if target.read_bytes() != store.read_bytes():
                    found = changes(record_of(target), record)
                    faults += [f"{way}: {line}" for line in found or ["other bytes"]]
            yield name, record, faults
