"""Conditions on the sheet: what they mean, and where they are wrong."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methcohort.core.errors import ConfigError
from methcohort.select.where import parse_where

ROWS = [
    {"sample": "a", "group": "case", "age": "50", "site of": "x", "and": "1"},
    {"sample": "b", "group": "control", "age": "7", "site of": "", "and": "2"},
    {"sample": "c", "group": "case", "age": "", "site of": "it's", "and": "3"},
    {"sample": "d", "group": "", "age": "50.0", "site of": "x", "and": "4"},
]
COLUMNS = list(ROWS[0])


def fits(text: str) -> str:
    test = parse_where(text, COLUMNS)
    return "".join(row["sample"] for row in ROWS if test(row))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("group == 'case'", "ac"),
        ('group=="case"', "ac"),
        ("group != 'case'", "bd"),
        ("age == 50", "ad"),
        ("age == 5e1", "ad"),
        ("age == '50'", "a"),
        ("50 <= age", "ad"),
        ("age < 50", "b"),
        ("not age < 50", "ad"),
        ("not (age < 50 or group == 'case')", "d"),
        ("age > 8 or group == 'case'", "acd"),
        ("age > 8 and group == 'case'", "a"),
        ("age != ''", "abd"),
        ("age == ''", "c"),
        ("age in (7, 50)", "abd"),
        ("group in ('case')", "ac"),
        ("group not in ('case', '')", "b"),
        ("not group in ('case', '')", "b"),
        ("sample >= 'c'", "cd"),
        ("`site of` == 'x'", "ad"),
        ('`site of` == "it\'s"', "c"),
        ("`and` > 2 and not not sample < 'd'", "c"),
        ("group == 'case' or group == 'control' and age > 10", "ac"),
        ("(group == 'case' or group == 'control') and age > 10", "a"),
        ("age == age", "abcd"),
        ("sample == 'case'", ""),
        ("age > -.5e-3", "abd"),
        ("((((sample == 'a'))))", "a"),
    ],
)
def test_conditions(text: str, expected: str) -> None:
    assert fits(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the end at character 1"),
        ("group", "the end at character 6 "),
        ("group = 'case'", "'=' at character 7 of the condition group = 'case'; write =="),
        ("gruop == 'case'", "'gruop', which is no column of the sheet, at character 1"),
        ("gruop == 'case'", "did you mean group?"),
        ("group == case", "'case', which is no column of the sheet, at character 10"),
        ("group == 'case", "the quote is not closed"),
        ("group == 'a' & age > 1", "'&' at character 14 of"),
        ("(group == 'a'", "expected )"),
        ("group == 'a')", "expected and, or, or the end"),
        ("group == 'a' age", "found age at character 14"),
        ("group in 'a'", "expected ( and the values"),
        ("group in ('a' 'b')", "expected , or )"),
        ("group not 'a'", "expected in"),
        ("age < '5'", "write the number without quotes"),
        ("group < 5", "'case' in column 'group' of sample 'a', which is no number"),
        ("group < age", "'case' in column 'group'"),
        ("age > 5x", "'5' at character 7"),
        ("group == 'a' or", "the end at character 16"),
        ("__import__('os')", "no column"),
        ("age.real == 5", "'age.real', which is no column"),
        ("(" * 500, "too many parentheses"),
        ("not " * 500, "too many parentheses"),
    ],
)
def test_wrong_conditions(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        fits(text)


def test_what_cannot_be_compared_is_not_looked_at_behind_what_is_false() -> None:
    rows = [{"sample": "a", "age": "NA"}, {"sample": "b", "age": "9"}]
    test = parse_where("age != 'NA' and age > 5", ["sample", "age"])
    assert [test(row) for row in rows] == [False, True]


NUMBERS = ("", "0", "1", "1.0", "-2", "10")


def trees() -> st.SearchStrategy[tuple[str, Any]]:
    """Conditions as text, each with the same in plain Python: True, False or None."""
    orders = {
        "<": lambda x, y: x < y,
        "<=": lambda x, y: x <= y,
        ">": lambda x, y: x > y,
        ">=": lambda x, y: x >= y,
        "==": lambda x, y: x == y,
        "!=": lambda x, y: x != y,
    }

    def leaf(sign: str, number: int) -> tuple[str, Any]:
        def value(cell: str) -> bool | None:
            if cell == "":
                return {"==": False, "!=": True}.get(sign)
            return bool(orders[sign](float(cell), number))

        return f"x {sign} {number}", value

    def both(one: tuple[str, Any], other: tuple[str, Any]) -> tuple[str, Any]:
        def value(cell: str) -> bool | None:
            known = {one[1](cell), other[1](cell)}
            return False if False in known else None if None in known else True

        return f"({one[0]} and {other[0]})", value

    def either(one: tuple[str, Any], other: tuple[str, Any]) -> tuple[str, Any]:
        def value(cell: str) -> bool | None:
            known = {one[1](cell), other[1](cell)}
            return True if True in known else None if None in known else False

        return f"({one[0]} or {other[0]})", value

    def other_way(one: tuple[str, Any]) -> tuple[str, Any]:
        def value(cell: str) -> bool | None:
            known = one[1](cell)
            return None if known is None else not known

        return f"not {one[0]}", value

    return st.recursive(
        st.builds(leaf, st.sampled_from(sorted(orders)), st.integers(-2, 2)),
        lambda inner: st.one_of(
            st.builds(both, inner, inner), st.builds(either, inner, inner),
            st.builds(other_way, inner),
        ),
        max_leaves=6,
    )  # fmt: skip


@given(trees())
def test_conditions_mean_what_plain_python_says(tree: tuple[str, Any]) -> None:
    text, value = tree
    test = parse_where(text, ["x"])
    for cell in NUMBERS:
        assert test({"x": cell, "sample": "s"}) is value(cell), (text, cell)


@given(st.text(alphabet="x1'\"`()=<>!, andortin", max_size=20))
def test_any_text(text: str) -> None:
    """It is a condition, or a ConfigError that shows it."""
    try:
        parse_where(text, ["x"])({"x": "1", "sample": "s"})
    except ConfigError as error:
        assert text in str(error)
