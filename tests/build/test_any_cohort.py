"""Whole builds of random cohorts, each file by a random caller, against a slow and obvious answer.

Files have any accepted format, order and packing; options are drawn too. Nothing of the answer is
shared with the package: rows are dictionaries, and each rule is a plain statement.
"""

import random
from contextlib import ExitStack
from pathlib import Path

import pytest
from any_cohort import Oracle, assert_holds, draw_case, write_case
from cohorts import write_sheet
from comparison import small_blocks
from reading_in_parts import in_parts

import methcohort

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = 40


def test_any_cohort(tmp_path: Path) -> None:
    """Whatever the callers, the options, the blocks and the cuts: the store is the slow answer."""
    built = 0
    for seed in range(CASES):
        rng = random.Random(seed)
        root = tmp_path / str(seed)
        root.mkdir()
        case = draw_case(rng, root)
        lines = list(write_case(rng, root, case))
        sheet = write_sheet(root / "samples.tsv", lines, ["format", "merge_as"])
        with ExitStack() as stack:
            if rng.random() < 0.3:
                stack.enter_context(small_blocks(rng.choice((64, 1000)), rng.choice((20, 90))))
            if rng.random() < 0.3:
                stack.enter_context(in_parts(rng.choice((2, 7))))
            try:
                methcohort.build(sheet, root / "a.h5", config=case.config, workers=0)
            except methcohort.InputError as error:
                # Few rows may be of two formats, and the message names both.
                assert "look alike" in str(error) or "mean different things" in str(error), seed
                continue
        assert_holds(root / "a.h5", case, Oracle(case).answer())
        built += 1
    assert built > CASES // 2
