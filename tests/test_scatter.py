"""A build in several jobs gives the bytes of the one job, or one sentence that says why not."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import scattering
import test_any_cohort as any_cohort
from cohorts import Cohort, make_cohort, simulate, write_sheet
from comparison import small_blocks
from test_parts import in_parts

import methcohort

pytestmark = pytest.mark.filterwarnings("ignore")

SITES = {"chr1": 40_000, "chr2": 30_000, "chr10": 70_000, "scaffold_1": 5}
RANDOM_CASES = 40

Make = Callable[..., Cohort]


def assert_same(cohort: Cohort | Path, n_batches: int, n_ranges: int, config: Any) -> None:
    """Both ways of building give the same bytes."""
    sheet = cohort if isinstance(cohort, Path) else cohort.sheet
    one = sheet.parent / "one.h5"
    methcohort.build(sheet, one, config=config, workers=0)
    found = scattering.build(sheet, sheet.parent / "parts", n_batches, n_ranges, config=config)
    assert found.read_bytes() == one.read_bytes()


@pytest.fixture
def five(tmp_path: Path) -> Cohort:
    """Five samples of 140,000 sites: three digest blocks, the last one of a few sites."""
    rows, truth = simulate(5, 5, SITES, spacing=12)
    made = make_cohort(tmp_path / "five", rows)
    made.truth = truth
    return made


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"layers": ["c", "t", "pct"], "chunks": [2, 1024]},
        {"min_samples": 2},
        {"min_samples": 4, "chunks": [16, 65536]},
        {"sites": "intersection"},
        {"chroms": {"order": "file", "exclude": ["chr2"]}},
        {"base_check": "off", "deflate_level": 7},
    ],
    ids=str,
)
def test_same_bytes(five: Cohort, config: dict[str, Any]) -> None:
    assert_same(five, 2, 3, config)


@pytest.mark.parametrize(("n_batches", "n_ranges"), [(1, 1), (5, 1), (3, 7), (4, 2)])
def test_any_division(five: Cohort, n_batches: int, n_ranges: int) -> None:
    """Also one batch, one sample a batch, and more ranges than digest blocks."""
    assert_same(five, n_batches, n_ranges, {"min_samples": 2})


def draw_config(rng: random.Random, root: Path, config: dict[str, Any], n_samples: int) -> None:
    """Draw settings that `test_any_cohort` leaves out."""
    if config["sites"] == "union" and rng.random() < 0.4:
        config["min_samples"] = rng.randint(1, n_samples)
    elif config["sites"] == "union" and rng.random() < 0.3:
        config["sites"] = str(root / "sites.bed")
        spans = [
            f"{name}\t{start}\t{start + rng.randint(1, 90)}"
            for name, start in (
                ("chr10", 5),
                ("chr1", 30),
                ("chr1", 150),
                ("chr2", 40),
                ("chr10", 200),
            )
        ]
        (root / "sites.bed").write_text("\n".join(spans) + "\n")
    if rng.random() < 0.3:
        config["chroms"] = config["chroms"] | {"order": "file"}
    if rng.random() < 0.2:
        config["base_check"] = "off"


def draw_cohort(rng: random.Random, root: Path) -> tuple[Path, dict[str, Any], int]:
    """Draw a cohort; return its sheet, its settings and the number of its samples."""
    case = any_cohort.draw_case(rng, root)
    rows = list(any_cohort.write_case(rng, root, case))
    sheet = write_sheet(root / "samples.tsv", rows, ["format", "merge_as"])
    n_samples = len({file.merge_as or file.name for file in case.files})
    draw_config(rng, root, case.config, n_samples)
    return sheet, case.config, n_samples


def one_job(sheet: Path, config: Any) -> bytes | str:
    """The bytes of a store that one job makes, or why there is none."""
    output = sheet.parent / "one.h5"
    try:
        methcohort.build(sheet, output, config=config, workers=0)
    except methcohort.InputError as error:
        return str(error)
    return output.read_bytes()


def in_jobs(sheet: Path, config: Any, n_batches: int, n_ranges: int) -> bytes | str:
    """The same of a scattered build."""
    root = sheet.parent / "parts"
    try:
        return scattering.build(sheet, root, n_batches, n_ranges, config=config).read_bytes()
    except methcohort.InputError as error:
        return str(error)


def test_any_cohort(tmp_path: Path) -> None:
    """Whatever the callers, the options, the batches and the ranges: the bytes are the same."""
    n_built = 0
    for seed in range(RANDOM_CASES):
        rng = random.Random(seed)
        root = tmp_path / str(seed)
        root.mkdir()
        sheet, config, n_samples = draw_cohort(rng, root)
        with ExitStack() as stack:
            if rng.random() < 0.3:
                stack.enter_context(small_blocks(rng.choice((64, 1000)), rng.choice((20, 90))))
            one = one_job(sheet, config)
            if rng.random() < 0.3:
                stack.enter_context(in_parts(rng.choice((2, 7))))
            found = in_jobs(sheet, config, rng.randint(1, n_samples), rng.randint(1, 3))
        if isinstance(found, str):
            # A batch is alone with a file that may be of two formats.
            assert isinstance(one, str) or "look alike" in found, seed
            continue
        assert found == one, seed
        n_built += 1
    assert n_built > RANDOM_CASES // 2
