"""The kernel of all tabular formats, against a slow plain reading of the same text."""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tables import (
    FORMATS,
    RULES,
    check,
    first_row_is_a_row,
    random_format,
    random_rules,
    random_text,
    read,
)

from methcohort.core.errors import InputError
from methcohort.files import text as _text
from methcohort.readers import settle
from methcohort.readers.formats import READERS
from methcohort.readers.formats._format import Format
from methcohort.readers.recognition import recognise


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.txt"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of text of a few lines."""
    monkeypatch.setattr(_text, "BLOCK_BYTES", 300)


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


@pytest.mark.parametrize(
    ("level", "n", "n_inexact"),
    [("1.000", 1999, 0), ("1.000", 2000, 1), ("0.000", 1999, 0), ("0.000", 2000, 1),
     ("0.500", 1998, 0), ("0.500", 2000, 1)],
)  # fmt: skip
def test_levels_at_which_counts_become_inexact(
    path: Path, level: str, n: int, n_inexact: int
) -> None:
    """Half of a last place of many reads is one read, also where all or none are methylated."""
    form = READERS["biscuit_mergecg"]
    row = {"chr": "chr1", "pos": "5", "end": "6", "level": level, "n": str(n), "-": "C:1:1"}
    text = "\t".join(row[role] for role in form.columns) + "\n"
    rules = replace(RULES, inexact=True)
    assert check(path, form, rules, text.encode()) == "read"
    assert read(path, form, rules)[1].n_inexact == n_inexact


def small_text(form: Format, rng: random.Random) -> bytes:
    """A few rows of a format, all of the wanted modification."""
    return random_text(form, rng, 4, oddity=0.0)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_byte_changed_or_lost(path: Path, form: Format) -> None:
    """A flipped, doubled or lost byte gives what the oracle says of it, and never a crash."""
    rng = random.Random(form.name)
    rules = replace(RULES, modification="any", duplicates="sum", inexact=True)
    text = small_text(form, rng)
    for at in range(0, len(text), 2):
        for changed in (
            text[:at] + bytes([rng.choice(b"0159.,-+/'NAxCG\t \r\n\0\xff#\x7f")]) + text[at + 1 :],
            text[:at] + text[at + rng.choice((1, 2, 7)) :],
            text[:at] + text[at : at + 1] + text[at:],
        ):
            if changed.strip() and first_row_is_a_row(form, changed):
                check(path, form, rules, changed)


def test_lone_carriage_returns_are_explained(path: Path) -> None:
    path.write_bytes(b"chr1\t5\t5\t50\t1\t1\rchr1\t6\t6\t50\t1\t1\r")
    with pytest.raises(InputError, match="line 1: found a carriage return inside a line"):
        read(path, READERS["bismark_cov"], RULES)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "# a comment\n\n", "track type=bedGraph name=x\n",
                                   "browser position chr1:1-9\ntrack\n#x\n"])  # fmt: skip
@pytest.mark.parametrize(
    "header", ["", "chr\tstart\tend\tlevel\tm\tu\n", '"V1" "V2" "V3" v4 M U\n']
)
def test_lines_before_the_first_row(path: Path, start: str, header: str, newline: str) -> None:
    """Comments, track lines and a header are stepped over, and counted as lines."""
    text = f"{start}{header}chr1\t4\t5\t50\t1\t1\nchr1\t7\t8\tx\t1\t1\n"
    path.write_text(text.replace("\n", newline), newline="")
    line = text.count("\n")
    with pytest.raises(InputError, match=rf"line {line}: found 'x' as pct in"):
        read(path, READERS["bismark_zero_cov"], RULES)


@pytest.mark.parametrize("name", ["five_column", "bismark_cov"])
def test_numbers_as_r_writes_them(path: Path, name: str) -> None:
    """R writes 100000 as 1e+05, which is exact; what is not shorter so may be rounded."""
    numbers = {"1e+05": 100_000, "1.2e+07": 12_000_000, "2e+08": 200_000_000}
    between = "\t{0}" if name == "bismark_cov" else ""
    row = "chr1\t{0}" + between + "\t50\t{1}\t{1}\n"
    path.write_text("".join(row.format(short, "1e+05") for short in numbers))
    (rows, _), _ = read(path, READERS[name], RULES)
    assert [row[1:4] for row in rows] == [(n, 100_000, 100_000) for n in numbers.values()]
    for odd in ("1.2e+06", "1.23e+05", "1e5", "1E+05", "1e+5", "1e-05", "1e+005"):
        path.write_text(row.format(odd, 1))
        with pytest.raises(InputError, match=re.escape(f"line 1: found '{odd}' as ")):
            read(path, READERS[name], RULES)


def test_levels_near_zero_have_an_exponent(path: Path) -> None:
    """One methylated read of very many, as on mitochondria; `1e-05` is what C++ writes."""
    deep = [(1, 15_000), (1, 20_000), (3, 90_000), (1, 100_000), (0, 7), (7, 7)]
    rows = [f"chrM\t{k}\t+\tCHH\t{c / n:.6g}\t{n}\n" for k, (c, n) in enumerate(deep)]
    assert "6.66667e-05" in rows[0]
    assert "5e-05" in rows[1]
    path.write_text("".join(rows))
    assert recognise(str(path)).format == "dnmtools_counts"
    check(path, READERS["dnmtools_counts"], RULES, path.read_bytes())
    (rows_read, _), _ = read(path, READERS["dnmtools_counts"], RULES)
    assert [(row[2], row[2] + row[3]) for row in rows_read] == deep


FAULTS: dict[str, tuple[str, str, str]] = {
    "few columns": ("bismark_cov", "chr1\t5\t5\t50\t1",
                    "found 5 columns in 'chr1.*; expected six .*methylated unmethylated. separ"),
    "many columns": ("bismark_report", "chr1\t5\t+\t1\t1\tCG\tCGA\tx",
                     "found 8 columns in .*; expected 6 to 7 "),
    "position": ("bismark_cov", "chr1\t0\t0\t50\t1\t1",
                 "found '0' as start in .*; expected an integer from 1 to 2147483647 .1-based"),
    "0-based position": ("bismark_zero_cov", "chr1\t-1\t0\t50\t1\t1",
                         "expected an integer from 0 to 2147483646 .0-based position"),
    "length": ("bismark_cov", "chr1\t5\t6\t50\t1\t1",
               "found 5 to 6 in .*; expected an end that is 0 above the start, as Bismark"),
    "strand": ("bismark_report", "chr1\t5\tplus\t1\t1\tCG\tCGA",
               "found 'plus' as strand in .*; expected one of"),
    "context": ("bismark_report", "chr1\t5\t+\t1\t1\tGC\tGCA",
                "found 'GC' as context in .*; expected a context such as CG"),
    "base": ("cgmap", "chr1\tA\t5\tCG\tCG\t0.5\t1\t2", "found 'A' as base in .*; expected C or G"),
    "percentage": ("bismark_cov", "chr1\t5\t5\t101\t1\t1",
                   "found '101' as pct in .*; expected a plain number from 0 to 100"),
    "no percentage": ("bismark_cov", "chr1\t5\t5\tNA\t1\t1",
                      "found pct 'NA' where methylated reads . unmethylated reads is not 0 in "),
    "other percentage": ("bismark_cov", "chr1\t5\t5\t40\t1\t1",
                         "found pct 40 in .*; expected 50 from methylated reads = 1 and unm"),
    "other share": ("cgmap", "chr1\tC\t5\tCG\tCG\t0.1\t1\t2",
                    "found pct 0.1 in .*; expected 0.5 from methylated reads = 1 and all r"),
    "reads": ("allc", "chr1\t5\t+\tCGA\t3\t2\t1",
              "found more methylated or unmethylated reads than all, '2', in .*; expected all"),
    "count": ("allc", "chr1\t5\t+\tCGA\t1.5\t2\t1",
              "found '1.5' as methylated reads in .*; expected an integer from 0 to 4294967295 .m"),
    "level": ("biscuit_mergecg", "chr1\t4\t5\t0.400\t3\tC:0:0",
              "found level 0.400 in .*; expected one that a whole number of 3 reads gives; check"),
    "level of several ways": (
        "biscuit_bed", "chr1\t4\t5\t0.400\t3",
        "found level 0.400 in .*; expected one that a whole number of 3 reads gives, rounded to "
        "three decimals or rounded to two decimals and a zero, the same way as in all rows before;",
    ),
    "shares": ("methylkit", "chr1.4\tchr1\t4\tF\t20\t50.00\t30.00",
               "found freqc 50.00 and freqt 30.00 in .*; expected them to add up to 90 to 100, as "
               "reads of other bases are at most a tenth in methylKit text"),
    "too large shares": ("methylkit", "chr1.4\tchr1\t4\tF\t20\t50.00\t55.00",
                         "found freqc 50.00 and freqt 55.00 in .*; expected them to add up to 90"),
    "shares from 0 to 1": (
        "methylkit", "chr1.4\tchr1\t4\tF\t100\t1\t0",
        "found freqc 1 and freqt 0 in .*; expected percentages, not shares from 0 to 1 as "
        "MethylDackel before 0.2.1 wrote them with --methylKit; make the file again with a newer "
        "one, or multiply freqc and freqt by 100",
    ),
    "rest": ("methylkit", "chr1.4\tchr1\t4\tF\t20\t50.00\t101",
             "found '101' as freqt in .*; expected a plain number from 0 to 100 .percent unm"),
    "no rest": ("methylkit", "chr1.4\tchr1\t4\tF\t20\t50.00\tNA",
                "found freqt 'NA' where there are reads in .*; expected a number from 0 to 100"),
    "total": ("methylkit_tabix", "chr1\t100\t100\t+\t0\t12\t12",
              "found more methylated or unmethylated reads than all, '0', in .*; expected all "
              "reads to count them all"),
    "sum": ("bedmethyl", "chr1\t4\t5\tm\t2\t+\t4\t5\t0\t9\t25\t2\t3\t3\t0\t0\t0\t0",
            "found all reads '9' in .*; expected the sum of"),
    "no level": ("biscuit_bed", "chr1\t4\t5\t.\t3", "found level '.' where there are reads"),
    "inexact": ("biscuit_bed", "chr1\t4\t5\t0.500\t3000",
                "found level 0.500 of 3000 reads in .*; expected a level that only one number"),
    "inexact rest": ("methylkit", "chr1.4\tchr1\t4\tF\t30000\t50.00\t50.00",
                     "found freqc 50.00 of 30000 reads in .*; expected a level that only one"),
    "ratio": ("rnbeads_epp", "chr1\t4\t6\t'1:2'\t500\t+",
              "found .*1:2.* as methylated/all reads in .*; expected methylated and all reads,"),
    "duplicate": ("bismark_zero_cov", "chr1\t4\t5\t50\t1\t1\nchr1\t4\t5\t50\t1\t1",
                  "line 2: found chr1 5 a second time"),
    "name": ("bismark_cov", "c\x01r\t5\t5\t50\t1\t1", "line 1: the chromosome name .* cannot"),
    "other codes": ("bedmethyl", "chr1\t4\t5\tC\t2\t+\t4\t5\t0\t2\t50\t1\t1\t0\t0\t0\t0\t0",
                    "found only rows of the modification C; expected 5mC.*; set modification to"),
    "no cytosine": ("bedmethyl", "chr1\t4\t5\ta\t2\t+\t4\t5\t0\t2\t50\t1\t1\t0\t0\t0\t0\t0",
                    "found only rows of the modification a; expected 5mC.*; give the calls of"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_said_of_a_fault(path: Path, case: str) -> None:
    """File, line, what was found, what was expected, what to do."""
    name, text, words = FAULTS[case]
    path.write_bytes(text.encode() + b"\n")
    with pytest.raises(InputError, match=words) as caught:
        read(path, READERS[name], RULES)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).count("; ") >= 2 or "second time" in str(caught.value)


MH = "chr1\t4\t5\t{}\t10\t+\t4\t5\t0\t10\t{}\t{}\t{}\t{}\t0\t0\t0\t0\n"
TWO_CODES = MH.format("h", "20.0", 2, 5, 3) + MH.format("m", "30.0", 3, 5, 2)


@pytest.mark.parametrize(("modification", "c", "t"), [("5mC", 3, 7), ("5hmC", 2, 8), ("any", 5, 5)])
@pytest.mark.parametrize("between", ["\t", " "])
def test_modification(path: Path, modification: str, c: int, t: int, between: str) -> None:
    """5mC and 5hmC count the other modification as not methylated, any counts both."""
    path.write_text(TWO_CODES.replace("\t", between))
    rules = replace(RULES, modification=modification)
    (rows, _), summary = read(path, READERS["bedmethyl"], rules)
    assert rows == [(b"chr1", 5, c, t, 1)]
    assert summary.n_rows == 2
    assert summary.n_dropped_modifications == 1


def test_two_modifications_that_disagree(path: Path) -> None:
    path.write_text(TWO_CODES.replace("10\t20.0\t2", "8\t0\t0"))
    with pytest.raises(InputError, match="line 2: found other counts than in the row before"):
        read(path, READERS["bedmethyl"], replace(RULES, modification="any"))


def test_refused_formats(path: Path) -> None:
    """What has no counts is refused before a row is read."""
    path.write_text("chr1\t4\t5\t50\n")
    with pytest.raises(InputError, match="cannot be used: it has percentages without counts"):
        settle("bismark_bedgraph", str(path))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("chr pos pct", "have no counts, or several"),
        ("chr pos c", "have no counts, or several"),
        ("chr pos c t n", "have no counts, or several"),
        ("chr pos level c n", "have no counts, or several"),
        ("chr pos rest n", "have no counts, or several"),
        ("chr pos ratio c", "have no counts, or several"),
        ("chr pos level n pct", "have a level, beside which pct and other mean nothing"),
        ("chr pos level n other", "have a level, beside which pct and other mean nothing"),
        ("chr c t", "have no place"),
        ("pos c t", "have no place"),
        ("chr pos c t c", "have c twice"),
        ("chr pos c t reads", "have the unknown role reads"),
        ("chr pos c t pct", "may lack pct, which is read"),
    ],
)
def test_columns_that_do_not_tell_the_counts(columns: str, words: str) -> None:
    """Such a format cannot be made: a column would be passed over."""
    with pytest.raises(ValueError, match=f"no: columns {columns} {words}"):
        Format("no", "no format", tuple(columns.split()), 1, optional=columns == "chr pos c t pct")


TYPED = Format(
    "typed",
    "typed",
    ("chr", "pos", "-", "c", "t"),
    1,
    only=((2, ("all", "both", "both_haplotypes")),),
)


def test_rows_of_other_texts_are_left_out(path: Path) -> None:
    """Whole texts, letter for letter; rows that are left out are held to the format too."""
    kinds = (
        "all", "hap1", "both", "al", "alll", "All", "bot", "hap2", "all", "both_haplotype",
        "both_haplotypes", "both_haplotypez", "botx_haplotypes",
    )  # fmt: skip
    path.write_text("".join(f"chr1 {k} {kind} {k} 1\n" for k, kind in enumerate(kinds, 1)))
    (rows, _), summary = read(path, TYPED, RULES)
    assert [row[1] for row in rows] == [1, 3, 9, 11]
    assert summary.n_dropped_modifications == 9
    path.write_text("chr1 1 all 1 1\nchr1 1 hap1 x 1\n")
    with pytest.raises(InputError, match="line 2: found 'x' as methylated reads"):
        read(path, TYPED, RULES)


def test_a_text_without_any_row_to_keep(path: Path) -> None:
    path.write_text("chr1 1 hap1 1 1\n")
    words = "found no row whose column 3 is all or both or both_haplotypes, but hap1; expected "
    with pytest.raises(InputError, match=words):
        read(path, TYPED, RULES)


@pytest.mark.parametrize("column", [-1, 4, 9])
def test_texts_of_columns_that_may_be_missing(column: int) -> None:
    """What is not in every row cannot say which rows are kept."""
    with pytest.raises(ValueError, match="lack one that only names"):
        Format("no", "no", ("chr", "pos", "c", "t", "-"), 1, optional=1, only=((column, ("x",)),))
