"""Each format is read as another, plain reading of its columns reads it: real files where there are
some, and small ones of what the caller's sources say."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from places import ROOT, SHARED
from reading import Read, read

from methcohort import ConfigError, InputError
from methcohort.readers.custom import custom_format
from methcohort.readers.formats import READERS
from methcohort.readers.recognition import recognise
from methcohort.store.cytosine import BOTH, CHG, CHH, CPG, MINUS, PLUS

REAL = SHARED / "formats"
DOCS = ROOT / "docs" / "formats.md"


CONTEXT = {"CG": CPG, "CpG": CPG, "CHG": CHG, "CXG": CHG, "CCG": CHG, "CHH": CHH}
STRAND = {"+": PLUS, "F": PLUS, "-": MINUS, "R": MINUS, ".": 0}
NUCLEOTIDE = {"C": PLUS, "G": MINUS}


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
        lambda f: (
            f[1], int(f[2]), nearest(f[5], f[4], 100), nearest(f[6], f[4], 100), STRAND[f[3]],
        ),
    ),
    "deepsignal": (
        "nanopore_tables/deepsignal*",
        lambda f: (f[0], int(f[1]) + 1, int(f[6]), int(f[7]), STRAND[f[2]] | CPG),
    ),
    "meteore": (
        "nanopore_tables/*per_cpg*",
        lambda f: (f[0], int(f[1]) + 1, *pair(nearest(f[4], f[3]), f[3]), STRAND[f[5]] | CPG),
    ),
    "methtuple": (
        "others/methylation_tuples*",
        lambda f: (f[0], int(f[2]), int(f[3]), int(f[4]), STRAND[f[1]]),
    ),
    "methylkit_generic": (
        "others/methylkit_generic*",
        lambda f: (
            f[0], int(f[1]), nearest(f[4], f[3], 100), nearest(f[5], f[3], 100), STRAND[f[2]],
        ),
    ),
    "rrbs_table": ("rrbs_toolkit/*", lambda f: (f[0], int(f[1]), *pair(f[3], f[2]), 0)),
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


@pytest.mark.skipif(not REAL.is_dir(), reason="real files are not here")
@pytest.mark.parametrize(("text", "table"), [("test1", "test1"), ("control1", "ctrl1")])
def test_counts_of_methylkit_text_are_those_of_its_tables(text: str, table: str) -> None:
    """methylKit made both of the same sample; the table has the counts themselves."""
    rows, _ = read(REAL / f"methylkit_text/{text}.myCpG.txt")
    expected, _ = read(REAL / f"methylkit_tabix/{table}.txt.bgz", "methylkit_tabix")
    assert sorted(rows) == sorted(expected)
    assert any(int(f[4]) > int(f[5]) + int(f[6]) for f in split_table(table))


def split_table(name: str) -> list[list[str]]:
    with gzip.open(REAL / f"methylkit_tabix/{name}.txt.bgz", "rt") as file:
        return [line.split() for line in file]


@pytest.mark.skipif(not REAL.is_dir(), reason="real files are not here")
def test_percentages_of_gembs_are_cut_off() -> None:
    """Up to 99 reads, by hand; deeper rows stop the build, or are taken as the nearest."""
    path = next(REAL.glob("encode_bedmethyl/gembs*"))
    with gzip.open(path, "rt") as file:
        fields = [line.split() for line in file if not line.startswith("track")]
    rows, summary = read(path, inexact=True)
    assert len(rows) == len(fields) == summary.n_rows
    n_cut = 0
    for (chrom, pos, c, t, kind), f in zip(rows, fields, strict=True):
        n, pct = int(f[9]), int(f[10])
        assert (chrom, pos, c + t, kind) == (f[0], int(f[1]) + 1, n, STRAND[f[5]])
        assert 100 * c // n == pct or int(100 * (c / n)) == pct
        n_cut += 100 * c / n - pct > 0.5
    assert n_cut > 3000
    deep = next(f for f in fields if int(f[9]) > 101)
    with pytest.raises(InputError, match=rf"found level {deep[10]} of {deep[9]} reads"):
        read(path)


PACBIO = "#chrom\tbegin\tend\tmod_score\ttype\tcov\t"
RASTAIR = (
    "#chr\tstart\tend\tname\tbeta_est\tstrand\tunmod\tmod\tno_snp\tsnp\tcoverage\tgenotype\t"
    "gt_p_score\tgt_conf_score\tcpg\n"
)
ASTAIR = (
    "CHROM\tSTART\tEND\tMOD_LEVEL\tMOD\tUNMOD\tREF\tALT\tSPECIFIC_CONTEXT\tCONTEXT\tSNV\t"
    "TOTAL_DEPTH\n"
)
PACBIO_LAST = {
    "": "est_mod_count\test_unmod_count\tdiscretized_mod_score\n",
    "_count": "mod_count\tunmod_count\tavg_mod_score\tavg_unmod_score\n",
}
METHBAT_ROWS = (
    "##methbat_version=1.1.0\n#chrom\tstart\tend\tname\tscore\tstrand\tmod_score\ttype\tcov\t"
    "mod_count\tunmod_count\tinferred_unmod_count\tdiff_base_count\tavg_mod_score\tavg_unmod_score\n"
    "chr1\t28735\t28736\tm\t33\t.\t3.3\tTotal\t30\t1\t29\t0\t0\t0.783\t0.050\n"
    "chr1\t28735\t28736\tm\t71\t.\t7.1\thap1\t14\t1\t13\t0\t0\t0.783\t0.050\n"
    "chr1\t28735\t28736\tm\t0\t.\t0.0\thap2\t15\t0\t15\t0\t0\t0.000\t0.050\n"
    "chr1\t28760\t28761\tm\t967\t.\t96.7\tTotal\t30\t29\t1\t0\t0\t0.910\t0.012\n"
)
"""Unphased reads are in Total alone."""

GEMBS = (
    "Contig\tPos0\tPos1\tRef"
    + "".join(
        f"\t7_b:{name}"
        for name in ("Call", "Flags", "Meth", "non_conv", "conv", "support_call", "total")
    )
    + "\n"
)
MOABS = "#chrom\tstart\tend\tratio\ttotalC\tmethC\tstrand\tnext"
BATMETH2 = (
    "#chromsome\tloci\tstrand\tcontext\tC_count\tCT_count\tmethRatio\teff_CT_count\trev_G_count\t"
    "rev_GA_count\tMethContext\t5context\n"
)
NANOPOLISH = (
    "chromosome\tstart\tend\tnum_{}_in_group\tcalled_sites\tcalled_sites_methylated\t"
    "methylated_frequency\tgroup_sequence\n"
)


def deepmod2_header(strand: str, fraction: str) -> str:
    counts = ("coverage", "mod_coverage", "unmod_coverage", fraction)
    names = [name + phase for phase in ("", "_phase1", "_phase2") for name in counts]
    return f"#chromosome\tposition_before\tposition\t{strand}ref_cpg\t" + "\t".join(names) + "\n"


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
    "methylKit, other bases": (
        "methylkit",
        "chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n"
        "chr1.100\tchr1\t100\tF\t20\t50.00\t45.00\nchr1.102\tchr1\t102\tR\t11\t0.00\t90.91\n",
        [("chr1", 100, 10, 9, PLUS), ("chr1", 102, 0, 10, MINUS)],
    ),
    "methylKit table, other bases": (
        "methylkit_tabix", "chr1\t100\t100\t+\t20\t10\t9\n", [("chr1", 100, 10, 9, PLUS)],
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
    "DNMTools, a table": (
        "dnmtools_table", "A\t\nchr1:99:-:CHH\t5\t2\n", [("chr1", 100, 2, 3, MINUS | CHH)],
    ),
    "methcohort query": (
        "methcohort_table",
        "chr\tpos\tstrand\tcontext\tA 1.c\tA 1.t\tA 1.pct\n"
        "chr1\t100\tboth\tCpG\t2\t3\t40\nchr1\t102\tunknown\tmixed\t0\t1\t0\n",
        [("chr1", 100, 2, 3, BOTH | CPG), ("chr1", 102, 0, 1, 0)],
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
        "modbam2bed", BED_9.format("5mC", "+") + "12\t20.00\t6\t2\t1\t0\t2\n",
        [("chr1", 100, 2, 8, PLUS)],
    ),
    "modbam2bed, 14 columns": (
        "modbam2bed", BED_9.format("5mC", "+") + "9\t25.00\t6\t2\t1\n",
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
        "chr1\t99\t100\t33.3\tTotal\t9\t3\t6\t90.1\t5.0\n",
        [("chr1", 100, 3, 6, BOTH | CPG)],
    ),
    **{
        f"pb-CpG-tools, haplotype {k}{mode}": (
            f"pb_cpg_tools{mode}_hap{k}",
            PACBIO + PACBIO_LAST[mode]
            + f"chr1\t99\t100\t33.3\thap{k}\t9\t3\t6\t33.3" + "\t5" * bool(mode) + "\n",
            [("chr1", 100, 3, 6, BOTH | CPG)],
        )
        for k in (1, 2) for mode in ("", "_count")
    },
    "MethBat": (
        "methbat", METHBAT_ROWS, [("chr1", 28736, 1, 29, BOTH), ("chr1", 28761, 29, 1, BOTH)],
    ),
    "MethBat, haplotype 1": ("methbat_hap1", METHBAT_ROWS, [("chr1", 28736, 1, 13, BOTH)]),
    "MethBat, haplotype 2": ("methbat_hap2", METHBAT_ROWS, [("chr1", 28736, 0, 15, BOTH)]),
    "gemBS, both strands": (
        "gembs",
        GEMBS + "1\t99\t101\tCG\tCG\tGQ=23;MQ=60\t0.412\t3\t4\t9\t12\n",
        [("1", 100, 3, 4, BOTH | CPG)],
    ),
    "gemBS, single strands": (
        "gembs_stranded",
        GEMBS + "1\t3000828\t3000829\tG\tG\tGQ=23;MQ=60\t1.000\t1\t0\t9\t9\n"
        "1\t3000830\t3000831\tA\tC\tGQ=23;MQ=60\t0.500\t2\t3\t9\t9\n",
        [("1", 3000829, 1, 0, MINUS), ("1", 3000831, 2, 3, PLUS)],
    ),
    "MOABS": (
        "moabs",
        MOABS + "\tPlus\ttotalC\tmethC\tMinus\ttotalC\tmethC\tlocalSeq\n"
        "chr1\t99\t101\t0.333\t6\t2\tB\tG\t+\t4\t1\t-\t2\t1\tAACGT\n"
        "chr1\t119\t121\t1\t3\t3\t-\tG\t+\t0\t0\t-\t3\t3\tAACGT\n",
        [("chr1", 100, 2, 4, BOTH | CPG), ("chr1", 120, 3, 0, BOTH | CPG)],
    ),
    "MOABS, lanes merged": (
        "moabs",
        MOABS + "\tPlus\ttcP\tmcP\tMinus\ttcM\tmcM\n"
        "chr1\t99\t101\t0.333\t6\t2\tB\tG\t+\t4\t1\t-\t2\t1\n",
        [("chr1", 100, 2, 4, BOTH | CPG)],
    ),
    "MOABS, strands": (
        "moabs_strand",
        MOABS + "\nchr1\t99\t100\t0.25\t4\t1\t+\tG\nchr1\t100\t101\t0.5\t2\t1\t-\tG\n",
        [("chr1", 100, 1, 3, PLUS), ("chr1", 101, 1, 1, MINUS)],
    ),
    "BatMeth2": (
        "batmeth2",
        BATMETH2 + "Chr1\t61\t+\tCHH\t3\t11\t0.286364\t10.5\t20\t21\thU\tATCTT\n"
        "Chr1\t70\t-\tCG\t4\t4\t1.000000\tnull\t0\t0\tM\tAACGT\n",
        [("Chr1", 61, 3, 8, PLUS | CHH), ("Chr1", 70, 4, 0, MINUS | CPG)],
    ),
    "nanopolish, groups split": (
        "nanopolish",
        NANOPOLISH.format("motifs")
        + "chr20\t5036762\t5036762\t1\t21\t20\t0.952\tsplit-group\n",
        [("chr20", 5036763, 20, 1, BOTH | CPG)],
    ),
    "f5c": (
        "nanopolish",
        NANOPOLISH.format("cpgs") + "chr20\t99\t99\t1\t8\t2\t0.250\tTTTTACGTTTT\n",
        [("chr20", 100, 2, 6, BOTH | CPG)],
    ),
    "NanoMethPhase": (
        "nanomethphase",
        "chromosome\tstart\tend\tstrand\tNumOfAllCalls\tNumOfModCalls\tMethylFreq\n"
        "chr1\t99\t100\t+\t6\t4\t0.6666666666666666\nchr1\t100\t101\t-\t3\t1\t0.3333333333333333\n",
        [("chr1", 100, 4, 2, PLUS | CPG), ("chr1", 101, 1, 2, MINUS | CPG)],
    ),
    "DeepSignal-plant, k-mers of 13": (
        "deepsignal",
        "1\t99\t+\t99\t0.136\t1.864\t1\t1\t2\t0.5000\tAAAAAACAGAAAA\n"
        "1\t109\t-\t9890\t2.1\t0.9\t1\t2\t3\t0.3333\tAAAAAACATAAAA\n",
        [("1", 100, 1, 1, PLUS | CHG), ("1", 110, 1, 2, MINUS | CHH)],
    ),
    "DeepMod2": (
        "deepmod2",
        deepmod2_header("strand\t", "mod_percentage")
        + "chr11\t2699031\t2699032\t+\tTRUE\t24\t12\t12\t0.5\t12\t0\t12\t0\t12\t12\t0\t1\n"
        "chr11\t2699032\t2699033\t-\tTRUE\t19\t11\t8\t0.5789\t8\t0\t8\t0\t11\t11\t0\t1\n",
        [("chr11", 2699032, 12, 12, PLUS), ("chr11", 2699033, 11, 8, MINUS)],
    ),
    "DeepMod2, strands added": (
        "deepmod2_aggregated",
        deepmod2_header("", "mod_fraction")
        + "chr11\t2699031\t2699033\tTrue\t43\t23\t20\t0.5349\t20\t0\t20\t0\t23\t23\t0\t1\n",
        [("chr11", 2699032, 23, 20, BOTH)],
    ),
    "methylKit, generic": (
        "methylkit_generic",
        "chr\tstart\tstrand\tcoverage\tfreqC\tfreqT\nchr1\t100\t+\t20\t50.00\t45.00\n",
        [("chr1", 100, 10, 9, PLUS)],
    ),
    "methtuple, strands added": (
        "methtuple", "chr\tstrand\tpos1\tM\tU\nchr1\t*\t10469\t3\t2\n",
        [("chr1", 10469, 3, 2, BOTH)],
    ),
    "premethyst": (
        "premethyst", "chr1\t100\t25.00\t3\t1\nchr1\t102\t100.00\t0\t2\n",
        [("chr1", 100, 1, 3, 0), ("chr1", 102, 2, 0, 0)],
    ),
    "Megalodon, cut off, and 58 as it comes out in 64 bits": (
        "encode_bedmethyl", BED_9.format(".", "+") + "50\t57\n", [("chr1", 100, 29, 21, PLUS)],
    ),
    "RRBS table": (
        "rrbs_table", "Chromosome\tPosition\tCoverage\t# methylated\t% methylated\n"
        "1\t75873\t16\t15\t93.7\n",
        [("1", 75873, 15, 1, 0)],
    ),
    "pb-CpG-tools, rows of haplotypes": (
        "pb_cpg_tools_count",
        "".join(
            f"chr1\t{pos}\t{pos + 1}\t33.3\t{kind}\t9\t{c}\t{t}\t90.1\t5.0\n"
            for pos, kind, c, t in (
                (99, "Total", 3, 6), (99, "hap1", 1, 2), (99, "hap2", 2, 4), (120, "Total", 2, 4),
            )
        ),
        [("chr1", 100, 3, 6, BOTH | CPG), ("chr1", 121, 2, 4, BOTH | CPG)],
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


UNTOLD = {"MethylDackel without its track line", "allc"}
"""Small files that lack what their format is told by."""


@pytest.mark.parametrize("name", SMALL)
def test_small_files(tmp_path: Path, name: str) -> None:
    """What the callers' sources say, by hand."""
    form, text, expected = SMALL[name]
    path = tmp_path / "text"
    path.write_text(text)
    assert read(path, form)[0] == expected
    if name not in UNTOLD and not READERS[form].by_name:
        found = recognise(str(path))
        assert form in (found.format, found.rival)


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
    "more C and T than reads in a methylKit table": (
        "methylkit_tabix", "chr1\t100\t100\t+\t0\t12\t12\n",
    ),
    "fewer than nine tenths C and T": (
        "methylkit", "chr1.1\tchr1\t100\tF\t20\t45.00\t40.00\n",
    ),
    "all reads are not those of modkit": (
        "bedmethyl", BED_9.format("m", "+") + "9\t25.00\t2\t6\t0\t0\t0\t0\t0\n",
    ),
    "fewer reads than those of modbam2bed": (
        "modbam2bed", BED_9.format("5mC", "+") + "7\t25.00\t6\t2\t0\n",
    ),
    "other counts than all reads of pb-CpG-tools": (
        "pb_cpg_tools", "chr1\t99\t100\t4.2\tTotal\t8\t3\t6\t33.3\n",
    ),
    "no interval": ("bismark_zero_cov", "chr1\t99\t99\t50\t1\t1\n"),
    "tiles of methylKit": ("methylkit_tabix", "chr1\t1\t1000\t*\t9\t2\t7\n"),
    "M and U as M and N": ("allc", "chr1\t9\t+\tCGA\t5\t2\t1\n"),
    "swapped counts": ("bismark_cov", "chr1\t99\t99\t75\t1\t3\n"),
    "swapped columns of modkit": (
        "bedmethyl", BED_9.format("m", "+") + "8\t25.00\t6\t2\t0\t0\t0\t0\t0\n",
    ),
    "a level of no whole number of reads": ("biscuit_bed", "chr1\t99\t100\t0.400\t3\n"),
    "a level of several numbers of reads": ("biscuit_bed", "chr1\t99\t100\t0.500\t3000\n"),
    "a group of CpGs": (
        "nanopolish", "chr20\t99\t107\t2\t42\t40\t0.952\tTTTTACGTTTTTACGTTTT\n",
    ),
    "a single cytosine among CpGs of MOABS": (
        "moabs", "chr1\t99\t100\t0.25\t4\t1\t+\tA\t+\t4\t1\t-\t0\t0\n",
    ),
    "both strands of gemBS as one": (
        "gembs_stranded", "1\t99\t101\tCG\tCG\tGQ=23\t0.4\t3\t4\t9\t12\n",
    ),
    "a k-mer around another base": (
        "deepsignal", "1\t99\t+\t99\t0.1\t1.8\t1\t1\t2\t0.5\tAAAAAATAGAAAA\n",
    ),
    "a k-mer without a middle": (
        "deepsignal", "1\t99\t+\t99\t0.1\t1.8\t1\t1\t2\t0.5\tAAAAAACGAAAA\n",
    ),
    "five columns in the order of premethyst": (
        "premethyst", "chr1\t100\t25.00\t1\t3\n",
    ),
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


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("", PACBIO + PACBIO_LAST["_count"] + "chr1\t99\t100\t33.3\thap1\t9\t3\t6\t90\t5\n"),
        ("", "".join(METHBAT_ROWS.splitlines(keepends=True)[:2] + [
            line for line in METHBAT_ROWS.splitlines(keepends=True) if "hap1" in line
        ])),
        ("pb_cpg_tools_hap1", "chr1\t99\t100\t3\tTotal\t9\t3\t6\t33.3\n"),
        ("pb_cpg_tools_hap2", "chr1\t99\t100\t3\thap1\t9\t3\t6\t33.3\n"),
    ],
)  # fmt: skip
def test_reads_of_another_type_are_not_taken(tmp_path: Path, form: str, text: str) -> None:
    """A file of one haplotype is none of all reads, nor of the other; the sheet must name it."""
    path = tmp_path / "text"
    path.write_text(text)
    with pytest.raises(InputError, match=r"found no row whose .*, or name the format .*hap\d"):
        read(path, form)


def test_groups_of_cpgs_say_how_to_split_them(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(
        NANOPOLISH.format("cpgs") + "chr20\t99\t107\t2\t42\t40\t0.952\tTTTTACGTTTTTACGTTTT\n"
    )
    with pytest.raises(InputError, match=r"line 2: found '?99'? to '?107'?.*with -s, which splits"):
        read(path)


def test_inexact_counts_can_be_accepted(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("chr1\t99\t100\t0.500\t3000\n")
    rows, summary = read(path, "biscuit_bed", inexact=True)
    assert rows == [("chr1", 100, 1500, 1500, 0)]
    assert summary.n_inexact == 1


def test_haplotypes_alone_are_refused(tmp_path: Path) -> None:
    """Their reads are among those of Total; who wants them says so."""
    path = tmp_path / "text"
    path.write_text("chr1\t99\t100\t4.2\thap1\t9\t3\t6\t33.3\n")
    with pytest.raises(InputError, match=r"no row whose type is Total, but hap1;.*as custom"):
        read(path, "pb_cpg_tools")


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


WITHOUT_NUMBA = """
import sys
from methcohort.readers.formats import READERS
from methcohort.readers import columns_fault, format_names, near_format, recognise, settle
assert len(READERS) > 40
loaded = {"numba", "methcohort.engine"} & set(sys.modules)
assert not loaded, loaded
"""


def test_formats_need_no_compiled_code() -> None:
    """Neither do checking a sheet and telling a format: the compiler takes seconds to load."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
