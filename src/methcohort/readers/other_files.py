"""Text that is not a table of calls: what callers, aligners and arrays write beside them.

Each kind is known by its first line, by names in its header, or by the fields of its rows, and is
named with the file of the same caller that is to be used.
"""

import re
from collections.abc import Callable
from typing import Final

from .head import Head

_BISMARK: Final = (
    "per-read output of bismark_methylation_extractor, one row per read and cytosine",
    "use the coverage file (.bismark.cov.gz) or the cytosine report (CpG_report.txt) that "
    "bismark2bedGraph and coverage2cytosine make of it",
)
_NANOPOLISH: Final = (
    "per-read output of nanopolish or f5c call-methylation, one row per read and site",
    "use the table of frequencies that calculate_methylation_frequency.py or f5c meth-freq makes "
    "of it",
)
_FIRST: Final = (
    ("Bismark methylation extractor", *_BISMARK),
    ("##fileformat=VCF", "a VCF file", "use the calls as text: biscuit vcf2bed makes them of "
     "BISCUIT's VCF, other callers write them beside it"),
    ("##gff-version", "a GFF file", "use the text that the methylation caller wrote"),
    ("@HD\t", "alignments in SAM", "use the calls that a methylation caller makes of them"),
    ("@SQ\t", "alignments in SAM", "use the calls that a methylation caller makes of them"),
    ("@PG\t", "alignments in SAM", "use the calls that a methylation caller makes of them"),
    ("fixedStep", "a wiggle track, without counts", "use the text that the caller wrote"),
    ("variableStep", "a wiggle track, without counts", "use the text that the caller wrote"),
)  # fmt: skip
_NAMES: Final = (
    ({"read_name", "log_lik_ratio"}, *_NANOPOLISH),
    ({"#chrom", "id", "ref", "alt"}, "a VCF file without its first lines",
     "use the calls as text that the caller wrote"),
    ({"chrom", "id", "ref", "alt", "qual"}, "a VCF file without its first lines",
     "use the calls as text that the caller wrote"),
    ({"read_id", "mod_log_prob"}, "Megalodon's calls of single reads",
     "use its aggregated calls (modified_bases.*.bed, written with --outputs mods)"),
    ({"read_id", "forward_read_position", "ref_position"}, "a table of modkit extract, of single "
     "reads", "use the bedMethyl that modkit pileup makes of the same BAM file"),
    ({"illmnid", "infinium_design_type"}, "the manifest of an array", "use a caller's text"),
)  # fmt: skip
_PAT: Final = (
    "a .pat file of wgbs_tools, with read patterns",
    "use the text that wgbstools beta2bed makes of the .beta file of the same sample",
)
_SAM: Final = ("alignments in SAM", "use the calls that a methylation caller makes of them")
_PROBES: Final = (
    "values of array probes (cg and eight digits)",
    "use read counts per cytosine; arrays have none",
)
_SINGLE: Final = (
    "per-read calls (one column has read names)",
    "use the table of the same caller that has read counts per site",
)
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CIGAR: Final = re.compile(rb"(?:\d+[MIDNSHP=X])+|\*")
_PATTERN: Final = re.compile(rb"[CTH.]+")
_PROBE: Final = re.compile(rb"['\"]?c[gh]\d{8}.*")
_CALL: Final = re.compile(rb"[zZxXhHuU]")
_BASES: Final = re.compile(rb"[ACGTUNacgtun]+")


def describe_other(head: Head) -> str | None:
    """Return what to say of a text that is not a table of calls; None where it may be one."""
    found = _kind(head)
    if found is None:
        return None
    kind, remedy = found
    return f"found {kind}; expected methylation calls, one row per cytosine; {remedy}"


def _kind(head: Head) -> tuple[str, str] | None:
    first = head.first.decode("utf-8", "replace").lstrip("\ufeff")
    for start, *found in _FIRST:
        if first.startswith(start):
            return found[0], found[1]
    names = {name.lower() for name in (*head.header, *head.hashed)}
    for known, *found in _NAMES:
        if known <= names:
            return found[0], found[1]
    return next((found for test, found in _ROWS if test(head)), None)


def _most(head: Head, test: Callable[[list[bytes]], bool]) -> bool:
    return bool(head.rows) and 10 * sum(map(test, head.rows)) >= 9 * len(head.rows)


def _is_bismark(row: list[bytes]) -> bool:
    return (
        len(row) in (5, 8)
        and row[1] in (b"+", b"-")
        and row[3].isdigit()
        and _CALL.fullmatch(row[4]) is not None
    )


def _is_sam(row: list[bytes]) -> bool:
    return (
        len(row) > 10
        and row[1].isdigit()
        and row[3].isdigit()
        and _CIGAR.fullmatch(row[5]) is not None
        and len(row[9]) > 1
        and _BASES.fullmatch(row[9]) is not None
    )


def _is_pat(row: list[bytes]) -> bool:
    return (
        len(row) in (4, 5)
        and row[1].isdigit()
        and row[3].isdigit()
        and _PATTERN.fullmatch(row[2]) is not None
        and row[2] != b"."
    )


def _has_reads(head: Head) -> bool:
    return _most(head, lambda row: any(map(_UUID.fullmatch, row)))


def _is_probe(row: list[bytes]) -> bool:
    return _PROBE.fullmatch(row[0]) is not None


def _is_fasta(head: Head) -> bool:
    return head.first.startswith(b">")


def _is_fastq(head: Head) -> bool:
    return head.first.startswith(b"@") and head.third.startswith(b"+")


_ROWS: Final[tuple[tuple[Callable[[Head], bool], tuple[str, str]], ...]] = (
    (_is_fasta, ("a FASTA file", "give the calls, and name the genome as reference")),
    (_is_fastq, ("reads in FASTQ", "use the calls that a methylation caller makes of them")),
    (lambda head: _most(head, _is_bismark), _BISMARK),
    (lambda head: _most(head, _is_sam), _SAM),
    (lambda head: _most(head, _is_pat), _PAT),
    (lambda head: _most(head, _is_probe), _PROBES),
    (_has_reads, _SINGLE),
)
