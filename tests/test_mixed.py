"""Cohorts of files from several callers: the same truth gives the same store, whoever wrote it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callers import WRITERS, Row, cover, cytosines, make_genome, write_calls, write_fasta
from cohorts import write_sheet

import methcohort

SIZES = {"chr1": 9000, "chr2": 5000, "chr10": 3000}
NAMES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]


@pytest.fixture(scope="module")
def genome() -> dict[str, str]:
    return make_genome(5, SIZES)


@pytest.fixture(scope="module")
def samples(genome: dict[str, str]) -> list[list[Row]]:
    rows = [row for row in cytosines(genome) if row.context == "CpG"]
    return [cover(rows, seed) for seed in range(len(NAMES))]


def build(
    root: Path,
    samples: Sequence[Sequence[Row]],
    callers: Sequence[str],
    *,
    order: Sequence[int] | None = None,
    forms: Sequence[str] | None = None,
    **options: Any,
) -> Path:
    """Write each sample as one of the callers would, and build the store."""
    root.mkdir(parents=True, exist_ok=True)
    lines = []
    for k in order if order is not None else range(len(samples)):
        caller = callers[k % len(callers)]
        path = write_calls(root / f"{k}.{caller}.gz", samples[k], caller)
        lines.append([NAMES[k], str(path), "one", forms[k] if forms else ""])
    sheet = write_sheet(root / "samples.tsv", lines, ["format"])
    target = root / "store.h5"
    methcohort.build(sheet, target, **{"workers": 0} | options)
    return target


def contents(path: Path) -> dict[str, Any]:
    """Sites and counts of a store."""
    with methcohort.open_store(path) as store:
        return {
            "samples": store.samples,
            "chroms": store.chroms,
            "offset": store.chrom_offset.tolist(),
            "pos": store.pos.tolist(),
            "c": store.read_layer("c", slice(None), 0, store.n_sites),
            "t": store.read_layer("t", slice(None), 0, store.n_sites),
            "formats": store.inputs["format"],
        }


def assert_same_counts(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for key in ("samples", "chroms", "offset", "pos"):
        assert found[key] == expected[key], key
    for layer in ("c", "t"):
        np.testing.assert_array_equal(found[layer], expected[layer], err_msg=layer)


def test_mixed_callers_give_what_five_columns_give(
    tmp_path: Path, samples: list[list[Row]]
) -> None:
    """Every file is recognised by what is in it, and read on its own base."""
    alone = contents(build(tmp_path / "alone", samples, ["five_column"]))
    assert set(alone["formats"]) == {"five_column"}
    truth = {(row.chrom, row.pos) for rows in samples for row in rows}
    assert len(alone["pos"]) == len(truth)
    mixed = contents(build(tmp_path / "mixed", samples, list(WRITERS), workers=2))
    assert set(mixed["formats"]) == set(WRITERS)
    assert_same_counts(mixed, alone)


@pytest.mark.parametrize("caller", WRITERS)
def test_each_caller_alone(tmp_path: Path, samples: list[list[Row]], caller: str) -> None:
    """Recognised or named in the sheet, a caller's files give the truth."""
    alone = contents(build(tmp_path / "alone", samples[:3], ["five_column"]))
    found = contents(build(tmp_path / "found", samples[:3], [caller]))
    assert set(found["formats"]) == {caller}
    assert_same_counts(found, alone)
    named = contents(build(tmp_path / "named", samples[:3], [caller], forms=[caller] * 3))
    assert_same_counts(named, alone)


def test_the_reference_changes_no_count(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """With a reference every file is checked, and the same sites and counts come out."""
    fasta = write_fasta(tmp_path / "genome.fa.gz", genome)
    alone = contents(build(tmp_path / "alone", samples, ["five_column"]))
    config = {"reference": str(fasta)}
    target = build(tmp_path / "mixed", samples, list(WRITERS), config=config)
    assert_same_counts(contents(target), alone)


def test_collapsed_strands(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """The two strands of a CpG become one site with the sums, from columns or the reference."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    sums: list[dict[tuple[str, int], list[int]]] = []
    for rows in samples:
        sums.append({})
        for row in rows:
            key = (row.chrom, row.pos - (row.strand == "-"))
            pair = sums[-1].setdefault(key, [0, 0])
            pair[0] += row.c
            pair[1] += row.t
    config = {"strands": "collapse", "reference": str(fasta)}
    found = contents(build(tmp_path / "mixed", samples, list(WRITERS), config=config))
    chroms = list(SIZES)
    keys = sorted(
        {key for one in sums for key in one}, key=lambda key: (chroms.index(key[0]), key[1])
    )
    assert found["pos"] == [pos for _, pos in keys]
    for layer, number in (("c", 0), ("t", 1)):
        want = [[one.get(key, [0, 0])[number] for key in keys] for one in sums]
        assert found[layer].tolist() == want


def test_sites_of_the_reference(
    tmp_path: Path, genome: dict[str, str], samples: list[list[Row]]
) -> None:
    """Every CpG of the genome is a site, covered or not."""
    fasta = write_fasta(tmp_path / "genome.fa", genome)
    expected = [row.pos for row in cytosines(genome) if row.context == "CpG"]
    config = {"sites": "reference", "reference": str(fasta)}
    target = build(tmp_path / "both", samples[:2], list(WRITERS), config=config)
    assert contents(target)["pos"] == expected
    config |= {"strands": "collapse"}
    target = build(tmp_path / "one", samples[:2], ["bismark_report"], config=config)
    forward = [r.pos for r in cytosines(genome) if r.context == "CpG" and r.strand == "+"]
    assert contents(target)["pos"] == forward


def test_the_order_of_samples_changes_no_content(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Sites and each sample's counts are the same in any order of the sheet."""
    order = [3, 0, 6, 1, 5, 2, 4]
    straight = contents(build(tmp_path / "a", samples, list(WRITERS)))
    turned = contents(build(tmp_path / "b", samples, list(WRITERS), order=order))
    assert turned["pos"] == straight["pos"]
    np.testing.assert_array_equal(turned["c"], straight["c"][order])
    assert list(turned["formats"]) == [straight["formats"][k] for k in order]
