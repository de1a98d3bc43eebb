"""One table says what is counted: documentation, what is shown and what is verified follow."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pytest
from cohorts import make_cohort, simulate
from growing_stores import edited
from places import ROOT

import methcohort
from methcohort.cohort import Input
from methcohort.core.errors import StoreError
from methcohort.matrix.kernels.place import N_TALLIES, TALLIED
from methcohort.rows import TextSummary
from methcohort.store.schema import COUNTS, FILTER_COUNTS, VALUE_COUNTS, Count


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples, _ = simulate(4, 3, {"chr1": 300, "chr2": 200})
    config = {"chroms": {"exclude": ["chr2"]}, "uncovered": "drop"}
    return make_cohort(tmp_path_factory.mktemp("counts"), samples).build(config=config)


def test_each_count_has_its_counter() -> None:
    """What a count is known from has a member of its name."""
    members = {
        "text": {one.name for one in fields(TextSummary)},
        "step": {one.name for one in fields(Input)},
        "placed": {one.name for one in COUNTS if one.of_values or one.gone},
        "filter": set(FILTER_COUNTS),
    }
    assert [one.name for one in COUNTS if one.name not in members[one.known]] == []
    assert set(TALLIED) == {one.name for one in VALUE_COUNTS}
    assert len({*TALLIED.values()}) == len(TALLIED) < N_TALLIES
    assert len({one.name for one in COUNTS}) == len({one.title for one in COUNTS}) == len(COUNTS)


def test_joined_ranges_give_the_whole() -> None:
    """What two ranges of sites come to, joined, is what all sites come to."""
    rng = np.random.default_rng(1)
    c, t = rng.integers(0, 3, (2, 4, 1000)).astype("u2")
    c[1, 700], t[2, 3] = 60_000, 65_535
    for count in VALUE_COUNTS:
        assert count.of_values is not None
        parts = [count.of_values(c[:, part], t[:, part]) for part in (np.s_[:600], np.s_[600:])]
        joined = count.join(*(part.astype(np.int64) for part in parts))
        assert joined.tolist() == count.of_values(c, t).tolist(), count.name
        assert count.of_values(c[:, :0], t[:, :0]).tolist() == [0] * 4, count.name


def test_documented() -> None:
    """docs/format.md has the table."""
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    table = re.search(r"^\| COUNT \|.*?\n\|.*?\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert table is not None
    known = {
        "text": "the text",
        "step": "checks of the rows",
        "placed": "placing the rows",
        "filter": "filtering",
    }
    assert table[1].splitlines() == [
        f"| `{one.name}` | {one.title} | {'the values' if one.of_values else known[one.known]} |"
        for one in COUNTS
    ]
    steps = re.findall(r"^\| [0-9] \|.*\| `(n_\w+)` \|$", text, re.MULTILINE)
    assert sorted(steps) == sorted(one.name for one in COUNTS if one.gone)


def test_shown(store: Path) -> None:
    """info and the page of the report have each count, as a number below its title."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "workflow" / "scripts" / "provenance_page.py"), "x"],
        input=json.dumps(methcohort.info(store)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for one in COUNTS:
        if one.known == "filter":
            continue  # of filtered stores alone
        assert (f'<th class="n">{one.title}</th>' in done.stdout) == (one.shown != "never")
        assert f"<th>{one.name}</th>" not in done.stdout
    assert {one["name"] for one in methcohort.info(store)["counts"]} == {
        name for name in methcohort.info(store)["samples"][0] if name != "sample"
    }


@pytest.mark.parametrize("one", [one for one in COUNTS if one.known == "placed"])
@pytest.mark.parametrize("by", [-1, 1])
def test_verified(store: Path, tmp_path: Path, one: Count, by: int) -> None:
    """A sealed store with another number in any count of values is not ok."""

    def change(file: h5py.File) -> None:
        file[f"samples/{one.name}"][1] += by

    path = edited(Path(shutil.copy(store, tmp_path)), change)
    with pytest.raises(StoreError, match="sample s2: "):
        methcohort.verify(path)
