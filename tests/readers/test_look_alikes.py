"""No text is taken for one of another meaning: every format against all others, in many dresses.

Each outcome is the right values, by a plain reading of the columns, or a refusal.
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from callers import Row, cover, cytosines, make_genome
from writers import WRITERS, Writer

from methcohort import InputError
from methcohort.readers.formats import READERS
from methcohort.readers.formats._format import Format
from methcohort.readers.recognition import recognise

GENOME = make_genome(5, {"chr1": 4000, "chr2": 900})
ROWS = cover(cytosines(GENOME), 8, 0.4)
CASES = [pytest.param(writer, id=f"{k}-{writer.form}") for k, writer in enumerate(WRITERS)]

Value = tuple[str, int, int, int]
"""Chromosome, position from 1, methylated and unmethylated reads."""

Found = tuple[Format, Format | None]


def rows_for(writer: Writer, n: int = 60) -> list[Row]:
    """Rows that a caller writes; merged ones of the forward strand, no two of them neighbours."""
    rows = [row for row in ROWS if row.context in writer.only]
    if writer.merged:
        rows = [replace(row, strand=".") for row in rows if row.strand == "+"]
    return rows[:n]


def body(writer: Writer, rows: list[Row]) -> list[list[str]]:
    return [writer.line(row).split("\t") for row in rows]


def truth(rows: list[Row]) -> list[Value]:
    return [(row.chrom, row.pos, row.c, row.t) for row in rows]


def values(form: Format, lines: list[list[str]]) -> list[Value | None]:
    """What a format makes of lines; None where its reader refuses the line."""
    return [value(form, line if form.tabs else " ".join(line).split()) for line in lines]


def value(form: Format, fields: list[str]) -> Value | None:
    given = dict(zip(form.columns, fields, strict=False))
    if any(fields[k] not in texts for k, texts in form.only):
        return None
    given |= {role: str(int(float(given[role]))) for role in ("c", "t", "n") if role in given}
    pos = int(given["pos"]) + 1 - form.base
    if form.lengths and int(given["end"]) - int(given["pos"]) not in form.lengths:
        return None
    if "ratio" in given:
        c, n = (int(part) for part in given["ratio"].strip("'").split("/"))
    elif "level" in given:
        n = int(given["n"])
        level = float(given["level"]) / form.scale if n else 0.0
        c = round(level * n)
        if abs(c - level * n) > form.unit / form.scale * n + 1e-9:
            return None
    elif "n" in given:
        n = int(given["n"])
        c = int(given["c"]) if "c" in given else n - int(given["t"])
    else:
        c = int(given["c"])
        n = c + int(given["t"]) + int(given.get("other", 0))
    if not 0 <= c <= n:
        return None
    if "pct" in given and n and abs(100 * float(given["pct"]) / form.scale - 100 * c / n) > 1.5:
        return None
    return given["chr"], pos, c, n - c


def outcome(path: Path, head: str, lines: list[list[str]]) -> Found | None:
    """The format that a text is taken for, and its rival; None where it is refused."""
    path.write_text(head + "".join("\t".join(line) + "\n" for line in lines))
    try:
        found = recognise(str(path))
    except InputError:
        return None
    if found.evidence[-1].startswith("the five-column reader"):
        return None
    return READERS[found.format], READERS[found.rival] if found.rival else None


def holds(found: Found | None, lines: list[list[str]], rows: list[Row]) -> bool:
    """Whether the values are right, in one of two formats that differ by the base, or refused."""
    if found is None:
        return True
    for form in found:
        read = values(form, lines) if form is not None else []
        if form is not None and all(
            a is None or a == b for a, b in zip(read, truth(rows), strict=True)
        ):
            return True
    return False


def without_head(writer: Writer) -> list[str]:
    """The heads that a text may have: its own, none, and one that says nothing."""
    return [writer.head, "", "# made by somebody\n"]


@pytest.mark.parametrize("writer", CASES)
def test_with_and_without_header(tmp_path: Path, writer: Writer) -> None:
    """A text is what it is with its header; without it, that, another of the meaning, or none."""
    rows = rows_for(writer)
    lines = body(writer, rows)
    for head in without_head(writer):
        found = outcome(tmp_path / "text", head, lines)
        assert holds(found, lines, rows), (head, found)
        if head == writer.head and not writer.named:
            assert found is not None
            assert writer.form in [form.name for form in found if form is not None]


@pytest.mark.parametrize("writer", CASES)
def test_one_row(tmp_path: Path, writer: Writer) -> None:
    for row in rows_for(writer, 12):
        lines = body(writer, [row])
        for head in without_head(writer):
            assert holds(outcome(tmp_path / "text", head, lines), lines, [row]), (head, lines)


@pytest.mark.parametrize("writer", CASES)
def test_every_number_of_columns(tmp_path: Path, writer: Writer) -> None:
    """Columns are missing at the end, or there are more."""
    rows = rows_for(writer, 20)
    lines = body(writer, rows)
    for width in range(2, len(lines[0])):
        cut = [line[:width] for line in lines]
        for head in ("", writer.head):
            found = outcome(tmp_path / "text", head, cut)
            if found is not None and width >= len(found[0].columns) - found[0].optional:
                assert holds(found, cut, rows), (width, found)
    for more in (["0"], ["1"] * 2, ["."], ["x"], ["0.5"] * 3, ["CG"] * 2, ["0"] * 4, ["1"] * 7):
        wide = [[*line, *more] for line in lines]
        assert holds(outcome(tmp_path / "text", "", wide), wide, rows), more


@pytest.mark.parametrize("writer", [case for case in CASES if case.values[0].zero])
@pytest.mark.parametrize("n_covered", [0, 1, 30])
def test_rows_without_reads(tmp_path: Path, writer: Writer, n_covered: int) -> None:
    """Rows without reads come first, more of them than the first rows that are looked at."""
    covered = rows_for(writer)[:n_covered]
    none = [replace(row, c=0, t=0) for row in rows_for(writer, 10)] * 60
    rows = [*none, *covered]
    lines = body(writer, rows)
    for head in without_head(writer):
        found = outcome(tmp_path / "text", head, lines)
        assert holds(found, lines, rows), (head, found)
        if found is not None and head == "" and not covered:
            checked = {"pct", "level", "n", "ratio"} & {*found[0].columns}
            assert not checked, f"{found[0].name} is decided on no evidence"
        if head == writer.head and (covered or head.strip()) and n_covered != 1:
            assert found is not None
            assert writer.form in [form.name for form in found if form is not None]


@pytest.mark.parametrize("writer", CASES)
def test_counts_in_another_order(tmp_path: Path, writer: Writer) -> None:
    """Two columns of numbers change places: the values are never those of another meaning."""
    form = READERS[writer.form]
    rows = rows_for(writer, 30)
    lines = body(writer, rows)
    counts = [k for k, role in enumerate(form.columns) if role in ("c", "t", "n", "pct", "level")]
    for a in counts:
        for b in counts:
            if a < b and b < len(lines[0]) and not {"pct", "level"}.isdisjoint(form.columns):
                swapped = [list(line) for line in lines]
                for line in swapped:
                    line[a], line[b] = line[b], line[a]
                found = outcome(tmp_path / "text", "", swapped)
                assert holds(found, swapped, rows), (a, b, found)


@pytest.mark.parametrize("writer", CASES)
def test_none_is_decided_without_a_row_that_supports_it(tmp_path: Path, writer: Writer) -> None:
    """Counts and levels at random, most of them 0: what is decided has a row that bears it out."""
    rng = random.Random(writer.form)
    form = READERS[writer.form]
    for _ in range(25):
        lines = body(writer, rows_for(writer, rng.choice((1, 2, 5, 30))))
        most = rng.choice((0, 0, 1, 4))
        for line in lines:
            for k, role in enumerate(form.columns[: len(line)]):
                if role in ("c", "t", "n", "other") or line[k] == "0":
                    line[k] = str(rng.randint(0, most))
                elif role in ("pct", "level"):
                    places = len(line[k].partition(".")[2])
                    line[k] = f"{rng.random() * form.scale:.{places}f}"
                elif role == "ratio":
                    line[k] = f"'{rng.randint(0, most)}/{rng.randint(0, most)}'"
        found = outcome(tmp_path / "text", "", lines)
        if found is None or not {"pct", "level", "n", "ratio"} & {*found[0].columns}:
            continue
        read = values(found[0], lines)
        n_none = sum(one is None for one in read)
        assert any(one is not None and one[2] + one[3] > 0 for one in read), (found[0], lines)
        assert 10 * n_none <= 9 * len(read), (found[0], lines)
