"""Formats are told from their text, look-alikes too, and what has no counts is refused."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from methcohort import InputError
from methcohort.cytosine import CHG, CPG
from methcohort.readers import READERS, recognise, settle

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "formats"
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

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # name of the case: text, format, rule, rival
    "five columns": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.2f}\t{c}\t{t}"),
        "five_column", "third column", "",
    ),
    "five columns, whole percentages": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{pct(c, t):.0f}\t{c}\t{t}"),
        "five_column", "ends", "",
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
    "wgbs_tools, end is the start": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p}\t{c}\t{c + t}"), "wgbstools_1", "ends", "",
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
        "cgmap", "third column", "",
    ),
    "DNMTools": (
        text_of(lambda p, c, t: f"chr1\t{p}\t+\tCXG\t{c / (c + t):.6g}\t{c + t}"),
        "dnmtools_counts", "third column", "",
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
    "modbam2bed": (text_of(modbam2bed("t", "c")), "modbam2bed", "percentages", ""),
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
            lambda p, c, t: f"chr1\t{p}\t{p + 1}\t{pct(c, t):.1f}\thap1\t{c + t}\t{c}\t{t}\t90\t5"
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
    """The table above has all that are read, but the one that the user describes."""
    told = {form for _, form, _, _ in TEXTS.values()}
    told |= {rival for *_, rival in TEXTS.values() if rival}
    assert told == {name for name, form in READERS.items() if not form.refusal} - {"custom"}


REFUSED: dict[str, tuple[str, str]] = {
    # name of the case: text, what the message says
    "small numbers without reads": (
        text_of(lambda p, c, t: f"chr1\t{p % 80 + 1}\t{p % 80 + 3}\t0\t0"),
        r"five_column or wgbstools or wgbstools_1.*mean different things",
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
    "ATCGmap": (
        text_of(lambda p, c, t: f"chr1\tC\t{p}\tCG\tCG" + f"\t{c}" * 10 + "\t0.5"), "CGmap",
    ),
    "two counts without a header": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{c}\t{t}"), r"4 columns.*custom.*c: 3, t: 4",
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
    "several samples of BISCUIT": (
        text_of(lambda p, c, t: f"chr1\t{p}\t{p + 1}\t0.500\t2\t1.000\t{c}"), "7 columns",
    ),
    "BatMeth2": (
        "#chr\tpos\tstrand\tcontext\tC_count\tCT_count\tmethlevel\teff\tG\tGA\tstate\t5context\n"
        + text_of(
            lambda p, c, t: f"chr1\t{p}\t+\tCG\t{c}\t{c + t}\t{beta(c, t)}\t1.5\t2\t2\tM\tATCGA"
        ),
        "12 columns",
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
        b"", b"\n\n", b"# only comments\n", b"chr\tpos\tpct\tc\tt\n", b"\x1f\x8b\x08", b"\0" * 100,
        gzip.compress(b"chr1\t5\t50\t1\t1\n", mtime=0)[:-9], b"chr1\t5\t50\t1\n",
        b"text of something\n",
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
            assert str(error).startswith(f"{path}: ")
        else:
            assert not READERS[found.format].refusal
            if found.format != "custom":
                settle(found.format, str(path))


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
