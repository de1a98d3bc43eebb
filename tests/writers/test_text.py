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
integers = st.integers(-(2**63), 2**63 - 1)


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
        assert cell == shortest(value)


def shortest(value: np.float32) -> str:
    """Return what numpy writes; whole numbers have all their digits, and a zero no sign."""
    if value == int(value):
        return str(int(value))
    return np.format_float_positional(value, unique=True, trim="-")


@pytest.mark.parametrize("step", [-2, -1, 0, 1, 2])
def test_levels_near_powers_of_two(step: int) -> None:
    """Where the neighbours of a value are not equally far."""
    exponents = np.arange(127 - 42, 127 + 40, dtype=np.int32)
    for sign in (1, -1):
        values = ((exponents << 23) + step).astype(np.int32).view(np.float32) * np.float32(sign)
        assert [cell for (cell,) in lines(Reals(values))] == [shortest(one) for one in values]


def test_more_values_than_are_remembered() -> None:
    """Many different values, each met again after others have taken its place."""
    rng = np.random.default_rng(1)
    c, t = rng.integers(0, 500, (2, 20_000))
    values = np.tile((100 * c / (c + t + 1)).astype(np.float32), 2)
    texts = {value: shortest(value) for value in values}
    assert [cell for (cell,) in lines(Reals(values))] == [texts[value] for value in values]


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


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"])
def test_integers_of_any_dtype(kind: str) -> None:
    """Up to their ends, and around every power of ten."""
    info = np.iinfo(kind)
    tens = [s * 10**k + d for k in range(20) for d in (-1, 0, 1) for s in (1, -1)]
    numbers = [n for n in [info.min, info.max, *tens] if info.min <= n <= info.max]
    assert lines(Integers(np.array(numbers, kind))) == [[str(n)] for n in numbers]


def test_columns_that_are_not_contiguous() -> None:
    cells = np.arange(12, dtype=np.uint16).reshape(4, 3)
    halves = (cells / 2).astype(np.float32)
    found = lines(Integers(cells[:, 1]), Reals(halves[::-1, 2], 1))
    assert found == [["1", "5.5"], ["4", "4.0"], ["7", "2.5"], ["10", "1.0"]]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Texts(np.array([0, 2]), ["a", "b"]), "codes from 0 to 2; expected 0 to 1"),
        (Texts(np.array([-1]), ["a"]), "codes from -1 to -1; expected 0 to 0"),
        (Integers(np.array([1.5])), "float64; expected integers"),
        (Reals(np.array([1.5])), "float64; expected float32"),
    ],
)
def test_columns_of_something_else(column: Texts | Integers | Reals, said: str) -> None:
    """Nothing is cut off, rounded, or read from beyond a table."""
    with pytest.raises(ValueError, match=said):
        format_rows([column])


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
               Reals(np.array([1e30], "f4")), Reals(np.array([3e18], "f4"), 2),
               Reals(np.array([np.inf], "f4"), 2), Reals(np.array([1e-40], "f4"))]
)  # fmt: skip
def test_what_is_not_written(column: Reals) -> None:
    with pytest.raises(ValueError, match="found"):
        format_rows([column])


def test_columns_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="found columns of 1, 2 rows"):
        format_rows([Integers(np.zeros(1, int)), Integers(np.zeros(2, int))])
