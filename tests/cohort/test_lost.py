"""Samples of which no row is kept, or nearly none, are said loudly, with where the rows went."""

from pathlib import Path
from typing import Any

import pytest
from cohorts import write_sheet
from made_files import five, modkit

import methcohort


def report(pos: int, c: int, t: int, context: str = "CG") -> str:
    return f"chr1\t{pos}\t+\t{c}\t{t}\t{context}\t{context}A"


def warned(folder: Path, caplog: Any, texts: dict[str, list[str]], form: str, **config: Any) -> str:
    """What is said of the samples of a cohort that is built."""
    rows = []
    for name, lines in texts.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
        rows.append([name, str(folder / f"{name}.txt"), "o", form])
    sheet = write_sheet(folder / "s.tsv", rows, ["format"])
    caplog.clear()
    methcohort.build(sheet, folder / "out.h5", workers=0, config=config)
    said = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    return "\n".join(line for line in said if " samples ha" in line)


GOOD = [report(10 * k, 3, 2) for k in range(1, 200)]
EMPTY = [report(10 * k, 0, 0) for k in range(1, 200)]


def test_one_sample_without_reads(tmp_path: Path, caplog: Any) -> None:
    said = warned(tmp_path, caplog, {"good": GOOD, "bad": EMPTY}, "bismark_report")
    assert said == (
        f"1 of 2 samples has no site with reads: bad ({tmp_path / 'bad.txt'}), 199 rows: 199 "
        "without reads; check the files, their format, and the configuration"
    )


def test_rows_without_reads_that_are_kept(tmp_path: Path, caplog: Any) -> None:
    texts = {"good": GOOD, "bad": EMPTY}
    said = warned(tmp_path, caplog, texts, "bismark_report", uncovered="keep")
    assert "1 of 2 samples has no site with reads: bad" in said
    assert "199 rows: 199 kept" in said


def test_many_samples(tmp_path: Path, caplog: Any) -> None:
    texts = {f"s{k}": EMPTY if k else GOOD for k in range(9)}
    said = warned(tmp_path, caplog, texts, "bismark_report")
    assert said.startswith("8 of 9 samples have no site with reads: s1 (")
    assert "; s3 (" in said
    assert "; and 5 more; check" in said
    assert "s4" not in said
    assert said.count("\n") == 0


def test_low_depth_is_usual(tmp_path: Path, caplog: Any) -> None:
    """A cytosine report of a whole genome, with reads at few cytosines."""
    assert not warned(tmp_path, caplog, {"low": [*EMPTY, report(5000, 1, 0)]}, "bismark_report")


@pytest.mark.parametrize(
    "config",
    [
        {"contexts": ["CHG"]},
        {"chroms": {"include": ["chr2"]}},
    ],
    ids=lambda config: next(iter(config)),
)
def test_rows_left_out_on_purpose(tmp_path: Path, caplog: Any, config: dict[str, Any]) -> None:
    """Few that are left are as they should be; none is said."""
    rest = report(5000, 1, 0, "CHG").replace("chr1", "chr2")
    assert not warned(tmp_path, caplog, {"few": [*GOOD, rest]}, "bismark_report", **config)
    said = warned(
        tmp_path, caplog, {"few": [*GOOD, rest], "none": GOOD}, "bismark_report", **config
    )
    assert said.startswith("1 of 2 samples has no site with reads: none (")
    assert "199 rows: 199 " in said


def test_sites_of_a_bed_file(tmp_path: Path, caplog: Any) -> None:
    (tmp_path / "panel.bed").write_text("chr1\t0\t15\nchr2\t0\t15\n")
    panel = str(tmp_path / "panel.bed")
    assert not warned(tmp_path, caplog, {"few": GOOD}, "bismark_report", sites=panel)
    off = [line.replace("chr1", "chr3") for line in GOOD]
    said = warned(tmp_path, caplog, {"few": GOOD, "off": off}, "bismark_report", sites=panel)
    assert said.startswith(f"1 of 2 samples has no site with reads: off ({tmp_path / 'off.txt'})")
    assert "199 rows: 199 not at sites of the store" in said


def test_nearly_none(tmp_path: Path, caplog: Any) -> None:
    """Rows that a rule dropped which nobody chose for them."""
    lines = [modkit(10 * k, "h,CG,0", 1, 3) for k in range(1, 300)]
    odd = [*lines, modkit(5000, "m,CG,0", 1, 3)]
    both = [modkit(10 * k, code, 1, 3) for k in range(1, 300) for code in ("h,CG,0", "m,CG,0")]
    said = warned(tmp_path, caplog, {"both": both, "odd": odd}, "bedmethyl")
    assert said == (
        f"1 of 2 samples has nearly no row that is kept: odd ({tmp_path / 'odd.txt'}), 300 rows: "
        "299 of other modifications, 1 kept; check the files, their format, and the configuration"
    )


def test_few_shared_sites(tmp_path: Path, caplog: Any) -> None:
    """Hardly any row at the sites that the samples share."""
    one = [five(10 * k, 3, 2) for k in range(1, 300)]
    other = [five(10 * k + 5, 3, 2) for k in range(300)] + [five(20_000, 3, 2)]
    texts = {"one": [*one, five(20_000, 3, 2)], "two": other}
    said = warned(tmp_path, caplog, texts, "five_column", sites="intersection", base_check="off")
    assert said.startswith("2 of 2 samples have nearly no row that is kept: one (")
    assert "300 rows: 299 not at sites of the store, 1 kept" in said


def test_files_without_rows(tmp_path: Path, caplog: Any) -> None:
    texts = {f"s{k}": ["# nothing"] for k in range(9)} | {"good": GOOD}
    warned(tmp_path, caplog, texts, "bismark_report")
    assert caplog.text.count(": no rows; sample s") == 5
    assert "4 more files have no rows" in caplog.text


def test_samples_of_a_store_were_told_before(tmp_path: Path, caplog: Any) -> None:
    warned(tmp_path, caplog, {"good": GOOD, "bad": EMPTY}, "bismark_report")
    (tmp_path / "more.txt").write_text("\n".join(GOOD[:50]) + "\n")
    sheet = write_sheet(
        tmp_path / "m.tsv", [["m", str(tmp_path / "more.txt"), "o", "bismark_report"]], ["format"]
    )
    caplog.clear()
    methcohort.add(tmp_path / "out.h5", sheet, workers=0)
    assert "no site with reads" not in caplog.text
