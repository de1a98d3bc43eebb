"""Numbers as text, against Python's own formatting."""

import decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methcohort.writers import Integers, Reals, Texts, format_rows

floats = st.one_of(
    st.floats(0, 100, width=32).filter(lambda x: x == 0 or x > 1e-12),
    st.floats(-(2.0**40), 2.0**40, width=32).filter(lambda x: x == 0 or abs(x) > 1e-12),
    st.builds(
        lambda c, t: float(np.float32(100 * c / (c + t))), st.integers(0, 99), st.integers(1, 99)
    ),
)
integers = st.integers(-(2**63) + 1, 2**63 - 1)


def lines(*columns: object) -> list[list[str]]:
    """Return the cells of a table, and check where its rows are said to be."""
    rows = format_rows(columns)  # type: ignore[arg-type]
    text = rows.text.tobytes()
    assert rows.starts[-1] == len(text)
    found = [text[a:b] for a, b in zip(rows.starts[:-1], rows.starts[1:], strict=True)]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in found)
    return [line.decode()[:-1].split("\t") for line in found]


@settings(max_examples=300)
@given(st.lists(floats, min_size=1, max_size=30))
def test_levels_read_back(values: list[float]) -> None:
    """With the fewest decimals, as numpy finds them, and no exponent."""
    given_ = np.array(values, np.float32)
    for (cell,), value in zip(lines(Reals(given_)), given_, strict=True):
        assert np.float32(cell) == value
        shortest = np.format_float_positional(value, unique=True, trim="-")
        assert len(cell.lstrip("-")) <= len(shortest.lstrip("-"))


@settings(max_examples=300)
@given(st.lists(floats.filter(lambda x: abs(x) < 1e9), min_size=1, max_size=30), st.integers(0, 9))
def test_decimals_are_rounded_exactly(values: list[float], digits: int) -> None:
    given_ = np.array(values, np.float32)
    step = decimal.Decimal(1).scaleb(-digits)
    for (cell,), value in zip(lines(Reals(given_, digits)), given_.tolist(), strict=True):
        exact = decimal.Decimal(value).quantize(step, decimal.ROUND_HALF_EVEN)
        assert decimal.Decimal(cell) == exact
        assert len(cell.partition(".")[2]) == digits


@given(st.lists(st.tuples(integers, st.integers(0, 2)), min_size=1, max_size=50))
def test_integers_and_texts(rows: list[tuple[int, int]]) -> None:
    names = ["chr1", "", "a very long name, with blanks"]
    numbers = np.array([row[0] for row in rows])
    codes = np.array([row[1] for row in rows], np.uint8)
    found = lines(Texts(codes, names), Integers(numbers), Integers(codes))
    assert found == [[names[code], str(value), str(code)] for value, code in rows]


def test_many_rows_and_what_is_missing() -> None:
    """More rows than are written at a time."""
    n = 20_001
    levels = np.arange(n, dtype=np.float32)
    levels[::3] = np.nan
    found = lines(Integers(np.arange(n, dtype=np.uint32)), Reals(levels), Reals(levels, 1, "."))
    for k, cells in enumerate(found):
        assert cells == ([str(k), "NA", "."] if k % 3 == 0 else [str(k), str(k), f"{k}.0"])
    assert format_rows([Integers(np.zeros(0, int))]).text.size == 0


@pytest.mark.parametrize(
    "column", [Reals(np.array([np.inf], "f4")), Reals(np.array([1e-30], "f4")),
               Reals(np.array([1e30], "f4")), Reals(np.array([3e18], "f4"), 2)]
)  # fmt: skip
def test_what_is_not_written(column: Reals) -> None:
    with pytest.raises(ValueError, match="found"):
        format_rows([column])


def test_columns_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="found columns of 1, 2 rows"):
        format_rows([Integers(np.zeros(1, int)), Integers(np.zeros(2, int))])
