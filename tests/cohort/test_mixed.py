"""Cohorts of files from several callers: the same truth gives the same store, whoever wrote it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callers import WRITERS, Row, cover, cytosines, make_genome, write_calls, write_fasta
from cohorts import write_sheet
from mixed import build_files, contents

import methcohort
from methcohort.core.errors import InputError
from methcohort.readers.formats import READERS
from methcohort.store.info import DECIDED_BY

SIZES = {"chr1": 9000, "chr2": 5000, "chr10": 3000}
NAMES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]


@pytest.fixture(scope="module")
def genome() -> dict[str, str]:
    return make_genome(5, SIZES)


@pytest.fixture(scope="module")
def samples(genome: dict[str, str]) -> list[list[Row]]:
    rows = [row for row in cytosines(genome) if row.context == "CpG"]
    return [cover(rows, seed) for seed in range(len(NAMES))]


def build(
    root: Path,
    samples: Sequence[Sequence[Row]],
    callers: Sequence[str],
    *,
    order: Sequence[int] | None = None,
    forms: Sequence[str] | None = None,
    **options: Any,
) -> Path:
    """Write each sample as one of the callers would, and build the store."""
    root.mkdir(parents=True, exist_ok=True)
    lines = []
    for k in order if order is not None else range(len(samples)):
        caller = callers[k % len(callers)]
        path = write_calls(root / f"{k}.{caller}.gz", samples[k], caller)
        lines.append([NAMES[k], str(path), "one", forms[k] if forms else ""])
    sheet = write_sheet(root / "samples.tsv", lines, ["format"])
    target = root / "store.h5"
    methcohort.build(sheet, target, **{"workers": 0} | options)
    return target


def assert_same_counts(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for key in ("samples", "chroms", "offset", "pos"):
        assert found[key] == expected[key], key
    for layer in ("c", "t"):
        np.testing.assert_array_equal(found[layer], expected[layer], err_msg=layer)


def test_mixed_callers_give_what_five_columns_give(
    tmp_path: Path, samples: list[list[Row]]
) -> None:
    """Every file is recognised by what is in it, and read on its own base."""
    alone = contents(build(tmp_path / "alone", samples, ["five_column"]))
    assert set(alone["formats"]) == {"five_column"}
    truth = {(row.chrom, row.pos) for rows in samples for row in rows}
    assert len(alone["pos"]) == len(truth)
    mixed = contents(build(tmp_path / "mixed", samples, list(WRITERS), workers=2))
    assert set(mixed["formats"]) == set(WRITERS)
    assert_same_counts(mixed, alone)


@pytest.mark.parametrize("caller", WRITERS)
def test_each_caller_alone(tmp_path: Path, samples: list[list[Row]], caller: str) -> None:
    """Recognised or named in the sheet, a caller's files give the truth."""
    alone = contents(build(tmp_path / "alone", samples[:3], ["five_column"]))
    found = contents(build(tmp_path / "found", samples[:3], [caller]))
    assert set(found["formats"]) == {caller}
    assert_same_counts(found, alone)
    named = contents(build(tmp_path / "named", samples[:3], [caller], forms=[caller] * 3))
    assert_same_counts(named, alone)


def test_the_reference_changes_no_count(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """With a reference every file is checked, and the same sites and counts come out."""
    fasta = write_fasta(tmp_path / "genome.fa.gz", genome)
    alone = contents(build(tmp_path / "alone", samples, ["five_column"]))
    config = {"reference": str(fasta)}
    target = build(tmp_path / "mixed", samples, list(WRITERS), config=config)
    assert_same_counts(contents(target), alone)


def test_collapsed_strands(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """The two strands of a CpG become one site with the sums, from columns or the reference."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    sums: list[dict[tuple[str, int], list[int]]] = []
    for rows in samples:
        sums.append({})
        for row in rows:
            key = (row.chrom, row.pos - (row.strand == "-"))
            pair = sums[-1].setdefault(key, [0, 0])
            pair[0] += row.c
            pair[1] += row.t
    config = {"strands": "collapse", "reference": str(fasta)}
    found = contents(build(tmp_path / "mixed", samples, list(WRITERS), config=config))
    chroms = list(SIZES)
    keys = sorted(
        {key for one in sums for key in one}, key=lambda key: (chroms.index(key[0]), key[1])
    )
    assert found["pos"] == [pos for _, pos in keys]
    for layer, number in (("c", 0), ("t", 1)):
        want = [[one.get(key, [0, 0])[number] for key in keys] for one in sums]
        assert found[layer].tolist() == want


def test_sites_of_the_reference(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """Every CpG of the genome is a site, covered or not."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    expected = [row.pos for row in cytosines(genome) if row.context == "CpG"]
    config = {"sites": "reference", "reference": str(fasta)}
    target = build(tmp_path / "both", samples[:2], list(WRITERS), config=config)
    assert contents(target)["pos"] == expected
    config |= {"strands": "collapse"}
    target = build(tmp_path / "one", samples[:2], ["bismark_report"], config=config)
    forward = [r.pos for r in cytosines(genome) if r.context == "CpG" and r.strand == "+"]
    assert contents(target)["pos"] == forward


def test_the_order_of_samples_changes_no_content(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Sites and each sample's counts are the same in any order of the sheet."""
    order = [3, 0, 6, 1, 5, 2, 4]
    straight = contents(build(tmp_path / "a", samples, list(WRITERS)))
    turned = contents(build(tmp_path / "b", samples, list(WRITERS), order=order))
    assert turned["pos"] == straight["pos"]
    np.testing.assert_array_equal(turned["c"], straight["c"][order])
    assert list(turned["formats"]) == [straight["formats"][k] for k in order]


def counts_of(path: Path) -> dict[str, list[int]]:
    """The counts of each sample, with the equation that rows go one way each checked."""
    with methcohort.open_store(path) as store:
        found = {name: values.tolist() for name, values in store.sample_counts.items()}
    gone = [name for name in found if name.startswith(("n_dropped", "n_summed", "n_collapsed"))]
    for k, n_rows in enumerate(found["n_rows"]):
        placed = n_rows - sum(found[name][k] for name in gone)
        assert placed == found["n_sites"][k], k  # no test here keeps rows without reads
    return found


def test_contexts_from_the_text_or_the_reference(tmp_path: Path, genome: dict[str, str]) -> None:
    """Rows of other contexts are dropped, whether the text tells the context or the reference."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    rows = cover(cytosines(genome), 1)
    wanted = [row.pos for row in rows if row.context in ("CHG", "CHH")]
    told = ["bismark_report", "allc", "cgmap"]
    untold = ["five_column", "bismark_cov", "bedmethyl"]
    config = {"contexts": ["CHG", "CHH"], "reference": str(fasta)}
    for caller in (*told, *untold):
        target = build(tmp_path / caller, [rows], [caller], config=config)
        assert contents(target)["pos"] == wanted, caller
        assert counts_of(target)["n_dropped_contexts"] == [len(rows) - len(wanted)]
    for caller in told:
        target = build(tmp_path / f"{caller}2", [rows], [caller], config={"contexts": ["CHG"]})
        assert contents(target)["pos"] == [row.pos for row in rows if row.context == "CHG"]
    with pytest.raises(methcohort.InputError, match="does not state the context"):
        build(tmp_path / "none", [rows], ["five_column"], config={"contexts": ["CHG"]})


def test_rows_off_the_reference(tmp_path: Path, genome: dict[str, str]) -> None:
    """Rows at no CpG are counted, and dropped or kept."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    rows = cover(cytosines(genome), 2)
    cpg = [row for row in rows if row.context == "CpG"]
    config = {"sites": "reference", "reference": str(fasta)}
    n_off = len(rows) - len(cpg)
    dropped = build(tmp_path / "drop", [rows], ["allc"], config=config)
    assert counts_of(dropped)["n_off_reference"] == [n_off]
    assert counts_of(dropped)["n_dropped_sites"] == [n_off]
    every = [row.pos for row in cytosines(genome) if row.context == "CpG"]
    assert contents(dropped)["pos"] == every
    kept = build(tmp_path / "keep", [rows], ["allc"], config=config | {"off_reference": "keep"})
    assert counts_of(kept)["n_off_reference"] == [n_off]
    assert counts_of(kept)["n_dropped_sites"] == [0]
    chroms = list(SIZES)
    truth = {(row.chrom, row.pos) for row in rows} | {
        (row.chrom, row.pos) for row in cytosines(genome) if row.context == "CpG"
    }
    order = sorted(truth, key=lambda key: (chroms.index(key[0]), key[1]))
    assert contents(kept)["pos"] == [pos for _, pos in order]


@pytest.mark.parametrize("contexts", [["CHG"], ["CHH"], ["CpG", "CHG", "CHH"]])
def test_reference_sites_of_other_contexts(
    tmp_path: Path, genome: dict[str, str], contexts: list[str]
) -> None:
    fasta = write_fasta(tmp_path / "genome.fa.gz", genome)
    rows = cover(cytosines(genome), 3)
    config = {"sites": "reference", "reference": str(fasta), "contexts": contexts}
    target = build(tmp_path, [rows], ["bismark_report"], config=config)
    expected = [row for row in cytosines(genome) if row.context in contexts]
    assert contents(target)["pos"] == [row.pos for row in expected]
    with methcohort.open_store(target) as store:
        strands = [1 if row.strand == "+" else 2 for row in expected]
        assert store.strand(0, store.n_sites).tolist() == strands
        numbers = {"CpG": 1, "CHG": 2, "CHH": 3}
        assert store.context(0, store.n_sites).tolist() == [numbers[r.context] for r in expected]


def test_merged_and_split_strands_are_not_mixed(
    tmp_path: Path, samples: list[list[Row]], genome: dict[str, str]
) -> None:
    """A file with both strands in a row, beside one with a row for each, asks for collapsing."""
    sums: dict[tuple[str, int], list[int]] = {}
    for row in samples[0]:
        pair = sums.setdefault((row.chrom, row.pos - (row.strand == "-")), [0, 0])
        pair[0] += row.c
        pair[1] += row.t
    lines = [
        f"{chrom}\t{pos}\t{pos + 1}\t{100 * c / (c + t):.6f}\t{c}\t{t}"
        for (chrom, pos), (c, t) in sums.items()
    ]
    merged = tmp_path / "a.cov"
    merged.write_text("\n".join(lines) + "\n")
    split = write_calls(tmp_path / "b.txt", samples[0], "bismark_report")
    rows = [["a", str(merged), "one", "bismark_merged_cov"], ["b", str(split), "one", ""]]
    sheet = write_sheet(tmp_path / "samples.tsv", rows, ["format"])
    with pytest.raises(methcohort.InputError, match="strands: collapse") as error:
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    assert str(merged) in str(error.value)
    assert str(split) in str(error.value)
    methcohort.build(sheet, tmp_path / "x.h5", config={"strands": "collapse"}, workers=0)
    found = contents(tmp_path / "x.h5")
    assert found["pos"] == [pos for _, pos in sums]
    for layer in ("c", "t"):
        np.testing.assert_array_equal(found[layer][0], found[layer][1])


def test_a_rival_with_a_row_before_the_first_base(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """A file that is settled to be 1-based may not have a 0 far behind the rows that told it."""
    forward = [row for row in samples[0] if row.strand == "+" and row.chrom == "chr1"]
    lines = [f"chr1\t{row.pos}\t{row.pos + 1}\t{row.pct}\t{row.c}\t{row.t}" for row in forward]
    lines = [*(lines * (600 // len(lines) + 1)), "chr1\t0\t1\t50\t1\t1"]
    (tmp_path / "a.cov").write_text("\n".join(lines) + "\n")
    other = write_calls(tmp_path / "b.txt", samples[1], "five_column")
    rows = [["a", str(tmp_path / "a.cov"), "one"], ["b", str(other), "one"]]
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    config = {"duplicates": "sum", "reference": str(fasta)}
    sheet = write_sheet(tmp_path / "samples.tsv", rows)
    with pytest.raises(InputError, match=r"a\.cov: found the position 0 after a shift by -1"):
        methcohort.build(sheet, tmp_path / "s.h5", config=config, workers=0)


def test_names_of_chromosomes_in_a_mixed_cohort(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """Three styles of naming become one, in the files, the BED file and the reference."""
    ensembl = {name.removeprefix("chr"): bases for name, bases in genome.items()}
    fasta = write_fasta(tmp_path / "genome.fa", ensembl)
    names = {"chr1": "NC_000001.11", "chr2": "NC_000002.12", "chr10": "NC_000010.11"}
    lines = []
    for k, style in enumerate((str, lambda name: name.removeprefix("chr"), names.__getitem__)):
        rows = [replace(row, chrom=style(row.chrom)) for row in samples[k]]
        path = write_calls(tmp_path / f"{k}.txt", rows, "allc")
        lines.append([NAMES[k], str(path), "one"])
    sheet = write_sheet(tmp_path / "samples.tsv", lines)
    with pytest.raises(methcohort.InputError, match="chr1") as error:
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    assert "GRCh38" in str(error.value)
    config = {"aliases": "GRCh38", "reference": str(fasta)}
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)
    alone = contents(build(tmp_path / "alone", samples[:3], ["allc"]))
    assert_same_counts(contents(tmp_path / "x.h5"), alone)
    with methcohort.open_store(tmp_path / "x.h5") as store:
        renamed = [0, len(samples[1]), len(samples[2])]
        assert list(store.inputs["n_renamed"]) == renamed
        assert list(store.inputs["n_kept"]) == [len(rows) for rows in samples[:3]]
    methcohort.verify(tmp_path / "x.h5", inputs=True, workers=0)


def test_replicates_of_several_callers(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Parts of a sample, each by another caller, are summed; their names stay in the store."""
    sheet = tmp_path / "samples.tsv"
    lines = [
        ["s1", str(write_calls(tmp_path / "1.txt", samples[0], "allc")), "one", "both"],
        ["s2", str(write_calls(tmp_path / "2.txt", samples[1], "bedmethyl")), "one", ""],
        ["s3", str(write_calls(tmp_path / "3.txt", samples[2], "bismark_cov")), "one", "both"],
    ]
    write_sheet(sheet, lines, ["merge_as"])
    methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    found = contents(tmp_path / "x.h5")
    assert found["samples"] == ("both", "s2")
    truth = {(row.chrom, row.pos): [row.c, row.t] for row in samples[0]}
    for row in samples[2]:
        pair = truth.setdefault((row.chrom, row.pos), [0, 0])
        pair[0], pair[1] = pair[0] + row.c, pair[1] + row.t
    with methcohort.open_store(tmp_path / "x.h5") as store:
        view = store.sample("both")
        sums = [
            [int(view.c[k]), int(view.t[k])]
            for k in np.flatnonzero(view.c.astype(int) + view.t).tolist()
        ]
        assert sorted(sums) == sorted(truth.values())
        assert list(store.inputs["sample"]) == [0, 0, 1]
        assert list(store.inputs["name"]) == ["s1", "s3", "s2"]
    counts_of(tmp_path / "x.h5")
    methcohort.verify(tmp_path / "x.h5", inputs=True, workers=0)


def test_what_the_store_tells_of_its_files(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Format, base and the rule that decided, of each file; `verify` reads them the same way."""
    target = build(tmp_path, samples, list(WRITERS))
    with methcohort.open_store(target) as store:
        for form, base in zip(store.inputs["format"], store.inputs["base"], strict=True):
            assert READERS[form].base == base
        assert set(store.inputs["decided_by"]) <= set(DECIDED_BY)
    methcohort.verify(target, inputs=True, workers=0)


def test_workers_and_memory_change_no_byte(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    config = {"strands": "collapse", "reference": str(fasta)}
    folder = tmp_path / "a"
    one = build(folder, samples, list(WRITERS), config=config).read_bytes()
    again = build(folder, samples, list(WRITERS), config=config, workers=3, memory="700MB")
    assert again.read_bytes() == one


def test_the_reference_is_part_of_the_estimate(
    tmp_path: Path,
    genome: dict[str, str],
    samples: list[list[Row]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a build says before it starts counts a quarter of a byte a base."""
    fasta = tmp_path / "genome.fa"
    write_fasta(fasta, genome | {"chrU": "N" * 4_000_000})
    with caplog.at_level("INFO", logger="methcohort"):
        build(tmp_path / "x", samples[:2], ["allc"], config={"reference": str(fasta)})
    assert "MB of rows and 1 MB of the reference, all in memory" in caplog.text


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_a_base_is_never_guessed(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Text that fits two formats of other bases, and has rows of both strands, is of neither."""
    lines = (f"{r.chrom}\t{r.pos}\t{r.pos + 2}\t{r.c}\t{r.n}" for r in samples[0])
    path = write_lines(tmp_path / "a.bed", lines)
    with pytest.raises(methcohort.InputError, match="wgbstools or wgbstools_1"):
        build_files(tmp_path, [path])


def test_merged_files_beside_files_of_unknown_strand(
    tmp_path: Path, samples: list[list[Row]]
) -> None:
    """That rows of one file are one base apart tells that it has each strand by itself."""
    split = write_calls(tmp_path / "a.cov", samples[0], "bismark_cov")
    lines = (
        f"{r.chrom}\t{r.pos}\t{r.pos + 1}\t{r.pct:.6f}\t{r.c}\t{r.t}"
        for r in samples[1]
        if r.strand == "+"
    )
    merged = write_lines(tmp_path / "b.cov", lines)
    with pytest.raises(methcohort.InputError, match="strands: collapse"):
        build_files(tmp_path, [split, merged], ["", "bismark_merged_cov"])


def test_the_reference_settles_merged_strands(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]], caplog: Any
) -> None:
    """What the reference decides is said as little of as what the sheet says."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    lines = (
        f"{r.chrom}\t{r.pos}\t{r.pos + 1}\t{r.pct:.6f}\t{r.c}\t{r.t}"
        for r in samples[0]
        if r.strand == "+" and r.context == "CpG"
    )
    merged = write_lines(tmp_path / "a.cov", lines)
    store = build_files(tmp_path, [merged], [""], config={"reference": str(fasta)})
    assert contents(store)["formats"] == ("bismark_merged_cov",)
    assert "disagree" not in caplog.text


@pytest.mark.parametrize("caller", ["bismark_report", "allc", "five_column"])
def test_files_of_other_contexts_are_not_shifted(
    tmp_path: Path, genome: dict[str, str], caller: str
) -> None:
    """A file a context, as some callers write them, in one cohort."""
    rows = cover(cytosines(genome), 4, 0.9)
    files = [
        write_calls(tmp_path / f"{context}.txt", [r for r in rows if r.context == context], caller)
        for context in ("CpG", "CHG", "CHH")
    ]
    with methcohort.open_store(build_files(tmp_path, files)) as store:
        assert store.n_sites == len(rows)


def test_contexts_that_the_reference_contradicts(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    wrong = [replace(row, context="CHG") for row in samples[0]]
    path = write_calls(tmp_path / "a.txt", wrong, "bismark_report")
    with pytest.raises(methcohort.InputError, match="another context than the reference"):
        build_files(tmp_path, [path], config={"reference": str(fasta)})


@pytest.mark.parametrize("contexts", [("CpG",), ("CpG", "CHG", "CHH")])
def test_collapsing_by_strand_alone(
    tmp_path: Path, genome: dict[str, str], contexts: tuple[str, ...]
) -> None:
    """Where all rows are of CpG their strands tell it; where not, the context has to be told."""
    rows = [row for row in cover(cytosines(genome), 6) if row.context in contexts]
    path = write_calls(tmp_path / "a.bed", rows, "bedmethyl")
    if len(contexts) > 1:
        with pytest.raises(methcohort.InputError, match="does not state the context"):
            build_files(tmp_path, [path], config={"strands": "collapse"})
        return
    found = contents(build_files(tmp_path, [path], config={"strands": "collapse"}))
    want = dict.fromkeys((row.chrom, row.pos - (row.strand == "-")) for row in rows)
    assert found["pos"] == [pos for _, pos in want]
    assert found["c"].sum(dtype=int) == sum(row.c for row in rows)


def test_one_file_twice_in_a_sample(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Its reads would count twice."""
    path = str(write_calls(tmp_path / "a.txt", samples[0], "allc"))
    sheet = write_sheet(
        tmp_path / "samples.tsv", [["a", path, "one", "x"], ["b", path, "one", "x"]], ["merge_as"]
    )
    with pytest.raises(methcohort.InputError, match="would count twice"):
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)


def test_names_in_quotes(tmp_path: Path) -> None:
    """As R writes them by default; a few among others are refused."""
    lines = [f'"chr1"\t{k}\t50\t1\t1' for k in range(1, 9)]
    path = write_lines(tmp_path / "a.txt", lines)
    assert contents(build_files(tmp_path, [path]))["chroms"] == ("chr1",)
    write_lines(path, [*(line.replace('"', "") for line in lines), '"chr1"\t9\t50\t1\t1'])
    with pytest.raises(methcohort.InputError, match="it is in quotes"):
        build_files(tmp_path, [path])


@pytest.mark.parametrize("name", ["Format", "mergeas", "merge.as", "FORMAT"])
def test_a_column_that_was_meant_otherwise(tmp_path: Path, name: str) -> None:
    sheet = write_sheet(tmp_path / "samples.tsv", [["a", "a.txt", "one", ""]], [name])
    with pytest.raises(methcohort.InputError, match=r"did you mean (format|merge_as)"):
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)
