"""Stores have the values and the bytes that they had: `make golden` keeps them anew.

A change that is meant to alter no store must leave `data/golden.json` as it is; one that alters
stores shows there in what.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from golden import SETS, Case, cases_of, make
from golden.records import changes, differences, read_kept, record_of, summary, versions
from golden.ways import WAYS, build
from places import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork with threads

NO_CONTENT = {"samples", "threads", "memory", "scatter", "changed"}
"""Keys of the configuration that no store depends on."""


@pytest.fixture(scope="module")
def kept() -> tuple[dict[str, Any], dict[str, Any]]:
    return read_kept()


@pytest.mark.parametrize("name", SETS)
def test_stores_are_as_they_were(
    tmp_path: Path, kept: tuple[dict[str, Any], dict[str, Any]], name: str
) -> None:
    """Digest, values, layout and bytes; and each way to make a store gives the same bytes."""
    made_with, records = kept
    faults = {
        store: ways + differences(record, made_with, records.get(store, {}))
        for store, record, ways in make(cases_of(name, tmp_path), tmp_path)
    }
    gone = {store for store in records if store.startswith(f"{name}: ")} - {*faults}
    assert not gone, f"not made any more: {sorted(gone)}"
    if any(faults.values()):
        pytest.fail(summary(faults), pytrace=False)


def test_versions_are_as_they_were(kept: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Only then the bytes of files are looked at."""
    if versions() != kept[0]:
        pytest.skip(f"bytes are not compared: {changes(versions(), kept[0])}")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """All stores that there are, not made."""
    return {
        store: case
        for name in SETS
        for store, case in cases_of(name, tmp_path_factory.mktemp(name)).items()
    }


def test_every_format_has_a_store(cases: dict[str, Case]) -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    listed = text.partition("## Accepted")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*`) \|", listed, re.MULTILINE)
    accepted = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert len(accepted) > 50
    assert accepted - {line["format"] for case in cases.values() for line in case.lines} == set()


def test_every_option_has_a_store(cases: dict[str, Case]) -> None:
    """Each choice that a key has, and for other keys a value that is not the default."""
    schema = yaml.safe_load(
        (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
    )["properties"]
    given: dict[str, list[Any]] = {}
    for case in cases.values():
        for key, value in flat(case.config):
            given.setdefault(key, []).append(value)
    for key, rule in flat_rules(schema).items():
        default, found = rule.get("default"), given.get(key, [])
        wanted = [one for one in rule.get("enum", []) if one not in (default, False, None)]
        assert all(one in found for one in wanted), (key, wanted)
        assert any(one != default for one in found), key
    ways = {way for case in cases.values() for way in case.ways}
    assert ways == {*WAYS}


def flat_rules(schema: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The rules of all keys that decide a store, those of one description for all of them."""
    found = {}
    for key, rule in schema.items():
        if prefix or key not in NO_CONTENT:
            inner = rule.get("properties")
            found |= flat_rules(inner, f"{prefix}{key}.") if inner else {prefix + key: rule}
    return found


def flat(config: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of all keys that are given, those of named descriptions for `custom`."""
    for key, value in config.items():
        if not isinstance(value, dict) or key == "only":
            yield prefix + key, value
        else:
            yield from flat(value, "custom." if prefix else f"{key}.")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """One store, of five samples."""
    cases = cases_of("options", tmp_path)
    with contextlib.chdir(tmp_path):
        return tmp_path / build(cases["options: union"], Path("store.h5"))


def shift(file: h5py.File) -> None:
    file["layers/t"][2, 5] += 1


def count(file: h5py.File) -> None:
    file["samples/n_rows"][0] += 1


def rename(file: h5py.File) -> None:
    file.attrs.modify("assembly", np.bytes_(b"unknowm"))


def renumber(file: h5py.File) -> None:
    file.attrs.modify("format-version", np.bytes_(b"9.9"))


def leave_out(file: h5py.File) -> None:
    del file["sheet"]


FILE = {"file", "file but for the number of its format"}


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (shift, {"layers/t: values, 2", "layers/t: as stored", *FILE}),
        (count, {"samples/n_rows: values, 0", "samples/n_rows: as stored", *FILE}),
        (rename, {"@assembly", *FILE}),
        (renumber, {"@format-version", "file"}),
        (leave_out, {f"sheet/{name}: {part}" for name in ("columns", "values")
                     for part in ("layout", "values", "as stored")} | FILE),
    ],
)  # fmt: skip
def test_a_change_is_seen(
    store: Path, kept: tuple[dict[str, Any], dict[str, Any]], change: Callable[[h5py.File], None],
    parts: set[str],
) -> None:  # fmt: skip
    """What differs is named, and nothing else; values also where bytes are not compared."""
    before = record_of(store)
    with h5py.File(store, "r+") as file:
        change(file)
    store.write_bytes(store.read_bytes() + bytes(64))  # for the seal, which HDF5 has cut off
    after = record_of(store)
    assert {line.split(": found")[0] for line in changes(after, before)} == parts
    other = versions() | {"python": "0", "libraries": {}}
    seen = {line.split(": found")[0] for line in differences(after, other, before)}
    assert seen == parts - FILE - {part for part in parts if "as stored" in part}
