"""The division of the memory."""

import pytest

from methcohort.budget import LEAST_ROWS_BYTES, index_bytes, plan_budget
from methcohort.errors import BudgetError


def test_parts_add_up() -> None:
    """What is not for rows is what was asked for elsewhere; none of it is lost."""
    least = plan_budget(10**9, 2, 10**6, 5 * 10**6, 0)
    more = plan_budget(10**9, 2, 10**6, 5 * 10**6, 7 * 10**6)
    assert least.rows - more.rows == 7 * 10**6
    assert plan_budget(2 * 10**9, 2, 10**6, 5 * 10**6, 0).rows == least.rows + 10**9


def test_index_of_a_thousand_genomes() -> None:
    """What the parent keeps of chunks and digests grows with their number, and stays small."""
    one = index_bytes(1, 28_000_000, 2, (4, 4096))
    thousand = index_bytes(1000, 28_000_000, 2, (4, 4096))
    assert thousand == pytest.approx(1000 * one, rel=1e-3)
    assert thousand == 2 * round(1000 * 28_000_000 * (32 / (4 * 4096) + 32 / 65536))


def test_too_little_says_how_much() -> None:
    """The amount that the message names is enough."""
    with pytest.raises(BudgetError, match="expected at least") as caught:
        plan_budget(10**8, 2, 10**6, 10**6, 10**6)
    enough = int(str(caught.value).split("at least ")[1].split(" MB")[0].replace(",", "")) + 1
    assert plan_budget(enough * 10**6, 2, 10**6, 10**6, 10**6).rows >= LEAST_ROWS_BYTES
