"""The kernel of all tabular formats, against a slow plain reading of the same text."""

import random
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import table_oracle as oracle
from table_oracle import CHG, CHH, CPG, Answer, Refused

from methcohort.blocks import Columns, new_columns
from methcohort.errors import InputError
from methcohort.readers import Format, RowRules, TextReader, TextSummary, _text

RULES = RowRules(
    wanted=lambda name: not name.startswith("un"),
    duplicates="error",
    drop_uncovered=False,
    pct_check="error",
    pct_tolerance=1.0,
    with_pct=True,
)
MEANINGS = (("c", "t"), ("c", "n"), ("t", "n"), ("level", "n"), ("ratio",), ("c", "t", "other"))
CONTEXTS = ("CG", "CHG", "CHH", "CpG", "CXG", "CCG", "CGA", "CTG", "CAA", "CpGx", "CHHx", "CN",
            "cnn", "CA", "CWN", "--", ".", "CYY", "CSG", "CGTA")  # fmt: skip
ODD = (b"", b".", b"NA", b"-1", b"1e3", b"5.0", b"5.", b"007", b"99999999999", b"x", b"4294967296",
       b"2147483648", b"2147483647", b"0", b"100.1", b"1/2", b"nan", b"5.5", b"+", b"CG",
       b"00000000000000000000000000005", b"\xc3\xa9", b"0.000000000000000000000000001", b"-", b"\0",
       b"12345678", b"123456789", b"1234567\x009", b"CG\0", b"m\0", b'"', b"''")  # fmt: skip


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
        with pytest.raises(InputError) as caught:
            read(path, form, rules, room)
        found = re.search(r", line (\d+)", str(caught.value))
        assert int(found[1] if found else 0) == refused.line, (form, text, str(caught.value))
        assert "; expected " in str(caught.value)
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
    for role in ("end", "strand", "context", "base", "code", "pct"):
        if rng.random() < 0.4 and not (role == "pct" and "level" in meaning):
            roles.append(role)
    roles += ["-"] * rng.randrange(4)
    rng.shuffle(roles)
    optional = rng.randrange(2) if roles[-1] == "-" else 0
    scale = rng.choice((1, 100))
    rounding = 0.5 * 10.0 ** -rng.choice((2, 3, 5)) * scale
    return Format(
        name="any",
        title="any text",
        columns=tuple(roles),
        base=rng.randrange(2),
        optional=optional,
        more=rng.random() < 0.2,
        lengths=rng.choice(((), (0,), (1,), (1, 2))),
        scale=scale,
        unit=rounding if "level" in meaning or rng.random() < 0.5 else 0.0,
        merged=rng.choice(("no", "no", "yes", "dot")),
        context=rng.choice((0, 0, CPG)),
        tabs=rng.random() < 0.2,
        middle=rng.choice((0, 0, 0, 2)) if "context" in roles else 0,
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
    if role in ("pct", "level"):
        if not n:
            return rng.choice((".", "NA", "nan", "0", "0.000"))
        places = max(0, round(-np.log10(2 * form.unit))) if form.unit else 4
        return f"{form.scale * c / (n + row['other'] * (role == 'pct')):.{places}f}"
    if role in ("c", "t", "n"):
        return f"{row.get(role, n)}{rng.choice(('', '', '', '', '.0', '.'))}"
    if role == "ratio":
        quote = rng.choice(("", "'", '"'))
        return f"{quote}{c}/{n}{quote}"
    if role == "end":
        return str(row["pos"] + rng.choice(form.lengths or (0, 1, 2, 9)))
    if role == "context":
        letters = "".join(rng.choice("ACGTNacgtn") for _ in range(5))
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
    for _ in range(n_rows):
        pos += rng.choice((0, 1, 1, 2, 2, 3, 17, 1000))
        if rng.random() < 0.05:
            chrom, pos = rng.choice((1, 2, 3, 11)), rng.randrange(1, 500)
        largest = rng.choice((0, 1, 9, 30, 300, 2000))
        row = {
            "c": rng.randint(0, largest), "t": rng.randint(0, largest),
            "other": rng.choice((0, 0, 3)), "pos": pos + form.base, "chrom": chrom,
        }  # fmt: skip
        if rng.random() < 0.02 and "level" not in form.columns:
            row["c"] += rng.choice((65_500, 2**32 - 3000))
        cells = [field_of(role, row, form, rng).encode() for role in form.columns]
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.txt"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of text of a few lines."""
    monkeypatch.setattr(_text, "BLOCK_BYTES", 300)


def first_row_is_a_row(form: Format, text: bytes) -> bool:
    """Whether the reader cannot take the first line for a header or a track line."""
    at = form.columns.index("pos")
    for line in text.split(b"\n"):
        found = oracle.fields_of(line.removesuffix(b"\r"), form)
        if line.strip() and not line.lstrip(b"\t ").startswith(b"#"):
            return len(found) <= at or not re.match(rb"[a-z%_\"']", found[at].lower())
    return False


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.usefixtures("small_blocks")
def test_any_layout_of_any_rows(path: Path, seed: int) -> None:
    """Rows, kinds and counts are those of the oracle; so is the line of a fault."""
    rng = random.Random(seed)
    outcomes = []
    for k in range(60):
        form, rules = random_format(rng), random_rules(rng)
        n_rows = rng.choice((1, 3, 12, 40))
        text = random_text(form, rng, n_rows, oddity=0.0 if k % 2 else 0.3 / n_rows)
        if first_row_is_a_row(form, text):
            outcomes.append(check(path, form, rules, text, room=rng.choice((2, 7, 1000))))
    assert outcomes.count("read") >= 5
    assert outcomes.count("refused") >= 5
