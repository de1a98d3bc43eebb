"""`methcohort inspect`: what each file is, on which base, and why; as text and as JSON."""

import gzip
import json
from pathlib import Path

import pytest
import yaml
from callers import WRITERS, Row, cover, cytosines, make_genome, write_calls, write_fasta
from click.testing import CliRunner

import methcohort
from methcohort.cli.inspect import command
from methcohort.readers.formats import READERS

GENOME = make_genome(11, {"chr1": 12000, "chr2": 6000})


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return cover([row for row in cytosines(GENOME) if row.context == "CpG"], 3)


@pytest.mark.parametrize("caller", WRITERS)
def test_each_caller(tmp_path: Path, rows: list[Row], caller: str) -> None:
    """The format, its base and at least one sentence of evidence."""
    path = write_calls(tmp_path / "calls.gz", rows, caller)
    (found,) = methcohort.inspect([path], workers=0)
    assert found["path"] == str(path)
    assert (found["format"], found["fault"]) == (caller, None)
    assert found["base"] == READERS[caller].base
    assert found["title"] == READERS[caller].title
    assert found["evidence"]
    assert "n_rows" not in found


def test_text_and_json_say_the_same(tmp_path: Path, rows: list[Row]) -> None:
    path = write_calls(tmp_path / "calls.cov.gz", rows, "bismark_cov")
    run = CliRunner().invoke(command, ["--json", "--workers", "0", str(path)])
    assert run.exit_code == 0, run.output
    (found,) = json.loads(run.stdout)
    assert found["format"] == "bismark_cov"
    text = CliRunner().invoke(command, ["--workers", "0", str(path)]).stdout
    assert f"  format   bismark_cov ({found['title']}), 1-based\n" in text
    for sentence in found["evidence"]:
        assert sentence in text


def test_several_files_are_compared(tmp_path: Path, rows: list[Row]) -> None:
    """A file that can be on two bases is settled by the other, and the figures are shown."""
    whole = write_calls(tmp_path / "a.txt", rows, "five_column")
    lines = [
        f"{row.chrom}\t{row.pos - 1}\t{row.pos}\t{row.pct:.6f}\t{row.c}\t{row.t}"
        for row in rows
        if row.strand == "+"
    ]
    zero = tmp_path / "b.cov"
    zero.write_text("\n".join(lines) + "\n")
    (alone,) = methcohort.inspect([zero], workers=0)
    assert {alone["format"], alone["rival"]} == {"bismark_zero_cov", "bismark_merged_cov"}
    found = methcohort.inspect([whole, zero], workers=2)
    assert [one["format"] for one in found] == ["five_column", "bismark_zero_cov"]
    assert found[1]["rival"] is None
    assert found[1]["decided_by"] == "cohort"
    assert any("shifted" in sentence for sentence in found[1]["evidence"])
    assert [one["n_rows"] for one in found] == [len(rows), len(lines)]


def test_the_reference_decides(tmp_path: Path, rows: list[Row]) -> None:
    fasta = write_fasta(tmp_path / "genome.fa", GENOME)
    lines = [
        f"{row.chrom}\t{row.pos}\t{row.pos + 1}\t{row.pct:.6f}\t{row.c}\t{row.t}"
        for row in rows
        if row.strand == "+"
    ]
    path = tmp_path / "merged.cov.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    (found,) = methcohort.inspect([path], reference=fasta, workers=0)
    assert (found["format"], found["base"]) == ("bismark_merged_cov", 1)
    assert found["decided_by"] == "reference"
    assert any("in the reference" in sentence for sentence in found["evidence"])


def test_faults_are_told_last(tmp_path: Path, rows: list[Row]) -> None:
    """A file without a format that is known does not keep the others from being shown."""
    good = write_calls(tmp_path / "good.cov", rows, "bismark_cov")
    bad = tmp_path / "bad.txt"
    bad.write_text("".join(f"chr1\t{50 * k}\t{k % 7}\t{k % 5}\n" for k in range(1, 40)))
    found = methcohort.inspect([good, bad], workers=0)
    assert found[0]["format"] == "bismark_cov"
    assert found[1]["fault"].startswith(f"{bad}: ")
    run = CliRunner().invoke(command, ["--workers", "0", str(good), str(bad)])
    assert run.exit_code == 1
    assert "bismark_cov" in run.stdout
    assert str(run.exception) == found[1]["fault"]


def test_faults_are_of_their_file(tmp_path: Path, rows: list[Row]) -> None:
    """Also where the path of a file begins with that of another one."""
    first = write_calls(tmp_path / "a.txt", rows, "bismark_cov")
    second = tmp_path / "a.txt.more"
    second.write_text(first.read_text() + "chr9\t7\t7\t50\tmany\t1\n")
    found = methcohort.inspect([first, second], workers=0)
    assert found[0]["fault"] is None
    assert found[1]["fault"].startswith(f"{second}, line {len(rows) + 1}: found 'many'")


def test_a_description_to_complete(tmp_path: Path) -> None:
    """A text of no known format comes with its description, as YAML that the config takes."""
    path = tmp_path / "calls.tsv"
    rows = "".join(f"chr1\t{50 * k}\t{k % 7}\t{k % 7 + k % 5}\n" for k in range(1, 40))
    path.write_text("seqname\tsite\tmeth_reads\tcoverage\n" + rows)
    run = CliRunner().invoke(command, ["--workers", "0", str(path)])
    assert run.exit_code == 1
    text = run.stdout[run.stdout.index("    custom:") : run.stdout.index("  where FILL_IN")]
    given = yaml.safe_load(text)["custom"]
    assert given == {"chr": 1, "pos": 2, "c": 3, "n": 4, "base": "FILL_IN"}
    run = CliRunner().invoke(command, ["--json", "--workers", "0", str(path)])
    (found,) = json.loads(run.stdout)
    assert found["custom"] == given
    assert found["fault"].startswith(f"{path}: found the header 'seqname site meth_reads coverage'")
    with pytest.raises(methcohort.ConfigError, match="base"):
        methcohort.inspect([path], config={"custom": given}, form="custom", workers=0)
    (found,) = methcohort.inspect(
        [path], config={"custom": {**given, "base": 1}}, form="custom", workers=0
    )
    assert found["columns"] == ["chr", "pos", "c", "n"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(methcohort.InputError, match="does not exist"):
        methcohort.inspect([tmp_path / "none.txt"], workers=0)
