"""Two genome builds in a cohort are found, and cohorts of one build are never stopped for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scattering
from agreeing import File, agreement, covered, genome, readings, real
from cohorts import write_sheet

import methcohort
from methcohort.base_check.between_samples import shifted_files
from methcohort.base_check.one_genome import is_by_chance, is_of_one_build, other_builds, strangers


def lifted(file: File, seed: int = 1, in_place: float = 0.013, aside: float = 0.007) -> File:
    """A file as it is on another build: stretches lie elsewhere, and a few where they were."""
    random = np.random.default_rng(seed)
    found = {}
    for name, pos in file.items():
        offset = random.integers(-200_000, 200_000, 20_000)
        kept = random.random(20_000)
        offset[kept < in_place + aside] = 1
        offset[kept < in_place] = 0
        found[name] = np.unique(np.maximum(pos + offset[pos >> 18], 1))
    return found


def in_regions(file: File, seed: int, size: int, share: float, *, others: bool = False) -> File:
    """The rows of a file in regions of a panel, or in all others."""
    random = np.random.default_rng(seed)
    found = {}
    for name, pos in file.items():
        chosen = (random.random(int(pos[-1] // size) + 1) < share) ^ others
        found[name] = pos[chosen[pos // size]]
    return found


def thinned(file: File, seed: int, share: float) -> File:
    random = np.random.default_rng(seed)
    return {name: pos[random.random(len(pos)) < share] for name, pos in file.items()}


def joined_files(one: File, other: File) -> File:
    """The rows of two files, each once."""
    return {name: np.union1d(pos, other[name]) for name, pos in one.items()}


def islands(seed: int) -> File:
    """CpGs of two chromosomes, an eighth of them close together."""
    random = np.random.default_rng(seed)
    found = {}
    for name in ("chr1", "chr2"):
        gaps = random.geometric(1 / 60, 40_000) + 1
        dense = np.repeat(random.random(1600) < 0.125, 25)
        gaps[dense] = random.geometric(1 / 8, dense.sum()) + 1
        found[name] = np.cumsum(gaps)
    return found


ONE = islands(1)
OTHER = lifted(ONE)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("strands", ["both", "merged"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_two_files_of_two_builds(share: float, strands: str, *, known: bool) -> None:
    """The figures are those of chance, and both samples are named, with what to do."""
    made = [covered(ONE, 1, share, strands), covered(OTHER, 2, share, strands)]
    kinds = [kind for _, kind in made] if known else None
    found = agreement([file for file, _ in made], kinds=kinds)
    (fault,) = other_builds(found)
    assert {*fault.files, *fault.others} == {0, 1}
    pair = found.pairs[0]
    for part in (
        "sample s00", "sample s01", "than chance gives", "two genome builds",
        "which of the two is meant cannot be told", "base_check: warn",
        f"{100 * pair.tally[1] / pair.n:.3g} % of {pair.n:,} compared as they are",
    ):  # fmt: skip
        assert part in fault.message
    assert shifted_files(found) == []
    assert other_builds(found, {0, 1}) == []


def test_sides_are_named() -> None:
    """Two of five: the smaller side, with what files of one side have in common."""
    files = [covered(ONE, seed, 0.6)[0] for seed in (1, 2, 3)]
    files[1:1] = [covered(OTHER, seed, 0.6)[0] for seed in (4, 5)]
    found = agreement(files)
    (fault,) = other_builds(found)
    assert (fault.files, fault.others) == ((1, 2), (0, 3, 4))
    assert fault.message.startswith("s01.txt: samples s01, s02 and samples s00, s03, s04 have no")
    assert "where files of one side have 6" in fault.message
    assert "cannot be told" not in fault.message


@pytest.mark.parametrize("strands", ["both", "plus", "merged"])
@pytest.mark.parametrize("n_others", [1, 2])
def test_parts_that_kept_their_places(strands: str, n_others: int) -> None:
    """What two builds have in place is more than chance, and far less than one build has."""
    other = lifted(ONE, 3, 0.02)
    files = [covered(ONE, seed, 0.9, strands)[0] for seed in (1, 2, 3)]
    files += [covered(other, seed, 0.9, strands)[0] for seed in (4, 5)[:n_others]]
    (fault,) = other_builds(agreement(files))
    assert (fault.files, fault.others) == (tuple(range(3, 3 + n_others)), (0, 1, 2))
    assert "more positions in common than chance gives" in fault.message


CASES: dict[str, Callable[[], list[File]]] = {
    "deep": lambda: [covered(ONE, k, 0.9)[0] for k in range(3)],
    "sparse": lambda: [covered(ONE, k, 0.03)[0] for k in range(4)],
    "reduced beside whole": lambda: [
        in_regions(covered(ONE, 1, 0.9)[0], 5, 200, 0.1),
        in_regions(covered(ONE, 2, 0.9)[0], 5, 200, 0.1),
        covered(ONE, 3, 0.3)[0],
    ],
    "panels of other regions": lambda: [
        in_regions(covered(ONE, 1, 0.9)[0], 5, 1000, 0.1),
        in_regions(covered(ONE, 2, 0.9)[0], 6, 1000, 0.1),
    ],
    "panels side by side": lambda: [
        in_regions(covered(ONE, 1, 0.9)[0], 5, 1000, 0.5),
        in_regions(covered(ONE, 2, 0.9)[0], 5, 1000, 0.5, others=True),
    ],
    "two panels side by side, twice": lambda: [
        in_regions(covered(ONE, k, 0.9)[0], 5, 1000, 0.5, others=k > 2) for k in range(1, 5)
    ],
    "two panels and reads beside them": lambda: [
        joined_files(in_regions(covered(ONE, k, 0.9)[0], 5, 400, 0.3, others=k > 2),
                     covered(ONE, 9 + k, 0.02)[0])
        for k in range(1, 5)
    ],
    "rows picked at random": lambda: [thinned(ONE, k, 0.05) for k in range(3)],
    "rows of islands picked at random": lambda: [
        thinned({n: p[np.append(np.diff(p) < 20, False)] for n, p in ONE.items()}, k, 0.1)
        for k in range(3)
    ],
    "one strand beside the other": lambda: [
        covered(ONE, 1, 0.6, "plus")[0], covered(ONE, 2, 0.6, "minus")[0],
    ],
    "strands added beside strands apart": lambda: [
        covered(ONE, 1, 0.6, "merged")[0], covered(ONE, 2, 0.6)[0],
    ],
    "one base aside": lambda: [
        covered(ONE, 1, 0.1)[0],
        {name: pos + 1 for name, pos in covered(ONE, 2, 0.1)[0].items()},
    ],
    "other contexts": lambda: [
        covered(ONE, 1, 0.9)[0],
        {n: np.setdiff1d(np.arange(1, p[-1], 5), [p, p + 1]) for n, p in ONE.items()},
    ],
    "other chromosomes": lambda: [{"chr1": ONE["chr1"]}, {"chr2": ONE["chr2"]}],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_files_of_one_build(name: str) -> None:
    assert other_builds(agreement(CASES[name]())) == []


def test_many_cohorts_of_one_build() -> None:
    """None of 60 cohorts, of any depth, protocol and strands, is taken for two builds."""
    random = np.random.default_rng(3)
    for seed in range(60):
        truth = genome(seed, int(random.choice([10_000, 40_000])))
        files = []
        for k in range(int(random.integers(2, 4))):
            share = float(random.choice([0.01, 0.05, 0.3, 0.9]))
            strands = str(random.choice(["both", "both", "merged", "plus"]))
            file = covered(truth, 10 * seed + k, share, strands)[0]
            if random.random() < 0.5:
                file = in_regions(file, int(random.integers(3)), 300, 0.3)
            files.append(file)
        found = agreement(files)
        assert other_builds(found) == [], (seed, [pair.tally for pair in found.pairs])


@real
def test_real_cells_of_another_build(cells: dict[str, File]) -> None:
    """One of twelve sparse cells of another build is a fault; all of one build are none."""
    files = list(cells.values())
    found = agreement(files)
    assert other_builds(found) == []
    assert all(is_of_one_build(pair.tally) for pair in found.pairs)
    sparse = [in_regions(file, k, 128, 0.1) for k, file in enumerate(files)]
    assert other_builds(agreement(sparse)) == []
    other = [lifted(file, 1, 0, 0) for file in files]
    (fault,) = other_builds(agreement([*files[:4], other[4], *files[5:]]))
    assert fault.files == (4,)
    (fault,) = other_builds(agreement([*files[:6], *other[6:]]))
    assert (len(fault.files), len(fault.others)) == (6, 6)
    # Parts that have kept their places share more than chance gives: a warning, for each side.
    other = [lifted(file) for file in files]
    for n in (11, 6):
        found = agreement([*files[:n], *other[n:]])
        assert other_builds(found) == []
        (warning,) = strangers(found)
        assert warning.startswith(f"s{n:02}.txt: sample") and "where files of one side" in warning


def test_too_few_rows_are_a_warning_at_most() -> None:
    """Some hundred rows by chance near others prove nothing."""
    files = [covered(one, k, 0.05, "merged")[0] for k, one in enumerate((ONE, OTHER))]
    found = agreement(files)
    assert other_builds(found) == []
    (warning,) = strangers(found)
    assert "sample s00" in warning and "same genome build" in warning
    assert not is_by_chance((0,) * 11) and not is_of_one_build((0,) * 11)


def test_two_files_that_share_little_of_what_is_near() -> None:
    """Parts that kept their places are more than chance: nothing but the rows near tells it."""
    other = lifted(ONE, in_place=0.03, aside=0.0)
    files = [covered(one, k, 0.9, "merged")[0] for k, one in enumerate((ONE, other))]
    found = agreement(files)
    assert other_builds(found) == []
    (warning,) = strangers(found)
    assert "sample s01 and sample s00 have only" in warning
    assert strangers(agreement([covered(ONE, k, 0.3, "merged")[0] for k in range(2)])) == []


@pytest.mark.parametrize("n", [2, 5, 12])
def test_many_files_of_few_rows_are_no_strangers(n: int) -> None:
    """Small panels have all positions in common; that they are few says nothing against them."""
    panel = {name: pos[:150] for name, pos in ONE.items()}
    assert strangers(agreement([panel] * n)) == []
    assert strangers(agreement([thinned(panel, k, 0.5) for k in range(n)])) == []
    # Beside them, a file of another build with rows enough is still named, and not with them.
    found = agreement([panel, *(covered(one, 1, 0.3)[0] for one in (ONE, ONE, lifted(ONE)))])
    (warning,) = strangers(found)
    assert "sample s03 and samples s01, s02 have only" in warning


def test_large_cohorts() -> None:
    """Where files are compared with anchors only, too, the few of another build are named."""
    files = [covered(ONE, seed, 0.3)[0] for seed in range(38)]
    files[30] = covered(OTHER, 30, 0.3)[0]
    files[5] = covered(OTHER, 5, 0.3)[0]
    faults = other_builds(agreement(files, readings(38)))
    assert sorted(file for fault in faults for file in fault.files) == [5, 30]


def write(path: Path, file: File) -> Path:
    rows = ((name, pos) for name, places in file.items() for pos in np.unique(places).tolist())
    path.write_text("".join(f"{name}\t{pos}\t50\t1\t1\n" for name, pos in rows))
    return path


def test_a_build_stops(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In one job, in several, and where samples come to a store; `base_check: warn` goes on."""
    made = [covered(ONE, 1, 0.4)[0], covered(ONE, 2, 0.4)[0], covered(OTHER, 3, 0.4)[0]]
    paths = [write(tmp_path / f"{k}.txt", file) for k, file in enumerate(made)]
    lines = [[f"s{k}", str(path), "o"] for k, path in enumerate(paths)]
    sheet = write_sheet(tmp_path / "all.tsv", lines)
    first = write_sheet(tmp_path / "first.tsv", lines[:2])
    store = tmp_path / "x.h5"
    methcohort.build(first, store, workers=0)
    before = store.read_bytes()
    for grow in (
        lambda: methcohort.build(sheet, tmp_path / "y.h5", workers=0),
        lambda: scattering.build(sheet, tmp_path / "parts", 3),
        lambda: methcohort.add(store, sheet, workers=0),
    ):
        with pytest.raises(methcohort.InputError, match=r"2\.txt: sample s2 and .* two g"):
            grow()
    assert store.read_bytes() == before
    caplog.clear()
    methcohort.build(sheet, tmp_path / "y.h5", workers=0, config={"base_check": "warn"})
    (line,) = [line for line in caplog.messages if "genome build" in line]
    assert line.startswith(f"{paths[2]}: sample s2")


def test_strands_added_beside_strands_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Five columns tell no strand: that rows are at the C only shows next to the others."""
    apart, merged = covered(ONE, 1, 0.4)[0], covered(ONE, 2, 0.4, "merged")[0]
    cov = tmp_path / "a.cov"
    rows = ((name, pos) for name, places in apart.items() for pos in places.tolist())
    cov.write_text("".join(f"{name}\t{pos}\t{pos}\t50.0\t1\t1\n" for name, pos in rows))
    five = write(tmp_path / "b.txt", merged)
    sheet = write_sheet(tmp_path / "s.tsv", [["a", str(cov), "o"], ["b", str(five), "o"]])
    for grow in (
        lambda: methcohort.build(sheet, tmp_path / "y.h5", workers=0),
        lambda: scattering.build(sheet, tmp_path / "parts", 2),
    ):
        with pytest.raises(methcohort.InputError) as error:
            grow()
        assert str(error.value).startswith(f"{five}: has rows at the C of CpGs only")
        assert "set strands: collapse and give a reference" in str(error.value)
    methcohort.build(sheet, tmp_path / "y.h5", workers=0, config={"base_check": "warn"})
    assert any("has rows at the C of CpGs only" in line for line in caplog.messages)
    other = write(tmp_path / "c.txt", covered(ONE, 3, 0.4)[0])
    lines = [["a", str(cov), "o"], ["b", str(other), "o"]]
    methcohort.build(write_sheet(tmp_path / "s.tsv", lines), tmp_path / "z.h5", workers=0)
