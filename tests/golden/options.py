"""Stores of every option that decides their content or layout."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from callers import Row
from writers import Writer, bed

from .texts import Case, Line, Texts, first, rows_of

TOLD = ("allc", "bismark_report", "cgmap", "dnmtools_counts", "methtuple")
BARE = ("five_column", "bismark_cov", "dss", "rrbs_table", "five_column")
REFERENCE = {"reference": "in/genome.fa"}
REFSEQ = {"chr1": "NC_000001.11", "chr2": "NC_000002.12", "chr10": "NC_000010.11"}


def options(texts: Texts) -> dict[str, Case]:
    """One option, or a few that belong together, in each store."""
    told = [texts.call(f"told {k}", first(form)) for k, form in enumerate(TOLD)]
    bare = [texts.call(f"bare {k}", first(form)) for k, form in enumerate(BARE)]
    return {
        **_sites(told, bare),
        **_rows(texts, told, bare),
        **_counts(texts),
        **_names(texts, told, bare),
        **_layout(told, bare),
        **_sheets(texts, told, bare),
    }


def _sites(told: list[Line], bare: list[Line]) -> dict[str, Case]:
    listed = REFERENCE | {"sites": "reference"}
    return {
        "union": Case(bare, {}, ("one_worker",)),
        "union, told": Case(told, {}, ("two_workers",)),
        "intersection": Case(bare[:3], {"sites": "intersection"}),
        "min_samples": Case(told, {"min_samples": 3}),
        "bed": Case(bare, {"sites": "in/spans.bed", "min_samples": 4}, ("scattered",)),
        "bed, told": Case(told, {"sites": "in/spans.bed", "uncovered": "keep"} | REFERENCE),
        "reference": Case(bare, listed, ("two_workers", "scattered")),
        "reference, keep": Case(told, listed | {"off_reference": "keep"}),
        "reference, contexts": Case(bare, listed | {"contexts": ["CHG", "CHH"]}),
        "reference, collapse": Case(told, listed | {"strands": "collapse"}),
    }


def _rows(texts: Texts, told: list[Line], bare: list[Line]) -> dict[str, Case]:
    """Which rows count, and as what."""
    rng = random.Random("rows")
    twice = []
    for k, form in enumerate(("five_column", "allc", "bismark_cov")):
        rows = [row for row in rows_of(f"twice {k}", first(form)) if row.n]
        rows += [replace(row, c=row.c + 1) for row in rows if rng.random() < 0.2]
        if k:
            rows.sort(key=lambda row: (row.chrom, row.pos))
        twice.append(texts.write(f"twice {k}", first(form).text(rows)))
    shifted = [
        replace(row, pos=row.pos + 1) for row in rows_of("shifted", first("five_column")) if row.n
    ]
    beside = [texts.write("shifted", first("five_column").text(shifted)), *bare[:2]]
    wrong = [
        f"{row.chrom}\t{row.pos}\t{min(100, row.pct + 2.5):.2f}\t{row.c}\t{row.t}\n"
        for row in rows_of("wrong", first("bismark_cov"))
    ]
    off = [texts.write("wrong", "".join(wrong), "five_column"), *bare[:2]]
    return {
        "contexts CpG": Case(told[:4], {"contexts": ["CpG"]}),
        "contexts, others": Case(told[:4], {"contexts": ["CHH", "CHG"]}),
        "contexts by reference": Case(bare, {"contexts": ["CpG", "CHG"]} | REFERENCE),
        "collapse": Case(told[:4], {"strands": "collapse"}),
        "collapse by reference": Case(bare, {"strands": "collapse"} | REFERENCE, ("two_workers",)),
        "duplicates sum": Case(twice, {"duplicates": "sum"}, ("one_worker",)),
        "duplicates first": Case(twice, {"duplicates": "first"}),
        "uncovered": Case([*told, *bare], {"uncovered": "keep"}),
        "uncovered, collapse": Case(told[:4], {"uncovered": "keep", "strands": "collapse"}),
        "base_check off": Case(beside, {"base_check": "off"} | REFERENCE),
        "base_check warn": Case(beside, {"base_check": "warn"} | REFERENCE),
        "pct_check off": Case(off, {"pct_check": "off"}),
        "pct_check warn": Case(off, {"pct_check": "warn"}),
        "pct_tolerance": Case(off, {"pct_tolerance": 3}),
    }


def _modified(row: Row) -> str:
    """A row of one modification of C, and at some positions of another."""
    other, more = row.t // 2, row.c // 3
    lines = []
    for code, c, o in (("m", row.c, other), ("h", other, row.c)):
        counts = f"{row.n}\t{100 * c / row.n:.2f}\t{c}\t{row.n - c - o}\t{o}\t0\t0\t0\t0"
        lines.append(f"{bed(row, 1, code)}\t{counts}\n")
    return "".join(lines[: 1 + (more % 3 > 0)])


def _counts(texts: Texts) -> dict[str, Case]:
    """How counts follow from what stands in the text."""
    rows = [[row for row in rows_of(f"modified {k}", first("allc")) if row.n] for k in range(3)]
    modified = [
        texts.write(f"modified {k}", "".join(map(_modified, one)), "bedmethyl")
        for k, one in enumerate(rows)
    ]
    deep = [replace(first(form), most=10**6) for form in ("encode_bedmethyl", "biscuit_bed")]
    inexact = [
        texts.call(f"inexact {k}", writer, writer.form, most=3000) for k, writer in enumerate(deep)
    ]
    small, large = first("bismark_cov"), {"uint16": 3000, "uint32": 200_000}
    return {
        **{f"modification {one}": Case(modified, {"modification": one}) for one in MODIFICATIONS},
        "inexact_counts": Case(inexact, {"inexact_counts": "accept"}, ("one_worker",)),
        **{
            f"counts of {name}": Case([texts.call(f"deep {name} {k}", small, most=most // (k + 1))
                                       for k in range(3)])
            for name, most in large.items()
        },
    }  # fmt: skip


MODIFICATIONS = ("5mC", "5hmC", "any")


def _renamed(texts: Texts, name: str, writer: Writer, names: dict[str, str]) -> Line:
    rows = [replace(row, chrom=names.get(row.chrom, row.chrom)) for row in rows_of(name, writer)]
    return texts.write(name, writer.text(rows))


def _names(texts: Texts, told: list[Line], bare: list[Line]) -> dict[str, Case]:
    """Which chromosomes there are, in which order, and by which names."""
    numbers = {"chr1": "1", "chr2": "2", "chr10": "10"}
    Path("in/aliases.tsv").write_text("".join(f"{v}\tc{k}\n{k}\tc{k}\n" for k, v in REFSEQ.items()))
    turned = [row for name in ("chr2", "chr10", "chr1") for row in rows_of("turned", first("allc"))
              if row.chrom == name]  # fmt: skip
    mixed = [
        _renamed(texts, "numbers", first("bismark_cov"), numbers),
        _renamed(texts, "refseq", first("dss"), REFSEQ),
        bare[0],
    ]
    from_file = [mixed[1], bare[1]]
    return {
        "chroms in the order of files": Case(
            [texts.write("turned", first("allc").text(turned)), *told[:2]],
            {"chroms": {"order": "file"}},
            ("two_workers",),
        ),
        "chroms include": Case(bare, {"chroms": {"include": ["chr1*"]}}),
        "chroms exclude": Case(told, {"chroms": {"exclude": ["chr10", "chrU?_*"]}}),
        "aliases": Case(from_file, {"aliases": "in/aliases.tsv"}),
        "aliases GRCh38": Case(mixed, {"aliases": "GRCh38"}),
        "aliases GRCh38:ensembl": Case(mixed, {"aliases": "GRCh38:ensembl"} | REFERENCE),
        "assembly": Case(told[:2], {"assembly": "Großer Aufbau 38"}),
    }


def _layout(told: list[Line], bare: list[Line]) -> dict[str, Case]:
    shapes = ((1, 256), (2, 512), (3, 256), (64, 65536))
    return {
        **{f"chunks {a} x {b}": Case([*told, *bare], {"chunks": [a, b]}) for a, b in shapes},
        "layers": Case(told, {"layers": ["c", "t"]}, ("one_worker",)),
        **{f"deflate_level {k}": Case(told, {"deflate_level": k}) for k in (1, 2, 4, 9)},
    }


def _sheets(texts: Texts, told: Sequence[Line], bare: Sequence[Line]) -> dict[str, Case]:
    """What stands in further columns of the sheet."""
    parts = [line | {"merge_as": name, "group": f"g{k}"} for k, (line, name) in enumerate(
        zip([*told, *bare], ("one", "", "two", "one", "", "", "two", "two", "", ""), strict=True)
    )]  # fmt: skip
    further = [line | {"sex": "fm"[k % 2], "Größe": "" if k == 1 else f'{k} "m"'}
               for k, line in enumerate(told)]  # fmt: skip
    far = [line | {"path": f"s3://bucket/{k}.gz"} for k, line in enumerate(bare)]
    Path("in/fetched.tsv").write_text(
        "".join(f"{line['path']}\t{near['path']}\n" for line, near in zip(far, bare, strict=True))
    )
    means: dict[str, Any] = {"fetched": "in/fetched.tsv"}
    return {
        "merge_as": Case(parts, {}, ("two_workers", "scattered")),
        "merge_as, intersection": Case(parts, {"sites": "intersection"}),
        "further columns": Case(further, {}),
        "fetched": Case(far, {}, (), means),
    }
