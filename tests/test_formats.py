"""Each format is read as another, plain reading of its columns reads it: real files where there are
some, and small ones of what the caller's sources say."""

import gzip
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from methcohort import ConfigError, InputError
from methcohort.blocks import Columns, new_columns
from methcohort.cytosine import BOTH, CHG, CHH, CPG, MINUS, PLUS
from methcohort.readers import (
    READERS,
    RowRules,
    TextSummary,
    custom_format,
    open_text,
    recognise,
    settle,
)

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "formats"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "formats.md"

Read = tuple[str, int, int, int, int]
"""Chromosome, position from 1, methylated reads, converted reads, bits of strand and context."""

CONTEXT = {"CG": CPG, "CpG": CPG, "CHG": CHG, "CXG": CHG, "CCG": CHG, "CHH": CHH}
STRAND = {"+": PLUS, "F": PLUS, "-": MINUS, "R": MINUS, ".": 0}
NUCLEOTIDE = {"C": PLUS, "G": MINUS}


class Rows:
    """A sink that keeps all rows."""

    def __init__(self, *, with_kind: bool) -> None:
        self.with_kind = with_kind
        self.blocks: list[tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = []
        self.columns: Columns | None = None

    def open(self, *, wide: bool) -> Columns:
        self.columns = new_columns(5000, wide=wide, with_pct=True, with_kind=self.with_kind)
        return self.columns

    def close(self, n_rows: int, n_runs: int) -> None:
        assert self.columns is not None
        columns = [column[:n_rows].copy() for column in self.columns.values()]
        self.blocks.append((columns, self.columns.runs[:n_runs].copy()))

    def rows(self, names: list[str]) -> list[Read]:
        found: list[Read] = []
        for (pos, pct, c, t, kind), runs in self.blocks:
            chroms = np.repeat(runs[:, 0], np.diff([*runs[:, 1], len(pos)]))
            kinds = kind if self.with_kind else np.zeros(len(pos), np.uint8)
            found += zip(
                [names[k] for k in chroms],
                pos.tolist(), c.tolist(), t.tolist(), kinds.tolist(), strict=True,
            )  # fmt: skip
            n = c.astype(float) + t
            true = np.float32(100.0 * c[n > 0] / n[n > 0])
            np.testing.assert_allclose(pct[n > 0], true, rtol=1e-6)
        return found


def rules(**options: Any) -> RowRules:
    given: dict[str, Any] = {
        "wanted": lambda _name: True, "duplicates": "first", "drop_uncovered": True,
        "pct_check": "error", "pct_tolerance": 1.0, "with_pct": True,
    }  # fmt: skip
    return RowRules(**given | options)


def read(path: Path, name: str = "", **options: Any) -> tuple[list[Read], TextSummary]:
    """Read a file in the format of a name, or the one it is recognised as."""
    custom = options.pop("custom", None)
    form = settle(name or recognise(str(path)).format, str(path), custom)
    sink = Rows(with_kind=form.with_kind)
    reader = open_text(str(path), form, rules(**options))
    summary = reader.read(sink)
    return sink.rows(reader.names.decoded), summary


def split(path: Path) -> list[list[str]]:
    """The fields of all lines but comments and a header."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        lines = [line.split() for line in file if line[0] != "#"]
    return lines if any(field[0].isdigit() for field in lines[0][1:]) else lines[1:]


def nearest(level: str, n: str, scale: int = 1) -> int:
    return round(Fraction(level) * int(n) / scale)


def pair(c: int | str, n: int | str) -> tuple[int, int]:
    return int(c), int(n) - int(c)


REAL_FILES: dict[str, tuple[str, Callable[[list[str]], Read]]] = {
    "bismark_cov": (
        "bismark_cov/*",
        lambda f: (f[0], int(f[1]), int(f[4]), int(f[5]), 0),
    ),
    "bismark_report": (
        "bismark_cytosine_report/*",
        lambda f: (f[0], int(f[1]), int(f[3]), int(f[4]), STRAND[f[2]] | CONTEXT[f[5]]),
    ),
    "bismark_report_zero": (
        "bismark_zero/zero*",
        lambda f: (f[0], int(f[1]) + 1, int(f[3]), int(f[4]), STRAND[f[2]] | CONTEXT[f[5]]),
    ),
    "bismark_merged_zero_cov": (
        "bismark_zero/merge*",
        lambda f: (f[0], int(f[1]) + 1, int(f[4]), int(f[5]), BOTH | CPG),
    ),
    "bedmethyl": (
        "bedmethyl_modkit/*",
        lambda f: (f[0], int(f[1]) + 1, int(f[11]), int(f[12]) + int(f[13]), BOTH),
    ),
    "modbam2bed": (
        "modbam2bed/*",
        lambda f: (f[0], int(f[1]) + 1, int(f[12]), int(f[11]), BOTH),
    ),
    "biscuit_bed": (
        "biscuit_bed/MCF7*",
        lambda f: (f[0], int(f[1]) + 1, *pair(nearest(f[3], f[4]), f[4]), 0),
    ),
    "biscuit_mergecg": (
        "biscuit_bed/*mergecg*",
        lambda f: (f[0], int(f[1]) + 1, *pair(nearest(f[3], f[4]), f[4]), BOTH | CPG),
    ),
    "bsmap_methratio": (
        "bsmap_methratio/*",
        lambda f: (f[0], int(f[1]), *pair(f[6], f[7]), STRAND[f[2]] | CONTEXT[f[3]]),
    ),
    "cgmap": (
        "cgmap/*",
        lambda f: (f[0], int(f[2]), *pair(f[6], f[7]), NUCLEOTIDE[f[1]] | CONTEXT[f[3]]),
    ),
    "dnmtools_counts": (
        "dnmtools_counts/*",
        lambda f: (
            f[0], int(f[1]) + 1, *pair(nearest(f[4], f[5]), f[5]), STRAND[f[2]] | CONTEXT[f[3]],
        ),
    ),
    "dss": ("dss_text/*", lambda f: (f[0], int(f[1]), *pair(f[3], f[2]), 0)),
    "methylkit": (
        "methylkit_text/*",
        lambda f: (f[1], int(f[2]), *pair(nearest(f[5], f[4], 100), f[4]), STRAND[f[3]]),
    ),
    "five_column": ("../plain5/*", lambda f: (f[0], int(f[1]), int(f[3]), int(f[4]), 0)),
}  # fmt: skip


@pytest.mark.skipif(not REAL.is_dir(), reason="real files are not here")
@pytest.mark.parametrize("name", REAL_FILES)
def test_real_files(name: str) -> None:
    """Every row of every real file, against a plain split of its lines."""
    pattern, plain = REAL_FILES[name]
    files = sorted(REAL.glob(pattern))[:4]
    assert files
    for path in files:
        expected = [row for row in map(plain, split(path)) if row[2] + row[3] > 0]
        options = {"modification": "any"} if name == "bedmethyl" else {}
        # Nothing in the text of one tells its base.
        form = name if name == "bismark_report_zero" else ""
        rows, summary = read(path, form, **options)
        assert len(rows) + summary.n_dropped_duplicates == len(expected)
        assert set(rows) <= set(expected)
        if not summary.n_dropped_duplicates:
            assert rows == expected
        assert summary.n_rows == len(split(path))


PACBIO = "#chrom\tbegin\tend\tmod_score\ttype\tcov\t"
RASTAIR = (
    "#chr\tstart\tend\tname\tbeta_est\tstrand\tunmod\tmod\tno_snp\tsnp\tcoverage\tgenotype\t"
    "gt_p_score\tgt_conf_score\tcpg\n"
)
ASTAIR = (
    "CHROM\tSTART\tEND\tMOD_LEVEL\tMOD\tUNMOD\tREF\tALT\tSPECIFIC_CONTEXT\tCONTEXT\tSNV\t"
    "TOTAL_DEPTH\n"
)
BED_9 = "chr1\t99\t100\t{}\t7\t{}\t99\t100\t0,0,0\t"

SMALL: dict[str, tuple[str, str, list[Read]]] = {
    # name of the case: format, text, rows
    "zero.cov": (
        "bismark_zero_cov", "chr1\t99\t100\t66.6666666666667\t2\t1\n", [("chr1", 100, 2, 1, 0)],
    ),
    "merged.cov": (
        "bismark_merged_cov", "chr1\t100\t101\t25.000000\t1\t3\n",
        [("chr1", 100, 1, 3, BOTH | CPG)],
    ),
    "MethylDackel": (
        "methyldackel_bedgraph",
        'track type="bedGraph" description="a CHG methylation levels"\nchr1\t99\t100\t66\t2\t1\n',
        [("chr1", 100, 2, 1, CHG)],
    ),
    "MethylDackel, merged": (
        "methyldackel_bedgraph",
        'track type="bedGraph" description="a CpG merged methylation levels"\n'
        "chr1\t99\t101\t66\t2\t1\n",
        [("chr1", 100, 2, 1, BOTH | CPG)],
    ),
    "MethylDackel without its track line": (
        "methyldackel_bedgraph", "chr1\t99\t100\t66\t2\t1\n", [("chr1", 100, 2, 1, 0)],
    ),
    "methylKit table": (
        "methylkit_tabix", "#Date\nchr1\t100\t100\t-\t9\t2\t7\n", [("chr1", 100, 2, 7, MINUS)],
    ),
    "MethylDackel --methylKit": (
        "methylkit",
        "chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n"
        "chr1.7\tchr1\t7\tR\t3\t 33.33\t 66.67\nchr1.9\tchr1\t9\tF\t1\t  0.00\t100.00\n",
        [("chr1", 7, 1, 2, MINUS), ("chr1", 9, 0, 1, PLUS)],
    ),
    "BISCUIT": (
        "biscuit_bed", "chr1\t99\t100\t0.333\t3\nchr1\t101\t102\t.\t0\n", [("chr1", 100, 1, 2, 0)],
    ),
    "BISCUIT -c": (
        "biscuit_bed_counts", "chr1\t99\t100\t67\t2\t1\nchr1\t101\t102\t.\t0\t0\n",
        [("chr1", 100, 2, 1, 0)],
    ),
    "BISCUIT -e": (
        "biscuit_extended", "chr1\t99\t100\tG\tCHG\tCA\tATCAG\t0.500\t4\n",
        [("chr1", 100, 2, 2, MINUS | CHG)],
    ),
    "BISCUIT -e -c": (
        "biscuit_extended_counts", "chr1\t99\t100\tC\tCG\tCG\tATCGA\t50\t2\t2\n",
        [("chr1", 100, 2, 2, PLUS | CPG)],
    ),
    "mergecg, two bases": (
        "biscuit_mergecg", "chr1\t99\t101\t0.500\t4\tC:0.500:2,G:0.500:2\n",
        [("chr1", 100, 2, 2, BOTH | CPG)],
    ),
    "mergecg -c": (
        "biscuit_mergecg_counts", "chr1\t99\t101\t67\t2\t1\tC:0.500:2,G:1.000:1\n",
        [("chr1", 100, 2, 1, BOTH | CPG)],
    ),
    "modkit, two modifications": (
        "bedmethyl",
        BED_9.format("m", "-") + "10\t30.00\t3\t5\t2\t0\t0\t0\t0\n"
        + BED_9.format("h", "-") + "10\t20.00\t2\t5\t3\t0\t0\t0\t0\n",
        [("chr1", 100, 3, 7, MINUS)],
    ),
    "modkit, old, with blanks": (
        "bedmethyl", BED_9.format("m", "+") + "8 25.00 2 6 0 0 0 0 0\n",
        [("chr1", 100, 2, 6, PLUS)],
    ),
    "modkit, motif": (
        "bedmethyl", BED_9.format("m,CG,0", "+") + "8\t25.00\t2\t6\t0\t0\t0\t0\t0\n",
        [("chr1", 100, 2, 6, PLUS)],
    ),
    "modbam2bed, 16 columns": (
        "modbam2bed", BED_9.format("5mC", "+") + "9\t25.00\t6\t2\t1\t0\t0\n",
        [("chr1", 100, 2, 6, PLUS)],
    ),
    "ENCODE": (
        "encode_bedmethyl", BED_9.format(".", "-") + "7\t29\n", [("chr1", 100, 2, 5, MINUS)],
    ),
    "pb-CpG-tools": (
        "pb_cpg_tools",
        PACBIO + "est_mod_count\test_unmod_count\tdiscretized_mod_score\n"
        "chr1\t99\t100\t4.2\tTotal\t9\t3\t6\t33.3\n",
        [("chr1", 100, 3, 6, BOTH | CPG)],
    ),
    "pb-CpG-tools, counts": (
        "pb_cpg_tools_count",
        PACBIO + "mod_count\tunmod_count\tavg_mod_score\tavg_unmod_score\n"
        "chr1\t99\t100\t33.3\thap1\t9\t3\t6\t90.1\t5.0\n",
        [("chr1", 100, 3, 6, BOTH | CPG)],
    ),
    "allc": (
        "allc", "1\t100\t-\tCHG\t2\t5\t1\n1\t102\t+\tCGN\t1\t1\t0\n",
        [("1", 100, 2, 3, MINUS | CHG), ("1", 102, 1, 0, PLUS | CPG)],
    ),
    "allc, 9 columns": (
        "allc", "1\t100\t-\tCAT\t2\t5\t1\t5,4,3\t0,1,0\n", [("1", 100, 2, 3, MINUS | CHH)],
    ),
    "old BSMAP": (
        "bsmap_methratio_old",
        "chr\tpos\tstrand\tcontext\tratio\ttotal_C\tmethy_C\tCI_lower\tCI_upper\n"
        "chr1\t100\t-\tAACGT\t0.400\t5\t2\t0.1\t0.8\n",
        [("chr1", 100, 2, 3, MINUS)],
    ),
    "CGmap, unknown context": (
        "cgmap", "chr1\tG\t100\t--\t--\t0.4\t2\t5\nchr1\tC\t102\tCHH\tCA\tna\t0\t0\n",
        [("chr1", 100, 2, 3, MINUS)],
    ),
    "asTair": (
        "astair",
        ASTAIR + "chr1\t99\t100\t0.4\t2\t3\tG\tA\tCAG\tCHG\tNo\t5\n"
        "chr1\t101\t102\tNA\t0\t0\tC\tT\tCGA\tCpG\tNo\n",
        [("chr1", 100, 2, 3, MINUS | CHG)],
    ),
    "rastair": (
        "rastair",
        RASTAIR + "chr1\t99\t100\t.\t0.4\t-\t3\t2\t9\t0\t9\tC/C\t9\t9\tREF\n"
        "chr1\t101\t102\tCpG2\t\t+\t0\t0\t9\t0\t9\tC/C\t9\t9\tREF\n",
        [("chr1", 100, 2, 3, MINUS | CPG)],
    ),
    "DNMTools, mutated": (
        "dnmtools_counts", "chr1\t0\t+\tCpGx\t0.333333\t3\nchr1\t7\t-\tCHHx\t0\t0\n",
        [("chr1", 1, 1, 2, PLUS | CPG)],
    ),
    "wgbs_tools": (
        "wgbstools", "chr1\t99\t101\t2\t5\n", [("chr1", 100, 2, 3, BOTH | CPG)],
    ),
    "wgbs_tools, beta2bed": (
        "wgbstools_1", "chr1\t100\t102\t2\t5\n", [("chr1", 100, 2, 3, BOTH | CPG)],
    ),
    "RnBeads": (
        "rnbeads_epp", "chr1\t99\t100\t'2/5'\t400\t-\nchr1\t107\t108\t1/1\t1000\t+\n",
        [("chr1", 100, 2, 3, MINUS), ("chr1", 108, 1, 0, PLUS)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_small_files(tmp_path: Path, name: str) -> None:
    """What the callers' sources say, by hand."""
    form, text, expected = SMALL[name]
    path = tmp_path / "text"
    path.write_text(text)
    assert read(path, form)[0] == expected


def test_every_format_has_a_file() -> None:
    """Real or small, but for the one that the user describes."""
    read_here = {*REAL_FILES, *(form for form, _, _ in SMALL.values())}
    assert read_here == {name for name, form in READERS.items() if not form.refusal} - {"custom"}


@pytest.mark.parametrize("name", [name for name, form in READERS.items() if form.refusal])
def test_refused_by_name(tmp_path: Path, name: str) -> None:
    """A format without counts is refused though the sheet names it, and says what to use."""
    path = tmp_path / "text"
    path.write_text("chr1\t99\t100\t50\n")
    with pytest.raises(InputError, match=rf"{name}.*use") as caught:
        read(path, name)
    assert str(path) in str(caught.value)


WRONG: dict[str, tuple[str, str]] = {
    # a row of another format: name, text
    "length of another base": ("bismark_cov", "chr1\t99\t100\t50\t1\t1\n"),
    "no interval": ("bismark_zero_cov", "chr1\t99\t99\t50\t1\t1\n"),
    "tiles of methylKit": ("methylkit_tabix", "chr1\t1\t1000\t*\t9\t2\t7\n"),
    "M and U as M and N": ("allc", "chr1\t9\t+\tCGA\t5\t2\t1\n"),
    "swapped counts": ("bismark_cov", "chr1\t99\t99\t75\t1\t3\n"),
    "swapped columns of modkit": (
        "bedmethyl", BED_9.format("m", "+") + "8\t25.00\t6\t2\t0\t0\t0\t0\t0\n",
    ),
    "a level of no whole number of reads": ("biscuit_bed", "chr1\t99\t100\t0.400\t3\n"),
    "a level of several numbers of reads": ("biscuit_bed", "chr1\t99\t100\t0.500\t3000\n"),
    "ENCODE at depth": ("encode_bedmethyl", BED_9.format(".", "-") + "300\t29\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rows_are_held_to_their_format(tmp_path: Path, name: str) -> None:
    """A row that the format does not have stops the reading, with its line."""
    form, text = WRONG[name]
    path = tmp_path / "text"
    path.write_text(text)
    with pytest.raises(InputError, match="line 1: "):
        read(path, form)


def test_inexact_counts_can_be_accepted(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("chr1\t99\t100\t0.500\t3000\n")
    rows, summary = read(path, "biscuit_bed", inexact=True)
    assert rows == [("chr1", 100, 1500, 1500, 0)]
    assert summary.n_inexact == 1


@pytest.mark.parametrize(("contexts", "kept"), [(CPG, [100]), (CHG | CHH, [103, 107])])
def test_contexts_are_filtered(tmp_path: Path, contexts: int, kept: list[int]) -> None:
    path = tmp_path / "text"
    path.write_text(
        "1\t100\t+\tCGA\t1\t2\t1\n1\t103\t+\tCAG\t1\t2\t1\n1\t107\t-\tCTT\t1\t2\t1\n"
    )  # fmt: skip
    rows, summary = read(path, "allc", contexts=contexts)
    assert [row[1] for row in rows] == kept
    assert summary.n_dropped_contexts == 3 - len(kept)


BY_NAME = {"chr": "chrom", "pos": "start", "c": "meth", "t": "unmeth", "base": 0}
CUSTOM: dict[str, tuple[dict[str, Any], str, list[Read]]] = {
    "c and t": (
        {"chr": 1, "pos": 2, "c": 3, "t": 4},
        "chr1\t100\t2\t3\textra\n", [("chr1", 100, 2, 3, 0)],
    ),
    "c and n, from 0": (
        {"chr": 2, "pos": 1, "c": 4, "n": 3, "base": 0},
        "99\tchr1\t5\t2\n", [("chr1", 100, 2, 3, 0)],
    ),
    "fraction and n": (
        {"chr": 1, "pos": 2, "fraction": 3, "n": 4},
        "chr1\t100\t0.33\t3\nchr1\t101\t0.5\t2\n", [("chr1", 100, 1, 2, 0), ("chr1", 101, 1, 1, 0)],
    ),
    "percent and n": (
        {"chr": 1, "pos": 2, "percent": 3, "n": 4},
        "chr1\t100\t33.333\t3000\n", [("chr1", 100, 1000, 2000, 0)],
    ),
    "strand and context": (
        {"chr": 1, "pos": 2, "strand": 3, "context": 4, "c": 5, "t": 6},
        "chr1\t100\t-\tCHG\t2\t3\n", [("chr1", 100, 2, 3, MINUS | CHG)],
    ),
    "by name": (
        BY_NAME, "Chrom\tstart\tend\tMeth\tunmeth\nchr1\t99\t100\t2\t3\n",
        [("chr1", 100, 2, 3, 0)],
    ),
    "by name in a comment": (
        BY_NAME, "#chrom\tstart\tend\tmeth\tunmeth\nchr1\t99\t100\t2\t3\n",
        [("chr1", 100, 2, 3, 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUSTOM)
def test_custom(tmp_path: Path, name: str) -> None:
    """Columns by number or name, the base, and what the counts mean."""
    custom, text, expected = CUSTOM[name]
    path = tmp_path / "text"
    path.write_text(text)
    assert read(path, "custom", custom=custom)[0] == expected


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ({}, "no column chr"),
        ({"chr": 1}, "no column pos"),
        ({"chr": 1, "pos": 2}, "no column of counts; expected c and t"),
        ({"chr": 1, "pos": 2, "c": 3}, "found c; .*t or n is missing"),
        ({"chr": 1, "pos": 2, "n": 3}, "found n; .*c or fraction or percent is missing"),
        ({"chr": 1, "pos": 2, "c": 3, "t": 4, "n": 5}, "found c and t and n; expected"),
        ({"chr": 1, "pos": 2, "t": 3, "n": 4}, "found t and n; expected"),
        ({"chr": 1, "pos": 2, "fraction": 3, "percent": 4, "n": 5}, "found fraction and percent"),
        ({"chr": 1, "pos": 2, "c": 2, "t": 3}, "column 2 twice, as pos and as c"),
        ({"chr": 1, "pos": 2, "pct": 5, "percent": 3, "n": 4}, "remove pct"),
        ({"chr": 1, "pos": 2, "c": "meth", "t": 4}, "no header.*'meth' as c"),
        ({"chr": 1, "pos": 2, "c": 5000, "t": 4}, "column 5000 as c"),
    ],
)
def test_custom_says_what_is_missing(custom: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        custom_format(custom)


def test_custom_names_must_stand_once_in_the_header() -> None:
    with pytest.raises(ConfigError, match=r"the columns chrom, pos, m, m.*'m' as c.*once"):
        custom_format({"chr": "chrom", "pos": "pos", "c": "m", "t": 4}, ("chrom", "pos", "m", "m"))


def test_docs_name_every_format() -> None:
    """The page for users has each format, and those without counts where it says what to use."""
    accepted, refused = DOCS.read_text(encoding="utf-8").split("## Refused", 1)
    for name, form in READERS.items():
        assert f"`{name}`" in (refused if form.refusal else accepted), name
