"""Stores of every format, and of every way to write a table."""

from collections.abc import Callable, Sequence
from typing import Any

from callers import Row
from writers import WRITERS

from .texts import ALL, LOOK_ALIKE, Case, Line, Texts, first, rows_of

WIDE = {"chr": "chr", "pos": "start", "c": "{}.M", "n": "{}.Cov"}


def formats(texts: Texts) -> dict[str, Case]:
    """Every format that one sample has, as its caller writes it, told by its text and named."""
    groups: dict[str, list[Line]] = {"merged": [], "single": [], "some contexts": []}
    named = []
    for k, writer in enumerate(WRITERS):
        name = f"{writer.form}.{k}"
        told = writer.form if writer.named or writer.form in LOOK_ALIKE else "auto"
        group = "merged" if writer.merged else "single" if writer.only == ALL else "some contexts"
        groups[group].append(texts.call(name, writer, told))
        named.append(texts.lines[name] | {"format": writer.form})
    one = {"strands": "collapse", "reference": "in/genome.fa"}
    both = {"min_samples": 2, "layers": ["c", "t"], "chunks": [16, 256]}
    cases = {name: Case(lines, both) for name, lines in groups.items()}
    cases["some contexts"] = Case(groups["some contexts"])
    return cases | {
        "all, named": Case(named, one, ("two_workers", "scattered")),
        "all, by the reference": Case(
            [line | {"format": "auto"} for line in named if line["format"] in LOOK_ALIKE],
            one,
        ),
    }


def tables(texts: Texts) -> dict[str, Case]:
    """Tables of several samples, and those that the configuration describes."""
    every = [rows_of(name, first("allc"), share=1) for name in ("t1", "t2", "t3")]
    together = list(zip(*every, strict=True))

    def text(head: str, shared: Callable[[Row], str], each: Callable[[Row], str]) -> str:
        return head + "".join(
            "\t".join([shared(rows[0]), *map(each, rows)]) + "\n" for rows in together
        )

    def place(row: Row) -> str:
        return f"{row.chrom}\t{row.pos}\t{row.pos}\t{row.strand}"

    def bed(row: Row) -> str:
        return f"{row.chrom}\t{row.pos - 1}\t{row.pos}"

    def beta(row: Row) -> str:
        return f"{row.c / row.n:.3f}\t{row.n}" if row.n else ".\t0"

    def pct(row: Row) -> str:
        return f"{100 * row.c / row.n:.0f}\t{row.c}\t{row.t}" if row.n else ".\t0\t0"

    def united(row: Row) -> str:
        return f"{row.n}\t{row.c}\t{row.t}" if row.n else "NA\tNA\tNA"

    def extended(row: Row) -> str:
        base, kind = "CG"[row.strand == "-"], row.context.replace("p", "")
        return f"{bed(row)}\t{base}\t{kind}\t{row.trinuc[:2]}\tAA{row.trinuc}"

    found = {
        "methylkit_tabix": text(
            "chr\tstart\tend\tstrand\t"
            + "\t".join(f"coverage{k}\tnumCs{k}\tnumTs{k}" for k in (1, 2, 3)) + "\n",
            place, united,
        ),
        "biscuit_bed": text("", bed, beta),
        "biscuit_bed_counts": text("", bed, pct),
        "biscuit_extended": text("", extended, beta),
        "biscuit_extended_counts": text("", extended, pct),
        "dnmtools_table": text(
            "t1\tt2\tt3\n",
            lambda r: f"{r.chrom}:{r.pos - 1}:{r.strand}:{r.context.replace('HG', 'XG')}",
            lambda r: f"{r.n}\t{r.c}",
        ),
        "methcohort_table": text(
            "chr\tpos\tstrand\tcontext\t"
            + "\t".join(f"t{k}.c\tt{k}.t" for k in (1, 2, 3)) + "\n",
            lambda r: f"{r.chrom}\t{r.pos}\t{r.strand}\t{r.context}",
            lambda r: f"{r.c}\t{r.t}",
        ),
        "wide": text(
            "chr\tstart\t" + "\t".join(f"t{k}.M\tt{k}.Cov" for k in (1, 2, 3)) + "\n",
            lambda r: f"{r.chrom}\t{r.pos}", lambda r: f"{r.c}\t{r.n}",
        ),
    }  # fmt: skip
    lines = []
    for form, content in found.items():
        line = texts.write(f"table {form}", content, form)
        by_name = form in ("dnmtools_table", "methcohort_table", "wide")
        lines += [
            line | {"sample": f"{form} {k}", "columns": f"t{k}" if by_name else str(k)}
            for k in (3, 1, 2)
        ]
    return {"several samples": Case(lines, {"custom": {"wide": WIDE}}, ("scattered",))} | custom(
        texts, every[0]
    )


def custom(texts: Texts, rows: Sequence[Row]) -> dict[str, Case]:
    """Every key of a description."""
    rows = [row for row in rows if row.n]
    described: dict[str, tuple[dict[str, Any], str]] = {
        "lab_a": (
            {"chr": "Chrom", "pos": "Place", "c": "# meth", "n": "All", "strand": "Strand",
             "context": "Kind", "delimiter": "tab", "quote": ""},
            "Place\tChrom\tAll\t# meth\tKind\tStrand\n" + "".join(
                f"{r.pos}\t{r.chrom}\t{r.n}\t{r.c}\t{r.context}\t{r.strand}\n" for r in rows),
        ),
        "lab_b": (
            {"chr": 1, "pos": 2, "end": 3, "fraction": 4, "n": 5, "base": 0, "delimiter": ";",
             "decimal": ","},
            "".join(f"{r.chrom};{r.pos - 1};{r.pos};{r.c / r.n:.4f};{r.n}\n".replace(".", ",")
                    for r in rows),
        ),
        "lab_c": (
            {"chr": 1, "pos": 2, "percent": 3, "n": 4, "only": {"5": ["x", "y"]}, "quote": "'",
             "delimiter": ","},
            "".join(f"'{r.chrom}',{r.pos},{100 * r.c / r.n:.3f},{r.n},'{'xyz'[r.pos % 3]}'\n"
                    for r in rows),
        ),
        "lab_d": (
            {"chr": 2, "pos": 1, "pct": 3, "c": 4, "t": 5, "delimiter": "blank"},
            "".join(f"{r.pos} {r.chrom} {100 * r.c / r.n:.2f} {r.c} {r.t}\n" for r in rows),
        ),
        "lab_e": (
            {"chr": 1, "pos": 2, "c": 3, "t": 4, "both_strands": True, "delimiter": "|",
             "decimal": ".", "quote": '"'},
            "".join(f'"{r.chrom}"|{r.pos}|{r.c}|{r.t}\n' for r in rows
                    if r.context == "CpG" and r.strand == "+"),
        ),
    }  # fmt: skip
    lines = [texts.write(name, text, name) for name, (_, text) in described.items()]
    told = {name: description for name, (description, _) in described.items()}
    alone = {"custom": told["lab_b"], "layers": ["c", "t"]}
    return {
        "described": Case(lines[:4], {"custom": told}, ("scattered",)),
        "described, both strands": Case(lines[4:], {"custom": told}),
        "custom": Case([lines[1] | {"format": "custom"}], alone),
    }


def dialects(texts: Texts) -> dict[str, Case]:
    """Delimiters, quotes, row names, decimals, ends of lines, comments, and packing."""
    rows = rows_of("dialects", first("bismark_cov"))
    table = [
        [r.chrom, str(r.pos), f"{r.pct:.4f}", str(r.c), str(r.t)]
        for r in rows
    ]  # fmt: skip

    def text(
        sep: str, quote: str = "", *, decimal: str = ".", row_names: str = "", head: str = "chr"
    ) -> str:
        names = [quote + one + quote for one in ("chr", "pos", "pct", "c", "t")] if head else []
        lines = [sep.join([quote + quote or ""] * (row_names == "empty") + names)] * bool(head)
        for k, (chrom, pos, pct, *counts) in enumerate(table, 1):
            number = [quote + str(k) + quote] * bool(row_names)
            level = pct.replace(".", decimal)
            lines.append(sep.join([*number, quote + chrom + quote, pos, level, *counts]))
        return "".join(line + "\n" for line in lines)

    plain = text("\t", head="")
    commented = "".join(
        line + "\n#between\n \t\n" * (k % 9 == 0) for k, line in enumerate(plain.splitlines(True))
    )
    written = {
        "write.csv": text(",", '"', row_names="empty"),
        "write.csv2": text(";", '"', decimal=",", row_names="empty"),
        "write.table": text(" ", '"', row_names="short"),
        "write.table with tabs": text("\t", row_names="short"),
        "pandas": text(",", row_names="empty"),
        "single quotes": text("\t", "'"),
        "semicolons": text("; ", head=""),
        "tabs and commas": text("\t", decimal=",", head=""),
        "blanks": text("  "),
        "returns": plain.replace("\n", "\r\n"),
        "mark": "\ufeff" + plain,
        "comments": "# made\n\n" + commented,
        "no last newline": plain[:-1],
    }
    lines = [texts.write(name, content, "auto") for name, content in written.items()]
    lines += [
        texts.write(f"packed {kind}", plain.encode(), "auto", packing=kind, path=f"{kind}.txt.gz")
        for kind in ("gzip", "members", "bgzip")
    ]
    return {"dialects": Case(lines, {"chunks": [5, 256]}, ("one_worker",))}
