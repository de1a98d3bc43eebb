"""Agreement of positions: files one base aside are found, among real cells and simulated ones."""

import gzip
import itertools
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from agreeing import File, agreement, cohort_of, covered, genome, loaded, readings, real
from places import SHARED

import methcohort
from methcohort.base_check.between_samples import (
    ANCHORS,
    MOST_ROWS,
    Reading,
    ShiftTask,
    figures,
    plan_pairs,
    settle_rivals,
    shift_of,
    shift_rows,
    shifted_files,
)
from methcohort.base_check.one_genome import strangers
from methcohort.cohort.base import compare_with_each_other
from methcohort.cohort.chroms import catalog_of
from methcohort.cohort.config import Config
from methcohort.cohort.files import LoadedFile
from methcohort.core.errors import InputError
from methcohort.engine import Session
from methcohort.engine.memory import Memory
from methcohort.engine.pool import Pool
from methcohort.readers.formats._registry import READERS
from methcohort.rows.blocks import view_columns
from methcohort.store.cytosine import BOTH, CPG


def moved(file: File, shift: int) -> File:
    """The file read on the wrong base."""
    return {name: pos + shift for name, pos in file.items()}


def test_counts_are_those_of_sets() -> None:
    """Hits at each shift, over the edges of blocks, against the plain intersection of sets."""
    truth = genome(1)
    files = [covered(truth, 2, 0.5)[0], moved(covered(truth, 3, 0.3)[0], 1), genome(9)]
    found = agreement(files)
    assert len(found.pairs) == 3
    for pair in found.pairs:
        one, other = (files[k] for k in (pair.one, pair.other))
        n = sum(len(pos) for pos in one.values())
        assert pair.n == n or pair.n == sum(len(pos) for pos in other.values())
        for shift, hits in zip((-1, 0, 1), pair.tally, strict=False):
            expected = sum(
                len({*(one[name] + shift).tolist()} & {*other[name].tolist()}) for name in one
            )
            assert hits == expected
        near = {name: near_ones(one[name], other[name]) for name in one}
        assert pair.tally[7] == sum(map(len, near.values()))
        assert pair.tally[8] == sum(len(np.unique(pos >> 10)) for pos in near.values())
    for k, file in enumerate(files):
        own = sum(len({*(pos + 1).tolist()} & {*pos.tolist()}) for pos in file.values())
        assert found.neighbours[k] == own


def near_ones(pos: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The positions that have one of the others at most 128 away."""
    return pos[np.searchsorted(other, pos - 128) < np.searchsorted(other, pos + 129)]


def test_real_cells_agree(cells: dict[str, File]) -> None:
    """Twelve cells that have few positions in common are taken as they are."""
    found = agreement(list(cells.values()))
    assert len(found.pairs) == 66
    assert shifted_files(found) == []
    assert strangers(found) == []
    assert len(figures(found)) == 12


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("off", [(0,), (7,), (2, 9), (0, 1, 2, 3, 4)])
def test_real_cells_aside(cells: dict[str, File], off: tuple[int, ...], shift: int) -> None:
    """Each cell that was shifted is named, and no other."""
    files = [moved(file, shift) if k in off else file for k, file in enumerate(cells.values())]
    faults = shifted_files(agreement(files))
    assert [fault.split(" (")[0] for fault in faults] == [f"s{k:02}.txt" for k in off]
    assert all(f"shifted by {-shift:+d}" in fault for fault in faults)


def test_half_of_the_cohort(cells: dict[str, File]) -> None:
    """Where both halves are as large, all are named: positions cannot tell which is right."""
    files = [moved(file, k % 2) for k, file in enumerate(cells.values())]
    assert len(shifted_files(agreement(files))) == 12
    pair = [cells["cell_01"], moved(cells["cell_02"], 1)]
    first, second = shifted_files(agreement(pair))
    assert "s00.txt" in first and "cannot be told from two files" in first
    assert second.startswith("s01.txt")


def test_order_plays_no_part(cells: dict[str, File]) -> None:
    """The same files in another order give the same faults."""
    names = readings(5)
    files = [moved(file, k == 3) for k, file in enumerate(itertools.islice(cells.values(), 5))]
    expected = shifted_files(agreement(files, names))
    assert len(expected) == 1
    for order in ((4, 3, 2, 1, 0), (3, 0, 4, 1, 2)):
        found = agreement([files[k] for k in order], [names[k] for k in order])
        assert shifted_files(found) == expected


def test_workers_play_no_part(cells: dict[str, File]) -> None:
    """Tasks in workers find what the calling process finds."""
    files = list(cells.values())[:4]
    here, there = agreement(files), agreement(files, n_workers=2)
    assert here.pairs == there.pairs
    assert here.neighbours.tolist() == there.neighbours.tolist()


def test_another_build_agrees_at_no_shift(cells: dict[str, File]) -> None:
    """Positions of another build are not those of a file one base aside."""
    files = list(cells.values())
    random = np.random.default_rng(1)
    other = {}
    for name, pos in files[4].items():  # stretches of the chromosome lie elsewhere
        offset = random.integers(-200_000, 200_000, 10_000)[pos >> 18]
        other[name] = np.unique(np.maximum(pos + offset, 1))
    found = agreement([*files[:4], other, *files[5:]])
    assert shifted_files(found) == []
    (warning,) = strangers(found)
    assert warning.startswith("s04.txt") and "genome build" in warning


@pytest.mark.parametrize("share", [0.02, 0.2, 0.9])
@pytest.mark.parametrize("known", [False, True])
def test_both_strands(share: float, *, known: bool) -> None:
    """Rows of both strands are neighbours: no fault without a shift, one with it."""
    truth = genome(1, 60_000)
    made = [covered(truth, seed, share) for seed in range(6)]
    files = [file for file, _ in made]
    kinds = [kind for _, kind in made] if known else None
    assert shifted_files(agreement(files, kinds=kinds)) == []
    if share < 0.1:
        return
    for shift in (-1, 1):
        aside = [*files[:2], moved(files[2], shift), *files[3:]]
        (fault,) = shifted_files(agreement(aside, kinds=kinds))
        assert fault.startswith("s02.txt")


@pytest.mark.parametrize("known", [False, True])
def test_merged_beside_both_strands(*, known: bool) -> None:
    """A file with both strands in one row names the C; files with both strands have that too."""
    truth = genome(2, 60_000)
    made = [covered(truth, seed, 0.5) for seed in range(3)]
    made += [covered(truth, seed, 0.5, "merged") for seed in range(3, 6)]
    files, kinds = [file for file, _ in made], [kind for _, kind in made]
    named = [replace(one, merged=k > 2) for k, one in enumerate(readings(6))]
    given = kinds if known else [None] * 6
    assert shifted_files(agreement(files, named, kinds=given)) == []
    aside = [*files[:5], moved(files[5], 1)]
    (fault,) = shifted_files(agreement(aside, named, kinds=given))
    assert fault.startswith("s05.txt") and "-1" in fault
    alone = [*files[:3], moved(files[5], 1)]
    (fault,) = shifted_files(agreement(alone, [*named[:3], named[5]], kinds=[*given[:3], given[5]]))
    assert fault.startswith("s05.txt")


def test_one_strand_only() -> None:
    """Rows of one strand beside those of both are no shift; those of the other only, if told."""
    truth = genome(3, 60_000)
    minus, minus_kinds = covered(truth, 1, 0.6, "minus")
    plus, plus_kinds = covered(truth, 2, 0.6, "plus")
    both = [covered(truth, seed, 0.6) for seed in (3, 4)]
    files = [minus, both[0][0], both[1][0]]
    assert shifted_files(agreement(files)) == []
    assert shifted_files(agreement([minus, plus], kinds=[minus_kinds, plus_kinds])) == []


def test_few_reads_are_no_evidence() -> None:
    """Hundreds of hits from a dozen reads, all by chance on opposite strands, prove nothing."""
    start = np.arange(12)[:, None] * 100_000 + np.arange(40) * 7
    files = [{"chr1": start.ravel()}, {"chr1": start.ravel() + 1}]
    found = agreement(files)
    assert found.pairs[0].tally[:3] in ((480, 0, 0), (0, 0, 480))
    assert shifted_files(found) == []


def test_large_files_are_compared_in_part() -> None:
    """So many rows are compared, over all chromosomes, and enough to find a shift."""
    truth = {
        f"chr{k}": np.cumsum(np.random.default_rng(k).integers(2, 40, 300_000)) for k in (1, 2)
    }
    files = [truth, moved(truth, 1)]
    found = agreement(files)
    assert MOST_ROWS / 2 < found.rows.max() < 2 * MOST_ROWS
    assert len(shifted_files(found)) == 2


def test_large_cohorts_have_anchors() -> None:
    """Each file meets the files with the most rows, and these each other."""
    plan = plan_pairs(range(100))
    assert plan[0] == () and plan[3] == (0, 1, 2)
    assert all(plan[k] == tuple(range(ANCHORS)) for k in range(ANCHORS, 100))
    assert all(len(others) == k for k, others in plan_pairs(range(32)).items())
    truth = genome(4)
    files = [covered(truth, seed, 0.2 + 0.01 * seed)[0] for seed in range(40)]
    for k in (2, 38):
        aside = [moved(file, 1) if j == k else file for j, file in enumerate(files)]
        (fault,) = shifted_files(agreement(aside))
        assert fault.startswith(f"s{k:02}.txt")


RIVAL = Reading(
    "x", "x.cov", "bismark_zero_cov", 0, rival="bismark_merged_cov", rival_shift=-1,
    rival_merged=True,
)  # fmt: skip


@pytest.mark.parametrize("others", ["both", "merged"])
@pytest.mark.parametrize("known", [False, True])
def test_rivals_are_settled_by_the_others(others: str, *, known: bool) -> None:
    """0-based coverage and merged 1-based coverage look the same; positions tell them apart."""
    truth = genome(5, 60_000)
    made = [covered(truth, seed, 0.7, others) for seed in range(3)]
    kinds = [kind if known else None for _, kind in made] + [None]
    named = [*readings(3), RIVAL]
    merged, _ = covered(truth, 7, 0.7, "merged")
    zero, _ = covered(truth, 8, 0.7)
    files = [file for file, _ in made]
    assert settle_rivals(agreement([*files, moved(merged, 1)], named, kinds=kinds)) == {3: True}
    assert settle_rivals(agreement([*files, zero], named, kinds=kinds)) == {3: False}


def test_rivals_without_others() -> None:
    """Neighbours prove that strands are apart; without them and without others nothing is known."""
    truth = genome(6)
    sparse = {name: pos[::2] for name, pos in truth.items()}
    assert settle_rivals(agreement([covered(truth, 1, 0.7)[0]], [RIVAL])) == {0: False}
    assert settle_rivals(agreement([sparse], [RIVAL])) == {}
    assert settle_rivals(agreement([sparse, truth], [RIVAL, replace(RIVAL, name="y")])) == {}
    assert settle_rivals(agreement([sparse, genome(99)], [RIVAL, *readings(1)])) == {}


def test_real_rivals(cells: dict[str, File]) -> None:
    """A cell whose rows were written 0-based is found out by the eleven others."""
    files = list(cells.values())
    named = [RIVAL, *readings(11)]
    assert settle_rivals(agreement(files, named)) == {0: False}


def test_rows_are_shifted_where_they_lie() -> None:
    """Positions and kinds change, counts do not; a position below 1 is a fault."""
    truth, kinds = covered(genome(7), 1, 0.5)
    with (
        cohort_of([truth], readings(1), [kinds]) as (_, memory, rows),
        Pool(0, memory) as pool,
    ):
        views = [
            view_columns(memory.arenas.map(block.extent), block, np.empty((0, 2), np.int32))
            for block in rows[0].blocks
        ]
        before = np.concatenate([view.pos for view in views])
        task = ShiftTask("x", "x.cov", rows[0].blocks, -1, BOTH | CPG)
        assert list(pool.run(shift_rows, [(task,)])) == [(0, None)]
        assert (np.concatenate([view.pos for view in views]) == before - 1).all()
        assert all((view.kind == BOTH | CPG).all() and (view.c == 1).all() for view in views)
        views[0].pos[0] = 1
        ((_, fault),) = pool.run(shift_rows, [(task,)])
        assert isinstance(fault, InputError) and "position 0" in str(fault)


@pytest.mark.parametrize("merged", [False, True])
def test_a_rival_is_taken_where_the_others_say_so(*, merged: bool) -> None:
    """Its rows are shifted where they lie, and what is told of the file is that of the rival."""
    truth = genome(5, 60_000)
    files = [covered(truth, seed, 0.7)[0] for seed in range(3)]
    last, _ = covered(truth, 7, 0.7, "merged" if merged else "both")
    files.append(moved(last, 1) if merged else last)
    named = [*readings(3), RIVAL]
    with cohort_of(files, named) as (_, memory, rows), Pool(0, memory) as pool:
        given = [loaded(one, part) for one, part in zip(named, rows, strict=True)]
        found = settled(pool, memory, given, "error")
        positions = [
            view_columns(memory.arenas.map(block.extent), block, np.empty((0, 2), np.int32)).pos
            for block in rows[3].blocks
        ]
    assert np.concatenate(positions).tolist() == np.concatenate(list(last.values())).tolist()
    assert [one.found.form for one in found[:3]] == [one.found.form for one in given[:3]]
    assert [one.rows for one in found[:3]] == [one.rows for one in given[:3]]
    form = "bismark_merged_cov" if merged else "bismark_zero_cov"
    one = found[3].found
    assert (one.form.name, one.decided_by, one.rival) == (form, "cohort", None)


def settled(
    pool: Pool, memory: Memory, files: Sequence[LoadedFile], check: str
) -> list[LoadedFile]:
    """What the files of a cohort say of each other."""
    chroms = ["chr1", "chr2"]
    catalog = catalog_of(memory, [file.rows for file in files], chroms)
    config = Config.from_mapping({"base_check": check})
    return compare_with_each_other(Session(pool, memory), files, catalog, chroms, config)


@pytest.mark.parametrize("check", ["error", "off"])
def test_a_rival_that_nothing_settles_is_refused(check: str) -> None:
    """Both formats are named, whatever base_check says."""
    sparse = {name: pos[::2] for name, pos in genome(6).items()}
    with (
        cohort_of([sparse], [RIVAL]) as (_, memory, rows),
        Pool(0, memory) as pool,
        pytest.raises(InputError) as caught,
    ):
        settled(pool, memory, [loaded(RIVAL, rows[0])], check)
    message = str(caught.value)
    assert message.startswith("x.cov: can be bismark_zero_cov or bismark_merged_cov")


def test_a_rival_that_is_alone_settles_itself() -> None:
    """Neighbours are enough where there is no other file."""
    both, _ = covered(genome(6), 1, 0.7)
    with cohort_of([both], [RIVAL]) as (_, memory, rows), Pool(0, memory) as pool:
        (file,) = settled(pool, memory, [loaded(RIVAL, rows[0])], "error")
    assert file.found.form is READERS["bismark_zero_cov"]


def test_one_clear_shift_is_chosen() -> None:
    """The shift with more hits counts; hits at one locus, or too few, do not."""
    assert shift_of((1000, 10, 500, 300, 0, 200, 0)) == -1
    assert shift_of((0, 10, 500, 0, 5, 200, 0)) == 1
    assert shift_of((0, 10, 500, 0, 0, 10, 0)) == 0
    assert shift_of((40, 0, 0, 40, 0, 0, 0)) == 0
    assert shift_of((1100, 1000, 0, 600, 500, 0, 0)) == 0


@pytest.fixture
def sheet(tmp_path: Path) -> tuple[Path, list[Path]]:
    """Five files of five columns, the third of them 0-based."""
    truth = genome(8, 6000)
    paths = []
    for k in range(5):
        file = covered(truth, k, 0.6)[0]
        rows = [
            f"{name}\t{pos - (k == 2)}\t50\t1\t1\n" for name in file for pos in file[name].tolist()
        ]
        path = tmp_path / f"{k}.txt"
        path.write_text("".join(rows), encoding="utf-8")
        paths.append(path)
    lines = [f"s{k}\t{path}\tone\n" for k, path in enumerate(paths)]
    table = tmp_path / "samples.tsv"
    table.write_text("".join(["sample\tpath\tcohort\n", *lines]), encoding="utf-8")
    return table, paths


@pytest.mark.parametrize("workers", [0, 2])
def test_a_build_stops(sheet: tuple[Path, list[Path]], workers: int) -> None:
    """The message names file, format, base, figures and the remedy."""
    table, paths = sheet
    with pytest.raises(InputError) as caught:
        methcohort.build(table, table.with_name("x.h5"), workers=workers)
    message = str(caught.value)
    start = f"{paths[2]} (sample s2, read as five_column, 1-based): its positions agree better"
    assert message.startswith(start)
    assert "shifted by +1" in message and "base_check: warn" in message and "\n" not in message
    assert not table.with_name("x.h5").exists()


def test_a_build_warns(sheet: tuple[Path, list[Path]], caplog: pytest.LogCaptureFixture) -> None:
    """Where the configuration says so, the files are taken as they are; off says nothing."""
    table, paths = sheet
    caplog.set_level(logging.INFO, "methcohort")
    store = table.with_name("x.h5")
    methcohort.build(table, store, config={"base_check": "warn"}, workers=0)
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert [message.split(" (")[0] for message in warned] == [str(paths[2])]
    assert sum(record.message.startswith("positions: ") for record in caplog.records) == 1
    caplog.clear()
    methcohort.build(table, store, config={"base_check": "off"}, workers=0)
    assert not [record for record in caplog.records if "positions" in record.message]


def write_cells(
    root: Path, cells: dict[str, File], forms: Sequence[str], order: Sequence[int] = (0, 1, 2, 3)
) -> Path:
    """Write real cells as five columns, as 0-based or merged coverage, or with positions aside."""
    lines = []
    for k in order:
        name, form = list(cells)[k], forms[k]
        rows = [
            (chrom, pos, pos % 3, 1 + pos % 2)
            for chrom, at in cells[name].items()
            for pos in at.tolist()
        ]
        path = root / f"{name}.txt"
        with path.open("w", encoding="utf-8") as out:
            for chrom, pos, c, t in rows:
                pct = f"{100 * c / (c + t):.6f}"
                if form == "zero":
                    out.write(f"{chrom}\t{pos - 1}\t{pos}\t{pct}\t{c}\t{t}\n")
                elif form == "merged":
                    out.write(f"{chrom}\t{pos}\t{pos + 1}\t{pct}\t{c}\t{t}\n")
                else:
                    out.write(f"{chrom}\t{pos - (form == 'aside')}\t{pct}\t{c}\t{t}\n")
        lines.append(f"{name}\t{path}\tone\n")
    sheet = root / "samples.tsv"
    sheet.write_text("".join(["sample\tpath\tcohort\n", *lines]), encoding="utf-8")
    return sheet


@pytest.mark.parametrize("form", ["zero", "merged"])
def test_real_cells_of_unknown_base(cells: dict[str, File], tmp_path: Path, form: str) -> None:
    """Coverage of either base gives what five columns give, whichever file comes first."""
    some = dict(itertools.islice(cells.items(), 4))
    if form == "merged":  # rows of both strands stand at the C: no two are neighbours
        for name, file in some.items():
            some[name] = {chrom: pos[np.diff(pos, prepend=-9) > 1] for chrom, pos in file.items()}
    held = []
    for number, (second, order) in enumerate(
        [("five", (0, 1, 2, 3)), (form, (0, 1, 2, 3)), (form, (1, 3, 0, 2))]
    ):
        root = tmp_path / str(number)
        root.mkdir()
        sheet = write_cells(root, some, ["five", second, "five", "five"], order)
        methcohort.build(sheet, root / "x.h5", workers=0)
        with methcohort.open_store(root / "x.h5") as store:
            row = store.samples.index("cell_02")
            wanted = {"five": "five_column", "zero": "bismark_zero_cov"}
            assert store.inputs["format"][row] == wanted.get(second, "bismark_merged_cov")
            layers = [store.read_layer(name, slice(None), 0, store.n_sites)[row] for name in "ct"]
            held.append([store.pos.tolist(), *(layer.tolist() for layer in layers)])
    assert held[0] == held[1] == held[2]


def test_a_real_cell_aside_stops_a_build(cells: dict[str, File], tmp_path: Path) -> None:
    """Five columns with 0-based positions are refused, and the file is named."""
    some = dict(itertools.islice(cells.items(), 4))
    sheet = write_cells(tmp_path, some, ["five", "five", "aside", "five"])
    with pytest.raises(InputError) as caught:
        methcohort.build(sheet, tmp_path / "x.h5", workers=2)
    assert str(caught.value).startswith(f"{tmp_path}/cell_03.txt (sample cell_03")
    assert "shifted by +1" in str(caught.value)


@real
def test_the_same_cells_in_another_form(cells: dict[str, File]) -> None:
    """The coverage files of three cells are read at the positions of the five columns."""
    for number in (1, 2, 3):
        rows: dict[str, list[int]] = {}
        with gzip.open(SHARED / "formats" / "bismark_cov" / f"cell_{number:02}.cov.gz", "rt") as f:
            for line in f:
                chrom, start = line.split("\t")[:2]
                rows.setdefault(chrom, []).append(int(start))
        cov = {name: np.sort(pos) for name, pos in rows.items()}
        others = [file for name, file in cells.items() if name != f"cell_{number:02}"]
        assert shifted_files(agreement([cov, *others])) == []
        (fault,) = shifted_files(agreement([moved(cov, 1), *others]))
        assert fault.startswith("s00.txt") and "shifted by -1" in fault
