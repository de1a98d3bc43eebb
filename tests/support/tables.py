"""Random tables of calls, and how they are checked."""

import random
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import table_oracle as oracle
from table_oracle import CHG, CHH, CPG, Answer, Refused

from methcohort.core.errors import InputError
from methcohort.readers.formats import READERS
from methcohort.readers.formats._format import Format
from methcohort.readers.reader import KERNELS, TextReader
from methcohort.readers.rules import RowRules
from methcohort.rows import TextSummary
from methcohort.rows.blocks import Columns, new_columns

RULES = RowRules(
    wanted=lambda name: not name.startswith("un"),
    duplicates="error",
    drop_uncovered=False,
    pct_check="error",
    pct_tolerance=1.0,
    with_pct=True,
)


class Kept:
    """A sink that keeps all rows."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.parts: list[tuple[Any, ...]] = []

    def open(self, *, wide: bool) -> Columns:
        self.columns = new_columns(self.room, wide=wide, with_pct=True, with_kind=True)
        return self.columns

    def close(self, n_rows: int, n_runs: int) -> None:
        runs = self.columns.runs[:n_runs]
        chroms = np.repeat(runs[:, 0], np.diff(runs[:, 1], append=n_rows))
        values = [column[:n_rows].tolist() for column in self.columns.values()]
        self.parts += zip(chroms.tolist(), *values, strict=True)


MEANINGS = (("c", "t"), ("c", "n"), ("t", "n"), ("level", "n"), ("ratio",), ("c", "t", "other"),
            ("level", "rest", "n"))  # fmt: skip


WAYS = {
    100: READERS["encode_bedmethyl"].roundings,
    1: READERS["biscuit_bed"].roundings,
}


CONTEXTS = ("CG", "CHG", "CHH", "CpG", "CXG", "CCG", "CGA", "CTG", "CAA", "CpGx", "CHHx", "CN",
            "cnn", "CA", "CWN", "--", ".", "CYY", "CSG", "CGTA")  # fmt: skip


ODD = (b"", b".", b"NA", b"-1", b"1e3", b"5.0", b"5.", b"007", b"99999999999", b"x", b"4294967296",
       b"2147483648", b"2147483647", b"0", b"100.1", b"1/2", b"nan", b"5.5", b"+", b"CG",
       b"00000000000000000000000000005", b"\xc3\xa9", b"0.000000000000000000000000001", b"-", b"\0",
       b"1e+05", b"1.2e+07", b"1.2e+06", b"1e+09", b"4.5e+09", b"1e+16",
       b"12345678", b"123456789", b"1234567\x009", b"CG\0", b"m\0", b'"', b"''")  # fmt: skip


def read(path: Path, form: Format, rules: RowRules, room: int = 1000) -> tuple[Any, TextSummary]:
    """Rows (chromosome, pos, c, t, kind) and percentages of a text, and what was counted."""
    sink = Kept(room)
    reader = TextReader(str(path), form, rules)
    summary = reader.read(sink)
    names = [name.encode() for name in reader.names.decoded]
    rows = [(names[row[0]], row[1], row[3], row[4], row[5]) for row in sink.parts]
    return (rows, [row[2] for row in sink.parts]), summary


def check(path: Path, form: Format, rules: RowRules, text: bytes, room: int = 1000) -> str:
    """Compare one text with the oracle; return what became of it."""
    path.write_bytes(text)
    try:
        answer: Answer | None = oracle.read(form, rules, text)
    except Refused as refused:
        try:
            read(path, form, rules, room)
        except InputError as error:
            caught = error
        else:
            pytest.fail(f"taken, though line {refused.line} is wrong: {(form, rules, text)}")
        found = re.search(r", line (\d+)", str(caught))
        assert int(found[1] if found else 0) == refused.line, (form, text, str(caught))
        assert "; expected " in str(caught)
        return "refused"
    assert answer
    (rows, percentages), summary = read(path, form, rules, room)
    assert rows == answer.rows, (form, text)
    expected = [np.float32(100 * c / (c + t)) if c + t else np.nan for _, _, c, t, _ in rows]
    np.testing.assert_array_equal(np.float32(percentages), np.float32(expected))
    for item in fields(Answer)[1:]:
        assert getattr(summary, item.name) == getattr(answer, item.name), (item.name, form, text)
    return "read"


def random_format(rng: random.Random) -> Format:
    """Any columns from which counts follow, in any order."""
    meaning = rng.choice(MEANINGS)
    roles = ["chr", "pos", *meaning]
    for role in ("end", "strand", "context", "base", "code", "pct", "total", "sum"):
        if rng.random() < 0.4 and not (role == "pct" and "level" in meaning):
            roles.append(role)
    roles += ["-"] * rng.randrange(4)
    rng.shuffle(roles)
    optional = rng.randrange(2) if roles[-1] in ("-", "other") else 0
    scale = rng.choice((1, 100))
    rounding = 0.5 * 10.0 ** -rng.choice((2, 3, 5)) * scale
    ways = WAYS[scale] if rng.random() < 0.5 and "level" in meaning else ()
    unread = [k for k, role in enumerate(roles) if role == "-" and k < len(roles) - optional]
    only = [(k, rng.choice((("x",), ("x", "1.5")))) for k in unread if rng.random() < 0.15]
    return Format(
        name="any",
        title="any text",
        columns=tuple(roles),
        base=rng.randrange(2),
        optional=optional,
        more=rng.random() < 0.2,
        lengths=rng.choice(((), (0,), (1,), (1, 2))),
        scale=scale,
        unit=ways[0].unit
        if ways
        else rounding
        if "level" in meaning or rng.random() < 0.5
        else 0.0,
        roundings=ways,
        merged=rng.choice(("no", "no", "yes", "dot")),
        context=rng.choice((0, 0, CPG)),
        tabs=rng.random() < 0.2,
        middle=rng.choice((0, 0, 0, 2, -1)) if "context" in roles else 0,
        only=tuple(only),
    )


def random_rules(rng: random.Random) -> RowRules:
    return replace(
        RULES,
        duplicates=rng.choice(("error", "sum", "first")),
        drop_uncovered=rng.random() < 0.5,
        pct_check=rng.choice(("error", "warn", "off")),
        contexts=rng.choice((0, 0, CPG, CHG | CHH)),
        modification=rng.choice(("5mC", "5hmC", "any")),
        inexact=rng.random() < 0.7,
    )


def field_of(role: str, row: dict[str, int], form: Format, rng: random.Random) -> str:
    """The text of one field of a row."""
    c, t = row["c"], row["t"]
    n = c + t
    if role in ("pct", "level", "rest"):
        if not n:
            return rng.choice((".", "NA", "nan", "0", "0.000"))
        places = max(0, round(-np.log10(2 * form.unit))) if form.unit else 4
        value = form.scale * (t if role == "rest" else c) / (n + row["other"] * (role == "pct"))
        if form.roundings and row["way"]:
            return f"{int(value)}" if form.scale == 100 else f"{value:.2f}0"
        if 0 < value < 1 and rng.random() < 0.1:
            return f"{value:.{places + 1}e}"
        return f"{value:.{places}f}"
    if role in ("c", "t", "n"):
        return f"{row.get(role, n)}{rng.choice(('', '', '', '', '.0', '.'))}"
    if role in ("sum", "total"):
        other = row["other"] if "other" in form.columns else 0
        return f"{n + other + rng.choice((0, 2)) * (role == 'total')}"
    if role == "ratio":
        quote = rng.choice(("", "'", '"'))
        return f"{quote}{c}/{n}{quote}"
    if role == "end":
        return str(row["pos"] + rng.choice(form.lengths or (0, 1, 2, 9)))
    if role == "context":
        letters = "".join(rng.choice("ACGTNacgtn") for _ in range(5))
        if form.middle < 0 and rng.random() < 0.9:
            letters = letters[:2] + rng.choice("Cc") + letters[3:]
        return letters if form.middle else rng.choice(CONTEXTS)
    choices = {
        "strand": "+-.*FR",
        "base": "CGcg",
        "code": ("m", "m", "h", "5mC", "C", "a", "m,CG,0"),
    }
    if role in choices:
        return rng.choice(choices[role])
    if role == "chr":
        return rng.choice(("chr", "un")) * (row["chrom"] == 3) + f"chr{row['chrom']}"
    return str(row[role]) if role in row else rng.choice(("x", "255,0,0", "1.5"))


def random_text(form: Format, rng: random.Random, n_rows: int, oddity: float) -> bytes:
    """Rows of a format, with what any text may have between them, and now and then a fault."""
    lines: list[bytes] = []
    pos, chrom = rng.choice((0, 98, 99_999_990, 9_999_999_990 % 2**31)), 1
    way = rng.randrange(2)
    for _ in range(n_rows):
        pos += rng.choice((0, 1, 1, 2, 2, 3, 17, 1000))
        if rng.random() < 0.05:
            chrom, pos = rng.choice((1, 2, 3, 11)), rng.randrange(1, 500)
        largest = rng.choice((0, 1, 9, 30, 300, 2000))
        row = {
            "c": rng.randint(0, largest), "t": rng.randint(0, largest),
            "other": rng.choice((0, 0, 3)), "pos": pos + form.base, "chrom": chrom, "way": way,
        }  # fmt: skip
        if rng.random() < 0.02 and "level" not in form.columns:
            row["c"] += rng.choice((65_500, 2**32 - 3000))
        cells = [field_of(role, row, form, rng).encode() for role in form.columns]
        for column, texts in form.only:
            if rng.random() < 0.7:
                cells[column] = rng.choice(texts).encode()
        if form.optional and rng.random() < 0.3:
            cells.pop()
        if form.more and rng.random() < 0.5:
            cells += [b"more"] * rng.choice((1, 3, 90))
        if rng.random() < oddity:
            cells[rng.randrange(len(cells))] = rng.choice(ODD)
        if rng.random() < oddity / 4:
            cells = cells[: rng.randrange(len(cells))] + [b"z"] * rng.randrange(3)
        blanks = [b"\t"] if form.tabs else [b"\t", b"\t", b"\t", b" ", b"  ", b"\t "]
        usual = rng.choice(blanks[:4])
        line = b"".join(
            cell + (usual if rng.random() < 0.9 else rng.choice(blanks)) for cell in cells[:-1]
        ) + b"".join(cells[-1:])
        if not form.tabs and rng.random() < 0.1:
            line = rng.choice((b" ", b"\t")) + line + rng.choice((b" ", b"", b"\t"))
        lines.append(line)
        if rng.random() < 0.05:
            lines.append(rng.choice((b"", b"# comment", b" \t", b"#x\ty", b"  # z")))
    newline = rng.choice((b"\n", b"\n", b"\r\n"))
    return newline.join(lines) + rng.choice((newline, newline, b""))


def first_row_is_a_row(form: Format, text: bytes) -> bool:
    """Whether the reader cannot take the first line for a header or a track line."""
    at = form.columns.index("pos")
    for line in text.split(b"\n"):
        found = oracle.fields_of(line.removesuffix(b"\r"), form)
        if line.strip() and not line.lstrip(b"\t ").startswith(b"#"):
            return len(found) <= at or not re.match(rb"[a-z%_\"']", found[at].lower())
    return False


FORMATS = [form for form in READERS.values() if form.name not in KERNELS and not form.refusal]
