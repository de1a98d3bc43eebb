"""Formats are told from their text, look-alikes too, and what has no counts is refused."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from places import SHARED
from test_formats import SMALL, UNTOLD

from methcohort import InputError
from methcohort.readers import settle
from methcohort.readers.formats import READERS
from methcohort.readers.recognition import recognise, suggest
from methcohort.readers.unknown import FILL_IN
from methcohort.store.cytosine import CHG, CPG

REAL = SHARED / "formats"
PLAIN = REAL.parent / "plain5"

COUNTS = [(k % 7, (3 * k) % 5 + (k % 7 == 0)) for k in range(60)]
"""Reads (c, t) of rows: many levels, with 0 and 100 % among them, never 0 0."""

Row = Callable[[int, int, int], str]


def pct(c: int, t: int) -> float:
    return 100 * c / (c + t)


def text_of(row: Row, step: int = 12, counts: Any = None) -> str:
    """Rows at positions 1000, 1000 + step and so on."""
    chosen = COUNTS if counts is None else counts
    return "".join(row(1000 + step * k, c, t) + "\n" for k, (c, t) in enumerate(chosen))


def interval(length: int, level: str = "{p:.6f}") -> Row:
    """A row `chr start end pct c t`."""
    return lambda pos, c, t: (
        f"chr1\t{pos}\t{pos + length}\t"
        + level.format(p=pct(c, t), i=int(pct(c, t)))
        + f"\t{c}\t{t}"
    )


def beta(c: int, t: int) -> str:
    return f"{c / (c + t):.3f}"


def bed(pos: int, length: int, code: str, n: int) -> str:
    return f"chr1\t{pos}\t{pos + length}\t{code}\t{n}\t+\t{pos}\t{pos + length}\t0,0,0\t{n}"


def modkit(first: str, second: str) -> Row:
    """A row of 18 columns with these counts in columns 12 and 13."""

    def row(pos: int, c: int, t: int) -> str:
        counts = {"c": c, "t": t}
        return (
            f"{bed(pos, 1, 'm', c + t)}\t{pct(c, t):.2f}\t{counts[first]}\t{counts[second]}"
            "\t0\t1\t2\t0\t1"
        )

    return row


def modbam2bed(first: str, second: str, columns: int = 14) -> Row:
    def row(pos: int, c: int, t: int) -> str:
        counts = {"c": c, "t": t}
        tail = f"\t{counts[first]}\t{counts[second]}\t3\t1\t0"
        fields = f"{bed(pos, 1, '5mC', c + t + 3)}\t{pct(c, t):.2f}{tail}".split("\t")
        return "\t".join(fields[:columns])

    return row


METHYLDACKEL = 'track type="bedGraph" description="a {} methylation {}"\n'
ASTAIR = (
    "CHROM\tSTART\tEND\tMOD_LEVEL\tMOD\tUNMOD\tREF\tALT\tSPECIFIC_CONTEXT\tCONTEXT\tSNV\t"
    "TOTAL_DEPTH\n"
)
RASTAIR = (
    "#chr\tstart\tend\tname\tbeta_est\tstrand\tunmod\tmod\tno_snp\tsnp\tcoverage\tgenotype\t"
    "gt_p_score\tgt_conf_score\tcpg\n"
)
PACBIO = "##pileup-mode=model\n#chrom\tbegin\tend\tmod_score\ttype\tcov\t"
METHRATIO = "chr\tpos\tstrand\tcontext\tratio\t"

METHBAT = (
    "##methbat_version=1.1.0\n#chrom\tstart\tend\tname\tscore\tstrand\tmod_score\ttype\tcov\t"
    "mod_count\tunmod_count\tinferred_unmod_count\tdiff_base_count\tavg_mod_score\tavg_unmod_score\n"
)
MOABS = "#chrom\tstart\tend\tratio\ttotalC\tmethC\tstrand\tnext"
GEMBS = (
    "Contig\tPos0\tPos1\tRef\ta:Call\ta:Flags\ta:Meth\t"
    "a:non_conv\ta:conv\ta:support_call\ta:total\n"
)
NANOPOLISH = (
    "chromosome\tstart\tend\tnum_{}_in_group\tcalled_sites\tcalled_sites_methylated\t"
    "methylated_frequency\tgroup_sequence\n"
)
DEEPMOD2 = (
    "#chromosome\tposition_before\tposition\t{}ref_cpg\t"
    + "\t".join(
        f"{name}{phase}"
        for phase in ("", "_phase1", "_phase2")
        for name in ("coverage", "mod_coverage", "unmod_coverage", "mod_fraction")
    )
    + "\n"
)


def methbat(pos: int, c: int, t: int) -> str:
    counts = f"{pct(c, t):.1f}\tTotal\t{c + t}\t{c}\t{t}"
    return f"chr1\t{pos}\t{pos + 1}\tm\t7\t.\t{counts}\t0\t0\t0.9\t0.1"


def gembs(length: int, ref: str) -> Row:
    return lambda p, c, t: (
        f"1\t{p}\t{p + length}\t{ref}\t{ref}\tGQ=9;MQ=60\t0.123\t{c}\t{t}\t{c + t}\t{c + t + 1}"
    )


def nanopolish(sequence: str) -> Row:
    return lambda p, c, t: f"chr1\t{p}\t{p}\t1\t{c + t}\t{c}\t{c / (c + t):.3f}\t{sequence}"


def batmeth2(pos: int, c: int, t: int) -> str:
    return f"chr1\t{pos}\t+\tCG\t{c}\t{c + t}\t{c / (c + t):f}\t{c + t}.0\t0\t0\thU\tAACGT"


def deepmod2(length: int, strand: str) -> Row:
    def row(pos: int, c: int, t: int) -> str:
        counts = f"{c + t}\t{c}\t{t}\t{c / (c + t):.4f}"
        none = "\t0\t0\t0\t0" * 2
        return f"chr1\t{pos}\t{pos + length}\t{strand}True\t{counts}{none}"

    return row


TEXTS: dict[str, tuple[str, str, str, str]] = {
    # name of the case: text, format, rule, rival
    "five columns": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.2f}\t{c}\t{t}"),
        "five_column", "third column", "",
    ),
    "five columns, whole percentages": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.0f}\t{c}\t{t}"),
        "five_column", "percentages", "",
    ),
    "five columns, header": (
        "chr pos pct c t\n" + text_of(lambda p, c, t: f"chr1 {p} {pct(c, t):.2f} {c} {t}"),
        "five_column", "header", "",
    ),
    "cov": (text_of(interval(0)), "bismark_cov", "ends", ""),
    "zero.cov or merged.cov": (
        text_of(interval(1)), "bismark_zero_cov", "ends", "bismark_merged_cov",
    ),
    "merged and 0-based": (text_of(interval(2)), "bismark_merged_zero_cov", "ends", ""),
    "merged and 0-based, whole percentages": (
        text_of(interval(2, "{i}"), counts=[(4 * k, k) for k in range(1, 9)]),
        "bismark_merged_zero_cov", "ends", "",
    ),
    "zero.cov with neighbours": (text_of(interval(1), 1), "bismark_zero_cov", "ends", ""),
    "zero.cov with position 0": (
        "chr1\t0\t1\t50.000000\t1\t1\n" + text_of(interval(1)), "bismark_zero_cov", "ends", "",
    ),
    "MethylDackel": (
        METHYLDACKEL.format("CpG", "levels") + text_of(interval(1, "{i}")),
        "methyldackel_bedgraph", "track line", "",
    ),
    "MethylDackel without its track line": (
        text_of(interval(1, "{i}")), "methyldackel_bedgraph", "percentages", "",
    ),
    "MethylDackel merged without its track line": (
        text_of(interval(2, "{i}")), "methyldackel_bedgraph", "percentages", "",
    ),
    "only 0 and 100 %": (
        text_of(interval(1, "{i}"), counts=[(k % 2, 1 - k % 2) for k in range(40)]),
        "bismark_zero_cov", "ends", "bismark_merged_cov",
    ),
    "BISCUIT counts": (
        text_of(interval(1, "{p:.0f}")), "biscuit_bed_counts", "percentages", "",
    ),
    "BISCUIT": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{beta(c, t)}\t{c + t}"),
        "biscuit_bed", "third column", "",
    ),
    "wgbs_tools": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 2}\t{c}\t{c + t}"),
        "wgbstools", "third column", "wgbstools_1",
    ),
    "BISCUIT extended": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\tC\tCG\tCG\tATCGA\t{beta(c, t)}\t{c + t}"),
        "biscuit_extended", "third column", "",
    ),
    "BISCUIT extended counts": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\tG\tCG\tCG\tATCGA\t{pct(c, t):.0f}\t{c}\t{t}"),
        "biscuit_extended_counts", "third column", "",
    ),
    "mergecg": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 2}\t{beta(c, t)}\t{c + t}\tC:1.000:1,G:.:0"),
        "biscuit_mergecg", "third column", "",
    ),
    "mergecg counts": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 2}\t{pct(c, t):.0f}\t{c}\t{t}\tC:.:0,G:1.000:1"),
        "biscuit_mergecg_counts", "third column", "",
    ),
    "cytosine report": (
        text_of(lambda p, c, t: f"chr1\t{p}\t-\t{c}\t{t}\tCHG\tCAG"),
        "bismark_report", "third column", "bismark_report_zero",
    ),
    "cytosine report with position 0": (
        "chr1\t0\t+\t1\t1\tCG\tCGA\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t-\t{c}\t{t}\tCHG\tCAG"),
        "bismark_report_zero", "ends", "",
    ),
    "allc": (
        text_of(lambda p, c, t: f"1\t{p}\t+\tCGA\t{c}\t{c + t}\t1"), "allc", "third column", "",
    ),
    "CGmap": (
        text_of(lambda p, c, t: f"chr1\tG\t{p}\tCHH\tCA\t{c / (c + t):.2f}\t{c}\t{c + t}"),
        "cgmap", "columns", "",
    ),
    "DNMTools": (
        text_of(lambda p, c, t: f"chr1\t{p}\t+\tCXG\t{c / (c + t):.6g}\t{c + t}"),
        "dnmtools_counts", "third column", "",
    ),
    "DNMTools, a table": (
        "A\t\n" + text_of(lambda p, c, t: f"chr1:{p}:+:CpG\t{c + t}\t{c}"),
        "dnmtools_table", "header", "",
    ),
    "methcohort query": (
        "chr\tpos\tA.c\tA.t\n" + text_of(lambda p, c, t: f"chr1\t{p}\t{c}\t{t}"),
        "methcohort_table", "header", "",
    ),
    "BSMAP": (
        METHRATIO + "eff_CT_count\tC_count\tCT_count\trev_G_count\trev_GA_count\t"
        + "CI_lower\tCI_upper\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t+\tCG\t0.5\t1.5\t{c}\t{c + t}\t0\t0\t0.0\t0.7"),
        "bsmap_methratio", "header", "",
    ),
    "old BSMAP": (
        METHRATIO + "total_C\tmethy_C\tCI_lower\tCI_upper\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t+\tAACGT\t{beta(c, t)}\t{c + t}\t{c}\t0.0\t0.7"),
        "bsmap_methratio_old", "header", "",
    ),
    "old BSMAP without its header": (
        text_of(lambda p, c, t: f"chr1\t{p}\t+\tAACGT\t{beta(c, t)}\t{c + t}\t{c}\t0.0\t0.7"),
        "bsmap_methratio_old", "third column", "",
    ),
    "modkit": (text_of(modkit("c", "t")), "bedmethyl", "columns", ""),
    "old modkit with blanks": (
        text_of(lambda p, c, t: " ".join(modkit("c", "t")(p, c, t).rsplit("\t", 8))),
        "bedmethyl", "columns", "",
    ),
    "modbam2bed": (text_of(modbam2bed("t", "c")), "modbam2bed", "third column", ""),
    "modbam2bed, 16 columns": (
        text_of(modbam2bed("t", "c", 16)), "modbam2bed", "third column", "",
    ),
    "ENCODE": (
        text_of(lambda p, c, t: f"{bed(p, 1, '.', c + t)}\t{pct(c, t):.0f}"),
        "encode_bedmethyl", "third column", "",
    ),
    "pb-CpG-tools": (
        PACBIO + "est_mod_count\test_unmod_count\tdiscretized_mod_score\n"
        + text_of(
            lambda p, c, t: f"chr1\t{p}\t{p + 1}\t7.7\tTotal\t{c + t}\t{c}\t{t}\t{pct(c, t):.1f}"
        ),
        "pb_cpg_tools", "header", "",
    ),
    "pb-CpG-tools of version 2": (
        text_of(
            lambda p, c, t: f"chr1\t{p}\t{p + 1}\t7.7\tTotal\t{c + t}\t{c}\t{t}\t{pct(c, t):.1f}"
        ),
        "pb_cpg_tools", "third column", "",
    ),
    "pb-CpG-tools, counts": (
        text_of(
            lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{pct(c, t):.1f}\tTotal\t{c + t}\t{c}\t{t}\t90\t5"
        ),
        "pb_cpg_tools_count", "third column", "",
    ),
    "methylKit": (
        "chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n"
        + text_of(
            lambda p, c, t: (
                f"chr1.{p}\tchr1\t{p}\tF\t{c + t}\t{pct(c, t):6.2f}\t{100 - pct(c, t):6.2f}"
            )
        ),
        "methylkit", "header", "",
    ),
    "methylKit, generic": (
        "chr\tstart\tstrand\tcoverage\tfreqC\tfreqT\n"
        + text_of(
            lambda p, c, t: f"chr1\t{p}\t+\t{c + t}\t{pct(c, t):.2f}\t{100 - pct(c, t):.2f}"
        ),
        "methylkit_generic", "header", "",
    ),
    "methylKit table": (
        "#Date:2020\n" + text_of(lambda p, c, t: f"chr1\t{p}\t{p}\t+\t{c + t}\t{c}\t{t}"),
        "methylkit_tabix", "third column", "",
    ),
    "asTair": (
        ASTAIR + text_of(
            lambda p, c, t: (
                f"chr1\t{p}\t{p + 1}\t{beta(c, t)}\t{c}\t{t}\tC\tT\tCGA\tCpG\tNo\t{c + t}"
            )
        ),
        "astair", "header", "",
    ),
    "rastair": (
        RASTAIR + text_of(
            lambda p, c, t: (
                f"chr1\t{p}\t{p + 1}\t.\t{c / (c + t):.2f}\t+\t{t}\t{c}\t9\t0\t9\tC/C\t9\t9\tREF"
            )
        ),
        "rastair", "header", "",
    ),
    "DSS": (
        "chr\tpos\tN\tX\n" + text_of(lambda p, c, t: f"chr1\t{p}\t{c + t}\t{c}"),
        "dss", "header", "",
    ),
    "RnBeads": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t'{c}/{c + t}'\t500\t+"),
        "rnbeads_epp", "third column", "",
    ),
    "MethBat": (
        METHBAT + text_of(methbat),
        "methbat", "header", "",
    ),
    "MethBat without its header": (
        text_of(methbat),
        "methbat", "third column", "",
    ),
    "MOABS": (
        MOABS + "\tPlus\ttotalC\tmethC\tMinus\ttotalC\tmethC\n"
        + text_of(
            lambda p, c, t: (
                f"chr1\t{p}\t{p + 2}\t{c / (c + t):.3g}\t{c + t}\t{c}\tB\tG\t+\t0\t0\t-"
                f"\t{c + t}\t{c}"
            )
        ),
        "moabs", "header", "",
    ),
    "MOABS, strands": (
        MOABS + "\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{c / (c + t):.3g}\t{c + t}\t{c}\t-\tG"),
        "moabs_strand", "header", "",
    ),
    "BatMeth2": (
        "#chromsome\tloci\tstrand\tcontext\tC_count\tCT_count\tmethRatio\teff_CT_count\t"
        "rev_G_count\trev_GA_count\tMethContext\t5context\n" + text_of(batmeth2),
        "batmeth2", "header", "",
    ),
    "BatMeth2 without its header": (text_of(batmeth2), "batmeth2", "third column", ""),
    "gemBS": (GEMBS + text_of(gembs(2, "CG")), "gembs", "header", ""),
    "gemBS, strands": (GEMBS + text_of(gembs(1, "G")), "gembs_stranded", "header", ""),
    "nanopolish": (
        NANOPOLISH.format("motifs") + text_of(nanopolish("split-group")),
        "nanopolish", "header", "",
    ),
    "f5c": (
        NANOPOLISH.format("cpgs") + text_of(nanopolish("TTATTCGATATT")), "nanopolish", "header", "",
    ),
    "NanoMethPhase": (
        "chromosome\tstart\tend\tstrand\tNumOfAllCalls\tNumOfModCalls\tMethylFreq\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t-\t{c + t}\t{c}\t{c / (c + t)}"),
        "nanomethphase", "header", "",
    ),
    "DeepSignal": (
        text_of(
            lambda p, c, t: (
                f"1\t{p}\t-\t{9000 - p}\t1.5\t0.5\t{c}\t{t}\t{c + t}\t{c / (c + t):.4f}"
                "\tAAAAACGTTTT"
            )
        ),
        "deepsignal", "third column", "",
    ),
    "DeepMod2": (
        DEEPMOD2.format("strand\t") + text_of(deepmod2(1, "+\t")), "deepmod2", "header", "",
    ),
    "DeepMod2, aggregated": (
        DEEPMOD2.format("") + text_of(deepmod2(2, "")), "deepmod2_aggregated", "header", "",
    ),
    "METEORE": (
        "Chr\tPos_start\tPos_end\tCoverage\tMethylation\tStrand\n"
        + text_of(lambda p, c, t: f"1\t{p}\t{p + 1}\t{c + t}\t{c / (c + t):.15g}\t+"),
        "meteore", "header", "",
    ),
    "methtuple": (
        "chr\tstrand\tpos1\tM\tU\n" + text_of(lambda p, c, t: f"chr1\t+\t{p}\t{c}\t{t}"),
        "methtuple", "header", "",
    ),
    "RRBS table": (
        "Chromosome\tPosition\tCoverage\t# methylated\t% methylated\n"
        + text_of(lambda p, c, t: f"1\t{p}\t{c + t}\t{c}\t{int(10 * pct(c, t)) / 10:g}"),
        "rrbs_table", "header", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_told_by_content(tmp_path: Path, name: str) -> None:
    """Each text is its format, in every dress that says nothing of it."""
    text, form, rule, rival = TEXTS[name]
    path = tmp_path / "text"
    for dressed in (
        text.encode(),
        gzip.compress(text.encode()),
        b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        b"\n# a comment\n" + text.encode(),
        text.rstrip("\n").encode(),
    ):
        path.write_bytes(dressed)
        found = recognise(str(path))
        assert (found.format, found.rule, found.rival) == (form, rule, rival), found.evidence
        assert found.evidence


def test_every_format_is_told() -> None:
    """In the table above or by a small file, but for the one that the user describes."""
    told = {form for _, form, _, _ in TEXTS.values()}
    told |= {rival for *_, rival in TEXTS.values() if rival}
    told |= {form for name, (form, *_) in SMALL.items() if name not in UNTOLD}
    needed = {name for name, form in READERS.items() if not (form.refusal or form.by_name)}
    assert told >= needed - {"custom"}


def test_formats_that_the_sheet_must_name_are_never_told() -> None:
    """Of each there is one that has the same columns, which is told or refused in its place."""
    named = {name for name, form in READERS.items() if form.by_name}
    assert named == {
        "premethyst", "methbat_hap1", "methbat_hap2", "pb_cpg_tools_hap1", "pb_cpg_tools_hap2",
        "pb_cpg_tools_count_hap1", "pb_cpg_tools_count_hap2",
    }  # fmt: skip
    assert not named & {form for _, form, _, _ in TEXTS.values()}


def test_premethyst_is_named_where_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.2f}\t{t}\t{c}"))
    with pytest.raises(InputError, match=r"name the format premethyst in the sheet .*c: 5, t: 4"):
        recognise(str(path))


@pytest.mark.parametrize("ratio", [0, 1])
def test_batmeth2_of_one_level_is_not_bsmap(tmp_path: Path, ratio: int) -> None:
    """Levels and corrected depths that are whole numbers are no counts of BSMAP."""
    path = tmp_path / "text"
    path.write_text(text_of(batmeth2, counts=[(k * ratio, k * (1 - ratio)) for k in range(1, 40)]))
    assert recognise(str(path)).format == "batmeth2"


def test_a_header_of_several_formats_is_settled_by_the_rows(tmp_path: Path) -> None:
    """Without a row that fits either, the reader of the first says what is wrong."""
    path = tmp_path / "text"
    path.write_text(GEMBS)
    assert recognise(str(path)).format == "gembs"
    path.write_text(GEMBS + text_of(gembs(7, "CG")))
    assert recognise(str(path)).format == "gembs"


REFUSED: dict[str, tuple[str, str]] = {
    # name of the case: text, what the message says
    "small numbers without reads": (
        text_of(lambda p, c, t: f"chr1\t{p % 80 + 1}\t{p % 80 + 3}\t0\t0"),
        r"rows without reads only.*five_column or wgbstools or wgbstools_1.*name the format",
    ),
    "two counts behind a closed interval": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p}\t{c}\t{c + t}"),
        r"no known format.*custom: \{chr: 1, pos: 2, end: 3, c: FILL_IN, t: FILL_IN, base: 1\}"
        r".*c: 4, t: 5 for.*c: 4, n: 5 where column 5 has all reads\)$",
    ),
    "two counts behind an interval of one base": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{c}\t{t}"),
        r"base: FILL_IN\}.*column 4 is larger in 33 rows, so 5 cannot\)$",
    ),
    "Bismark bedGraph": (
        "track type=bedGraph\n" + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{pct(c, t)}"),
        r"Bismark bedGraph.*coverage file \(\.cov\.gz\)",
    ),
    "bedGraph without its track line": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{pct(c, t)}"),
        r"bismark_bedgraph or methyldackel_logit.*\.cov\.gz.*MethylDackel extract",
    ),
    "fraction": (
        METHYLDACKEL.format("CpG", "fractions")
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{beta(c, t)}"),
        r"--fraction.*without --fraction",
    ),
    "counts": (
        METHYLDACKEL.format("CpG", "counts")
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{c + t}"),
        r"--counts.*MethylDackel extract on the same BAM",
    ),
    "logit": (
        'track type="bedGraph" description="a CpG logit transformed methylation fractions"\n'
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t-1.5"),
        r"--logit.*MethylDackel extract on the same BAM",
    ),
    "modbam2bed without counts": (
        text_of(modbam2bed("t", "c", 11)), r"modbam2bed without -e.*with -e",
    ),
    "modkit, cut to 14 columns": (
        text_of(lambda p, c, t: "\t".join(modkit("c", "t")(p, c, t).split("\t")[:14])),
        r"rows of 14 columns.*encode_bedmethyl: column 11 would be the level: found '\d+\.\d\d'",
    ),
    "ATCGmap": (
        text_of(lambda p, c, t: f"chr1\tC\t{p}\tCG\tCG" + f"\t{c}" * 10 + "\t0.5"), "CGmap",
    ),
    "nanopolish, GpC": (
        NANOPOLISH.format("motifs") + text_of(nanopolish("TTATTGCATATT")),
        r"header names the columns of nanopolish.*column 8 has 'TTATTGCATATT'.*custom",
    ),
    "METEORE of both strands": (
        "Chr\tPos_start\tPos_end\tCoverage\tMethylation\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{c + t}\t{c / (c + t):.4f}"),
        r"METEORE.*mean of the levels of two strands.*use the table with a column Strand",
    ),
    "METEORE of both strands, old": (
        "Chr\tPos\tMethyl_freq\tCov\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t{c / (c + t):.4f}\t{c + t}"),
        r"METEORE.*mean of the levels of two strands",
    ),
    "all reads, methylated ones and a percentage": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{5 * (c > 2) + 2}\t{(5 * (c > 2) + 2) * (t % 2)}"
                f"\t{100 * (t % 2)}"),
        r"agree with column 4 / \(columns 4 \+ 5\).*so does column \d as a percentage of column",
    ),
    "two counts without a header": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{c}\t{t}"),
        r"4 columns.*custom.*FILL_IN.*c: 3, t: 4 for.*c: 3, n: 4 where.*3 is larger in 33 rows",
    ),
    "M and N where M and U are": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p}\t{pct(c, t):.4f}\t{c}\t{c + t}"),
        r"column 5 / column 6 in 60 of 60 rows, but with column 5 / \(columns 5 \+ 6\).*c: 5, n: 6",
    ),
    "swapped counts": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p}\t{pct(c, t):.4f}\t{t}\t{c}"),
        r"column 6 / \(columns 5 \+ 6\) in 60 of 60 rows.*c: 6, t: 5",
    ),
    "five columns, swapped counts": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.4f}\t{t}\t{c}"),
        r"column 5 / \(columns 4 \+ 5\) in 60 of 60 rows.*c: 5, t: 4",
    ),
    "modkit, columns 12 and 13 swapped": (
        text_of(modkit("t", "c")), r"column 13 / \(columns 12 \+ 13\) in 60 of 60 rows",
    ),
    "modbam2bed, columns 12 and 13 swapped": (
        text_of(modbam2bed("c", "t")), r"column 12 / \(columns 12 \+ 13\) in 60 of 60 rows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_advice(tmp_path: Path, name: str) -> None:
    """What has no counts, or others than it should, is refused by a message that helps."""
    text, words = REFUSED[name]
    path = tmp_path / "text"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        recognise(str(path))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n", b"# only comments\n", b"chr\tpos\tpct\tc\tt\n", b"\x1f\x8b\x08",
        gzip.compress(b"chr1\t5\t50\t1\t1\n", mtime=0)[:-9],
        b"chr1,5,50,1,1\n" * 9, b"chr1\t5\tx\t1\t1\n" * 9, b"chr1\t5\t70\t1\t1\n" * 9,
    ],
)  # fmt: skip
def test_what_looks_like_nothing_is_left_to_its_reader(tmp_path: Path, content: bytes) -> None:
    """The reader of five columns says what is wrong, with the line."""
    path = tmp_path / "text"
    path.write_bytes(content)
    assert recognise(str(path)).format == "five_column"


@pytest.mark.parametrize("seed", range(40))
def test_any_text_is_told_or_refused(tmp_path: Path, seed: int) -> None:
    """Whatever a text has, it is told or refused, and nothing else happens."""
    rng = random.Random(seed)
    path = tmp_path / "text"
    texts = [text.encode() for text, *_ in TEXTS.values()]
    odd = [
        b"",
        b"-1",
        b"9" * 5000,
        b".",
        b"NA",
        b"\xff\xfe",
        b"1e9",
        b"+",
        b"C",
        b"#",
        b"\0",
        b"0/0",
    ]
    for text in rng.choices(texts, k=15):
        lines = [line.split(b"\t") for line in text.splitlines()]
        for _ in range(rng.randrange(1, 40)):
            line = rng.choice(lines)
            line[rng.randrange(len(line))] = rng.choice([*odd, *rng.choice(lines)])
        column, other = rng.randrange(5), rng.choice(odd)
        if rng.random() < 0.5:
            for line in lines:
                line[column : column + 1] = [other]
        path.write_bytes(b"\n".join(map(b"\t".join, lines)))
        try:
            found = recognise(str(path))
        except InputError as error:
            assert str(error).startswith((f"{path}: ", f"{path}, line 1: "))
        else:
            assert not READERS[found.format].refusal
            if found.format != "custom":
                settle(found.format, str(path))


METHBAT = (
    "#chrom\tstart\tend\tname\tscore\tstrand\tmod_score\ttype\tcov\tmod_count\tunmod_count\t"
    "inferred_unmod_count\tdiff_base_count\tavg_mod_score\tavg_unmod_score\n"
)


@pytest.mark.parametrize("head", ["", METHBAT])
@pytest.mark.parametrize("n", [1, 40])
def test_fifteen_columns_are_not_those_of_modbam2bed(tmp_path: Path, head: str, n: int) -> None:
    """methbat's counts of modified reads stand where modbam2bed has the percentage."""
    path = tmp_path / "text"
    row = "chr1\t28735\t28736\tm\t33\t.\t3.3\tTotal\t30\t1\t29\t0\t0\t0.783\t0.050\n"
    path.write_text(head + row * n)
    try:
        found = recognise(str(path))
    except InputError as error:
        assert "no known format" in str(error)
    else:
        assert "methbat" in found.format


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("chrom start strand meth unmeth context bases", "bismark_report"),
        ("chr pos strand numCs numTs ctx tri", "bismark_report"),
        ("chr pos strand unmeth meth context bases", ""),
        ("chr pos strand meth coverage context bases", ""),
        ("chr pos strand x y context bases", ""),
        ("V1 V2 V3 V4 V5 V6 V7", ""),
    ],
)
def test_a_header_of_other_names_rules_out(tmp_path: Path, header: str, form: str) -> None:
    """Where nothing in the rows shows which counts are which, the names must."""
    path = tmp_path / "text"
    rows = text_of(lambda p, c, t: f"chr1\t{p}\t-\t{c}\t{t}\tCHG\tCAG")
    for dressed in (header, "#" + header):
        path.write_text(dressed.replace(" ", "\t") + "\n" + rows)
        if form:
            assert recognise(str(path)).format == form
        elif dressed.startswith("#V1"):
            assert recognise(str(path)).format == "bismark_report"  # no names of columns
        else:
            with pytest.raises(InputError, match=r"header .* no known format"):
                recognise(str(path))


@pytest.mark.parametrize(
    "header",
    [
        "chr pos strand mc_class mc_count total methylated",
        "chrom pos strand mc_class mc_count total methylation_call",
        "chromosome position strand context mc cov methylated",
    ],
)
def test_a_further_column_may_be_named_alike(tmp_path: Path, header: str) -> None:
    """The flag of allc is called as the methylated reads are, which have their own name."""
    path = tmp_path / "text"
    path.write_text(header.replace(" ", "\t") + "\n" + TEXTS["allc"][0])
    assert recognise(str(path)).format == "allc"
    path.write_text("chr\tpos\tstrand\tmc_class\tx1\ttotal\tmethylated\n" + TEXTS["allc"][0])
    with pytest.raises(InputError, match="column 5 would be methylated reads, and is named 'x1'"):
        recognise(str(path))


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("chr1\t{p}\t{p}\t{pct}\t{c}.0\t{t}.0", "bismark_cov"),
        ("chr1\t{p}\t+\tCGA\t{c}.0\t{n}.0\t1", "allc"),
        ("chr1\tC\t{p}\tCG\tCG\t{level:.2f}\t{c}.0\t{n}.0", "cgmap"),
    ],
)
def test_whole_numbers_with_decimals_are_reads(tmp_path: Path, row: str, form: str) -> None:
    """pandas writes counts so where a column has had a missing value."""
    path = tmp_path / "text"
    counts = [(10 * k, k, k + 1, 2 * k + 1) for k in range(1, 9)]
    rows = [row.format(p=p, c=c, t=t, n=n, pct=100 * c / n, level=c / n) for p, c, t, n in counts]
    path.write_text("\n".join(rows) + "\n")
    assert recognise(str(path)).format == form


@pytest.mark.parametrize("before", ["", "\t{q}", "\t{q}\tC\tCG\tCG\tACGTA"])
def test_few_reads_beside_a_percentage(tmp_path: Path, before: str) -> None:
    """2 reads, 1 methylated, 50 % reads like 2 %, 1 and 50: where all rows do, that is said."""
    path = tmp_path / "text"
    counts = [
        (10 * k, c, n) for k, (c, n) in enumerate([(1, 2), (3, 3), (0, 4), (5, 5), (2, 4)], 1)
    ]
    row = "chr1\t{p}" + before + "\t{n}\t{c}\t{pct:g}\n"
    path.write_text(
        "".join(row.format(p=p, q=p + 1, c=c, n=n, pct=100 * c / n) for p, c, n in counts)
    )
    with pytest.raises(InputError, match=r"so does column \d+ as a percentage of column"):
        recognise(str(path))


def test_names_that_percentages_bear_out(tmp_path: Path) -> None:
    """Names of one's own do not hide a format that each row proves, unless they contradict it."""
    path = tmp_path / "text"
    rows = text_of(interval(0))
    path.write_text("V1\tV2\tV3\tV4\tV5\tV6\n" + rows)
    assert recognise(str(path)).format == "bismark_cov"
    path.write_text("chr\tstart\tend\tbeta\tcoverage\tmeth\n" + rows)
    with pytest.raises(InputError, match="column 5 would be methylated reads, and is named"):
        recognise(str(path))


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("chr1\t{p}\t{q}\t.\t{n}\t+\t{p}\t{q}\t0,0,0\t{n}\t{pct}", "encode_bedmethyl"),
        ("chr1\t{p}\t+\tCpG\t{level}\t{n}", "dnmtools_counts"),
    ],
)
def test_reads_are_looked_for_further_on(tmp_path: Path, row: str, form: str) -> None:
    """Whole genomes begin with rows without reads; where there is no other, the format is asked."""
    path = tmp_path / "text"
    none = "".join(
        row.format(p=k, q=k + 1, n=0, pct=0, level=0) + "\n" for k in range(10, 30_000, 2)
    )
    path.write_text(none)
    with pytest.raises(InputError, match=f"rows without reads only.*{form}.*name the format"):
        recognise(str(path))
    path.write_text(none + row.format(p=40_000, q=40_001, n=8, pct=38, level=0.375) + "\n")
    assert recognise(str(path)).format == form


LIST = "Bismark methylation extractor version v0.22.3\n"
READS = "chromosome\tstrand\tstart\tend\tread_name\tlog_lik_ratio\tlog_lik_methylated\n"
UUID = "4f0b6c1e-9d3a-4f57-8a39-0c2b6f1f7d11"
OTHERS: dict[str, tuple[str, str]] = {
    # name of the case: text, what the message says
    "Bismark's reads": (
        LIST + "SRR1_1\t+\tchr1\t100\tZ\n", r"per-read output of bismark.*\.bismark\.cov\.gz",
    ),
    "Bismark's reads without the first line": (
        text_of(lambda p, c, t: f"SRR1_{p}\t-\tchr1\t{p}\tz"), r"per-read output of bismark",
    ),
    "nanopolish": (
        READS + f"chr1\t+\t9\t9\t{UUID}\t-1.5\t-9.2\n", r"nanopolish or f5c.*meth-freq",
    ),
    "reads": (
        text_of(lambda p, c, t: f"chr1\t{p}\t+\t7\t{UUID}\tt\t0.1\t0.9\t1\tACG"),
        r"per-read calls",
    ),
    "Megalodon": (
        "read_id\tchrm\tstrand\tpos\tmod_log_prob\tcan_log_prob\tmod_base\n"
        f"{UUID}\tchr1\t1\t7\t-1.5\t-0.2\tm\n", r"Megalodon's calls of single reads",
    ),
    "modkit extract": (
        "read_id\tforward_read_position\tref_position\tchrom\tmod_strand\n"
        f"{UUID}\t3\t99\tchr1\t+\n", r"modkit extract.*modkit pileup",
    ),
    "VCF": (
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\n"
        "chr1\t9\t.\tC\tT\t9\tPASS\tNS=1\tGT\t0/1\n", r"a VCF file.*biscuit vcf2bed",
    ),
    "SAM": ("@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:9\n", r"alignments in SAM"),
    "SAM without its header": (
        text_of(lambda p, c, t: f"r{p}\t0\tchr1\t{p}\t60\t4M\t*\t0\t0\tACGT\tFFFF"),
        r"alignments in SAM",
    ),
    "FASTQ": ("@r1\nACGT\n+\nFFFF\n", "reads in FASTQ"),
    "FASTA": (">chr1\nACGTACGT\n", "a FASTA file.*reference"),
    ".pat": (text_of(lambda p, c, t: f"chr1\t{p}\tCC.TC\t{c + 1}"), r"\.pat file.*beta2bed"),
    "wiggle": ("fixedStep chrom=chr1 start=1 step=1\n5\n", "wiggle"),
    "an array": (
        "".join(f"cg{10_000_000 + k}\t0.{k}\t0.5\t0.25\n" for k in range(9)), "array probes",
    ),
    "real ATCGmap": (
        text_of(lambda p, c, t: f"chr1\tT\t{p}\t--\t--\t0\t9" + "\t0" * 8 + "\tna"),
        r"ATCGmap.*use the CGmap file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_named(tmp_path: Path, name: str) -> None:
    """What is no table of calls is named, with the file to use."""
    text, words = OTHERS[name]
    path = tmp_path / "text"
    for dressed in (text.encode(), gzip.compress(text.encode())):
        path.write_bytes(dressed)
        with pytest.raises(InputError, match=words) as caught:
            recognise(str(path))
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.bam", b"BAM\x01\0\0\0\0", "a BAM file.*modkit pileup"),
        ("a.cram", b"CRAM\x03\x00abc", "a CRAM file.*modkit pileup"),
        ("a.bcf", b"BCF\x02\x02\0\0", "a BCF file.*biscuit vcf2bed"),
        ("a.bw", b"\x26\xfc\x8f\x88\x04\0\0", "a bigWig file"),
        ("a.bb", b"\xeb\xf2\x89\x87\x04\0\0", "a bigBed file"),
        ("a.idat", b"IDAT\x03\0\0\0", "an IDAT file"),
        ("a.xlsx", b"PK\x03\x04\x14\0\0\0[Content_Types].xml\0", "a spreadsheet .*tabs between"),
        ("a.beta", bytes([3, 5, 0, 0, 255, 255, 10, 11]), r"a \.beta file.*beta2bed"),
    ],
)
def test_binary_files_are_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    for dressed in (content, gzip.compress(content)):
        path.write_bytes(dressed)
        with pytest.raises(InputError, match=words):
            recognise(str(path))


DESCRIBED: dict[str, tuple[str, dict[str, int | str]]] = {
    # name of the case: text, its description
    "names": (
        "chrom\tsite\tstrand\tmeth_reads\ttotal_reads\n"
        + text_of(lambda p, c, t: f"chr1\t{p}\t+\t{c}\t{c + t}"),
        {"chr": 1, "pos": 2, "strand": 3, "c": 4, "n": 5, "base": FILL_IN},
    ),
    "percentages": (
        text_of(lambda p, c, t: f"chr1\tx\t{p}\t{t}\t{pct(c, t):.3f}\t{c}\ty"),
        {"chr": 1, "pos": 3, "c": 6, "t": 4, "base": FILL_IN},
    ),
    "a level": (
        "chr\tbp\tmethylation_level\tdepth\n"
        + text_of(lambda p, c, t: f"1\t{p}\t{beta(c, t)}\t{c + t}"),
        {"chr": 1, "pos": 2, "fraction": 3, "n": 4, "base": FILL_IN},
    ),
    "nothing": (
        text_of(lambda p, c, t: f"chr1\t{p}\ta\t{c}\tb\t{t}\tc\t9"),
        {"chr": 1, "pos": 2, "c": FILL_IN, "t": FILL_IN, "base": FILL_IN},
    ),
    "a position of 0": (
        "chr1\t0\t4\t7\n" + text_of(lambda p, c, t: f"chr1\t{p}\t{c}\t{t}"),
        {"chr": 1, "pos": 2, "c": FILL_IN, "t": FILL_IN, "base": 0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_description_is_filled_in_as_far_as_it_can_be(tmp_path: Path, name: str) -> None:
    """It is in the message, and once nothing is left to fill in, it is taken as it is."""
    text, description = DESCRIBED[name]
    path = tmp_path / "text"
    path.write_text(text)
    assert suggest(str(path)) == description
    with pytest.raises(InputError) as error:
        recognise(str(path))
    shown = ", ".join(f"{key}: {value}" for key, value in description.items())
    assert f"custom: {{{shown}}}" in str(error.value)
    if list(description.values()).count(FILL_IN) < 2:
        form = settle("custom", str(path), {**description, "base": 1})
        assert form.has("n") or form.has("t")


def test_names_with_blanks(tmp_path: Path) -> None:
    """Names stand between tabs, where there are as many as columns."""
    path = tmp_path / "text"
    path.write_text(
        "Chromosome\tPosition\tCoverage\t# methylated\t% methylated\n"
        + text_of(lambda p, c, t: f"1\t{p}\t{c + t}\t{c}\t{pct(c, t):.4g}")
    )
    assert suggest(str(path)) == {"chr": 1, "pos": 2, "c": 4, "n": 3, "base": FILL_IN}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"chr1\t5\t50\t1\n", "rows of 4 columns, such as 'chr1 5 50 1', which matches no known"),
        (b"chr1\t5\t50\n1\t1\n", "rows of 3 columns, such as 'chr1 5 50', which matches no known"),
        (b"chr1\t7\tx\t50\t1\t1\n" * 3, "rows of 6 columns, such as 'chr1 7 x 50 1 1'"),
        (b"text of something\n", "the header 'text of something' and no row below it"),
        (b"chrom\tsite\tmeth_reads\tdepth\n", "'chrom site meth_reads depth' and no row below it"),
        (b"seq\tsite\tx\ty\tz\nchr1\t5\ta\t7\t9\n", "the header 'seq site x y z', which matches"),
    ],
)  # fmt: skip
def test_no_known_format_is_said(tmp_path: Path, content: bytes, words: str) -> None:
    """What the text has is shown, and that five columns are expected is not said."""
    path = tmp_path / "text"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        recognise(str(path))
    message = str(error.value)
    assert message.startswith(f"{path}: found ")
    assert words in message
    assert "describe the columns in the configuration" in message
    assert "five" not in message


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(text_of(interval(7)))
    with pytest.raises(InputError, match="end minus start is 7 in 60 rows"):
        recognise(str(path))


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    """What cannot be read is not told by a guess."""
    with pytest.raises(InputError, match="none: cannot be read"):
        recognise(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("chr1\t500\t500\t100\t3\t0", "bismark_cov"),
        ("chr1\t500\t501\t33\t1\t2", "methyldackel_bedgraph"),
        ("chr1\t500\t+\t1\t2\tCG\tCGA", "bismark_report"),
        ("chr1\t500\t+\tCGA\t1\t2\t1", "allc"),
        ("chr1\t500\t33.3\t1\t2", "five_column"),
        ("chr1\t500\t502\t1\t2", "wgbstools"),
    ],
)
def test_one_row_is_enough(tmp_path: Path, row: str, form: str) -> None:
    path = tmp_path / "text"
    path.write_text(row + "\n")
    assert recognise(str(path)).format == form


def test_one_faulty_row_does_not_hide_a_format(tmp_path: Path) -> None:
    """Its reader finds the row and names its line."""
    path = tmp_path / "text"
    path.write_text(text_of(interval(0)) + "chr1\tx\t5\t50\t1\t1\n")
    assert recognise(str(path)).format == "bismark_cov"


def test_neighbours_are_on_one_chromosome(tmp_path: Path) -> None:
    """Rows of merged strands are not one base apart, but on two chromosomes they may seem so."""
    path = tmp_path / "text"
    path.write_text("chr1\t100\t101\t50.0\t1\t1\nchr2\t101\t102\t50.0\t1\t1\n")
    assert recognise(str(path)).rival == "bismark_merged_cov"


def test_evidence_is_in_the_order_of_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(TEXTS["zero.cov or merged.cov"][0])
    found = recognise(str(path)).evidence
    starts = ("there is no header", "there is no track line", "rows have 6 columns", "column 3 is")
    assert all(a.startswith(b) for a, b in zip(found, starts, strict=False))
    assert "percentages agree with column 5 / (columns 5 + 6) in 60 of 60 rows" in found[4]
    assert found[-1].startswith("end minus start is 1 in 60 rows")


@pytest.mark.parametrize(
    ("words", "context", "merged"),
    [("CpG", CPG, "no"), ("CHG", CHG, "no"), ("CpG merged", CPG, "yes")],
)
def test_a_track_line_tells_context_and_strands(
    tmp_path: Path, words: str, context: int, merged: str
) -> None:
    path = tmp_path / "text"
    path.write_text(METHYLDACKEL.format(words, "levels") + text_of(interval(1, "{i}")))
    form = settle(recognise(str(path)).format, str(path))
    assert (form.name, form.context, form.merged) == ("methyldackel_bedgraph", context, merged)


def test_long_intervals_tell_merged_strands(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(text_of(interval(2, "{i}")))
    assert settle("methyldackel_bedgraph", str(path)).merged == "yes"


@pytest.mark.skipif(not REAL.is_dir(), reason="real files are not here")
@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("bedmethyl_modkit/*", "bedmethyl"),
        ("biscuit_bed/MCF7*", "biscuit_bed"),
        ("biscuit_bed/*mergecg*", "biscuit_mergecg"),
        ("bismark_cov/*", "bismark_cov"),
        ("bismark_cytosine_report/*", "bismark_report"),
        ("bismark_zero/merge*", "bismark_merged_zero_cov"),
        ("bismark_zero/zero_based_cytosine_report.txt", "bismark_report"),
        ("bsmap_methratio/*", "bsmap_methratio"),
        ("cgmap/*", "cgmap"),
        ("dnmtools_counts/*", "dnmtools_counts"),
        ("dss_text/*", "dss"),
        ("nanopore_tables/deepsignal*", "deepsignal"),
        ("nanopore_tables/*per_cpg*", "meteore"),
        ("others/methylkit_generic*", "methylkit_generic"),
        ("others/methylation_tuples*", "methtuple"),
        ("rrbs_toolkit/*", "rrbs_table"),
        ("methylkit_text/*", "methylkit"),
        ("modbam2bed/*", "modbam2bed"),
        ("../plain5/*", "five_column"),
    ],
)
def test_real_files_are_told(pattern: str, form: str) -> None:
    files = sorted(REAL.glob(pattern))
    assert files
    for path in files:
        found = recognise(str(path))
        rival = "bismark_report_zero" if form == "bismark_report" else ""
        assert (found.format, found.rival) == (form, rival), (path, found.evidence)


@pytest.mark.skipif(not REAL.is_dir(), reason="real files are not here")
def test_a_real_file_of_two_counts_is_refused() -> None:
    for path in (REAL / "methrix_bedgraph").iterdir():
        with pytest.raises(InputError, match=r"custom"):
            recognise(str(path))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("change", ["swapped", "total"])
@pytest.mark.parametrize(
    ("name", "c"), [("plain5/cell_01.txt.gz", 3), ("formats/bismark_cov/cell_01.cov.gz", 4)]
)
def test_real_columns_in_another_order(tmp_path: Path, name: str, c: int, change: str) -> None:
    """Real counts swapped, or with all reads in place of the converted ones."""
    lines = []
    for line in gzip.decompress((REAL.parent / name).read_bytes()).decode().splitlines():
        fields = line.split("\t")
        methylated, converted = fields[c : c + 2]
        if change == "swapped":
            fields[c : c + 2] = converted, methylated
        else:
            fields[c + 1] = str(int(methylated) + int(converted))
        lines.append("\t".join(fields))
    path = tmp_path / "text"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match="found percentages that agree with") as error:
        recognise(str(path))
    meant = (
        f"column {c + 2} / (columns" if change == "swapped" else f"column {c + 1} / column {c + 2}"
    )
    assert meant in str(error.value)
