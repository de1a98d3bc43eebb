"""Cytosine reports, whose text does not tell their base: proven where it can be, else assumed."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import scattering
from callers import Row, cover, cytosines, make_genome, write_calls, write_fasta
from click.testing import CliRunner
from cohorts import write_sheet

import methcohort
from methcohort.cli.inspect import command

GENOME = make_genome(21, {"chr1": 12_000, "chr2": 6_000})


@pytest.fixture(scope="module")
def rows() -> list[list[Row]]:
    """Three samples of the CpGs of a genome."""
    sites = [row for row in cytosines(GENOME) if row.context == "CpG"]
    return [cover(sites, seed) for seed in (1, 2, 3)]


def zero_report(path: Path, rows: Sequence[Row]) -> Path:
    """Write a report as `coverage2cytosine --zero_based` does."""
    lines = (f"{r.chrom}\t{r.pos - 1}\t{r.strand}\t{r.c}\t{r.t}\tCG\t{r.trinuc}" for r in rows)
    path.write_text("\n".join(lines) + "\n")
    return path


def sheet_of(root: Path, paths: Sequence[Path], forms: Sequence[str] = ()) -> Path:
    lines = [[f"s{k}", str(path), "o", forms[k] if forms else ""] for k, path in enumerate(paths)]
    return write_sheet(root / "samples.tsv", lines, ["format"])


def built(root: Path, paths: Sequence[Path], **options: object) -> Path:
    methcohort.build(sheet_of(root, paths), root / "x.h5", **{"workers": 0} | options)
    return root / "x.h5"


def told(path: Path) -> list[tuple[str, int, str]]:
    """Format, base and rule of each file."""
    with methcohort.open_store(path) as store:
        inputs = store.inputs
        return list(zip(inputs["format"], inputs["base"], inputs["decided_by"], strict=True))


def counts(path: Path, sample: int) -> dict[tuple[str, int], tuple[int, int]]:
    """Counts of a sample at its sites."""
    with methcohort.open_store(path) as store:
        found = {}
        for name in store.chroms:
            region = store.region(name)
            for pos, c, t in zip(region.pos, region.c[sample], region.t[sample], strict=True):
                if c + t:
                    found[name, int(pos)] = int(c), int(t)
        return found


def truth(rows: Sequence[Row]) -> dict[tuple[str, int], tuple[int, int]]:
    return {(row.chrom, row.pos): (row.c, row.t) for row in rows}


def test_nothing_tells(
    tmp_path: Path, rows: list[list[Row]], caplog: pytest.LogCaptureFixture
) -> None:
    """The usual base is taken; log, store, `info` and `inspect` say that it is assumed."""
    paths = [write_calls(tmp_path / f"{k}.txt", rows[k], "bismark_report") for k in (0, 1)]
    store = built(tmp_path, paths)
    assert told(store) == [("bismark_report", 1, "assumed")] * 2
    assert counts(store, 0) == truth(rows[0])
    (line,) = [line for line in caplog.messages if "assumed" in line]
    assert line.startswith(f"{paths[0]} (and 1 more files): nothing shows whether")
    assert "bismark_report_zero" in line and "give a reference" in line
    run = CliRunner().invoke(command, ["--json", "--workers", "0", str(paths[0])])
    assert run.exit_code == 0
    (one,) = json.loads(run.stdout)
    assert (one["format"], one["base"], one["decided_by"]) == ("bismark_report", 1, "assumed")
    assert "give a reference to have it proven" in one["evidence"][-1]
    text = CliRunner().invoke(command, ["--workers", "0", str(paths[0])]).stdout
    assert "decided  by assumption, since nothing shows its base" in text
    methcohort.verify(store, inputs=True, workers=0)


def test_a_named_format_is_not_assumed(tmp_path: Path, rows: list[list[Row]]) -> None:
    path = zero_report(tmp_path / "a.txt", rows[0])
    sheet = sheet_of(tmp_path, [path], ["bismark_report_zero"])
    methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    assert told(tmp_path / "x.h5") == [("bismark_report_zero", 0, "sheet")]
    assert counts(tmp_path / "x.h5", 0) == truth(rows[0])


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("rule", ["cohort", "reference"])
def test_proven(
    tmp_path: Path,
    rows: list[list[Row]],
    caplog: pytest.LogCaptureFixture,
    rule: str,
    *,
    zero: bool,
) -> None:
    """The other samples, or the reference, tell the base; nothing is assumed."""
    known = write_calls(tmp_path / "known.cov", rows[1], "bismark_cov")
    path = tmp_path / "a.txt"
    write = zero_report if zero else lambda path, rows: write_calls(path, rows, "bismark_report")
    write(path, rows[0])
    config = {}
    if rule == "reference":
        config = {"reference": str(write_fasta(tmp_path / "genome.fa", GENOME))}
    store = built(tmp_path, [path, known] if rule == "cohort" else [path], config=config)
    form = ("bismark_report_zero", 0) if zero else ("bismark_report", 1)
    assert told(store)[0] == (*form, rule)
    assert counts(store, 0) == truth(rows[0])
    assert not any("assumed" in line for line in caplog.messages)


def test_too_few_positions_to_decide(tmp_path: Path) -> None:
    """A base is not assumed against the few positions that speak for the other one."""
    lines = [f"chr1\t{100 + 37 * k}\t50\t1\t1\n" for k in range(300)]
    (tmp_path / "a.txt").write_text("".join(lines))
    report = "".join(f"chr1\t{99 + 37 * k}\t+\t1\t1\tCG\tCGA\n" for k in range(300))
    (tmp_path / "b.txt").write_text(report)
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    with pytest.raises(methcohort.InputError, match=r"b\.txt .*: 0 of .*, and 300 shifted by \+1"):
        built(tmp_path, paths)
    store = built(tmp_path, paths, config={"base_check": "warn"})
    assert told(store)[1] == ("bismark_report", 1, "assumed")
    methcohort.build(sheet_of(tmp_path, paths, ["", "bismark_report_zero"]), store, workers=0)
    assert counts(store, 0) == counts(store, 1)


def test_position_zero(tmp_path: Path) -> None:
    """Among the first rows it tells the base; behind them it is refused, with what to do."""
    first, rest = "chr1\t0\t+\t1\t2\tCG\tCGA\n", ""
    for k in range(1, 6000):
        rest += f"chr1\t{50 * k}\t{'+-'[k % 2]}\t{k % 5}\t{k % 3}\tCG\tCGA\n"
    path = tmp_path / "a.txt"
    path.write_text(first + rest)
    store = built(tmp_path, [path])
    assert told(store) == [("bismark_report_zero", 0, "ends")]
    assert counts(store, 0)["chr1", 1] == (1, 2)
    path.write_text(rest + first.replace("chr1", "chr2"))
    with pytest.raises(methcohort.InputError, match=r"line 6000: .*text is 0-based, name such a"):
        built(tmp_path, [path])


def test_two_bases_that_nothing_proves(tmp_path: Path, rows: list[list[Row]]) -> None:
    """Files that are assumed to be on one base, and are not, stop the build."""
    paths = [write_calls(tmp_path / "a.txt", rows[0], "bismark_report")]
    paths.append(zero_report(tmp_path / "b.txt", rows[1]))
    with pytest.raises(methcohort.InputError, match=r"1-based, which is assumed\).*agree better"):
        built(tmp_path, paths)


def test_stores_of_reports_grow(
    tmp_path: Path, rows: list[list[Row]], caplog: pytest.LogCaptureFixture
) -> None:
    """The bytes are those of a build of all text; that is read where it may prove a base."""
    write = write_calls
    paths = [write(tmp_path / f"{k}.txt", rows[k], "bismark_report") for k in (0, 1)]
    paths.append(write(tmp_path / "2.cov", rows[2], "bismark_cov"))

    def build(name: str, *chosen: int) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        lines = [[f"s{k}", str(paths[k]), "o", ""] for k in chosen]
        sheet = write_sheet(folder / "samples.tsv", lines, ["format"])
        methcohort.build(sheet, folder / "x.h5", workers=0)
        return folder / "x.h5"

    both, mixed, all_ = build("both", 0, 1), build("mixed", 2, 0), build("all", 2, 0, 1)
    # Reports beside reports prove nothing, and no text is read again.
    one, other = build("one", 0), build("other", 1)
    methcohort.merge([one, other], tmp_path / "m.h5", workers=0)
    assert (tmp_path / "m.h5").read_bytes() == both.read_bytes()
    caplog.clear()
    methcohort.add(one, both.parent / "samples.tsv", workers=0)
    assert one.read_bytes() == both.read_bytes()
    assert not any("text is read" in line for line in caplog.messages)
    # A file of known base proves those of reports that were assumed, and of reports to come.
    with pytest.raises(methcohort.InputError, match=r"1\.txt, read as bismark_report, was assumed"):
        methcohort.merge([mixed, other], tmp_path / "m.h5", workers=0)
    methcohort.add(mixed, all_.parent / "samples.tsv", workers=0)
    assert mixed.read_bytes() == all_.read_bytes()
    assert [one[2] for one in told(mixed)] == ["ends", "cohort", "cohort"]
    methcohort.remove(mixed, ["s2"], workers=0)
    assert [one[2] for one in told(mixed)] == ["assumed"] * 2
    assert mixed.read_bytes() == both.read_bytes()


def test_batches(tmp_path: Path, rows: list[list[Row]]) -> None:
    """What one batch assumes, files of another prove or refuse."""
    known = write_calls(tmp_path / "known.cov", rows[0], "bismark_cov")
    report = write_calls(tmp_path / "a.txt", rows[1], "bismark_report")
    store = scattering.build(sheet_of(tmp_path, [known, report]), tmp_path / "one", 2)
    assert told(store)[1] == ("bismark_report", 1, "cohort")
    report = zero_report(tmp_path / "b.txt", rows[1])
    with pytest.raises(methcohort.InputError, match=r"b\.txt .*which is assumed.*agree better"):
        scattering.build(sheet_of(tmp_path, [known, report]), tmp_path / "two", 2)
