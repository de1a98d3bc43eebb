"""Regions as text: each is what it says, or one sentence says what is wrong with it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methcohort.core.errors import StoreError
from methcohort.select import Interval, split_regions
from methcohort.select.regions import parse_region

CHROMS = ("chr1", "chr10", "HLA:1,2", "HLA:1-2", "a,b", "2", "100", "chrX")
TOP = 2**31 - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1", ("chr1", 1, TOP)),
        ("chr1:5", ("chr1", 5, 5)),
        ("chr1:1,000-2,000", ("chr1", 1000, 2000)),
        ("chr1:1000-", ("chr1", 1000, TOP)),
        ("chr1:-1000", ("chr1", 1, 1000)),
        ("chr1:1M-1.5M", ("chr1", 10**6, 1_500_000)),
        ("chr1:1.5k", ("chr1", 1500, 1500)),
        ("chr1:0.001k-1g", ("chr1", 1, 10**9)),
        ("chr1:1.50k-1.500K", ("chr1", 1500, 1500)),
        ("chr1:007", ("chr1", 7, 7)),
        ("chr1:5-99,999,999,999", ("chr1", 5, TOP)),
        ("HLA:1,2", ("HLA:1,2", 1, TOP)),
        ("HLA:1-2:3-4", ("HLA:1-2", 3, 4)),
        ("2:2", ("2", 2, 2)),
    ],
)
def test_regions(text: str, expected: tuple[str, int, int]) -> None:
    assert parse_region(text, CHROMS) == Interval(*expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chr1:10-5", "whose start 10 is above its end 5"),
        ("chr1:0-5", "positions begin at 1"),
        ("chr1:0", "positions begin at 1"),
        ("chr1:", "without a number after the colon"),
        ("chr1:-", "without a number after the colon"),
        ("chr1:a-5", "'a' is not a number"),
        ("chr1:5-x", "'x' is not a number"),
        ("chr1:1-2-3", "'2-3' is not a number"),
        ("chr1:1,00", "'1,00' is not a number"),
        ("chr1:1e3", "'1e3' is not a number"),
        ("chr1:\uff11", "is not a number"),
        ("chr1:1.0005k", "1.0005k is a fraction of a base"),
        ("chr1:1.5", "1.5 is a fraction of a base"),
        ("chr1:1.", "is not a number"),
        ("1:5", "no chromosome '1'; did you mean chr1"),
        ("CHR1", "did you mean chr1"),
        ("chr11:4-5", "no chromosome 'chr11'; did you mean chr1"),
        ("nothing", "no chromosome 'nothing', but chr1, chr10"),
        ("", "no chromosome ''"),
        (":5", "no chromosome ''"),
    ],
)
def test_wrong_regions(text: str, says: str) -> None:
    with pytest.raises(StoreError, match=re.escape(says)) as error:
        parse_region(text, CHROMS)
    assert repr(text) in str(error.value)


def test_no_chromosomes() -> None:
    with pytest.raises(StoreError, match="but none"):
        parse_region("chr1", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1", ["chr1"]),
        ("chr1,chr10", ["chr1", "chr10"]),
        ("chr1:1,000-2,000,chr10", ["chr1:1,000-2,000", "chr10"]),
        ("HLA:1,2,a,b", ["HLA:1,2", "a,b"]),
        ("chr1:1,000,2", ["chr1:1,000", "2"]),
        ("2:1,000,000-2,000,000,HLA:1,2:5", ["2:1,000,000-2,000,000", "HLA:1,2:5"]),
    ],
)
def test_several_regions(text: str, expected: list[str]) -> None:
    assert split_regions(text, CHROMS) == expected


def test_a_text_that_means_two_things_is_refused() -> None:
    """100 is a chromosome and may be the end of a number."""
    with pytest.raises(StoreError, match="give each region by itself"):
        split_regions("chr1:1,100", CHROMS)


@pytest.mark.parametrize("text", ["chr1,", "chr1,nope:1,000-2,000,chr10", "chr1:1,000-x,chr10"])
def test_wrong_among_several(text: str) -> None:
    """The pieces are told apart all the same, so that the wrong one can be named."""
    with pytest.raises(StoreError, match="found the region"):
        for piece in split_regions(text, CHROMS):
            parse_region(piece, CHROMS)


@given(
    st.lists(
        st.tuples(st.sampled_from(("chr1", "HLA:1,2", "chrX")), st.integers(1, 10**7),
                  st.integers(0, 10**7), st.booleans()),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_regions_that_are_written_are_read(parts: list[tuple[str, int, int, bool]]) -> None:
    wanted = [Interval(chrom, start, start + more) for chrom, start, more, _ in parts]
    text = ",".join(
        f"{chrom}:{start:,}-{start + more:,}" if commas else f"{chrom}:{start}-{start + more}"
        for chrom, start, more, commas in parts
    )
    chroms = ("chr1", "HLA:1,2", "chrX")
    assert [parse_region(one, chroms) for one in split_regions(text, chroms)] == wanted


@given(st.text(max_size=12))
def test_any_text(text: str) -> None:
    """It is a region of the store, or a StoreError."""
    try:
        chrom, start, end = parse_region(text, CHROMS)
    except StoreError:
        return
    assert chrom in CHROMS
    assert 1 <= start <= end <= TOP
