"""A writer for each accepted format: what its caller writes of a row, and what the text tells.

Rows are those of `callers.py`, with 1-based positions.
"""

from collections.abc import Callable
from dataclasses import dataclass

from callers import Row

PLUS, MINUS, BOTH = 1, 2, 3
BITS = {"CpG": 4, "CHG": 8, "CHH": 16}


@dataclass(frozen=True)
class Writer:
    """How a caller writes.

    `strand` and `context` are True where the text tells them; `merged` rows hold both strands of a
    CpG; `only` are the contexts that the format has; `zero` allows rows without reads; `most` is
    the depth up to which counts follow exactly; `named` formats are not told by their text.
    """

    form: str
    line: Callable[[Row], str]
    base: int = 1
    head: str = ""
    strand: bool = False
    context: bool = False
    merged: bool = False
    only: tuple[str, ...] = ("CpG", "CHG", "CHH")
    named: bool = False
    zero: bool = False
    most: int = 10**6

    def kind(self, row: Row) -> int:
        """What the text tells of a row, as the bits of a kind."""
        strand = {"+": PLUS, "-": MINUS}.get(row.strand, BOTH)
        told = self.strand or self.merged
        return strand * told | BITS[row.context] * self.context

    def text(self, rows: list[Row]) -> str:
        return self.head + "".join(self.line(row) + "\n" for row in rows)


def share(row: Row, form: str, scale: int = 1, none: str = ".") -> str:
    """The level of a row; half a point is rounded up."""
    return format(scale * row.c / row.n + 1e-12, form) if row.n else none


def base(row: Row) -> str:
    return "C" if row.strand == "+" else "G"


def context(row: Row) -> str:
    return row.context.replace("p", "")


def start(row: Row, length: int) -> str:
    return f"{row.chrom}\t{row.pos - 1}\t{row.pos - 1 + length}"


def place(row: Row) -> str:
    return f"{row.chrom}\t{row.pos}"


def bed(row: Row, length: int, code: str) -> str:
    """The nine columns of BED."""
    strand = row.strand if row.strand in "+-" else "."
    thick = start(row, length).partition("\t")[2]
    return f"{start(row, length)}\t{code}\t{row.n}\t{strand}\t{thick}\t255,0,0"


def modkit(row: Row) -> str:
    pct = share(row, ".2f", 100)
    return f"{bed(row, 1, 'm')}\t{row.n}\t{pct}\t{row.c}\t{row.t}\t0\t0\t0\t0\t0"


def modbam2bed(row: Row) -> str:
    length = 1 if row.strand in "+-" else 2
    return f"{bed(row, length, '5mC')}\t{row.n + 3}\t{share(row, '.2f', 100)}\t{row.t}\t{row.c}\t3"


def cov(row: Row, length: int = 0, shift: int = 0) -> str:
    pct = share(row, ".6f", 100)
    return f"{row.chrom}\t{row.pos - shift}\t{row.pos - shift + length}\t{pct}\t{row.c}\t{row.t}"


def dackel(row: Row, length: int = 1) -> str:
    return f"{start(row, length)}\t{100 * row.c // row.n}\t{row.c}\t{row.t}"


def biscuit(row: Row, length: int = 1) -> str:
    return f"{start(row, length)}\t{share(row, '.3f')}\t{row.n}"


def biscuit_counts(row: Row, length: int = 1) -> str:
    return f"{start(row, length)}\t{share(row, '.0f', 100)}\t{row.c}\t{row.t}"


def extended(row: Row, tail: str) -> str:
    return f"{start(row, 1)}\t{base(row)}\t{context(row)}\t{row.trinuc[:2]}\tAA{row.trinuc}\t{tail}"


def dnmtools(row: Row) -> str:
    word = {"CpG": "CpG", "CHG": "CXG", "CHH": "CHH"}[row.context]
    level = share(row, ".6g", 1, "0")
    return f"{row.chrom}\t{row.pos - 1}\t{row.strand}\t{word}\t{level}\t{row.n}"


def methbat(row: Row, kind: str) -> str:
    strand = row.strand if row.strand in "+-" else "."
    counts = f"{share(row, '.1f', 100)}\t{kind}\t{row.n}\t{row.c}\t{row.t}"
    return f"{start(row, 1)}\tm\t500\t{strand}\t{counts}\t0\t3\t0.9\t0.1"


def gembs(row: Row, length: int, ref: str) -> str:
    counts = f"{row.c}\t{row.t}\t{row.n}\t{row.n}"
    return f"{start(row, length)}\t{ref}\t{ref}\tGQ=9;MQ=60\t0.5\t{counts}"


def deepmod2(row: Row) -> str:
    return f"{row.n}\t{row.c}\t{row.t}\t{share(row, '.4f')}" + "\t0" * 8


CPG = ("CpG",)
PACBIO = "#chrom\tbegin\tend\tmod_score\ttype\tcov\t"
METHRATIO = "chr\tpos\tstrand\tcontext\tratio\t"
ASTAIR = (
    "CHROM\tSTART\tEND\tMOD_LEVEL\tMOD\tUNMOD\tREF\tALT\tSPECIFIC_CONTEXT\tCONTEXT\tSNV\t"
    "TOTAL_DEPTH\n"
)
RASTAIR = (
    "#chr\tstart\tend\tname\tbeta_est\tstrand\tunmod\tmod\tno_snp\tsnp\tcoverage\tgenotype\t"
    "gt_p_score\tgt_conf_score\tcpg\n"
)
METHBAT = (
    "##methbat_version=1.1.0\n#chrom\tstart\tend\tname\tscore\tstrand\tmod_score\ttype\tcov\t"
    "mod_count\tunmod_count\tinferred_unmod_count\tdiff_base_count\tavg_mod_score\t"
    "avg_unmod_score\n"
)
MOABS = "#chrom\tstart\tend\tratio\ttotalC\tmethC\tstrand\tnext"
GEMBS = (
    "Contig\tPos0\tPos1\tRef\ta:Call\ta:Flags\ta:Meth\ta:non_conv\ta:conv\ta:support_call\t"
    "a:total\n"
)
BATMETH2 = (
    "#chromsome\tloci\tstrand\tcontext\tC_count\tCT_count\tmethRatio\teff_CT_count\trev_G_count\t"
    "rev_GA_count\tMethContext\t5context\n"
)
NANOPOLISH = (
    "chromosome\tstart\tend\tnum_motifs_in_group\tcalled_sites\tcalled_sites_methylated\t"
    "methylated_frequency\tgroup_sequence\n"
)
DEEPMOD2 = (
    "#chromosome\tposition_before\tposition\t{}ref_cpg\tcoverage\tmod_coverage\tunmod_coverage\t"
    "mod_fraction\tcoverage_phase1\tmod_coverage_phase1\tunmod_coverage_phase1\t"
    "mod_fraction_phase1\tcoverage_phase2\tmod_coverage_phase2\tunmod_coverage_phase2\t"
    "mod_fraction_phase2\n"
)
TRACK = 'track type="bedGraph" description="out {} methylation levels"\n'

WRITERS = [
    Writer("five_column", lambda r: f"{place(r)}\t{share(r, '.4f', 100, 'NA')}\t{r.c}\t{r.t}",
           zero=True),
    Writer("five_column", lambda r: f"{place(r)} {share(r, '.0f', 100)} {r.c} {r.t}",
           head="chr pos pct c t\n", zero=True),
    Writer("bismark_cov", cov),
    Writer("bismark_zero_cov", lambda r: cov(r, 1, 1), base=0),
    Writer("bismark_merged_cov", lambda r: cov(r, 1), merged=True, context=True, only=CPG),
    Writer("bismark_merged_zero_cov", lambda r: cov(r, 2, 1), base=0, merged=True, context=True,
           only=CPG),
    Writer("bismark_report",
           lambda r: f"{place(r)}\t{r.strand}\t{r.c}\t{r.t}\t{context(r)}\t{r.trinuc}",
           strand=True, context=True, zero=True),
    Writer("bismark_report_zero",
           lambda r: f"{r.chrom}\t{r.pos - 1}\t{r.strand}\t{r.c}\t{r.t}\t{context(r)}\t{r.trinuc}",
           base=0, strand=True, context=True, zero=True),
    Writer("methyldackel_bedgraph", dackel, base=0, head=TRACK.format("CpG"), context=True,
           only=CPG),
    Writer("methyldackel_bedgraph", dackel, base=0, head=TRACK.format("CHH"), context=True,
           only=("CHH",)),
    Writer("methyldackel_bedgraph", lambda r: dackel(r, 2), base=0, merged=True, context=True,
           head=TRACK.format("CpG merged"), only=CPG),
    Writer("methylkit",
           lambda r: f"{r.chrom}.{r.pos}\t{place(r)}\t{'FR'[r.strand == '-']}\t{r.n}"
           f"\t{r.pct:6.2f}\t{100 - r.pct:6.2f}",
           head="chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n", strand=True, most=9000),
    Writer("methylkit_generic",
           lambda r: f"{place(r)}\t{r.strand}\t{r.n}\t{r.pct:.2f}\t{100 - r.pct:.2f}",
           head="chr\tstart\tstrand\tcoverage\tfreqC\tfreqT\n", strand=True, most=9000),
    Writer("methylkit_tabix", lambda r: f"{place(r)}\t{r.pos}\t{r.strand}\t{r.n}\t{r.c}\t{r.t}",
           strand=True),
    Writer("biscuit_bed", biscuit, base=0, zero=True, most=900),
    Writer("biscuit_bed_counts", biscuit_counts, base=0, zero=True),
    Writer("biscuit_extended", lambda r: extended(r, f"{share(r, '.3f')}\t{r.n}"), base=0,
           strand=True, context=True, zero=True, most=900),
    Writer("biscuit_extended_counts",
           lambda r: extended(r, f"{share(r, '.0f', 100)}\t{r.c}\t{r.t}"), base=0,
           strand=True, context=True, zero=True),
    Writer("biscuit_mergecg", lambda r: f"{biscuit(r, 2)}\tC:.:0,G:1.000:1", base=0, merged=True,
           context=True, only=CPG, zero=True, most=900),
    Writer("biscuit_mergecg_counts", lambda r: f"{biscuit_counts(r, 2)}\tC:.:0,G:1.000:1", base=0,
           merged=True, context=True, only=CPG, zero=True),
    Writer("bedmethyl", modkit, base=0, strand=True),
    Writer("bedmethyl", modkit, base=0, merged=True, only=CPG),
    Writer("modbam2bed", modbam2bed, base=0, strand=True),
    Writer("modbam2bed", modbam2bed, base=0, merged=True, only=CPG),
    Writer("encode_bedmethyl", lambda r: f"{bed(r, 1, '.')}\t{r.n}\t{share(r, '.0f', 100, '0')}",
           base=0, strand=True, zero=True, most=99),
    Writer("pb_cpg_tools",
           lambda r: f"{start(r, 1)}\t7.7\tTotal\t{r.n}\t{r.c}\t{r.t}\t{r.pct:.1f}", base=0,
           head=PACBIO + "est_mod_count\test_unmod_count\tdiscretized_mod_score\n", merged=True,
           context=True, only=CPG),
    Writer("pb_cpg_tools_count",
           lambda r: f"{start(r, 1)}\t{r.pct:.1f}\tTotal\t{r.n}\t{r.c}\t{r.t}\t90\t5", base=0,
           head=PACBIO + "mod_count\tunmod_count\tavg_mod_score\tavg_unmod_score\n", merged=True,
           context=True, only=CPG),
    *(Writer(f"pb_cpg_tools_hap{k}",
             lambda r, k=k: f"{start(r, 1)}\t7.7\thap{k}\t{r.n}\t{r.c}\t{r.t}\t{r.pct:.1f}", base=0,
             merged=True, context=True, only=CPG, named=True) for k in (1, 2)),
    *(Writer(f"pb_cpg_tools_count_hap{k}",
             lambda r, k=k: f"{start(r, 1)}\t{r.pct:.1f}\thap{k}\t{r.n}\t{r.c}\t{r.t}\t90\t5",
             base=0, merged=True, context=True, only=CPG, named=True) for k in (1, 2)),
    Writer("methbat", lambda r: methbat(r, "Total"), base=0, head=METHBAT, strand=True),
    Writer("methbat", lambda r: methbat(r, "Total"), base=0, head=METHBAT, merged=True, only=CPG),
    *(Writer(f"methbat_hap{k}", lambda r, k=k: methbat(r, f"hap{k}"), base=0, head=METHBAT,
             merged=True, only=CPG, named=True) for k in (1, 2)),
    Writer("gembs", lambda r: gembs(r, 2, "CG"), base=0, head=GEMBS, merged=True, context=True,
           only=CPG, zero=True),
    Writer("gembs_stranded", lambda r: gembs(r, 1, base(r)), base=0, head=GEMBS, strand=True,
           zero=True),
    Writer("moabs",
           lambda r: f"{start(r, 2)}\t{share(r, '.3g')}\t{r.n}\t{r.c}\tB\tG\t+\t0\t0\t-\t0\t0",
           base=0, head=MOABS + "\tPlus\ttcP\tmcP\tMinus\ttcM\tmcM\n", merged=True, context=True,
           only=CPG),
    Writer("moabs_strand",
           lambda r: f"{start(r, 1)}\t{share(r, '.3g')}\t{r.n}\t{r.c}\t{r.strand}\t{r.trinuc[1]}",
           base=0, head=MOABS + "\n", strand=True),
    Writer("batmeth2",
           lambda r: f"{place(r)}\t{r.strand}\t{context(r)}\t{r.c}\t{r.n}\t{share(r, 'f')}\tnull"
           f"\t0\t0\thU\tAA{r.trinuc}", head=BATMETH2, strand=True, context=True),
    Writer("nanopolish",
           lambda r: f"{start(r, 0)}\t1\t{r.n}\t{r.c}\t{share(r, '.3f')}\tsplit-group", base=0,
           head=NANOPOLISH, merged=True, context=True, only=CPG),
    Writer("nanomethphase",
           lambda r: f"{start(r, 1)}\t{r.strand}\t{r.n}\t{r.c}\t{share(r, '.10g')}", base=0,
           head="chromosome\tstart\tend\tstrand\tNumOfAllCalls\tNumOfModCalls\tMethylFreq\n",
           strand=True, context=True, only=CPG),
    Writer("deepsignal",
           lambda r: f"{r.chrom}\t{r.pos - 1}\t{r.strand}\t7\t1.5\t0.5\t{r.c}\t{r.t}\t{r.n}"
           f"\t{share(r, '.4f')}\tAAAA{r.trinuc:A<3}AA", base=0, strand=True, context=True),
    Writer("deepmod2", lambda r: f"{start(r, 1)}\t{r.strand}\tTrue\t{deepmod2(r)}", base=0,
           head=DEEPMOD2.format("strand\t"), strand=True),
    Writer("deepmod2_aggregated", lambda r: f"{start(r, 2)}\tTrue\t{deepmod2(r)}", base=0,
           head=DEEPMOD2.format(""), merged=True, only=CPG),
    Writer("meteore", lambda r: f"{start(r, 1)}\t{r.n}\t{share(r, '.10g')}\t{r.strand}", base=0,
           head="Chr\tPos_start\tPos_end\tCoverage\tMethylation\tStrand\n", strand=True,
           context=True, only=CPG, most=900),
    Writer("methtuple", lambda r: f"{r.chrom}\t{r.strand}\t{r.pos}\t{r.c}\t{r.t}",
           head="chr\tstrand\tpos1\tM\tU\n", strand=True, zero=True),
    Writer("rrbs_table", lambda r: f"{place(r)}\t{r.n}\t{r.c}\t{1000 * r.c // r.n / 10:g}",
           head="Chromosome\tPosition\tCoverage\t# methylated\t% methylated\n"),
    Writer("premethyst", lambda r: f"{place(r)}\t{share(r, '.2f', 100)}\t{r.t}\t{r.c}", named=True),
    Writer("allc", lambda r: f"{place(r)}\t{r.strand}\t{r.trinuc}\t{r.c}\t{r.n}\t1", strand=True,
           context=True, zero=True),
    Writer("bsmap_methratio",
           lambda r: f"{place(r)}\t{r.strand}\t{context(r)}\t{share(r, '.3f', 1, 'NA')}"
           f"\t{r.n * 0.9:.2f}\t{r.c}\t{r.n}\t0\t0\t0.1\t0.9",
           head=METHRATIO + "eff_CT_count\tC_count\tCT_count\trev_G_count\trev_GA_count\t"
           "CI_lower\tCI_upper\n", strand=True, context=True, zero=True),
    Writer("bsmap_methratio_old",
           lambda r: f"{place(r)}\t{r.strand}\tAA{r.trinuc}\t{share(r, '.3f', 1, 'NA')}"
           f"\t{r.n}\t{r.c}\t0.1\t0.9",
           head=METHRATIO + "total_C\tmethy_C\tCI_lower\tCI_upper\n", strand=True, zero=True),
    Writer("cgmap",
           lambda r: f"{r.chrom}\t{base(r)}\t{r.pos}\t{context(r)}\t{r.trinuc[:2]}"
           f"\t{share(r, '.2f', 1, 'na')}\t{r.c}\t{r.n}",
           strand=True, context=True, zero=True),
    Writer("astair",
           lambda r: f"{start(r, 1)}\t{share(r, '.3f', 1, 'NA')}\t{r.c}\t{r.t}\t{base(r)}\tT"
           f"\t{r.trinuc}\t{r.context}\tNo\t{r.n}",
           base=0, head=ASTAIR, strand=True, context=True, zero=True),
    Writer("rastair",
           lambda r: f"{start(r, 1)}\t.\t{share(r, '.2f', 1, '')}\t{r.strand}\t{r.t}\t{r.c}"
           "\t9\t0\t9\tC/C\t9\t9\tREF",
           base=0, head=RASTAIR, strand=True, context=True, only=CPG, zero=True),
    Writer("dnmtools_counts", dnmtools, base=0, strand=True, context=True, zero=True),
    Writer("dss", lambda r: f"{place(r)}\t{r.n}\t{r.c}", head="chr\tpos\tN\tX\n", zero=True),
    Writer("wgbstools", lambda r: f"{start(r, 2)}\t{r.c}\t{r.n}", base=0, merged=True,
           context=True, only=CPG, zero=True),
    Writer("wgbstools_1", lambda r: f"{place(r)}\t{r.pos + 2}\t{r.c}\t{r.n}", merged=True,
           context=True, only=CPG, zero=True),
    Writer("rnbeads_epp", lambda r: f"{start(r, 1)}\t'{r.c}/{r.n}'\t500\t{r.strand}", base=0,
           strand=True, zero=True),
]  # fmt: skip
