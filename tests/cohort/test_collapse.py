"""Collapsed strands: compared with dictionaries, wherever blocks end and whatever the counts."""

import random
from collections.abc import Iterator
from pathlib import Path

import handmade
import numpy as np
import pytest
from handmade import Site, Values

from methcohort.cohort.checks import check_strands
from methcohort.cohort.config import Config
from methcohort.cohort.facts import Strands
from methcohort.cohort.strands import collapse_strands
from methcohort.core.errors import InputError
from methcohort.engine import Pool
from methcohort.engine.memory import Memory
from methcohort.rows.file_rows import FileRows
from methcohort.store.cytosine import BOTH, CHG, CHH, CPG, MINUS, PLUS

TOP = 2**32 - 1
CONFIG = Config.from_mapping({})


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    account = handmade.memory_in(tmp_path)
    yield account
    account.close()


def simulated(rng: random.Random, n: int, largest: int) -> dict[Site, Values]:
    """Rows at random positions: pairs, lone C, lone G, merged ones and other contexts."""
    rows: dict[Site, Values] = {}
    for chrom in range(rng.randint(1, 4)):
        at = 1
        for _ in range(rng.randint(0, n)):
            at += rng.choice([1, 1, 2, 5, 70])
            what = rng.choice(["pair", "pair", "C", "G", "merged", "CHG", "CHH", "unknown CHH"])
            kinds = {
                "pair": (PLUS | CPG, MINUS | CPG), "C": (PLUS | CPG,), "G": (0, MINUS | CPG),
                "merged": (BOTH | CPG,), "CHG": (PLUS | CHG,), "CHH": (MINUS | CHH,),
                "unknown CHH": (CHH,),
            }[what]  # fmt: skip
            for kind in kinds:
                if kind:
                    rows[chrom, at] = rng.randint(0, largest), rng.randint(0, largest), kind
                at += 1
    return rows


def collapsed(rows: dict[Site, Values]) -> tuple[dict[Site, Values], dict[Site, np.float32], int]:
    """What has to come out, and how many rows were added to another."""
    found: dict[Site, Values] = {}
    pct: dict[Site, np.float32] = {}
    for (chrom, pos), (c, t, kind) in rows.items():
        key = (chrom, pos - (kind == MINUS | CPG))
        before = found.get(key, (0, 0, 0))
        both = BOTH if kind & CPG else 0
        found[key] = c + before[0], t + before[1], kind | before[2] | both
        pct[key] = handmade.level(*found[key][:2])
    return found, pct, len(rows) - len(found)


def run(
    memory: Memory, files: list[FileRows], workers: int = 0, *, strict: bool = True
) -> list[FileRows | InputError]:
    titled = [(f"f{k}", f"f{k}", rows) for k, rows in enumerate(files)]
    with Pool(workers, memory) as pool:
        return collapse_strands(pool, memory, titled, strict=strict)


@pytest.mark.parametrize("largest", [3, 40000, 2**31 - 1])
@pytest.mark.parametrize("with_pct", [True, False])
def test_random_rows(memory: Memory, largest: int, with_pct: bool) -> None:
    """Rows, kinds, percentages and counts are those of dictionaries, with blocks cut anywhere."""
    rng = random.Random(largest)
    for _ in range(60):
        rows = simulated(rng, rng.choice([1, 4, 50]), largest)
        cuts = [rng.randint(0, len(rows)) for _ in range(rng.choice([0, 1, 5, 200]))]
        (out,) = run(memory, [handmade.put_rows(memory, rows, cuts, with_pct=with_pct)])
        assert isinstance(out, FileRows)
        values, pct = handmade.get_rows(memory, out)
        expected, levels, n_added = collapsed(rows)
        assert values == expected
        assert out.n_collapsed == n_added
        assert out.summary.n_rows == len(rows)
        assert out.summary.largest == max((max(row[:2]) for row in expected.values()), default=0)
        assert [x.tobytes() for x in pct.values()] == [
            levels[key].tobytes() for key in values if with_pct
        ]


def test_every_cut_of_pairs(memory: Memory) -> None:
    """A pair that lies across two blocks, or three, is one row."""
    rows = {(0, p): (p, 1, PLUS | CPG if p % 2 else MINUS | CPG) for p in range(1, 13)}
    for cuts in ([], *([k] for k in range(12)), range(12)):
        (out,) = run(memory, [handmade.put_rows(memory, rows, cuts)])
        assert isinstance(out, FileRows)
        assert handmade.get_rows(memory, out)[0] == {
            (0, p): (2 * p + 1, 2, BOTH | CPG) for p in range(1, 12, 2)
        }
        assert out.n_collapsed == 6


def test_a_pair_ends_with_its_chromosome(memory: Memory) -> None:
    """The last C of one chromosome and the first G of the next are strangers."""
    rows = {(0, 9): (1, 0, PLUS | CPG), (1, 10): (0, 5, MINUS | CPG)}
    for cuts in ([], [1]):
        (out,) = run(memory, [handmade.put_rows(memory, rows, cuts)])
        assert isinstance(out, FileRows)
        assert handmade.get_rows(memory, out)[0] == {
            (0, 9): (1, 0, BOTH | CPG), (1, 9): (0, 5, BOTH | CPG),
        }  # fmt: skip
        assert out.n_collapsed == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_and_memory(memory: Memory, workers: int) -> None:
    """Many files in workers give what one after the other gives; what was read is given back."""
    rng = random.Random(5)
    tables = [simulated(rng, 300, 70000) for _ in range(12)]
    files = [handmade.put_rows(memory, table, [100, 101, 350]) for table in tables]
    for table, out in zip(tables, run(memory, files, workers), strict=True):
        assert isinstance(out, FileRows)
        assert handmade.get_rows(memory, out)[0] == collapsed(table)[0]
        for block in out.blocks:
            memory.release(block.extent)
    assert memory.reserve(sum(memory.sizes())).nbytes <= sum(memory.sizes())


@pytest.mark.parametrize("column", [0, 1])
def test_sums_at_the_limit(memory: Memory, column: int) -> None:
    """The largest sum that fits is kept to the last read; one more is an error that says where."""
    for extra in (0, 1):
        high = [0, 0]
        high[column] = TOP
        low = [0, 0]
        low[column] = extra
        rows = {(3, 7): (*high, PLUS | CPG), (3, 8): (*low, MINUS | CPG)}
        (out,) = run(memory, [handmade.put_rows(memory, rows)])
        if extra:
            assert isinstance(out, InputError)
            assert "f0: the reads of both strands of the CpG with chr3 8 add up" in str(out)
        else:
            assert isinstance(out, FileRows)
            assert handmade.get_rows(memory, out)[0] == {(3, 7): (*high, BOTH | CPG)}


FAULTS = {
    "no strand": ({(0, 5): (1, 1, CPG)}, True, "f0: the text does not state the strand"),
    "no context": (
        {(0, 4): (1, 1, PLUS | CPG), (0, 5): (1, 1, PLUS)}, True,
        "f0: the text does not state the context of its rows",
    ),
    "no kinds": ({(0, 5): (1, 1, 0)}, False, "f0: the text does not state the strand of its rows"),
    "first base": ({(2, 1): (1, 1, MINUS | CPG)}, True, "f0: found chr2 1 as the G of a CpG"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_rows_that_cannot_be_collapsed(memory: Memory, case: str) -> None:
    """The fault of each file is told; the others are collapsed."""
    rows, with_kind, said = FAULTS[case]
    good = {(0, 5): (1, 1, PLUS | CPG)}
    files = [
        handmade.put_rows(memory, rows, with_kind=with_kind), handmade.put_rows(memory, good),
    ]  # fmt: skip
    bad, fine = run(memory, files)
    assert isinstance(bad, InputError)
    assert str(bad).startswith(said)
    assert isinstance(fine, FileRows)


def test_rows_off_the_reference(memory: Memory) -> None:
    """Rows of which a reference knows no cytosine stay as they are."""
    rows = {(0, 4): (1, 2, PLUS | CPG), (0, 5): (3, 4, 0), (0, 6): (5, 6, MINUS), (0, 7): (1, 1, 0)}
    (out,) = run(memory, [handmade.put_rows(memory, rows)], strict=False)
    assert isinstance(out, FileRows)
    assert handmade.get_rows(memory, out)[0] == rows | {(0, 4): (1, 2, BOTH | CPG)}
    assert out.n_collapsed == 0


def test_files_without_rows(memory: Memory) -> None:
    (out,) = run(memory, [handmade.put_rows(memory, {})])
    assert isinstance(out, FileRows)
    assert (out.n_rows, out.names, out.summary.largest) == (0, [], 0)


def test_mixed_strands_are_refused() -> None:
    """Files that add strands and files that tell them apart make two sites of each CpG."""
    neither = Strands("a", merged=False, split=False)
    split = Strands("b", merged=False, split=True)
    merged = Strands("d", merged=True, split=False)
    check_strands([neither, merged], CONFIG)
    check_strands([neither, split], CONFIG)
    for files in ([split, neither, merged], [merged, split]):
        with pytest.raises(InputError, match=r"^d: has the reads of both .* b has rows"):
            check_strands(files, CONFIG)
