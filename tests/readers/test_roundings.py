"""Levels that callers write in several ways: the rows tell in which, or the text is refused."""

from dataclasses import replace
from itertools import pairwise
from math import floor
from pathlib import Path

import pytest
from reading import read

from methcohort.core.errors import InputError
from methcohort.files import cut
from methcohort.readers import settle
from methcohort.readers.formats import READERS
from methcohort.readers.reader import TextReader
from methcohort.readers.recognition import recognise
from methcohort.readers.rules import RowRules
from methcohort.rows.blocks import Columns, new_columns

ROUNDED, CUT = READERS["encode_bedmethyl"].roundings
BED = 'chr1\t{0}\t{1}\t"E"\t{3}\t+\t{0}\t{1}\t255,155,0\t{3}\t{2}\tCG\tCG\t3\n'
BISCUIT = "chr1\t{0}\t{1}\t{2}\t{3}\n"


def encode(rows: list[tuple[int, int]]) -> str:
    """Rows (percentage, reads) as ENCODE has them."""
    return "".join(BED.format(7 * k, 7 * k + 1, *row) for k, row in enumerate(rows, 1))


def biscuit(rows: list[tuple[str, int]]) -> str:
    return "".join(BISCUIT.format(7 * k, 7 * k + 1, *row) for k, row in enumerate(rows, 1))


class Nothing:
    """A sink that keeps nothing."""

    def open(self, *, wide: bool) -> Columns:
        return new_columns(5000, wide=wide, with_pct=False, with_kind=True)

    def close(self, n_rows: int, n_runs: int) -> None:
        pass


def counts(path: Path, text: str, name: str = "", **options: bool) -> list[tuple[int, int]]:
    path.write_text(text)
    return [(row[2], row[3]) for row in read(path, name, **options)[0]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.bed"


def written(c: int, n: int, way: str) -> int:
    """A whole percentage as one caller or another writes it."""
    if way == "cut off":
        return int(100.0 * (c / n))
    if way == "cut off exactly":
        return 100 * c // n
    return floor(100 * c / n + 0.5)


@pytest.mark.parametrize("way", ["cut off", "cut off exactly", "rounded"])
def test_every_count_of_up_to_99_reads(path: Path, way: str) -> None:
    """Once a row tells how percentages are written, each has one number of reads."""
    pairs = [(2, 3)] + [(c, n) for n in range(1, 100) for c in range(n + 1)]
    text = encode([(written(c, n, way), n) for c, n in pairs])
    assert recognise_text(path, text) == "encode_bedmethyl"
    assert counts(path, text) == [(c, n - c) for c, n in pairs]


def recognise_text(path: Path, text: str) -> str:
    path.write_text(text)
    return recognise(str(path)).format


def test_quotients_that_a_computer_rounds_down(path: Path) -> None:
    """29 of 50 is 58 % on paper, but 100 * (29 / 50) is below: callers that cut off write 57."""
    assert written(29, 50, "cut off") == 57
    assert counts(path, encode([(66, 3), (57, 50), (58, 50)])) == [(2, 1), (29, 21), (29, 21)]
    with pytest.raises(InputError, match="line 2: found level 57 of 100 reads"):
        counts(path, encode([(66, 3), (57, 100)]))


@pytest.mark.parametrize("n_before", [0, 3, 2000])
@pytest.mark.parametrize(("first", "second"), [((66, 3), (67, 3)), ((67, 3), (66, 3))])
def test_both_ways_in_one_file(
    path: Path, n_before: int, first: tuple[int, int], second: tuple[int, int]
) -> None:
    """Refused by the line of the second, also far behind the rows that tell the format."""
    rows = [(100, 1)] * n_before + [first] + [(0, 4)] * n_before + [second]
    words = (
        f"line {len(rows)}: found level {second[0]} in .*; expected one that a whole number of 3 "
        "reads gives, .*to a whole number, the same way as in all rows before"
    )
    with pytest.raises(InputError, match=words):
        counts(path, encode(rows), "encode_bedmethyl")


@pytest.mark.parametrize("n", range(51, 100))
def test_rows_that_the_ways_read_differently(path: Path, n: int) -> None:
    """Where no row before it told the way, such a row has two numbers of reads."""
    for c, following in pairwise(range(n + 1)):
        pct = written(following, n, "cut off")
        if abs(100 * c / n - pct) <= 0.5 and 100 * c // n != pct:
            with pytest.raises(InputError, match=f"line 2: found level {pct} of {n} reads"):
                counts(path, encode([(100, 1), (pct, n)]))
            assert counts(path, encode([(66, 3), (pct, n)]))[1] == (following, n - following)
            assert counts(path, encode([(67, 3), (pct, n)]))[1] == (c, n - c)
            break


def settled(path: Path, text: str, name: str) -> object:
    path.write_text(text)
    return settle(name, str(path)).roundings


def test_the_way_is_settled_by_the_first_rows(path: Path) -> None:
    """Neither rows that both ways explain, nor rows that none does, decide."""
    both = [(100, 1), (50, 2), (40, 3)]
    assert settled(path, encode(both), "encode_bedmethyl") == (ROUNDED, CUT)
    assert settled(path, encode([*both, (66, 3)]), "encode_bedmethyl") == (CUT,)
    assert settled(path, encode([*both, (67, 3)]), "encode_bedmethyl") == (ROUNDED,)
    assert settled(path, encode([(0, 0), (0, 0)]), "encode_bedmethyl") == (ROUNDED, CUT)
    assert settled(path, encode([(67, 3), (66, 3)]), "encode_bedmethyl") == (ROUNDED, CUT)


def test_spans_do_not_find_different_ways(path: Path) -> None:
    """A span leaves it to the reader of the whole file, where the first rows do not tell."""
    rules = RowRules(lambda _: True, "error", True, "error", 1.0, with_pct=False)
    text = encode([(100, 1)] * 2000 + [(66, 3)] + [(100, 1)] * 2000)
    path.write_text(text)
    form = settle("encode_bedmethyl", str(path))
    first, second, third = cut(str(path), 3)

    with pytest.raises(InputError, match="do not tell how its levels are written"):
        TextReader(str(path), form, rules, second).read(Nothing())
    for span in (first, third):
        TextReader(str(path), form, rules, span).read(Nothing())
    known = replace(form, roundings=(CUT,))
    TextReader(str(path), known, rules, second).read(Nothing())


TWO_PLACES = [("0.670", 6), ("0.000", 5), ("0.330", 3), ("0.500", 4), ("1.000", 9), ("0.140", 7)]


def test_biscuit_with_two_decimals_and_a_zero(path: Path) -> None:
    text = biscuit(TWO_PLACES)
    assert recognise_text(path, text) == "biscuit_bed"
    assert counts(path, text) == [(4, 2), (0, 5), (1, 2), (2, 2), (9, 0), (1, 6)]


@pytest.mark.parametrize("places", [2, 3])
def test_every_count_that_biscuit_rounds(path: Path, places: int) -> None:
    """Two decimals tell up to 99 reads, three up to 999."""
    depths = range(1, 100) if places == 2 else (1, 2, 99, 100, 180, 499, 500, 998, 999)
    pairs = [(2, 3)] + [(c, n) for n in depths for c in range(n + 1)]
    text = biscuit([(f"{float(f'{c / n:.{places}f}'):.3f}", n) for c, n in pairs])
    assert counts(path, text, "biscuit_bed") == [(c, n - c) for c, n in pairs]


@pytest.mark.parametrize("n_between", [1, 2000])
def test_a_third_decimal_behind_two(path: Path, n_between: int) -> None:
    """A text has one number of decimals: a row with more is refused by its line."""
    rows = [("0.670", 6)] + [("1.000", 1)] * n_between + [("0.667", 3)]
    with pytest.raises(InputError, match=f"line {len(rows)}: found level 0.667 in"):
        counts(path, biscuit(rows), "biscuit_bed")


def test_deep_rows_before_the_decimals_are_known(path: Path) -> None:
    """0.015 of 200 can be no level of two decimals; 0.010 of 200 can be of both."""
    assert counts(path, biscuit([("0.015", 200), ("0.010", 200)]), "biscuit_bed")[1] == (2, 198)
    with pytest.raises(InputError, match=r"line 2: found level 0\.010 of 200 reads"):
        counts(path, biscuit([("0.670", 6), ("0.010", 200)]), "biscuit_bed")
    with pytest.raises(InputError, match=r"line 1: found level 0\.010 of 200 reads"):
        counts(path, biscuit([("0.010", 200)]), "biscuit_bed")
    assert counts(path, biscuit([("0.010", 200)]), "biscuit_bed", inexact=True) == [(2, 198)]
