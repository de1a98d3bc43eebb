"""A site given twice: what is said depends on whether both rows may be of the same reads."""

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from cohorts import write_sheet
from made_files import five, modkit
from places import SHARED

import methcohort

REAL = SHARED / "formats"


def pb(pos: int, kind: str, c: int, t: int) -> str:
    n = c + t
    return f"chr1\t{pos - 1}\t{pos}\t{100 * c / n:.1f}\t{kind}\t{n}\t{c}\t{t}\t{100 * c / n:.1f}"


PB_HEAD = (
    "#chrom\tbegin\tend\tmod_score\ttype\tcov\test_mod_count\test_unmod_count"
    "\tdiscretized_mod_score"
)


def build(folder: Path, lines: list[str], form: str, **config: Any) -> Path:
    path = folder / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    sheet = write_sheet(folder / "s.tsv", [["a", str(path), "o", form]], ["format"])
    methcohort.build(sheet, folder / "a.h5", workers=0, config=config)
    return folder / "a.h5"


def refused(folder: Path, lines: list[str], form: str, **config: Any) -> str:
    with pytest.raises(methcohort.InputError) as caught:
        build(folder, lines, form, **config)
    return str(caught.value).removeprefix(f"{folder / 'a.txt'}, ")


MOTIFS = [modkit(9, "m,CG,0", 4, 1), modkit(10, "m,CG,0", 5, 3), modkit(10, "m,CGCG,2", 5, 3)]
COPY = "where both are of the same reads, as in a file joined to itself, duplicates: sum would"


@pytest.mark.parametrize("shuffled", [False, True], ids=["sorted", "unsorted"])
def test_two_motifs(tmp_path: Path, shuffled: bool) -> None:
    lines = [*MOTIFS, modkit(30, "m,CG,0", 1, 1), modkit(31, "m,CG,0", 2, 2)]
    line = 3
    if shuffled:
        lines, line = [lines[3], *lines[:3], lines[4]], 4
    assert refused(tmp_path, lines, "bedmethyl") == (
        f"line {line}: found chr1 10 a second time, as m,CGCG,2 after m,CG,0 in line {line - 1}; "
        "expected one row per site; the same reads are reported under several motifs, and "
        "duplicates: sum would count them twice; use a file of one motif, or keep the rows of one"
    )


def test_rows_of_another_modification_between(tmp_path: Path) -> None:
    """The row before is the one that is kept, not one that is dropped."""
    lines = [MOTIFS[1], modkit(10, "h,CG,0", 1, 7), MOTIFS[2]]
    assert "as m,CGCG,2 after m,CG,0 in line 1;" in refused(tmp_path, lines, "bedmethyl")
    lines = [modkit(10, "m,CG,0", 0, 0), MOTIFS[1], MOTIFS[2]]
    assert "as m,CGCG,2 after m,CG,0 in line 2;" in refused(tmp_path, lines, "bedmethyl")


def test_all_reads_beside_haplotypes(tmp_path: Path) -> None:
    lines = [PB_HEAD, pb(5, "Total", 6, 4), pb(5, "hap1", 5, 1), pb(9, "Total", 1, 1)]
    custom = {"chr": 1, "pos": 2, "c": 7, "t": 8, "base": 0}
    said = refused(tmp_path, lines, "custom", custom=custom)
    assert said == (
        "line 3: found chr1 5 a second time, as hap1 after Total in line 2; expected one row a "
        "site; duplicates: sum would count reads twice; keep the rows of one kind, such as those "
        "of all reads"
    )


@pytest.mark.parametrize("zipped", [False, True])
def test_file_joined_to_itself(tmp_path: Path, zipped: bool) -> None:
    rng = random.Random(1)
    rows = [five(10 * k, rng.randint(1, 30), rng.randint(1, 30)) for k in range(1, 30_000)]
    text = "\n".join([*rows, *rows]) + "\n"
    path = tmp_path / ("a.txt.gz" if zipped else "a.txt")
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    sheet = write_sheet(tmp_path / "s.tsv", [["a", str(path), "o"]])
    with pytest.raises(methcohort.InputError) as caught:
        methcohort.build(sheet, tmp_path / "a.h5", workers=0)
    assert str(caught.value).startswith(
        f"{path}, line 30000: found chr1 10 a second time, with the same counts as in line 1; "
        f"expected one row per site; {COPY}"
    )


def test_rows_of_different_reads(tmp_path: Path) -> None:
    lines = [five(5, 1, 2), five(15, 3, 3), five(15, 3, 4), five(150, 3, 4)]
    assert refused(tmp_path, lines, "five_column") == (
        "line 3: found chr1 15 a second time, first in line 2; expected one row per site; remove "
        "one, set duplicates to first, or to sum if they are of different reads"
    )


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the shared data")
def test_two_motifs_of_modkit(tmp_path: Path) -> None:
    lines = (REAL / "modkit_motifs" / "two_motifs.bed").read_text().splitlines()
    said = refused(tmp_path, lines, "auto")
    assert said.startswith(
        "line 5: found oligo_741_adapters 40 a second time, as m,CGCG,2 after m,CG,0 in line 4; "
    )


SUMMED = "rows that duplicates: sum added to another row of their site have the same counts"


@pytest.mark.parametrize("order", ["sorted", "unsorted", "three times"])
@pytest.mark.parametrize("same", [True, False])
def test_sums_of_the_same_reads_are_warned_of(
    tmp_path: Path, caplog: Any, order: str, same: bool
) -> None:
    rows = [(10 * k, 2 + k % 7, 1 + k % 5) for k in range(1, 40)]
    times = 3 if order == "three times" else 2
    copies = (
        [rows] * times if same else [rows, *[[(p, c + 1, t) for p, c, t in rows]] * (times - 1)]
    )
    listed = [row for one in copies for row in one]
    if order != "unsorted":
        listed.sort(key=lambda row: row[0])
    store = build(tmp_path, [five(*row) for row in listed], "five_column", duplicates="sum")
    assert (f"all {39 * (times - 1)} {SUMMED}" in caplog.text) == same
    with methcohort.open_store(store) as found:
        assert found.region("chr1").c[0].tolist() == [
            sum(c for p, c, _ in listed if p == pos) for pos, _, _ in rows
        ]


def test_sums_of_two_lanes_are_not(tmp_path: Path, caplog: Any) -> None:
    """Some rows have the same counts by chance."""
    rng = random.Random(2)
    rows = [five(10 * k, *rng.choice([(1, 0), (0, 1), (2, 1)])) for k in range(1, 60) for _ in "ab"]
    build(tmp_path, rows, "five_column", duplicates="sum")
    assert SUMMED not in caplog.text
